/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Entries that the user makes with their own words. It knows no bus. */

#include "daemon/records.h"

#include "common/time.h"
#include "daemon/refusal.h"
#include "nocontact/bus-names.h"

#include <errno.h>

enum { INTENSITY_MIN = 1, INTENSITY_MAX = 10 };

static int check_person_and_note(
        Ledger *l, const char *person, const char *note, const char **ret_why) {
        if (!text_valid(note, NC_LIMIT_NOTE_LEN, true))
                return refuse(-EINVAL,
                        N_("The note is too long (4096 bytes at most) or not plain text."),
                        ret_why);
        if (!state_person(ledger_state(l), person))
                return refuse(-ENOENT, N_("There is no such person."), ret_why);
        return 0;
}

static int check_tag(const char *tag, const char **ret_why) {
        if (tag_from_name(tag) < 0)
                return refuse(-EINVAL, N_("What was going on is one of " NC_TAGS "."), ret_why);
        return 0;
}

int records_urge(Ledger *l, uint64_t now, const char *person, unsigned intensity, const char *note,
        const char *tag, uint64_t *ret_event, const char **ret_why) {
        int r;

        if (intensity < INTENSITY_MIN || intensity > INTENSITY_MAX)
                return refuse(-EINVAL, N_("The intensity is a number from 1 to 10."), ret_why);
        r = check_tag(tag, ret_why);
        if (r == 0)
                r = check_person_and_note(l, person, note, ret_why);
        if (r < 0)
                return r;
        return ledger_record_one(l, EVENT_URGE, person, now,
                json_pack("{s:i, s:s, s:s*}", "intensity", (int)intensity, "note", note, "tag",
                        tag[0] != '\0' ? tag : NULL),
                ret_event);
}

int records_relapse(Ledger *l, uint64_t now, const char *person, const char *channel,
        const char *note, uint64_t *ret_event, const char **ret_why) {
        int r;

        if (!text_valid(channel, NC_LIMIT_CHANNEL_LEN, true))
                return refuse(-EINVAL,
                        N_("The channel is too long (64 bytes at most) or not plain text."),
                        ret_why);
        r = check_person_and_note(l, person, note, ret_why);
        if (r < 0)
                return r;
        return ledger_record_one(l, EVENT_RELAPSE, person, now,
                json_pack("{s:s, s:s}", "channel", channel, "note", note), ret_event);
}

/* --- corrections ----------------------------------------------------------------------------- */

int records_add_correction(
        Batch *b, uint64_t now, const StoreEntry *entry, Grade to, const char *note) {
        return batch_add(b, EVENT_CORRECTED, entry->event.person, now,
                json_pack("{s:s, s:s, s:s, s:I, s:s}", "of", entry->event.uid, "from",
                        grade_name(entry->grade), "to", grade_name(to), "at",
                        (json_int_t)entry->event.at_usec, "note", note));
}

/* Was it the user's own, an urge at least? */
static bool is_graded(const StoreEntry *entry) {
        Grade grade = event_grade(entry->event.kind);

        return grade == GRADE_URGE || grade == GRADE_ATTEMPT || grade == GRADE_SLIP ||
               grade == GRADE_RELAPSE;
}

static int correct_entry(Ledger *l, uint64_t now, const StoreEntry *entry, Grade to,
        const char *note, const char **ret_why) {
        _cleanup_(batch_done) Batch b = {0};
        uint64_t recorded = entry->event.recorded_usec;
        int r;

        if (!is_graded(entry))
                return refuse(
                        -ENOENT, N_("That entry has no grade that could be corrected."), ret_why);
        if (now > recorded && now - recorded > NC_CORRECTION_HOURS * 3600ULL * USEC_PER_SEC)
                return refuse(-ETIME,
                        N_("That entry is more than 48 hours old and stays as it is."), ret_why);
        if (entry->grade == to)
                return 0;
        r = records_add_correction(&b, now, entry, to, note);
        if (r < 0)
                return r;
        return ledger_record(l, &b, now);
}

int records_correct(Ledger *l, uint64_t now, uint64_t event, const char *grade, const char *note,
        const char **ret_why) {
        int to = grade_from_name(grade);
        StoreEntry entry = {0};
        int r;

        if (to < 0 || to == GRADE_INCOMING)
                return refuse(-EINVAL,
                        N_("The grade is one of urge, attempt, slip, relapse, none."), ret_why);
        if (!text_valid(note, NC_LIMIT_NOTE_LEN, true))
                return refuse(-EINVAL,
                        N_("The note is too long (4096 bytes at most) or not plain text."),
                        ret_why);
        r = store_get(ledger_store(l), event, &entry);
        if (r == -ENOENT)
                return refuse(r, N_("There is no such entry."), ret_why);
        if (r < 0)
                return r;
        r = correct_entry(l, now, &entry, (Grade)to, note, ret_why);
        event_done(&entry.event);
        return r;
}

/* --- tags ------------------------------------------------------------------------------------ */

static int tag_entry(
        Ledger *l, uint64_t now, const StoreEntry *entry, const char *tag, const char **ret_why) {
        if (!is_graded(entry))
                return refuse(
                        -ENOENT, N_("That entry is no urge, attempt, slip or relapse."), ret_why);
        if (streq(tag_name(entry->tag), tag))
                return 0;
        return ledger_record_one(l, EVENT_TAGGED, entry->event.person, now,
                json_pack("{s:s, s:s}", "of", entry->event.uid, "tag", tag), NULL);
}

int records_tag(Ledger *l, uint64_t now, uint64_t event, const char *tag, const char **ret_why) {
        StoreEntry entry = {0};
        int r;

        r = check_tag(tag, ret_why);
        if (r < 0)
                return r;
        r = store_get(ledger_store(l), event, &entry);
        if (r == -ENOENT)
                return refuse(r, N_("There is no such entry."), ret_why);
        if (r < 0)
                return r;
        r = tag_entry(l, now, &entry, tag, ret_why);
        event_done(&entry.event);
        return r;
}

/* --- plans, reasons, support people ---------------------------------------------------------- */

int records_add_support(Ledger *l, uint64_t now, const char *kind, const char *text,
        uint64_t *ret_id, const char **ret_why) {
        const State *s = ledger_state(l);
        int k = support_kind_from_name(kind);
        unsigned n = 0;

        if (k < 0)
                return refuse(-EINVAL, N_("The kind is one of plan, reason, support."), ret_why);
        if (!text_valid(text, NC_LIMIT_SUPPORT_LEN, false))
                return refuse(-EINVAL,
                        N_("The text is empty, too long (500 bytes at most) or not plain text."),
                        ret_why);
        for (size_t i = 0; i < s->n_support; i++) {
                if (s->support[i].kind != (SupportKind)k)
                        continue;
                if (streq(s->support[i].text, text))
                        return refuse(-EEXIST, N_("That is there already."), ret_why);
                n++;
        }
        if (n >= NC_LIMIT_SUPPORT_ITEMS)
                return refuse(
                        -EDQUOT, N_("There are 100 of them already; that is the limit."), ret_why);
        return ledger_record_one(l, EVENT_SUPPORT_ADDED, NULL, now,
                json_pack("{s:s, s:s}", "kind", kind, "text", text), ret_id);
}

int records_remove_support(Ledger *l, uint64_t now, uint64_t id, const char **ret_why) {
        const SupportItem *item = state_support(ledger_state(l), id);

        if (!item)
                return refuse(-ENOENT, N_("There is no such item."), ret_why);
        return ledger_record_one(
                l, EVENT_SUPPORT_REMOVED, NULL, now, json_pack("{s:s}", "of", item->uid), NULL);
}
