/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the user tells the ledger: urges, relapses, corrections and support. */

#include "daemon/records.h"
#include "daemon/refusal.h"
#include "nocontact/bus-names.h"
#include "unit/ledger-fixture.h"

#include <errno.h>

#define NOBODY "0190000000007000800000000000000f"

static const Person *alex(const Desk *d) {
        return state_person(ledger_state(d->l), ALEX);
}

static uint64_t since(const Desk *d, uint64_t now) {
        Streak streak;

        assert_true(person_streak(alex(d), now, &streak));
        return streak.since_usec;
}

static void begin(Desk *d) {
        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
}

static uint64_t record_urge(Desk *d, uint64_t now) {
        const char *why = NULL;
        uint64_t event = 0;

        assert_int_equal(records_urge(d->l, now, ALEX, 7, "at the station", "", &event, &why), 0);
        return event;
}

static uint64_t record_relapse(Desk *d, uint64_t now) {
        const char *why = NULL;
        uint64_t event = 0;

        assert_int_equal(records_relapse(d->l, now, ALEX, "phone", "", &event, &why), 0);
        return event;
}

static uint64_t record_slip(Desk *d, uint64_t now) {
        return desk_record(d, EVENT_SLIP, ALEX, now, json_pack("{s:s}", "channel", "firefox"));
}

static int correct(Desk *d, uint64_t now, uint64_t event, const char *grade) {
        const char *why = NULL;
        int r = records_correct(d->l, now, event, grade, "", &why);

        assert_true(r == 0 || (why && strlen(why) > 10));
        return r;
}

static StoreEntry entry_of(Desk *d, uint64_t event) {
        StoreEntry entry = {0};

        assert_int_equal(store_get(ledger_store(d->l), event, &entry), 0);
        return entry;
}

/* --- text ------------------------------------------------------------------------------------ */

static void test_text_is_plain_utf8_of_a_certain_length(void **state) {
        (void)state;
        assert_true(text_valid("two lines\nand a\ttab, \xc3\xbc \xf0\x9f\x8c\xb1", 100, false));
        assert_true(text_valid("", 100, true));
        assert_false(text_valid("", 100, false));
        assert_true(text_valid("12345", 5, false));
        assert_false(text_valid("123456", 5, false));
        assert_false(text_valid("\xc3", 100, false));
        assert_false(text_valid("\xc3\x28", 100, false));
        assert_false(text_valid("\xed\xa0\x80", 100, false)); /* a surrogate */
        assert_false(text_valid("\xc0\xaf", 100, false));     /* over-long */
        assert_false(text_valid("bell\a", 100, false));
        assert_false(text_valid("return\r", 100, false));
        assert_false(text_valid("\x7f", 100, false));
        assert_false(text_valid("\xc2\x85", 100, false)); /* a control character beyond ASCII */
}

/* --- urges and relapses ---------------------------------------------------------------------- */

static void test_an_urge_is_recorded_and_breaks_nothing(void **state) {
        Desk *d = *state;
        StoreEntry entry;

        begin(d);
        entry = entry_of(d, record_urge(d, NOON + DAY));
        assert_int_equal(entry.event.kind, EVENT_URGE);
        assert_int_equal(event_uint(&entry.event, "intensity"), 7);
        assert_string_equal(event_string(&entry.event, "note"), "at the station");
        assert_int_equal(entry.event.zone_minutes, time_zone_minutes(NOON + DAY));
        event_done(&entry.event);
        assert_int_equal(alex(d)->counts[GRADE_URGE], 1);
        assert_int_equal(since(d, NOON + 2 * DAY), NOON);
}

static void test_a_relapse_breaks_the_streak(void **state) {
        Desk *d = *state;

        begin(d);
        (void)record_relapse(d, NOON + DAY);
        assert_int_equal(alex(d)->counts[GRADE_RELAPSE], 1);
        assert_int_equal(since(d, NOON + 2 * DAY), NOON + DAY);
        assert_desk_sound(d);
}

static void test_without_a_commitment_it_is_written_down_and_not_counted(void **state) {
        Desk *d = *state;
        uint64_t urge;

        (void)desk_record(d, EVENT_PERSON_ADDED, ALEX, NOON,
                json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "full"));
        urge = record_urge(d, NOON);
        (void)record_relapse(d, NOON);
        assert_int_equal(correct(d, NOON, urge, "slip"), 0);
        for (size_t i = 0; i < _GRADE_MAX; i++)
                assert_int_equal(alex(d)->counts[i], 0);
        assert_int_equal(alex(d)->n_breaks, 0);
}

#define TEXT_64   "0123456789012345678901234567890123456789012345678901234567890123"
#define TEXT_512  TEXT_64 TEXT_64 TEXT_64 TEXT_64 TEXT_64 TEXT_64 TEXT_64 TEXT_64
#define TEXT_4096 TEXT_512 TEXT_512 TEXT_512 TEXT_512 TEXT_512 TEXT_512 TEXT_512 TEXT_512

static void test_what_is_not_valid_is_refused_and_changes_nothing(void **state) {
        const char *why = NULL;
        Snapshot before;
        Desk *d = *state;
        uint64_t event = 4711;

        begin(d);
        before = desk_snapshot(d);
#define REFUSED(error, call)                                                                       \
        do {                                                                                       \
                why = NULL;                                                                        \
                assert_int_equal(call, error);                                                     \
                assert_true(why &&strlen(why) > 10);                                               \
                assert_int_equal(event, 4711);                                                     \
        } while (0)
        REFUSED(-EINVAL, records_urge(d->l, NOON, ALEX, 0, "", "", &event, &why));
        REFUSED(-EINVAL, records_urge(d->l, NOON, ALEX, 11, "", "", &event, &why));
        REFUSED(-EINVAL, records_urge(d->l, NOON, ALEX, 5, TEXT_4096 "x", "", &event, &why));
        REFUSED(-EINVAL, records_urge(d->l, NOON, ALEX, 5, "\xff", "", &event, &why));
        REFUSED(-EINVAL, records_urge(d->l, NOON, ALEX, 5, "", "rain", &event, &why));
        REFUSED(-ENOENT, records_urge(d->l, NOON, NOBODY, 5, "", "", &event, &why));
        REFUSED(-ENOENT, records_urge(d->l, NOON, "", 5, "", "", &event, &why));
        REFUSED(-EINVAL, records_relapse(d->l, NOON, ALEX, TEXT_64 "x", "", &event, &why));
        REFUSED(-EINVAL, records_relapse(d->l, NOON, ALEX, "\x01", "", &event, &why));
        REFUSED(-EINVAL, records_relapse(d->l, NOON, ALEX, "", TEXT_4096 "x", &event, &why));
        REFUSED(-ENOENT, records_relapse(d->l, NOON, NOBODY, "", "", &event, &why));
        REFUSED(-EINVAL, records_add_support(d->l, NOON, "wish", "x", &event, &why));
        REFUSED(-EINVAL, records_add_support(d->l, NOON, "plan", "", &event, &why));
        REFUSED(-EINVAL, records_add_support(d->l, NOON, "plan", TEXT_512, &event, &why));
        REFUSED(-EINVAL, records_add_support(d->l, NOON, "plan", "\xff", &event, &why));
        REFUSED(-ENOENT, records_remove_support(d->l, NOON, 0, &why));
        REFUSED(-ENOENT, records_remove_support(d->l, NOON, 1, &why));
#undef REFUSED
        assert_desk_unchanged(d, &before);
}

static void test_the_longest_note_and_channel_are_taken(void **state) {
        const char *why = NULL;
        uint64_t event;
        Desk *d = *state;

        begin(d);
        assert_int_equal(records_urge(d->l, NOON, ALEX, 10, TEXT_4096, "", &event, &why), 0);
        assert_int_equal(records_relapse(d->l, NOON, ALEX, TEXT_64, TEXT_4096, &event, &why), 0);
        assert_desk_sound(d);
}

/* --- corrections ----------------------------------------------------------------------------- */

static void test_a_slip_that_was_none_gives_the_streak_back(void **state) {
        StoreEntry entry;
        Desk *d = *state;
        uint64_t slip;

        begin(d);
        slip = record_slip(d, NOON + DAY);
        assert_int_equal(since(d, NOON + 2 * DAY), NOON + DAY);
        assert_int_equal(correct(d, NOON + 2 * DAY, slip, "none"), 0);
        assert_int_equal(since(d, NOON + 2 * DAY), NOON);
        assert_int_equal(alex(d)->counts[GRADE_SLIP], 0);
        entry = entry_of(d, slip);
        assert_int_equal(entry.event.kind, EVENT_SLIP); /* the entry itself is as it was */
        assert_int_equal(entry.grade, GRADE_NONE);
        assert_true(entry.corrected);
        event_done(&entry.event);
        assert_desk_sound(d);
}

static void test_an_attempt_that_was_a_slip_breaks_the_streak_at_its_own_time(void **state) {
        Desk *d = *state;
        uint64_t attempt;

        begin(d);
        attempt = desk_record(d, EVENT_ATTEMPT, ALEX, NOON + DAY, json_object());
        assert_int_equal(correct(d, NOON + 2 * DAY, attempt, "slip"), 0);
        assert_int_equal(since(d, NOON + 3 * DAY), NOON + DAY);
        assert_int_equal(alex(d)->counts[GRADE_ATTEMPT], 0);
        assert_int_equal(alex(d)->counts[GRADE_SLIP], 1);
}

/* Each correction starts from what the last one left. */
static void test_a_chain_of_corrections_counts_the_last_one(void **state) {
        static const char *const chain[] = {
                "none", "slip", "relapse", "none", "urge", "attempt", "slip"};
        Desk *d = *state;
        uint64_t slip;

        begin(d);
        slip = record_slip(d, NOON + DAY);
        for (size_t i = 0; i < ARRAY_LEN(chain); i++) {
                Grade grade = (Grade)grade_from_name(chain[i]);
                bool broken = grade == GRADE_SLIP || grade == GRADE_RELAPSE;
                StoreEntry entry, correction;

                assert_int_equal(correct(d, NOON + DAY + (i + 1) * HOUR, slip, chain[i]), 0);
                for (size_t g = GRADE_INCOMING; g < _GRADE_MAX; g++)
                        assert_int_equal(alex(d)->counts[g], g == grade);
                assert_int_equal(since(d, NOON + 4 * DAY), broken ? NOON + DAY : NOON);
                entry = entry_of(d, slip);
                assert_int_equal(entry.grade, grade);
                correction = entry_of(d, ledger_state(d->l)->seq);
                assert_string_equal(event_string(&correction.event, "of"), entry.event.uid);
                assert_string_equal(
                        event_string(&correction.event, "from"), i > 0 ? chain[i - 1] : "slip");
                event_done(&entry.event);
                event_done(&correction.event);
                assert_desk_sound(d);
        }
}

static void test_a_correction_to_the_same_grade_writes_nothing(void **state) {
        Snapshot before;
        Desk *d = *state;
        uint64_t slip;

        begin(d);
        slip = record_slip(d, NOON + DAY);
        before = desk_snapshot(d);
        assert_int_equal(correct(d, NOON + DAY, slip, "slip"), 0);
        assert_desk_unchanged(d, &before);
}

static void test_a_grade_can_be_corrected_for_48_hours_after_it_was_recorded(void **state) {
        Snapshot before;
        Desk *d = *state;
        uint64_t slip;

        begin(d);
        slip = record_slip(d, NOON + DAY);
        before = desk_snapshot(d);
        assert_int_equal(correct(d, NOON + 3 * DAY + 1, slip, "none"), -ETIME);
        assert_desk_unchanged(d, &before);
        assert_int_equal(correct(d, NOON + 3 * DAY, slip, "none"), 0);
}

static void test_what_came_to_light_late_can_be_corrected_from_then_on(void **state) {
        _cleanup_(batch_done) Batch b = {0};
        Desk *d = *state;

        begin(d);
        assert_int_equal(batch_add(&b, EVENT_SLIP, ALEX, NOON + DAY, json_object()), 0);
        assert_int_equal(ledger_record(d->l, &b, NOON + 9 * DAY), 0);
        assert_int_equal(correct(d, NOON + 11 * DAY, b.events[0].seq, "none"), 0);
        assert_int_equal(since(d, NOON + 11 * DAY), NOON);
}

static void test_corrections_that_make_no_sense_are_refused(void **state) {
        static const char *const grades[] = {"incoming", "", "Slip", "nothing", "none "};
        const char *why = NULL;
        uint64_t slip, correction, incoming;
        Snapshot before;
        Desk *d = *state;

        begin(d);
        slip = record_slip(d, NOON);
        assert_int_equal(correct(d, NOON, slip, "attempt"), 0);
        correction = ledger_state(d->l)->seq;
        incoming = desk_record(d, EVENT_INCOMING, ALEX, NOON, json_object());
        before = desk_snapshot(d);
        for (size_t i = 0; i < ARRAY_LEN(grades); i++)
                assert_int_equal(correct(d, NOON, slip, grades[i]), -EINVAL);
        assert_int_equal(correct(d, NOON, 0, "none"), -ENOENT);
        assert_int_equal(correct(d, NOON, UINT64_MAX, "none"), -ENOENT);
        assert_int_equal(correct(d, NOON, 1, "none"), -ENOENT);          /* a person added */
        assert_int_equal(correct(d, NOON, correction, "none"), -ENOENT); /* a correction */
        assert_int_equal(correct(d, NOON, incoming, "none"), -ENOENT);
        assert_int_equal(records_correct(d->l, NOON, slip, "none", TEXT_4096 "x", &why), -EINVAL);
        assert_int_equal(records_correct(d->l, NOON, slip, "none", "\xff", &why), -EINVAL);
        assert_desk_unchanged(d, &before);
}

static void test_an_entry_of_somebody_who_is_gone_can_be_corrected(void **state) {
        StoreEntry entry;
        Desk *d = *state;
        uint64_t slip;

        begin(d);
        slip = record_slip(d, NOON);
        (void)desk_record(d, EVENT_PERSON_REMOVED, ALEX, NOON + HOUR, json_object());
        assert_int_equal(correct(d, NOON + HOUR, slip, "none"), 0);
        entry = entry_of(d, slip);
        assert_int_equal(entry.grade, GRADE_NONE);
        event_done(&entry.event);
        assert_int_equal(ledger_state(d->l)->n_people, 0);
        assert_desk_sound(d);
}

static void test_a_full_disk_leaves_the_grade_as_it_was(void **state) {
        const char *why = NULL;
        Snapshot before;
        uint64_t slip;
        Desk *d = *state;
        int r;

        begin(d);
        slip = record_slip(d, NOON);
        before = desk_snapshot(d);
        disk_is_full(true);
        r = records_correct(d->l, NOON, slip, "none", "", &why);
        disk_is_full(false);
        assert_true(r < 0);
        assert_null(why);
        assert_desk_unchanged(d, &before);
        assert_int_equal(correct(d, NOON, slip, "none"), 0);
}

/* --- tags ------------------------------------------------------------------------------------ */

static int say_why(Desk *d, uint64_t event, const char *tag) {
        const char *why = NULL;
        int r = records_tag(d->l, NOON + 9 * DAY, event, tag, &why);

        assert_true(r == 0 || (why && strlen(why) > 10));
        return r;
}

static Tag tag_of(Desk *d, uint64_t event) {
        StoreEntry entry = entry_of(d, event);

        event_done(&entry.event);
        return entry.tag;
}

static void test_what_was_said_last_counts(void **state) {
        Desk *d = *state;
        uint64_t slip, other;

        begin(d);
        slip = record_slip(d, NOON + DAY);
        other = record_slip(d, NOON + DAY + 1);
        assert_int_equal(tag_of(d, slip), TAG_NONE);
        assert_int_equal(say_why(d, slip, "late"), 0);
        assert_int_equal(tag_of(d, slip), TAG_LATE);
        assert_int_equal(say_why(d, slip, "song"), 0);
        assert_int_equal(tag_of(d, slip), TAG_SONG);
        assert_int_equal(tag_of(d, other), TAG_NONE);
        desk_reopen(d);
        assert_int_equal(tag_of(d, slip), TAG_SONG);
        assert_int_equal(say_why(d, slip, ""), 0);
        assert_int_equal(tag_of(d, slip), TAG_NONE);
        /* it says nothing of what it counts as */
        assert_int_equal(since(d, NOON + 9 * DAY), NOON + DAY + 1);
}

static void test_an_urge_brings_its_tag(void **state) {
        const char *why = NULL;
        Desk *d = *state;
        uint64_t urge;

        begin(d);
        assert_int_equal(records_urge(d->l, NOON, ALEX, 5, "", "drank", &urge, &why), 0);
        assert_int_equal(tag_of(d, urge), TAG_DRANK);
        assert_int_equal(say_why(d, urge, "closure"), 0);
        assert_int_equal(tag_of(d, urge), TAG_CLOSURE);
        assert_int_equal(say_why(d, urge, ""), 0);
        assert_int_equal(tag_of(d, urge), TAG_NONE);
}

static void test_the_same_tag_again_writes_nothing(void **state) {
        Snapshot before;
        Desk *d = *state;
        uint64_t urge;

        begin(d);
        urge = record_urge(d, NOON);
        assert_int_equal(say_why(d, urge, "argued"), 0);
        before = desk_snapshot(d);
        assert_int_equal(say_why(d, urge, "argued"), 0);
        assert_desk_unchanged(d, &before);
}

static void test_a_tag_that_makes_no_sense_is_refused(void **state) {
        Snapshot before;
        Desk *d = *state;
        uint64_t urge, incoming;

        begin(d);
        urge = record_urge(d, NOON);
        incoming = desk_record(d, EVENT_INCOMING, ALEX, NOON, json_object());
        before = desk_snapshot(d);
        assert_int_equal(say_why(d, urge, "rain"), -EINVAL);
        assert_int_equal(say_why(d, urge, "Late"), -EINVAL);
        assert_int_equal(say_why(d, 0, "late"), -ENOENT);
        assert_int_equal(say_why(d, UINT64_MAX, "late"), -ENOENT);
        assert_int_equal(say_why(d, 1, "late"), -ENOENT);
        assert_int_equal(say_why(d, incoming, "late"), -ENOENT);
        assert_desk_unchanged(d, &before);
}

/* --- support --------------------------------------------------------------------------------- */

static void test_support_is_kept_until_it_is_removed(void **state) {
        const char *why = NULL;
        uint64_t plan, same;
        Desk *d = *state;

        assert_int_equal(records_add_support(d->l, NOON, "plan", "I call Kim", &plan, &why), 0);
        assert_string_equal(state_support(ledger_state(d->l), plan)->text, "I call Kim");
        assert_int_equal(
                records_add_support(d->l, NOON, "plan", "I call Kim", &same, &why), -EEXIST);
        assert_int_equal(records_add_support(d->l, NOON, "reason", "I call Kim", &same, &why), 0);
        assert_int_equal(records_remove_support(d->l, NOON, plan, &why), 0);
        assert_int_equal(records_remove_support(d->l, NOON, plan, &why), -ENOENT);
        assert_int_equal(ledger_state(d->l)->n_support, 1);
        desk_reopen(d);
        assert_int_equal(ledger_state(d->l)->support[0].seq, same);
}

static void test_there_are_a_hundred_of_each_kind_at_most(void **state) {
        const char *why = NULL;
        uint64_t id;
        Desk *d = *state;

        for (int i = 0; i < NC_LIMIT_SUPPORT_ITEMS; i++) {
                char text[32];

                (void)snprintf(text, sizeof(text), "Reason %d", i);
                assert_int_equal(records_add_support(d->l, NOON, "reason", text, &id, &why), 0);
        }
        assert_int_equal(records_add_support(d->l, NOON, "reason", "more", &id, &why), -EDQUOT);
        assert_int_equal(records_add_support(d->l, NOON, "plan", "more", &id, &why), 0);
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text_is_plain_utf8_of_a_certain_length),
                test(test_an_urge_is_recorded_and_breaks_nothing),
                test(test_a_relapse_breaks_the_streak),
                test(test_without_a_commitment_it_is_written_down_and_not_counted),
                test(test_what_is_not_valid_is_refused_and_changes_nothing),
                test(test_the_longest_note_and_channel_are_taken),
                test(test_a_slip_that_was_none_gives_the_streak_back),
                test(test_an_attempt_that_was_a_slip_breaks_the_streak_at_its_own_time),
                test(test_a_chain_of_corrections_counts_the_last_one),
                test(test_a_correction_to_the_same_grade_writes_nothing),
                test(test_a_grade_can_be_corrected_for_48_hours_after_it_was_recorded),
                test(test_what_came_to_light_late_can_be_corrected_from_then_on),
                test(test_corrections_that_make_no_sense_are_refused),
                test(test_an_entry_of_somebody_who_is_gone_can_be_corrected),
                test(test_a_full_disk_leaves_the_grade_as_it_was),
                test(test_what_was_said_last_counts),
                test(test_an_urge_brings_its_tag),
                test(test_the_same_tag_again_writes_nothing),
                test(test_a_tag_that_makes_no_sense_is_refused),
                test(test_support_is_kept_until_it_is_removed),
                test(test_there_are_a_hundred_of_each_kind_at_most),
        };
        return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
