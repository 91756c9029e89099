/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The door to nocontact-enforcer: the bus, the calls, the timer, and the sentence that says how it
 * stands. What is asked and when is the plan's; here it is only sent, one call at a time, and what
 * came of it told to the plan. It reads no hosts file and logs nothing: the names that are held
 * stay out of the journal. The manager makes it and hears from it, always from the event loop. */

#include "daemon/enforcer-client.h"

#include "common/buffer.h"
#include "common/time.h"
#include "daemon/addresses.h"
#include "daemon/enforcer-plan.h"
#include "nocontact/bus-names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define STATE_DIR       "/var/lib/nocontact" /* StateDirectory= of nocontact-enforcer.service */
#define PATIENCE_USEC   USEC_PER_SEC
#define ACCURACY_USEC   (100 * USEC_PER_MSEC)
#define DBUS_PROPERTIES "org.freedesktop.DBus.Properties"
#define LOCAL_NAME      "org.freedesktop.DBus.Local"
#define LOCAL_PATH      "/org/freedesktop/DBus/Local"

struct EnforcerClient {
        sd_event *event;
        const EnforcerListener *listener;
        void *userdata;
        sd_event_source *timer;
        Plan plan;

        sd_bus *bus;
        sd_bus_slot *match_repaired, *match_lost;
        bool lost;

        PlanStep step; /* what is under way; PLAN_REST for nothing */
        sd_bus_slot *call;
        Addresses *addresses;
        struct in6_addr found[ADDRESSES_MAX];
        size_t n_found;

        const char *trouble_state; /* of the last failure, or NULL */
        char *trouble;
        char *no_sinkhole; /* why there is none, or NULL */
        const char *told_state;
        char *told;
};

static uint64_t elapsed_now(const EnforcerClient *c) {
        uint64_t now = 0;

        (void)sd_event_now(c->event, CLOCK_BOOTTIME, &now);
        return now;
}

/* --- how it stands --------------------------------------------------------------------------- */

static const char *time_text(char buf[static TIME_TEXT_SPACE], uint64_t usec) {
        return time_format_local(buf, TIME_TEXT_SPACE, usec);
}

static const char *date_text(char buf[static TIME_TEXT_SPACE], uint64_t usec) {
        (void)time_format_local(buf, TIME_TEXT_SPACE, usec);
        buf[strcspn(buf, " ")] = '\0';
        return buf;
}

static void add_names(Buffer *b, size_t n) {
        (void)buffer_printf(b, n == 1 ? "1 name" : "%zu names", n);
}

static size_t count_open(const Holding *h, uint64_t wall) {
        size_t n = 0;

        for (size_t i = 0; i < h->n; i++)
                n += h->hosts[i].open_usec > wall;
        return n;
}

/* Nothing is wanted. */
static const char *describe_nothing(const Plan *p, Buffer *b) {
        char buf[TIME_TEXT_SPACE];

        if (!p->lease.running) {
                (void)buffer_puts(b, "No domain or platform is blocked.");
                return "off";
        }
        if (p->lease.hosts > 0)
                add_names(b, p->lease.hosts);
        else
                (void)buffer_puts(b, "Pages");
        (void)buffer_printf(b, " will be free on %s: an early end waits so long.",
                time_text(buf, p->lease.due_usec));
        return "active";
}

static void describe_until(const Plan *p, uint64_t wall, Buffer *b) {
        size_t open = count_open(&p->held, wall);
        char buf[TIME_TEXT_SPACE];

        add_names(b, p->held.n);
        (void)buffer_puts(b, p->held.n == 1 ? " is blocked" : " are blocked");
        if (p->held.until_usec > wall)
                (void)buffer_printf(b, " until %s", date_text(buf, p->held.until_usec));
        else
                (void)buffer_puts(b, " until you end it");
        if (open > 0)
                (void)buffer_printf(b, ", %zu of them open for now", open);
        (void)buffer_putc(b, '.');
        if (p->locked && p->lease.due_usec > wall)
                (void)buffer_printf(b, " Less will be from %s on, when an early end has waited.",
                        time_text(buf, p->lease.due_usec));
}

/* Everything that is wanted, as far as root lets it, is done. */
static const char *describe_held(const EnforcerClient *c, uint64_t elapsed, Buffer *b) {
        const Plan *p = &c->plan;
        char buf[TIME_TEXT_SPACE];

        if (!p->held_known) {
                (void)buffer_printf(b,
                        "What was blocked before stays so until %s; what is new since will be then.",
                        time_text(buf, p->lease.due_usec));
                return "degraded";
        }
        if (p->held.n == 0) {
                (void)buffer_puts(b, "No domain or platform is blocked.");
                return "off";
        }
        if (p->repairs >= PLAN_REPAIRS_MANY) {
                (void)buffer_puts(b, "Something keeps changing /etc/hosts; the block is repaired "
                                     "every time, a few times a minute at most.");
                return "degraded";
        }
        describe_until(p, plan_wall(p, elapsed), b);
        if (elapsed < p->note_until)
                (void)buffer_puts(b, " Firefox may remember an address for a minute more.");
        if (c->no_sinkhole)
                (void)buffer_printf(b, " Blocked names show no pause page: %s", c->no_sinkhole);
        if (p->except_refused)
                (void)buffer_puts(b, " The last exception could not be opened.");
        return "active";
}

static void tell(EnforcerClient *c, const char *state, char *detail) {
        _cleanup_free_ char *mine = detail;

        if (!mine || (c->told_state && streq(c->told_state, state) && streq(c->told, mine)))
                return;
        free(c->told);
        c->told = TAKE_PTR(mine);
        c->told_state = state;
        c->listener->state(c->userdata, state, c->told);
}

/* While things are under way the old word stands. */
static void tell_state(EnforcerClient *c, uint64_t elapsed) {
        _cleanup_(buffer_done) Buffer b = {0};
        const char *state;

        if (!plan_agrees(&c->plan, elapsed)) {
                if (c->trouble_state)
                        tell(c, c->trouble_state, strdup(c->trouble));
                return;
        }
        c->trouble_state = NULL;
        state = plan_wants(&c->plan) ? describe_held(c, elapsed, &b)
                                     : describe_nothing(&c->plan, &b);
        tell(c, state, buffer_take(&b));
}

/* --- failures -------------------------------------------------------------------------------- */

#define NOT_INSTALLED                                                                              \
        "nocontact-enforcer is not installed: names are noticed but not blocked. Install it "      \
        "with: make deb && sudo apt install ./build/nocontact_*.deb"
#define NOT_ALLOWED                                                                                \
        "This session may not change what is blocked: it is remote, or not at this machine's "     \
        "screen. What was blocked before stays so."

typedef struct Failure {
        const char *name; /* of the error, or how it begins */
        const char *state;
        const char *sentence; /* NULL: the error's own */
        PlanFailure kind;
        bool passing; /* once is no news: the enforcer may have been replaced */
} Failure;

/* The first that fits; the last fits everything. */
static const Failure failures[] = {
        {NC_ERROR_LOCKED, "degraded", NULL, PLAN_LOCKED, false},
        {NC_ERROR_LIMIT_EXCEEDED, "degraded", NULL, PLAN_REFUSED, false},
        {NC_ERROR_NOT_FOUND, "degraded", NULL, PLAN_REFUSED, false},
        {NC_ERROR_INVALID_ARGUMENT, "degraded", NULL, PLAN_REFUSED, false},
        {"org.freedesktop.DBus.Error.ServiceUnknown", "unavailable", NOT_INSTALLED, PLAN_ABSENT,
                false},
        {"org.freedesktop.DBus.Error.NameHasNoOwner", "unavailable", NOT_INSTALLED, PLAN_ABSENT,
                false},
        {"org.freedesktop.DBus.Error.Spawn.ServiceNotFound", "unavailable", NOT_INSTALLED,
                PLAN_ABSENT, false},
        {"org.freedesktop.DBus.Error.Spawn.ExecFailed", "unavailable", NOT_INSTALLED, PLAN_ABSENT,
                false},
        {"org.freedesktop.systemd1.NoSuchUnit", "unavailable", NOT_INSTALLED, PLAN_ABSENT, false},
        {"org.freedesktop.DBus.Error.Spawn.", "unavailable", NULL, PLAN_FAILED, false},
        {"org.freedesktop.systemd1.", "unavailable", NULL, PLAN_FAILED, false},
        {"org.freedesktop.DBus.Error.AccessDenied", "unavailable", NOT_ALLOWED, PLAN_FAILED, false},
        {"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "unavailable", NOT_ALLOWED,
                PLAN_FAILED, false},
        {"org.freedesktop.DBus.Error.NoReply", "degraded", "nocontact-enforcer does not answer.",
                PLAN_FAILED, true},
        {"org.freedesktop.DBus.Error.Timeout", "degraded", "nocontact-enforcer does not answer.",
                PLAN_FAILED, true},
        {"org.freedesktop.DBus.Error.Disconnected", "degraded",
                "The system bus is gone; it is asked for again.", PLAN_FAILED, true},
        {"", "degraded", NULL, PLAN_FAILED, false},
};

static const Failure no_bus = {"", "unavailable",
        "There is no system bus on this machine: names are noticed but not blocked.", PLAN_ABSENT,
        false};
static const Failure bus_lost = {
        "", "degraded", "The system bus is gone; it is asked for again.", PLAN_FAILED, true};
static const Failure not_understood = {"", "degraded",
        "What nocontact-enforcer answers is not understood; it may be of another version.",
        PLAN_FAILED, false};
static const Failure no_memory = {"", "degraded", "Memory is short.", PLAN_FAILED, true};

static const Failure *failure_from(const sd_bus_error *e) {
        size_t i = 0;

        while (strncmp(e->name, failures[i].name, strlen(failures[i].name)) != 0)
                i++;
        return &failures[i];
}

static void remember_no_sinkhole(EnforcerClient *c, const Failure *f, const sd_bus_error *e) {
        static const char taken[] = "another program has port 80 or 443 of their address.";
        const char *why = e && streq(e->name, SD_BUS_ERROR_ADDRESS_IN_USE) ? taken
                          : f->sentence                                    ? f->sentence
                          : e && e->message                                ? e->message
                                                                           : taken;

        free(c->no_sinkhole);
        c->no_sinkhole = strdup(why);
}

/* A lease is kept where only root may look; whether there can be one shows without. */
static bool lease_possible(void) {
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/%u.lease", STATE_DIR, (unsigned)getuid()) < 0) {
                path = NULL;
                return true;
        }
        return access(path, F_OK) == 0 || errno != ENOENT;
}

/* The step that was under way did not go well; `e` may be NULL. */
static void fail(EnforcerClient *c, const Failure *f, const sd_bus_error *e) {
        const char *sentence = f->sentence ? f->sentence : e && e->message ? e->message : "";
        uint64_t elapsed = elapsed_now(c);
        PlanFailure kind = f->kind == PLAN_ABSENT && lease_possible() ? PLAN_FAILED : f->kind;
        PlanStep step = c->step;

        c->step = PLAN_REST;
        if (step == PLAN_OPEN_SINKHOLE)
                remember_no_sinkhole(c, f, e);
        if (!plan_failed(&c->plan, step, kind, elapsed))
                return;
        if (f->passing && c->plan.failures <= 1)
                return;
        free(c->trouble);
        c->trouble = strdup(*sentence ? sentence : "nocontact-enforcer could not do it.");
        c->trouble_state = c->trouble ? f->state : NULL;
}

/* --- what is sent ---------------------------------------------------------------------------- */

static int append_lease(EnforcerClient *c, sd_bus_message *m) {
        (void)c;
        return sd_bus_message_append(m, "ss", NC_ENFORCER_INTERFACE, "Lease");
}

static int append_repairs(EnforcerClient *c, sd_bus_message *m) {
        (void)c;
        return sd_bus_message_append(m, "ss", NC_ENFORCER_INTERFACE, "Repairs");
}

static int append_browsers(EnforcerClient *c, sd_bus_message *m) {
        (void)c;
        return sd_bus_message_append(m, "ss", NC_ENFORCER_INTERFACE, "Browsers");
}

static int append_hold(EnforcerClient *c, sd_bus_message *m) {
        const Holding *hold;
        int r;

        r = plan_begin_hold(&c->plan, &hold);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && i < hold->n; i++)
                r = sd_bus_message_append(m, "s", hold->hosts[i].name);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && i < hold->n_patterns; i++)
                r = sd_bus_message_append(m, "s", hold->patterns[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_append(m, "t", hold->until_usec);
}

/* IPv4 in the form that everybody reads. */
static int append_addresses(EnforcerClient *c, sd_bus_message *m) {
        char text[INET6_ADDRSTRLEN];
        int r;

        r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && i < c->n_found; i++) {
                const struct in6_addr *a = &c->found[i];
                const char *put = IN6_IS_ADDR_V4MAPPED(a)
                                          ? inet_ntop(AF_INET, &a->s6_addr[12], text, sizeof(text))
                                          : inet_ntop(AF_INET6, a, text, sizeof(text));

                r = sd_bus_message_append(m, "s", put);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_except(EnforcerClient *c, sd_bus_message *m) {
        HeldHost *const *hosts;
        unsigned minutes;
        size_t n;
        int r;

        r = plan_begin_except(&c->plan, elapsed_now(c), &hosts, &n, &minutes);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = sd_bus_message_append(m, "s", hosts[i]->name);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_append(m, "u", minutes);
}

/* --- what is answered ------------------------------------------------------------------------ */

static int read_lease(EnforcerClient *c, sd_bus_message *m) {
        RootLease lease;
        int r, running;

        r = sd_bus_message_read(m, "v", "(ttuutb)", &lease.generation, &lease.until_usec,
                &lease.hosts, &lease.patterns, &lease.due_usec, &running);
        if (r < 0)
                return r;
        lease.running = running;
        plan_lease(&c->plan, &lease, elapsed_now(c));
        return 0;
}

static int read_repairs(EnforcerClient *c, sd_bus_message *m) {
        uint64_t last;
        uint32_t n;
        int r;

        r = sd_bus_message_read(m, "v", "(ut)", &n, &last);
        if (r < 0)
                return r;
        if (plan_repairs(&c->plan, n, last, elapsed_now(c)))
                c->listener->repaired(c->userdata, last);
        return 0;
}

static int read_browsers(EnforcerClient *c, sd_bus_message *m) {
        BrowserPolicy found[ENFORCER_BROWSERS];
        size_t n = 0;
        int r;

        r = sd_bus_message_enter_container(m, 'v', "a(sst)");
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "(sst)");
        while (r >= 0 && n < ARRAY_LEN(found) &&
                (r = sd_bus_message_read(m, "(sst)", &found[n].browser, &found[n].standing,
                         &found[n].since_usec)) > 0)
                n++;
        if (r < 0)
                return r;
        plan_went_well(&c->plan, PLAN_READ_BROWSERS);
        c->listener->browsers(c->userdata, found, n);
        return 0;
}

static int read_hold(EnforcerClient *c, sd_bus_message *m) {
        uint64_t generation;
        int r;

        r = sd_bus_message_read(m, "t", &generation);
        if (r < 0)
                return r;
        plan_held(&c->plan, generation, elapsed_now(c));
        return 0;
}

/* The message keeps its own descriptors and closes them. */
static int read_sinkhole(EnforcerClient *c, sd_bus_message *m) {
        int r, http, https;

        r = sd_bus_message_read(m, "hh", &http, &https);
        if (r < 0)
                return r;
        http = fcntl(http, F_DUPFD_CLOEXEC, 3);
        https = fcntl(https, F_DUPFD_CLOEXEC, 3);
        if (http < 0 || https < 0) {
                r = -errno;
                if (http >= 0)
                        (void)close(http);
                return r;
        }
        plan_went_well(&c->plan, PLAN_OPEN_SINKHOLE);
        free(c->no_sinkhole);
        c->no_sinkhole = NULL;
        c->listener->sinkhole(c->userdata, http, https);
        return 0;
}

/* What else it says is read from the lease. */
static int read_nothing(EnforcerClient *c, sd_bus_message *m) {
        (void)m;
        plan_went_well(&c->plan, c->step);
        return 0;
}

static const struct {
        const char *interface, *member;
        int (*append)(EnforcerClient *c, sd_bus_message *m); /* NULL: no arguments */
        int (*read)(EnforcerClient *c, sd_bus_message *m);
} calls[_PLAN_STEP_MAX] = {
        [PLAN_READ_LEASE] = {DBUS_PROPERTIES, "Get", append_lease, read_lease},
        [PLAN_CLOSE] = {NC_ENFORCER_INTERFACE, "CloseConnections", append_addresses, read_nothing},
        [PLAN_HOLD] = {NC_ENFORCER_INTERFACE, "Hold", append_hold, read_hold},
        [PLAN_CANCEL_RELEASE] = {NC_ENFORCER_INTERFACE, "CancelRelease", NULL, read_nothing},
        [PLAN_RELEASE] = {NC_ENFORCER_INTERFACE, "Release", NULL, read_nothing},
        [PLAN_REQUEST_RELEASE] = {NC_ENFORCER_INTERFACE, "RequestRelease", NULL, read_nothing},
        [PLAN_OPEN_SINKHOLE] = {NC_ENFORCER_INTERFACE, "OpenSinkhole", NULL, read_sinkhole},
        [PLAN_EXCEPT] = {NC_ENFORCER_INTERFACE, "Except", append_except, read_nothing},
        [PLAN_READ_REPAIRS] = {DBUS_PROPERTIES, "Get", append_repairs, read_repairs},
        [PLAN_READ_BROWSERS] = {DBUS_PROPERTIES, "Get", append_browsers, read_browsers},
};

/* --- the bus --------------------------------------------------------------------------------- */

static void advance(EnforcerClient *c);

static void wake_now(EnforcerClient *c) {
        (void)sd_event_source_set_time(c->timer, 0);
        (void)sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

/* From whoever it comes: a repair without the service is told by a process of a moment. So it is
 * read from the service itself what there is to it. */
static int on_repaired(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        EnforcerClient *c = userdata;

        (void)m;
        (void)ret_error;
        plan_hint(&c->plan);
        wake_now(c);
        return 0;
}

/* Not in here: the bus is still at work on its end. */
static int on_lost(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        EnforcerClient *c = userdata;

        (void)m;
        (void)ret_error;
        c->lost = true;
        wake_now(c);
        return 0;
}

/* If the bus does not hand us the news, there are none; the block is the same. */
static int on_match_installed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        (void)m;
        (void)userdata;
        (void)ret_error;
        return 0;
}

static void bus_drop(EnforcerClient *c) {
        c->call = sd_bus_slot_unref(c->call);
        c->match_repaired = sd_bus_slot_unref(c->match_repaired);
        c->match_lost = sd_bus_slot_unref(c->match_lost);
        c->bus = sd_bus_close_unref(c->bus);
        c->lost = false;
}

static int bus_open(EnforcerClient *c) {
        int r;

        r = sd_bus_open_system_with_description(&c->bus, "nocontactd to its enforcer");
        if (r >= 0)
                r = sd_bus_attach_event(c->bus, c->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_match_signal(c->bus, &c->match_lost, LOCAL_NAME, LOCAL_PATH, LOCAL_NAME,
                        "Disconnected", on_lost, c);
        if (r >= 0)
                r = sd_bus_match_signal_async(c->bus, &c->match_repaired, NULL, NC_ENFORCER_OBJECT,
                        NC_ENFORCER_INTERFACE, "Repaired", on_repaired, on_match_installed, c);
        if (r < 0)
                bus_drop(c);
        return r;
}

/* --- one step after the other ---------------------------------------------------------------- */

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        EnforcerClient *c = userdata;
        const sd_bus_error *e = sd_bus_message_get_error(m);

        (void)ret_error;
        c->call = sd_bus_slot_unref(c->call);
        if (e)
                fail(c, failure_from(e), e);
        else if (calls[c->step].read(c, m) < 0)
                fail(c, &not_understood, NULL);
        c->step = PLAN_REST;
        advance(c);
        return 0;
}

static void on_addresses(void *userdata, const struct in6_addr *found, size_t n) {
        EnforcerClient *c = userdata;

        memcpy(c->found, found, n * sizeof(*found));
        c->n_found = n;
        c->addresses = addresses_free(c->addresses);
        c->step = PLAN_REST;
        plan_looked(&c->plan, n > 0);
        advance(c);
}

/* Without an answer the names are held all the same. */
static void look_up(EnforcerClient *c) {
        const char *names[PLAN_LOOK_UP_MAX];
        size_t n = plan_new_names(&c->plan, names);

        if (addresses_find(c->event, names, n, PATIENCE_USEC, on_addresses, c, &c->addresses) >= 0)
                return;
        c->step = PLAN_REST;
        plan_looked(&c->plan, false);
}

static int send_call(EnforcerClient *c) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(c->bus, &m, NC_ENFORCER_NAME, NC_ENFORCER_OBJECT,
                calls[c->step].interface, calls[c->step].member);
        if (r >= 0 && calls[c->step].append)
                r = calls[c->step].append(c, m);
        return r < 0 ? r : sd_bus_call_async(c->bus, &c->call, m, on_reply, c, 0);
}

static void begin(EnforcerClient *c, PlanStep step) {
        int r;

        c->step = step;
        if (step == PLAN_LOOK_UP) {
                look_up(c);
                return;
        }
        if (!c->bus && bus_open(c) < 0) {
                fail(c, &no_bus, NULL);
                return;
        }
        r = send_call(c);
        if (r < 0) {
                fail(c, r == -ENOMEM ? &no_memory : &bus_lost, NULL);
                c->lost = r != -ENOMEM;
        }
}

/* Goes on until a call is out or there is nothing to do, and sets the timer for what time brings.
 */
static void advance(EnforcerClient *c) {
        uint64_t elapsed = elapsed_now(c), wake;
        PlanStep step;

        if (c->lost) {
                wake_now(c);
                return;
        }
        while (c->step == PLAN_REST && (step = plan_next(&c->plan, elapsed)) != PLAN_REST)
                begin(c, step);
        if (c->step != PLAN_REST)
                return;
        wake = plan_wake(&c->plan, elapsed);
        (void)sd_event_source_set_time(c->timer, wake);
        (void)sd_event_source_set_enabled(
                c->timer, wake == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
        /* at last, for the listener may want something else now */
        tell_state(c, elapsed);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        EnforcerClient *c = userdata;

        (void)source;
        (void)usec;
        if (c->lost) {
                if (c->call)
                        fail(c, &bus_lost, NULL);
                bus_drop(c);
                plan_lost(&c->plan, elapsed_now(c));
        }
        advance(c);
        return 0;
}

/* --- the client ------------------------------------------------------------------------------ */

int enforcer_client_new(
        sd_event *event, const EnforcerListener *listener, void *userdata, EnforcerClient **ret) {
        _cleanup_(enforcer_client_freep) EnforcerClient *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->event = sd_event_ref(event);
        c->listener = listener;
        c->userdata = userdata;
        c->step = PLAN_REST;
        plan_init(&c->plan, lease_possible());
        r = sd_event_add_time(event, &c->timer, CLOCK_BOOTTIME, 0, ACCURACY_USEC, on_timer, c);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

EnforcerClient *enforcer_client_free(EnforcerClient *c) {
        if (!c)
                return NULL;
        addresses_free(c->addresses);
        bus_drop(c);
        sd_event_source_disable_unref(c->timer);
        plan_done(&c->plan);
        free(c->trouble);
        free(c->no_sinkhole);
        free(c->told);
        sd_event_unref(c->event);
        free(c);
        return NULL;
}

int enforcer_client_want(EnforcerClient *c, const Holding *wanted, uint64_t now) {
        int r = plan_want(&c->plan, wanted, now, elapsed_now(c));

        if (r > 0)
                wake_now(c);
        return r < 0 ? r : 0;
}
