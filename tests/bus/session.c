/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See session.h. */

#include "bus/session.h"

#include "common/buffer.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
        do {                                                                                       \
                if (!(condition)) {                                                                \
                        (void)fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__,        \
                                #condition, errno);                                                \
                        abort();                                                                   \
                }                                                                                  \
        } while (0)

enum {
        WAIT_MSEC = 60000
}; /* generous: machines are shared, and nothing is decided by it but a hang */

static char *text(const char *fmt, ...) printf_like(1, 2);
static char *text(const char *fmt, ...) {
        va_list ap;
        char *s;

        va_start(ap, fmt);
        CHECK(vasprintf(&s, fmt, ap) >= 0);
        va_end(ap);
        return s;
}

static void sleep_msec(long msec) {
        (void)nanosleep(&(struct timespec){msec / 1000, msec % 1000 * 1000000}, NULL);
}

static char *make_below(const Session *s, const char *name) {
        char *path = text("%s/%s", s->dir, name);

        CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
        return path;
}

static void set_env_below(const Session *s, const char *variable, const char *name) {
        _cleanup_free_ char *path = make_below(s, name);

        CHECK(setenv(variable, path, 1) == 0);
}

/* The bus is on a socket in the folder; it ends with us, whatever happens. `more` goes into its
 * configuration. Returns its pid, and the address in *ret_address, which the caller frees. */
static pid_t start_bus(const Session *s, const char *name, const char *more, char **ret_address) {
        _cleanup_free_ char *config = text("%s/%s.conf", s->dir, name);
        char line[512] = "";
        int out[2];
        pid_t pid;
        FILE *f;

        f = fopen(config, "we");
        CHECK(f);
        (void)fprintf(f,
                "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
                " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
                "<busconfig><type>session</type><listen>unix:path=%s/%s</listen>\n"
                "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow "
                "eavesdrop=\"true\"/>\n"
                "<allow own=\"*\"/></policy>%s</busconfig>\n",
                s->dir, name, more);
        CHECK(fclose(f) == 0);

        CHECK(pipe2(out, O_CLOEXEC) == 0);
        pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                _cleanup_free_ char *option = text("--config-file=%s", config);
                _cleanup_free_ char *log = text("%s/%s.log", s->dir, name);
                int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

                (void)dup2(fd, STDERR_FILENO);
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)dup2(out[1], 3);
                (void)execlp("dbus-daemon", "dbus-daemon", option, "--nofork", "--print-address=3",
                        NULL);
                _exit(127);
        }
        (void)close(out[1]);
        CHECK(read(out[0], line, sizeof(line) - 1) > 0);
        (void)close(out[0]);
        line[strcspn(line, "\n")] = '\0';
        *ret_address = strdup(line);
        CHECK(*ret_address);
        return pid;
}

void session_system_start(Session *s) {
        _cleanup_free_ char *socket = text("%s/system", s->dir);
        _cleanup_free_ char *known = text("unix:path=%s", socket);
        _cleanup_free_ char *services = make_below(s, "services");
        _cleanup_free_ char *policies = make_below(s, "policies");
        _cleanup_free_ char *address = NULL;
        _cleanup_free_ char *more =
                text("<servicedir>%s</servicedir><includedir>%s</includedir>", services, policies);

        /* what the bus starts is to find it by the same name */
        CHECK(setenv("DBUS_SYSTEM_BUS_ADDRESS", known, 1) == 0);
        (void)unlink(socket);
        s->system_pid = start_bus(s, "system", more, &address);
}

void session_system_stop(Session *s) {
        if (s->system_pid <= 0)
                return;
        (void)kill(s->system_pid, SIGKILL);
        (void)waitpid(s->system_pid, NULL, 0);
        s->system_pid = 0;
}

void session_write(const Session *s, const char *name, const char *content) {
        _cleanup_free_ char *path = text("%s/%s", s->dir, name);
        FILE *f;

        if (!content) {
                CHECK(unlink(path) == 0 || errno == ENOENT);
                return;
        }
        f = fopen(path, "we");
        CHECK(f && fputs(content, f) >= 0);
        CHECK(fclose(f) == 0);
}

void session_start(Session *s) {
        session_start_with(s, "");
}

void session_start_with(Session *s, const char *more) {
        DBusError error = DBUS_ERROR_INIT;

        *s = (Session){0};
        s->dir = text("%s", "/tmp/nocontact-test-XXXXXX");
        CHECK(mkdtemp(s->dir));
        set_env_below(s, "HOME", "home");
        set_env_below(s, "XDG_DATA_HOME", "data");
        set_env_below(s, "XDG_CONFIG_HOME", "config");
        set_env_below(s, "XDG_RUNTIME_DIR", "run");
        s->bus_pid = start_bus(s, "bus", more, &s->address);
        CHECK(setenv("DBUS_SESSION_BUS_ADDRESS", s->address, 1) == 0);

        s->bus = dbus_connection_open_private(s->address, &error);
        CHECK(s->bus);
        dbus_connection_set_exit_on_disconnect(s->bus, FALSE);
        CHECK(dbus_bus_register(s->bus, &error));
}

static void remove_tree(const char *dir) {
        pid_t pid = fork();

        CHECK(pid >= 0);
        if (pid == 0) {
                (void)execlp("rm", "rm", "-rf", "--", dir, NULL);
                _exit(127);
        }
        (void)waitpid(pid, NULL, 0);
}

void session_stop(Session *s) {
        if (s->daemon_pid > 0)
                (void)session_daemon_signal(s, SIGTERM);
        if (s->bus) {
                dbus_connection_close(s->bus);
                dbus_connection_unref(s->bus);
        }
        if (s->bus_pid > 0) {
                (void)kill(s->bus_pid, SIGKILL);
                (void)waitpid(s->bus_pid, NULL, 0);
        }
        session_system_stop(s);
        remove_tree(s->dir);
        free(s->dir);
        free(s->address);
}

void session_daemon_spawn(Session *s) {
        const char *build = getenv("NOCONTACT_BUILD");
        _cleanup_free_ char *path = text("%s/nocontactd", build ? build : "build/plain");
        _cleanup_free_ char *log = text("%s/daemon.log", s->dir);

        s->daemon_pid = fork();
        CHECK(s->daemon_pid >= 0);
        if (s->daemon_pid == 0) {
                int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)dup2(fd, STDERR_FILENO);
                (void)execl(path, path, "--debug", NULL);
                _exit(127);
        }
}

void session_daemon_wait(Session *s) {
        for (int waited = 0; !dbus_bus_name_has_owner(s->bus, NC_BUS_NAME, NULL); waited += 5) {
                CHECK(waited < WAIT_MSEC);
                CHECK(waitpid(s->daemon_pid, NULL, WNOHANG) == 0);
                sleep_msec(5);
        }
}

void session_daemon_start(Session *s) {
        session_daemon_spawn(s);
        session_daemon_wait(s);
}

int session_daemon_signal(Session *s, int signal) {
        int status = 0;

        CHECK(kill(s->daemon_pid, signal) == 0);
        CHECK(waitpid(s->daemon_pid, &status, 0) == s->daemon_pid);
        s->daemon_pid = 0;
        /* the bus must have seen it, or a new daemon would not get the name */
        while (dbus_bus_name_has_owner(s->bus, NC_BUS_NAME, NULL))
                sleep_msec(1);
        return status;
}

/* --- calls ----------------------------------------------------------------------------------- */

/* The names of errors are ours, so a few static ones are enough to hand out. */
static const char *intern(const char *name) {
        static const char *const known[] = {
                NC_ERROR_INVALID_ARGUMENT,
                NC_ERROR_NOT_FOUND,
                NC_ERROR_ALREADY_EXISTS,
                NC_ERROR_LOCKED,
                NC_ERROR_LIMIT_EXCEEDED,
                NC_ERROR_TOO_LATE,
                NC_ERROR_STORAGE,
                DBUS_ERROR_INVALID_ARGS,
                DBUS_ERROR_UNKNOWN_OBJECT,
                DBUS_ERROR_UNKNOWN_METHOD,
                DBUS_ERROR_PROPERTY_READ_ONLY,
        };

        for (size_t i = 0; i < ARRAY_LEN(known); i++)
                if (streq(known[i], name))
                        return known[i];
        (void)fprintf(stderr, "an error that has no place here: %s\n", name);
        return "unknown";
}

static DBusMessage *call(Session *s, const char **ret_error, DBusMessage *message) {
        DBusError error = DBUS_ERROR_INIT;
        DBusMessage *reply;

        reply = dbus_connection_send_with_reply_and_block(s->bus, message, WAIT_MSEC, &error);
        dbus_message_unref(message);
        if (!reply) {
                if (!ret_error)
                        (void)fprintf(stderr, "%s: %s\n", error.name, error.message);
                CHECK(ret_error);
                /* every refusal is a sentence */
                CHECK(error.message && error.message[0] != '\0');
                *ret_error = intern(error.name);
                dbus_error_free(&error);
        } else if (ret_error) {
                *ret_error = "";
        }
        return reply;
}

static DBusMessage *new_call(
        const char *path, const char *interface, const char *method, int first_type, va_list ap) {
        DBusMessage *message = dbus_message_new_method_call(NC_BUS_NAME, path, interface, method);

        CHECK(message);
        CHECK(dbus_message_append_args_valist(message, first_type, ap));
        return message;
}

DBusMessage *session_call(Session *s, const char **ret_error, const char *path,
        const char *interface, const char *method, int first_type, ...) {
        DBusMessage *message;
        va_list ap;

        va_start(ap, first_type);
        message = new_call(path, interface, method, first_type, ap);
        va_end(ap);
        return call(s, ret_error, message);
}

const char *session_refusal(Session *s, const char *path, const char *interface, const char *method,
        int first_type, ...) {
        DBusMessage *message, *reply;
        const char *error;
        va_list ap;

        va_start(ap, first_type);
        message = new_call(path, interface, method, first_type, ap);
        va_end(ap);
        reply = call(s, &error, message);
        if (reply)
                dbus_message_unref(reply);
        return error;
}

void session_get(Session *s, const char *path, const char *interface, const char *property,
        int type, void *ret) {
        DBusMessageIter iter, value;
        DBusMessage *reply;

        reply = session_call(s, NULL, path, DBUS_INTERFACE_PROPERTIES, "Get", DBUS_TYPE_STRING,
                &interface, DBUS_TYPE_STRING, &property, DBUS_TYPE_INVALID);
        CHECK(dbus_message_iter_init(reply, &iter));
        dbus_message_iter_recurse(&iter, &value);
        CHECK(dbus_message_iter_get_arg_type(&value) == type);
        dbus_message_iter_get_basic(&value, ret);
        if (type == DBUS_TYPE_STRING) {
                char *copy;
                const char *was;

                memcpy(&was, ret, sizeof(was));
                copy = strdup(was);
                memcpy(ret, &copy, sizeof(copy));
        }
        dbus_message_unref(reply);
}

char *session_add_person(Session *s, const char *name) {
        const char *mode = "full", *path;
        DBusMessage *reply;
        char *copy;

        reply = session_call(s, NULL, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, "AddPerson",
                DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &mode, DBUS_TYPE_INVALID);
        CHECK(dbus_message_get_args(reply, NULL, DBUS_TYPE_OBJECT_PATH, &path, DBUS_TYPE_INVALID));
        copy = strdup(path);
        dbus_message_unref(reply);
        return copy;
}

unsigned session_count(Session *s, const char *kind) {
        const char **kinds = &kind, *everybody = "/";
        uint64_t before = 0;
        unsigned limit = NC_LIMIT_LIST, n;
        DBusMessageIter iter;
        DBusMessage *reply;

        reply = session_call(s, NULL, NC_OBJECT_ROOT, NC_INTERFACE_LEDGER, "List", DBUS_TYPE_ARRAY,
                DBUS_TYPE_STRING, &kinds, 1, DBUS_TYPE_OBJECT_PATH, &everybody, DBUS_TYPE_UINT64,
                &before, DBUS_TYPE_UINT32, &limit, DBUS_TYPE_INVALID);
        CHECK(dbus_message_iter_init(reply, &iter));
        n = (unsigned)dbus_message_iter_get_element_count(&iter);
        dbus_message_unref(reply);
        return n;
}

/* --- snapshots ------------------------------------------------------------------------------- */

static void add_basic(Buffer *out, DBusMessageIter *iter, int type) {
        DBusBasicValue value;

        dbus_message_iter_get_basic(iter, &value);
        if (type == DBUS_TYPE_STRING || type == DBUS_TYPE_OBJECT_PATH ||
                type == DBUS_TYPE_SIGNATURE)
                CHECK(buffer_printf(out, "%s ", value.str) == 0);
        else if (type == DBUS_TYPE_DOUBLE)
                CHECK(buffer_printf(out, "%.6f ", value.dbl) == 0);
        else if (type == DBUS_TYPE_UINT64)
                CHECK(buffer_printf(out, "%ju ", (uintmax_t)value.u64) == 0);
        else
                CHECK(buffer_printf(out, "%u ", value.u32) == 0);
}

/* A property that runs with the clock says nothing about a change. */
static bool runs(const char *property) {
        return streq(property, "StreakUSec") || streq(property, "LongestUSec") ||
               streq(property, "TotalUSec");
}

static void add_all(Buffer *out, DBusMessageIter *iter) {
        for (int type; (type = dbus_message_iter_get_arg_type(iter)) != DBUS_TYPE_INVALID;
                dbus_message_iter_next(iter)) {
                DBusMessageIter inner;

                if (dbus_type_is_basic(type)) {
                        add_basic(out, iter, type);
                        continue;
                }
                dbus_message_iter_recurse(iter, &inner);
                if (type == DBUS_TYPE_DICT_ENTRY &&
                        dbus_message_iter_get_arg_type(&inner) == DBUS_TYPE_STRING) {
                        const char *key;

                        dbus_message_iter_get_basic(&inner, &key);
                        if (runs(key))
                                continue;
                }
                add_all(out, &inner);
                CHECK(buffer_putc(out, '\n') == 0);
        }
}

static void add_reply(Buffer *out, DBusMessage *reply) {
        DBusMessageIter iter;

        CHECK(dbus_message_iter_init(reply, &iter));
        add_all(out, &iter);
        dbus_message_unref(reply);
}

char *session_snapshot(Session *s) {
        const char *interface = NC_INTERFACE_MANAGER;
        _cleanup_(buffer_done) Buffer out = {0};

        add_reply(&out, session_call(s, NULL, NC_OBJECT_ROOT, "org.freedesktop.DBus.ObjectManager",
                                "GetManagedObjects", DBUS_TYPE_INVALID));
        add_reply(&out, session_call(s, NULL, NC_OBJECT_ROOT, DBUS_INTERFACE_PROPERTIES, "GetAll",
                                DBUS_TYPE_STRING, &interface, DBUS_TYPE_INVALID));
        return buffer_take(&out);
}
