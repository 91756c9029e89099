/* SPDX-License-Identifier: GPL-3.0-or-later */

/* nocontact-enforcer: arguments, the event loop, and when to leave. What it does is the enforcer's.
 * It trusts its arguments and the system bus; of the environment it reads nothing of its own. */

#include "common/log.h"
#include "common/time.h"
#include "enforcer/enforcer-bus.h"
#include "enforcer/network-bus.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

static const char help_text[] =
        "Usage: nocontact-enforcer [OPTION]\n"
        "\n"
        "Holds names shut in /etc/hosts, and pages in browsers, for the users of this machine, until\n"
        "their leases end.\n"
        "Without an option it serves org.nocontact.Enforcer1 on the system bus, which starts it.\n"
        "\n"
        "  --reconcile      make the files agree with all leases, lift what has run out, and end\n"
        "  --lift-expired   the same\n"
        "  --lift-all       end every lease, whatever its time: for the removal of the package\n"
        "  --network        serve org.nocontact.EnforcerNetwork1 to the former: ports, connections\n"
        "  --hosts PATH     another file than /etc/hosts\n"
        "  --state DIR      another folder than /var/lib/nocontact\n"
        "  --root DIR       look for browsers and their policies below DIR\n"
        "  --idle SECONDS   leave the bus after so long without a call (30)\n"
        "  --help           show this text\n"
        "  --version        show the version\n";

/* The timer of systemd comes once an hour; for what is due sooner the service stays. */
#define SOON_USEC (3600 * USEC_PER_SEC)

#define LINGER_USEC (500 * USEC_PER_MSEC)

typedef struct Options {
        const char *hosts, *state, *root;
        uint64_t idle_usec;
} Options;

/* --- the service ----------------------------------------------------------------------------- */

/* What the program is on the bus. The one that writes files has no network, and the other way
 * round. */
typedef struct Role {
        const char *name;
        int (*add)(sd_bus *bus, EnforcerBus *face);
} Role;

typedef struct Service {
        const Role *role;
        sd_event *event;
        sd_bus *bus;
        sd_event_source *timer;
        EnforcerBus face;
        uint64_t idle_usec;
        bool failed;   /* what is due could not be done; the hourly timer tries again */
        bool leaving;  /* the name is being given back */
        bool released; /* and no call comes any more */
        bool hurried;  /* told to end: who waits for polkit waits no longer */
} Service;

/* When something is due that is not asked for. */
static uint64_t next_due(const Service *s) {
        return s->face.enforcer ? enforcer_next(s->face.enforcer) : UINT64_MAX;
}

/* Every call that was sent to the name came before this answer, and has been answered. */
static int on_released(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Service *s = userdata;

        (void)reply, (void)error;
        s->released = true;
        return 0;
}

/* The manager is told first, so that it starts a new service for the next call instead of ending
 * this one when its name goes. */
static int leave(Service *s) {
        if (s->leaving)
                return 0;
        s->leaving = true;
        (void)sd_notify(0, "STOPPING=1");
        return sd_bus_release_name_async(s->bus, NULL, s->role->name, on_released, s);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Service *s = userdata;
        const char *what = NULL, *why = NULL;
        uint64_t next;
        int r;

        (void)source, (void)usec;
        if (polkit_busy(s->face.polkit) || s->leaving)
                return 0;
        next = next_due(s);
        if (s->failed || next >= SOON_USEC)
                return leave(s);
        if (next > 0)
                return 0;
        r = enforcer_reconcile(s->face.enforcer, &what, &why);
        s->failed = r < 0;
        if (r < 0)
                log_error("What was due could not be done: %s", why ? why : strerror(-r));
        return r > 0 ? enforcer_bus_tell(s->bus, what) : 0;
}

/* What the last calls made due soon is for the next service, which the bus starts. */
static int hand_over(Service *s) {
        if (!s->hurried && !s->failed && next_due(s) < SOON_USEC)
                (void)sd_bus_call_method_async(s->bus, NULL, "org.freedesktop.DBus",
                        "/org/freedesktop/DBus", "org.freedesktop.DBus", "StartServiceByName", NULL,
                        NULL, "su", s->role->name, 0);
        return sd_event_exit(s->event, 0);
}

/* After whatever happened: when to look again. */
static int on_post(sd_event_source *source, void *userdata) {
        Service *s = userdata;
        uint64_t next;
        int r;

        (void)source;
        if (s->released && (s->hurried || !polkit_busy(s->face.polkit)))
                return hand_over(s);
        if (s->leaving)
                return 0;
        next = next_due(s);
        r = sd_event_source_set_time_relative(
                s->timer, !s->failed && next < SOON_USEC ? next : s->idle_usec);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        Service *s = userdata;

        (void)source, (void)si;
        s->hurried = true;
        return leave(s);
}

static int serve_as(const Role *role, Enforcer *enforcer, const Options *o) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(polkit_freep) Polkit *polkit = NULL;
        Service s = {.role = role, .idle_usec = o->idle_usec};
        int r;

        r = sd_event_new(&event);
        if (r < 0)
                return r;
        r = sd_bus_open_system_with_description(&bus, "nocontact-enforcer");
        if (r < 0) {
                log_error("There is no system bus: %s", strerror(-r));
                return r;
        }
        r = polkit_new(bus, &polkit);
        if (r < 0)
                return r;
        s.event = event;
        s.bus = bus;
        s.face = (EnforcerBus){enforcer, polkit};
        if ((r = sd_bus_set_exit_on_disconnect(bus, 1)) < 0 ||
                (r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL)) < 0 ||
                (r = sd_event_add_time_relative(
                         event, &s.timer, CLOCK_BOOTTIME, o->idle_usec, 1, on_timer, &s)) < 0 ||
                (r = sd_event_add_post(event, NULL, on_post, &s)) < 0 ||
                (r = sd_event_add_signal(
                         event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_signal, &s)) < 0 ||
                (r = sd_event_add_signal(
                         event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_signal, &s)) < 0 ||
                (r = role->add(bus, &s.face)) < 0)
                return r;
        r = sd_bus_request_name(bus, role->name, 0);
        if (r < 0) {
                log_error("The name %s cannot be had: %s", role->name, strerror(-r));
                return r;
        }
        r = sd_event_loop(event);
        sd_event_source_unref(s.timer);
        return r;
}

static int serve(Enforcer *enforcer, const Options *o) {
        static const Role role = {NC_ENFORCER_NAME, enforcer_bus_add};

        return serve_as(&role, enforcer, o);
}

static int serve_network(Enforcer *enforcer, const Options *o) {
        static const Role role = {NC_NETWORK_NAME, network_bus_add};

        return serve_as(&role, enforcer, o);
}

/* --- work without a bus ---------------------------------------------------------------------- */

/* Whoever listens hears of it; nothing depends on it. */
static void tell(const char *what) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;

        log_info("The block was %s.", what);
        if (sd_bus_open_system(&bus) >= 0)
                (void)enforcer_bus_tell(bus, what);
}

static void rest_for(uint64_t usec) {
        (void)nanosleep(&(struct timespec){.tv_sec = (time_t)(usec / USEC_PER_SEC),
                                .tv_nsec = (long)(usec % USEC_PER_SEC) * 1000},
                NULL);
}

/* Looks until there is nothing to do, and after a moment once more: the path unit does not see what
 * happens to the file while this runs, and changes come in company. After too many repairs it
 * rests, and looks again. */
static int reconcile(Enforcer *e, const Options *o) {
        const char *what = NULL, *why = NULL;
        bool rested = false, lingered = false;
        int r;

        (void)o;
        while ((r = enforcer_reconcile(e, &what, &why)) >= 0 || (r == -EAGAIN && !rested)) {
                if (r > 0) {
                        tell(what);
                        lingered = false;
                } else if (r == 0) {
                        if (lingered)
                                break;
                        lingered = true;
                        rest_for(LINGER_USEC);
                } else {
                        log_warning("%s", why);
                        rested = true;
                        rest_for(MIN(enforcer_next(e) + USEC_PER_MSEC, 60 * USEC_PER_SEC));
                }
        }
        if (r < 0 && r != -EAGAIN)
                log_error("%s (%s)", why ? why : "The hosts file could not be made to agree.",
                        strerror(-r));
        return r == -EAGAIN ? 0 : r;
}

static int lift_all(Enforcer *e, const Options *o) {
        const char *why = NULL;
        int r;

        (void)o;
        r = enforcer_lift_all(e, &why);
        if (r < 0)
                log_error("%s (%s)", why ? why : "Not everything could be lifted.", strerror(-r));
        return r;
}

/* --- arguments ------------------------------------------------------------------------------- */

typedef int (*work_func)(Enforcer *e, const Options *o);

static int parse_seconds(const char *text, uint64_t *ret_usec) {
        char *end;
        unsigned long seconds;

        errno = 0;
        seconds = strtoul(text, &end, 10);
        if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || seconds > 86400)
                return -EINVAL;
        *ret_usec = seconds * USEC_PER_SEC;
        return 0;
}

/* Returns 1 to go on, 0 when everything is said, -EINVAL. */
static int parse_arguments(int argc, char **argv, Options *o, work_func *ret_work) {
        static const struct option options[] = {
                {"reconcile", no_argument, NULL, 'r'},
                {"lift-expired", no_argument, NULL, 'r'},
                {"lift-all", no_argument, NULL, 'a'},
                {"network", no_argument, NULL, 'n'},
                {"hosts", required_argument, NULL, 'f'},
                {"state", required_argument, NULL, 's'},
                {"root", required_argument, NULL, 'd'},
                {"idle", required_argument, NULL, 'i'},
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'v'},
                {0},
        };
        int c, r = 0;

        while (r >= 0 && (c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                switch (c) {
                case 'r': *ret_work = reconcile; break;
                case 'a': *ret_work = lift_all; break;
                case 'n': *ret_work = serve_network; break;
                case 'f': o->hosts = optarg; break;
                case 's': o->state = optarg; break;
                case 'd': o->root = optarg; break;
                case 'i': r = parse_seconds(optarg, &o->idle_usec); break;
                case 'h': (void)fputs(help_text, stdout); return 0;
                case 'v': (void)puts(NOCONTACT_VERSION); return 0;
                default: return -EINVAL;
                }
        }
        if (r < 0 || optind < argc) {
                (void)fprintf(stderr, "nocontact-enforcer: \"%s\" is not understood; see --help.\n",
                        argv[r < 0 ? optind - 1 : optind]);
                return -EINVAL;
        }
        return 1;
}

int main(int argc, char **argv) {
        _cleanup_(enforcer_freep) Enforcer *enforcer = NULL;
        Options o = {"/etc/hosts", "/var/lib/nocontact", "", 30 * USEC_PER_SEC};
        work_func work = serve;
        int r;

        (void)umask(0077);
        r = parse_arguments(argc, argv, &o, &work);
        if (r <= 0)
                return r < 0 ? 2 : EXIT_SUCCESS;
        r = work == serve_network ? 0 : enforcer_new(o.hosts, o.state, o.root, &enforcer);
        if (r < 0)
                log_error("The folder %s cannot be used: %s", o.state, strerror(-r));
        else
                r = work(enforcer, &o);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
