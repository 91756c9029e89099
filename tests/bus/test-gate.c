/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The gate and the monitor of the real nocontactd on a private bus. The service manager is a mock
 * that this program plays in a second process: what it is asked for, and in which order, can be
 * read in a file, and it can have a relay that fails. The real one is asked in tests/system.
 * Servers are this program too, under names of their own: the daemon knows a server by its program.
 */

#include "bus/session.h"
#include "common/buffer.h"
#include "nocontact/bus-names.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#define MANAGER_LOG "manager.log"
#define SERVER_LOG  "server.log"
#define RELAY_PATH  "/org/freedesktop/systemd1/unit/nocontact_2drelay_2eservice"
#define DROP_IN     "run/systemd/user/dunst.service.d/50-nocontact.conf"

enum {
        PATIENCE_MSEC = 30000,
};

static Session session;

static void write_line(const char *file, const char *line, const char *more) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        int fd;

        if (asprintf(&path, "%s/%s", getenv("GATE_DIR"), file) < 0 ||
                asprintf(&text, "%s%s%s\n", line, *more ? " " : "", more) < 0)
                abort();
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, text, strlen(text)) < 0)
                abort();
        (void)close(fd);
}

/* --- a notification server ------------------------------------------------------------------- */

static int on_notify(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        static uint32_t last;
        const char *summary;

        (void)userdata;
        (void)error;
        if (sd_bus_message_read(m, "susss", NULL, NULL, NULL, &summary, NULL) < 0)
                return -EINVAL;
        write_line(SERVER_LOG, "shown", summary);
        return sd_bus_reply_method_return(m, "u", ++last);
}

static int on_close(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        char id[16];
        uint32_t n;

        (void)userdata;
        (void)error;
        if (sd_bus_message_read(m, "u", &n) < 0)
                return -EINVAL;
        (void)snprintf(id, sizeof(id), "%u", n);
        write_line(SERVER_LOG, "closed", id);
        return sd_bus_reply_method_return(m, NULL);
}

static int on_information(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void)userdata;
        (void)error;
        return sd_bus_reply_method_return(m, "ssss", "fake", "nocontact", "1", "1.2");
}

static const sd_bus_vtable server_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", on_notify, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("CloseNotification", "u", "", on_close, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD(
                "GetServerInformation", "", "ssss", on_information, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

/* Serves until it is killed. */
static int serve_forever(sd_bus *bus) {
        for (;;) {
                int r = sd_bus_process(bus, NULL);

                if (r < 0 || (r == 0 && sd_bus_wait(bus, UINT64_MAX) < 0))
                        return EXIT_FAILURE;
        }
}

static int serve(void) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;

        if (sd_bus_open_user(&bus) < 0 ||
                sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/Notifications",
                        NC_NOTIFICATIONS, server_vtable, NULL) < 0)
                return EXIT_FAILURE;
        while (sd_bus_request_name(bus, NC_NOTIFICATIONS, 0) < 0)
                (void)usleep(1000); /* the one before is still being taken off the bus */
        return serve_forever(bus);
}

static pid_t spawn(const char *program, const char *role, const char *argument) {
        pid_t pid = fork();

        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)execl(program, program, role, argument, NULL);
                _exit(127);
        }
        return pid;
}

/* --- the service manager --------------------------------------------------------------------- */

/* What it runs: one server, in its own unit or behind the relay. */
static pid_t managed;
static bool managed_behind;
static const char *relay_state = "active";
static unsigned idle_looks; /* so often the relay's start has not begun yet */

static void run_server(bool behind) {
        if (managed > 0) {
                (void)kill(managed, SIGKILL);
                (void)waitpid(managed, NULL, 0);
        }
        managed = spawn("/proc/self/exe", "--server", "managed");
        managed_behind = behind;
}

static int reply_job(sd_bus_message *m) {
        return sd_bus_reply_method_return(m, "o", "/org/freedesktop/systemd1/job/1");
}

static int on_unit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *member = sd_bus_message_get_member(m), *unit, *mode;

        (void)userdata;
        if (sd_bus_message_read(m, "ss", &unit, &mode) < 0)
                return -EINVAL;
        write_line(MANAGER_LOG, member, unit);
        if (streq(unit, NC_NAME_GATE_UNIT) && streq(member, "StartUnit"))
                run_server(true); /* it waits until the name is free */
        else if (!streq(unit, NC_RELAY_UNIT) && !streq(unit, "dunst.service"))
                return sd_bus_error_set(
                        error, "org.freedesktop.systemd1.NoSuchUnit", "There is none.");
        if (streq(member, "TryRestartUnit") && managed > 0)
                run_server(!managed_behind);
        return reply_job(m);
}

static int on_reload(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void)userdata;
        (void)error;
        write_line(MANAGER_LOG, "Reload", "");
        return sd_bus_reply_method_return(m, NULL);
}

static int on_pid(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        uint32_t pid;

        (void)userdata;
        if (sd_bus_message_read(m, "u", &pid) < 0)
                return -EINVAL;
        if (managed <= 0 || pid != (uint32_t)managed)
                return sd_bus_error_set(
                        error, "org.freedesktop.systemd1.NoUnitForPID", "It is in none.");
        return sd_bus_reply_method_return(m, "o",
                managed_behind ? RELAY_PATH : "/org/freedesktop/systemd1/unit/dunst_2eservice");
}

/* Says what the unit would run, and in which environment its bus is. */
static void log_properties(sd_bus_message *m) {
        const char *name, *type, *text;

        (void)sd_bus_message_enter_container(m, 'a', "(sv)");
        while (sd_bus_message_enter_container(m, 'r', "sv") > 0) {
                (void)sd_bus_message_read(m, "s", &name);
                (void)sd_bus_message_peek_type(m, NULL, &type);
                (void)sd_bus_message_enter_container(m, 'v', type);
                if (streq(name, "Environment")) {
                        (void)sd_bus_message_enter_container(m, 'a', "s");
                        while (sd_bus_message_read(m, "s", &text) > 0)
                                write_line(MANAGER_LOG, name, text);
                        (void)sd_bus_message_exit_container(m);
                } else if (streq(name, "ExecStart")) {
                        (void)sd_bus_message_enter_container(m, 'a', "(sasb)");
                        (void)sd_bus_message_enter_container(m, 'r', "sasb");
                        (void)sd_bus_message_skip(m, "s");
                        (void)sd_bus_message_enter_container(m, 'a', "s");
                        while (sd_bus_message_read(m, "s", &text) > 0)
                                write_line(MANAGER_LOG, name, text);
                        return;
                } else {
                        (void)sd_bus_message_skip(m, NULL);
                }
                (void)sd_bus_message_exit_container(m);
                (void)sd_bus_message_exit_container(m);
        }
}

static int on_transient(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *unit, *mode;

        (void)userdata;
        (void)error;
        if (sd_bus_message_read(m, "ss", &unit, &mode) < 0)
                return -EINVAL;
        write_line(MANAGER_LOG, "StartTransientUnit", unit);
        log_properties(m);
        run_server(streq(unit, "nocontact-taken.service"));
        return reply_job(m);
}

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("StartUnit", "ss", "o", on_unit, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("StopUnit", "ss", "o", on_unit, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("TryRestartUnit", "ss", "o", on_unit, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetUnitByPID", "u", "o", on_pid, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Reload", "", "", on_reload, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("StartTransientUnit", "ssa(sv)a(sa(sv))", "o", on_transient,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int get_active(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        (void)bus, (void)path, (void)interface, (void)property, (void)userdata, (void)error;
        return sd_bus_message_append(
                reply, "s", idle_looks > 0 && idle_looks-- > 0 ? "inactive" : relay_state);
}

static const sd_bus_vtable unit_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("ActiveState", "s", get_active, 0, 0),
        SD_BUS_VTABLE_END,
};

static int manage(const char *how) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;

        if (sd_bus_open_user(&bus) < 0 ||
                sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/systemd1",
                        "org.freedesktop.systemd1.Manager", manager_vtable, NULL) < 0 ||
                sd_bus_add_object_vtable(bus, NULL, RELAY_PATH, "org.freedesktop.systemd1.Unit",
                        unit_vtable, NULL) < 0)
                return EXIT_FAILURE;
        if (streq(how, "broken"))
                relay_state = "failed";
        if (streq(how, "slow"))
                idle_looks = 3;
        if (streq(how, "unit"))
                run_server(false);
        if (sd_bus_request_name(bus, "org.freedesktop.systemd1", 0) < 0)
                return EXIT_FAILURE;
        return serve_forever(bus);
}

/* --- the stage ------------------------------------------------------------------------------- */

static pid_t manager, server;

static char *below(const char *name) {
        char *path;

        assert_true(asprintf(&path, "%s/%s", session.dir, name) > 0);
        return path;
}

static bool is_there(const char *name) {
        _cleanup_free_ char *path = below(name);

        return access(path, F_OK) == 0;
}

/* The text of a file; the caller frees. */
static char *read_file(const char *name) {
        _cleanup_free_ char *path = below(name);
        _cleanup_(buffer_done) Buffer b = {0};
        char piece[512];
        size_t n;
        FILE *f = fopen(path, "re");

        while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0)
                assert_int_equal(buffer_add(&b, piece, n), 0);
        if (f)
                (void)fclose(f);
        return buffer_take(&b);
}

/* How often the line is in a log. */
static unsigned count_lines(const char *log, const char *line) {
        _cleanup_free_ char *text = read_file(log);
        unsigned n = 0;

        for (char *rest = text, *one; (one = strsep(&rest, "\n"));)
                n += streq(one, line) ? 1 : 0;
        return n;
}

static void wait_for_line(const char *log, const char *line, unsigned n) {
        for (int waited = 0; count_lines(log, line) < n; waited += 5) {
                if (waited >= PATIENCE_MSEC) {
                        _cleanup_free_ char *text = read_file(log);

                        fail_msg("%s never said: %s. It said:\n%s", log, line, text);
                }
                (void)usleep(5000);
        }
}

/* The state of our layer, and its sentence; the caller frees it. */
static char *layer(char state[static 32]) {
        const char *interface = NC_INTERFACE_MANAGER, *property = "Layers";
        DBusMessageIter iter, value, array, fields;
        const char *name, *text, *detail;
        char *copy = NULL;
        DBusMessage *reply;

        reply = session_call(&session, NULL, NC_OBJECT_ROOT, DBUS_INTERFACE_PROPERTIES, "Get",
                DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &property, DBUS_TYPE_INVALID);
        assert_true(dbus_message_iter_init(reply, &iter));
        dbus_message_iter_recurse(&iter, &value);
        for (dbus_message_iter_recurse(&value, &array);
                dbus_message_iter_get_arg_type(&array) != DBUS_TYPE_INVALID;
                dbus_message_iter_next(&array)) {
                dbus_message_iter_recurse(&array, &fields);
                dbus_message_iter_get_basic(&fields, &name);
                dbus_message_iter_next(&fields);
                dbus_message_iter_get_basic(&fields, &text);
                dbus_message_iter_next(&fields);
                dbus_message_iter_get_basic(&fields, &detail);
                if (!streq(name, "notifications"))
                        continue;
                (void)snprintf(state, 32, "%s", text);
                copy = strdup(detail);
        }
        dbus_message_unref(reply);
        assert_non_null(copy);
        return copy;
}

static void wait_for_layer(const char *wanted, const char *words) {
        for (int waited = 0;; waited += 5) {
                char state[32];
                _cleanup_free_ char *detail = layer(state);

                if (streq(state, wanted) && strstr(detail, words))
                        return;
                if (waited >= PATIENCE_MSEC)
                        fail_msg("the layer is %s: %s", state, detail);
                (void)usleep(5000);
        }
}

static void start_manager(const char *how) {
        manager = spawn("/proc/self/exe", "--manager", how);
        for (int waited = 0;
                !dbus_bus_name_has_owner(session.bus, "org.freedesktop.systemd1", NULL) ||
                (streq(how, "unit") &&
                        !dbus_bus_name_has_owner(session.bus, NC_NOTIFICATIONS, NULL));
                waited += 5) {
                assert_true(waited < PATIENCE_MSEC);
                (void)usleep(5000);
        }
}

/* Somebody starts a server by hand; its program has that base name. */
static void start_server(const char *program) {
        _cleanup_free_ char *path = below(program), *command = NULL;

        if (access(path, X_OK) != 0) {
                assert_true(asprintf(&command, "/proc/%d/exe", (int)getpid()) > 0);
                pid_t pid = fork();

                if (pid == 0) {
                        (void)execlp("cp", "cp", "-L", command, path, NULL);
                        _exit(127);
                }
                assert_int_equal(waitpid(pid, NULL, 0), pid);
        }
        server = spawn(path, "--server", "--font=Sans 12");
        for (int waited = 0; !dbus_bus_name_has_owner(session.bus, NC_NOTIFICATIONS, NULL);
                waited += 5) {
                assert_true(waited < PATIENCE_MSEC);
                (void)usleep(5000);
        }
}

static void begin(void) {
        _cleanup_free_ char *person = session_add_person(&session, "Alex Doe");
        uint32_t days = 30;
        DBusMessage *reply;

        reply = session_call(&session, NULL, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, "Begin",
                DBUS_TYPE_OBJECT_PATH, &person, DBUS_TYPE_UINT32, &days, DBUS_TYPE_INVALID);
        dbus_message_unref(reply);
}

static void end(pid_t *pid) {
        if (*pid <= 0)
                return;
        (void)kill(*pid, SIGKILL);
        (void)waitpid(*pid, NULL, 0);
        *pid = 0;
}

static int setup(void **state) {
        (void)state;
        session_start(&session);
        assert_int_equal(setenv("GATE_DIR", session.dir, 1), 0);
        assert_int_equal(setenv("XDG_DATA_DIRS", session.dir, 1), 0);
        return 0;
}

static int teardown(void **state) {
        (void)state;
        end(&manager);
        end(&server);
        session_stop(&session);
        return 0;
}

/* --- the gate -------------------------------------------------------------------------------- */

static void test_a_server_in_its_unit_is_restarted_behind_the_relay(void **state) {
        _cleanup_free_ char *log = NULL;
        const char *start, *reload, *restart;

        (void)state;
        start_manager("unit");
        session_daemon_start(&session);
        wait_for_layer("off", "no commitment");
        assert_false(is_there(DROP_IN));
        begin();
        wait_for_layer("active", "fake shows nothing from them");
        assert_true(is_there(DROP_IN));

        log = read_file(MANAGER_LOG);
        start = strstr(log, "StartUnit nocontact-relay.service");
        reload = strstr(log, "Reload");
        restart = strstr(log, "TryRestartUnit dunst.service");
        assert_true(start && reload && restart && start < reload && reload < restart);
        assert_int_equal(count_lines(MANAGER_LOG, "TryRestartUnit dunst.service"), 1);
}

static void test_a_stop_puts_everything_back(void **state) {
        (void)state;
        start_manager("unit");
        session_daemon_start(&session);
        begin();
        wait_for_layer("active", "shows nothing");
        assert_int_equal(session_daemon_signal(&session, SIGTERM), 0);
        assert_false(is_there("run/systemd/user/dunst.service.d"));
        assert_int_equal(count_lines(MANAGER_LOG, "Reload"), 2);
        assert_int_equal(count_lines(MANAGER_LOG, "TryRestartUnit dunst.service"), 2);
        assert_int_equal(count_lines(MANAGER_LOG, "StopUnit nocontact-relay.service"), 1);
}

static void test_a_killed_daemon_leaves_the_gate_and_finds_it_again(void **state) {
        (void)state;
        start_manager("unit");
        session_daemon_start(&session);
        begin();
        wait_for_layer("active", "shows nothing");
        (void)session_daemon_signal(&session, SIGKILL);
        assert_true(is_there(DROP_IN));
        session_daemon_start(&session);
        wait_for_layer("active", "shows nothing");
        assert_int_equal(count_lines(MANAGER_LOG, "Reload"), 1);
        assert_int_equal(count_lines(MANAGER_LOG, "TryRestartUnit dunst.service"), 1);
}

/* The manager that waits for a service to be ready, as a login does. */
static int listen_for_ready(void) {
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        _cleanup_free_ char *path = below("ready");
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0 && strlen(path) < sizeof(at.sun_path));
        memcpy(at.sun_path, path, strlen(path) + 1);
        assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
        assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
        return fd;
}

static void test_who_waits_for_the_daemon_finds_the_gate_in_its_place(void **state) {
        struct pollfd poll_fd = {.events = POLLIN};
        char message[256];
        ssize_t len;

        (void)state;
        start_manager("unit");
        session_daemon_start(&session);
        begin();
        wait_for_layer("active", "shows nothing");
        assert_int_equal(session_daemon_signal(&session, SIGTERM), 0);
        assert_false(is_there(DROP_IN));

        poll_fd.fd = listen_for_ready();
        session_daemon_spawn(&session);
        (void)unsetenv("NOTIFY_SOCKET");
        assert_int_equal(poll(&poll_fd, 1, PATIENCE_MSEC), 1);
        len = recv(poll_fd.fd, message, sizeof(message) - 1, 0);
        assert_true(len > 0);
        message[len] = '\0';
        assert_non_null(strstr(message, "READY=1"));
        assert_true(is_there(DROP_IN));
        session_daemon_wait(&session);
        (void)close(poll_fd.fd);
}

static void test_a_server_started_by_hand_is_taken_behind_the_relay(void **state) {
        _cleanup_free_ char *address = NULL, *argument = below("dunst"), *first = NULL;

        (void)state;
        start_manager("bare");
        start_server("dunst");
        session_daemon_start(&session);
        begin();
        wait_for_layer("active", "fake shows nothing from them");
        assert_int_equal(waitpid(server, NULL, 0), server);
        server = 0;
        assert_true(asprintf(&first, "ExecStart %s", argument) > 0);
        assert_int_equal(count_lines(MANAGER_LOG, first), 1);
        assert_int_equal(count_lines(MANAGER_LOG, "ExecStart --font=Sans 12"), 1);
        assert_true(
                asprintf(&address,
                        "Environment DBUS_SESSION_BUS_ADDRESS=unix:path=%s/run/nocontact/server-bus",
                        session.dir) > 0);
        assert_int_equal(count_lines(MANAGER_LOG, address), 1);
}

static void test_a_program_that_nobody_knows_is_left_alone(void **state) {
        (void)state;
        start_manager("bare");
        start_server("strange");
        session_daemon_start(&session);
        begin();
        wait_for_layer("degraded", "(strange) is none that nocontact knows");
        assert_int_equal(waitpid(server, NULL, WNOHANG), 0);
}

static void test_gnomes_shell_meets_a_gate_of_its_own(void **state) {
        (void)state;
        start_manager("bare");
        start_server("gjs-console");
        session_daemon_start(&session);
        begin();
        wait_for_line(MANAGER_LOG, "StartUnit " NC_NAME_GATE_UNIT, 1);
        /* the shell is not ended; here it gives way, as it does to the real gate */
        assert_int_equal(waitpid(server, NULL, WNOHANG), 0);
        end(&server);
        wait_for_layer("active", "shows nothing");
        assert_int_equal(session_daemon_signal(&session, SIGTERM), 0);
        assert_int_equal(count_lines(MANAGER_LOG, "StopUnit " NC_NAME_GATE_UNIT), 1);
}

static void test_whoever_supervises_a_server_wins_after_a_few_tries(void **state) {
        (void)state;
        start_manager("bare");
        session_daemon_start(&session);
        begin();
        wait_for_layer("unavailable", "No notification server runs here");
        for (int i = 0; i < 12; i++) {
                char layer_state[32];
                _cleanup_free_ char *detail = NULL;

                /* started anew as soon as it was ended, and faster than the gate's */
                start_server("dunst");
                detail = layer(layer_state);
                if (strstr(detail, "comes back past the filter"))
                        break;
                for (int waited = 0; waited < 200 && waitpid(server, NULL, WNOHANG) == 0; waited++)
                        (void)usleep(5000);
        }
        assert_true(count_lines(MANAGER_LOG, "StartTransientUnit nocontact-taken.service") <= 3);
}

static void test_a_relay_that_fails_keeps_no_server_from_starting(void **state) {
        (void)state;
        start_manager("broken");
        session_daemon_start(&session);
        begin();
        wait_for_layer("degraded", "nocontact-relay does not run");
        assert_false(is_there(DROP_IN));
}

static void test_a_relay_whose_start_is_yet_to_begin_is_waited_for(void **state) {
        (void)state;
        start_manager("slow");
        session_daemon_start(&session);
        begin();
        wait_for_layer("unavailable", "One that starts is led behind the filter");
        assert_true(is_there(DROP_IN));
}

static void test_without_a_service_manager_it_says_so(void **state) {
        (void)state;
        session_daemon_start(&session);
        begin();
        wait_for_layer("unavailable", "no service manager");
        assert_false(is_there(DROP_IN));
        /* and notices when one comes */
        start_manager("unit");
        wait_for_layer("active", "shows nothing");
}

/* --- the trial ------------------------------------------------------------------------------- */

/* What doctor gets of one step: "ok", "failed" or "skipped"; the caller frees. */
static char *try_step(const char *wanted) {
        DBusMessageIter iter, array, fields;
        const char *step, *state;
        char *copy = NULL;
        DBusMessage *reply;

        reply = session_call(&session, NULL, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER,
                "ProbeNotifications", DBUS_TYPE_INVALID);
        assert_true(dbus_message_iter_init(reply, &iter));
        for (dbus_message_iter_recurse(&iter, &array);
                dbus_message_iter_get_arg_type(&array) != DBUS_TYPE_INVALID;
                dbus_message_iter_next(&array)) {
                dbus_message_iter_recurse(&array, &fields);
                dbus_message_iter_get_basic(&fields, &step);
                dbus_message_iter_next(&fields);
                dbus_message_iter_get_basic(&fields, &state);
                if (streq(step, wanted))
                        copy = strdup(state);
        }
        dbus_message_unref(reply);
        assert_non_null(copy);
        return copy;
}

static void test_a_trial_without_a_gate_is_skipped(void **state) {
        _cleanup_free_ char *filter = NULL, *held = NULL;

        (void)state;
        session_daemon_start(&session);
        filter = try_step("filter");
        held = try_step("held");
        assert_string_equal(filter, "skipped");
        assert_string_equal(held, "skipped");
}

static void test_a_trial_that_reaches_the_server_fails(void **state) {
        _cleanup_free_ char *held = NULL, *rules = NULL;

        (void)state;
        start_manager("unit");
        session_daemon_start(&session);
        begin();
        wait_for_layer("active", "shows nothing");
        /* it looks as if it were behind a relay, and there is none */
        held = try_step("held");
        assert_string_equal(held, "failed");
        wait_for_line(SERVER_LOG, "closed 1", 1);
        rules = read_file("data/nocontact/notifications.rules");
        assert_non_null(strstr(rules, "Alex Doe"));
        assert_null(strstr(rules, "probe"));
        assert_int_equal(session_count(&session, "contact.incoming"), 0);
}

/* --- the monitor ----------------------------------------------------------------------------- */

static void notify_from(DBusConnection *bus, const char *summary) {
        const char *app = "Messenger", *empty = "", *body = "hello";
        dbus_uint32_t replaces = 0;
        dbus_int32_t timeout = -1;
        DBusMessageIter iter, inner;
        DBusMessage *m, *reply;

        m = dbus_message_new_method_call(
                NC_NOTIFICATIONS, "/org/freedesktop/Notifications", NC_NOTIFICATIONS, "Notify");
        assert_true(dbus_message_append_args(m, DBUS_TYPE_STRING, &app, DBUS_TYPE_UINT32, &replaces,
                DBUS_TYPE_STRING, &empty, DBUS_TYPE_STRING, &summary, DBUS_TYPE_STRING, &body,
                DBUS_TYPE_INVALID));
        dbus_message_iter_init_append(m, &iter);
        dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "s", &inner);
        dbus_message_iter_close_container(&iter, &inner);
        dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &inner);
        dbus_message_iter_close_container(&iter, &inner);
        dbus_message_iter_append_basic(&iter, DBUS_TYPE_INT32, &timeout);
        reply = dbus_connection_send_with_reply_and_block(bus, m, PATIENCE_MSEC, NULL);
        assert_non_null(reply);
        dbus_message_unref(reply);
        dbus_message_unref(m);
}

static void wait_for_incoming(unsigned n) {
        for (int waited = 0; session_count(&session, "contact.incoming") < n; waited += 5) {
                assert_true(waited < PATIENCE_MSEC);
                (void)usleep(5000);
        }
}

static void test_what_goes_past_the_gate_is_swept_and_kept(void **state) {
        DBusConnection *other;

        (void)state;
        start_manager("bare");
        start_server("strange");
        session_daemon_start(&session);
        begin();
        wait_for_layer("degraded", "none that nocontact knows");

        notify_from(session.bus, "Sam Other");
        notify_from(session.bus, "Alex Doe");
        wait_for_line(SERVER_LOG, "closed 2", 1);
        wait_for_incoming(1);

        /* the next hop of the same, from another connection: closed too, and no second record */
        other = dbus_connection_open_private(session.address, NULL);
        assert_non_null(other);
        dbus_connection_set_exit_on_disconnect(other, FALSE);
        assert_true(dbus_bus_register(other, NULL));
        notify_from(other, "Alex Doe");
        wait_for_line(SERVER_LOG, "closed 3", 1);
        dbus_connection_close(other);
        dbus_connection_unref(other);

        /* once more from the first one: another */
        notify_from(session.bus, "Alex Doe");
        wait_for_line(SERVER_LOG, "closed 4", 1);
        wait_for_incoming(2);
        assert_int_equal(session_count(&session, "contact.incoming"), 2);
        assert_int_equal(count_lines(SERVER_LOG, "closed 1"), 0);
        assert_int_equal(count_lines(SERVER_LOG, "shown Sam Other"), 1);
}

static void test_what_a_server_behind_the_relay_shows_is_no_leak(void **state) {
        (void)state;
        start_manager("unit");
        session_daemon_start(&session);
        begin();
        wait_for_layer("active", "shows nothing");
        /* this server has no relay: it is taken to have one, and to show what the relay let through
         */
        notify_from(session.bus, "Alex Doe");
        notify_from(session.bus, "Sam Other");
        wait_for_line(SERVER_LOG, "shown Sam Other", 1);
        wait_for_layer("active", "shows nothing");
        assert_int_equal(count_lines(SERVER_LOG, "closed 1"), 0);
        assert_int_equal(session_count(&session, "contact.incoming"), 0);
}

/* org.gtk.Notifications is somebody's who is behind no gate, as GNOME's shell where it was first.
 */
static void test_what_gtk_shows_past_the_gate_is_swept(void **state) {
        const char *app = "org.example.Mail", *key = "k1", *title = "title", *name = "Alex Doe";
        DBusMessageIter iter, dict, entry, value;
        DBusMessage *m, *got = NULL;
        DBusConnection *shell;

        (void)state;
        start_manager("unit");
        session_daemon_start(&session);
        begin();
        wait_for_layer("active", "shows nothing");
        shell = dbus_connection_open_private(session.address, NULL);
        assert_non_null(shell);
        dbus_connection_set_exit_on_disconnect(shell, FALSE);
        assert_true(dbus_bus_register(shell, NULL));
        assert_int_equal(dbus_bus_request_name(shell, "org.gtk.Notifications", 0, NULL),
                DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER);
        /* an answer of the daemon's: it heard of the name before */
        (void)session_count(&session, "contact.incoming");

        m = dbus_message_new_method_call("org.gtk.Notifications", "/org/gtk/Notifications",
                "org.gtk.Notifications", "AddNotification");
        dbus_message_set_no_reply(m, TRUE);
        assert_true(dbus_message_append_args(
                m, DBUS_TYPE_STRING, &app, DBUS_TYPE_STRING, &key, DBUS_TYPE_INVALID));
        dbus_message_iter_init_append(m, &iter);
        dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &dict);
        dbus_message_iter_open_container(&dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
        dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &title);
        dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "s", &value);
        dbus_message_iter_append_basic(&value, DBUS_TYPE_STRING, &name);
        dbus_message_iter_close_container(&entry, &value);
        dbus_message_iter_close_container(&dict, &entry);
        dbus_message_iter_close_container(&iter, &dict);
        assert_true(dbus_connection_send(session.bus, m, NULL));
        dbus_connection_flush(session.bus);
        dbus_message_unref(m);

        for (int waited = 0;; waited += 5) {
                assert_true(waited < PATIENCE_MSEC);
                (void)dbus_connection_read_write(shell, 5);
                while (!got && (m = dbus_connection_pop_message(shell))) {
                        if (dbus_message_is_method_call(
                                    m, "org.gtk.Notifications", "RemoveNotification"))
                                got = dbus_message_ref(m);
                        dbus_message_unref(m);
                }
                if (got)
                        break;
        }
        assert_true(dbus_message_get_args(
                got, NULL, DBUS_TYPE_STRING, &app, DBUS_TYPE_STRING, &key, DBUS_TYPE_INVALID));
        assert_string_equal(app, "org.example.Mail");
        assert_string_equal(key, "k1");
        dbus_message_unref(got);
        wait_for_incoming(1);
        dbus_connection_close(shell);
        dbus_connection_unref(shell);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(test_a_server_in_its_unit_is_restarted_behind_the_relay),
                TEST(test_a_stop_puts_everything_back),
                TEST(test_a_killed_daemon_leaves_the_gate_and_finds_it_again),
                TEST(test_who_waits_for_the_daemon_finds_the_gate_in_its_place),
                TEST(test_a_server_started_by_hand_is_taken_behind_the_relay),
                TEST(test_a_program_that_nobody_knows_is_left_alone),
                TEST(test_gnomes_shell_meets_a_gate_of_its_own),
                TEST(test_whoever_supervises_a_server_wins_after_a_few_tries),
                TEST(test_a_relay_that_fails_keeps_no_server_from_starting),
                TEST(test_a_relay_whose_start_is_yet_to_begin_is_waited_for),
                TEST(test_without_a_service_manager_it_says_so),
                TEST(test_a_trial_without_a_gate_is_skipped),
                TEST(test_a_trial_that_reaches_the_server_fails),
                TEST(test_what_goes_past_the_gate_is_swept_and_kept),
                TEST(test_what_gtk_shows_past_the_gate_is_swept),
                TEST(test_what_a_server_behind_the_relay_shows_is_no_leak),
        };

        if (argc > 2 && streq(argv[1], "--server"))
                return serve();
        if (argc > 2 && streq(argv[1], "--manager"))
                return manage(argv[2]);
        return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
