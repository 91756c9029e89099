/* SPDX-License-Identifier: GPL-3.0-or-later */

/* People, the ways to them, and how long: add, remove, extend, end. What loosens may wait; that
 * is the daemon's to say. */

#include "cli/commands/commands.h"
#include "cli/shapes.h"
#include "common/buffer.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

#include <errno.h>

unsigned identities_given(const Call *call) {
        unsigned n = 0;

        for (size_t i = 0; i < call->n_given; i++)
                n += call->given[i].option->identity != NULL;
        return n;
}

Status identities_check(Call *call, const char *name) {
        _cleanup_free_ char *canonical = NULL;
        int r;

        if (name) {
                r = client_check_identity(call->client, "name", name, &canonical);
                if (r < 0 && streq(client_error_name(call->client), NC_ERROR_INVALID_ARGUMENT))
                        return call_misused(
                                call, "\"%s\": %s", name, client_error_message(call->client));
                if (r < 0)
                        return call_failed(call, r);
        }
        for (size_t i = 0; i < call->n_given; i++) {
                const Given *given = &call->given[i];
                _cleanup_free_ char *checked = NULL;

                if (!given->option->identity)
                        continue;
                r = client_check_identity(
                        call->client, given->option->identity, given->value, &checked);
                if (r < 0 && streq(client_error_name(call->client), NC_ERROR_INVALID_ARGUMENT))
                        return call_misused(call, "--%s \"%s\": %s", given->option->name,
                                given->value, client_error_message(call->client));
                if (r < 0)
                        return call_failed(call, r);
        }
        return STATUS_DONE;
}

Status identities_add(Call *call, const char *person, unsigned *ret_n) {
        *ret_n = 0;
        for (size_t i = 0; i < call->n_given; i++) {
                const Given *given = &call->given[i];
                int r;

                if (!given->option->identity)
                        continue;
                r = client_add_identity(
                        call->client, person, given->option->identity, given->value);
                if (r < 0 && streq(client_error_name(call->client), NC_ERROR_ALREADY_EXISTS))
                        continue;
                if (r < 0)
                        return call_failed(call, r);
                (*ret_n)++;
        }
        return STATUS_DONE;
}

/* The values of one kind with commas between them; `first` goes in front of the others. */
static int values_of(const Identities *ids, const char *kind, const char *first, Buffer *ret) {
        if (first)
                (void)buffer_puts(ret, first);
        for (size_t i = 0; i < ids->n; i++) {
                const Identity *id = &ids->items[i];

                if (!streq(id->kind, kind) || (first && streq(id->value, first)))
                        continue;
                (void)buffer_printf(ret, "%s%s", ret->len > 0 ? ", " : "", id->value);
        }
        return ret->error;
}

Status identities_print(Call *call, const char *person, const char *name) {
        static const char *const kinds[] = {
                "name", "phone", "email", "handle", "profile", "domain", "platform", "app"};
        _cleanup_(identities_done) Identities ids = {0};
        _cleanup_(grid_done) Grid grid = {.columns = 2, .wrap = true, .indent = 2};
        int r;

        r = client_list_identities(call->client, person, &ids);
        if (r < 0)
                return call_failed(call, r);
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
                _cleanup_(buffer_done) Buffer values = {0};

                r = values_of(&ids, kinds[k], streq(kinds[k], "name") ? name : NULL, &values);
                if (r < 0)
                        return call_failed(call, r);
                if (values.len == 0)
                        continue;
                grid_cell(&grid, STYLE_QUIET, "%s", kinds[k]);
                grid_cell(&grid, STYLE_PLAIN, "%s", values.data);
        }
        output_grid(call->out, &grid);
        return STATUS_DONE;
}

Status mode_check(Call *call) {
        const char *mode = call_value(call, "mode", "full");

        if (streq(mode, "full") || streq(mode, "limited"))
                return STATUS_DONE;
        return call_misused(call, "--mode is full or limited, not \"%s\".", mode);
}

Status mode_agrees(Call *call, const Person *person) {
        const char *mode = call_value(call, "mode", person->mode);

        if (streq(mode, person->mode))
                return STATUS_DONE;
        output_error(call->out, "%s is here already, in %s mode; nothing was changed.",
                person->name, person->mode);
        return STATUS_FAILED;
}

/* --- add ------------------------------------------------------------------------------------- */

/* Finds whom `add` means, or adds them. A name that nobody has is a new person; the beginning of
 * a name is enough when there is something to add to it, unless --mode speaks of a new person. */
static Status add_find(Call *call, char **ret_path, char **ret_name, bool *ret_new) {
        const char *name = call_word(call, 0), *mode = call_value(call, "mode", "full");
        _cleanup_(people_done) People people = {0};
        const Person *person = NULL;
        Status status;
        int r;

        if (!name) {
                status = call_person(call, NULL, &people, &person);
                if (status != STATUS_DONE)
                        return status;
        } else {
                r = client_list_people(call->client, &people);
                if (r < 0)
                        return call_failed(call, r);
                person = people_find(&people, name);
                if (!person && identities_given(call) > 0 && !call_has(call, "mode"))
                        (void)people_match(&people, name, &person);
        }
        *ret_new = !person;
        *ret_name = strdup(person ? person->name : name);
        if (!*ret_name)
                return call_failed(call, -ENOMEM);
        if (!person) {
                r = client_add_person(call->client, name, mode, ret_path);
                return r < 0 ? call_failed(call, r) : STATUS_DONE;
        }
        status = mode_agrees(call, person);
        if (status != STATUS_DONE)
                return status;
        *ret_path = strdup(person->path);
        return *ret_path ? STATUS_DONE : call_failed(call, -ENOMEM);
}

/* Says what `add` did. */
static void add_tell(Call *call, const char *name, bool is_new, unsigned n) {

        if (is_new)
                output_line(call->out, STYLE_STRONG,
                        "%s is here now. Nothing is promised yet: `nocontact begin \"%s\"` begins.",
                        name, name);
        else if (n == 0)
                output_line(call->out, STYLE_PLAIN, "%s: all of that was here already.", name);
        else
                output_line(call->out, STYLE_PLAIN, "%s: %u added.", name, n);
}

static Status add_run(Call *call) {
        const char *name = call_word(call, 0);
        _cleanup_free_ char *path = NULL, *whole_name = NULL;
        bool is_new = false;
        unsigned n = 0;
        Status status;

        status = mode_check(call);
        if (status == STATUS_DONE && !name && identities_given(call) == 0)
                status = call_misused(call, "Say what to add.");
        if (status == STATUS_DONE)
                status = identities_check(call, name);
        if (status == STATUS_DONE)
                status = add_find(call, &path, &whole_name, &is_new);
        if (status != STATUS_DONE)
                return status;

        status = identities_add(call, path, &n);
        if (status != STATUS_DONE) {
                if (is_new || n > 0)
                        output_error(call->out,
                                "What came before stands%s; the same command can be given again.",
                                is_new ? ", the person too" : "");
                return status;
        }
        add_tell(call, whole_name, is_new, n);
        return identities_print(call, path, whole_name);
}

static const Option add_options[] = {IDENTITY_OPTIONS, OPTION_MODE, {0}};

const Command command_add = {
        .name = "add",
        .usage = "[PERSON] [--phone NUMBER] [--profile URL] ...",
        .summary = "Add a person, or more ways to one.",
        .about =
                "A name that is not here yet is a new person. PERSON can be left out when there is one person.\n"
                "What is added counts at once. For ten minutes it can be taken back with `nocontact remove`.",
        .options = add_options,
        .max_words = 1,
        .run = add_run,
};

/* --- remove ---------------------------------------------------------------------------------- */

Status change_tell(Call *call, uint64_t due, const char *done) {
        if (call_has(call, "json")) {
                json_t *json = json_pack("{s:o}", "due", shape_time(due));

                output_json(call->out, json);
                json_decref(json);
                return due == 0 ? STATUS_DONE : STATUS_HELD;
        }
        if (due != 0)
                return call_held(call, due);
        output_line(call->out, STYLE_PLAIN, "%s", done);
        return STATUS_DONE;
}

static Status remove_identities(Call *call, const Person *person) {
        uint64_t last_due = 0;

        for (size_t i = 0; i < call->n_given; i++) {
                const Given *given = &call->given[i];
                uint64_t due = 0;
                int r;

                if (!given->option->identity)
                        continue;
                r = client_remove_identity(
                        call->client, person->path, given->option->identity, given->value, &due);
                if (r < 0) {
                        Status status = call_failed(call, r);

                        output_error(call->out, "That was --%s \"%s\"; what came before it stands.",
                                given->option->name, given->value);
                        return status;
                }
                last_due = MAX(last_due, due);
        }
        return change_tell(call, last_due, "Taken away.");
}

static Status remove_run(Call *call) {
        const char *name = call_word(call, 0);
        _cleanup_(people_done) People people = {0};
        const Person *person;
        uint64_t due = 0;
        Status status;
        int r;

        /* a whole person is never taken away by leaving something out */
        if (!name && identities_given(call) == 0)
                return call_misused(call, "Say what or whom to take away.");
        status = identities_check(call, NULL);
        if (status == STATUS_DONE)
                status = call_person(call, name, &people, &person);
        if (status != STATUS_DONE)
                return status;
        if (identities_given(call) > 0)
                return remove_identities(call, person);

        r = client_remove_person(call->client, person->path, &due);
        if (r < 0)
                return call_failed(call, r);
        return change_tell(call, due, "Taken away. The ledger keeps what it recorded.");
}

static const Option remove_options[] = {IDENTITY_OPTIONS, OPTION_JSON, {0}};

const Command command_remove = {
        .name = "remove",
        .usage = "[PERSON] [--phone NUMBER] [--profile URL] ...",
        .summary = "Take ways to a person away, or the whole person.",
        .about =
                "Without options the whole person is taken away; then PERSON must be given.\n"
                "While a commitment runs this waits for the cool-down (24 hours at least), can be seen with `nocontact pending`, and the exit status is 3. What was added within the last ten minutes goes at once.",
        .options = remove_options,
        .max_words = 1,
        .run = remove_run,
};

/* --- extend, end ----------------------------------------------------------------------------- */

static Status extend_tell(Call *call, const char *path, const char *what) {
        _cleanup_(people_done) People people = {0};
        char ends[TIME_TEXT_SPACE];
        int r;

        r = client_list_people(call->client, &people);
        if (r < 0)
                return call_failed(call, r);
        for (size_t i = 0; i < people.n; i++) {
                const Person *p = &people.items[i];

                if (!streq(p->path, path))
                        continue;
                if (call_has(call, "json")) {
                        json_t *json = json_pack("{s:o}", "ends", shape_time(p->ends_usec));

                        output_json(call->out, json);
                        json_decref(json);
                } else {
                        output_line(call->out, STYLE_PLAIN, "%s: until %s.", what,
                                time_format_local(ends, sizeof(ends), p->ends_usec));
                }
        }
        return STATUS_DONE;
}

/* How many days to add; 0 for --undo, which takes none. */
static Status extend_days(Call *call, uint64_t *ret) {
        const char *days = call_word(call, 0);

        if (!call_has(call, "undo"))
                return days ? call_number(call, "DAYS", days, 1, NC_LIMIT_DAYS, ret)
                            : call_misused(call, "Say how many days to add.");
        *ret = 0;
        return days ? call_misused(call, "--undo takes no number of days.") : STATUS_DONE;
}

static Status extend_run(Call *call) {
        _cleanup_(people_done) People people = {0};
        const Person *person;
        uint64_t days = 0;
        Status status;
        int r;

        status = extend_days(call, &days);
        if (status == STATUS_DONE)
                status = call_person(call, call_value(call, "person", NULL), &people, &person);
        if (status != STATUS_DONE)
                return status;
        r = days > 0 ? client_extend(call->client, person->path, (uint32_t)days)
                     : client_undo_extend(call->client, person->path);
        if (r < 0)
                return call_failed(call, r);
        return extend_tell(call, person->path, days > 0 ? "Extended" : "As it was");
}

static const Option extend_options[] = {
        {"undo", NULL, "take the last lengthening back, within ten minutes of it", NULL},
        OPTION_PERSON,
        OPTION_JSON,
        {0},
};

const Command command_extend = {
        .name = "extend",
        .usage = "DAYS | --undo",
        .summary = "Lengthen a commitment, at once.",
        .about = "One that has run out goes on from now.",
        .options = extend_options,
        .max_words = 1,
        .run = extend_run,
};

static Status end_run(Call *call) {
        _cleanup_(people_done) People people = {0};
        const Person *person;
        uint64_t due = 0;
        Status status;
        int r;

        status = call_person(call, call_word(call, 0), &people, &person);
        if (status != STATUS_DONE)
                return status;
        r = client_request_end(call->client, person->path, &due);
        if (r < 0)
                return call_failed(call, r);
        return change_tell(call, due, "The commitment has ended.");
}

static const Option end_options[] = {OPTION_JSON, {0}};

const Command command_end = {
        .name = "end",
        .usage = "[PERSON]",
        .summary = "End a commitment before its time.",
        .about =
                "While it runs this waits for the cool-down (24 hours at least), can be seen and taken back with `nocontact pending`, and the exit status is 3. One that began within the last ten minutes, or has run out, ends at once.",
        .options = end_options,
        .max_words = 1,
        .run = end_run,
};
