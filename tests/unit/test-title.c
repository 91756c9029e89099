/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The titles of browser windows: which of them name somebody in the way in which the title of their
 * page would, and which only look like it. */

#include "core/judge.h"
#include "core/title.h"
#include "unit/random.h"
#include "unit/state-fixture.h"

typedef struct Court {
        State *s;
        Rules *rules;
} Court;

static void tell_person(
        State *s, const char *person, const char *name, const char *mode, const char *handle) {
        (void)story_tell(s, EVENT_PERSON_ADDED, person, NOON,
                json_pack("{s:s, s:s}", "name", name, "mode", mode));
        story_begin(s, person, NOON, 30);
        (void)story_tell(s, EVENT_IDENTITY_ADDED, person, NOON, identity_data("handle", handle));
}

static int court_setup(void **state) {
        Court *c = calloc(1, sizeof(*c));

        assert_non_null(c);
        assert_int_equal(state_new(&c->s), 0);
        tell_person(c->s, ALEX, "Alex Doe", "full", "instagram:alex.doe");
        tell_person(c->s, SAM, "Sämi", "limited", "tiktok:will");
        (void)story_tell(c->s, EVENT_IDENTITY_ADDED, ALEX, NOON, identity_data("name", "Lex"));
        (void)story_tell(
                c->s, EVENT_IDENTITY_ADDED, ALEX, NOON, identity_data("phone", "+15550109999"));
        (void)story_tell(
                c->s, EVENT_IDENTITY_ADDED, ALEX, NOON, identity_data("email", "alex@example.org"));
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

static void test_titles_of_their_pages_name_them(void **state) {
        static const char *const titles[] = {
                "Alex (@alex.doe) • Instagram photos and videos — Mozilla Firefox",
                "(@ALEX.DOE) • Instagram",
                "@alex.doe | Linktree - Chromium",
                "Lex ☀️ (@Alex.Doe) | TikTok — Mozilla Firefox Private Browsing",
                "Alex Doe | Facebook - Chromium",
                "(3) Alex Doe | Facebook — Mozilla Firefox",
                "Álex DÓE | facebook",
                "Doe, Alex | LinkedIn",
                "Alex Doe - CFO - Acme | LinkedIn - Google Chrome",
                "Alex Doe - YouTube — Mozilla Firefox",
                "Alex Doe (@someoneelse) / X",
                "Alex \"Lex\" Doe (@elsewhere) / X - Chromium",
                "Alex Doe (@lexie) • Instagram photos and videos",
                "Alex Doe on Instagram: \"what a day\"",
                "Facebook: Alex Doe | Facebook",
                "Alex Doe (alexdoe) · GitHub",
                "Ａｌｅｘ Ｄｏｅ | Facebook",
        };
        const Court *c = *state;

        for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
                Verdict v = {0};

                if (judge_title(c->rules, titles[i], NOON, &v) != 1)
                        fail_msg("\"%s\" is nobody's", titles[i]);
                assert_string_equal(c->s->people[v.person].id, ALEX);
                assert_string_equal(v.via, "title");
                assert_int_equal(v.grade, GRADE_NONE);
                assert_null(v.key);
                assert_int_equal(judge_title(c->rules, titles[i], NOON - 1, &v), 0);
        }
}

static void test_who_is_in_limited_mode_is_named_too(void **state) {
        const Court *c = *state;
        Verdict v = {0};

        assert_int_equal(judge_title(c->rules, "Who cares (@will) | TikTok", NOON, &v), 1);
        assert_string_equal(c->s->people[v.person].id, SAM);
}

static void test_false_friends_name_nobody(void **state) {
        static const char *const titles[] = {
                "",
                "Instagram",
                /* a name alone, or in a text that no platform signs */
                "Alex Doe",
                "Alex Doe — Mozilla Firefox",
                "Alex Doe - Wikipedia - Chromium",
                "Alex Doe elected mayor - The Daily News",
                "Inbox (3) - alex@example.org - Example Mail",
                "Re: lunch with Alex Doe - Example Mail",
                "+1 555 010 9999 | Facebook",
                /* a sentence that speaks of a platform */
                "Alex Doe joins Facebook as CFO - Reuters",
                "Alex Doe - Facebook's new CFO",
                "Alex Doe - Facebook CFO resigns",
                "Alex Doe, ex-Facebook engineer | Example Blog",
                "Your memories with Alex Doe on Facebook - Example Mail",
                "Alex Doe reviews the Model X - Example Cars",
                "Alex Doe and/or X",
                "Alex Doe - XYZ",
                "Alex Doe | Facebookers",
                /* one word of a name */
                "Lex | Facebook",
                "Alex | Facebook",
                "Doe | Facebook",
                "Lex Luthor | Facebook",
                "Sämi | Facebook",
                /* somebody else of a similar name */
                "Alex Doerr | Facebook",
                "Malex Doe | Facebook",
                "Alex B. Doe | Facebook",
                "Doe Alexander | Facebook",
                /* a handle without its mark, or a longer one */
                "alex.doe • Instagram",
                "will - YouTube",
                "(@alex.doe.fan) • Instagram photos and videos",
                "(@alex.doe2) • Instagram photos and videos",
                "(@real_alex.doe) • Instagram photos and videos",
                "mail@alex.doe | Example",
                /* what somebody said */
                "Jane (@jane) on X: \"thanks @alex.doe for the tip\" / X",
                "Jane (@jane) on X: “thanks @alex.doe",
                "Jane on Instagram: „mit Alex Doe unterwegs“ | Instagram",
                "Jane | «Alex Doe » | Facebook",
                "\"Alex Doe\" - Facebook",
        };
        const Court *c = *state;

        for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
                Verdict v = {0};

                if (judge_title(c->rules, titles[i], NOON, &v) != 0)
                        fail_msg("\"%s\" names somebody", titles[i]);
        }
}

static void test_any_bytes_may_be_a_title(void **state) {
        static const char *const parts[] = {"Alex Doe", "@alex.doe", " | Facebook", "\"", "“",
                "\xff", "\xe2\x80", " ", "(", ")", " / X", "\x01", "•"};
        Random r = random_start(5);
        const Court *c = *state;

        for (unsigned i = 0; i < 3000; i++) {
                char title[256] = "";
                Verdict v;

                for (uint64_t n = random_below(&r, 9); n > 0; n--)
                        (void)strcat(title, parts[random_below(&r, ARRAY_LEN(parts))]);
                assert_in_range(judge_title(c->rules, title, NOON, &v), 0, 1);
        }
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, court_setup, court_teardown)
        const struct CMUnitTest tests[] = {
                test(test_titles_of_their_pages_name_them),
                test(test_who_is_in_limited_mode_is_named_too),
                test(test_false_friends_name_nobody),
                test(test_any_bytes_may_be_a_title),
        };
        return cmocka_run_group_tests_name("title", tests, NULL, NULL);
}
