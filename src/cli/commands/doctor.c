/* SPDX-License-Identifier: GPL-3.0-or-later */

/* doctor: what works on this machine and what does not, in plain words. It looks and asks, and has
 * a notification tried; it repairs nothing. */

#include "cli/commands/commands.h"
#include "common/array.h"
#include "common/file.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#define UNIT "nocontactd.service"

typedef enum Finding {
        FINDING_OK,
        FINDING_NOTE,    /* good to know; what is needed works without it */
        FINDING_PROBLEM, /* something needed does not work */
        _FINDING_MAX,
} Finding;

typedef struct Check {
        char *name, *detail;
        Finding finding;
} Check;

typedef struct Checkup {
        Check *items;
        size_t n, space;
        bool failed; /* memory ran out */
} Checkup;

static void checkup_done(Checkup *c) {
        for (size_t i = 0; i < c->n; i++) {
                free(c->items[i].name);
                free(c->items[i].detail);
        }
        free(c->items);
        *c = (Checkup){0};
}

static void printf_like(4, 5)
        found(Checkup *c, Finding finding, const char *name, const char *fmt, ...) {
        _cleanup_free_ char *detail = NULL, *copy = strdup(name);
        va_list ap;
        int r;

        va_start(ap, fmt);
        r = vasprintf(&detail, fmt, ap);
        va_end(ap);
        if (r < 0)
                detail = NULL;
        if (!detail || !copy || ARRAY_RESERVE(c->items, c->space, c->n + 1) < 0) {
                c->failed = true;
                return;
        }
        c->items[c->n++] = (Check){TAKE_PTR(copy), TAKE_PTR(detail), finding};
}

/* --- the daemon and its layers --------------------------------------------------------------- */

/* What the state of a layer that is not active means. Only history and nudges are needed in this
 * version: without them a visit goes unseen, or unanswered. */
static Finding layer_finding(const Layer *l) {
        static const char *const needed[] = {"history", "nudge"};

        if (streq(l->state, "unavailable"))
                for (size_t i = 0; i < ARRAY_LEN(needed); i++)
                        if (streq(l->name, needed[i]))
                                return FINDING_PROBLEM;
        return FINDING_NOTE;
}

static void check_layers(Checkup *c, const Overview *overview) {
        for (size_t i = 0; i < overview->n_layers; i++) {
                const Layer *l = &overview->layers[i];
                _cleanup_free_ char *name = NULL;

                if (asprintf(&name, "layer %s", l->name) < 0) {
                        name = NULL;
                        c->failed = true;
                        return;
                }
                if (streq(l->state, "active"))
                        found(c, FINDING_OK, name, "%s", l->detail);
                else
                        found(c, layer_finding(l), name, "%s: %s", l->state, l->detail);
        }
}

/* What the browsers' own settings say of the hosts file: a browser that passes it by is no fault of
 * this machine, but the user should know. */
static void check_browsers(Checkup *c, Client *client) {
        _cleanup_(standings_done) Standings browsers = {0};

        if (client_list_browsers(client, &browsers) < 0)
                return;
        for (size_t i = 0; i < browsers.n; i++) {
                const Standing *b = &browsers.items[i];
                _cleanup_free_ char *name = NULL;

                if (asprintf(&name, "browser %s", b->name) < 0) {
                        name = NULL;
                        c->failed = true;
                        return;
                }
                if (streq(b->state, "active"))
                        found(c, FINDING_OK, name, "A blocked domain stays shut in it.");
                else
                        found(c, FINDING_NOTE, name, "%s", b->detail);
        }
}

static void check_daemon(Checkup *c, Client *client) {
        _cleanup_(overview_done) Overview overview = {0};
        int running, r;

        running = client_daemon_runs(client);
        if (running < 0) {
                found(c, FINDING_PROBLEM, "session bus",
                        "There is none to be reached; run this within your desktop session.");
                return;
        }
        found(c, FINDING_OK, "session bus", "It answers.");

        /* asking starts the daemon where D-Bus knows how to */
        r = client_overview(client, &overview);
        if (r < 0) {
                found(c, FINDING_PROBLEM, "daemon",
                        running ? "nocontactd runs but does not answer; `systemctl --user status nocontactd` may say why."
                                : "nocontactd does not run; `systemctl --user enable --now nocontactd` starts it.");
                return;
        }
        if (streq(overview.version, NOCONTACT_VERSION))
                found(c, FINDING_OK, "daemon", "nocontactd %s %s.", overview.version,
                        running ? "runs" : "was started by this question");
        else
                found(c, FINDING_NOTE, "daemon",
                        "nocontactd %s runs, and this is nocontact %s; `systemctl --user restart nocontactd` starts the new one.",
                        overview.version, NOCONTACT_VERSION);
        check_layers(c, &overview);
        check_browsers(c, client);
}

static void check_unit(Checkup *c, Client *client) {
        _cleanup_free_ char *state = NULL;

        if (client_unit_file_state(client, UNIT, &state) < 0)
                found(c, FINDING_NOTE, "start",
                        "systemd does not know the unit here, so nothing starts nocontactd with your session.");
        else if (strncmp(state, "enabled", strlen("enabled")) == 0)
                found(c, FINDING_OK, "start", "nocontactd starts with your session.");
        else
                found(c, FINDING_NOTE, "start",
                        "The unit is %s: nocontactd does not start with your session. `systemctl --user enable nocontactd` changes that.",
                        state);
}

/* --- what it needs --------------------------------------------------------------------------- */

static void check_notifications(Checkup *c, Client *client) {
        _cleanup_(notification_server_done) NotificationServer server = {0};

        if (client_notification_server(client, &server) < 0)
                found(c, FINDING_PROBLEM, "notifications",
                        "No notification server answers, so a nudge cannot be shown. A desktop brings one; dunst and mako are small ones.");
        else if (!server.actions)
                found(c, FINDING_NOTE, "notifications", "%s %s shows nudges, without buttons.",
                        server.name, server.version);
        else
                found(c, FINDING_OK, "notifications", "%s %s shows nudges, with buttons.",
                        server.name, server.version);
}

/* Each step of a trial on the way that a notification takes. */
static int check_way(Checkup *c, Client *client) {
        static const struct {
                const char *state;
                Finding finding;
        } states[] = {{"ok", FINDING_OK}, {"skipped", FINDING_NOTE}};
        _cleanup_(standings_done) Standings steps = {0};
        int r;

        r = client_probe_notifications(client, &steps);
        for (size_t i = 0; i < steps.n && r >= 0; i++) {
                Finding finding = FINDING_PROBLEM;

                for (size_t j = 0; j < ARRAY_LEN(states); j++)
                        if (streq(states[j].state, steps.items[i].state))
                                finding = states[j].finding;
                found(c, finding, steps.items[i].name, "%s", steps.items[i].detail);
        }
        return r;
}

/* loginctl(1) keeps one empty file for each user who lingers */
#define LINGER_FOLDER "/var/lib/systemd/linger"

static void check_linger(Checkup *c) {
        const struct passwd *user = getpwuid(geteuid());
        _cleanup_free_ char *path = user ? path_join(LINGER_FOLDER, user->pw_name) : NULL;
        struct stat st;

        if (path && stat(path, &st) == 0)
                found(c, FINDING_OK, "linger", "nocontactd goes on while you are logged out.");
        else
                found(c, FINDING_OK, "linger",
                        "nocontactd runs while you are logged in, which is when it is needed.");
}

/* Looks at one file's owner and mode; `mode` is the loosest that is private enough. */
static void check_mode(Checkup *c, const char *path, mode_t mode, const char *what) {
        struct stat st;

        if (lstat(path, &st) < 0) {
                found(c, errno == ENOENT ? FINDING_NOTE : FINDING_PROBLEM, "data",
                        errno == ENOENT ? "%s is not there yet; it comes with the first start."
                                        : "%s cannot be looked at.",
                        what);
                return;
        }
        if (st.st_uid != geteuid())
                found(c, FINDING_PROBLEM, "data", "%s belongs to somebody else.", what);
        else if ((st.st_mode & 07777 & ~mode) != 0)
                found(c, FINDING_PROBLEM, "data",
                        "%s can be read by others (mode %04o, should be %04o).", what,
                        (unsigned)(st.st_mode & 07777), (unsigned)mode);
        else
                found(c, FINDING_OK, "data", "%s is yours alone (mode %04o).", what,
                        (unsigned)(st.st_mode & 07777));
}

/* The folder of the ledger, as nocontactd finds it; the caller frees. */
static char *data_folder(void) {
        const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
        _cleanup_free_ char *share = NULL;

        if (data && data[0] == '/')
                return path_join(data, "nocontact");
        if (!home || home[0] != '/')
                return NULL;
        share = path_join(home, ".local/share");
        return share ? path_join(share, "nocontact") : NULL;
}

static void check_data(Checkup *c) {
        _cleanup_free_ char *folder = data_folder();
        _cleanup_free_ char *ledger = folder ? path_join(folder, "nocontact.db") : NULL;

        if (!folder || !ledger) {
                found(c, FINDING_PROBLEM, "data", "Neither XDG_DATA_HOME nor HOME is set.");
                return;
        }
        check_mode(c, folder, 0700, "The data folder");
        check_mode(c, ledger, 0600, "The ledger");
}

/* --- what is told ---------------------------------------------------------------------------- */

static const struct {
        const char *word, *json;
        Style style;
} findings[_FINDING_MAX] = {
        [FINDING_OK] = {"works", "ok", STYLE_GOOD},
        [FINDING_NOTE] = {"note", "note", STYLE_QUIET},
        [FINDING_PROBLEM] = {"does not work", "problem", STYLE_NOTE},
};

static unsigned problems(const Checkup *c) {
        unsigned n = 0;

        for (size_t i = 0; i < c->n; i++)
                n += c->items[i].finding == FINDING_PROBLEM;
        return n;
}

static void print_checkup(Output *o, const Checkup *c) {
        _cleanup_(grid_done) Grid grid = {.columns = 3, .wrap = true};
        char words[WORDS_SPACE];
        unsigned n = problems(c);

        for (size_t i = 0; i < c->n; i++) {
                const Check *check = &c->items[i];

                grid_cell(&grid, STYLE_PLAIN, "%s", check->name);
                grid_cell(
                        &grid, findings[check->finding].style, "%s", findings[check->finding].word);
                grid_cell(&grid, STYLE_PLAIN, "%s", check->detail);
        }
        output_grid(o, &grid);
        output_blank(o);
        if (n == 0)
                output_line(o, STYLE_GOOD, "Everything that is needed works.");
        else
                output_line(o, STYLE_NOTE, "%s.",
                        words_count(
                                words, n, "needed part does not work", "needed parts do not work"));
}

static void print_checkup_json(Output *o, const Checkup *c) {
        json_t *list = json_array(), *json;

        for (size_t i = 0; list && i < c->n; i++)
                (void)json_array_append_new(list,
                        json_pack("{s:s, s:s, s:s}", "name", c->items[i].name, "state",
                                findings[c->items[i].finding].json, "detail", c->items[i].detail));
        json = json_pack("{s:b, s:o}", "ok", problems(c) == 0, "checks", list);
        output_json(o, json);
        json_decref(json);
}

static void check_all(Checkup *c, Client *client) {
        check_daemon(c, client);
        check_unit(c, client);
        check_notifications(c, client);
        check_linger(c);
        check_data(c);
}

static Status doctor_run(Call *call) {
        _cleanup_(checkup_done) Checkup c = {0};
        const char *what = call_word(call, 0);
        int r = 0;

        if (what && !streq(what, "notifications"))
                return call_misused(call,
                        "\"%s\" is nothing to look at more closely; \"notifications\" is.", what);
        if (what)
                r = check_way(&c, call->client);
        else
                check_all(&c, call->client);
        if (r < 0 || c.failed)
                return call_failed(call, r < 0 ? r : -ENOMEM);
        if (call_has(call, "json"))
                print_checkup_json(call->out, &c);
        else
                print_checkup(call->out, &c);
        return problems(&c) == 0 ? STATUS_DONE : STATUS_FAILED;
}

static const Option doctor_options[] = {OPTION_JSON, {0}};

const Command command_doctor = {
        .name = "doctor",
        .usage = "[notifications] [--json]",
        .summary = "Say what works on this machine and what does not.",
        .about =
                "With \"notifications\", two notifications are sent to see whether the filter holds one and "
                "lets the other through.\n"
                "The exit status is 0 when everything that is needed works, and 1 when not.",
        .options = doctor_options,
        .max_words = 1,
        .run = doctor_run,
};
