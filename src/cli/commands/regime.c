/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is shut as a whole, and how strict loosening is: block, open, close, cool-down, key, regime.
 * The rules are the daemon's. */

#include "cli/commands/commands.h"
#include "cli/shapes.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

/* --- block ----------------------------------------------------------------------------------- */

static Status block_list(Call *call, const Person *person) {
        _cleanup_(identities_done) Identities ids = {0};
        json_t *list = json_array();
        unsigned n = 0;
        int r;

        r = client_list_identities(call->client, person->path, &ids);
        for (size_t i = 0; list && i < ids.n; i++)
                if (streq(ids.items[i].kind, "platform"))
                        (void)json_array_append_new(list, json_string(ids.items[i].value));
        n = (unsigned)json_array_size(list);
        if (r < 0) {
                json_decref(list);
                return call_failed(call, r);
        }
        if (call_has(call, "json"))
                output_json(call->out, list);
        else if (n == 0)
                output_line(call->out, STYLE_PLAIN,
                        "No platform is blocked as a whole. `nocontact block instagram` would block one.");
        else
                for (size_t i = 0; i < n; i++)
                        output_line(call->out, STYLE_PLAIN, "%s",
                                json_string_value(json_array_get(list, i)));
        json_decref(list);
        return STATUS_DONE;
}

static Status block_run(Call *call) {
        const char *platform = call_word(call, 0);
        _cleanup_free_ char *canonical = NULL;
        _cleanup_(people_done) People people = {0};
        const Person *person;
        Status status;
        int r;

        status = call_person(call, call_value(call, "person", NULL), &people, &person);
        if (status != STATUS_DONE)
                return status;
        if (!platform)
                return block_list(call, person);
        r = client_check_identity(call->client, "platform", platform, &canonical);
        if (r < 0 && streq(client_error_name(call->client), NC_ERROR_INVALID_ARGUMENT))
                return call_misused(
                        call, "\"%s\": %s", platform, client_error_message(call->client));
        if (r >= 0)
                r = client_add_identity(call->client, person->path, "platform", platform);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json")) {
                json_t *json = json_pack("{s:s}", "platform", canonical);

                output_json(call->out, json);
                json_decref(json);
                return STATUS_DONE;
        }
        output_line(call->out, STYLE_PLAIN,
                "%s is blocked as a whole now, for all of this computer. `nocontact remove --platform %s` takes that back, at once for ten minutes.",
                canonical, canonical);
        return STATUS_DONE;
}

static const Option block_options[] = {OPTION_PERSON, OPTION_JSON, {0}};

const Command command_block = {
        .name = "block",
        .usage = "[PLATFORM] [--person PERSON]",
        .summary = "Block a whole platform, or show which are blocked.",
        .about =
                "PLATFORM is a name such as instagram. Nobody's pages on it open any more, yours included, while the commitment lasts.\n"
                "It needs nocontact-enforcer, and the names of its hosts can be read by everybody in /etc/hosts.",
        .options = block_options,
        .max_words = 1,
        .run = block_run,
};

/* --- open, close ----------------------------------------------------------------------------- */

static Status open_run(Call *call) {
        char until_text[TIME_TEXT_SPACE];
        uint64_t minutes, until = 0;
        Status status;
        int r;

        status = call_number(call, "--minutes", call_value(call, "minutes", "10"), 1,
                NC_EXCEPTION_MINUTES, &minutes);
        if (status != STATUS_DONE)
                return status;
        r = client_except(call->client, call_word(call, 0), (uint32_t)minutes, &until);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json")) {
                json_t *json = json_pack("{s:o}", "until", shape_time(until));

                output_json(call->out, json);
                json_decref(json);
                return STATUS_DONE;
        }
        output_line(call->out, STYLE_PLAIN,
                "%s is open until %s, and shuts by itself. `nocontact close %s` shuts it earlier.",
                call_word(call, 0), time_format_local(until_text, sizeof(until_text), until),
                call_word(call, 0));
        return STATUS_DONE;
}

static const Option open_options[] = {
        {"minutes", "N", "for how long, 1 to 30; 10 when it is not given", NULL},
        OPTION_JSON,
        {0},
};

const Command command_open = {
        .name = "open",
        .usage = "PLATFORM|DOMAIN [--minutes N]",
        .summary = "Open one blocked platform or domain for some minutes.",
        .about =
                "For what cannot wait. It opens that one and nothing else, it is recorded, and there are three; one comes back each day. A page of theirs that you see meanwhile counts as ever.",
        .options = open_options,
        .min_words = 1,
        .max_words = 1,
        .wanted = "Say what to open.",
        .run = open_run,
};

static Status close_run(Call *call) {
        int r;

        r = client_end_exception(call->client, call_word(call, 0));
        if (r < 0)
                return call_failed(call, r);
        output_line(call->out, STYLE_PLAIN, "%s is shut again.", call_word(call, 0));
        return STATUS_DONE;
}

const Command command_close = {
        .name = "close",
        .usage = "PLATFORM|DOMAIN",
        .summary = "Shut again what `open` opened.",
        .min_words = 1,
        .max_words = 1,
        .wanted = "Say what to shut.",
        .run = close_run,
};

/* --- cool-down ------------------------------------------------------------------------------- */

static Status cool_down_run(Call *call) {
        uint64_t hours, due = 0;
        Status status;
        int r;

        status = call_number(call, "HOURS", call_word(call, 0), NC_COOL_DOWN_HOURS,
                NC_COOL_DOWN_HOURS_MAX, &hours);
        if (status != STATUS_DONE)
                return status;
        r = client_set_cool_down(call->client, hours * USEC_PER_HOUR, &due);
        if (r < 0)
                return call_failed(call, r);
        return change_tell(call, due, "So be it.");
}

static const Option cool_down_options[] = {OPTION_JSON, {0}};

const Command command_cool_down = {
        .name = "cool-down",
        .usage = "HOURS",
        .summary = "Set how long a loosening waits, 24 hours at least.",
        .about =
                "Longer counts at once. Shorter waits for as long as the cool-down is now, while a commitment runs.",
        .options = cool_down_options,
        .min_words = 1,
        .max_words = 1,
        .wanted = "Say how many hours.",
        .run = cool_down_run,
};

/* --- key ------------------------------------------------------------------------------------- */

/* Reads one line without showing it. Returns a text that the caller wipes and frees, or NULL. */
static char *read_secret(Call *call, const char *prompt) {
        bool terminal = isatty(STDIN_FILENO) != 0;
        struct termios shown, hidden;
        char *line = NULL;
        size_t space = 0;
        ssize_t n;

        if (terminal && tcgetattr(STDIN_FILENO, &shown) == 0) {
                hidden = shown;
                hidden.c_lflag &= ~(tcflag_t)ECHO;
                output_prompt(call->out, prompt);
                (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
                n = getline(&line, &space, stdin);
                (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
                output_prompt(call->out, "\n");
        } else {
                n = getline(&line, &space, stdin);
        }
        if (n <= 0) {
                free(line);
                return NULL;
        }
        if (line[n - 1] == '\n')
                line[n - 1] = '\0';
        return line;
}

static void secret_freep(char **secret) {
        if (*secret)
                explicit_bzero(*secret, strlen(*secret));
        free(*secret);
}

static Status key_set(Call *call) {
        _cleanup_(secret_freep) char *once = NULL, *twice = NULL;
        int r;

        once = read_secret(call, "Your friend's passphrase: ");
        if (!once || *once == '\0')
                return call_misused(call, "A passphrase is wanted, on a line of its own.");
        if (isatty(STDIN_FILENO)) {
                twice = read_secret(call, "Once more: ");
                if (!twice || !streq(once, twice)) {
                        output_error(call->out, "The two are not the same; nothing was changed.");
                        return STATUS_FAILED;
                }
        }
        r = client_set_key(call->client, once);
        if (r < 0)
                return call_failed(call, r);
        output_line(call->out, STYLE_PLAIN,
                "Kept. From now on a loosening needs your friend. For ten minutes `nocontact key clear` takes this back.");
        return STATUS_DONE;
}

static Status key_clear(Call *call) {
        uint64_t due = 0;
        int r;

        r = client_clear_key(call->client, &due);
        if (r < 0)
                return call_failed(call, r);
        return change_tell(call, due, "The key is gone.");
}

static Status key_unlock(Call *call) {
        _cleanup_(secret_freep) char *secret = NULL;
        char until_text[TIME_TEXT_SPACE];
        uint64_t until = 0;
        int r;

        secret = read_secret(call, "Your friend's passphrase: ");
        if (!secret)
                return call_misused(call, "The passphrase is wanted, on a line of its own.");
        r = client_unlock(call->client, secret, &until);
        if (r < 0)
                return call_failed(call, r);
        output_line(call->out, STYLE_PLAIN, "A loosening can be asked for until %s.",
                time_format_local(until_text, sizeof(until_text), until));
        return STATUS_DONE;
}

static Status key_run(Call *call) {
        static const struct {
                const char *name;
                Status (*run)(Call *call);
        } actions[] = {
                {"set", key_set},
                {"clear", key_clear},
                {"unlock", key_unlock},
        };

        for (size_t i = 0; i < ARRAY_LEN(actions); i++)
                if (streq(actions[i].name, call_word(call, 0)))
                        return actions[i].run(call);
        return call_misused(call, "key can set, clear or unlock, not \"%s\".", call_word(call, 0));
}

static const Option key_options[] = {OPTION_JSON, {0}};

const Command command_key = {
        .name = "key",
        .usage = "set | unlock | clear",
        .summary = "Have a friend keep a second key to loosening.",
        .about =
                "With `key set` your friend types a passphrase. While a commitment runs, a loosening is taken only within five minutes of `key unlock`, and waits for the cool-down all the same.\n"
                "When the commitment has run out the key is not asked for any more. The passphrase is read from the terminal, or from standard input.",
        .options = key_options,
        .min_words = 1,
        .max_words = 1,
        .wanted = "Say set, unlock or clear.",
        .run = key_run,
};

/* --- regime ---------------------------------------------------------------------------------- */

static json_t *regime_json(const Regime *regime) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < regime->n_exceptions; i++)
                (void)json_array_append_new(
                        list, json_pack("{s:s, s:o}", "target", regime->exceptions[i].target,
                                      "until", shape_time(regime->exceptions[i].until_usec)));
        return json_pack("{s:I, s:b, s:o, s:I, s:o, s:o}", "cool_down_hours",
                (json_int_t)(regime->cool_down_usec / USEC_PER_HOUR), "key", (int)regime->key_set,
                "unlocked_until", shape_time(regime->unlocked_usec), "exceptions_left",
                (json_int_t)regime->exceptions_left, "next_exception",
                shape_time(regime->next_exception_usec), "exceptions", list);
}

static void print_regime(Output *o, const Regime *regime) {
        _cleanup_(grid_done) Grid grid = {.columns = 2, .wrap = true};
        char words[WORDS_SPACE], when[TIME_TEXT_SPACE];

        grid_cell(&grid, STYLE_QUIET, "Cool-down");
        grid_cell(&grid, STYLE_PLAIN, "%s",
                words_count(words, regime->cool_down_usec / USEC_PER_HOUR, "hour", "hours"));
        grid_cell(&grid, STYLE_QUIET, "Key");
        if (regime->unlocked_usec > 0)
                grid_cell(&grid, STYLE_PLAIN, "unlocked until %s",
                        time_format_local(when, sizeof(when), regime->unlocked_usec));
        else
                grid_cell(&grid, STYLE_PLAIN, "%s", regime->key_set ? "a friend keeps it" : "none");
        grid_cell(&grid, STYLE_QUIET, "Exceptions");
        if (regime->next_exception_usec > 0)
                grid_cell(&grid, STYLE_PLAIN, "%u left, one more at %s", regime->exceptions_left,
                        time_format_local(when, sizeof(when), regime->next_exception_usec));
        else
                grid_cell(&grid, STYLE_PLAIN, "%u left", regime->exceptions_left);
        for (size_t i = 0; i < regime->n_exceptions; i++) {
                grid_cell(&grid, STYLE_QUIET, "Open");
                grid_cell(&grid, STYLE_PLAIN, "%s until %s", regime->exceptions[i].target,
                        time_format_local(when, sizeof(when), regime->exceptions[i].until_usec));
        }
        output_grid(o, &grid);
}

static Status regime_run(Call *call) {
        _cleanup_(regime_done) Regime regime = {0};
        int r;

        r = client_regime(call->client, &regime);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json")) {
                json_t *json = regime_json(&regime);

                output_json(call->out, json);
                json_decref(json);
                return STATUS_DONE;
        }
        print_regime(call->out, &regime);
        return STATUS_DONE;
}

static const Option regime_options[] = {OPTION_JSON, {0}};

const Command command_regime = {
        .name = "regime",
        .usage = "[--json]",
        .summary = "Show how strict loosening is.",
        .about =
                "Tightening counts at once, loosening waits for the cool-down. This shows how long that is, whether a friend keeps a key, and what is open meanwhile.",
        .options = regime_options,
        .run = regime_run,
};
