/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The user's own sentences: plan, reasons, support. They are shown when an urge or an attempt
 * comes. */

#include "cli/commands/commands.h"
#include "nocontact/bus-names.h"

/* What one of the three verbs says. */
typedef struct Words {
        const char *kind; /* on the bus */
        const char *none; /* when the list is empty */
        const char *added;
} Words;

static Status support_list(Call *call, const Words *words) {
        _cleanup_(grid_done) Grid grid = {.columns = 2, .wrap = true, .indent = 2};
        _cleanup_(items_done) Items items = {0};
        int r;

        r = client_list_support(call->client, words->kind, &items);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json")) {
                json_t *list = json_array();

                for (size_t i = 0; list && i < items.n; i++)
                        (void)json_array_append_new(
                                list, json_pack("{s:I, s:s}", "id", (json_int_t)items.items[i].id,
                                              "text", items.items[i].text));
                output_json(call->out, list);
                json_decref(list);
                return STATUS_DONE;
        }
        if (items.n == 0)
                output_line(call->out, STYLE_PLAIN, "%s", words->none);
        for (size_t i = 0; i < items.n; i++) {
                grid_cell(&grid, STYLE_QUIET, "%llu", (unsigned long long)items.items[i].id);
                grid_cell(&grid, STYLE_PLAIN, "%s", items.items[i].text);
        }
        output_grid(call->out, &grid);
        return STATUS_DONE;
}

static Status support_add(Call *call, const Words *words, const char *text) {
        uint64_t id = 0;
        int r;

        if (!text || *text == '\0')
                return call_misused(call, "Say what to add.");
        if (strlen(text) > NC_LIMIT_SUPPORT_LEN)
                return call_misused(
                        call, "That is too long; %d bytes are the most.", NC_LIMIT_SUPPORT_LEN);
        r = client_add_support(call->client, words->kind, text, &id);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json")) {
                json_t *json = json_pack("{s:I}", "id", (json_int_t)id);

                output_json(call->out, json);
                json_decref(json);
                return STATUS_DONE;
        }
        output_line(call->out, STYLE_PLAIN, "%s", words->added);
        return STATUS_DONE;
}

static bool has_item(const Items *items, uint64_t id) {
        for (size_t i = 0; i < items->n; i++)
                if (items->items[i].id == id)
                        return true;
        return false;
}

static Status support_remove(Call *call, const Words *words, const char *text) {
        _cleanup_(items_done) Items items = {0};
        uint64_t id = 0;
        Status status;
        int r;

        if (!text)
                return call_misused(call, "Say which one to take away.");
        status = call_number(call, "ID", text, 1, UINT64_MAX, &id);
        if (status != STATUS_DONE)
                return status;
        /* ids are shared by the three kinds: `plan remove` must not take a reason away */
        r = client_list_support(call->client, words->kind, &items);
        if (r < 0)
                return call_failed(call, r);
        if (!has_item(&items, id)) {
                output_error(call->out, "`nocontact %s` has no number %llu.", call->command->name,
                        (unsigned long long)id);
                return STATUS_FAILED;
        }
        r = client_remove_support(call->client, id);
        if (r < 0)
                return call_failed(call, r);
        output_line(call->out, STYLE_PLAIN, "Taken away.");
        return STATUS_DONE;
}

static Status support_run(Call *call, const Words *words) {
        static const struct {
                const char *name;
                Status (*run)(Call *call, const Words *words, const char *text);
        } actions[] = {
                {"add", support_add},
                {"remove", support_remove},
        };
        const char *word = call_word(call, 0);

        if (!word)
                return support_list(call, words);
        for (size_t i = 0; i < ARRAY_LEN(actions); i++)
                if (streq(actions[i].name, word))
                        return actions[i].run(call, words, call_word(call, 1));
        return call_misused(call, "%s can add or remove, not \"%s\".", call->command->name, word);
}

static const Option support_options[] = {OPTION_JSON, {0}};

static Status plan_run(Call *call) {
        return support_run(call,
                &(const Words){
                        .kind = "plan",
                        .none = "No plan yet. `nocontact plan add \"If it is late and I want to look, I call Sam.\"`",
                        .added = "Kept. You will see it when you need it.",
                });
}

const Command command_plan = {
        .name = "plan",
        .usage = "[add TEXT | remove ID]",
        .summary = "Show, add or remove if-then plans of yours.",
        .about =
                "A plan names a moment and what you do then: \"If it is late and I want to look, I call Sam.\" It is shown when that moment comes.",
        .options = support_options,
        .max_words = 2,
        .run = plan_run,
};

static Status reasons_run(Call *call) {
        return support_run(call,
                &(const Words){
                        .kind = "reason",
                        .none = "No reason written down yet. `nocontact reasons add \"I want to sleep again.\"`",
                        .added = "Kept.",
                });
}

const Command command_reasons = {
        .name = "reasons",
        .usage = "[add TEXT | remove ID]",
        .summary = "Show, add or remove reasons for your decision.",
        .options = support_options,
        .max_words = 2,
        .run = reasons_run,
};

static Status people_run(Call *call) {
        return support_run(call,
                &(const Words){
                        .kind = "support",
                        .none = "Nobody to call yet. `nocontact support add \"Sam +1 555 0100\"`",
                        .added = "Kept. It is good to have somebody to call.",
                });
}

const Command command_support = {
        .name = "support",
        .usage = "[add TEXT | remove ID]",
        .summary = "Show, add or remove people you can call.",
        .about = "TEXT is a name and a number, such as \"Sam +1 555 0100\".",
        .options = support_options,
        .max_words = 2,
        .run = people_run,
};
