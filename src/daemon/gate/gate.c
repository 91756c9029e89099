/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Leads the notification server behind the relay: the relay first, then the files, then whoever has
 * the name. Everything is found out anew when the name changes hands, so that nothing need be
 * remembered over a crash. What the files say is the wiring's; how the bus is used here is in the
 * table below. */

#include "daemon/gate/gate.h"

#include "common/log.h"
#include "common/time.h"
#include "daemon/gate/process.h"
#include "daemon/gate/servers.h"
#include "daemon/gate/transient.h"
#include "daemon/gate/wiring.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_USEC (10 * USEC_PER_SEC)
#define ACCURACY_USEC (20 * USEC_PER_MSEC)
#define RELAY_USEC    (100 * USEC_PER_MSEC) /* between two looks at a relay that is starting */
#define SETTLE_USEC   (5 * USEC_PER_SEC)    /* so long a server has to come back */
#define AGAIN_USEC    (500 * USEC_PER_MSEC)
#define RETRY_USEC    (60 * USEC_PER_SEC)

#define MANAGER_NAME      "org.freedesktop.systemd1"
#define MANAGER_PATH      "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"
#define UNIT_INTERFACE    "org.freedesktop.systemd1.Unit"
#define SERVICE_INTERFACE "org.freedesktop.systemd1.Service"
#define JOB_INTERFACE     "org.freedesktop.systemd1.Job"
#define UNIT_PREFIX       "/org/freedesktop/systemd1/unit"
#define BUS_NAME          "org.freedesktop.DBus"
#define BUS_PATH          "/org/freedesktop/DBus"
#define PROPERTIES        "org.freedesktop.DBus.Properties"
#define GTK_NOTIFICATIONS "org.gtk.Notifications"
#define SERVER_PATH       "/org/freedesktop/Notifications"

#define TAKEN_UNIT    "nocontact-taken.service"    /* a server that was started by hand, led in */
#define RETURNED_UNIT "nocontact-returned.service" /* the same, let go again */

enum {
        TRIES_MAX = 3,    /* to lead in a server that comes back past the relay */
        RELAY_LOOKS = 50, /* at a relay that is starting: 5 s */
        NAME_MAX_LEN = 64,
};

typedef enum GateStep {
        STEP_START_RELAY,
        STEP_READ_RELAY,
        STEP_RELOAD,
        STEP_RELOAD_BUS,
        STEP_OWNER,
        STEP_PID,
        STEP_UNIT,
        STEP_NAME,
        STEP_GTK,
        STEP_RESTART,
        STEP_START_NAME_GATE,
        STEP_START_TAKEN,
        STEP_READ_TAKEN,
        STEP_START_RETURNED,
        STEP_STOP_SERVER,
        STEP_START_SERVER,
        STEP_STOP_NAME_GATE,
        STEP_STOP_RELAY,
        _STEP_MAX,
        STEP_REST = _STEP_MAX,
} GateStep;

typedef enum RelayState {
        RELAY_UNKNOWN, /* it is to be started */
        RELAY_ASKED,   /* it is to be looked at */
        RELAY_STARTS,  /* and again, after a moment */
        RELAY_UP,
        RELAY_DOWN,
        RELAY_ABSENT,
        RELAY_NO_MANAGER,
} RelayState;

/* Why the server that runs is not behind the relay. */
typedef enum Trouble {
        TROUBLE_NONE,
        TROUBLE_SHELL,
        TROUBLE_FOREIGN,
        TROUBLE_STUBBORN,
} Trouble;

/* What is left to be put back, in this order; the units of the wiring come before. */
enum {
        OFF_READ_TAKEN,
        OFF_RETURN,
        OFF_STOP_SERVER,
        OFF_START_SERVER,
        OFF_STOP_NAME_GATE,
        OFF_STOP_RELAY,
        OFF_DONE,
};

struct Gate {
        sd_bus *bus;
        const GateListener *listener;
        void *userdata;
        Wiring *wiring;
        char *relay_address; /* the bus that a server behind the relay sees */
        sd_bus_slot *match_owner, *match_manager, *match_gtk, *call;
        sd_event_source *timer;

        bool wanted;
        GateStep step; /* the call that is out */
        int stale;     /* WIRING_...: who is to read the files again */

        RelayState relay;
        unsigned looks;

        bool owner_known;
        char *owner; /* unique name; NULL: nobody has the name */
        pid_t pid;
        char *unit; /* the owner's; "" for none, NULL: not asked yet */
        bool gated;
        char *name; /* what the owner calls itself; NULL: not asked yet */
        char *program;
        Trouble trouble;
        bool acted;     /* something was done about the owner */
        bool shell_due; /* GNOME's shell has the name, and its gate is to be started */
        bool shell;     /* the owner is GNOME's shell */
        bool gtk_known;
        char *gtk_owner; /* of org.gtk.Notifications; NULL: nobody */
        char *again;     /* the unit to restart */
        Process taking;  /* pid: it was told to end, and is to be started again */
        unsigned tries;

        bool off_due; /* there is something to put back */
        size_t off_unit;
        int off_at;
        bool server_ran;

        const char *told_state;
        char *told;
};

/* --- how it stands --------------------------------------------------------------------------- */

#define SWEPT "What they send is closed again as soon as it is seen, which is too late for the eye."
#define LIMITS                                                                                     \
        "Sounds that an application plays itself, and pop-ups that it draws itself, are not "      \
        "stopped."

static void tell(Gate *g, const char *state, const char *fmt, ...) printf_like(3, 4);
static void tell(Gate *g, const char *state, const char *fmt, ...) {
        _cleanup_free_ char *detail = NULL;
        va_list ap;
        int r;

        va_start(ap, fmt);
        r = vasprintf(&detail, fmt, ap);
        va_end(ap);
        if (r < 0) {
                detail = NULL;
                return;
        }
        if (g->told && streq(g->told, detail) && streq(g->told_state, state))
                return;
        free(g->told);
        g->told_state = state;
        g->told = TAKE_PTR(detail);
        g->listener->state(g->userdata, state, g->told);
}

static void tell_trouble(Gate *g) {
        switch (g->trouble) {
        case TROUBLE_NONE: break; /* it is being led in */
        case TROUBLE_SHELL:
                tell(g, "degraded",
                        "GNOME Shell shows notifications itself and is not behind the filter. " SWEPT);
                break;
        case TROUBLE_FOREIGN:
                tell(g, "degraded",
                        "The notification server (%s) is none that nocontact knows, so it was left as it is. " SWEPT,
                        g->program ? g->program : "its program cannot be read");
                break;
        case TROUBLE_STUBBORN:
                tell(g, "degraded",
                        "%s comes back past the filter, started by something that nocontact does not know. " SWEPT,
                        g->program ? g->program : "The notification server");
                break;
        }
}

static void tell_ready(Gate *g) {
        const char *program = wiring_program(g->wiring);

        if (program)
                tell(g, "active", "%s starts behind the filter with the next notification. " LIMITS,
                        program);
        else
                tell(g, "unavailable",
                        "No notification server runs here. One that starts is led behind the filter.");
}

static void tell_state(Gate *g) {
        static const struct {
                const char *state, *detail;
        } without[] = {
                [RELAY_DOWN] = {"degraded",
                        "nocontact-relay does not run, so notifications come as always. " SWEPT},
                [RELAY_ABSENT] = {"unavailable",
                        "nocontact-relay is no service of this session, so notifications are not held back."},
                [RELAY_NO_MANAGER] = {"unavailable",
                        "This session has no service manager (systemd --user), so notifications are not held back."},
        };

        if (!g->wanted)
                tell(g, "off", "Nothing is held back: there is no commitment.");
        else if (g->relay < ARRAY_LEN(without) && without[g->relay].state)
                tell(g, without[g->relay].state, "%s", without[g->relay].detail);
        else if (g->relay != RELAY_UP || !g->owner_known)
                return;
        else if (!g->owner && g->taking.pid == 0)
                tell_ready(g);
        else if (g->gated)
                tell(g, "active",
                        "%s shows nothing from them: what they send is kept for later. " LIMITS,
                        g->name && g->name[0] ? g->name : "The notification server");
        else
                tell_trouble(g);
}

bool gate_passes(const Gate *g, const char *connection) {
        return g->gated && g->owner && streq(g->owner, connection);
}

bool gate_owner_is_shell(const Gate *g) {
        return g->shell;
}

bool gate_has_gtk(const Gate *g) {
        return g->gtk_known && (!g->gtk_owner || gate_passes(g, g->gtk_owner));
}

bool gate_stands(const Gate *g) {
        return g->wanted && g->relay == RELAY_UP && (g->gated || (g->owner_known && !g->owner));
}

bool gate_settled(const Gate *g) {
        return !g->wanted || (g->told && !streq(g->told_state, "off"));
}

/* --- the owner ------------------------------------------------------------------------------- */

static void forget_owner(Gate *g) {
        g->owner_known = g->gated = g->acted = g->shell_due = g->shell = false;
        g->trouble = TROUBLE_NONE;
        g->pid = 0;
        free(TAKE_PTR(g->owner));
        free(TAKE_PTR(g->unit));
        free(TAKE_PTR(g->name));
        free(TAKE_PTR(g->program));
}

static void wake_in(Gate *g, uint64_t usec) {
        (void)sd_event_source_set_time_relative(g->timer, usec);
        (void)sd_event_source_set_enabled(g->timer, SD_EVENT_ONESHOT);
}

/* A service of somebody's that a drop-in reaches: none that holds other programs too (the bus, with
 * what it starts), and none of ours. */
static bool unit_can_be_wired(const char *unit) {
        static const char *const others[] = {
                "dbus", "session-", "user@", "init.scope", TAKEN_UNIT, RETURNED_UNIT};
        size_t len = strlen(unit);

        if (len < 8 || !streq(unit + len - 8, ".service"))
                return false;
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
                if (strncmp(unit, others[i], strlen(others[i])) == 0)
                        return false;
        return true;
}

static int wire(Gate *g) {
        int r = wiring_on(g->wiring);

        if (r < 0)
                log_error("The notification server cannot be led to the relay: %s", strerror(-r));
        else
                g->stale |= r;
        return r;
}

static void restart_behind(Gate *g, const char *unit) {
        char *copy = strdup(unit);

        if (!copy || wiring_add_unit(g->wiring, unit) < 0 || wire(g) < 0) {
                free(copy);
                g->trouble = TROUBLE_STUBBORN;
                return;
        }
        free(g->again);
        g->again = copy;
}

/* The process ends first; when the name is free the same is started behind the relay. */
static void take(Gate *g) {
        Process p = {0};

        process_done(&g->taking);
        if (process_read(g->pid, &p) < 0 || !transient_possible(&p) || kill(g->pid, SIGTERM) < 0) {
                process_done(&p);
                g->trouble = TROUBLE_STUBBORN;
                return;
        }
        g->taking = p;
}

static void give_up(Gate *g) {
        process_done(&g->taking);
        g->trouble = TROUBLE_STUBBORN;
}

/* The name is taken from the shell on the same bus, by the relay's program in another part: the
 * shell cannot be led anywhere. */
static void stand_before_shell(Gate *g) {
        g->shell = true;
        g->shell_due = g->tries++ < TRIES_MAX;
        if (!g->shell_due)
                g->trouble = TROUBLE_SHELL;
}

/* Somebody has the name, and is not behind the relay. */
static void act(Gate *g) {
        const Server *server;

        g->acted = true;
        (void)process_program(g->pid, &g->program);
        server = g->program ? server_by_program(g->program) : NULL;
        if (server && server->shell)
                stand_before_shell(g);
        else if (!server && !wiring_has_unit(g->wiring, g->unit))
                g->trouble = TROUBLE_FOREIGN;
        else if (g->tries++ >= TRIES_MAX)
                give_up(g);
        else if (unit_can_be_wired(g->unit))
                restart_behind(g, g->unit);
        else
                take(g);
        if (g->trouble == TROUBLE_NONE)
                wake_in(g, SETTLE_USEC);
}

/* --- what is sent ---------------------------------------------------------------------------- */

static int append_relay(Gate *g, sd_bus_message *m) {
        (void)g;
        return sd_bus_message_append(m, "ss", NC_RELAY_UNIT, "fail");
}

static int append_name_gate(Gate *g, sd_bus_message *m) {
        (void)g;
        return sd_bus_message_append(m, "ss", NC_NAME_GATE_UNIT, "fail");
}

static int append_active(Gate *g, sd_bus_message *m) {
        (void)g;
        return sd_bus_message_append(m, "ss", UNIT_INTERFACE, "ActiveState");
}

static int append_main_pid(Gate *g, sd_bus_message *m) {
        (void)g;
        return sd_bus_message_append(m, "ss", SERVICE_INTERFACE, "MainPID");
}

static int append_name(Gate *g, sd_bus_message *m) {
        (void)g;
        return sd_bus_message_append(m, "s", NC_NOTIFICATIONS);
}

static int append_gtk(Gate *g, sd_bus_message *m) {
        (void)g;
        return sd_bus_message_append(m, "s", GTK_NOTIFICATIONS);
}

static int append_start_name(Gate *g, sd_bus_message *m) {
        (void)g;
        return sd_bus_message_append(m, "su", NC_NOTIFICATIONS, 0);
}

static int append_owner(Gate *g, sd_bus_message *m) {
        return sd_bus_message_append(m, "s", g->owner);
}

static int append_pid(Gate *g, sd_bus_message *m) {
        return sd_bus_message_append(m, "u", (uint32_t)g->pid);
}

static int append_again(Gate *g, sd_bus_message *m) {
        return sd_bus_message_append(m, "ss", g->again, "fail");
}

static int append_server(Gate *g, sd_bus_message *m) {
        (void)g;
        return sd_bus_message_append(m, "ss", WIRING_SERVER_UNIT, "fail");
}

static int append_taken(Gate *g, sd_bus_message *m) {
        Transient t = {
                .unit = TAKEN_UNIT,
                .description = "The notification server, behind nocontact's relay",
                .instead_of = RETURNED_UNIT,
                .behind = NC_RELAY_UNIT,
                .address = g->relay_address,
                .process = &g->taking,
        };

        return transient_append(m, &t);
}

static int append_returned(Gate *g, sd_bus_message *m) {
        Transient t = {
                .unit = RETURNED_UNIT,
                .description = "The notification server, as it was before nocontact",
                .instead_of = TAKEN_UNIT,
                .process = &g->taking,
        };
        int r;

        r = sd_bus_get_address(g->bus, &t.address);
        return r < 0 ? r : transient_append(m, &t);
}

/* --- what is answered ------------------------------------------------------------------------ */

/* `e` is NULL when the call went well. */
static void read_started(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        (void)m;
        if (!e)
                g->relay = RELAY_ASKED;
        else if (strncmp(e->name, "org.freedesktop.systemd1.", 25) == 0)
                g->relay = streq(e->name, "org.freedesktop.systemd1.NoSuchUnit") ? RELAY_ABSENT
                                                                                 : RELAY_DOWN;
        else
                g->relay = RELAY_NO_MANAGER;
        g->looks = 0;
}

static void read_relay(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        const char *state = "";

        if (e || sd_bus_message_read(m, "v", "s", &state) < 0)
                g->relay = RELAY_NO_MANAGER;
        else if (streq(state, "active"))
                g->relay = g->wanted && wire(g) < 0 ? RELAY_DOWN : RELAY_UP;
        else if (!streq(state, "failed") && g->looks++ < RELAY_LOOKS)
                g->relay = RELAY_STARTS; /* also "inactive": the start may be yet to begin */
        else
                g->relay = RELAY_DOWN;
}

static void read_owner(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        const char *owner;

        forget_owner(g);
        g->owner_known = true;
        if (!e && sd_bus_message_read(m, "s", &owner) >= 0)
                g->owner = strdup(owner);
}

static void read_pid(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        uint32_t pid;

        if (e || sd_bus_message_read(m, "u", &pid) < 0)
                forget_owner(g); /* gone meanwhile */
        else
                g->pid = (pid_t)pid;
}

static void read_unit(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        const char *path;

        if (e || sd_bus_message_read(m, "o", &path) < 0 ||
                sd_bus_path_decode(path, UNIT_PREFIX, &g->unit) <= 0)
                g->unit = strdup("");
        g->gated = g->unit && (streq(g->unit, NC_RELAY_UNIT) || streq(g->unit, NC_NAME_GATE_UNIT));
        if (!g->gated)
                return;
        g->tries = 0;
        process_done(&g->taking);
}

static void read_name(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        const char *name = "";

        if (e || sd_bus_message_read(m, "s", &name) < 0 || strlen(name) > NAME_MAX_LEN)
                name = "";
        g->name = strdup(name);
}

static void read_gtk(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        const char *owner;

        free(TAKE_PTR(g->gtk_owner));
        g->gtk_known = true;
        if (!e && sd_bus_message_read(m, "s", &owner) >= 0)
                g->gtk_owner = strdup(owner);
}

static void read_restarted(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        (void)m;
        free(TAKE_PTR(g->again));
        if (e && g->wanted)
                wake_in(g, AGAIN_USEC); /* it is at something else with the unit */
}

static void read_name_gate(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        (void)m;
        g->shell_due = false;
        if (e)
                g->trouble = TROUBLE_SHELL;
}

static void read_taken(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        (void)m;
        process_done(&g->taking);
        if (e)
                log_warning("The notification server could not be started behind the relay.");
}

static void read_taken_pid(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        uint32_t pid;

        process_done(&g->taking);
        if (!e && sd_bus_message_read(m, "v", "u", &pid) >= 0 && pid > 0)
                (void)process_read((pid_t)pid, &g->taking);
}

static void read_server_stopped(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        (void)m;
        g->server_ran = !e;
}

static void read_nothing(Gate *g, sd_bus_message *m, const sd_bus_error *e) {
        (void)g;
        (void)m;
        (void)e;
}

static const struct {
        const char *name, *path, *interface, *member;
        int (*append)(Gate *g, sd_bus_message *m); /* NULL: no arguments */
        void (*read)(Gate *g, sd_bus_message *m, const sd_bus_error *e);
        const char *unit; /* the path is this unit's */
} calls[_STEP_MAX] = {
        [STEP_START_RELAY] = {MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "StartUnit",
                append_relay, read_started, NULL},
        [STEP_READ_RELAY] = {MANAGER_NAME, NULL, PROPERTIES, "Get", append_active, read_relay,
                NC_RELAY_UNIT},
        [STEP_RELOAD] = {MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "Reload", NULL,
                read_nothing, NULL},
        [STEP_RELOAD_BUS] = {BUS_NAME, BUS_PATH, BUS_NAME, "ReloadConfig", NULL, read_nothing,
                NULL},
        [STEP_OWNER] = {BUS_NAME, BUS_PATH, BUS_NAME, "GetNameOwner", append_name, read_owner,
                NULL},
        [STEP_PID] = {BUS_NAME, BUS_PATH, BUS_NAME, "GetConnectionUnixProcessID", append_owner,
                read_pid, NULL},
        [STEP_UNIT] = {MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "GetUnitByPID", append_pid,
                read_unit, NULL},
        [STEP_NAME] = {NC_NOTIFICATIONS, SERVER_PATH, NC_NOTIFICATIONS, "GetServerInformation",
                NULL, read_name, NULL},
        [STEP_GTK] = {BUS_NAME, BUS_PATH, BUS_NAME, "GetNameOwner", append_gtk, read_gtk, NULL},
        [STEP_RESTART] = {MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "TryRestartUnit",
                append_again, read_restarted, NULL},
        [STEP_START_NAME_GATE] = {MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "StartUnit",
                append_name_gate, read_name_gate, NULL},
        [STEP_START_TAKEN] = {MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "StartTransientUnit",
                append_taken, read_taken, NULL},
        [STEP_READ_TAKEN] = {MANAGER_NAME, NULL, PROPERTIES, "Get", append_main_pid, read_taken_pid,
                TAKEN_UNIT},
        [STEP_START_RETURNED] = {MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                "StartTransientUnit", append_returned, read_taken, NULL},
        [STEP_STOP_SERVER] = {MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "StopUnit",
                append_server, read_server_stopped, NULL},
        [STEP_START_SERVER] = {BUS_NAME, BUS_PATH, BUS_NAME, "StartServiceByName",
                append_start_name, read_nothing, NULL},
        [STEP_STOP_NAME_GATE] = {MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "StopUnit",
                append_name_gate, read_nothing, NULL},
        [STEP_STOP_RELAY] = {MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "StopUnit",
                append_relay, read_nothing, NULL},
};

/* --- what is next ---------------------------------------------------------------------------- */

static GateStep next_step(Gate *g);

static GateStep next_on(Gate *g) {
        if (g->relay == RELAY_UNKNOWN)
                return STEP_START_RELAY;
        if (g->relay == RELAY_ASKED)
                return STEP_READ_RELAY;
        if (g->relay != RELAY_UP)
                return STEP_REST;
        if (!g->owner_known)
                return STEP_OWNER;
        if (!g->owner)
                return g->taking.pid > 0 ? STEP_START_TAKEN : STEP_REST;
        if (g->pid == 0)
                return STEP_PID;
        if (!g->unit)
                return STEP_UNIT;
        if (g->gated)
                return !g->name ? STEP_NAME : g->gtk_known ? STEP_REST : STEP_GTK;
        if (!g->acted)
                act(g);
        if (g->stale)
                return next_step(g); /* the files first */
        if (g->shell_due)
                return STEP_START_NAME_GATE;
        return g->again ? STEP_RESTART : STEP_REST;
}

static GateStep next_off(Gate *g) {
        const char *const *units;
        size_t n = wiring_units(g->wiring, &units);

        while (g->off_unit < n) {
                g->again = strdup(units[g->off_unit++]);
                if (g->again)
                        return STEP_RESTART;
        }
        while (g->off_at < OFF_DONE) {
                switch (g->off_at++) {
                case OFF_READ_TAKEN: return STEP_READ_TAKEN;
                case OFF_RETURN:
                        if (g->taking.pid > 0)
                                return STEP_START_RETURNED;
                        break;
                case OFF_STOP_SERVER: return STEP_STOP_SERVER;
                case OFF_START_SERVER:
                        if (g->server_ran)
                                return STEP_START_SERVER;
                        break;
                case OFF_STOP_NAME_GATE: return STEP_STOP_NAME_GATE;
                case OFF_STOP_RELAY: return STEP_STOP_RELAY;
                }
        }
        g->off_due = false;
        return STEP_REST;
}

static GateStep next_step(Gate *g) {
        if (g->stale & WIRING_UNITS) {
                g->stale &= ~WIRING_UNITS;
                return STEP_RELOAD;
        }
        if (g->stale & WIRING_BUS) {
                g->stale &= ~WIRING_BUS;
                return STEP_RELOAD_BUS;
        }
        if (g->wanted)
                return next_on(g);
        return g->off_due ? next_off(g) : STEP_REST;
}

static void advance(Gate *g);

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Gate *g = userdata;
        GateStep step = g->step;

        (void)ret_error;
        g->call = sd_bus_slot_unref(g->call);
        g->step = STEP_REST;
        calls[step].read(g, m, sd_bus_message_get_error(m));
        advance(g);
        return 0;
}

static int send_call(Gate *g, GateStep step) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_free_ char *path = NULL;
        int r;

        if (calls[step].unit) {
                r = sd_bus_path_encode(UNIT_PREFIX, calls[step].unit, &path);
                if (r < 0)
                        return r;
        }
        r = sd_bus_message_new_method_call(g->bus, &m, calls[step].name,
                path ? path : calls[step].path, calls[step].interface, calls[step].member);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, 0);
        if (r >= 0 && calls[step].append)
                r = calls[step].append(g, m);
        return r < 0 ? r : sd_bus_call_async(g->bus, &g->call, m, on_reply, g, PATIENCE_USEC);
}

/* A relay that does not run must not keep the server from starting. */
static void unwire_without_relay(Gate *g) {
        int r;

        if (!g->wanted || g->relay < RELAY_DOWN)
                return;
        r = wiring_off(g->wiring);
        if (r > 0)
                g->stale |= r;
        /* the manager's name tells of itself */
        if (g->relay != RELAY_NO_MANAGER)
                wake_in(g, RETRY_USEC);
}

static void advance(Gate *g) {
        GateStep step;

        while (g->step == STEP_REST) {
                unwire_without_relay(g);
                step = next_step(g);
                if (step == STEP_REST)
                        break;
                g->step = step;
                if (send_call(g, step) < 0) {
                        static const sd_bus_error failed =
                                SD_BUS_ERROR_MAKE_CONST(SD_BUS_ERROR_FAILED, "");

                        g->step = STEP_REST;
                        calls[step].read(g, NULL, &failed);
                }
        }
        if (g->step != STEP_REST)
                return;
        if (g->wanted && g->relay == RELAY_STARTS)
                wake_in(g, RELAY_USEC);
        tell_state(g);
}

/* Whoever had the name may have been the relay, with what it means for the files. */
static void look_again(Gate *g) {
        forget_owner(g);
        if (g->relay != RELAY_UNKNOWN)
                g->relay = RELAY_ASKED;
        g->looks = 0;
        advance(g);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Gate *g = userdata;

        (void)source;
        (void)usec;
        if (g->step != STEP_REST || !g->wanted)
                return 0;
        if (g->relay == RELAY_STARTS) {
                g->relay = RELAY_ASKED;
                advance(g);
                return 0;
        }
        if (g->relay >= RELAY_DOWN)
                g->relay = RELAY_UNKNOWN;
        look_again(g);
        return 0;
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Gate *g = userdata;

        (void)m;
        (void)ret_error;
        if (!g->wanted)
                return 0;
        /* a call that is out asks about somebody who is gone, perhaps: ask anew after it */
        if (g->step >= STEP_OWNER && g->step <= STEP_GTK) {
                g->call = sd_bus_slot_unref(g->call);
                g->step = STEP_REST;
        }
        if (g->step == STEP_REST)
                look_again(g);
        else
                forget_owner(g);
        return 0;
}

static int on_gtk_changed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Gate *g = userdata;

        (void)m;
        (void)ret_error;
        g->gtk_known = false;
        if (g->wanted && g->step == STEP_REST)
                advance(g);
        return 0;
}

/* It came, or came back: what it knew of us may be gone. */
static int on_manager_changed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Gate *g = userdata;
        const char *owner = "";

        (void)ret_error;
        (void)sd_bus_message_read(m, "sss", NULL, NULL, &owner);
        /* when it goes the session ends, and with it everything that it ran */
        if (!g->wanted || g->step != STEP_REST || owner[0] == '\0')
                return 0;
        g->relay = RELAY_UNKNOWN;
        look_again(g);
        return 0;
}

static int watch_name(
        Gate *g, const char *name, sd_bus_message_handler_t handler, sd_bus_slot **ret) {
        _cleanup_free_ char *match = NULL;

        if (asprintf(&match,
                    "type='signal',sender='" BUS_NAME "',path='" BUS_PATH "',interface='" BUS_NAME
                    "',member='NameOwnerChanged',arg0='%s'",
                    name) < 0) {
                match = NULL;
                return -ENOMEM;
        }
        return sd_bus_add_match_async(g->bus, ret, match, handler, NULL, g);
}

/* --- the gate -------------------------------------------------------------------------------- */

void gate_want(Gate *g, bool wanted) {
        int r;

        if (g->wanted == wanted && (wanted || !wiring_present(g->wiring)))
                return;
        g->tries = 0;
        if (wanted) {
                g->wanted = true;
                g->relay = RELAY_UNKNOWN;
                forget_owner(g);
        } else {
                r = wiring_off(g->wiring);
                g->stale |= r > 0 ? r : 0;
                g->wanted = g->gated = false;
                g->off_due = true;
                g->off_unit = 0;
                g->off_at = OFF_READ_TAKEN;
                process_done(&g->taking);
                free(TAKE_PTR(g->again));
                (void)sd_event_source_set_enabled(g->timer, SD_EVENT_OFF);
        }
        advance(g);
}

/* Is the service manager at restarting the unit that we are? */
static bool is_restarting(Gate *g) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_free_ char *type = NULL;
        const char *unit, *job = "/";

        if (sd_bus_call_method(g->bus, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                    "GetUnitByPID", NULL, &m, "u", (uint32_t)getpid()) < 0 ||
                sd_bus_message_read(m, "o", &unit) < 0)
                return false;
        {
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *property = NULL;

                if (sd_bus_get_property(g->bus, MANAGER_NAME, unit, UNIT_INTERFACE, "Job", NULL,
                            &property, "(uo)") < 0 ||
                        sd_bus_message_read(property, "(uo)", NULL, &job) < 0 || streq(job, "/") ||
                        sd_bus_get_property_string(g->bus, MANAGER_NAME, job, JOB_INTERFACE,
                                "JobType", NULL, &type) < 0)
                        return false;
        }
        return streq(type, "restart") || streq(type, "try-restart");
}

static uint64_t monotonic_now(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

void gate_stop(Gate *g) {
        uint64_t end = monotonic_now() + GATE_STOP_USEC;

        if (!g->wanted || g->relay == RELAY_NO_MANAGER)
                return;
        (void)sd_bus_set_method_call_timeout(g->bus, USEC_PER_SEC);
        if (is_restarting(g))
                return;
        gate_want(g, false);
        while (g->step != STEP_REST && monotonic_now() < end) {
                int r = sd_bus_process(g->bus, NULL);

                if (r == 0)
                        r = sd_bus_wait(g->bus, 100 * USEC_PER_MSEC);
                if (r < 0)
                        break;
        }
}

int gate_new(sd_event *event, sd_bus *bus, const GatePaths *paths, const GateListener *listener,
        void *userdata, Gate **ret) {
        _cleanup_(gate_freep) Gate *g = calloc(1, sizeof(*g));
        int r;

        if (!g)
                return -ENOMEM;
        g->bus = sd_bus_ref(bus);
        g->listener = listener;
        g->userdata = userdata;
        g->step = STEP_REST;
        if (asprintf(&g->relay_address, "unix:path=%s/nocontact/" NC_RELAY_SOCKET, paths->runtime) <
                0) {
                g->relay_address = NULL;
                return -ENOMEM;
        }
        r = wiring_new(paths->runtime, paths->shares, &g->wiring);
        if (r < 0)
                return r;
        r = sd_event_add_time(event, &g->timer, CLOCK_BOOTTIME, 0, ACCURACY_USEC, on_timer, g);
        if (r >= 0)
                r = sd_event_source_set_enabled(g->timer, SD_EVENT_OFF);
        if (r >= 0)
                r = watch_name(g, NC_NOTIFICATIONS, on_owner_changed, &g->match_owner);
        if (r >= 0)
                r = watch_name(g, GTK_NOTIFICATIONS, on_gtk_changed, &g->match_gtk);
        if (r >= 0)
                r = watch_name(g, MANAGER_NAME, on_manager_changed, &g->match_manager);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(g);
        return 0;
}

Gate *gate_free(Gate *g) {
        if (!g)
                return NULL;
        sd_bus_slot_unref(g->call);
        sd_bus_slot_unref(g->match_owner);
        sd_bus_slot_unref(g->match_manager);
        sd_bus_slot_unref(g->match_gtk);
        sd_event_source_disable_unref(g->timer);
        forget_owner(g);
        process_done(&g->taking);
        wiring_free(g->wiring);
        free(g->gtk_owner);
        free(g->relay_address);
        free(g->again);
        free(g->told);
        sd_bus_unref(g->bus);
        free(g);
        return NULL;
}
