/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The hours of limited contact. What hours are, and whether these may count now, the daemon says.
 */

#include "cli/commands/commands.h"

#include "cli/shapes.h"
#include "common/buffer.h"

#include <errno.h>
#include <strings.h>

#define ANY_TIME "always"

/* The words behind the name, as one text: the shell has parted what was not quoted. NULL when
 * memory is out. */
static char *hours_text(const Call *call) {
        _cleanup_(buffer_done) Buffer text = {0};

        for (size_t i = 1; i < call->n_words; i++)
                (void)buffer_printf(&text, "%s%s", i > 1 ? " " : "", call->words[i]);
        return buffer_take(&text);
}

static Status limited_show(Call *call, const Person *p) {
        const char *hours = p->hours ? p->hours : "";

        if (call_has(call, "json")) {
                json_t *json = json_pack(
                        "{s:s, s:s, s:s}", "person", p->name, "mode", p->mode, "hours", hours);

                output_json(call->out, json);
                json_decref(json);
        } else if (!streq(p->mode, "limited")) {
                output_line(call->out, STYLE_PLAIN,
                        "With %s there is no contact; hours are for limited contact.", p->name);
        } else {
                output_line(call->out, STYLE_PLAIN, "What comes from %s is shown %s.", p->name,
                        hours[0] != '\0' ? hours : "at any time");
        }
        return STATUS_DONE;
}

static Status limited_set(Call *call, const Person *p) {
        _cleanup_free_ char *hours = hours_text(call);
        uint64_t due = 0;
        int r;

        if (hours && hours[0] == '\0')
                return call_misused(call, "Say which hours, or " ANY_TIME ".");
        r = hours ? client_set_hours(call->client, p->path,
                            strcasecmp(hours, ANY_TIME) == 0 ? "" : hours, &due)
                  : -ENOMEM;
        if (r < 0)
                return call_failed(call, r);
        return change_tell(call, due, "So be it.");
}

static Status limited_run(Call *call) {
        _cleanup_(people_done) People people = {0};
        const Person *person;
        Status status;

        status = call_person(call, call_word(call, 0), &people, &person);
        if (status != STATUS_DONE)
                return status;
        return call->n_words > 1 ? limited_set(call, person) : limited_show(call, person);
}

static const Option limited_options[] = {OPTION_JSON, {0}};

const Command command_limited = {
        .name = "limited",
        .usage = "PERSON [HOURS | always]",
        .summary = "Show or set the hours in which limited contact may come.",
        .about =
                "HOURS are some days and a time of day, up to seven of them, such as \"mon-fri 09:00-18:00, sat 10:00-12:00\"; every day when none is named. None may pass midnight.\n"
                "What comes outside of them is held, and one notification tells how many there are when they begin. It can be read at any time with `nocontact holds`.\n"
                "Fewer hours count at once, and can be taken back for ten minutes. Others wait for the cool-down while a commitment runs.",
        .options = limited_options,
        .min_words = 1,
        .max_words = 64,
        .wanted = "Say whose hours.",
        .run = limited_run,
};
