/* SPDX-License-Identifier: GPL-3.0-or-later */

/* nocontact, the command line: picks the verb, has its arguments read, runs it, and ends with
 * its exit status. help and version are here, since they need the table of verbs and no daemon. */

#include "cli/commands/commands.h"

#include <errno.h>

static Status help_run(Call *call);
static Status version_run(Call *call);

static const Command command_help = {
        .name = "help",
        .usage = "[VERB]",
        .summary = "Show the verbs, or how one is used.",
        .max_words = 1,
        .run = help_run,
};

static const Command command_version = {
        .name = "version",
        .usage = "",
        .summary = "Show the version.",
        .run = version_run,
};

/* Every verb, in the order in which help shows them. */
static const Command *const commands[] = {
        &command_begin,
        &command_status,
        &command_urge,
        &command_relapse,
        &command_attempts,
        &command_stats,
        &command_report,
        &command_log,
        &command_correct,
        &command_why,
        &command_add,
        &command_remove,
        &command_block,
        &command_list,
        &command_plan,
        &command_reasons,
        &command_support,
        &command_holds,
        &command_pass,
        &command_limited,
        &command_extend,
        &command_end,
        &command_pending,
        &command_regime,
        &command_cool_down,
        &command_key,
        &command_open,
        &command_close,
        &command_browsers,
        &command_doctor,
        &command_help,
        &command_version,
        NULL,
};

static const Command *command_find(const Command *const *table, const char *name) {
        for (; *table; table++)
                if (streq((*table)->name, name))
                        return *table;
        return NULL;
}

static Status unknown_verb(Output *o, const char *name) {
        output_error(o, "There is no verb \"%s\"; `nocontact help` shows them.", name);
        return STATUS_USAGE;
}

static void print_overview(Call *call) {
        _cleanup_(grid_done) Grid grid = {.columns = 2, .wrap = true, .indent = 2};
        Output *o = call->out;

        output_line(o, STYLE_STRONG, "nocontact VERB ...");
        output_blank(o);
        output_line(o, STYLE_PLAIN, "Keeps your decision not to contact somebody, for a while.");
        output_blank(o);
        for (const Command *const *c = call->commands; *c; c++) {
                grid_cell(&grid, STYLE_PLAIN, "%s", (*c)->name);
                grid_cell(&grid, STYLE_PLAIN, "%s", (*c)->summary);
        }
        output_grid(o, &grid);
        output_blank(o);
        output_line(o, STYLE_PLAIN,
                "`nocontact help VERB` says more about each. The exit status is 0 when it is done, 1 when it failed, 2 for wrong usage, and 3 when a commitment holds.");
}

static Status help_run(Call *call) {
        const char *name = call_word(call, 0);
        const Command *command;

        if (!name) {
                print_overview(call);
                return STATUS_DONE;
        }
        command = command_find(call->commands, name);
        if (!command)
                return unknown_verb(call->out, name);
        command_print_help(call->out, command);
        return STATUS_DONE;
}

static Status version_run(Call *call) {
        output_line(call->out, STYLE_PLAIN, "nocontact %s", NOCONTACT_VERSION);
        return STATUS_DONE;
}

/* "--help" and "--version" in place of a verb mean the verbs of that name. */
static const char *verb_of(const char *arg) {
        static const struct {
                const char *option, *verb;
        } names[] = {
                {"--help", "help"},
                {"-h", "help"},
                {"--version", "version"},
                {"-V", "version"},
        };

        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                if (streq(names[i].option, arg))
                        return names[i].verb;
        return arg;
}

static Status run(Output *o, int argc, char **argv) {
        _cleanup_(client_freep) Client *client = NULL;
        _cleanup_(call_done) Call call = {.commands = commands, .out = o};
        Status status;

        if (argc < 2) {
                output_error(o, "Say what to do; `nocontact help` shows the verbs.");
                return STATUS_USAGE;
        }
        call.command = command_find(commands, verb_of(argv[1]));
        if (!call.command)
                return unknown_verb(o, argv[1]);
        if (client_new(&client) < 0) {
                output_error(o, "There is not enough memory.");
                return STATUS_FAILED;
        }
        call.client = client;
        status = call_parse(&call, argc - 2, argv + 2);
        if (status != STATUS_DONE)
                return status;
        if (call.help) {
                command_print_help(o, call.command);
                return STATUS_DONE;
        }
        return call.command->run(&call);
}

int main(int argc, char **argv) {
        Output o;
        Status status;
        int r;

        output_init(&o);
        status = run(&o, argc, argv);
        r = output_finish(&o);
        if (r < 0) {
                output_error(&o, "The output could not be written: %s.", strerror(-r));
                return STATUS_FAILED;
        }
        return (int)status;
}
