/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The files that lead a server to the relay: what the bus would start decides, nothing of the
 * user's is touched, and all of them go again. */

#include "common/file.h"
#include "daemon/gate/wiring.h"
#include "unit/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OVERRIDE      "run/dbus-1/services/org.freedesktop.Notifications.service"
#define SERVER        "run/systemd/user/nocontact-server.service"
#define DROP_IN(unit) "run/systemd/user/" unit ".d/50-nocontact.conf"

typedef struct Fixture {
        char *dir, *run, *shares[3];
        Wiring *wiring;
} Fixture;

static void make_folders(const Fixture *f, const char *name) {
        _cleanup_free_ char *path = path_join(f->dir, name);

        assert_int_equal(folder_make_private(path), 0);
}

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        f->dir = strdup("/tmp/nocontact-wiring-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        make_folders(f, "run");
        make_folders(f, "mine/dbus-1/services");
        make_folders(f, "all/dbus-1/services");
        f->run = path_join(f->dir, "run");
        f->shares[0] = path_join(f->dir, "mine");
        f->shares[1] = path_join(f->dir, "all");
        assert_int_equal(wiring_new(f->run, (const char *const *)f->shares, &f->wiring), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;
        pid_t pid = fork();

        if (pid == 0) {
                (void)execlp("rm", "rm", "-rf", "--", f->dir, NULL);
                _exit(127);
        }
        (void)waitpid(pid, NULL, 0);
        wiring_free(f->wiring);
        free(f->shares[0]);
        free(f->shares[1]);
        free(f->run);
        free(f->dir);
        free(f);
        return 0;
}

static void write_text(const Fixture *f, const char *name, const char *text) {
        _cleanup_free_ char *path = path_join(f->dir, name);
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

/* The text of a file, "" when it is not there; the caller frees. */
static char *read_text(const Fixture *f, const char *name) {
        _cleanup_free_ char *path = path_join(f->dir, name);
        FILE *file = fopen(path, "re");
        char text[4096] = "";

        if (file) {
                text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
                (void)fclose(file);
        }
        return strdup(text);
}

static void assert_has(const Fixture *f, const char *name, const char *line) {
        _cleanup_free_ char *text = read_text(f, name), *whole = NULL;

        assert_true(asprintf(&whole, "\n%s\n", line) > 0);
        if (!strstr(text, whole))
                fail_msg("%s has no line %s, but:\n%s", name, line, text);
}

static bool is_there(const Fixture *f, const char *name) {
        _cleanup_free_ char *path = path_join(f->dir, name);

        return access(path, F_OK) == 0;
}

static void offer(const Fixture *f, const char *file, const char *exec, const char *unit) {
        _cleanup_free_ char *text = NULL;

        assert_true(asprintf(&text,
                            "[D-BUS Service]\nName=org.freedesktop.Notifications\n"
                            "Exec=%s\n%s%s%s",
                            exec, unit ? "SystemdService=" : "", unit ? unit : "",
                            unit ? "\n" : "") > 0);
        write_text(f, file, text);
}

static void test_known_units_are_led_to_the_relay(void **state) {
        const Fixture *f = *state;

        assert_false(wiring_present(f->wiring));
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS);
        assert_true(wiring_present(f->wiring));
        assert_has(f, DROP_IN("dunst.service"), "Requires=nocontact-relay.service");
        assert_has(f, DROP_IN("dunst.service"), "After=nocontact-relay.service");
        assert_has(f, DROP_IN("dunst.service"),
                "Environment=DBUS_SESSION_BUS_ADDRESS=unix:path=%t/nocontact/server-bus");
        assert_has(f, DROP_IN("dunst.service"), "Restart=on-failure");
        /* a shell that were bound to it would stay away when the relay comes back */
        assert_has(f, DROP_IN("plasma-plasmashell.service"), "Requires=nocontact-relay.service");
        assert_false(is_there(f, OVERRIDE));
        assert_null(wiring_program(f->wiring));
}

static void test_the_same_again_writes_nothing(void **state) {
        const Fixture *f = *state;

        offer(f, "all/dbus-1/services/mako.service", "/usr/bin/mako", NULL);
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS | WIRING_BUS);
        assert_int_equal(wiring_on(f->wiring), 0);
        write_text(f, DROP_IN("mako.service"), "something else\n");
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS);
        assert_has(f, DROP_IN("mako.service"), "[Service]");
}

static void test_a_unit_that_the_bus_names_needs_no_other_file(void **state) {
        const Fixture *f = *state;

        offer(f, "all/dbus-1/services/a.service", "/usr/bin/strange", "strange.service");
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS);
        assert_true(is_there(f, DROP_IN("strange.service")));
        assert_true(wiring_has_unit(f->wiring, "strange.service"));
        assert_false(wiring_has_unit(f->wiring, "other.service"));
        assert_false(is_there(f, OVERRIDE));
        assert_string_equal(wiring_program(f->wiring), "strange");
}

static void test_a_server_without_a_unit_gets_one(void **state) {
        const Fixture *f = *state;
        _cleanup_free_ char *text = NULL;

        offer(f, "all/dbus-1/services/a.service", "/usr/bin/mako --font 100%", NULL);
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS | WIRING_BUS);
        assert_has(f, SERVER, "ExecStart=/usr/bin/mako --font 100%%");
        assert_has(f, SERVER, "Requires=nocontact-relay.service");
        assert_has(f, OVERRIDE, "SystemdService=nocontact-server.service");
        text = read_text(f, OVERRIDE);
        assert_non_null(strstr(text, "/nocontact/server-bus /usr/bin/mako --font 100%\n"));
        assert_string_equal(wiring_program(f->wiring), "mako");
}

static void test_a_file_may_be_a_link(void **state) {
        const Fixture *f = *state;
        _cleanup_free_ char *to = path_join(f->dir, "elsewhere");
        _cleanup_free_ char *link = path_join(f->dir, "all/dbus-1/services/a.service");

        offer(f, "elsewhere", "/usr/bin/mako", NULL);
        assert_int_equal(symlink(to, link), 0);
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS | WIRING_BUS);
}

static void test_of_two_the_one_that_the_bus_takes_is_made_certain(void **state) {
        const Fixture *f = *state;

        offer(f, "mine/dbus-1/services/a.service", "/usr/bin/dunst", "dunst.service");
        offer(f, "all/dbus-1/services/b.service", "/usr/bin/mako", NULL);
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS | WIRING_BUS);
        assert_has(f, OVERRIDE, "SystemdService=dunst.service");
        assert_false(is_there(f, SERVER));
}

static void test_what_offers_something_else_is_passed_by(void **state) {
        const Fixture *f = *state;

        write_text(f, "all/dbus-1/services/a.service",
                "[D-BUS Service]\nName=org.example.Mail\nExec=/usr/bin/mail\n");
        write_text(f, "all/dbus-1/services/b.service", "");
        write_text(f, "all/dbus-1/services/c.service",
                "[D-BUS Service]\nName=org.freedesktop.Notifications\n");
        offer(f, "all/dbus-1/services/d.txt", "/usr/bin/mako", NULL);
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS);
        assert_null(wiring_program(f->wiring));
}

static void test_plasmas_waiter_starts_nothing_and_stays(void **state) {
        const Fixture *f = *state;

        offer(f, "all/dbus-1/services/a.service",
                "/usr/bin/plasma_waitforname org.freedesktop.Notifications", NULL);
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS);
        assert_false(is_there(f, OVERRIDE));
        assert_null(wiring_program(f->wiring));
}

static void test_an_offer_that_is_gone_takes_its_file_along(void **state) {
        const Fixture *f = *state;
        _cleanup_free_ char *path = path_join(f->dir, "all/dbus-1/services/a.service");

        offer(f, "all/dbus-1/services/a.service", "/usr/bin/mako", NULL);
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS | WIRING_BUS);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS | WIRING_BUS);
        assert_false(is_there(f, OVERRIDE));
        assert_false(is_there(f, SERVER));
}

static void test_off_leaves_nothing_and_what_is_not_ours(void **state) {
        const Fixture *f = *state;

        make_folders(f, "run/systemd/user/dunst.service.d");
        write_text(f, "run/systemd/user/dunst.service.d/mine.conf", "[Service]\n");
        offer(f, "all/dbus-1/services/a.service", "/usr/bin/mako", NULL);
        assert_int_equal(wiring_off(f->wiring), 0);
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS | WIRING_BUS);
        assert_int_equal(wiring_off(f->wiring), WIRING_UNITS | WIRING_BUS);
        assert_false(wiring_present(f->wiring));
        assert_false(is_there(f, DROP_IN("dunst.service")));
        assert_false(is_there(f, "run/systemd/user/mako.service.d"));
        assert_false(is_there(f, SERVER));
        assert_false(is_there(f, OVERRIDE));
        assert_true(is_there(f, "run/systemd/user/dunst.service.d/mine.conf"));
        assert_true(is_there(f, "all/dbus-1/services/a.service"));
}

static void test_an_earlier_life_is_found(void **state) {
        const Fixture *f = *state;
        _cleanup_(wiring_freep) Wiring *later = NULL;

        assert_int_equal(wiring_add_unit(f->wiring, "my-dunst.service"), 0);
        assert_int_equal(wiring_on(f->wiring), WIRING_UNITS);
        assert_int_equal(wiring_new(f->run, (const char *const *)f->shares, &later), 0);
        assert_true(wiring_present(later));
        assert_true(wiring_has_unit(later, "my-dunst.service"));
        assert_int_equal(wiring_on(later), 0);
        assert_int_equal(wiring_off(later), WIRING_UNITS);
        assert_false(is_there(f, "run/systemd/user/my-dunst.service.d"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(test_known_units_are_led_to_the_relay),
                TEST(test_the_same_again_writes_nothing),
                TEST(test_a_unit_that_the_bus_names_needs_no_other_file),
                TEST(test_a_server_without_a_unit_gets_one),
                TEST(test_a_file_may_be_a_link),
                TEST(test_of_two_the_one_that_the_bus_takes_is_made_certain),
                TEST(test_what_offers_something_else_is_passed_by),
                TEST(test_plasmas_waiter_starts_nothing_and_stays),
                TEST(test_an_offer_that_is_gone_takes_its_file_along),
                TEST(test_off_leaves_nothing_and_what_is_not_ours),
                TEST(test_an_earlier_life_is_found),
        };
        return cmocka_run_group_tests_name("wiring", tests, NULL, NULL);
}
