/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The judge: whom something concerns, what it counts as, and what is none of its business. */

#include "core/judge.h"
#include "nocontact/bus-names.h"
#include "unit/state-fixture.h"

#include <errno.h>

/* Alex is in full mode, Sam in limited mode; both commitments began at noon. */
typedef struct Court {
        State *s;
        Rules *rules;
} Court;

static const char *const cast[][3] = {
        {ALEX, "name", "Lex"},
        {ALEX, "handle", "instagram:alex.doe"},
        {ALEX, "handle", "instagram:will"},
        {ALEX, "profile", "https://example.org/~alex"},
        {ALEX, "domain", "alexdoe.example"},
        {ALEX, "phone", "+15550109999"},
        {ALEX, "email", "alex@example.org"},
        {ALEX, "app", "signal:Alex"},
        {SAM, "handle", "instagram:sam.roe"},
        {SAM, "phone", "+15550108888"},
};

static int court_setup(void **state) {
        Court *c = calloc(1, sizeof(*c));

        assert_non_null(c);
        assert_int_equal(state_new(&c->s), 0);
        (void)story_tell(c->s, EVENT_PERSON_ADDED, ALEX, NOON,
                json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "full"));
        (void)story_tell(c->s, EVENT_PERSON_ADDED, SAM, NOON,
                json_pack("{s:s, s:s}", "name", "Sam Roe", "mode", "limited"));
        story_begin(c->s, ALEX, NOON, 30);
        story_begin(c->s, SAM, NOON, 30);
        for (size_t i = 0; i < ARRAY_LEN(cast); i++) {
                int kind = identity_kind_from_name(cast[i][1]);
                Identity id;

                assert_int_equal(identity_parse((IdentityKind)kind, cast[i][2], &id, NULL), 0);
                (void)story_tell(c->s, EVENT_IDENTITY_ADDED, cast[i][0], NOON,
                        identity_data(cast[i][1], id.value));
                identity_done(&id);
        }
        assert_int_equal(rules_new(c->s, &c->rules), 0);
        *state = c;
        return 0;
}

static int court_teardown(void **state) {
        Court *c = *state;

        rules_free(c->rules);
        state_free(c->s);
        free(c);
        return 0;
}

static int judge(const Court *c, const char *url, uint64_t at, Evidence evidence, Verdict *ret) {
        *ret = (Verdict){0};
        return judge_url(c->rules, url, at, evidence, ret);
}

/* --- visits ---------------------------------------------------------------------------------- */

static const struct {
        const char *url, *person, *via, *key;
        Grade shown, stopped;
} visits[] = {
        {"https://www.instagram.com/alex.doe/", ALEX, "profile", "instagram:alex.doe", GRADE_SLIP,
                GRADE_ATTEMPT},
        {"http://instagram.com/Alex.Doe?igsh=x", ALEX, "profile", "instagram:alex.doe", GRADE_SLIP,
                GRADE_ATTEMPT},
        {"https://example.org/~alex/photos/1.html", ALEX, "page", "page:example.org/~alex",
                GRADE_SLIP, GRADE_ATTEMPT},
        {"https://blog.alexdoe.example/2026", ALEX, "domain", "domain:alexdoe.example", GRADE_SLIP,
                GRADE_ATTEMPT},
        {"https://web.archive.org/web/2026/https://www.instagram.com/alex.doe/", ALEX, "viewer",
                "viewer:instagram:alex.doe", GRADE_SLIP, GRADE_ATTEMPT},
        {"https://www.instagram.com/sam.roe/", SAM, "profile", "instagram:sam.roe", GRADE_SLIP,
                GRADE_ATTEMPT},
        {"https://duckduckgo.com/?q=Alex+Doe", ALEX, "search", "search:alex doe", GRADE_ATTEMPT,
                GRADE_ATTEMPT},
};

static void test_a_page_shown_is_a_slip_and_one_stopped_an_attempt(void **state) {
        const Court *c = *state;

        for (size_t i = 0; i < ARRAY_LEN(visits); i++) {
                Verdict shown, stopped;

                if (judge(c, visits[i].url, NOON, EVIDENCE_SHOWN, &shown) != 1)
                        fail_msg("%s concerns nobody", visits[i].url);
                assert_int_equal(judge(c, visits[i].url, NOON, EVIDENCE_STOPPED, &stopped), 1);
                assert_string_equal(c->s->people[shown.person].id, visits[i].person);
                assert_string_equal(shown.via, visits[i].via);
                assert_string_equal(shown.key, visits[i].key);
                assert_string_equal(stopped.key, visits[i].key);
                assert_int_equal(shown.grade, visits[i].shown);
                assert_int_equal(stopped.grade, visits[i].stopped);
                assert_false(shown.hold);
                verdict_done(&shown);
                verdict_done(&stopped);
        }
}

static void test_the_sentence_names_nobody(void **state) {
        for (size_t i = 0; i < ARRAY_LEN(visits); i++) {
                Verdict v;

                assert_int_equal(judge(*state, visits[i].url, NOON, EVIDENCE_SHOWN, &v), 1);
                assert_true(strlen(v.why) > 10);
                assert_null(strcasestr(v.why, "alex"));
                assert_null(strcasestr(v.why, "sam"));
                verdict_done(&v);
        }
}

static void test_what_was_before_the_begin_is_not_judged(void **state) {
        for (size_t i = 0; i < ARRAY_LEN(visits); i++) {
                Verdict v;

                assert_int_equal(judge(*state, visits[i].url, NOON - 1, EVIDENCE_SHOWN, &v), 0);
                assert_null(v.key);
        }
}

static void test_the_same_page_counts_from_the_begin_on(void **state) {
        Verdict v;

        assert_int_equal(judge(*state, visits[0].url, NOON - 1, EVIDENCE_SHOWN, &v), 0);
        assert_int_equal(judge(*state, visits[0].url, NOON, EVIDENCE_SHOWN, &v), 1);
        verdict_done(&v);
}

static void test_other_pages_and_what_is_no_page_concern_nobody(void **state) {
        static const char *const urls[] = {
                "https://www.instagram.com/",
                "https://www.instagram.com/alex.doe.fan/",
                "https://www.instagram.com/explore/",
                "https://example.org/~alexa",
                "https://example.org/",
                "https://notalexdoe.example/",
                "https://alexdoe.example.com/",
                "https://duckduckgo.com/?q=weather",
                "https://duckduckgo.com/",
                "about:blank",
                "chrome://newtab/",
                "file:///home/alex/",
                "data:text/html,alexdoe.example",
                "javascript:alert(1)",
                "not a url",
                "",
                "http://",
                "\xff\xfe",
        };

        for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
                Verdict v;

                if (judge(*state, urls[i], NOON, EVIDENCE_SHOWN, &v) != 0)
                        fail_msg("%s concerns somebody", urls[i]);
        }
}

static void test_a_url_without_end_concerns_nobody(void **state) {
        enum { LEN = 200000 };
        _cleanup_free_ char *url = malloc(LEN + 1);
        Verdict v;

        assert_non_null(url);
        memset(url, 'a', LEN);
        memcpy(url, visits[0].url, strlen(visits[0].url));
        url[LEN] = '\0';
        assert_int_equal(judge(*state, url, NOON, EVIDENCE_SHOWN, &v), 0);
}

/* --- searches -------------------------------------------------------------------------------- */

static void test_a_search_counts_when_it_names_them_beyond_doubt(void **state) {
        static const struct {
                const char *text;
                bool counts;
        } searches[] = {
                {"alex+doe", true},
                {"alex+doe+instagram", true},
                {"doe%2C+alex", true},
                {"lex", true},
                {"+Lex+", true},
                {"%22lex%22", true},
                {"lex+luthor+films", false},
                {"who+is+lex", false},
                {"alex.doe", true},
                {"%40alex.doe", true},
                {"will", true},
                {"will+it+rain", false},
                {"%2B1+555+010+9999", true},
                {"alex%40example.org", true},
                {"alexdoe.example", true},
                {"alexander+doerr", false},
                {"", false},
        };

        for (size_t i = 0; i < ARRAY_LEN(searches); i++) {
                char url[128];
                Verdict v;
                int r;

                (void)snprintf(url, sizeof(url), "https://duckduckgo.com/?q=%s", searches[i].text);
                r = judge(*state, url, NOON, EVIDENCE_SHOWN, &v);
                if (r != searches[i].counts)
                        fail_msg("%s gave %d", searches[i].text, r);
                if (r > 0) {
                        assert_int_equal(v.grade, GRADE_ATTEMPT);
                        assert_string_equal(v.via, "search");
                }
                verdict_done(&v);
        }
}

static void test_two_spellings_of_a_search_have_one_key(void **state) {
        Verdict a, b;

        assert_int_equal(judge(*state, "https://duckduckgo.com/?q=Alex++DOE&ia=web", NOON,
                                 EVIDENCE_SHOWN, &a),
                1);
        assert_int_equal(
                judge(*state, "https://duckduckgo.com/?q=%20alex%20doe", NOON, EVIDENCE_SHOWN, &b),
                1);
        assert_string_equal(a.key, b.key);
        verdict_done(&a);
        verdict_done(&b);
}

/* --- what a feed shows ----------------------------------------------------------------------- */

static void test_a_link_to_a_page_of_theirs_exposes(void **state) {
        static const char *const theirs[] = {"https://www.instagram.com/alex.doe/",
                "https://www.instagram.com/alex.doe/p/C1/", "https://www.instagram.com/sam.roe/",
                "https://alexdoe.example/", "https://example.org/~alex"};
        static const char *const others[] = {"https://www.instagram.com/alex.doe2/",
                "https://www.instagram.com/p/C1/", "https://duckduckgo.com/?q=Alex+Doe",
                "https://www.instagram.com/explore/search/?q=alex.doe", "javascript:alex.doe", ""};
        const Court *c = *state;

        for (size_t i = 0; i < ARRAY_LEN(theirs); i++)
                assert_int_equal(judge_exposed_url(c->rules, theirs[i], NOON), 1);
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
                assert_int_equal(judge_exposed_url(c->rules, others[i], NOON), 0);
        assert_int_equal(judge_exposed_url(c->rules, theirs[0], NOON - 1), 0);
}

static void test_a_name_exposes_when_it_is_whole_and_stands_alone(void **state) {
        static const char *const theirs[] = {"Alex Doe", "ALEX  DO\xc3\x8b", "Doe, Alex",
                "Alex Doe \xf0\x9f\x8c\xb8", "Sam Roe"};
        static const char *const others[] = {"Alex", "Lex", "Alex Doe 2", "Alex Doering",
                "Alex Doe liked this", "alex.doe", "+15550109999", "alex@example.org", ""};
        const Court *c = *state;

        for (size_t i = 0; i < ARRAY_LEN(theirs); i++)
                if (judge_exposed_name(c->rules, theirs[i], NOON) != 1)
                        fail_msg("%s is nobody's name", theirs[i]);
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
                if (judge_exposed_name(c->rules, others[i], NOON) != 0)
                        fail_msg("%s is taken for a name", others[i]);
        assert_int_equal(judge_exposed_name(c->rules, theirs[0], NOON - 1), 0);
}

/* --- platforms as a whole -------------------------------------------------------------------- */

#define FEED "https://www.instagram.com/"

/* Tells the story on and makes the rules anew. */
static void tell(Court *c, EventKind kind, uint64_t at, json_t *data) {
        (void)story_tell(c->s, kind,
                kind == EVENT_OVERRIDE || kind == EVENT_OVERRIDE_ENDED || kind == EVENT_PASS_ADDED
                        ? ""
                        : ALEX,
                at, data);
        c->rules = rules_free(c->rules);
        assert_int_equal(rules_new(c->s, &c->rules), 0);
}

static void block(Court *c, const char *platform) {
        tell(c, EVENT_IDENTITY_ADDED, NOON, identity_data("platform", platform));
}

static void except(Court *c, uint64_t from, uint64_t until, const char *target) {
        tell(c, EVENT_OVERRIDE, from,
                json_pack("{s:s, s:I}", "target", target, "until", (json_int_t)until));
}

/* "" for nobody, else how and as what the visit counts: "platform attempt". The caller frees. */
static char *told(const Court *c, const char *url, uint64_t at, Evidence evidence) {
        Verdict v;
        char *text;
        int r = judge(c, url, at, evidence, &v);

        assert_true(r >= 0);
        if (r == 0)
                return strdup("");
        assert_string_equal(c->s->people[v.person].id, ALEX);
        assert_int_equal(v.theirs, !streq(v.via, "platform") && !streq(v.via, "search"));
        assert_true(asprintf(&text, "%s %s", v.via, grade_name(v.grade)) > 0);
        verdict_done(&v);
        return text;
}

static void expect_told(
        const Court *c, const char *url, uint64_t at, Evidence evidence, const char *expected) {
        _cleanup_free_ char *text = told(c, url, at, evidence);

        if (!streq(text, expected))
                fail_msg("%s is '%s' and not '%s'", url, text, expected);
}

static void test_a_page_of_a_blocked_platform_is_an_attempt_in_either_case(void **state) {
        Court *c = *state;

        expect_told(c, FEED, NOON, EVIDENCE_SHOWN, "");
        block(c, "instagram");
        expect_told(c, FEED, NOON, EVIDENCE_SHOWN, "platform attempt");
        expect_told(c, FEED, NOON, EVIDENCE_STOPPED, "platform attempt");
        expect_told(c, FEED "someone.else/", NOON, EVIDENCE_SHOWN, "platform attempt");
        expect_told(c, FEED, NOON - 1, EVIDENCE_SHOWN, "");
        expect_told(c, "https://www.facebook.com/", NOON, EVIDENCE_SHOWN, "");
}

static void test_their_page_on_a_blocked_platform_is_still_theirs(void **state) {
        Court *c = *state;

        block(c, "instagram");
        expect_told(c, FEED "alex.doe/", NOON, EVIDENCE_SHOWN, "profile slip");
        expect_told(c, FEED "alex.doe/", NOON, EVIDENCE_STOPPED, "profile attempt");
}

static void test_a_search_for_them_on_a_blocked_platform_is_a_search(void **state) {
        Court *c = *state;

        block(c, "x");
        expect_told(c, "https://x.com/search?q=alex+doe", NOON, EVIDENCE_SHOWN, "search attempt");
        expect_told(c, "https://x.com/search?q=weather", NOON, EVIDENCE_SHOWN, "platform attempt");
}

/* What is read late counts by the time it happened, as all things do. */
static void test_while_an_exception_is_open_the_platform_is_nobodys(void **state) {
        Court *c = *state;

        block(c, "instagram");
        block(c, "facebook");
        except(c, NOON + HOUR, NOON + HOUR + 10 * MINUTE, "instagram");
        expect_told(c, FEED, NOON + HOUR - 1, EVIDENCE_SHOWN, "platform attempt");
        expect_told(c, FEED, NOON + HOUR, EVIDENCE_SHOWN, "");
        expect_told(c, FEED, NOON + HOUR + 5 * MINUTE, EVIDENCE_STOPPED, "");
        expect_told(c, FEED, NOON + HOUR + 10 * MINUTE, EVIDENCE_SHOWN, "platform attempt");
        expect_told(
                c, "https://www.facebook.com/", NOON + HOUR, EVIDENCE_SHOWN, "platform attempt");

        tell(c, EVENT_OVERRIDE_ENDED, NOON + HOUR + 2 * MINUTE,
                json_pack("{s:s}", "target", "instagram"));
        expect_told(c, FEED, NOON + HOUR, EVIDENCE_SHOWN, "");
        expect_told(c, FEED, NOON + HOUR + 5 * MINUTE, EVIDENCE_SHOWN, "platform attempt");
}

static void test_an_exception_lets_no_page_of_theirs_be(void **state) {
        Court *c = *state;

        block(c, "instagram");
        except(c, NOON, NOON + 10 * MINUTE, "instagram");
        except(c, NOON, NOON + 10 * MINUTE, "alexdoe.example");
        expect_told(c, FEED "alex.doe/", NOON, EVIDENCE_SHOWN, "profile slip");
        expect_told(c, "https://alexdoe.example/", NOON, EVIDENCE_SHOWN, "domain slip");
        expect_told(c, FEED "explore/search/?q=alex+doe", NOON, EVIDENCE_SHOWN, "search attempt");
}

/* --- texts ----------------------------------------------------------------------------------- */

typedef enum Fate { NOBODY, DELIVERED, HELD } Fate;

static Fate fate_of(const Court *c, const char *app, const char *summary, const char *body) {
        Verdict v = {0};
        int r = judge_notice(
                c->rules, &(Notice){app, "", summary, body}, NOON, (LocalTime){NOON, 0}, &v);
        Fate fate;

        assert_true(r >= 0);
        fate = r == 0 ? NOBODY : v.hold ? HELD : DELIVERED;
        if (r > 0) {
                assert_int_equal(v.grade, GRADE_NONE);
                assert_non_null(v.via);
                assert_true(strlen(v.why) > 10);
                assert_string_equal(c->s->people[v.person].id, fate == HELD ? ALEX : SAM);
        }
        verdict_done(&v);
        return fate;
}

static void test_a_message_that_names_them_is_held(void **state) {
        static const struct {
                const char *app, *summary, *body;
                Fate fate;
        } texts[] = {
                {"Messages", "Alex Doe", "Hi!", HELD},
                {"Messages", "New message", "From <b>Alex&nbsp;Doe</b>", HELD},
                {"Messages", "+1 (555) 010-9999", "Hi!", HELD},
                {"Mail", "alex@example.org", "Re: us", HELD},
                {"Instagram", "alex.doe sent you a photo", "", HELD},
                {"Signal", "Alex", "Hi!", HELD},
                {"signal", "alex", "Hi!", HELD},
                {"Telegram", "Alex", "Hi!", NOBODY},
                {"Messages", "Lex", "Hi!", HELD},
                {"Films", "Lex Luthor returns", "At nine", NOBODY},
                {"Calendar", "Will you come?", "Answer today", NOBODY},
                {"Weather", "Rain", "All day", NOBODY},
                {"", "", "", NOBODY},
        };

        for (size_t i = 0; i < ARRAY_LEN(texts); i++)
                if (fate_of(*state, texts[i].app, texts[i].summary, texts[i].body) != texts[i].fate)
                        fail_msg("%s: %s: %s", texts[i].app, texts[i].summary, texts[i].body);
}

static void test_in_limited_mode_a_message_is_delivered(void **state) {
        const Court *c = *state;

        assert_int_equal(fate_of(c, "Messages", "Sam Roe", "Pick-up is at four"), DELIVERED);
        assert_int_equal(fate_of(c, "Messages", "+15550108888", "At four"), DELIVERED);
}

/* That a platform is shut says nothing about who writes. */
static void test_the_name_of_a_blocked_platform_in_a_text_names_nobody(void **state) {
        Court *c = *state;

        block(c, "instagram");
        assert_int_equal(fate_of(c, "Instagram", "Instagram", "instagram"), NOBODY);
        assert_int_equal(fate_of(c, "Mail", "News", "See www.instagram.com/sam"), NOBODY);
        assert_int_equal(fate_of(c, "Instagram", "alex.doe sent you a photo", ""), HELD);
}

/* The strictest rule wins, whoever is named first or with more certainty. */
static void test_who_is_held_is_not_hidden_by_who_is_delivered(void **state) {
        const Court *c = *state;

        assert_int_equal(fate_of(c, "Messages", "Sam Roe", "Alex Doe says hello"), HELD);
        assert_int_equal(fate_of(c, "Messages", "Sam Roe and Alex Doe", ""), HELD);
        assert_int_equal(fate_of(c, "Messages", "Alex Doe and Sam Roe", ""), HELD);
        assert_int_equal(fate_of(c, "Messages", "+15550108888", "with Alex Doe"), HELD);
        assert_int_equal(fate_of(c, "Messages", "", "+15550108888 and Alex Doe"), HELD);
        assert_int_equal(fate_of(c, "Messages", "Sam Roe", "Lex Luthor returns"), DELIVERED);
}

/* --- hours ----------------------------------------------------------------------------------- */

#define MONDAY (NOON + 12 * HOUR) /* 00:00 UTC */

static void set_hours(Court *c, const char *person, const char *hours) {
        (void)story_tell(
                c->s, EVENT_PERSON_HOURS, person, NOON, json_pack("{s:s}", "hours", hours));
        rules_free(c->rules);
        assert_int_equal(rules_new(c->s, &c->rules), 0);
}

/* Until when a text is held, 0 for the commitment's end; or DELIVERED_NOW. */
#define DELIVERED_NOW UINT64_MAX

static uint64_t held_until(const Court *c, const char *summary, LocalTime at) {
        const Notice n = {"Messages", "", summary, "Hello"};
        uint64_t until = DELIVERED_NOW;
        Verdict v = {0};

        assert_int_equal(judge_notice(c->rules, &n, MAX(at.usec, NOON), at, &v), 1);
        if (v.hold)
                until = v.until_usec;
        else
                assert_int_equal(v.until_usec, 0);
        verdict_done(&v);
        return until;
}

static void test_in_limited_mode_hours_decide(void **state) {
        Court *c = *state;

        set_hours(c, SAM, "mon-fri 09:00-18:00");
        assert_int_equal(held_until(c, "Sam Roe", (LocalTime){MONDAY, 0}), MONDAY + 9 * HOUR);
        assert_int_equal(held_until(c, "+15550108888", (LocalTime){MONDAY, 0}), MONDAY + 9 * HOUR);
        assert_int_equal(
                held_until(c, "Sam Roe", (LocalTime){MONDAY + 9 * HOUR, 0}), DELIVERED_NOW);
        assert_int_equal(held_until(c, "Sam Roe", (LocalTime){MONDAY + 4 * DAY + 18 * HOUR, 0}),
                MONDAY + 7 * DAY + 9 * HOUR);
        /* the clock that counts is the one on the wall */
        assert_int_equal(
                held_until(c, "Sam Roe", (LocalTime){MONDAY + 8 * HOUR, 60}), DELIVERED_NOW);
        assert_int_equal(
                held_until(c, "Sam Roe", (LocalTime){MONDAY + 9 * HOUR, -60}), MONDAY + 10 * HOUR);
        /* and was it set back, the rules are no younger for it */
        assert_int_equal(held_until(c, "Sam Roe", (LocalTime){MONDAY - 700 * DAY, 0}),
                MONDAY - 700 * DAY + 9 * HOUR);
}

static void test_hours_change_nothing_in_full_mode(void **state) {
        Court *c = *state;

        set_hours(c, ALEX, "00:00-24:00");
        assert_int_equal(held_until(c, "Alex Doe", (LocalTime){MONDAY, 0}), 0);
}

/* Whose hours are not now is held, whoever else is named and open. */
static void test_each_ones_hours_count(void **state) {
        const char *kim = "0190000000007000800000000000000e";
        Court *c = *state;

        (void)story_tell(c->s, EVENT_PERSON_ADDED, kim, NOON,
                json_pack("{s:s, s:s}", "name", "Kim Low", "mode", "limited"));
        story_begin(c->s, kim, NOON, 30);
        set_hours(c, SAM, "09:00-12:00");
        set_hours(c, kim, "10:00-18:00");
        assert_int_equal(held_until(c, "Sam Roe and Kim Low", (LocalTime){MONDAY + 9 * HOUR, 0}),
                MONDAY + 10 * HOUR);
        assert_int_equal(held_until(c, "Kim Low and Sam Roe", (LocalTime){MONDAY + 10 * HOUR, 0}),
                DELIVERED_NOW);
        assert_int_equal(held_until(c, "Kim Low and Sam Roe", (LocalTime){MONDAY + 12 * HOUR, 0}),
                MONDAY + DAY + 9 * HOUR);
        assert_int_equal(
                held_until(c, "Kim Low and Alex Doe", (LocalTime){MONDAY + 8 * HOUR, 0}), 0);
        set_hours(c, kim, "");
        assert_int_equal(held_until(c, "Kim Low and Sam Roe", (LocalTime){MONDAY + 12 * HOUR, 0}),
                MONDAY + DAY + 9 * HOUR);
}

static void test_what_passes_does_so_at_any_hour(void **state) {
        Court *c = *state;

        tell(c, EVENT_PASS_ADDED, NOON, json_pack("{s:s, s:s}", "kind", "word", "value", "school"));
        set_hours(c, SAM, "09:00-12:00");
        assert_int_equal(fate_of(c, "Mail", "News", "from school, by Sam Roe"), NOBODY);
}

/* --- what always passes ---------------------------------------------------------------------- */

static void let_pass(Court *c, const char *kind, const char *value) {
        tell(c, EVENT_PASS_ADDED, NOON, json_pack("{s:s, s:s}", "kind", kind, "value", value));
}

static void test_what_passes_is_delivered_whomever_it_names(void **state) {
        Court *c = *state;

        let_pass(c, "word", "school");
        let_pass(c, "sender", "telegram:Anna Other");
        assert_int_equal(fate_of(c, "Mail", "School trip", "Alex Doe comes along"), NOBODY);
        assert_int_equal(fate_of(c, "Mail", "Alex Doe", "the <b>SCHOOL</b>&nbsp;called"), NOBODY);
        assert_int_equal(fate_of(c, "Telegram Desktop", "Anna Other", "Alex Doe"), NOBODY);

        assert_int_equal(fate_of(c, "Mail", "Alex Doe", "the preschools called"), HELD);
        assert_int_equal(fate_of(c, "Signal", "Anna Other", "Alex Doe"), HELD);
        assert_int_equal(fate_of(c, "Telegram Desktop", "Anna Other and Alex Doe", ""), HELD);
        assert_int_equal(fate_of(c, "Telegram Desktop", "Alex Doe", "Anna Other"), HELD);
        assert_int_equal(fate_of(c, "Mail", "Sam Roe", "school"), NOBODY);
        assert_int_equal(fate_of(c, "Mail", "Sam Roe", "hi"), DELIVERED);
        assert_int_equal(judge_sender_passes(c->rules, "Telegram", "Anna Other"), 1);
        assert_int_equal(judge_sender_passes(c->rules, "Telegram", "school"), 0);
}

/* Texts of names, words that pass and what is between, in any order: without a pass in it a text
 * is judged as if there were none, and with one it is nobody's; visits never change. */
static void test_passes_change_nothing_else(void **state) {
        static const char *const parts[] = {"Alex Doe", "Sam Roe", "school", "+1 555 010-9999",
                "hello", "Lex", "@alex.doe", "hospital", "alexdoe.example", "schools", "!"};
        static const char *const pages[] = {"https://www.instagram.com/alex.doe/",
                "https://alexdoe.example/school", "https://duckduckgo.com/?q=Alex+Doe+school",
                "https://example.org/school"};
        Court *c = *state, plain = {.s = NULL};
        unsigned passed = 0, held = 0;

        assert_int_equal(state_copy(c->s, &plain.s), 0);
        assert_int_equal(rules_new(plain.s, &plain.rules), 0);
        let_pass(c, "word", "school");
        let_pass(c, "word", "hospital");
        for (size_t n = 0; n < ARRAY_LEN(parts) * ARRAY_LEN(parts) * ARRAY_LEN(parts); n++) {
                const char *a = parts[n % ARRAY_LEN(parts)],
                           *b = parts[n / ARRAY_LEN(parts) % ARRAY_LEN(parts)],
                           *e = parts[n / ARRAY_LEN(parts) / ARRAY_LEN(parts)];
                char body[256];
                bool passes = streq(a, "school") || streq(a, "hospital") || streq(b, "school") ||
                              streq(b, "hospital") || streq(e, "school") || streq(e, "hospital");

                (void)snprintf(body, sizeof(body), "%s %s", b, e);
                assert_int_equal(fate_of(c, "Mail", a, body),
                        passes ? NOBODY : fate_of(&plain, "Mail", a, body));
                passed += passes;
                held += fate_of(&plain, "Mail", a, body) == HELD;
        }
        assert_true(passed > 100 && held > 100);
        for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
                Verdict with = {0}, without = {0};

                assert_int_equal(judge_url(c->rules, pages[i], NOON, EVIDENCE_SHOWN, &with),
                        judge_url(plain.rules, pages[i], NOON, EVIDENCE_SHOWN, &without));
                assert_int_equal(with.grade, without.grade);
                verdict_done(&with);
                verdict_done(&without);
        }
        rules_free(plain.rules);
        state_free(plain.s);
}

static void test_what_came_before_the_begin_is_delivered(void **state) {
        const Court *c = *state;
        Verdict v = {0};

        assert_int_equal(judge_notice(c->rules, &(Notice){"Messages", "", "Alex Doe", "Hi!"},
                                 NOON - 1, (LocalTime){NOON - 1, 0}, &v),
                0);
}

static void test_any_bytes_can_be_judged(void **state) {
        const Court *c = *state;

        assert_int_equal(fate_of(c, "\xff", "\xc3\x28", "<\xf0\x9f"), NOBODY);
        assert_int_equal(fate_of(c, "\xff",
                                 "\xff"
                                 "Alex Doe\xff",
                                 ""),
                HELD);
}

/* --- merging, sources ------------------------------------------------------------------------ */

static void test_the_strongest_evidence_decides(void **state) {
        static const struct {
                Grade recorded;
                Evidence evidence;
                Grade merged;
        } merges[] = {
                {GRADE_SLIP, EVIDENCE_STOPPED, GRADE_ATTEMPT},
                {GRADE_SLIP, EVIDENCE_SHOWN, GRADE_SLIP},
                {GRADE_ATTEMPT, EVIDENCE_STOPPED, GRADE_ATTEMPT},
                {GRADE_ATTEMPT, EVIDENCE_SHOWN, GRADE_ATTEMPT},
                {GRADE_RELAPSE, EVIDENCE_STOPPED, GRADE_RELAPSE},
                {GRADE_RELAPSE, EVIDENCE_SHOWN, GRADE_RELAPSE},
                {GRADE_NONE, EVIDENCE_STOPPED, GRADE_NONE},
                {GRADE_NONE, EVIDENCE_SHOWN, GRADE_NONE},
                {GRADE_URGE, EVIDENCE_STOPPED, GRADE_URGE},
                {GRADE_URGE, EVIDENCE_SHOWN, GRADE_URGE},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(merges); i++)
                assert_int_equal(
                        judge_merge(merges[i].recorded, merges[i].evidence), merges[i].merged);
}

#define CHARS_64 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

static void test_sources_are_read(void **state) {
        static const struct {
                const char *text, *name, *channel;
                Evidence evidence;
        } good[] = {
                {"extension:firefox", "extension", "firefox", EVIDENCE_STOPPED},
                {"extension", "extension", "extension", EVIDENCE_STOPPED},
                {"extension:", "extension", "extension", EVIDENCE_STOPPED},
                {"history:chromium", "history", "chromium", EVIDENCE_SHOWN},
                {"manual", "manual", "manual", EVIDENCE_SHOWN},
                {"policy:google-chrome_1.2", "policy", "google-chrome_1.2", EVIDENCE_STOPPED},
                {"sinkhole", "sinkhole", "sinkhole", EVIDENCE_STOPPED},
                {"manual:" CHARS_64, "manual", CHARS_64, EVIDENCE_SHOWN},
        };
        Source source;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(good); i++) {
                assert_int_equal(source_parse(good[i].text, &source), 0);
                assert_string_equal(source.name, good[i].name);
                assert_string_equal(source.channel, good[i].channel);
                assert_int_equal(source.evidence, good[i].evidence);
        }
}

static void test_what_is_no_source_is_refused(void **state) {
        static const char *const bad[] = {"", ":", ":firefox", "ext", "extensions:firefox",
                "Extension:firefox", "extension :firefox", "extension:fire fox", "extension:a:b",
                "extension:\xc3\xbc", "extension:a/b", "extension:a\n", "history,firefox",
                "manual:" CHARS_64 "x"};
        Source source = {.name = "untouched"};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                if (source_parse(bad[i], &source) != -EINVAL)
                        fail_msg("%s was read", bad[i]);
                assert_string_equal(source.name, "untouched");
        }
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, court_setup, court_teardown)
        const struct CMUnitTest tests[] = {
                test(test_a_page_shown_is_a_slip_and_one_stopped_an_attempt),
                test(test_the_sentence_names_nobody),
                test(test_what_was_before_the_begin_is_not_judged),
                test(test_the_same_page_counts_from_the_begin_on),
                test(test_other_pages_and_what_is_no_page_concern_nobody),
                test(test_a_url_without_end_concerns_nobody),
                test(test_a_search_counts_when_it_names_them_beyond_doubt),
                test(test_two_spellings_of_a_search_have_one_key),
                test(test_a_link_to_a_page_of_theirs_exposes),
                test(test_a_name_exposes_when_it_is_whole_and_stands_alone),
                test(test_a_page_of_a_blocked_platform_is_an_attempt_in_either_case),
                test(test_their_page_on_a_blocked_platform_is_still_theirs),
                test(test_a_search_for_them_on_a_blocked_platform_is_a_search),
                test(test_while_an_exception_is_open_the_platform_is_nobodys),
                test(test_an_exception_lets_no_page_of_theirs_be),
                test(test_the_name_of_a_blocked_platform_in_a_text_names_nobody),
                test(test_a_message_that_names_them_is_held),
                test(test_in_limited_mode_a_message_is_delivered),
                test(test_who_is_held_is_not_hidden_by_who_is_delivered),
                test(test_in_limited_mode_hours_decide),
                test(test_hours_change_nothing_in_full_mode),
                test(test_each_ones_hours_count),
                test(test_what_passes_does_so_at_any_hour),
                test(test_what_passes_is_delivered_whomever_it_names),
                test(test_passes_change_nothing_else),
                test(test_what_came_before_the_begin_is_delivered),
                test(test_any_bytes_can_be_judged),
                cmocka_unit_test(test_the_strongest_evidence_decides),
                cmocka_unit_test(test_sources_are_read),
                cmocka_unit_test(test_what_is_no_source_is_refused),
        };
        return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
