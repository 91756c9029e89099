/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What was held: who it came from, and, when no promise is against it, what it says; evidence of
 * it. Without asking nobody is shown a word of theirs. */

#include "cli/commands/commands.h"
#include "cli/evidence.h"
#include "cli/shapes.h"
#include "common/buffer.h"
#include "common/time.h"

#include <errno.h>

enum {
        LIMIT_SCREEN = 50, /* rows of `holds list` when --limit does not say */
        LIMIT_MAX = 10000,
        EXPORT_PAGE = 1000, /* entries that are asked for at once */
};

/* The people, and the path of --person; NULL: everybody. */
static Status read_people(Call *call, People *ret, const char **ret_path) {
        const char *name = call_value(call, "person", NULL);
        const Person *person = NULL;
        Status status;
        int r;

        *ret_path = NULL;
        if (name) {
                status = call_person(call, name, ret, &person);
                if (status == STATUS_DONE)
                        *ret_path = person->path;
                return status;
        }
        r = client_list_people(call->client, ret);
        return r < 0 ? call_failed(call, r) : STATUS_DONE;
}

static const char *name_or(const People *people, const char *path) {
        const char *name = person_name(people, path);

        return name ? name : "Somebody who is not here any more";
}

static Status print_json(Call *call, json_t *json) {
        output_json(call->out, json);
        json_decref(json);
        return STATUS_DONE;
}

/* --- holds: how many, and from whom ---------------------------------------------------------- */

static bool wanted(const Sender *s, const char *path) {
        return !path || streq(s->person, path);
}

static void print_senders_of(
        Output *o, const Senders *senders, const People *people, const char *path) {
        _cleanup_(grid_done) Grid grid = {.columns = 4, .indent = 2};
        char at[TIME_TEXT_SPACE];
        uint64_t n = 0;

        for (size_t i = 0; i < senders->n; i++) {
                const Sender *s = &senders->items[i];

                if (!streq(s->person, path))
                        continue;
                n += s->count;
                grid_cell(&grid, STYLE_PLAIN, "%4u", s->count);
                grid_cell(&grid, STYLE_PLAIN, "%s", s->sender);
                grid_cell(&grid, STYLE_QUIET, "%s", s->app);
                grid_cell(&grid, STYLE_QUIET, "last %s",
                        time_format_local(at, sizeof(at), s->newest_usec));
        }
        output_line(o, STYLE_STRONG, "%s: %llu held", name_or(people, path), (unsigned long long)n);
        output_grid(o, &grid);
}

/* Was the person of row `i` in an earlier row? */
static bool was_before(const Senders *senders, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (streq(senders->items[k].person, senders->items[i].person))
                        return true;
        return false;
}

static Status holds_summary(Call *call) {
        _cleanup_(senders_done) Senders senders = {0};
        _cleanup_(people_done) People people = {0};
        const char *path;
        bool any = false;
        Status status;
        int r;

        status = read_people(call, &people, &path);
        if (status != STATUS_DONE)
                return status;
        r = client_list_senders(call->client, &senders);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json"))
                return print_json(call, shape_senders(&senders, &people, path));
        for (size_t i = 0; i < senders.n; i++) {
                if (!wanted(&senders.items[i], path) || was_before(&senders, i))
                        continue;
                print_senders_of(call->out, &senders, &people, senders.items[i].person);
                any = true;
        }
        output_line(call->out, any ? STYLE_QUIET : STYLE_PLAIN, "%s",
                any ? "All of it is kept. `nocontact holds list` numbers them."
                    : "Nothing was held so far.");
        return STATUS_DONE;
}

/* --- holds list ------------------------------------------------------------------------------ */

static Status holds_list(Call *call) {
        _cleanup_(grid_done) Grid grid = {.columns = 5};
        _cleanup_(holds_done) Holds holds = {0};
        _cleanup_(people_done) People people = {0};
        const char *path, *text = call_value(call, "limit", NULL);
        uint64_t limit = call_has(call, "json") ? LIMIT_MAX : LIMIT_SCREEN;
        char at[TIME_TEXT_SPACE];
        Status status = STATUS_DONE;
        int r;

        if (text)
                status = call_number(call, "--limit", text, 1, LIMIT_MAX, &limit);
        if (status == STATUS_DONE)
                status = read_people(call, &people, &path);
        if (status != STATUS_DONE)
                return status;
        r = client_list_holds(call->client, path, (uint32_t)limit, &holds);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json"))
                return print_json(call, shape_holds(&holds, &people));
        if (holds.n == 0)
                output_line(call->out, STYLE_PLAIN, "Nothing was held so far.");
        for (size_t i = 0; i < holds.n; i++) {
                const Hold *h = &holds.items[i];

                grid_cell(&grid, STYLE_QUIET, "%llu", (unsigned long long)h->event);
                grid_cell(&grid, STYLE_PLAIN, "%s", time_format_local(at, sizeof(at), h->at_usec));
                grid_cell(&grid, STYLE_PLAIN, "%s", h->sender);
                grid_cell(&grid, STYLE_QUIET, "%s", h->app);
                grid_cell(&grid, STYLE_QUIET, "%s",
                        h->leaked ? "seen before it was held" : (h->passes ? "passes now" : ""));
        }
        output_grid(call->out, &grid);
        return STATUS_DONE;
}

/* --- holds show ------------------------------------------------------------------------------ */

static const char *text_of(const json_t *o, const char *key) {
        const char *text = json_string_value(json_object_get(o, key));

        return text ? text : "";
}

static void text_row(Grid *grid, const char *label, const char *text) {
        if (text[0] == '\0')
                return;
        grid_cell(grid, STYLE_QUIET, "%s", label);
        grid_cell(grid, STYLE_PLAIN, "%s", text);
}

/* The labels of the buttons; they come in pairs, of which the second is shown. */
static char *labels_of(const json_t *actions) {
        _cleanup_(buffer_done) Buffer b = {0};

        for (size_t i = 1; i < json_array_size(actions); i += 2) {
                const char *label = json_string_value(json_array_get(actions, i));

                if (label && label[0] != '\0')
                        (void)buffer_printf(&b, "%s%s", b.len > 0 ? ", " : "", label);
        }
        return buffer_take(&b);
}

/* "64 x 64" for each picture. */
static char *sizes_of(const json_t *images) {
        _cleanup_(buffer_done) Buffer b = {0};

        for (size_t i = 0; i < json_array_size(images); i++) {
                const json_t *image = json_array_get(images, i);

                (void)buffer_printf(&b, "%s%lld x %lld", b.len > 0 ? ", " : "",
                        (long long)json_integer_value(json_object_get(image, "width")),
                        (long long)json_integer_value(json_object_get(image, "height")));
        }
        return buffer_take(&b);
}

static void print_lines(Output *o, const char *text) {
        while (*text) {
                size_t len = strcspn(text, "\n");

                output_line(o, STYLE_PLAIN, "%.*s", (int)len, text);
                text += len;
                text += *text == '\n';
        }
}

static void print_hold(Output *o, const json_t *hold) {
        _cleanup_(grid_done) Grid grid = {.columns = 2, .wrap = true, .indent = 2};
        _cleanup_free_ char *labels = labels_of(json_object_get(hold, "actions"));
        _cleanup_free_ char *sizes = sizes_of(json_object_get(hold, "images"));
        char at[TIME_TEXT_SPACE];

        (void)time_format_local(
                at, sizeof(at), (uint64_t)json_integer_value(json_object_get(hold, "at_usec")));
        output_line(o, STYLE_STRONG, "%s", text_of(hold, "summary"));
        print_lines(o, text_of(hold, "body"));
        output_blank(o);
        text_row(&grid, "Came", at);
        text_row(&grid, "Through", text_of(hold, "app"));
        text_row(&grid, "About", text_of(hold, "person"));
        text_row(&grid, "Buttons", labels ? labels : "");
        text_row(&grid, "Pictures", sizes ? sizes : "");
        text_row(&grid, "File", text_of(hold, "file"));
        output_grid(o, &grid);
        if (!json_is_true(json_object_get(hold, "complete")))
                output_line(
                        o, STYLE_NOTE, "Its file is gone; this is what the ledger knows of it.");
}

/* The number of an event as it was typed; "last": the newest. */
static Status read_event(Call *call, const char *text, uint64_t *ret) {
        _cleanup_(holds_done) Holds holds = {0};
        _cleanup_(people_done) People people = {0};
        const char *path;
        Status status;
        int r;

        if (!text)
                return call_misused(call, "Say which one: its number, or last.");
        if (!streq(text, "last"))
                return call_number(call, "EVENT", text, 1, UINT64_MAX, ret);
        status = read_people(call, &people, &path);
        if (status != STATUS_DONE)
                return status;
        r = client_list_holds(call->client, path, 1, &holds);
        if (r < 0)
                return call_failed(call, r);
        if (holds.n == 0) {
                output_error(call->out, "Nothing was held so far.");
                return STATUS_FAILED;
        }
        *ret = holds.items[0].event;
        return STATUS_DONE;
}

static Status holds_show(Call *call) {
        _cleanup_free_ char *text = NULL;
        uint64_t event = 0;
        Status status;
        json_t *hold;
        int r;

        status = read_event(call, call_word(call, 1), &event);
        if (status != STATUS_DONE)
                return status;
        r = client_show_hold(call->client, event, &text);
        if (r < 0)
                return call_failed(call, r);
        hold = json_loads(text, 0, NULL);
        if (!hold)
                return call_failed(call, -EBADMSG);
        if (call_has(call, "json"))
                return print_json(call, hold);
        print_hold(call->out, hold);
        json_decref(hold);
        return STATUS_DONE;
}

/* --- holds export, holds verify -------------------------------------------------------------- */

static Status file_failed(Call *call, const char *path, int r) {
        if (r == -EEXIST)
                output_error(call->out, "%s is there already; it is left as it is.", path);
        else
                output_error(call->out, "%s: %s.", path, strerror(-r));
        return STATUS_FAILED;
}

/* Asks for page after page. *ret_written tells a failure of the file from one of the daemon. */
static int export_all(Call *call, const char *path, Evidence *e, bool *ret_written) {
        uint64_t after = 0;

        do {
                _cleanup_(texts_done) Texts entries = {0};
                int r;

                r = client_export_holds(call->client, path, after, EXPORT_PAGE, &entries, &after);
                if (r < 0)
                        return r;
                for (size_t i = 0; i < entries.n; i++) {
                        r = evidence_add(e, entries.items[i]);
                        if (r < 0) {
                                *ret_written = r != -EBADMSG;
                                return r;
                        }
                }
        } while (after > 0);
        return 0;
}

static Status holds_export(Call *call) {
        _cleanup_(evidence_done) Evidence e = {.fd = -1};
        _cleanup_(people_done) People people = {0};
        const char *file = call_word(call, 1), *path;
        bool written = false;
        Status status;
        int r;

        if (!file)
                return call_misused(call, "Say which file to write.");
        status = read_people(call, &people, &path);
        if (status != STATUS_DONE)
                return status;
        r = evidence_create(file,
                json_pack("{s:s, s:s?}", "version", NOCONTACT_VERSION, "person",
                        path ? person_name(&people, path) : NULL),
                &e);
        if (r < 0)
                return file_failed(call, file, r);
        r = export_all(call, path, &e, &written);
        if (r < 0)
                return written ? file_failed(call, file, r) : call_failed(call, r);
        r = evidence_finish(&e);
        if (r < 0)
                return file_failed(call, file, r);
        if (call_has(call, "json"))
                return print_json(call, json_pack("{s:s, s:I, s:s}", "file", file, "entries",
                                                (json_int_t)e.n, "link", e.link));
        output_line(call->out, STYLE_GOOD, "%llu written to %s.", (unsigned long long)e.n, file);
        output_line(call->out, STYLE_PLAIN,
                "Its last link is %s. Give this to somebody else too: it shows later that the file is still the same.",
                e.link);
        return STATUS_DONE;
}

static Status holds_verify(Call *call) {
        const char *file = call_word(call, 1);
        EvidenceCheck check = {0};
        int r;

        if (!file)
                return call_misused(call, "Say which file to check.");
        r = evidence_check(file, &check);
        if (r < 0 && r != -EBADMSG)
                return file_failed(call, file, r);
        if (call_has(call, "json"))
                (void)print_json(call,
                        json_pack("{s:b, s:I, s:s}", "whole", r == 0, r == 0 ? "entries" : "line",
                                (json_int_t)check.n, "link", check.link));
        else if (r == 0)
                output_line(call->out, STYLE_GOOD,
                        "It is whole: %llu entries, and its last link is %s.",
                        (unsigned long long)check.n, check.link);
        else
                output_error(call->out, "It is not as it was written: line %llu does not fit.",
                        (unsigned long long)check.n);
        return r == 0 ? STATUS_DONE : STATUS_FAILED;
}

/* --- holds not-them -------------------------------------------------------------------------- */

static Status holds_not_them(Call *call) {
        uint64_t event = 0, due = 0;
        Status status;
        int r;

        status = read_event(call, call_word(call, 1), &event);
        if (status != STATUS_DONE)
                return status;
        r = client_not_them(call->client, event, &due);
        if (r < 0)
                return call_failed(call, r);
        return change_tell(call, due, "It no longer counts, and this sender passes from now on.");
}

static Status holds_run(Call *call) {
        static const struct {
                const char *name;
                Status (*run)(Call *call);
        } actions[] = {
                {"list", holds_list},
                {"show", holds_show},
                {"export", holds_export},
                {"verify", holds_verify},
                {"not-them", holds_not_them},
        };
        const char *word = call_word(call, 0);

        if (!word)
                return holds_summary(call);
        for (size_t i = 0; i < ARRAY_LEN(actions); i++)
                if (streq(actions[i].name, word))
                        return actions[i].run(call);
        return call_misused(
                call, "holds can list, show, export, verify or not-them, not \"%s\".", word);
}

static const Option holds_options[] = {
        {"person", "PERSON", "only about this person", NULL},
        {"limit", "N", "at most so many in the list; 50 on the screen", NULL},
        OPTION_JSON,
        {0},
};

const Command command_holds = {
        .name = "holds",
        .usage = "[list | show EVENT | export FILE | verify FILE | not-them EVENT]",
        .summary = "Show who was held, and read it when the time has come.",
        .about =
                "Alone it says how many notifications were held and from whom, and not a word of theirs. show EVENT (or show last) gives everything that came, when the commitment about that person has run out or is a limited one. Nothing is ever thrown away.\n"
                "export writes evidence: who, when, through what, the full text, a digest of the message, and a chain of digests over all of it; verify checks such a file.\n"
                "not-them says that one was from somebody else: it no longer counts, and what comes from just that sender passes, after the cool-down when a commitment runs.",
        .options = holds_options,
        .max_words = 2,
        .run = holds_run,
};

/* --- pass ------------------------------------------------------------------------------------ */

static Status pass_list(Call *call) {
        _cleanup_(grid_done) Grid grid = {.columns = 3, .wrap = true};
        _cleanup_(passes_done) Passes passes = {0};
        int r;

        r = client_list_passes(call->client, &passes);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json"))
                return print_json(call, shape_passes(&passes));
        if (passes.n == 0)
                output_line(call->out, STYLE_PLAIN,
                        "Nothing always passes. `nocontact pass add word school` lets a word through.");
        for (size_t i = 0; i < passes.n; i++) {
                grid_cell(&grid, STYLE_QUIET, "%llu", (unsigned long long)passes.items[i].id);
                grid_cell(&grid, STYLE_QUIET, "%s", passes.items[i].kind);
                grid_cell(&grid, STYLE_PLAIN, "%s", passes.items[i].value);
        }
        output_grid(call->out, &grid);
        return STATUS_DONE;
}

static Status pass_add(Call *call) {
        const char *kind = call_word(call, 1), *value = call_word(call, 2);
        uint64_t due = 0;
        int r;

        if (!kind || !value)
                return call_misused(call,
                        "Say what is to pass: word and the word, or sender and application:title.");
        if (!streq(kind, "word") && !streq(kind, "sender"))
                return call_misused(call, "What passes is a word or a sender, not \"%s\".", kind);
        r = client_add_pass(call->client, kind, value, &due);
        if (r < 0)
                return call_failed(call, r);
        return change_tell(call, due, "This passes from now on.");
}

static Status pass_remove(Call *call) {
        const char *text = call_word(call, 1);
        uint64_t id = 0;
        Status status;
        int r;

        if (!text)
                return call_misused(call, "Say which one to take away.");
        status = call_number(call, "ID", text, 1, UINT64_MAX, &id);
        if (status != STATUS_DONE)
                return status;
        r = client_remove_pass(call->client, id);
        if (r < 0)
                return call_failed(call, r);
        output_line(call->out, STYLE_PLAIN, "Taken away.");
        return STATUS_DONE;
}

static Status pass_run(Call *call) {
        static const struct {
                const char *name;
                Status (*run)(Call *call);
        } actions[] = {
                {"list", pass_list},
                {"add", pass_add},
                {"remove", pass_remove},
        };
        const char *word = call_word(call, 0);

        if (!word)
                return pass_list(call);
        for (size_t i = 0; i < ARRAY_LEN(actions); i++)
                if (streq(actions[i].name, word))
                        return actions[i].run(call);
        return call_misused(call, "pass can list, add or remove, not \"%s\".", word);
}

static const Option pass_options[] = {OPTION_JSON, {0}};

const Command command_pass = {
        .name = "pass",
        .usage = "[list | add word WORD | add sender APP:TITLE | remove ID]",
        .summary = "Show, add or remove what always passes.",
        .about =
                "A notification with such a word (school, hospital), or from such a sender (telegram:Anna Other), is shown whomever else it names. While a commitment runs, adding one waits for the cool-down; removing one counts at once.",
        .options = pass_options,
        .max_words = 3,
        .run = pass_run,
};
