/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What only the user can know goes into the ledger: urge, relapse, correct, why. The answers are
 * facts and a next step, never a judgement. */

#include "cli/commands/commands.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

enum {
        INTENSITY_DEFAULT = 5,
        INTENSITY_MAX = 10,
};

static Status check_length(Call *call, const char *what, const char *text, size_t most) {
        if (strlen(text) <= most)
                return STATUS_DONE;
        return call_misused(call, "%s is too long; %zu bytes are the most.", what, most);
}

static Status check_note(Call *call) {
        return check_length(call, "The note", call_value(call, "note", ""), NC_LIMIT_NOTE_LEN);
}

static void tell_event_json(Call *call, uint64_t event) {
        json_t *json = json_pack("{s:I}", "event", (json_int_t)event);

        output_json(call->out, json);
        json_decref(json);
}

/* The first item of a kind, or NULL; the caller frees. That there is none, or that it cannot be
 * read, does not matter here: what was to be recorded stands. */
static char *first_item(Call *call, const char *kind) {
        _cleanup_(items_done) Items items = {0};

        if (client_list_support(call->client, kind, &items) < 0 || items.n == 0)
                return NULL;
        return TAKE_PTR(items.items[0].text);
}

/* --- urge ------------------------------------------------------------------------------------ */

static void urge_tell(Call *call) {
        _cleanup_free_ char *plan = first_item(call, "plan"), *friend = first_item(call, "support");

        output_line(call->out, STYLE_GOOD, "Noted. You felt it, and you did not follow it.");
        if (plan)
                output_line(call->out, STYLE_PLAIN, "Your plan: %s", plan);
        else
                output_line(call->out, STYLE_PLAIN,
                        "Something else to do helps now: a walk, a glass of water, a song. `nocontact plan add \"If ..., I ...\"` keeps what works for you.");
        if (friend)
                output_line(call->out, STYLE_PLAIN, "You can call %s.", friend);
}

static Status urge_run(Call *call) {
        const char *word = call_word(call, 0);
        _cleanup_(people_done) People people = {0};
        const Person *person;
        uint64_t intensity = INTENSITY_DEFAULT, event = 0;
        Status status = STATUS_DONE;
        int r;

        if (word)
                status = call_number(call, "The intensity", word, 1, INTENSITY_MAX, &intensity);
        if (status == STATUS_DONE)
                status = check_note(call);
        if (status == STATUS_DONE)
                status = call_person(call, call_value(call, "person", NULL), &people, &person);
        if (status != STATUS_DONE)
                return status;

        r = client_record_urge(call->client, person->path, (uint8_t)intensity,
                call_value(call, "note", ""), call_value(call, "why", ""), &event);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json"))
                tell_event_json(call, event);
        else
                urge_tell(call);
        return STATUS_DONE;
}

static const Option urge_options[] = {
        {"note", "TEXT", "what was going on", NULL},
        {"why", "WORD", "the same in one word: " NC_TAGS, NULL},
        OPTION_PERSON,
        OPTION_JSON,
        {0},
};

const Command command_urge = {
        .name = "urge",
        .usage = "[INTENSITY] [--note TEXT] [--why WORD]",
        .summary = "Note an urge that you felt and did not follow.",
        .about =
                "INTENSITY is 1 (faint) to 10 (hardly to bear); 5 when it is left out. An urge never counts against you.",
        .options = urge_options,
        .max_words = 1,
        .run = urge_run,
};

/* --- relapse --------------------------------------------------------------------------------- */

/* What held comes first. `before` is the person as they stood before it was recorded. */
static void relapse_tell(Call *call, const Person *before, uint64_t event) {
        char total[WORDS_SPACE], longest[WORDS_SPACE];
        uint64_t total_days = before->total_usec / USEC_PER_DAY,
                 longest_days = before->longest_usec / USEC_PER_DAY;

        (void)words_count(total, total_days, "contact-free day stays", "contact-free days stay");
        (void)words_count(longest, longest_days, "day", "days");
        if (total_days > 0)
                output_line(call->out, STYLE_GOOD, "Noted. %s yours, %s in a row at best.", total,
                        longest);
        else
                output_line(call->out, STYLE_GOOD, "Noted. Writing it down is part of it.");
        output_line(call->out, STYLE_PLAIN,
                "A new streak begins here. What was going on just before? A plan for that moment helps next time: `nocontact plan add \"If ..., I ...\"`.");
        output_line(call->out, STYLE_QUIET,
                "If this was a mistake: `nocontact correct %llu not-it` within %d hours.",
                (unsigned long long)event, NC_CORRECTION_HOURS);
}

static Status relapse_run(Call *call) {
        const char *channel = call_value(call, "channel", "");
        _cleanup_(people_done) People people = {0};
        const Person *person;
        uint64_t event = 0;
        Status status;
        int r;

        status = check_length(call, "The channel", channel, NC_LIMIT_CHANNEL_LEN);
        if (status == STATUS_DONE)
                status = check_note(call);
        if (status == STATUS_DONE)
                status = call_person(call, call_value(call, "person", NULL), &people, &person);
        if (status != STATUS_DONE)
                return status;

        r = client_record_relapse(
                call->client, person->path, channel, call_value(call, "note", ""), &event);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json"))
                tell_event_json(call, event);
        else
                relapse_tell(call, person, event);
        return STATUS_DONE;
}

static const Option relapse_options[] = {
        {"channel", "WORD", "by what means: phone, whatsapp, ...", NULL},
        {"note", "TEXT", "what was going on", NULL},
        OPTION_PERSON,
        OPTION_JSON,
        {0},
};

const Command command_relapse = {
        .name = "relapse",
        .usage = "[--channel WORD] [--note TEXT]",
        .summary = "Note that you made contact.",
        .about =
                "The streak begins anew; what you had stays. It can be corrected for 48 hours with `nocontact correct`.",
        .options = relapse_options,
        .run = relapse_run,
};

/* --- correct --------------------------------------------------------------------------------- */

/* What the user may write, and the grade it stands for. */
static const struct {
        const char *word, *grade, *told;
} grades[] = {
        {"attempt", "attempt", "an attempt"},
        {"slip", "slip", "a slip"},
        {"relapse", "relapse", "contact that was made"},
        {"urge", "urge", "an urge"},
        {"none", "none", "nothing that counts"},
        {"not-it", "none", "nothing that counts"},
};

static Status correct_run(Call *call) {
        const char *word = call_word(call, 1);
        uint64_t event = 0;
        size_t grade = 0;
        Status status;
        int r;

        status = call_number(call, "EVENT", call_word(call, 0), 1, UINT64_MAX, &event);
        if (status == STATUS_DONE)
                status = check_note(call);
        if (status != STATUS_DONE)
                return status;
        while (grade < ARRAY_LEN(grades) && !streq(grades[grade].word, word))
                grade++;
        if (grade == ARRAY_LEN(grades))
                return call_misused(
                        call, "GRADE is attempt, slip, relapse, urge or not-it, not \"%s\".", word);

        r = client_correct(call->client, event, grades[grade].grade, call_value(call, "note", ""));
        if (r < 0)
                return call_failed(call, r);
        output_line(call->out, STYLE_PLAIN, "Corrected: %llu was %s.", (unsigned long long)event,
                grades[grade].told);
        return STATUS_DONE;
}

static const Option correct_options[] = {
        {"note", "TEXT", "why", NULL},
        {0},
};

const Command command_correct = {
        .name = "correct",
        .usage = "EVENT GRADE [--note TEXT]",
        .summary = "Give an entry of the ledger another grade.",
        .about =
                "EVENT is the number that `nocontact attempts` and `nocontact log` show. GRADE is attempt, slip, relapse, urge, or not-it (also: none) for \"that was not it\".\n"
                "An entry can be corrected for 48 hours. The correction is kept as an entry of its own.",
        .options = correct_options,
        .min_words = 2,
        .max_words = 2,
        .wanted = "Say which entry, and what it was.",
        .run = correct_run,
};

/* --- why ------------------------------------------------------------------------------------- */

static bool counts(const Entry *e) {
        return !streq(e->grade, "none");
}

/* The newest entry that why can be about. */
static Status find_newest(Call *call, uint64_t *ret) {
        static const char *const kinds[] = {"urge", "attempt", "slip", "relapse", NULL};
        const EntryFilter filter = {.kinds = kinds, .wanted = counts, .limit = 1};
        _cleanup_(entries_done) Entries entries = {0};
        int r;

        r = client_list_entries(call->client, &filter, &entries);
        if (r < 0)
                return call_failed(call, r);
        if (entries.n == 0)
                return call_misused(
                        call, "There is no urge and no attempt that it could be about.");
        *ret = entries.items[0].event;
        return STATUS_DONE;
}

static Status why_run(Call *call) {
        const char *word = call_word(call, 0), *number = call_word(call, 1);
        bool nothing = streq(word, "none");
        uint64_t event = 0;
        Status status;
        int r;

        if (number)
                status = call_number(call, "EVENT", number, 1, UINT64_MAX, &event);
        else
                status = find_newest(call, &event);
        if (status != STATUS_DONE)
                return status;
        r = client_tag(call->client, event, nothing ? "" : word);
        if (r < 0)
                return call_failed(call, r);
        if (nothing)
                output_line(call->out, STYLE_PLAIN, "Taken back: %llu has no word now.",
                        (unsigned long long)event);
        else
                output_line(call->out, STYLE_PLAIN,
                        "Noted for %llu: %s. That helps to see a pattern later.",
                        (unsigned long long)event, word);
        return STATUS_DONE;
}

const Command command_why = {
        .name = "why",
        .usage = "WORD [EVENT]",
        .summary = "Say what was going on when an urge or an attempt came.",
        .about =
                "WORD is one of " NC_TAGS
                "; none takes it back. EVENT is the number that `nocontact attempts` and `nocontact log` show; without it the newest is meant.",
        .min_words = 1,
        .max_words = 2,
        .wanted = "Say what was going on: " NC_TAGS ".",
        .run = why_run,
};
