/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What there is: list (people and the ways to them), log and attempts (the ledger), pending
 * (what waits). */

#include "cli/commands/commands.h"
#include "cli/shapes.h"
#include "common/buffer.h"
#include "common/time.h"

#include <errno.h>

enum {
        LIMIT_SCREEN = 50, /* entries shown when --limit does not say; --json gives all */
        LIMIT_MAX = 1000000,
};

/* --- list ------------------------------------------------------------------------------------ */

static int list_json(Call *call, const People *people, json_t **ret) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < people->n; i++) {
                const Person *p = &people->items[i];
                _cleanup_(identities_done) Identities ids = {0};
                int r;

                r = client_list_identities(call->client, p->path, &ids);
                if (r < 0) {
                        json_decref(list);
                        return r;
                }
                (void)json_array_append_new(list,
                        json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "id", person_id(p->path),
                                "name", p->name, "mode", p->mode, "began",
                                shape_time(p->began_usec), "ends", shape_time(p->ends_usec),
                                "locked", (int)p->locked, "identities", shape_identities(&ids)));
        }
        *ret = list;
        return 0;
}

static Status list_run(Call *call) {
        _cleanup_(people_done) People people = {0};
        int r;

        r = client_list_people(call->client, &people);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json")) {
                json_t *json = NULL;

                r = list_json(call, &people, &json);
                if (r < 0)
                        return call_failed(call, r);
                output_json(call->out, json);
                json_decref(json);
                return STATUS_DONE;
        }
        if (people.n == 0)
                output_line(call->out, STYLE_PLAIN,
                        "Nobody is here yet. `nocontact begin NAME` adds a person and begins.");
        for (size_t i = 0; i < people.n; i++) {
                const Person *p = &people.items[i];
                Status status;

                if (i > 0)
                        output_blank(call->out);
                output_line(call->out, STYLE_STRONG, "%s (%s)", p->name, p->mode);
                status = identities_print(call, p->path, p->name);
                if (status != STATUS_DONE)
                        return status;
        }
        return STATUS_DONE;
}

static const Option list_options[] = {OPTION_JSON, {0}};

const Command command_list = {
        .name = "list",
        .usage = "[--json]",
        .summary = "List people and the ways to them.",
        .options = list_options,
        .run = list_run,
};

/* --- log, attempts --------------------------------------------------------------------------- */

/* Reads --limit; *ret is 0 for no limit. */
static Status read_limit(Call *call, size_t *ret) {
        const char *text = call_value(call, "limit", NULL);
        uint64_t limit = call_has(call, "json") ? 0 : LIMIT_SCREEN;
        Status status;

        if (text) {
                status = call_number(call, "--limit", text, 1, LIMIT_MAX, &limit);
                if (status != STATUS_DONE)
                        return status;
        }
        *ret = (size_t)limit;
        return STATUS_DONE;
}

/* The entries that the call asks for, and the people whose names they need. */
static Status read_entries(
        Call *call, EntryFilter *filter, Entries *ret_entries, People *ret_people) {
        const char *name = call_value(call, "person", NULL);
        const Person *person = NULL;
        Status status;
        int r;

        status = read_limit(call, &filter->limit);
        if (status != STATUS_DONE)
                return status;
        if (name) {
                status = call_person(call, name, ret_people, &person);
                if (status != STATUS_DONE)
                        return status;
                filter->person = person->path;
        } else {
                r = client_list_people(call->client, ret_people);
                if (r < 0)
                        return call_failed(call, r);
        }
        r = client_list_entries(call->client, filter, ret_entries);
        return r < 0 ? call_failed(call, r) : STATUS_DONE;
}

static Status print_entries_json(Call *call, const Entries *entries, const People *people,
        json_t *(*shape)(const Entry *entry, const People *people)) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < entries->n; i++)
                (void)json_array_append_new(list, shape(&entries->items[i], people));
        output_json(call->out, list);
        json_decref(list);
        return STATUS_DONE;
}

/* Says that there may be more than what was shown. */
static void tell_limit(Call *call, const Entries *entries) {
        if (!call_has(call, "limit") && entries->n == LIMIT_SCREEN)
                output_line(call->out, STYLE_QUIET, "These are the newest %d; --limit shows more.",
                        LIMIT_SCREEN);
}

/* What an entry is about, in one cell: where, what, what was noted, and why then. */
static char *entry_text(const Entry *e, const char *person) {
        const char *const parts[] = {person ? person : "", e->channel, e->target, e->note};
        _cleanup_(buffer_done) Buffer b = {0};

        for (size_t i = 0; i < ARRAY_LEN(parts); i++)
                if (parts[i][0] != '\0')
                        (void)buffer_printf(&b, "%s%s", b.len > 0 ? "  " : "", parts[i]);
        if (e->tag[0] != '\0')
                (void)buffer_printf(&b, "%swhy: %s", b.len > 0 ? "  " : "", e->tag);
        return buffer_take(&b);
}

/* `kinds`: the kind is shown, and the grade only where it was corrected. */
static void print_entries(Call *call, const Entries *entries, const People *people, bool kinds) {
        _cleanup_(grid_done) Grid grid = {.columns = 4};
        char at[TIME_TEXT_SPACE];

        for (size_t i = 0; i < entries->n; i++) {
                const Entry *e = &entries->items[i];
                _cleanup_free_ char *text = entry_text(e, person_name(people, e->person));
                const char *grade = streq(e->grade, "none") ? "not it" : e->grade;

                if (!text) {
                        grid.failed = true;
                        break;
                }
                grid_cell(&grid, STYLE_QUIET, "%llu", (unsigned long long)e->event);
                grid_cell(&grid, STYLE_PLAIN, "%s", time_format_local(at, sizeof(at), e->at_usec));
                if (e->corrected)
                        grid_cell(&grid, STYLE_PLAIN, "%s, corrected: %s", e->kind, grade);
                else
                        grid_cell(&grid, STYLE_PLAIN, "%s", kinds ? e->kind : grade);
                grid_cell(&grid, STYLE_PLAIN, "%s", text);
        }
        output_grid(call->out, &grid);
}

static const Option entry_options[] = {
        {"limit", "N", "at most so many; without it 50 on the screen, all with --json", NULL},
        {"person", "PERSON", "only about this person", NULL},
        OPTION_JSON,
        {0},
};

static Status log_run(Call *call) {
        _cleanup_(entries_done) Entries entries = {0};
        _cleanup_(people_done) People people = {0};
        EntryFilter filter = {0};
        Status status;

        status = read_entries(call, &filter, &entries, &people);
        if (status != STATUS_DONE)
                return status;
        if (call_has(call, "json"))
                return print_entries_json(call, &entries, &people, shape_entry);
        if (entries.n == 0)
                output_line(call->out, STYLE_PLAIN, "The ledger is empty.");
        print_entries(call, &entries, &people, true);
        tell_limit(call, &entries);
        return STATUS_DONE;
}

const Command command_log = {
        .name = "log",
        .usage = "[--limit N] [--person PERSON]",
        .summary = "Show everything in the ledger, newest first.",
        .options = entry_options,
        .run = log_run,
};

static bool is_attempt(const Entry *e) {
        static const char *const words[] = {"attempt", "slip"};

        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                if (streq(e->kind, words[i]) || streq(e->grade, words[i]))
                        return true;
        return false;
}

static bool any_uncorrected(const Entries *entries) {
        for (size_t i = 0; i < entries->n; i++)
                if (!entries->items[i].corrected)
                        return true;
        return false;
}

static Status attempts_run(Call *call) {
        /* an entry of another kind may have been corrected to an attempt or slip */
        static const char *const kinds[] = {"attempt", "slip", "urge", "relapse", NULL};
        EntryFilter filter = {.kinds = kinds, .wanted = is_attempt};
        _cleanup_(entries_done) Entries entries = {0};
        _cleanup_(people_done) People people = {0};
        Status status;

        status = read_entries(call, &filter, &entries, &people);
        if (status != STATUS_DONE)
                return status;
        if (call_has(call, "json"))
                return print_entries_json(call, &entries, &people, shape_attempt);
        if (entries.n == 0) {
                output_line(call->out, STYLE_PLAIN, "No attempt and no slip so far.");
                return STATUS_DONE;
        }
        print_entries(call, &entries, &people, false);
        tell_limit(call, &entries);
        if (any_uncorrected(&entries))
                output_line(call->out, STYLE_QUIET,
                        "Was one of them not it? `nocontact correct NUMBER not-it` within 48 hours.");
        return STATUS_DONE;
}

const Command command_attempts = {
        .name = "attempts",
        .usage = "[--limit N] [--person PERSON]",
        .summary = "Show attempts and slips, newest first.",
        .about =
                "An attempt was stopped before the page was seen; a slip was not. Those that were corrected stay in the list and say so.",
        .options = entry_options,
        .run = attempts_run,
};

/* --- pending --------------------------------------------------------------------------------- */

static Status pending_cancel(Call *call) {
        uint64_t id = 0;
        Status status;
        int r;

        if (call->n_words < 2)
                return call_misused(call, "Say which change to cancel.");
        status = call_number(call, "ID", call_word(call, 1), 1, UINT64_MAX, &id);
        if (status != STATUS_DONE)
                return status;
        r = client_cancel_pending(call->client, id);
        if (r < 0)
                return call_failed(call, r);
        output_line(call->out, STYLE_GOOD, "Taken back. Everything stays as it was.");
        return STATUS_DONE;
}

static Status pending_run(Call *call) {
        const char *word = call_word(call, 0);
        _cleanup_(overview_done) Overview overview = {0};
        int r;

        if (word && streq(word, "cancel"))
                return pending_cancel(call);
        if (word)
                return call_misused(call, "pending can cancel, not \"%s\".", word);
        r = client_overview(call->client, &overview);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json")) {
                json_t *json = shape_pending(&overview);

                output_json(call->out, json);
                json_decref(json);
        } else if (overview.n_pending == 0) {
                output_line(call->out, STYLE_PLAIN, "Nothing waits.");
        } else {
                pending_print(call->out, &overview);
                output_line(call->out, STYLE_QUIET,
                        "`nocontact pending cancel NUMBER` takes one back.");
        }
        return STATUS_DONE;
}

static const Option pending_options[] = {OPTION_JSON, {0}};

const Command command_pending = {
        .name = "pending",
        .usage = "[cancel ID]",
        .summary = "Show the changes that wait, or take one back.",
        .about =
                "While a commitment runs, whatever loosens it waits for the cool-down, 24 hours at least. Until then it can be taken back here.",
        .options = pending_options,
        .max_words = 2,
        .run = pending_run,
};
