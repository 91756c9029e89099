/* SPDX-License-Identifier: GPL-3.0-or-later */

/* begin: a person, the ways to them, a commitment, and the user's own sentences in one line.
 * Everything that can be checked is checked before anything is changed; what stands after a
 * failure is told. */

#include "cli/commands/commands.h"
#include "cli/shapes.h"
#include "common/buffer.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

#include <errno.h>

enum { DAYS_DEFAULT = 30 };

/* How far it came. */
typedef struct Progress {
        char *path; /* of the person, owned; NULL while there is none */
        char *name; /* owned */
        bool added; /* the person is new */
        unsigned identities;
        bool begun;
} Progress;

static void progress_done(Progress *p) {
        free(p->path);
        free(p->name);
}

/* The options that add one of the user's own sentences, and what the daemon calls it: the same
 * word. */
static bool is_sentence(const Option *option) {
        return streq(option->name, "plan") || streq(option->name, "reason") ||
               streq(option->name, "support");
}

static Status check_sentences(Call *call) {
        for (size_t i = 0; i < call->n_given; i++) {
                const Given *given = &call->given[i];

                if (!is_sentence(given->option))
                        continue;
                if (given->value[0] == '\0')
                        return call_misused(call, "--%s is empty.", given->option->name);
                if (strlen(given->value) > NC_LIMIT_SUPPORT_LEN)
                        return call_misused(call, "--%s is too long; %d bytes are the most.",
                                given->option->name, NC_LIMIT_SUPPORT_LEN);
        }
        return STATUS_DONE;
}

static Status say_running(Call *call, const Person *person) {
        char ends[TIME_TEXT_SPACE];

        output_error(call->out,
                "The commitment with %s runs already, until %s. `nocontact extend DAYS` lengthens it, `nocontact add` adds to it; nothing was changed.",
                person->name, time_format_local(ends, sizeof(ends), person->ends_usec));
        return STATUS_FAILED;
}

/* Takes the person of that name, or adds one. */
static Status find_person(Call *call, Progress *progress) {
        const char *name = call_word(call, 0);
        _cleanup_(people_done) People people = {0};
        const Person *person;
        Status status;
        int r;

        r = client_list_people(call->client, &people);
        if (r < 0)
                return call_failed(call, r);
        person = people_find(&people, name);
        if (person && person->locked)
                return say_running(call, person);
        status = person ? mode_agrees(call, person) : STATUS_DONE;
        if (status != STATUS_DONE)
                return status;

        progress->name = strdup(person ? person->name : name);
        if (person)
                progress->path = strdup(person->path);
        if (!progress->name || (person && !progress->path))
                return call_failed(call, -ENOMEM);
        if (person)
                return STATUS_DONE;
        r = client_add_person(
                call->client, name, call_value(call, "mode", "full"), &progress->path);
        if (r < 0)
                return call_failed(call, r);
        progress->added = true;
        return STATUS_DONE;
}

static Status add_sentences(Call *call) {
        for (size_t i = 0; i < call->n_given; i++) {
                const Given *given = &call->given[i];
                uint64_t id;
                int r;

                if (!is_sentence(given->option))
                        continue;
                r = client_add_support(call->client, given->option->name, given->value, &id);
                if (r < 0 && !streq(client_error_name(call->client), NC_ERROR_ALREADY_EXISTS)) {
                        Status status = call_failed(call, r);

                        output_error(call->out, "That was --%s \"%s\".", given->option->name,
                                given->value);
                        return status;
                }
        }
        return STATUS_DONE;
}

/* After a failure in between: what was changed, and how to go on. */
static void tell_what_stands(Call *call, const Progress *p) {
        if (p->begun) {
                output_error(call->out,
                        "The commitment with %s has begun with everything before that; plans, reasons and people to call can be added one by one.",
                        p->name);
                return;
        }
        if (!p->added && p->identities == 0) {
                output_error(call->out, "Nothing was changed.");
                return;
        }
        output_error(call->out,
                "What stands: %s is here%s, and %u of %u identities were added; the commitment has not begun. The same command can be given again.",
                p->name, p->added ? ", newly added" : "", p->identities, identities_given(call));
}

/* Makes the changes, one after the other. */
static Status begin_changes(Call *call, uint32_t days, Progress *progress) {
        Status status;
        int r;

        status = find_person(call, progress);
        if (status != STATUS_DONE)
                return status; /* nothing was changed, and why was said */
        status = identities_add(call, progress->path, &progress->identities);
        if (status == STATUS_DONE) {
                r = client_begin(call->client, progress->path, days);
                if (r < 0)
                        status = call_failed(call, r);
                else
                        progress->begun = true;
        }
        if (status == STATUS_DONE)
                status = add_sentences(call);
        if (status != STATUS_DONE)
                tell_what_stands(call, progress);
        return status;
}

static const Person *find_path(const People *people, const char *path) {
        for (size_t i = 0; i < people->n; i++)
                if (streq(people->items[i].path, path))
                        return &people->items[i];
        return NULL;
}

static void print_next_steps(Output *o) {
        static const struct {
                const char *command, *what;
        } steps[] = {
                {"nocontact status", "how it is going"},
                {"nocontact urge", "when it pulls"},
                {"nocontact doctor", "what works on this machine"},
        };
        _cleanup_(grid_done) Grid grid = {.columns = 2, .wrap = true, .indent = 2};

        for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
                grid_cell(&grid, STYLE_STRONG, "%s", steps[i].command);
                grid_cell(&grid, STYLE_PLAIN, "%s", steps[i].what);
        }
        output_grid(o, &grid);
}

static Status print_summary(Call *call, const Person *p, uint32_t days, const Overview *overview) {
        char ends[TIME_TEXT_SPACE], words[WORDS_SPACE];
        bool limited = streq(p->mode, "limited");
        Output *o = call->out;
        Status status;

        output_line(o, STYLE_GOOD, "It has begun: %s with %s for %s, until %s.",
                limited ? "limited contact" : "no contact", p->name,
                words_count(words, days, "day", "days"),
                time_format_local(ends, sizeof(ends), p->ends_usec));
        output_blank(o);
        output_line(o, STYLE_STRONG, "What is watched");
        status = identities_print(call, p->path, p->name);
        if (status != STATUS_DONE)
                return status;
        if (overview->n_layers > 0) {
                output_blank(o);
                output_line(o, STYLE_STRONG, "What keeps it on this machine");
                layers_print(o, overview);
        }
        output_blank(o);
        output_line(o, STYLE_PLAIN,
                "In this version nothing is blocked and no message or call is held back. A page of theirs that you open is met with a nudge, in Chromium up to 10 seconds later; a private window is not seen.");
        if (limited)
                output_line(o, STYLE_PLAIN,
                        "Contact that children, work or a court ask for is no slip. Looking still counts.");
        output_blank(o);
        print_next_steps(o);
        return STATUS_DONE;
}

static Status begin_tell(Call *call, const Progress *progress, uint32_t days) {
        _cleanup_(overview_done) Overview overview = {0};
        _cleanup_(people_done) People people = {0};
        const Person *person;
        json_t *json;
        int r;

        r = client_overview(call->client, &overview);
        if (r >= 0)
                r = client_list_people(call->client, &people);
        person = r >= 0 ? find_path(&people, progress->path) : NULL;
        if (!person) {
                output_line(call->out, STYLE_GOOD, "It has begun.");
                return r < 0 ? call_failed(call, r) : STATUS_DONE;
        }
        if (!call_has(call, "json"))
                return print_summary(call, person, days, &overview);
        json = shape_person(person);
        output_json(call->out, json);
        json_decref(json);
        return STATUS_DONE;
}

static Status begin_run(Call *call) {
        _cleanup_(progress_done) Progress progress = {0};
        const char *text = call_value(call, "days", NULL);
        uint64_t days = DAYS_DEFAULT;
        Status status = STATUS_DONE;

        if (text)
                status = call_number(call, "--days", text, 1, NC_LIMIT_DAYS, &days);
        if (status == STATUS_DONE)
                status = mode_check(call);
        if (status == STATUS_DONE)
                status = check_sentences(call);
        if (status == STATUS_DONE)
                status = identities_check(call, call_word(call, 0));
        if (status == STATUS_DONE)
                status = begin_changes(call, (uint32_t)days, &progress);
        if (status != STATUS_DONE)
                return status;
        return begin_tell(call, &progress, (uint32_t)days);
}

static const Option begin_options[] = {
        {"days", "DAYS", "how long, 1 to 3650; 30 when it is left out", NULL},
        IDENTITY_OPTIONS,
        OPTION_MODE,
        {"plan", "TEXT", "an if-then plan of yours", NULL},
        {"reason", "TEXT", "a reason for your decision", NULL},
        {"support", "TEXT", "somebody to call, such as \"Sam +1 555 0100\"", NULL},
        OPTION_JSON,
        {0},
};

const Command command_begin = {
        .name = "begin",
        .usage = "NAME [--days DAYS] [--phone NUMBER] [--profile URL] ...",
        .summary = "Begin a commitment, in one line.",
        .about =
                "Adds the person when they are not here yet, with every way to them that you give, and begins. Options can be given several times.\n"
                "For ten minutes it can be undone at once with `nocontact end`; after that, whatever loosens it waits for the cool-down, 24 hours at least.",
        .options = begin_options,
        .min_words = 1,
        .max_words = 1,
        .wanted = "Say with whom: nocontact begin \"NAME\".",
        .run = begin_run,
};
