/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The client and the real nocontact-enforcer on a bus that stands for the system's: root's program
 * is started by the bus, writes a hosts file and keeps its leases, binds its ports, and is killed,
 * hindered and replaced. All of it in namespaces of the test's own. A fake stands in only for an
 * enforcer that answers nonsense, which the real one cannot be brought to do. What takes days is
 * tried on the plan, in tests/unit/test-enforcer-plan.c. */

#include "bus/session.h"
#include "common/array.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/time.h"
#include "daemon/enforcer-client.h"
#include "enforcer/lease-file.h"
#include "nocontact/bus-names.h"
#include "unit/alone.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STATE_DIR "/var/lib/nocontact"
#define OWN_LINES "127.0.0.1 localhost\n# mine\n"

enum { HANG_SECONDS = 60, CALLS_MAX = 2000, WALK_NAMES = 6 };

typedef struct Bench {
        Session session;
        sd_event *event;
        EnforcerClient *client;
        char *hosts; /* the file */
        Holding wanted;

        /* what the listener heard */
        char *state, *detail;
        unsigned told, sinkholes, repaired, browsers_told;
        size_t browsers;
        int http, https;

        /* what went over the bus to the enforcer */
        DBusConnection *monitor;
        char *calls[CALLS_MAX]; /* "Hold a.example b.example", in order */
        size_t n_calls;
        unsigned random, tampered;
} Bench;

/* --- the bus and what goes over it ----------------------------------------------------------- */

/* The first argument of a call, when it is a list of strings, and the number behind it. */
static void add_arguments(Buffer *b, DBusMessage *m) {
        DBusMessageIter iter, list;
        uint32_t number;

        if (!dbus_message_iter_init(m, &iter) ||
                dbus_message_iter_get_arg_type(&iter) != DBUS_TYPE_ARRAY)
                return;
        dbus_message_iter_recurse(&iter, &list);
        for (; dbus_message_iter_get_arg_type(&list) == DBUS_TYPE_STRING;
                dbus_message_iter_next(&list)) {
                const char *name;

                dbus_message_iter_get_basic(&list, &name);
                (void)buffer_printf(b, " %s", name);
        }
        if (dbus_message_iter_next(&iter) &&
                dbus_message_iter_get_arg_type(&iter) == DBUS_TYPE_UINT32) {
                dbus_message_iter_get_basic(&iter, &number);
                (void)buffer_printf(b, " %u", number);
        }
}

static DBusHandlerResult on_message(DBusConnection *bus, DBusMessage *m, void *userdata) {
        const char *to = dbus_message_get_destination(m);
        Bench *b = userdata;
        Buffer text = {0};

        (void)bus;
        if (dbus_message_get_type(m) == DBUS_MESSAGE_TYPE_METHOD_CALL && to &&
                streq(to, NC_ENFORCER_NAME) && b->n_calls < CALLS_MAX) {
                (void)buffer_puts(&text, dbus_message_get_member(m));
                add_arguments(&text, m);
                b->calls[b->n_calls++] = buffer_take(&text);
        }
        return DBUS_HANDLER_RESULT_HANDLED;
}

static DBusMessage *ask_bus(DBusConnection *bus, DBusMessage *m) {
        DBusError error = DBUS_ERROR_INIT;
        DBusMessage *reply = dbus_connection_send_with_reply_and_block(bus, m, -1, &error);

        dbus_message_unref(m);
        dbus_error_free(&error);
        return reply;
}

static DBusConnection *connect_bus(void) {
        DBusConnection *bus = dbus_connection_open_private(getenv("DBUS_SYSTEM_BUS_ADDRESS"), NULL);

        assert_non_null(bus);
        dbus_connection_set_exit_on_disconnect(bus, FALSE);
        assert_true(dbus_bus_register(bus, NULL));
        return bus;
}

static void disconnect_bus(DBusConnection *bus) {
        dbus_connection_close(bus);
        dbus_connection_unref(bus);
}

static void monitor_start(Bench *b) {
        const char *rule = "type='method_call'", **rules = &rule;
        DBusMessage *m = dbus_message_new_method_call(
                DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_MONITORING, "BecomeMonitor");
        uint32_t flags = 0;

        b->monitor = connect_bus();
        assert_true(dbus_message_append_args(m, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &rules, 1,
                DBUS_TYPE_UINT32, &flags, DBUS_TYPE_INVALID));
        m = ask_bus(b->monitor, m);
        assert_non_null(m);
        dbus_message_unref(m);
        assert_true(dbus_connection_add_filter(b->monitor, on_message, b, NULL));
}

static void system_start(Bench *b) {
        session_system_start(&b->session);
        monitor_start(b);
}

static void system_stop(Bench *b) {
        if (b->monitor)
                disconnect_bus(b->monitor);
        b->monitor = NULL;
        session_system_stop(&b->session);
}

/* After a change of service or policy files. */
static void reload_bus(void) {
        DBusConnection *bus = connect_bus();
        DBusMessage *reply =
                ask_bus(bus, dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                     DBUS_INTERFACE_DBUS, "ReloadConfig"));

        assert_non_null(reply);
        dbus_message_unref(reply);
        disconnect_bus(bus);
}

static void install_service(
        Bench *b, const char *file, const char *name, const char *program, const char *options) {
        Buffer text = {0};
        _cleanup_free_ char *service = NULL;

        (void)buffer_printf(
                &text, "[D-BUS Service]\nName=%s\nExec=%s %s\n", name, program, options);
        service = buffer_take(&text);
        session_write(&b->session, file, service);
}

static void install(Bench *b, const char *program, const char *options) {
        install_service(b, "services/enforcer.service", NC_ENFORCER_NAME, program, options);
}

static char *enforcer_path(void) {
        const char *build = getenv("NOCONTACT_BUILD");
        _cleanup_free_ char *here = realpath(build ? build : "build/plain", NULL);
        char *path;

        assert_non_null(here);
        path = path_join(here, "nocontact-enforcer");
        assert_int_equal(access(path, X_OK), 0);
        return path;
}

static void install_real(Bench *b) {
        _cleanup_free_ char *path = enforcer_path();
        Buffer text = {0};
        _cleanup_free_ char *options = NULL;

        (void)buffer_printf(&text, "--hosts %s --root /nowhere --idle 20", b->hosts);
        options = buffer_take(&text);
        install(b, path, options);
        install_service(
                b, "services/network.service", NC_NETWORK_NAME, path, "--network --idle 20");
}

/* The enforcer's pid; 0 when none runs. */
static pid_t enforcer_pid(void) {
        const char *name = NC_ENFORCER_NAME;
        DBusConnection *bus = connect_bus();
        DBusMessage *m = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                DBUS_INTERFACE_DBUS, "GetConnectionUnixProcessID");
        uint32_t pid = 0;

        assert_true(dbus_message_append_args(m, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID));
        m = ask_bus(bus, m);
        if (m) {
                (void)dbus_message_get_args(m, NULL, DBUS_TYPE_UINT32, &pid, DBUS_TYPE_INVALID);
                dbus_message_unref(m);
        }
        disconnect_bus(bus);
        return (pid_t)pid;
}

static void enforcer_kill(void) {
        pid_t pid = enforcer_pid();

        if (pid <= 0)
                return;
        assert_int_equal(kill(pid, SIGKILL), 0);
        while (enforcer_pid() == pid)
                (void)usleep(1000);
}

static void back(uint64_t *usec, uint64_t by) {
        *usec -= MIN(*usec, by);
}

/* What root promised, or was asked for, was so many seconds earlier; the end stays. Nothing happens
 * without a lease. */
static void lease_age(uint64_t seconds) {
        _cleanup_close_ int lock = open(STATE_DIR "/lock", O_RDWR | O_CLOEXEC);
        _cleanup_(lease_done) Lease l = {0};
        uint64_t by = seconds * USEC_PER_SEC;

        if (lock < 0)
                return;
        /* as the enforcer does, or what it writes at this moment would be lost */
        assert_int_equal(flock(lock, LOCK_EX), 0);
        if (lease_file_load(STATE_DIR, 0, &l) == -ENOENT)
                return;
        for (size_t i = 0; i < l.hosts.n; i++)
                back(&l.hosts.items[i].added_usec, by);
        for (size_t i = 0; i < l.n_before; i++)
                back(&l.before[i].left_usec, by);
        back(&l.release_usec, by);
        back(&l.renewed_usec, by);
        assert_int_equal(lease_file_save(STATE_DIR, &l), 0);
}

/* --- the client ------------------------------------------------------------------------------ */

static uint64_t now_usec(clockid_t clock) {
        struct timespec ts;

        (void)clock_gettime(clock, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

static void on_state(void *userdata, const char *state, const char *detail) {
        Bench *b = userdata;

        b->told++;
        free(b->state);
        free(b->detail);
        b->state = strdup(state);
        b->detail = strdup(detail);
}

static void on_sinkhole(void *userdata, int http, int https) {
        Bench *b = userdata;

        b->sinkholes++;
        b->http = http;
        b->https = https;
}

static void on_repaired(void *userdata, uint64_t at_usec) {
        Bench *b = userdata;

        assert_true(at_usec > 0);
        b->repaired++;
}

static void on_browsers(void *userdata, const BrowserPolicy *browsers, size_t n) {
        Bench *b = userdata;

        for (size_t i = 0; i < n; i++)
                assert_true(browsers[i].browser[0] && browsers[i].standing[0]);
        b->browsers_told++;
        b->browsers = n;
}

static const EnforcerListener listener = {
        .state = on_state,
        .browsers = on_browsers,
        .sinkhole = on_sinkhole,
        .repaired = on_repaired,
};

static void client_start(Bench *b) {
        assert_int_equal(enforcer_client_new(b->event, &listener, b, &b->client), 0);
}

/* The manager closes the sockets with itself. */
static void client_stop(Bench *b) {
        b->client = enforcer_client_free(b->client);
        if (b->http >= 0)
                (void)close(b->http);
        if (b->https >= 0)
                (void)close(b->https);
        b->http = b->https = -1;
        free(b->state);
        free(b->detail);
        b->state = b->detail = NULL;
}

static void want(Bench *b) {
        assert_int_equal(enforcer_client_want(b->client, &b->wanted, now_usec(CLOCK_REALTIME)), 0);
}

static void set_names(Bench *b, const char *names) {
        size_t n = 0;

        for (size_t i = 0; i < b->wanted.n; i++)
                free(b->wanted.hosts[i].name);
        for (; *names; n++) {
                size_t len = strcspn(names, " ");

                assert_int_equal(ARRAY_RESERVE(b->wanted.hosts, b->wanted.space, n + 1), 0);
                b->wanted.hosts[n] = (HeldHost){.name = strndup(names, len)};
                names += len + (names[len] == ' ');
        }
        b->wanted.n = n;
}

/* Names are sorted and separated by blanks; none ends everything. */
static void want_names(Bench *b, const char *names) {
        set_names(b, names);
        if (b->wanted.n == 0)
                b->wanted.until_usec = 0;
        else if (b->wanted.until_usec == 0)
                b->wanted.until_usec = now_usec(CLOCK_REALTIME) + 30 * USEC_PER_DAY;
        want(b);
}

static void turn(Bench *b, uint64_t usec) {
        assert_true(sd_event_run(b->event, usec) >= 0);
        if (b->monitor) {
                (void)dbus_connection_read_write(b->monitor, 0);
                while (dbus_connection_dispatch(b->monitor) == DBUS_DISPATCH_DATA_REMAINS)
                        ;
        }
}

static void pass(Bench *b, uint64_t usec) {
        uint64_t end = now_usec(CLOCK_MONOTONIC) + usec;

        while (now_usec(CLOCK_MONOTONIC) < end)
                turn(b, 10 * USEC_PER_MSEC);
}

typedef bool (*condition_func)(Bench *b, const char *text);

/* Fails only by a hang. */
static void wait_for(Bench *b, condition_func condition, const char *text, const char *what) {
        uint64_t end = now_usec(CLOCK_MONOTONIC) + HANG_SECONDS * USEC_PER_SEC;

        while (!condition(b, text)) {
                if (now_usec(CLOCK_MONOTONIC) > end)
                        fail_msg("no %s \"%s\"; the state is %s: %s", what, text,
                                b->state ? b->state : "-", b->detail ? b->detail : "-");
                turn(b, 10 * USEC_PER_MSEC);
        }
}

static bool is_state(Bench *b, const char *text) {
        return b->state && streq(b->state, text);
}

static bool says(Bench *b, const char *text) {
        return b->detail && strstr(b->detail, text);
}

static bool was_called(Bench *b, const char *text) {
        for (size_t i = 0; i < b->n_calls; i++)
                if (streq(b->calls[i], text))
                        return true;
        return false;
}

/* The names that our block in the hosts file leads to the caller's address. */
static char *held_names(const Bench *b) {
        Buffer names = {0};
        char *line = NULL;
        size_t space = 0;
        FILE *f = fopen(b->hosts, "re");

        while (f && getline(&line, &space, f) > 0) {
                char address[64], name[256], tag[64];

                if (sscanf(line, "%63s %255s # %63s", address, name, tag) == 3 &&
                        strncmp(address, "127.66.", 7) == 0 && streq(tag, "nocontact"))
                        (void)buffer_printf(&names, "%s%s", names.len > 0 ? " " : "", name);
        }
        free(line);
        if (f)
                (void)fclose(f);
        return buffer_take(&names);
}

static bool are_held(Bench *b, const char *text) {
        _cleanup_free_ char *names = held_names(b);

        return streq(names, text);
}

static void wait_state(Bench *b, const char *state) {
        wait_for(b, is_state, state, "state");
}

static void wait_held(Bench *b, const char *names) {
        wait_for(b, are_held, names, "block");
}

static void forget_calls(Bench *b) {
        for (size_t i = 0; i < b->n_calls; i++)
                free(b->calls[i]);
        b->n_calls = 0;
}

static unsigned count_calls(const Bench *b, const char *member) {
        unsigned n = 0;

        for (size_t i = 0; i < b->n_calls; i++)
                n += strncmp(b->calls[i], member, strlen(member)) == 0;
        return n;
}

static void write_hosts(const Bench *b, const char *text) {
        FILE *f = fopen(b->hosts, "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void assert_untouched(const Bench *b) {
        char text[256] = "";
        FILE *f = fopen(b->hosts, "re");

        assert_non_null(f);
        assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
        (void)fclose(f);
        assert_string_equal(text, OWN_LINES);
}

static int bench_setup(void **state) {
        Bench *b = calloc(1, sizeof(*b));

        if (!b)
                return -1;
        b->http = b->https = -1;
        session_start(&b->session);
        assert_true(asprintf(&b->hosts, "%s/hosts", b->session.dir) > 0);
        write_hosts(b, OWN_LINES);
        alone_empty("/var/lib");
        system_start(b);
        install_real(b);
        reload_bus();
        assert_int_equal(sd_event_new(&b->event), 0);
        client_start(b);
        *state = b;
        return 0;
}

static int bench_teardown(void **state) {
        Bench *b = *state;

        client_stop(b);
        sd_event_unref(b->event);
        enforcer_kill();
        system_stop(b);
        session_stop(&b->session);
        forget_calls(b);
        holding_done(&b->wanted);
        free(b->hosts);
        free(b);
        return 0;
}

/* Somebody changes the file, and what the path unit then runs repairs it; it would rest after some
 * repairs, for longer than we wait. `names` are waited for; NULL for none. */
static void tamper(Bench *b, const char *names) {
        _cleanup_free_ char *path = enforcer_path();
        pid_t pid;

        write_hosts(b, OWN_LINES);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

                (void)dup2(null, STDERR_FILENO);
                (void)execl(
                        path, path, "--reconcile", "--hosts", b->hosts, "--root", "/nowhere", NULL);
                _exit(127);
        }
        if (names)
                wait_held(b, names);
        pass(b, 50 * USEC_PER_MSEC);
        (void)kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* --- agreement ------------------------------------------------------------------------------- */

static void test_nothing_wanted_starts_nothing(void **state) {
        Bench *b = *state;

        want_names(b, "");
        wait_state(b, "off");
        assert_string_equal(b->detail, "No domain or platform is blocked.");
        pass(b, 300 * USEC_PER_MSEC);
        assert_int_equal(b->n_calls, 0);
        assert_int_equal(enforcer_pid(), 0);
}

static void assert_listens(int fd, uint16_t port) {
        struct sockaddr_in at;
        socklen_t len = sizeof(at);
        int listens = 0;
        socklen_t size = sizeof(listens);

        assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
        assert_int_equal(ntohl(at.sin_addr.s_addr) >> 16, 0x7f42);
        assert_int_equal(ntohs(at.sin_port), port);
        assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size), 0);
        assert_true(listens);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void test_what_is_wanted_stands_in_the_hosts_file(void **state) {
        Bench *b = *state;
        char date[TIME_TEXT_SPACE], sentence[128];
        size_t calls;

        want_names(b, "a.example www.a.example");
        wait_state(b, "active");
        assert_true(are_held(b, "a.example www.a.example"));
        (void)time_format_local(date, sizeof(date), b->wanted.until_usec);
        (void)snprintf(sentence, sizeof(sentence),
                "2 names are blocked until %.10s. Firefox may remember an address for a minute "
                "more.",
                date);
        assert_string_equal(b->detail, sentence);
        assert_int_equal(b->sinkholes, 1);
        assert_listens(b->http, 80);
        assert_listens(b->https, 443);

        /* then there is rest, however often the same is wanted */
        calls = b->n_calls;
        assert_in_range(calls, 1, 8);
        for (unsigned i = 0; i < 100; i++) {
                want(b);
                turn(b, USEC_PER_MSEC);
        }
        pass(b, 500 * USEC_PER_MSEC);
        assert_int_equal(b->n_calls, calls);
        assert_int_equal(b->told, 1);
}

static void test_a_name_more_and_a_name_less_within_ten_minutes(void **state) {
        Bench *b = *state;

        want_names(b, "a.example");
        wait_state(b, "active");
        want_names(b, "a.example b.example");
        wait_held(b, "a.example b.example");
        want_names(b, "b.example");
        wait_held(b, "b.example");
        want_names(b, "");
        wait_state(b, "off");
        assert_untouched(b);
        assert_int_equal(count_calls(b, "RequestRelease"), 0);
        /* and again from the beginning; the sockets are there still */
        want_names(b, "c.example");
        wait_state(b, "active");
        assert_true(are_held(b, "c.example"));
        assert_false(says(b, "pause page"));
        assert_int_equal(b->sinkholes, 1);
        assert_listens(b->http, 80);
}

static void test_where_new_names_led_is_closed_after_they_are_held(void **state) {
        Bench *b = *state;
        size_t hold = 0, close = 0;

        want_names(b, "a.example real.example");
        wait_state(b, "active");
        for (size_t i = 0; i < b->n_calls; i++)
                if (strncmp(b->calls[i], "Hold", 4) == 0)
                        hold = i;
                else if (strncmp(b->calls[i], "CloseConnections", 16) == 0)
                        close = i;
        assert_true(close > hold);
        assert_true(was_called(b, "CloseConnections 192.0.2.7 2001:db8::7") ||
                    was_called(b, "CloseConnections 2001:db8::7 192.0.2.7"));
        /* names that were held before lead nowhere */
        want_names(b, "a.example b.example real.example");
        wait_held(b, "a.example b.example real.example");
        pass(b, 200 * USEC_PER_MSEC);
        assert_int_equal(count_calls(b, "CloseConnections"), 1);
}

static void test_what_is_locked_stays_until_root_lets_go(void **state) {
        Bench *b = *state;

        want_names(b, "a.example b.example");
        wait_state(b, "active");
        lease_age(3600);
        want_names(b, "a.example c.example");
        /* what is new comes at once, what is old stays for a day, and that is said */
        wait_held(b, "a.example b.example c.example");
        wait_for(b, says, "Less will be from ", "sentence");
        assert_string_equal(b->state, "active");
        assert_int_equal(count_calls(b, "RequestRelease"), 1);

        lease_age(86400);
        b->wanted.until_usec += USEC_PER_DAY;
        want(b);
        wait_held(b, "a.example c.example");
}

static void test_an_early_end_waits_at_root_and_is_taken_back_there(void **state) {
        Bench *b = *state;

        want_names(b, "a.example");
        wait_state(b, "active");
        lease_age(3600);
        b->wanted.loosening = true;
        want(b);
        wait_for(b, was_called, "RequestRelease", "call");
        b->wanted.loosening = false;
        want(b);
        wait_for(b, was_called, "CancelRelease", "call");
        want_names(b, "");
        wait_for(b, says, "1 name will be free on ", "sentence");
        assert_string_equal(b->state, "active");
        assert_true(are_held(b, "a.example"));
        lease_age(86400);
        b->wanted.loosening = true; /* news */
        want(b);
        wait_state(b, "off");
        assert_untouched(b);
}

static void test_an_exception_opens_some_names_and_only_once(void **state) {
        Bench *b = *state;
        uint64_t until = now_usec(CLOCK_REALTIME) + 5 * 60 * USEC_PER_SEC;

        want_names(b, "a.example b.example c.example");
        wait_state(b, "active");
        b->wanted.hosts[0].open_usec = b->wanted.hosts[1].open_usec = until;
        want(b);
        wait_held(b, "c.example");
        wait_for(b, says, ", 2 of them open for now.", "sentence");
        assert_true(was_called(b, "Except a.example b.example 5"));
        want_names(b, "a.example b.example c.example d.example");
        b->wanted.hosts[0].open_usec = b->wanted.hosts[1].open_usec = until;
        want(b);
        wait_held(b, "c.example d.example");
        /* ended early: root is told, once */
        b->wanted.hosts[0].open_usec = b->wanted.hosts[1].open_usec = 0;
        want(b);
        wait_for(b, was_called, "Except a.example b.example 0", "call");
        wait_held(b, "a.example b.example c.example d.example");
        pass(b, 200 * USEC_PER_MSEC);
        assert_string_equal(b->state, "active");
        assert_false(says(b, "open"));
}

/* --- repairs --------------------------------------------------------------------------------- */

static bool was_repaired(Bench *b, const char *text) {
        return b->repaired >= strtoul(text, NULL, 10);
}

static void test_a_repair_is_told_and_a_claim_of_one_is_not(void **state) {
        Bench *b = *state;
        DBusConnection *stranger;
        DBusMessage *m;
        const char *what = "repaired";

        want_names(b, "a.example");
        wait_state(b, "active");
        stranger = connect_bus();
        for (unsigned i = 0; i < 200; i++) {
                m = dbus_message_new_signal(NC_ENFORCER_OBJECT, NC_ENFORCER_INTERFACE, "Repaired");
                assert_true(
                        dbus_message_append_args(m, DBUS_TYPE_STRING, &what, DBUS_TYPE_INVALID));
                assert_true(dbus_connection_send(stranger, m, NULL));
                dbus_message_unref(m);
                dbus_connection_flush(stranger);
                turn(b, 10 * USEC_PER_MSEC);
        }
        disconnect_bus(stranger);
        pass(b, 1500 * USEC_PER_MSEC);
        assert_int_equal(b->repaired, 0);
        /* and costs little: a property that is read once a second */
        assert_true(count_calls(b, "Get") < 20);

        tamper(b, "a.example");
        wait_for(b, was_repaired, "1", "repair number");
        assert_true(are_held(b, "a.example"));
        pass(b, 1500 * USEC_PER_MSEC);
        assert_int_equal(b->repaired, 1);
        assert_string_equal(b->state, "active");
}

static void test_many_repairs_are_said(void **state) {
        Bench *b = *state;

        want_names(b, "a.example");
        wait_state(b, "active");
        for (unsigned i = 0; i < 6; i++)
                tamper(b, "a.example");
        wait_state(b, "degraded");
        assert_non_null(strstr(b->detail, "Something keeps changing /etc/hosts"));
        assert_true(are_held(b, "a.example"));
}

/* --- what hinders ---------------------------------------------------------------------------- */

static void test_without_an_enforcer_the_command_that_installs_it_is_said(void **state) {
        Bench *b = *state;

        session_write(&b->session, "services/enforcer.service", NULL);
        reload_bus();
        want_names(b, "a.example");
        wait_state(b, "unavailable");
        assert_non_null(strstr(b->detail, "sudo apt install ./build/nocontact_*.deb"));
        pass(b, 500 * USEC_PER_MSEC);
        assert_in_range(b->n_calls, 1, 2);
        /* nothing is wanted any more: then nothing is missing */
        want_names(b, "");
        wait_state(b, "off");
        /* it comes, and something is wanted */
        install_real(b);
        reload_bus();
        want_names(b, "b.example");
        wait_state(b, "active");
        assert_true(are_held(b, "b.example"));
}

static void test_an_enforcer_that_cannot_start_is_not_called_missing(void **state) {
        Bench *b = *state;

        install(b, "/bin/false", "");
        reload_bus();
        want_names(b, "a.example");
        wait_state(b, "unavailable");
        assert_null(strstr(b->detail, "apt"));
        assert_true(b->detail[0] != '\0');
        /* the program is gone and its service file was left */
        install(b, "/nonexistent/nocontact-enforcer", "");
        reload_bus();
        want_names(b, "a.example b.example");
        wait_for(b, says, "apt install", "sentence");
        assert_string_equal(b->state, "unavailable");
}

#define DENIED                                                                                     \
        "<busconfig><policy context=\"mandatory\"><deny send_destination=\"" NC_ENFORCER_NAME      \
        "\"/></policy></busconfig>"

static void test_a_session_that_may_not_says_so_and_goes_on_trying(void **state) {
        Bench *b = *state;

        session_write(&b->session, "policies/deny.conf", DENIED);
        reload_bus();
        want_names(b, "a.example");
        wait_state(b, "unavailable");
        assert_non_null(strstr(b->detail, "This session may not"));
        session_write(&b->session, "policies/deny.conf", NULL);
        reload_bus();
        /* without news: after its pause */
        wait_state(b, "active");
        assert_true(are_held(b, "a.example"));
}

static void test_a_hosts_file_that_cannot_be_written_is_said(void **state) {
        Bench *b = *state;

        assert_int_equal(unlink(b->hosts), 0);
        assert_int_equal(mkdir(b->hosts, 0700), 0);
        want_names(b, "a.example");
        wait_state(b, "degraded");
        assert_true(b->detail[0] != '\0');
        assert_int_equal(rmdir(b->hosts), 0);
        write_hosts(b, OWN_LINES);
        want_names(b, "a.example b.example");
        wait_state(b, "active");
        assert_true(are_held(b, "a.example b.example"));
}

static void test_a_taken_port_leaves_the_block_and_is_said(void **state) {
        const struct sockaddr_in everywhere = {.sin_family = AF_INET, .sin_port = htons(443)};
        int web = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        Bench *b = *state;

        assert_int_equal(bind(web, (const struct sockaddr *)&everywhere, sizeof(everywhere)), 0);
        assert_int_equal(listen(web, 1), 0);
        want_names(b, "a.example");
        wait_state(b, "active");
        assert_true(are_held(b, "a.example"));
        assert_non_null(strstr(b->detail, "no pause page: another program has port 80 or 443"));
        assert_int_equal(b->sinkholes, 0);
        /* it goes, and the sockets come by themselves */
        assert_int_equal(close(web), 0);
        while (b->sinkholes == 0)
                turn(b, 100 * USEC_PER_MSEC);
        pass(b, 100 * USEC_PER_MSEC);
        assert_false(says(b, "pause page"));
}

static void test_an_enforcer_that_was_killed_is_started_again(void **state) {
        Bench *b = *state;

        want_names(b, "a.example");
        wait_state(b, "active");
        enforcer_kill();
        want_names(b, "a.example b.example");
        wait_held(b, "a.example b.example");
        assert_int_equal(b->sinkholes, 1);
}

static void test_a_bus_that_was_lost_is_found_again(void **state) {
        Bench *b = *state;

        want_names(b, "a.example");
        wait_state(b, "active");
        system_stop(b);
        pass(b, 100 * USEC_PER_MSEC);
        forget_calls(b);
        system_start(b);
        /* by itself, after a pause, or there would be no news of repairs */
        wait_for(b, was_called, "Get", "call");
        want_names(b, "a.example b.example");
        wait_held(b, "a.example b.example");
        /* and when there was something to do while it was away */
        system_stop(b);
        want_names(b, "a.example b.example c.example");
        wait_state(b, "unavailable");
        system_start(b);
        wait_held(b, "a.example b.example c.example");
        wait_state(b, "active");
}

static void test_without_a_system_bus_it_is_said(void **state) {
        Bench *b = *state;

        system_stop(b);
        want_names(b, "a.example");
        wait_state(b, "unavailable");
        assert_non_null(strstr(b->detail, "no system bus"));
        pass(b, 300 * USEC_PER_MSEC);
        assert_int_equal(b->told, 1);
        system_start(b);
        want_names(b, "a.example b.example");
        wait_state(b, "active");
}

/* --- restarts of the daemon ------------------------------------------------------------------ */

static void test_a_daemon_that_starts_anew_changes_nothing(void **state) {
        Bench *b = *state;
        uint64_t until = now_usec(CLOCK_REALTIME) + 20 * 60 * USEC_PER_SEC;

        want_names(b, "a.example b.example");
        b->wanted.hosts[0].open_usec = until;
        want(b);
        wait_held(b, "b.example");
        client_stop(b);
        lease_age(3600);
        client_start(b);
        want(b);
        wait_state(b, "active");
        assert_int_equal(b->sinkholes, 2);
        assert_int_equal(count_calls(b, "Except"), 1);
        assert_false(says(b, "Firefox"));
}

static void test_a_lease_that_was_left_over_is_released(void **state) {
        Bench *b = *state;

        want_names(b, "a.example");
        wait_state(b, "active");
        client_stop(b);
        client_start(b);
        want_names(b, "");
        wait_state(b, "off");
        assert_untouched(b);
        /* the next start asks nobody: there is no lease, and that can be seen */
        client_stop(b);
        forget_calls(b);
        client_start(b);
        want_names(b, "");
        wait_state(b, "off");
        pass(b, 200 * USEC_PER_MSEC);
        assert_int_equal(b->n_calls, 0);
}

static void test_a_client_that_ends_at_any_moment_leaves_nothing_behind(void **state) {
        Bench *b = *state;

        for (unsigned i = 0; i < 30; i++) {
                want_names(b, i % 2 ? "a.example real.example" : "a.example");
                for (unsigned k = 0; k < i; k++)
                        turn(b, USEC_PER_MSEC);
                client_stop(b);
                client_start(b);
        }
        want_names(b, "a.example b.example");
        wait_held(b, "a.example b.example");
}

/* --- an enforcer that answers nonsense ------------------------------------------------------- */

static int on_nonsense(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void)userdata;
        (void)error;
        return sd_bus_reply_method_return(m, "s", "nonsense");
}

static void test_an_answer_that_is_not_understood_is_said_and_slows_down(void **state) {
        Bench *b = *state;
        sd_bus *fake = NULL;

        assert_true(sd_bus_open_system(&fake) >= 0);
        assert_true(sd_bus_attach_event(fake, b->event, 0) >= 0);
        assert_true(sd_bus_add_object(fake, NULL, NC_ENFORCER_OBJECT, on_nonsense, NULL) >= 0);
        assert_true(sd_bus_request_name(fake, NC_ENFORCER_NAME, 0) >= 0);
        want_names(b, "a.example");
        wait_state(b, "degraded");
        assert_non_null(strstr(b->detail, "is not understood"));
        pass(b, 500 * USEC_PER_MSEC);
        assert_int_equal(b->n_calls, 1);
        sd_bus_flush_close_unref(fake);
        want_names(b, "a.example b.example");
        wait_state(b, "active");
}

/* --- any order ------------------------------------------------------------------------------- */

static unsigned pick(Bench *b, unsigned below) {
        b->random = b->random * 1664525U + 1013904223U;
        return (b->random >> 8) % below;
}

static void want_random(Bench *b) {
        char names[WALK_NAMES * 16] = "";

        for (unsigned i = 0; i < WALK_NAMES; i++) {
                char one[16];

                (void)snprintf(
                        one, sizeof(one), "%s%c.example", names[0] ? " " : "", (char)('a' + i));
                if (pick(b, 2) == 0)
                        (void)strcat(names, one);
        }
        want_names(b, names);
}

static void act_restart(Bench *b) {
        client_stop(b);
        client_start(b);
        want(b);
}
static void act_kill(Bench *b) {
        (void)b;
        enforcer_kill();
}
static void act_lock(Bench *b) {
        (void)b;
        lease_age(3600);
}
static void act_days(Bench *b) {
        (void)b;
        lease_age(90000);
}
static void act_tamper(Bench *b) {
        if (b->tampered++ < 4)
                tamper(b, NULL);
}
static void act_deny(Bench *b) {
        session_write(&b->session, "policies/deny.conf", DENIED);
        reload_bus();
}
static void act_allow(Bench *b) {
        session_write(&b->session, "policies/deny.conf", NULL);
        reload_bus();
}
static void act_loosen(Bench *b) {
        b->wanted.loosening = !b->wanted.loosening;
        want(b);
}
static void act_wait(Bench *b) {
        pass(b, pick(b, 40) * USEC_PER_MSEC);
}

static bool is_as_wanted(Bench *b, const char *text) {
        Buffer names = {0};
        _cleanup_free_ char *all = NULL;

        (void)text;
        for (size_t i = 0; i < b->wanted.n; i++)
                (void)buffer_printf(&names, "%s%s", i > 0 ? " " : "", b->wanted.hosts[i].name);
        all = buffer_take(&names);
        return are_held(b, all);
}

static bool is_said_to_be(Bench *b, const char *text) {
        (void)text;
        return is_state(b, b->wanted.n > 0 ? "active" : "off") || says(b, "Something keeps");
}

/* Whatever root does not let go of takes a day, which is brought about, and a look at it. */
static void test_in_the_end_the_machine_agrees_whatever_happened(void **state) {
        static void (*const acts[])(Bench *) = {want_random, want_random, want_random, act_restart,
                act_kill, act_lock, act_days, act_tamper, act_deny, act_allow, act_allow,
                act_loosen, act_wait, act_wait, act_wait};
        Bench *b = *state;

        for (unsigned seed = 1; seed <= 8; seed++) {
                b->random = seed;
                for (unsigned i = 0; i < 40; i++) {
                        acts[pick(b, ARRAY_LEN(acts))](b);
                        turn(b, pick(b, 5) * USEC_PER_MSEC);
                }
                act_allow(b);
                b->wanted.loosening = false;
                want(b);
                for (unsigned days = 0; days < 4 && !is_as_wanted(b, NULL); days++) {
                        pass(b, 300 * USEC_PER_MSEC);
                        act_days(b);
                        client_stop(b);
                        client_start(b);
                        want(b);
                }
                wait_for(b, is_as_wanted, "", "agreement");
                wait_for(b, is_said_to_be, "", "word of it");
        }
}

/* --- pages ----------------------------------------------------------------------------------- */

static bool browsers_are_told(Bench *b, const char *text) {
        (void)text;
        return b->browsers_told > 0;
}

static void test_pages_are_held_and_the_browsers_asked_about(void **state) {
        Bench *b = *state;

        set_names(b, "");
        b->wanted.until_usec = now_usec(CLOCK_REALTIME) + 30 * USEC_PER_DAY;
        assert_int_equal(ARRAY_RESERVE(b->wanted.patterns, b->wanted.patterns_space, 1), 0);
        b->wanted.patterns[b->wanted.n_patterns++] = strdup("instagram.com/alex.doe");
        want(b);
        wait_for(b, browsers_are_told, "", "browsers");
        assert_int_equal(b->browsers, 0); /* none lies below that root */
        wait_state(b, "off");
        assert_true(says(b, "No domain or platform"));
        assert_int_equal(b->sinkholes, 0);
        assert_true(count_calls(b, "Hold") == 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_nothing_wanted_starts_nothing),
                TEST(test_what_is_wanted_stands_in_the_hosts_file),
                TEST(test_pages_are_held_and_the_browsers_asked_about),
                TEST(test_a_name_more_and_a_name_less_within_ten_minutes),
                TEST(test_where_new_names_led_is_closed_after_they_are_held),
                TEST(test_what_is_locked_stays_until_root_lets_go),
                TEST(test_an_early_end_waits_at_root_and_is_taken_back_there),
                TEST(test_an_exception_opens_some_names_and_only_once),
                TEST(test_a_repair_is_told_and_a_claim_of_one_is_not),
                TEST(test_many_repairs_are_said),
                TEST(test_without_an_enforcer_the_command_that_installs_it_is_said),
                TEST(test_an_enforcer_that_cannot_start_is_not_called_missing),
                TEST(test_a_session_that_may_not_says_so_and_goes_on_trying),
                TEST(test_a_hosts_file_that_cannot_be_written_is_said),
                TEST(test_a_taken_port_leaves_the_block_and_is_said),
                TEST(test_an_enforcer_that_was_killed_is_started_again),
                TEST(test_a_bus_that_was_lost_is_found_again),
                TEST(test_without_a_system_bus_it_is_said),
                TEST(test_a_daemon_that_starts_anew_changes_nothing),
                TEST(test_a_lease_that_was_left_over_is_released),
                TEST(test_a_client_that_ends_at_any_moment_leaves_nothing_behind),
                TEST(test_an_answer_that_is_not_understood_is_said_and_slows_down),
                TEST(test_in_the_end_the_machine_agrees_whatever_happened),
        };

        if (!alone_enter()) {
                (void)printf("1..1\nok 1 - the enforcer's client # skip no namespace here\n");
                return 0;
        }
        alone_replace("/etc/nsswitch.conf", "hosts: files\n");
        alone_replace("/etc/hosts",
                "127.0.0.1 localhost\n192.0.2.7 real.example\n2001:db8::7 real.example\n");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
