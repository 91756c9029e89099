/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The state as a whole: whatever is told, in whatever order, it folds; saved and read again it
 * is the same; and what is no saved state is refused. */

#include "core/state.h"
#include "unit/random.h"
#include "unit/state-fixture.h"

#include <errno.h>

enum {
        STORIES = 400,
        EVENTS_MAX = 60,
        CONTACT_STORIES = 4000,
};

/* --- saving and reading ---------------------------------------------------------------------- */

static State *saved_and_read(const State *s) {
        json_t *object = NULL;
        State *copy = NULL;

        assert_int_equal(state_to_json(s, &object), 0);
        assert_int_equal(state_from_json(object, &copy), 0);
        json_decref(object);
        return copy;
}

static void test_a_saved_state_reads_as_the_same(void **state) {
        _cleanup_(state_freep) State *s = NULL, *again = NULL;

        (void)state;
        assert_int_equal(state_new(&s), 0);
        tell_a_rich_story(s);
        tell_of_limited_contact(s);
        again = saved_and_read(s);
        assert_states_equal(s, again);
}

static void test_an_empty_state_reads_as_the_same(void **state) {
        _cleanup_(state_freep) State *s = NULL, *again = NULL;

        (void)state;
        assert_int_equal(state_new(&s), 0);
        again = saved_and_read(s);
        assert_states_equal(s, again);
}

static void test_a_copy_is_equal_and_lives_alone(void **state) {
        _cleanup_free_ char *before = NULL, *after = NULL;
        _cleanup_(state_freep) State *copy = NULL;
        State *s = NULL;

        (void)state;
        assert_int_equal(state_new(&s), 0);
        tell_a_rich_story(s);
        tell_of_limited_contact(s);
        before = state_text(s);
        assert_int_equal(state_copy(s, &copy), 0);
        (void)story_tell(s, EVENT_PERSON_REMOVED, ALEX, NOON + 9 * DAY, json_object());
        state_free(s);
        after = state_text(copy);
        assert_string_equal(before, after);
        (void)story_tell(copy, EVENT_SLIP, ALEX, NOON + 9 * DAY, json_object());
}

/* --- random stories -------------------------------------------------------------------------- */

static const char *const cast[] = {
        ALEX, SAM, "0190000000007000800000000000000c", "0190000000007000800000000000000d", ""};

static const char *pick(Random *r, const char *const *words, size_t n) {
        return words[random_below(r, n)];
}

#define PICK(r, ...)                                                                               \
        pick(r, (const char *const[]){__VA_ARGS__},                                                \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* A value of any type, for a field that may hold anything. */
static json_t *random_value(Random *r, uint64_t seq) {
        char uid[UID_SPACE];

        switch (random_below(r, 12)) {
        case 0: return json_string(PICK(r, "full", "limited", "weekends", ""));
        case 1:
                return json_string(PICK(
                        r, "name", "phone", "app", "word", "sender", "plan", "reason", "no-kind"));
        case 2:
                return json_string(PICK(r, "remove-identity", "end", "remove-person", "cool-down",
                        "clear-key", "add-pass", "hours"));
        case 3: return json_string(PICK(r, "none", "urge", "attempt", "slip", "relapse"));
        case 4:
                return json_string(
                        PICK(r, "Lex", "Alex Doe", "+15550109999", "\xc3\xbc", "08:00-09:00"));
        case 5: return json_string(story_uid(1 + random_below(r, seq), uid));
        case 6: return json_integer((json_int_t)random_below(r, 400) - 10);
        case 7: return json_integer((json_int_t)random_next(r));
        case 8: return json_real(1.5);
        case 9: return PICK(r, "", NULL) ? json_array() : json_object();
        case 10: return json_null();
        default: return json_integer((json_int_t)(NOON + random_below(r, 90 * DAY)));
        }
}

static const char *const fields[] = {"name", "mode", "kind", "value", "days", "ends", "change",
        "due", "of", "from", "to", "at", "text", "intensity", "full", "cool_down", "hash", "target",
        "until", "hours", "held", "n"};

/* Mostly as it should be, sometimes not. */
static json_t *random_data(Random *r, uint64_t seq) {
        char uid[UID_SPACE];
        json_t *data = json_pack(
                "{s:s, s:s, s:s, s:s, s:i, s:I, s:s, s:I, s:s, s:s, s:s, s:I, s:s, s:I, s:s, s:s, s:I, s:s, s:s, s:i}",
                "name", PICK(r, "Alex Doe", "Lex", "Sam"), "mode", PICK(r, "full", "limited"),
                "kind",
                PICK(r, "name", "phone", "app", "word", "sender", "plan", "reason", "support"),
                "value", PICK(r, "Lex", "+15550109999", "A. D."), "days", (int)random_below(r, 400),
                "ends", (json_int_t)(NOON + random_below(r, 90 * DAY)), "change",
                PICK(r, "remove-identity", "end", "remove-person", "cool-down", "clear-key",
                        "add-pass", "hours"),
                "due", (json_int_t)(NOON + random_below(r, 90 * DAY)), "of",
                story_uid(1 + random_below(r, seq), uid), "from",
                PICK(r, "none", "urge", "attempt", "slip", "relapse", "incoming"), "to",
                PICK(r, "none", "urge", "attempt", "slip", "relapse"), "at",
                (json_int_t)(NOON + random_below(r, 60 * DAY)), "text", PICK(r, "Sleep", "Walk"),
                "cool_down", (json_int_t)((1 + random_below(r, 14)) * DAY), "hash",
                PICK(r, "$y$a", "$y$b"), "target", PICK(r, "instagram", "alexdoe.example"), "until",
                (json_int_t)(NOON + random_below(r, 90 * DAY)), "hours",
                PICK(r, "", "mon-fri 09:00-18:00", "10:00-12:00", "sat 10:00-12:00"), "held",
                PICK(r, "", "some-id"), "n", (int)random_below(r, 4));

        assert_non_null(data);
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
                if (random_once_in(r, 25))
                        (void)json_object_set_new(data, fields[i], random_value(r, seq));
                else if (random_once_in(r, 25))
                        (void)json_object_del(data, fields[i]);
        return data;
}

static Event random_event(Random *r, uint64_t seq) {
        uint64_t recorded = NOON + seq * 12 * HOUR + random_below(r, 24 * HOUR);
        uint64_t at = random_once_in(r, 4) ? NOON + random_below(r, 40 * DAY) : recorded;
        EventKind kind = (EventKind)random_below(r, _EVENT_KIND_MAX);

        /* the beginning of things, or most of the story would speak of nobody */
        if (seq <= 2)
                kind = EVENT_PERSON_ADDED;
        else if (seq <= 4)
                kind = EVENT_COMMITMENT_BEGUN;
        else if (kind == EVENT_PERSON_REMOVED && !random_once_in(r, 4))
                kind = EVENT_SLIP;
        return story_event(seq, kind, seq <= 4 ? cast[seq % 2] : cast[random_below(r, 5)], recorded,
                at, random_data(r, seq));
}

static void assert_sound(const State *s, const Event *last) {
        bool sound = s->seq == last->seq;

        for (size_t i = 0; i < s->n_people; i++) {
                const Person *p = &s->people[i];

                sound = sound && p->name && p->id[0] != '\0' && state_person(s, p->id) == p;
                for (size_t b = 1; b < p->n_breaks; b++)
                        sound = sound && p->breaks[b - 1].at_usec <= p->breaks[b].at_usec;
                for (size_t b = 0; b < p->n_breaks; b++)
                        sound = sound && p->breaks[b].at_usec >= p->commitment.began_usec;
                for (size_t g = 0; g < _GRADE_MAX; g++)
                        sound = sound && p->counts[g] <= EVENTS_MAX;
                for (size_t n = 0; n < p->n_identities; n++)
                        sound = sound && person_identity(p, p->identities[n].kind,
                                                 p->identities[n].value) == &p->identities[n];
                sound = sound && p->counts[GRADE_NONE] == 0;
                sound = sound && p->undigested <= EVENTS_MAX &&
                        (p->hours_narrowed_usec > 0 || p->hours_before.n == 0);
                if (p->commitment.began_usec == 0)
                        sound = sound && p->n_breaks == 0 && p->commitment.ended_usec == 0;
        }
        for (size_t i = 0; i < s->n_pending; i++)
                sound = sound &&
                        (change_is_personless(s->pending[i].change)
                                        ? s->pending[i].person[0] == '\0'
                                        : state_person(s, s->pending[i].person) != NULL) &&
                        s->pending[i].full_usec >= s->pending[i].due_usec &&
                        s->pending[i].due_usec > 0 &&
                        (s->pending[i].change != CHANGE_REMOVE_IDENTITY ||
                                s->pending[i].identity.value);
        for (size_t i = 0; i < s->n_pending; i++)
                sound = sound &&
                        (s->pending[i].change != CHANGE_ADD_PASS ||
                                pass_kind_of(s->pending[i].identity.kind, &(PassKind){0}) == 0);
        for (size_t i = 0; i < s->n_passes; i++)
                sound = sound && state_pass(s, s->passes[i].seq) == &s->passes[i] &&
                        state_pass_like(s, &s->passes[i].identity) == &s->passes[i] &&
                        s->passes[i].identity.kind == pass_identity_kind(s->passes[i].kind);
        for (size_t i = 0; i < s->n_exceptions; i++)
                sound = sound && s->exceptions[i].target &&
                        s->exceptions[i].until_usec >= s->exceptions[i].from_usec &&
                        s->exceptions[i].until_usec - s->exceptions[i].from_usec <= 30 * MINUTE;
        sound = sound && cool_down_valid(s->cool_down_usec);
        if (!sound) {
                _cleanup_free_ char *text = state_text(s);

                fail_msg("after %s: %s", event_kind_name(last->kind), text);
        }
}

static void fold(State *s, const Event *events, size_t from, size_t to) {
        for (size_t i = from; i < to; i++)
                assert_int_equal(state_apply(s, &events[i]), 0);
}

/* At every cut: fold(all) equals fold(suffix) over what fold(prefix) gives when saved and read. */
static void test_random_stories_may_be_cut_anywhere(void **state) {
        Random r = random_start(20260101);

        (void)state;
        for (int story = 0; story < STORIES; story++) {
                size_t n = 1 + random_below(&r, EVENTS_MAX);
                _cleanup_(state_freep) State *all = NULL;
                Event events[EVENTS_MAX];

                assert_int_equal(state_new(&all), 0);
                for (size_t i = 0; i < n; i++) {
                        events[i] = random_event(&r, i + 1);
                        fold(all, events, i, i + 1);
                        assert_sound(all, &events[i]);
                }
                for (size_t cut = 0; cut <= n; cut++) {
                        _cleanup_(state_freep) State *prefix = NULL, *rest = NULL;

                        assert_int_equal(state_new(&prefix), 0);
                        fold(prefix, events, 0, cut);
                        if (random_once_in(&r, 2))
                                rest = saved_and_read(prefix);
                        else
                                assert_int_equal(state_copy(prefix, &rest), 0);
                        fold(rest, events, cut, n);
                        assert_states_equal(rest, all);
                }
                for (size_t i = 0; i < n; i++)
                        event_done(&events[i]);
        }
}

/* --- random contacts against a plain list ---------------------------------------------------- */

/* What a list of contacts says, without any fold: each entry, its grade now, and whose
 * commitment it fell in. */
typedef struct Entry {
        uint64_t seq, at;
        Grade grade;
        int commitment; /* the how-manieth, 0 for none */
} Entry;

typedef struct Book {
        Entry entries[EVENTS_MAX];
        size_t n;
        int commitment;
        uint64_t began, ended, now;
} Book;

static bool breaks_streak(Grade grade) {
        return grade == GRADE_SLIP || grade == GRADE_RELAPSE;
}

static void assert_book_agrees(const State *s, const Book *book) {
        const Person *p = state_person(s, ALEX);
        uint64_t breaks[EVENTS_MAX], now = book->ended ? book->ended : book->now;
        unsigned counts[_GRADE_MAX] = {0};
        size_t n = 0;
        Streak is, should;

        for (size_t i = 0; i < book->n; i++) {
                const Entry *e = &book->entries[i];

                if (e->commitment != book->commitment || e->commitment == 0)
                        continue;
                counts[e->grade] += e->grade != GRADE_NONE;
                if (!breaks_streak(e->grade))
                        continue;
                breaks[n] = e->at;
                for (size_t j = n++; j > 0 && breaks[j - 1] > breaks[j]; j--) {
                        uint64_t swap = breaks[j];

                        breaks[j] = breaks[j - 1];
                        breaks[j - 1] = swap;
                }
        }
        for (size_t g = 0; g < _GRADE_MAX; g++)
                assert_int_equal(p->counts[g], counts[g]);
        assert_int_equal(p->n_breaks, n);
        assert_int_equal(person_streak(p, book->now, &is), book->commitment > 0);
        if (book->commitment == 0)
                return;
        streak_compute(book->began, breaks, n, p->longest_before_usec, now, &should);
        assert_streaks_equal(&is, &should);
}

static void book_contact(Random *r, State *s, Book *book) {
        Grade grade = (Grade)(1 + random_below(r, _GRADE_MAX - 1));
        uint64_t at = random_once_in(r, 2) ? book->now : book->now - random_below(r, 3 * DAY);
        Entry e = {.at = at, .grade = grade};

        if (book->commitment > 0 && at >= book->began && (book->ended == 0 || at <= book->ended))
                e.commitment = book->commitment;
        e.seq = story_tell_late(
                s, (EventKind)event_kind_for_grade(grade), ALEX, book->now, at, json_object());
        book->entries[book->n++] = e;
}

static void book_correction(Random *r, State *s, Book *book) {
        Entry *e = &book->entries[random_below(r, book->n)];
        Grade to = (Grade)random_below(r, _GRADE_MAX);

        story_correct(s, ALEX, book->now, e->seq, e->at, grade_name(e->grade), grade_name(to));
        e->grade = to;
}

static void test_random_contacts_and_corrections_agree_with_a_plain_list(void **state) {
        Random r = random_start(1938);

        (void)state;
        for (int story = 0; story < CONTACT_STORIES; story++) {
                _cleanup_(state_freep) State *s = NULL;
                Book book = {.now = NOON};

                assert_int_equal(state_new(&s), 0);
                (void)story_tell(s, EVENT_PERSON_ADDED, ALEX, NOON,
                        json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "full"));
                for (int i = 0; i < EVENTS_MAX; i++) {
                        book.now += 1 + random_below(&r, 2 * DAY);
                        if (random_once_in(&r, 15)) {
                                story_begin(s, ALEX, book.now, 30);
                                book.commitment++;
                                book.began = book.now;
                                book.ended = 0;
                        } else if (random_once_in(&r, 20)) {
                                (void)story_tell(
                                        s, EVENT_COMMITMENT_ENDED, ALEX, book.now, json_object());
                                if (book.commitment > 0 && book.ended == 0)
                                        book.ended = book.now;
                        } else if (book.n > 0 && random_once_in(&r, 3)) {
                                book_correction(&r, s, &book);
                        } else {
                                book_contact(&r, s, &book);
                        }
                        assert_book_agrees(s, &book);
                }
        }
}

/* --- what is no saved state ------------------------------------------------------------------ */

/* Reads a whole saved state in which one thing has been changed. Takes `object` over. */
static int read_changed(json_t *object) {
        State *s = NULL;
        int r = state_from_json(object, &s);

        state_free(s);
        json_decref(object);
        return r;
}

static json_t *rich_object(void) {
        _cleanup_(state_freep) State *s = NULL;
        json_t *object = NULL;

        assert_int_equal(state_new(&s), 0);
        tell_a_rich_story(s);
        assert_int_equal(state_to_json(s, &object), 0);
        return object;
}

/* The `index`-th value of the tree, counted through all objects and arrays, with its parent;
 * false after the last. */
static bool find_value(json_t *tree, size_t *index, json_t **ret_parent, char *ret_key,
        size_t key_size, size_t *ret_place) {
        const char *key;
        json_t *value;
        size_t i;

        json_object_foreach (tree, key, value) {
                if ((*index)-- == 0) {
                        *ret_parent = tree;
                        (void)snprintf(ret_key, key_size, "%s", key);
                        return true;
                }
                if (find_value(value, index, ret_parent, ret_key, key_size, ret_place))
                        return true;
        }
        json_array_foreach (tree, i, value) {
                if ((*index)-- == 0) {
                        *ret_parent = tree;
                        *ret_place = i;
                        return true;
                }
                if (find_value(value, index, ret_parent, ret_key, key_size, ret_place))
                        return true;
        }
        return false;
}

/* Puts `wrong` in the place of value `index`, or drops it from its object when that is NULL.
 * Returns the reading's result; 1 when nothing was changed since `wrong` has the right type; 2
 * after the last. */
static int read_with(size_t index, const char *wrong, char *ret_what, size_t what_size) {
        json_t *object = rich_object(), *parent = NULL, *old, *other;
        size_t place = 0;
        char key[64] = "";

        if (!find_value(object, &index, &parent, key, sizeof(key), &place)) {
                json_decref(object);
                return 2;
        }
        old = json_is_object(parent) ? json_object_get(parent, key) : json_array_get(parent, place);
        (void)snprintf(ret_what, what_size, "%s[%zu] as %s", key, place, wrong ? wrong : "(none)");
        other = wrong ? json_loads(wrong, JSON_DECODE_ANY, NULL) : NULL;
        if (other ? json_typeof(other) == json_typeof(old) && !json_is_integer(other)
                  : json_is_array(parent) || streq(key, "identity")) {
                json_decref(other);
                json_decref(object);
                return 1;
        }
        if (!other)
                (void)json_object_del(parent, key);
        else if (json_is_object(parent))
                (void)json_object_set_new(parent, key, other);
        else
                (void)json_array_set_new(parent, place, other);
        return read_changed(object);
}

static void test_a_saved_state_with_a_field_missing_or_wrong_is_refused(void **state) {
        static const char *const wrongs[] = {
                NULL, "null", "true", "-1", "2.5", "\"no such word\"", "[]", "{}"};
        size_t refused = 0;

        (void)state;
        for (size_t w = 0; w < ARRAY_LEN(wrongs); w++) {
                char what[128] = "";
                int r;

                for (size_t i = 0; (r = read_with(i, wrongs[w], what, sizeof(what))) != 2; i++) {
                        refused += r == -EBADMSG;
                        if (r != -EBADMSG && r != 1)
                                fail_msg("%s gave %d", what, r);
                }
        }
        assert_true(refused > 400);
}

/* Sets one field of the first element of a list in a saved state, and reads it. */
static int read_with_first(const char *list, const char *field, json_t *value) {
        json_t *object = rich_object();
        json_t *first = json_array_get(json_object_get(object, list), 0);

        assert_int_equal(json_object_set_new(first, field, value), 0);
        return read_changed(object);
}

static void test_over_long_ids_and_unknown_words_are_refused(void **state) {
        const char *longer = "0190000000007000800000000000000aa";

        (void)state;
        assert_int_equal(read_with_first("people", "id", json_string(longer)), -EBADMSG);
        assert_int_equal(read_with_first("people", "mode", json_string("none")), -EBADMSG);
        assert_int_equal(read_with_first("pending", "uid", json_string(longer)), -EBADMSG);
        assert_int_equal(read_with_first("pending", "person", json_string(longer)), -EBADMSG);
        assert_int_equal(read_with_first("pending", "change", json_string("x")), -EBADMSG);
        assert_int_equal(read_with_first("support", "uid", json_string(longer)), -EBADMSG);
        assert_int_equal(read_with_first("support", "kind", json_string("x")), -EBADMSG);
        assert_int_equal(read_with_first("people", "breaks",
                                 json_pack("[{s:i, s:s}]", "at", 1, "uid", longer)),
                -EBADMSG);
        assert_int_equal(
                read_with_first("people", "identities",
                        json_pack("[{s:s, s:s, s:i}]", "kind", "x", "value", "Lex", "added", 1)),
                -EBADMSG);
}

static void test_numbers_out_of_range_are_refused(void **state) {
        const json_int_t over = (json_int_t)UINT32_MAX + 1;

        (void)state;
        assert_int_equal(read_with_first("people", "milestone", json_integer(over)), -EBADMSG);
        assert_int_equal(read_with_first("people", "counts",
                                 json_pack("[i, i, i, I, i, i]", 0, 0, 0, over, 0, 0)),
                -EBADMSG);
        assert_int_equal(read_with_first("people", "counts", json_pack("[i, i]", 0, 0)), -EBADMSG);
        assert_int_equal(read_with_first("people", "breaks",
                                 json_pack("[{s:i, s:s}, {s:i, s:s}]", "at", 9, "uid", "a", "at", 8,
                                         "uid", "b")),
                -EBADMSG);
}

static void test_a_removal_that_waits_must_name_what_it_removes(void **state) {
        json_t *object = rich_object();

        (void)state;
        assert_int_equal(
                json_object_del(json_array_get(json_object_get(object, "pending"), 0), "identity"),
                0);
        assert_int_equal(read_changed(object), -EBADMSG);
}

static void test_a_pass_is_spelled_as_its_kind_asks(void **state) {
        (void)state;
        assert_int_equal(read_with_first("passes", "kind", json_string("sender")), -EBADMSG);
        assert_int_equal(read_with_first("passes", "kind", json_string("x")), -EBADMSG);
        assert_int_equal(
                read_with_first("passes", "identity",
                        json_pack("{s:s, s:s, s:i}", "kind", "phone", "value", "1", "added", 1)),
                -EBADMSG);
        assert_int_equal(
                read_with_first("passes", "identity",
                        json_pack("{s:s, s:s, s:i}", "kind", "name", "value", "x", "added", 1)),
                0);
        assert_int_equal(
                read_with_first("passes", "uid", json_string("0190000000007000800000000000000aa")),
                -EBADMSG);
        assert_int_equal(read_with_first("pending", "change", json_string("add-pass")), 0);
}

static void test_what_is_no_object_is_refused(void **state) {
        (void)state;
        assert_int_equal(read_changed(json_array()), -EBADMSG);
        assert_int_equal(read_changed(json_null()), -EBADMSG);
        assert_int_equal(read_changed(json_object()), -EBADMSG);
        assert_int_equal(read_changed(json_string("state")), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_saved_state_reads_as_the_same),
                cmocka_unit_test(test_an_empty_state_reads_as_the_same),
                cmocka_unit_test(test_a_copy_is_equal_and_lives_alone),
                cmocka_unit_test(test_random_stories_may_be_cut_anywhere),
                cmocka_unit_test(test_random_contacts_and_corrections_agree_with_a_plain_list),
                cmocka_unit_test(test_a_saved_state_with_a_field_missing_or_wrong_is_refused),
                cmocka_unit_test(test_over_long_ids_and_unknown_words_are_refused),
                cmocka_unit_test(test_numbers_out_of_range_are_refused),
                cmocka_unit_test(test_a_removal_that_waits_must_name_what_it_removes),
                cmocka_unit_test(test_a_pass_is_spelled_as_its_kind_asks),
                cmocka_unit_test(test_what_is_no_object_is_refused),
        };
        return cmocka_run_group_tests_name("state as a whole", tests, NULL, NULL);
}
