/* SPDX-License-Identifier: GPL-3.0-or-later */

/* nocontactd: arguments, folders, bus and event loop. What the daemon does is the manager's. */

#include "common/array.h"
#include "common/file.h"
#include "common/log.h"
#include "common/time.h"
#include "daemon/bus.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define SETTLE_USEC (3 * USEC_PER_SEC)

static const char help_text[] =
        "Usage: nocontactd [OPTION]\n"
        "\n"
        "Keeps a No Contact decision: notices visits, gives a nudge, counts the days.\n"
        "It is meant to be started by systemd:\n"
        "\n"
        "  systemctl --user enable --now nocontactd\n"
        "\n"
        "  --rebuild   make the state anew from the ledger and say what differed\n"
        "  --debug     log more\n"
        "  --help      show this text\n"
        "  --version   show the version\n";

/* --- folders --------------------------------------------------------------------------------- */

typedef struct Folders {
        char *home, *config_home, *data_dir, *runtime_dir, *session_dir;
        char **shares; /* n_shares and a NULL */
        size_t n_shares, shares_space;
} Folders;

static void folders_done(Folders *f) {
        free(f->home);
        free(f->config_home);
        free(f->data_dir);
        free(f->runtime_dir);
        free(f->session_dir);
        for (size_t i = 0; i < f->n_shares; i++)
                free(f->shares[i]);
        free(f->shares);
}

/* The folder that an XDG variable names (absolute, else it is to be ignored, XDG Base Directory
 * Specification 0.8), or the one below the home folder. */
static char *xdg_folder(const char *variable, const char *home, const char *below_home) {
        const char *value = getenv(variable);

        return value && value[0] == '/' ? strdup(value) : path_join(home, below_home);
}

static int add_share(Folders *f, const char *folder, size_t len) {
        if (len == 0 || folder[0] != '/')
                return 0;
        if (ARRAY_RESERVE(f->shares, f->shares_space, f->n_shares + 2) < 0)
                return -ENOMEM;
        f->shares[f->n_shares] = strndup(folder, len);
        f->shares[f->n_shares + 1] = NULL;
        return f->shares[f->n_shares] ? (int)f->n_shares++ : -ENOMEM;
}

/* Where the session bus looks for what it may start, in its order. */
static int find_shares(Folders *f, const char *data_home) {
        const char *dirs = getenv("XDG_DATA_DIRS");
        int r = add_share(f, data_home, strlen(data_home));

        if (!dirs || dirs[0] == '\0')
                dirs = "/usr/local/share:/usr/share";
        while (r >= 0 && *dirs) {
                size_t len = strcspn(dirs, ":");

                r = add_share(f, dirs, len);
                dirs += len + (dirs[len] == ':');
        }
        return r < 0 ? r : 0;
}

static int find_folders(Folders *f) {
        const char *home = getenv("HOME"), *runtime = getenv("XDG_RUNTIME_DIR");
        _cleanup_free_ char *data_home = NULL;
        int r;

        if (!home || home[0] != '/') {
                log_error("HOME is not set to a folder.");
                return -EINVAL;
        }
        if (!runtime || runtime[0] != '/') {
                log_error("XDG_RUNTIME_DIR is not set; nocontactd runs in a login session.");
                return -EINVAL;
        }
        f->home = strdup(home);
        f->config_home = xdg_folder("XDG_CONFIG_HOME", home, ".config");
        data_home = xdg_folder("XDG_DATA_HOME", home, ".local/share");
        if (!f->home || !f->config_home || !data_home)
                return -ENOMEM;
        f->data_dir = path_join(data_home, "nocontact");
        f->runtime_dir = path_join(runtime, "nocontact");
        f->session_dir = strdup(runtime);
        if (!f->data_dir || !f->runtime_dir || !f->session_dir || find_shares(f, data_home) < 0)
                return -ENOMEM;

        r = folder_make_private(f->runtime_dir);
        if (r < 0)
                log_error("The folder %s cannot be made: %s", f->runtime_dir, strerror(-r));
        return r;
}

static int explain_ledger(const char *data_dir, int r) {
        static const struct {
                int error;
                const char *why;
        } reasons[] = {
                {EBUSY, "another nocontactd is using it"},
                {EPROTO, "it was written by a newer version of nocontact"},
                {EBADMSG, "it is damaged; it was left as it is"},
                {EPERM, "its folder belongs to somebody else"},
        };

        for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
                if (reasons[i].error == -r) {
                        log_error(
                                "The ledger in %s cannot be opened: %s.", data_dir, reasons[i].why);
                        return r;
                }
        log_error("The ledger in %s cannot be opened: %s.", data_dir, strerror(-r));
        return r;
}

/* --- the two things it can do ---------------------------------------------------------------- */

static int rebuild(const Folders *f) {
        _cleanup_(ledger_freep) Ledger *l = NULL;
        _cleanup_free_ char *differences = NULL;
        uint64_t events;
        int r;

        r = ledger_open(f->data_dir, &l);
        if (r < 0)
                return explain_ledger(f->data_dir, r);
        r = ledger_rebuild(l, &events, &differences);
        if (r < 0) {
                log_error("The state cannot be made anew: %s", strerror(-r));
                return r;
        }
        if (r == 0)
                (void)printf("The state was made anew from %ju events: no difference.\n",
                        (uintmax_t)events);
        else
                (void)printf("The state was made anew from %ju events. It differed in: %s.\n",
                        (uintmax_t)events, differences);
        return 0;
}

static int open_bus(sd_event *event, sd_bus **ret) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_user_with_description(&bus, "nocontactd");
        if (r < 0) {
                log_error("There is no session bus: %s", strerror(-r));
                return r;
        }
        r = sd_bus_set_exit_on_disconnect(bus, 1);
        if (r < 0)
                return r;
        /* the manager's stop still has something to say when the loop has ended */
        r = sd_bus_set_close_on_exit(bus, 0);
        if (r < 0)
                return r;
        r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(bus);
        return 0;
}

/* From the moment that the name is ours others call us, so ledger and faces are ready. */
static int go_on_bus(sd_bus *bus, Manager *m) {
        int r;

        r = bus_add_faces(bus, m);
        if (r < 0)
                return r;
        r = sd_bus_request_name(bus, NC_BUS_NAME, 0);
        if (r < 0) {
                log_error("The name %s cannot be had on the session bus: %s", NC_BUS_NAME,
                        strerror(-r));
                return r;
        }
        return manager_start(m, bus, &bus_listener, bus);
}

static uint64_t monotonic_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

/* A login waits for what starts with it: who says that it is ready when the notification server is
 * behind the filter leaves no moment between the two. It does not wait for long. */
static int settle(sd_event *event, const Manager *m) {
        uint64_t end = monotonic_usec() + SETTLE_USEC, now;
        int r = 1;

        while (r >= 0 && !manager_settled(m) && (now = monotonic_usec()) < end &&
                sd_event_get_state(event) != SD_EVENT_FINISHED)
                r = sd_event_run(event, end - now);
        return r < 0 ? r : 0;
}

static int serve(const Folders *f) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(manager_freep) Manager *manager = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r, result;

        r = sd_event_new(&event);
        if (r < 0)
                return r;
        r = sd_event_set_watchdog(event, 1);
        if (r < 0)
                return r;
        if (sd_event_add_signal(event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL) < 0 ||
                sd_event_add_signal(event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL) < 0)
                return -EINVAL;

        r = open_bus(event, &bus);
        if (r < 0)
                return r;
        r = manager_new(event,
                &(ManagerPaths){
                        .home = f->home,
                        .config_home = f->config_home,
                        .data_dir = f->data_dir,
                        .runtime_dir = f->runtime_dir,
                        .session_dir = f->session_dir,
                        .shares = (const char *const *)f->shares,
                },
                &manager);
        if (r < 0)
                return explain_ledger(f->data_dir, r);
        r = go_on_bus(bus, manager);
        if (r < 0)
                return r;

        result = settle(event, manager);
        (void)sd_notify(0, "READY=1");
        if (result >= 0 && sd_event_get_state(event) != SD_EVENT_FINISHED)
                result = sd_event_loop(event);
        (void)sd_notify(0, "STOPPING=1");
        manager_stop(manager);
        return result;
}

/* --- arguments ------------------------------------------------------------------------------- */

static int parse_arguments(int argc, char **argv, int *ret_rebuild) {
        static const struct option options[] = {
                {"rebuild", no_argument, NULL, 'r'},
                {"debug", no_argument, NULL, 'd'},
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'v'},
                {0},
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                switch (c) {
                case 'r': *ret_rebuild = 1; break;
                case 'd': log_set_debug(1); break;
                case 'h': (void)fputs(help_text, stdout); return 0;
                case 'v': (void)puts(NOCONTACT_VERSION); return 0;
                default: return -EINVAL;
                }
        }
        if (optind < argc) {
                (void)fprintf(
                        stderr, "nocontactd: \"%s\" is not an option; see --help.\n", argv[optind]);
                return -EINVAL;
        }
        return 1;
}

int main(int argc, char **argv) {
        _cleanup_(folders_done) Folders folders = {0};
        int r, want_rebuild = 0;

        (void)setlocale(LC_ALL, "");
        (void)umask(0077);
        /* a core file would hold the ex's names */
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0});

        r = parse_arguments(argc, argv, &want_rebuild);
        if (r <= 0)
                return r < 0 ? 2 : EXIT_SUCCESS;
        r = find_folders(&folders);
        if (r == 0)
                r = want_rebuild ? rebuild(&folders) : serve(&folders);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
