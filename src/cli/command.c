/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What every verb needs: its arguments read against its table, the person it is about, and the
 * sentences for what went wrong. It knows no verb. Used by main.c and commands/. */

#include "cli/command.h"

#include "cli/printable.h"
#include "common/array.h"
#include "common/buffer.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <wchar.h>
#include <wctype.h>

void call_done(Call *call) {
        free(call->words);
        free(call->given);
        call->words = NULL;
        call->given = NULL;
        call->n_words = call->n_given = 0;
}

/* --- arguments ------------------------------------------------------------------------------- */

static const Option *option_find(const Command *command, const char *name, size_t len) {
        const Option *o = command->options;

        for (; o && o->name; o++)
                if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
                        return o;
        return NULL;
}

/* Reads "--name", "--name=value" or "--name" "value" at *index, and moves *index on. */
static Status parse_option(Call *call, int argc, char **argv, int *index) {
        const char *arg = argv[*index], *name = arg + 2, *value = NULL;
        size_t len = strcspn(name, "=");
        const Option *option = option_find(call->command, name, len);

        if (!option)
                return call_misused(
                        call, "%s has no option --%.*s.", call->command->name, (int)len, name);
        if (name[len] == '=')
                value = name + len + 1;
        if (!option->value && value)
                return call_misused(call, "--%s takes no value.", option->name);
        if (option->value && !value) {
                if (*index + 1 >= argc || strncmp(argv[*index + 1], "--", 2) == 0)
                        return call_misused(
                                call, "--%s needs a value: %s.", option->name, option->value);
                value = argv[++*index];
        }
        if (ARRAY_RESERVE(call->given, call->given_space, call->n_given + 1) < 0)
                return call_failed(call, -ENOMEM);
        call->given[call->n_given++] = (Given){option, value};
        return STATUS_DONE;
}

static Status parse_word(Call *call, const char *word) {
        if (call->n_words >= call->command->max_words)
                return call_misused(call, "\"%s\" is one too many.", word);
        if (ARRAY_RESERVE(call->words, call->words_space, call->n_words + 1) < 0)
                return call_failed(call, -ENOMEM);
        call->words[call->n_words++] = word;
        return STATUS_DONE;
}

static bool asks_for_help(int argc, char **argv) {
        for (int i = 0; i < argc && !streq(argv[i], "--"); i++)
                if (streq(argv[i], "--help") || streq(argv[i], "-h"))
                        return true;
        return false;
}

Status call_parse(Call *call, int argc, char **argv) {
        bool only_words = false;

        call->help = asks_for_help(argc, argv);
        if (call->help)
                return STATUS_DONE;

        for (int i = 0; i < argc; i++) {
                const char *arg = argv[i];
                Status status;

                if (!only_words && streq(arg, "--")) {
                        only_words = true;
                        continue;
                }
                if (!printable_valid(arg))
                        return call_misused(call, "\"%s\" is not valid UTF-8 text.", arg);
                if (!only_words && strncmp(arg, "--", 2) == 0)
                        status = parse_option(call, argc, argv, &i);
                else if (!only_words && arg[0] == '-' && arg[1] != '\0')
                        status = call_misused(
                                call, "%s has no option %s.", call->command->name, arg);
                else
                        status = parse_word(call, arg);
                if (status != STATUS_DONE)
                        return status;
        }
        for (size_t i = 0; i < call->n_given; i++)
                if (call->given[i].value && !printable_valid(call->given[i].value))
                        return call_misused(call, "The value of --%s is not valid UTF-8 text.",
                                call->given[i].option->name);
        if (call->n_words < call->command->min_words)
                return call_misused(call, "%s", call->command->wanted);
        return STATUS_DONE;
}

static const Given *given_find(const Call *call, const char *option) {
        assert(option_find(call->command, option, strlen(option)));

        for (size_t i = call->n_given; i > 0; i--)
                if (streq(call->given[i - 1].option->name, option))
                        return &call->given[i - 1];
        return NULL;
}

bool call_has(const Call *call, const char *option) {
        return given_find(call, option) != NULL;
}

const char *call_value(const Call *call, const char *option, const char *otherwise) {
        const Given *given = given_find(call, option);

        return given ? given->value : otherwise;
}

const char *call_word(const Call *call, size_t index) {
        return index < call->n_words ? call->words[index] : NULL;
}

Status call_number(Call *call, const char *what, const char *text, uint64_t least, uint64_t most,
        uint64_t *ret) {
        unsigned long long n;
        char *end;

        errno = 0;
        n = strtoull(text, &end, 10);
        /* strtoull() accepts a sign and leading spaces */
        if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n < least || n > most) {
                if (most == UINT64_MAX)
                        return call_misused(call, "%s must be a number, not \"%s\".", what, text);
                return call_misused(call, "%s must be a number from %llu to %llu, not \"%s\".",
                        what, (unsigned long long)least, (unsigned long long)most, text);
        }
        *ret = n;
        return STATUS_DONE;
}

/* --- what went wrong ------------------------------------------------------------------------- */

Status call_misused(Call *call, const char *fmt, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;
        int r;

        va_start(ap, fmt);
        r = vasprintf(&text, fmt, ap);
        va_end(ap);
        if (r < 0) {
                text = NULL;
                return call_failed(call, -ENOMEM);
        }
        output_error(call->out, "%s See `nocontact help %s`.", text, call->command->name);
        return STATUS_USAGE;
}

#define START "systemctl --user enable --now nocontactd"

/* D-Bus errors that have an exit status or a sentence of their own. */
static const struct Refusal {
        const char *name;
        Status status;
        const char *sentence; /* NULL: the error's own */
} refusals[] = {
        {NC_ERROR_LOCKED, STATUS_HELD, NULL},
        {NC_ERROR_INVALID_ARGUMENT, STATUS_USAGE, NULL},
        {CLIENT_ERROR_NO_BUS, STATUS_FAILED,
                "There is no session bus to reach nocontactd on; within your session, start it with `" START
                "`."},
        {"org.freedesktop.DBus.Error.ServiceUnknown", STATUS_FAILED,
                "nocontactd is not running; start it with `" START "`."},
        {"org.freedesktop.DBus.Error.NameHasNoOwner", STATUS_FAILED,
                "nocontactd is not running; start it with `" START "`."},
        {"org.freedesktop.DBus.Error.UnknownMethod", STATUS_FAILED,
                "The nocontactd that runs does not know this yet; restart it with `systemctl --user restart nocontactd`."},
        {"org.freedesktop.DBus.Error.UnknownInterface", STATUS_FAILED,
                "The nocontactd that runs does not know this yet; restart it with `systemctl --user restart nocontactd`."},
        {"org.freedesktop.DBus.Error.UnknownObject", STATUS_FAILED,
                "What this was about is not there any more."},
        {"org.freedesktop.DBus.Error.NoReply", STATUS_FAILED,
                "nocontactd did not answer; `systemctl --user status nocontactd` may say why."},
        {"org.freedesktop.DBus.Error.Disconnected", STATUS_FAILED,
                "The session bus went away before nocontactd answered."},
};

static const struct Refusal *refusal_find(const char *name) {
        static const struct Refusal spawn = {NULL, STATUS_FAILED,
                "nocontactd could not be started; `systemctl --user status nocontactd` says why, and `" START
                "` starts it."};

        for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
                if (streq(refusals[i].name, name))
                        return &refusals[i];
        if (strncmp(name, "org.freedesktop.DBus.Error.Spawn.",
                    strlen("org.freedesktop.DBus.Error.Spawn.")) == 0)
                return &spawn;
        return NULL;
}

Status call_failed(Call *call, int r) {
        const struct Refusal *refusal = refusal_find(client_error_name(call->client));
        const char *message = client_error_message(call->client);

        if (r == -ENOMEM) {
                output_error(call->out, "There is not enough memory.");
                return STATUS_FAILED;
        }
        if (refusal && refusal->sentence)
                output_error(call->out, "%s", refusal->sentence);
        else if (message[0] != '\0')
                output_error(call->out, "%s", message);
        else if (r == -EBADMSG || r == -ENXIO)
                output_error(call->out,
                        "nocontactd answered in a way that this version of nocontact does not understand.");
        else
                output_error(call->out, "nocontactd could not be asked: %s.", strerror(-r));
        return refusal ? refusal->status : STATUS_FAILED;
}

Status call_held(Call *call, uint64_t due_usec) {
        _cleanup_(overview_done) Overview overview = {0};
        char due[TIME_TEXT_SPACE];
        uint64_t id = 0;

        (void)time_format_local(due, sizeof(due), due_usec);
        if (client_overview(call->client, &overview) >= 0)
                for (size_t i = 0; i < overview.n_pending; i++)
                        if (overview.pending[i].due_usec == due_usec)
                                id = overview.pending[i].id;
        if (id > 0)
                output_line(call->out, STYLE_PLAIN,
                        "This waits until %s. `nocontact pending` shows it, `nocontact pending cancel %llu` takes it back.",
                        due, (unsigned long long)id);
        else
                output_line(call->out, STYLE_PLAIN,
                        "This waits until %s. `nocontact pending` shows it, `nocontact pending cancel ID` takes it back.",
                        due);
        return STATUS_HELD;
}

/* --- whom it is about ------------------------------------------------------------------------ */

static wchar_t *fold(const char *s) {
        size_t space = strlen(s) + 1;
        _cleanup_free_ wchar_t *wide = calloc(space, sizeof(*wide));

        if (!wide || mbstowcs(wide, s, space) == (size_t)-1)
                return NULL;
        for (wchar_t *c = wide; *c; c++)
                *c = (wchar_t)towlower((wint_t)*c);
        return TAKE_PTR(wide);
}

/* Does `name` begin with `beginning`, or is it the same? Returns 0, 1 for a beginning, 2 for all
 * of it. */
static int name_fits(const char *name, const char *beginning) {
        _cleanup_free_ wchar_t *a = fold(name), *b = fold(beginning);

        if (!a || !b || wcsncmp(a, b, wcslen(b)) != 0)
                return 0;
        return wcslen(a) == wcslen(b) ? 2 : 1;
}

const Person *people_find(const People *people, const char *name) {
        for (size_t i = 0; i < people->n; i++)
                if (name_fits(people->items[i].name, name) == 2)
                        return &people->items[i];
        return NULL;
}

/* "Alex Doe, Sam Roe"; the caller frees. */
static char *names_of(const People *people) {
        _cleanup_(buffer_done) Buffer b = {0};

        for (size_t i = 0; i < people->n; i++)
                (void)buffer_printf(&b, "%s%s", i > 0 ? ", " : "", people->items[i].name);
        return buffer_take(&b);
}

size_t people_match(const People *people, const char *name, const Person **ret) {
        const Person *exact = people_find(people, name), *found = exact;
        size_t n = exact ? 1 : 0;

        for (size_t i = 0; !exact && *name && i < people->n; i++) {
                if (name_fits(people->items[i].name, name) == 0)
                        continue;
                found = &people->items[i];
                n++;
        }
        if (n == 1)
                *ret = found;
        return n;
}

static Status person_by_name(
        Call *call, const People *people, const char *name, const Person **ret) {
        size_t n = people_match(people, name, ret);

        if (n == 1)
                return STATUS_DONE;
        if (n > 1)
                output_error(call->out, "\"%s\" fits more than one person; give more of the name.",
                        name);
        else
                output_error(call->out,
                        "Nobody here is called \"%s\"; `nocontact list` shows who is.", name);
        return STATUS_FAILED;
}

Status call_person(Call *call, const char *name, People *ret_people, const Person **ret) {
        _cleanup_free_ char *names = NULL;
        int r;

        r = client_list_people(call->client, ret_people);
        if (r < 0)
                return call_failed(call, r);
        if (name)
                return person_by_name(call, ret_people, name, ret);
        if (ret_people->n == 1) {
                *ret = &ret_people->items[0];
                return STATUS_DONE;
        }
        if (ret_people->n == 0) {
                output_error(call->out,
                        "Nobody is here yet; `nocontact begin NAME` adds a person and begins.");
                return STATUS_FAILED;
        }
        names = names_of(ret_people);
        if (!names)
                return call_failed(call, -ENOMEM);
        return call_misused(call, "Say whom it is about: %s.", names);
}

/* --- help ------------------------------------------------------------------------------------ */

/* Prints paragraphs that are parted by line breaks. */
static void print_paragraphs(Output *o, const char *text) {
        while (*text) {
                size_t len = strcspn(text, "\n");

                output_line(o, STYLE_PLAIN, "%.*s", (int)len, text);
                text += len;
                text += *text == '\n';
        }
}

void command_print_help(Output *o, const Command *command) {
        _cleanup_(grid_done) Grid grid = {.columns = 2, .wrap = true, .indent = 2};

        output_line(o, STYLE_STRONG, "nocontact %s%s%s", command->name,
                command->usage[0] ? " " : "", command->usage);
        output_blank(o);
        output_line(o, STYLE_PLAIN, "%s", command->summary);
        if (command->about) {
                output_blank(o);
                print_paragraphs(o, command->about);
        }
        output_blank(o);
        for (const Option *option = command->options; option && option->name; option++) {
                if (option->value)
                        grid_cell(&grid, STYLE_PLAIN, "--%s %s", option->name, option->value);
                else
                        grid_cell(&grid, STYLE_PLAIN, "--%s", option->name);
                grid_cell(&grid, STYLE_PLAIN, "%s", option->help);
        }
        grid_cell(&grid, STYLE_PLAIN, "--help");
        grid_cell(&grid, STYLE_PLAIN, "show this");
        output_grid(o, &grid);
}
