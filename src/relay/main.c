/* SPDX-License-Identifier: GPL-3.0-or-later */

/* nocontact-relay: arguments, folders, the event loop. What passes is the filter's, what is held
 * the keeper's. */

#include "common/file.h"
#include "common/log.h"
#include "common/time.h"
#include "nocontact/bus-names.h"
#include "relay/address.h"
#include "relay/name-gate.h"
#include "relay/rules-watch.h"
#include "relay/server.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>

static const char help_text[] =
        "Usage: nocontact-relay [OPTION]\n"
        "\n"
        "Stands between the notification server and the session bus, and holds the notifications\n"
        "that nocontactd's rules name. It is meant to be started by systemd.\n"
        "\n"
        "  --name-gate     own the names of the notification server on the bus instead, for GNOME\n"
        "  --listen PATH   the socket for the notification server\n"
        "                  ($XDG_RUNTIME_DIR/nocontact/" NC_RELAY_SOCKET ")\n"
        "  --bus ADDRESS   the session bus ($DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus)\n"
        "  --data DIR      the folder of rules and spool ($XDG_DATA_HOME/nocontact)\n"
        "  --debug         log more\n"
        "  --help          show this text\n"
        "  --version       show the version\n";

typedef struct Options {
        char *listen, *bus, *data; /* owned */
        bool name_gate;
} Options;

static void options_done(Options *o) {
        free(o->listen);
        free(o->bus);
        free(o->data);
}

static uint64_t now(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_REALTIME, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

/* --- serving --------------------------------------------------------------------------------- */

static int on_rules(void *userdata, const State *rules) {
        return keeper_set_rules(userdata, rules);
}

/* NULL ends the loop. */
static int add_signals(sd_event *event, sd_event_signal_handler_t handler, void *userdata) {
        int r = sd_event_add_signal(
                event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, handler, userdata);

        return r < 0 ? r
                     : sd_event_add_signal(
                               event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, handler, userdata);
}

/* Until the loop ends. */
static int run(sd_event *event) {
        int r;

        (void)sd_notify(0, "READY=1");
        r = sd_event_loop(event);
        (void)sd_notify(0, "STOPPING=1");
        return r;
}

static int run_relay(const Options *o, sd_event *event, Keeper *keeper) {
        _cleanup_(server_freep) Server *server = NULL;
        int r = add_signals(event, NULL, NULL);

        if (r < 0)
                return r;
        r = server_new(event, &(ServerParts){o->listen, o->bus, keeper, now}, &server);
        if (r < 0) {
                log_error("The socket %s cannot be had: %s", o->listen, strerror(-r));
                return r;
        }
        return run(event);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        (void)source, (void)si;
        return name_gate_leave(userdata);
}

static int run_name_gate(const Options *o, sd_event *event, Keeper *keeper) {
        _cleanup_(name_gate_freep) NameGate *gate = NULL;
        int r;

        r = name_gate_new(event, o->bus, keeper, now, &gate);
        if (r < 0) {
                log_error("There is no session bus: %s", strerror(-r));
                return r;
        }
        r = add_signals(event, on_signal, gate);
        return r < 0 ? r : run(event);
}

static int serve(const Options *o) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(keeper_freep) Keeper *keeper = NULL;
        _cleanup_(rules_watch_freep) RulesWatch *rules = NULL;
        int r;

        r = sd_event_new(&event);
        if (r < 0)
                return r;
        r = keeper_new(event, o->data, o->name_gate ? "gate" : "relay", &keeper);
        if (r < 0)
                return r;
        r = rules_watch_new(event, o->data, on_rules, keeper, &rules);
        if (r < 0) {
                log_error("The folder %s cannot be watched: %s", o->data, strerror(-r));
                return r;
        }
        return o->name_gate ? run_name_gate(o, event, keeper) : run_relay(o, event, keeper);
}

/* --- defaults -------------------------------------------------------------------------------- */

/* An absolute path in the environment; others are to be ignored (XDG Base Directory Specification
 * 0.8). */
static const char *folder_in(const char *variable) {
        const char *value = getenv(variable);

        return value && value[0] == '/' ? value : NULL;
}

static char *default_listen(void) {
        const char *runtime = folder_in("XDG_RUNTIME_DIR");

        return runtime ? path_join(runtime, "nocontact/" NC_RELAY_SOCKET) : NULL;
}

static char *default_bus(void) {
        const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
        const char *runtime = folder_in("XDG_RUNTIME_DIR");
        char *made;

        if (address && address[0] != '\0')
                return strdup(address);
        return runtime && asprintf(&made, "unix:path=%s/bus", runtime) >= 0 ? made : NULL;
}

static char *default_data(void) {
        const char *data = folder_in("XDG_DATA_HOME"), *home = folder_in("HOME");

        if (data)
                return path_join(data, "nocontact");
        return home ? path_join(home, ".local/share/nocontact") : NULL;
}

/* A relay that takes itself for the bus would wait for itself. */
static int check_bus(const Options *o) {
        const char *text = o->bus;
        struct sockaddr_un un;
        socklen_t len;
        int r;

        while ((r = address_next(&text, &un, &len)) != 0)
                if (r > 0 && streq(un.sun_path, o->listen))
                        return -ELOOP;
        return 0;
}

static int fill_in(Options *o) {
        if (!o->listen)
                o->listen = default_listen();
        if (!o->bus)
                o->bus = default_bus();
        if (!o->data)
                o->data = default_data();
        if (!o->listen || !o->bus || !o->data) {
                log_error("HOME or XDG_RUNTIME_DIR is not set; nocontact-relay runs in a login "
                          "session.");
                return -EINVAL;
        }
        if (check_bus(o) < 0) {
                log_error("The session bus and the relay's own socket are the same.");
                return -ELOOP;
        }
        return 0;
}

/* --- arguments ------------------------------------------------------------------------------- */

static int replace(char **to, const char *value) {
        free(*to);
        *to = strdup(value);
        return *to ? 1 : -ENOMEM;
}

/* Returns 1 to go on, 0 when everything is said, -EINVAL. */
static int parse_arguments(int argc, char **argv, Options *o) {
        static const struct option options[] = {
                {"name-gate", no_argument, NULL, 'n'},
                {"listen", required_argument, NULL, 'l'},
                {"bus", required_argument, NULL, 'b'},
                {"data", required_argument, NULL, 'd'},
                {"debug", no_argument, NULL, 'g'},
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'v'},
                {0},
        };
        int c, r = 1;

        while (r > 0 && (c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                switch (c) {
                case 'n': o->name_gate = true; break;
                case 'l': r = replace(&o->listen, optarg); break;
                case 'b': r = replace(&o->bus, optarg); break;
                case 'd': r = replace(&o->data, optarg); break;
                case 'g': log_set_debug(1); break;
                case 'h': (void)fputs(help_text, stdout); return 0;
                case 'v': (void)puts(NOCONTACT_VERSION); return 0;
                default: return -EINVAL;
                }
        }
        if (r > 0 && optind < argc) {
                (void)fprintf(stderr, "nocontact-relay: \"%s\" is not an option; see --help.\n",
                        argv[optind]);
                return -EINVAL;
        }
        return r;
}

int main(int argc, char **argv) {
        _cleanup_(options_done) Options options = {0};
        int r;

        (void)umask(0077);
        /* a core file would hold what was said to the user */
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0});

        r = parse_arguments(argc, argv, &options);
        if (r <= 0)
                return r < 0 ? 2 : EXIT_SUCCESS;
        r = fill_in(&options);
        if (r == 0)
                r = serve(&options);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
