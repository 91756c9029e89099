/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/automaton.h"
#include "core/matcher.h"
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

/* --- helpers --------------------------------------------------------------------------------- */

static void add(Matcher *m, IdentityKind kind, const char *value, uint32_t person) {
        Identity id = {.kind = kind, .value = (char *)value};

        assert_int_equal(matcher_add(m, &id, (Rule){.person = person, .since_usec = 5}), 0);
}

static Matcher *matcher_of(IdentityKind kind, const char *value) {
        Matcher *m;

        assert_int_equal(matcher_new(&m), 0);
        add(m, kind, value, 0);
        assert_int_equal(matcher_compile(m), 0);
        return m;
}

static int find(const Matcher *m, const char *text, TextForm form, TextMatch *ret) {
        return matcher_find(m, text, strlen(text), form, ret);
}

/* Looks for one identity in each of several texts. */
static void check_texts(
        IdentityKind kind, const char *value, const char *const *texts, bool expected) {
        _cleanup_(matcher_freep) Matcher *m = matcher_of(kind, value);

        for (; *texts; texts++) {
                TextMatch match;
                int r = find(m, *texts, TEXT_PLAIN, &match);

                if (r != expected)
                        fail_msg(
                                "%s is %s in: %s", value, expected ? "not found" : "found", *texts);
                if (r > 0)
                        assert_int_equal(match.kind, kind);
        }
}
#define NAMED(kind, value, ...)                                                                    \
        check_texts(kind, value, (const char *const[]){__VA_ARGS__, NULL}, true)
#define NOT_NAMED(kind, value, ...)                                                                \
        check_texts(kind, value, (const char *const[]){__VA_ARGS__, NULL}, false)

/* --- names ----------------------------------------------------------------------------------- */

static void test_ann_is_not_in_annual(void **state) {
        (void)state;
        NOT_NAMED(IDENTITY_NAME, "Ann", "Annual report", "the annual", "Joann", "Hannah", "ann2",
                "2ann", "Ann\u0301e", "Annß");
        NAMED(IDENTITY_NAME, "Ann", "Ann", "ann!", "Hi Ann, hello", "(Ann)", "“Ann”", "Ann❤️",
                "ANN:", "*Ann*", "_Ann_", "see @Ann", "Ann.", "Ann...", "\tAnn\n");
}

static void test_spellings_of_a_name_are_one(void **state) {
        (void)state;
        NAMED(IDENTITY_NAME, "José Núñez", "Jose Nunez", "JOSÉ NÚÑEZ", "José\u00a0Núñez",
                "Jose\u0301 Nu\u0301n\u0303ez", "jose \t\n nunez", "Ｊｏｓｅ Ｎｕｎｅｚ",
                "\u2068José\u2069 Nu\u200bñez");
        NAMED(IDENTITY_NAME, "Jose Nunez", "José Núñez");
        NAMED(IDENTITY_NAME, "Łukasz Żak", "Lukasz Zak");
        NOT_NAMED(IDENTITY_NAME, "José Núñez", "José", "Núñez", "Jose and Nunez", "JoseNunez");
}

static void test_a_name_is_found_with_its_words_turned_round(void **state) {
        (void)state;
        NAMED(IDENTITY_NAME, "Alex Doe", "Doe, Alex", "Doe Alex", "From: DOE, ALEX <x@y.example>");
        NAMED(IDENTITY_NAME, "Alex Maria van der Berg", "van der Berg, Alex Maria",
                "Berg, Alex Maria van der", "Alex Maria van der Berg");
        NOT_NAMED(IDENTITY_NAME, "Alex Doe", "Doe; Alex", "Doe", "Doeg, Alex", "Doe, Alexander");
}

static void test_a_genitive_names_the_person(void **state) {
        (void)state;
        NAMED(IDENTITY_NAME, "Alex", "Alex's phone", "Alex’s phone", "d’Alex", "l'Alex");
        NAMED(IDENTITY_NAME, "O'Brien", "O’Brien", "O´BRIEN", "O`Brien's");
}

static void test_a_hyphenated_name_is_one_word(void **state) {
        (void)state;
        NAMED(IDENTITY_NAME, "Anne-Marie", "Anne-Marie", "anne‑marie", "Anne Marie", "ANNE‐MARIE:");
        NOT_NAMED(IDENTITY_NAME, "Ann", "Ann-Marie", "Mary-Ann");
        NOT_NAMED(IDENTITY_NAME, "Marie", "Anne-Marie");
        NAMED(IDENTITY_NAME, "Ann", "Ann - hello", "Ann—hello", "-Ann-", "Ann- hello");
        NAMED(IDENTITY_NAME, "Alex Doe", "Alex Doe-Smith", "Alex-Doe Alex Doe");
        NAMED(IDENTITY_NAME, "Alex Doe-Smith", "Doe-Smith, Alex", "Doe Smith, Alex",
                "Alex Doe Smith");
}

static void test_a_word_within_an_address_is_no_name(void **state) {
        (void)state;
        NOT_NAMED(IDENTITY_NAME, "Alex", "alex.smith@example.org", "alex@example.org", "alex_99",
                "www.alex.example", "x@alex");
}

static void test_letters_that_are_typed_as_two_are_found(void **state) {
        (void)state;
        NAMED(IDENTITY_NAME, "Jürgen Müller", "Juergen Mueller", "Jurgen Muller",
                "Mueller, Juergen", "JÜRGEN MÜLLER");
        NAMED(IDENTITY_NAME, "Jørgen", "Joergen", "Jorgen");
        NAMED(IDENTITY_NAME, "Ju\u0308rgen", "Juergen");
        /* not the other way round: that would take the e out of Michael */
        NOT_NAMED(IDENTITY_NAME, "Michael", "Michal", "Michäl");
}

static void test_names_in_scripts_without_spaces(void **state) {
        (void)state;
        NAMED(IDENTITY_NAME, "王小明", "王小明", "我和王小明去", "王小明：你好");
        NAMED(IDENTITY_NAME, "さくら", "昨日さくらが来た");
        NAMED(IDENTITY_NAME, "สมชาย", "คุณสมชายมา", "สมชาย");
        NOT_NAMED(IDENTITY_NAME, "มา", "มาั");
        /* a katakana word is one word: アン (Ann) is not in アンケート (survey) */
        NOT_NAMED(IDENTITY_NAME, "アン", "アンケート", "リリアン");
        NAMED(IDENTITY_NAME, "アン", "アンさん", "アン・シャーリー", "ｱﾝ");
}

static void test_korean_particles_follow_a_name(void **state) {
        (void)state;
        NAMED(IDENTITY_NAME, "민수", "민수가 왔다", "민수야", "민수");
        NOT_NAMED(IDENTITY_NAME, "민수", "김민수");
        NAMED(IDENTITY_NAME, "Alex", "Alex가 왔다");
}

static void test_a_latin_name_stands_between_other_scripts(void **state) {
        (void)state;
        NAMED(IDENTITY_NAME, "Alex", "我和Alex去", "アレックス(Alex)", "Alexさん");
        NOT_NAMED(IDENTITY_NAME, "Alex", "Alexеy", "Zаlex");
}

static void test_a_name_of_one_character_stands_alone(void **state) {
        (void)state;
        NAMED(IDENTITY_NAME, "明", "明", "明: 你好", "(明)");
        NOT_NAMED(IDENTITY_NAME, "明", "明天", "王小明");
        NAMED(IDENTITY_NAME, "준", "준", "준: hi");
        NOT_NAMED(IDENTITY_NAME, "준", "준비", "기준");
}

static void test_names_too_short_to_tell_are_left_out(void **state) {
        (void)state;
        NOT_NAMED(IDENTITY_NAME, "A", "A", "a b");
        NOT_NAMED(IDENTITY_NAME, "!", "!");
        NOT_NAMED(IDENTITY_NAME, "", "", "x");
        NAMED(IDENTITY_NAME, "Al", "Al");
}

/* --- numbers, addresses, handles, domains ---------------------------------------------------- */

static void test_a_phone_number_is_found_in_any_spelling(void **state) {
        (void)state;
        NAMED(IDENTITY_PHONE, "+15550109999", "+1 (555) 010-9999", "001 555 010 9999",
                "555.010.9999", "+1\u00a0555\u00a0010\u00a09999", "５５５ ０１０ ９９９９",
                "Missed call from 010-9999");
        NOT_NAMED(IDENTITY_PHONE, "+15550109999", "155501099991", "+1 445 010 9999");
}

static void test_an_email_address_is_found(void **state) {
        (void)state;
        NAMED(IDENTITY_EMAIL, "alex@example.org", "alex@example.org", "Alex@Example.ORG.",
                "From: Alex <alex@example.org>", "mailto:alex@example.org", "(alex@example.org)",
                "alex@example.org's");
        NOT_NAMED(IDENTITY_EMAIL, "alex@example.org", "alex@example.org.uk", "my.alex@example.org",
                "my-alex@example.org", "alexalex@example.org", "alex@example.organic",
                "alex@example", "alex@example.org-x", "x+alex@example.org");
        NAMED(IDENTITY_EMAIL, "alex@xn--mller-kva.example", "alex@müller.example",
                "alex@xn--mller-kva.example");
}

static void test_a_handle_is_found_with_and_without_its_at(void **state) {
        (void)state;
        NAMED(IDENTITY_HANDLE, "instagram:alex.doe", "alex.doe", "@alex.doe", "by alex.doe.",
                "Alex.Doe liked it", "instagram.com/alex.doe/", "alex.doe...and", "and...alex.doe",
                "alex.doe, sam", "(@alex.doe)", "new message from alex.doe");
        NOT_NAMED(IDENTITY_HANDLE, "instagram:alex.doe", "alex.doe2", "alex.doe.fan", "my.alex.doe",
                "alex.doe_x", "x@alex.doe", "alex.doe@example.org", "xalex.doe", "alex doe",
                "the-alex.doe", "alex.doe-x", "alex.doe_.x");
        NAMED(IDENTITY_HANDLE, "instagram:_alex_", "_alex_", "@_alex_!");
        NOT_NAMED(IDENTITY_HANDLE, "instagram:_alex_", "foo_alex_bar", "_alex_2", "2_alex_",
                "__alex_x");
        NAMED(IDENTITY_HANDLE, "mastodon:alex@social.example", "@alex@social.example",
                "alex@social.example");
        NOT_NAMED(
                IDENTITY_HANDLE, "mastodon:alex@social.example", "alex@social.example.org", "alex");
}

static void test_a_whatsapp_handle_is_a_number(void **state) {
        (void)state;
        NAMED(IDENTITY_HANDLE, "whatsapp:15550109999", "+1 555 010-9999", "15550109999");
}

static void test_a_domain_is_found_with_its_subdomains(void **state) {
        (void)state;
        NAMED(IDENTITY_DOMAIN, "alexdoe.example", "alexdoe.example",
                "https://www.AlexDoe.example/x", "blog.alexdoe.example", "me@alexdoe.example",
                "see alexdoe.example.");
        NOT_NAMED(IDENTITY_DOMAIN, "alexdoe.example", "notalexdoe.example", "my-alexdoe.example",
                "alexdoe.example.com", "alexdoe.examples", "alexdoe-example");
        NAMED(IDENTITY_DOMAIN, "xn--mller-kva.example", "müller.example", "xn--mller-kva.example");
}

static void test_the_user_of_a_profile_is_found(void **state) {
        (void)state;
        NAMED(IDENTITY_PROFILE, "https://www.instagram.com/alex.doe/", "alex.doe", "@Alex.Doe",
                "https://www.instagram.com/alex.doe/");
        NOT_NAMED(IDENTITY_PROFILE, "https://www.instagram.com/alex.doe/", "alex.doe2");
        NOT_NAMED(IDENTITY_PROFILE, "https://blog.example/alex.doe", "alex.doe");
        NOT_NAMED(IDENTITY_PROFILE, "no url", "no url");
}

/* --- what is reported ------------------------------------------------------------------------ */

static TextMatch match_of(const Matcher *m, const char *text) {
        TextMatch match = {0};

        if (find(m, text, TEXT_PLAIN, &match) != 1)
                fail_msg("nothing found in: %s", text);
        return match;
}

static void test_words_are_counted(void **state) {
        static const struct {
                IdentityKind kind;
                const char *value, *text;
                unsigned words;
        } cases[] = {
                {IDENTITY_NAME, "Alex", "Alex", 1},
                {IDENTITY_NAME, "Anne-Marie", "Anne-Marie", 1},
                {IDENTITY_NAME, "Alex Doe", "Alex Doe", 2},
                {IDENTITY_NAME, "Alex Doe", "Doe, Alex", 2},
                {IDENTITY_NAME, "小明", "小明", 1},
                {IDENTITY_NAME, "王小明", "王小明", 2}, /* a surname and a given name */
                {IDENTITY_NAME, "김민수", "김민수", 2},
                {IDENTITY_HANDLE, "instagram:will", "will", 1},
                {IDENTITY_HANDLE, "instagram:will", "@will", 2},
                {IDENTITY_HANDLE, "instagram:will99", "will99", 2},
                {IDENTITY_PHONE, "+15550109999", "555 010 9999", 1},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(matcher_freep) Matcher *m = matcher_of(cases[i].kind, cases[i].value);

                assert_int_equal(match_of(m, cases[i].text).words, cases[i].words);
        }
}

static void test_whole_says_that_there_is_nothing_else(void **state) {
        _cleanup_(matcher_freep) Matcher *m = matcher_of(IDENTITY_NAME, "Alex");

        (void)state;
        assert_true(match_of(m, "Alex").whole);
        assert_true(match_of(m, " ALEX \n").whole);
        assert_true(match_of(m, "~ Alex 🌸").whole);
        assert_false(match_of(m, "Alex and Sam").whole);
        assert_false(match_of(m, "Hi Alex").whole);
        assert_false(match_of(m, "Alex 2").whole);
}

static void test_the_strongest_match_is_reported(void **state) {
        _cleanup_(matcher_freep) Matcher *m = NULL;

        (void)state;
        assert_int_equal(matcher_new(&m), 0);
        add(m, IDENTITY_NAME, "Will", 0);
        add(m, IDENTITY_NAME, "Alex Doe", 1);
        add(m, IDENTITY_PHONE, "+15550109999", 2);
        add(m, IDENTITY_HANDLE, "instagram:sam", 3);
        add(m, IDENTITY_EMAIL, "kim@example.org", 4);
        add(m, IDENTITY_NAME, "Robin", 5);
        assert_int_equal(matcher_compile(m), 0);

        assert_int_equal(match_of(m, "Will Alex Doe come").rule.person, 1);
        assert_int_equal(match_of(m, "Alex Doe: 555 010 9999").rule.person, 2);
        assert_int_equal(match_of(m, "will sam Alex Doe").rule.person, 1);
        assert_int_equal(match_of(m, "Alex Doe and @sam").rule.person, 3);
        assert_int_equal(match_of(m, "Alex Doe, kim@example.org").rule.person, 4);
        /* among equals the leftmost */
        assert_int_equal(match_of(m, "kim@example.org 555 010 9999").rule.person, 4);
        assert_int_equal(match_of(m, "555 010 9999 kim@example.org").rule.person, 2);
        assert_int_equal(match_of(m, "Robin and Will").rule.person, 5);
        assert_int_equal(match_of(m, "Will and Robin").rule.person, 0);
        assert_int_equal(match_of(m, "Will").rule.since_usec, 5);
}

static void test_names_within_names(void **state) {
        _cleanup_(matcher_freep) Matcher *m = NULL;

        (void)state;
        assert_int_equal(matcher_new(&m), 0);
        add(m, IDENTITY_NAME, "Ann", 0);
        add(m, IDENTITY_NAME, "Ann Lee", 1);
        add(m, IDENTITY_NAME, "Joann Leeds", 2);
        add(m, IDENTITY_NAME, "Ann", 3); /* two Annas: the first is named */
        add(m, IDENTITY_NAME, "Ann Lee Doe", 4);
        assert_int_equal(matcher_compile(m), 0);

        assert_int_equal(match_of(m, "Ann Leeds").rule.person, 0);
        assert_int_equal(match_of(m, "Ann Lee").rule.person, 1);
        assert_int_equal(match_of(m, "Joann Leeds").rule.person, 2);
        assert_int_equal(match_of(m, "Ann Lee Doe").rule.person, 4);
}

static void test_an_empty_matcher_finds_nothing(void **state) {
        _cleanup_(matcher_freep) Matcher *m = NULL;
        TextMatch match;

        (void)state;
        assert_int_equal(matcher_new(&m), 0);
        assert_int_equal(matcher_compile(m), 0);
        assert_int_equal(find(m, "Alex 555 010 9999", TEXT_PLAIN, &match), 0);
        assert_int_equal(find(m, "", TEXT_MARKUP, &match), 0);
        assert_int_equal(matcher_find_app(m, "signal", "Alex", &match), 0);
        assert_null(matcher_free(NULL));
}

static void test_bytes_that_are_no_utf8_part_words(void **state) {
        (void)state;
        NAMED(IDENTITY_NAME, "Alex",
                "\xff"
                "Alex\xc3",
                "\x80 Alex \xed\xa0\x80");
        NAMED(IDENTITY_NAME, "Alex Doe",
                "Alex\xff"
                "Doe");
}

/* --- conversations --------------------------------------------------------------------------- */

static void test_a_conversation_is_known_by_application_and_title(void **state) {
        static const struct {
                const char *app, *title;
                int found;
        } cases[] = {
                {"Signal", "Alex", 1},
                {"signal-desktop", "ALEX", 1},
                {"org.signal.Signal", "Alex 🌸", 1},
                {"Signal", " Alex ", 1},
                {"Signal", "Alex Smith", 0},
                {"Signal", "Alexa", 0},
                {"Signal", "", 0},
                {"signals", "Alex", 0},
                {"Telegram Desktop", "Alex", 0},
                {"Telegram Desktop", "Alex D.", 1},
                {"org.telegram.desktop", "alex d", 1},
                {"", "Alex", 0},
                {"Element", "🌸", 1},
                {"Element", "🌹", 0},
        };
        _cleanup_(matcher_freep) Matcher *m = NULL;

        (void)state;
        assert_int_equal(matcher_new(&m), 0);
        add(m, IDENTITY_APP, "signal:Alex", 0);
        add(m, IDENTITY_APP, "telegram:Alex D.", 0);
        add(m, IDENTITY_APP, "element:🌸", 0);
        add(m, IDENTITY_APP, "nothing", 0);
        add(m, IDENTITY_APP, ":", 0);
        assert_int_equal(matcher_compile(m), 0);
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                TextMatch match;
                int r = matcher_find_app(m, cases[i].app, cases[i].title, &match);

                if (r != cases[i].found)
                        fail_msg("%s, %s: %d", cases[i].app, cases[i].title, r);
                if (r > 0)
                        assert_int_equal(match.kind, IDENTITY_APP);
        }
        assert_int_equal(find(m, "Alex", TEXT_PLAIN, &(TextMatch){0}), 0);
}

static void test_one_title_in_several_applications(void **state) {
        _cleanup_(matcher_freep) Matcher *m = NULL;
        TextMatch match;

        (void)state;
        assert_int_equal(matcher_new(&m), 0);
        add(m, IDENTITY_APP, "signal:Alex", 0);
        add(m, IDENTITY_APP, "telegram:Alex", 1);
        add(m, IDENTITY_APP, "dino:Alex", 2);
        assert_int_equal(matcher_compile(m), 0);
        assert_int_equal(matcher_find_app(m, "Telegram Desktop", "Alex", &match), 1);
        assert_int_equal(match.rule.person, 1);
        assert_int_equal(matcher_find_app(m, "Dino", "Alex", &match), 1);
        assert_int_equal(match.rule.person, 2);
        assert_int_equal(matcher_find_app(m, "Gajim", "Alex", &match), 0);
}

/* --- notifications --------------------------------------------------------------------------- */

/* Where the name stands in the notifications of real applications, as read in their sources. */
static const struct {
        const char *app, *summary, *body;
        int found;
} payloads[] = {
        {"Telegram", "Robin Placeholder", "hey, are you there?", 1},
        {"Telegram, group", "Climbing Club", "<b>Robin Placeholder</b>\nsee you all tonight", 1},
        {"Telegram, hidden", "Telegram Desktop", "You have a new message", 0},
        {"Telegram, reaction", "Robin Placeholder", "❤ to your \"ok\"", 1},
        {"Signal, name only", "Robin Placeholder", "New message", 1},
        {"Signal, count", "Signal", "New message", 0},
        {"Signal, isolates", "\u2068Robin Placeholder\u2069", "it&#39;s me", 1},
        {"Chromium, origin in the body", "robin_ph",
                "<a href=\"https://x.example\">x.example</a>\n\nhi", 1},
        {"WhatsApp Web, unsaved contact", "+1 555 0100 199", "web.whatsapp.com\n\nmissed you", 1},
        {"WhatsApp Web, group", "Climbing Club", "web.whatsapp.com\n\nRobin Placeholder: hello", 1},
        {"WhatsApp, not in the contacts", "Climbing Club", "~\u202fRobin\u00a0Placeholder: hello",
                1},
        {"Thunderbird", "user@example.net received 1 new message",
                "Can we talk from Robin Placeholder\nI have been thinking", 1},
        {"Thunderbird, address for a name", "user@example.net received 1 new message",
                "Can we talk from robin@placeholder.example\n", 1},
        {"Evolution", "New email in Evolution",
                "You have received 1 new message.\nFrom: R &lt;robin@placeholder.example&gt;\nSubject: hello",
                1},
        {"Evolution, count", "New email in Evolution", "You have received 4 new messages.", 0},
        {"KMail", "New Mail Notifier",
                "From: &quot;Placeholder, Robin&quot; &lt;r@x.example&gt;\nSubject: hello\nIn: Inbox",
                1},
        {"KDE Connect", "WhatsApp", "Robin Placeholder: are you awake?", 1},
        {"KDE Connect, group", "Climbing Club",
                "<b>Someone Else</b><br/>hi<br/><b>Robin Placeholder</b><br/>hello all", 1},
        {"KDE Connect, call", "Pixel 7", "Incoming call from Robin Placeholder", 1},
        {"KDE Connect, call by number", "Pixel 7", "Missed call from (555) 0100-199", 1},
        {"Dino, group", "Climbing Club", "<b>Robin Placeholder:</b> hello", 1},
        {"Gajim, group", "New message from robin_ph (Climbing Club)", "hello", 1},
        {"Nheko", "Climbing Club", "Robin Placeholder: hello", 1},
        {"Nheko, encrypted", "Climbing Club", "Robin Placeholder sent an encrypted message", 1},
        {"Element", "Robin Placeholder (Climbing Club)", "", 1},
        {"HexChat", "Private message from: robin_ph (Libera)", "hello", 1},
        {"Polari", "robin_ph in #climbing", "hello", 1},
        {"Slack", "New message from Robin Placeholder", "hello", 1},
        {"Discord", "robin_ph (#general, Text Channels)", "hello", 1},
        {"Firefox, no title", " ", "ROBIN PLACEHOLDER &amp; 2 others", 1},
        /* look-alikes */
        {"prose", "Someone Else", "did you see the robin in the garden?", 0},
        {"placeholder", "Someone Else", "the robin placeholders are ready", 0},
        {"another handle", "robin_ph2", "hello", 0},
        {"another handle, dotted", "Someone Else", "follow @robin_ph.fan", 0},
        {"another address", "Someone Else", "From: myrobin@placeholder.example", 0},
        {"another host", "Someone Else", "From: robin@placeholder.example.net", 0},
        {"another number", "+1 555 0100 1990", "order 715550100199", 0},
        {"name in a link that is not shown", "Someone Else",
                "<a href=\"https://x.example/robin_ph\">look</a>", 0},
        {"words apart", "Someone Else", "Robin: placeholder", 0},
};

static void test_real_notifications(void **state) {
        _cleanup_(matcher_freep) Matcher *m = NULL;

        (void)state;
        assert_int_equal(matcher_new(&m), 0);
        add(m, IDENTITY_NAME, "Robin Placeholder", 0);
        add(m, IDENTITY_PHONE, "+15550100199", 0);
        add(m, IDENTITY_EMAIL, "robin@placeholder.example", 0);
        add(m, IDENTITY_HANDLE, "discord:robin_ph", 0);
        assert_int_equal(matcher_compile(m), 0);

        for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
                TextMatch match;
                int r = find(m, payloads[i].summary, TEXT_PLAIN, &match);

                if (r == 0)
                        r = find(m, payloads[i].body, TEXT_MARKUP, &match);
                if (r != payloads[i].found)
                        fail_msg("%s: %d", payloads[i].app, r);
        }
}

/* --- the automaton --------------------------------------------------------------------------- */

typedef struct Count {
        unsigned n;
        size_t sum; /* of words and ends, so that order does not matter */
} Count;

static void count_found(uint32_t word, size_t end, void *userdata) {
        Count *c = userdata;

        c->n++;
        c->sum += word * 7919 + end;
}

static Count count_naive(const AutomatonWord *words, size_t n, const char *text, size_t len) {
        Count c = {0};

        for (uint32_t w = 0; w < n; w++)
                for (size_t i = 0; i + words[w].len <= len; i++)
                        if (memcmp(text + i, words[w].text, words[w].len) == 0)
                                count_found(w, i + words[w].len, &c);
        return c;
}

/* Random words of few letters overlap, contain and repeat each other in every way. With many of
 * them most states are deeper than the ready rows reach. */
static void test_the_automaton_finds_what_a_plain_search_finds(void **state) {
        static const unsigned counts[] = {1, 3, 50, 20000};
        unsigned seed = 1;

        (void)state;
        for (size_t round = 0; round < 4 * ARRAY_LEN(counts); round++) {
                unsigned n = counts[round % ARRAY_LEN(counts)], letters = 2 + (unsigned)round;
                _cleanup_free_ AutomatonWord *words = calloc(n, sizeof(*words));
                _cleanup_(automaton_freep) Automaton *a = NULL;
                _cleanup_free_ char *pool = malloc(65536);
                Count naive, got = {0};

                assert_true(words && pool);
                for (size_t i = 0; i < 65536; i++)
                        pool[i] = (char)((unsigned)rand_r(&seed) % letters * 13);
                for (unsigned i = 0; i < n; i++)
                        words[i] = (AutomatonWord){.text = pool + (unsigned)rand_r(&seed) % 65000,
                                .len = 1 + (unsigned)rand_r(&seed) % 12};
                assert_int_equal(automaton_new(words, n, &a), 0);
                automaton_scan(a, pool, 2000, count_found, &got);
                naive = count_naive(words, n, pool, 2000);
                assert_int_equal(got.n, naive.n);
                assert_int_equal(got.sum, naive.sum);
        }
}

/* Each of ten thousand people is told from all others. */
static void test_each_of_many_names_is_found(void **state) {
        _cleanup_(matcher_freep) Matcher *m = NULL;
        char name[64];

        (void)state;
        assert_int_equal(matcher_new(&m), 0);
        for (uint32_t i = 0; i < 10000; i++) {
                (void)snprintf(name, sizeof(name), "Name%u Sur%u", i % 100, i / 100);
                add(m, IDENTITY_NAME, name, i);
        }
        assert_int_equal(matcher_compile(m), 0);
        for (uint32_t i = 0; i < 10000; i += 7) {
                (void)snprintf(name, sizeof(name), "Hello sur%u, name%u.", i / 100, i % 100);
                assert_int_equal(match_of(m, name).rule.person, i);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ann_is_not_in_annual),
                cmocka_unit_test(test_spellings_of_a_name_are_one),
                cmocka_unit_test(test_a_name_is_found_with_its_words_turned_round),
                cmocka_unit_test(test_a_genitive_names_the_person),
                cmocka_unit_test(test_a_hyphenated_name_is_one_word),
                cmocka_unit_test(test_a_word_within_an_address_is_no_name),
                cmocka_unit_test(test_letters_that_are_typed_as_two_are_found),
                cmocka_unit_test(test_names_in_scripts_without_spaces),
                cmocka_unit_test(test_korean_particles_follow_a_name),
                cmocka_unit_test(test_a_latin_name_stands_between_other_scripts),
                cmocka_unit_test(test_a_name_of_one_character_stands_alone),
                cmocka_unit_test(test_names_too_short_to_tell_are_left_out),
                cmocka_unit_test(test_a_phone_number_is_found_in_any_spelling),
                cmocka_unit_test(test_an_email_address_is_found),
                cmocka_unit_test(test_a_handle_is_found_with_and_without_its_at),
                cmocka_unit_test(test_a_whatsapp_handle_is_a_number),
                cmocka_unit_test(test_a_domain_is_found_with_its_subdomains),
                cmocka_unit_test(test_the_user_of_a_profile_is_found),
                cmocka_unit_test(test_words_are_counted),
                cmocka_unit_test(test_whole_says_that_there_is_nothing_else),
                cmocka_unit_test(test_the_strongest_match_is_reported),
                cmocka_unit_test(test_names_within_names),
                cmocka_unit_test(test_an_empty_matcher_finds_nothing),
                cmocka_unit_test(test_bytes_that_are_no_utf8_part_words),
                cmocka_unit_test(test_a_conversation_is_known_by_application_and_title),
                cmocka_unit_test(test_one_title_in_several_applications),
                cmocka_unit_test(test_real_notifications),
                cmocka_unit_test(test_the_automaton_finds_what_a_plain_search_finds),
                cmocka_unit_test(test_each_of_many_names_is_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
