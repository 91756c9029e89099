/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of the state and of all that stands on it share: a state as text, and stories,
 * which are events told to a state one after the other. */

#include "common/time.h"
#include "core/state.h"
#include "unit/test.h"

#include <stdio.h>

#define NOON   1795953600000000ULL /* 2026-11-29T12:00:00Z */
#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define DAY    USEC_PER_DAY

#define ALEX "0190000000007000800000000000000a"
#define SAM  "0190000000007000800000000000000b"

/* The whole state as text; the caller frees. */
static inline char *state_text(const State *s) {
        json_t *object = NULL;
        char *text;

        assert_int_equal(state_to_json(s, &object), 0);
        text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
        json_decref(object);
        assert_non_null(text);
        return text;
}

/* The same without seq, which every event moves on. */
static inline char *state_text_without_seq(const State *s) {
        json_t *object = NULL;
        char *text;

        assert_int_equal(state_to_json(s, &object), 0);
        assert_int_equal(json_object_del(object, "seq"), 0);
        text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
        json_decref(object);
        assert_non_null(text);
        return text;
}

static inline void assert_states_equal(const State *a, const State *b) {
        _cleanup_free_ char *left = state_text(a), *right = state_text(b);

        assert_string_equal(left, right);
}

/* Every figure, without the gaps between them. */
static inline void assert_streaks_equal(const Streak *a, const Streak *b) {
        assert_int_equal(a->since_usec, b->since_usec);
        assert_int_equal(a->length_usec, b->length_usec);
        assert_int_equal(a->longest_usec, b->longest_usec);
        assert_int_equal(a->total_usec, b->total_usec);
        assert_int_equal(a->days, b->days);
        assert_true(a->score <= b->score && a->score >= b->score);
}

/* The uid that a story gives to its event `seq`. */
static inline const char *story_uid(uint64_t seq, char buf[static UID_SPACE]) {
        (void)snprintf(buf, UID_SPACE, "019000000000700080000000%08llx", (unsigned long long)seq);
        return buf;
}

/* Makes an event that was recorded at `recorded` and happened at `at`. Takes `data` over. */
static inline Event story_event(uint64_t seq, EventKind kind, const char *person, uint64_t recorded,
        uint64_t at, json_t *data) {
        Event ev = {.seq = seq, .kind = kind, .recorded_usec = recorded, .at_usec = at};

        assert_non_null(data);
        ev.data = data;
        (void)story_uid(seq, ev.uid);
        (void)snprintf(ev.person, sizeof(ev.person), "%s", person);
        return ev;
}

/* Folds an event in that is recorded at `recorded` and happened at `at`; returns its seq. */
static inline uint64_t story_tell_late(State *s, EventKind kind, const char *person,
        uint64_t recorded, uint64_t at, json_t *data) {
        Event ev = story_event(s->seq + 1, kind, person, recorded, at, data);

        assert_int_equal(state_apply(s, &ev), 0);
        event_done(&ev);
        assert_int_equal(s->seq, ev.seq);
        return ev.seq;
}

static inline uint64_t story_tell(
        State *s, EventKind kind, const char *person, uint64_t at, json_t *data) {
        return story_tell_late(s, kind, person, at, at, data);
}

/* A person and a commitment of so many days from `began`. */
static inline void story_begin(State *s, const char *person, uint64_t began, int days) {
        if (!state_person(s, person))
                (void)story_tell(s, EVENT_PERSON_ADDED, person, began,
                        json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "full"));
        (void)story_tell(s, EVENT_COMMITMENT_BEGUN, person, began,
                json_pack("{s:i, s:I}", "days", days, "ends",
                        (json_int_t)(began + (unsigned)days * DAY)));
}

/* Corrects what event `of` of the story is. */
static inline void story_correct(State *s, const char *person, uint64_t recorded, uint64_t of,
        uint64_t of_at, const char *from, const char *to) {
        char uid[UID_SPACE];

        (void)story_tell(s, EVENT_CORRECTED, person, recorded,
                json_pack("{s:s, s:s, s:s, s:I}", "of", story_uid(of, uid), "from", from, "to", to,
                        "at", (json_int_t)of_at));
}

static inline json_t *identity_data(const char *kind, const char *value) {
        return json_pack("{s:s, s:s}", "kind", kind, "value", value);
}

/* A state with something of everything in it. */
static inline void tell_a_rich_story(State *s) {
        uint64_t slip;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_PERSON_ADDED, SAM, NOON,
                json_pack("{s:s, s:s}", "name", "Sam", "mode", "limited"));
        (void)story_tell(s, EVENT_IDENTITY_ADDED, ALEX, NOON, identity_data("name", "Lex"));
        (void)story_tell(
                s, EVENT_IDENTITY_ADDED, ALEX, NOON, identity_data("phone", "+15550109999"));
        slip = story_tell(s, EVENT_SLIP, ALEX, NOON + DAY, json_object());
        (void)story_tell(s, EVENT_RELAPSE, ALEX, NOON + 2 * DAY, json_object());
        story_correct(s, ALEX, NOON + 2 * DAY, slip, NOON + DAY, "slip", "attempt");
        (void)story_tell(s, EVENT_URGE, ALEX, NOON + 2 * DAY, json_object());
        (void)story_tell(s, EVENT_MILESTONE, ALEX, NOON + 5 * DAY, json_pack("{s:i}", "days", 3));
        (void)story_tell(s, EVENT_CHANGE_PENDING, ALEX, NOON + 5 * DAY,
                json_pack("{s:s, s:s, s:s, s:I}", "change", "remove-identity", "kind", "name",
                        "value", "Lex", "due", (json_int_t)(NOON + 6 * DAY)));
        (void)story_tell(s, EVENT_CHANGE_PENDING, ALEX, NOON + 5 * DAY,
                json_pack("{s:s, s:I}", "change", "end", "due", (json_int_t)(NOON + 6 * DAY)));
        (void)story_tell(s, EVENT_SUPPORT_ADDED, "", NOON,
                json_pack("{s:s, s:s}", "kind", "plan", "text", "If it is late, I call Kim."));
        (void)story_tell(s, EVENT_COMMITMENT_EXTENDED, ALEX, NOON + 5 * DAY,
                json_pack("{s:i, s:I}", "days", 5, "ends", (json_int_t)(NOON + 35 * DAY)));
        (void)story_tell(s, EVENT_REGIME_CHANGED, "", NOON + 5 * DAY,
                json_pack("{s:I}", "cool_down", (json_int_t)(2 * DAY)));
        (void)story_tell(s, EVENT_KEY_SET, "", NOON + 5 * DAY,
                json_pack("{s:s}", "hash", "$y$j9T$salt$hash"));
        (void)story_tell(s, EVENT_CHANGE_PENDING, "", NOON + 5 * DAY,
                json_pack("{s:s, s:I, s:I, s:I}", "change", "cool-down", "cool_down",
                        (json_int_t)DAY, "due", (json_int_t)(NOON + 7 * DAY), "full",
                        (json_int_t)(NOON + 7 * DAY)));
        (void)story_tell(s, EVENT_POLICIES_ON, "", NOON + 5 * DAY, json_object());
        (void)story_tell(s, EVENT_OVERRIDE, "", NOON + 5 * DAY,
                json_pack("{s:s, s:I}", "target", "instagram", "until",
                        (json_int_t)(NOON + 5 * DAY + 20 * MINUTE)));
        (void)story_tell(s, EVENT_PASS_ADDED, "", NOON + 5 * DAY,
                json_pack("{s:s, s:s}", "kind", "word", "value", "school"));
        (void)story_tell(s, EVENT_PASS_ADDED, "", NOON + 5 * DAY,
                json_pack("{s:s, s:s}", "kind", "sender", "value", "signal:Anna"));
        (void)story_tell(s, EVENT_CHANGE_PENDING, "", NOON + 5 * DAY,
                json_pack("{s:s, s:s, s:s, s:I}", "change", "add-pass", "kind", "app", "value",
                        "threema:Jo", "due", (json_int_t)(NOON + 7 * DAY)));
}

/* More of Sam: hours, a change of them that waits, and two that were held. */
static inline void tell_of_limited_contact(State *s) {
        (void)story_tell(s, EVENT_COMMITMENT_BEGUN, SAM, NOON,
                json_pack("{s:i, s:I}", "days", 30, "ends", (json_int_t)(NOON + 30 * DAY)));
        (void)story_tell(s, EVENT_PERSON_HOURS, SAM, NOON,
                json_pack("{s:s}", "hours", "mon-fri 09:00-18:00"));
        (void)story_tell(s, EVENT_CHANGE_PENDING, SAM, NOON + 5 * DAY,
                json_pack("{s:s, s:s, s:I}", "change", "hours", "hours", "08:00-20:00", "due",
                        (json_int_t)(NOON + 7 * DAY)));
        for (int i = 0; i < 2; i++)
                (void)story_tell(s, EVENT_INCOMING, SAM, NOON + 6 * DAY,
                        json_pack("{s:s, s:s}", "channel", "mail", "held", "some-id"));
}
