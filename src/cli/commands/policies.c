/* SPDX-License-Identifier: GPL-3.0-or-later */

/* browsers policies: the browsers' own managed policies, on, off, and how they stand. What becomes
 * public by them is said before they are turned on. */

#include "cli/commands/commands.h"

#include <stdio.h>
#include <unistd.h>

static const char warning[] =
        "Anyone who uses this computer can then read in /etc which pages are blocked, and they are blocked for everybody on it.\n"
        "A browser shows that by a page of its own, which speaks of an organization. Without the extension such a visit leaves no trace here.\n";

/* On the terminal, or by --yes. */
static Status agreed(Call *call) {
        _cleanup_free_ char *line = NULL;
        size_t space = 0;
        ssize_t n;

        if (call_has(call, "yes"))
                return STATUS_DONE;
        output_prompt(call->out, warning);
        if (!isatty(STDIN_FILENO))
                return call_misused(call, "That is turned on with --yes, or from a terminal.");
        output_prompt(call->out, "Turn it on? [y/N] ");
        n = getline(&line, &space, stdin);
        if (n > 0 && (line[0] == 'y' || line[0] == 'Y'))
                return STATUS_DONE;
        output_line(call->out, STYLE_PLAIN, "Nothing was changed.");
        return STATUS_FAILED;
}

static Status turn(Call *call, bool on, const char *done) {
        uint64_t due = 0;
        int r = client_set_policies(call->client, on, &due);

        return r < 0 ? call_failed(call, r) : change_tell(call, due, done);
}

static Status policies_on(Call *call) {
        Status status = agreed(call);

        if (status != STATUS_DONE)
                return status;
        return turn(call, true,
                "On. `nocontact browsers policies` says how it stands; for ten minutes \"off\" takes this back at once. Restart Firefox once.");
}

static Status policies_off(Call *call) {
        return turn(call, false,
                "Off. What a browser that runs has read it forgets when it is started anew.");
}

static Status policies_status(Call *call) {
        _cleanup_(overview_done) Overview overview = {0};
        _cleanup_(regime_done) Regime regime = {0};
        const char *state = "off", *detail = "";
        int r;

        r = client_regime(call->client, &regime);
        if (r >= 0)
                r = client_overview(call->client, &overview);
        if (r < 0)
                return call_failed(call, r);
        for (size_t i = 0; i < overview.n_layers; i++)
                if (streq(overview.layers[i].name, "policies")) {
                        state = overview.layers[i].state;
                        detail = overview.layers[i].detail;
                }
        if (call_has(call, "json")) {
                json_t *json = json_pack("{s:b, s:s, s:s}", "on", (int)regime.policies, "state",
                        state, "detail", detail);

                output_json(call->out, json);
                json_decref(json);
                return STATUS_DONE;
        }
        output_line(call->out, STYLE_PLAIN, "%s: %s", state, detail);
        return STATUS_DONE;
}

Status browsers_policies(Call *call) {
        static const struct {
                const char *name;
                Status (*run)(Call *call);
        } actions[] = {
                {"on", policies_on},
                {"off", policies_off},
                {"status", policies_status},
        };
        const char *word = call_word(call, 1);

        for (size_t i = 0; i < ARRAY_LEN(actions); i++)
                if (streq(actions[i].name, word ? word : "status"))
                        return actions[i].run(call);
        return call_misused(call, "policies can be on, off or status, not \"%s\".", word);
}
