/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is to be held shut: which names follow from which identities, until when, what an exception
 * opens, and when it will be less. */

#include "core/holding.h"

#include "common/host-name.h"
#include "core/catalogue.h"
#include "nocontact/bus-names.h"
#include "unit/random.h"
#include "unit/state-fixture.h"

static int state_setup(void **state) {
        return state_new((State **)state);
}

static int state_teardown(void **state) {
        state_free(*state);
        return 0;
}

static void know(State *s, const char *person, const char *kind, const char *value) {
        (void)story_tell(s, EVENT_IDENTITY_ADDED, person, NOON, identity_data(kind, value));
}

static void except(State *s, const char *target, uint64_t from, uint64_t until) {
        (void)story_tell(s, EVENT_OVERRIDE, "", from,
                json_pack("{s:s, s:I}", "target", target, "until", (json_int_t)until));
}

static Holding holding(const State *s, uint64_t now) {
        Holding h = {0};

        assert_int_equal(holding_of(s, now, &h), 0);
        for (size_t i = 1; i < h.n; i++)
                assert_true(strcmp(h.hosts[i - 1].name, h.hosts[i].name) < 0);
        return h;
}

static const HeldHost *host(const Holding *h, const char *name) {
        for (size_t i = 0; i < h->n; i++)
                if (streq(h->hosts[i].name, name))
                        return &h->hosts[i];
        return NULL;
}

/* Exactly these names, in this order. */
static void expect_names(const State *s, const char *const *names, size_t n) {
        _cleanup_(holding_done) Holding h = holding(s, NOON);

        for (size_t i = 0; i < MIN(n, h.n); i++)
                assert_string_equal(h.hosts[i].name, names[i]);
        assert_int_equal(h.n, n);
}

static void expect_nothing(const State *s, uint64_t now) {
        _cleanup_(holding_done) Holding h = holding(s, now);

        assert_int_equal(h.n, 0);
        assert_int_equal(h.until_usec, 0);
        assert_false(h.loosening);
}

static uint64_t opens(const State *s, uint64_t now, const char *name) {
        _cleanup_(holding_done) Holding h = holding(s, now);
        const HeldHost *found = host(&h, name);

        assert_non_null(found);
        return found ? found->open_usec : UINT64_MAX;
}

/* --- names ----------------------------------------------------------------------------------- */

static void test_without_people_nothing_is_held(void **state) {
        expect_nothing(*state, NOON);
}

static void test_a_domain_stands_for_itself_and_the_usual_names_below_it(void **state) {
        static const char *const names[] = {"alexdoe.example", "blog.alexdoe.example",
                "m.alexdoe.example", "mobile.alexdoe.example", "www.alexdoe.example"};

        story_begin(*state, ALEX, NOON, 30);
        know(*state, ALEX, "domain", "alexdoe.example");
        expect_names(*state, names, ARRAY_LEN(names));
}

static void test_a_domain_on_a_platform_is_just_a_domain(void **state) {
        static const char *const names[] = {"alex.tumblr.com", "blog.alex.tumblr.com",
                "m.alex.tumblr.com", "mobile.alex.tumblr.com", "www.alex.tumblr.com"};

        story_begin(*state, ALEX, NOON, 30);
        know(*state, ALEX, "domain", "alex.tumblr.com");
        expect_names(*state, names, ARRAY_LEN(names));
}

static int count_host(void *userdata, const char *name) {
        (void)name;
        ++*(size_t *)userdata;
        return 0;
}

static void test_a_platform_is_held_by_all_its_hosts(void **state) {
        _cleanup_(holding_done) Holding h = {0};
        size_t n = 0;

        story_begin(*state, ALEX, NOON, 30);
        know(*state, ALEX, "platform", "instagram");
        h = holding(*state, NOON);
        assert_int_equal(
                catalogue_each_host(catalogue_find_row("instagram", 9), count_host, &n), 0);
        assert_int_equal(h.n, n);
        assert_non_null(host(&h, "www.instagram.com"));
        assert_non_null(host(&h, "instagr.am"));
        assert_null(host(&h, "www.facebook.com"));
}

/* Other identities are met by the browser layer, which knows paths: a page of one person must not
 * shut a platform for all. */
static void test_other_identities_hold_nothing(void **state) {
        story_begin(*state, ALEX, NOON, 30);
        know(*state, ALEX, "handle", "instagram:alex.doe");
        know(*state, ALEX, "profile", "https://example.org/~alex");
        know(*state, ALEX, "email", "alex@alexdoe.example");
        know(*state, ALEX, "name", "alexdoe.example");
        know(*state, ALEX, "app", "signal:alexdoe.example");
        expect_nothing(*state, NOON);
}

/* One name that the enforcer refuses would refuse them all. */
static void test_what_the_enforcer_would_refuse_does_not_come_out(void **state) {
        static const char *const bad[] = {"localhost", "alex", "127.0.0.1", "1.2.3.4", "a.0x7f",
                "::1", "x.localhost", "printer.local", "x.localdomain", "db.internal",
                "1.in-addr.arpa", "-alex.example", "alex-.example", "al_ex.example",
                "alex..example", ".example", "alex.", "Alex.example", "al ex.example",
                "alex.example\n127.0.0.1 x.example", "m\xc3\xbcller.example", "*.example"};
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                know(s, ALEX, "domain", bad[i]);
                know(s, ALEX, "platform", bad[i]);
        }
        expect_nothing(s, NOON);
}

/* All platforms at once, a domain of every shape: root takes each name, and of what it would not
 * have taken nothing is asked. */
static void test_what_is_asked_for_is_what_root_takes(void **state) {
        static const char *const domains[] = {"alexdoe.example", "a.b-c.d1", "1.2.example", "x.0x",
                "xn--mller-kva.example", "0x.example", "a.1b", "a.1", "a.0x1", "localhost.example",
                "alocalhost", "a.localhost", "a.b.local", "arpa.example", "a.arpa", "a-", "-.a",
                "a.-b", "a..b", "a.b.", "A.b", "a_b.c", "a b.c", "a", ""};
        _cleanup_(holding_done) Holding h = {0};
        const char *why = NULL;
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        for (size_t i = 0; i < catalogue_n_platforms; i++)
                know(s, ALEX, "platform", catalogue_platforms[i].name);
        for (size_t i = 0; i < ARRAY_LEN(domains); i++)
                know(s, ALEX, "domain", domains[i]);
        h = holding(s, NOON);
        assert_in_range(h.n, 1000, 4000);
        for (size_t i = 0; i < h.n; i++)
                if (host_name_check(h.hosts[i].name, NULL, 0, &why) < 0)
                        fail_msg("%s: %s", h.hosts[i].name, why);
        for (size_t i = 0; i < ARRAY_LEN(domains); i++)
                assert_int_equal(host_name_check(domains[i], NULL, 0, &why) == 0,
                        host(&h, domains[i]) != NULL);
}

static void test_a_name_is_as_long_as_a_name_may_be(void **state) {
        char domain[260] = "", label[80];
        State *s = *state;

        /* 3 x 64 + 57 + 4 = 253 bytes: what stands before it no longer fits */
        memset(label, 'a', sizeof(label));
        for (int i = 0; i < 3; i++)
                (void)snprintf(domain + 64 * i, sizeof(domain) - 64 * (size_t)i, "%.63s.", label);
        (void)snprintf(domain + 192, sizeof(domain) - 192, "%.57s.org", label);
        assert_int_equal(strlen(domain), 253);
        story_begin(s, ALEX, NOON, 30);
        know(s, ALEX, "domain", domain);
        expect_names(s, (const char *const[]){domain}, 1);

        (void)snprintf(domain, sizeof(domain), "%.64s.org", label);
        know(s, ALEX, "domain", domain);
        know(s, ALEX, "domain", domain + 1);
        {
                _cleanup_(holding_done) Holding h = holding(s, NOON);

                assert_null(host(&h, domain));
                assert_non_null(host(&h, domain + 1));
        }
}

static void test_two_people_with_one_domain_hold_it_once(void **state) {
        _cleanup_(holding_done) Holding h = {0};
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        story_begin(s, SAM, NOON, 60);
        know(s, ALEX, "domain", "alexdoe.example");
        know(s, SAM, "domain", "alexdoe.example");
        know(s, SAM, "domain", "blog.alexdoe.example");
        h = holding(s, NOON);
        assert_int_equal(h.n, 9);
        assert_int_equal(h.until_usec, NOON + 60 * DAY);
}

/* What was held goes on being held when the list is full. */
static void test_the_list_ends_at_what_the_enforcer_takes(void **state) {
        _cleanup_(holding_done) Holding h = {0};
        State *s = *state;
        char domain[64];

        story_begin(s, ALEX, NOON, 30);
        for (int i = 0; i < 4010; i++) {
                (void)snprintf(domain, sizeof(domain), "z%05d.example", 5000 - i);
                know(s, ALEX, "domain", domain);
        }
        know(s, ALEX, "domain", "aaa.example");
        know(s, ALEX, "domain", "z05000.example");
        h = holding(s, NOON);
        assert_int_equal(h.n, 20000);
        assert_non_null(host(&h, "z05000.example"));
        assert_non_null(host(&h, "mobile.z01001.example"));
        assert_null(host(&h, "z01000.example"));
        assert_null(host(&h, "aaa.example"));
}

/* --- until when ------------------------------------------------------------------------------ */

static void test_only_commitments_that_stand_hold(void **state) {
        State *s = *state;

        (void)story_tell(s, EVENT_PERSON_ADDED, ALEX, NOON,
                json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "full"));
        know(s, ALEX, "domain", "alexdoe.example");
        expect_nothing(s, NOON);

        story_begin(s, ALEX, NOON, 30);
        {
                _cleanup_(holding_done) Holding h = holding(s, NOON);

                assert_int_equal(h.n, 5);
                assert_int_equal(h.until_usec, NOON + 30 * DAY);
        }
        (void)story_tell(s, EVENT_COMMITMENT_ENDED, ALEX, NOON + DAY, json_object());
        expect_nothing(s, NOON + DAY);
}

/* Running out ends the promise and not the protection. */
static void test_a_commitment_that_ran_out_goes_on_holding(void **state) {
        _cleanup_(holding_done) Holding h = {0};

        story_begin(*state, ALEX, NOON, 30);
        know(*state, ALEX, "domain", "alexdoe.example");
        h = holding(*state, NOON + 40 * DAY);
        assert_int_equal(h.n, 5);
        assert_int_equal(h.until_usec, NOON + 30 * DAY);
}

static void test_a_commitment_that_holds_nothing_does_not_count(void **state) {
        _cleanup_(holding_done) Holding h = {0};
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        story_begin(s, SAM, NOON, 300);
        know(s, ALEX, "domain", "alexdoe.example");
        know(s, SAM, "handle", "instagram:sam");
        h = holding(s, NOON);
        assert_int_equal(h.until_usec, NOON + 30 * DAY);
}

/* Contact is allowed then, looking is not. */
static void test_limited_mode_holds_too(void **state) {
        _cleanup_(holding_done) Holding h = {0};
        State *s = *state;

        (void)story_tell(s, EVENT_PERSON_ADDED, SAM, NOON,
                json_pack("{s:s, s:s}", "name", "Sam", "mode", "limited"));
        story_begin(s, SAM, NOON, 30);
        know(s, SAM, "domain", "sam.example");
        h = holding(s, NOON);
        assert_int_equal(h.n, 5);
}

/* --- exceptions ------------------------------------------------------------------------------ */

static void test_an_exception_opens_its_target_and_nothing_else(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        know(s, ALEX, "platform", "instagram");
        know(s, ALEX, "platform", "facebook");
        know(s, ALEX, "domain", "alexdoe.example");
        except(s, "instagram", NOON, NOON + 10 * MINUTE);
        assert_int_equal(opens(s, NOON, "www.instagram.com"), NOON + 10 * MINUTE);
        assert_int_equal(opens(s, NOON, "instagr.am"), NOON + 10 * MINUTE);
        assert_int_equal(opens(s, NOON, "facebook.com"), 0);
        assert_int_equal(opens(s, NOON, "alexdoe.example"), 0);

        except(s, "alexdoe.example", NOON, NOON + 5 * MINUTE);
        assert_int_equal(opens(s, NOON, "alexdoe.example"), NOON + 5 * MINUTE);
        assert_int_equal(opens(s, NOON, "blog.alexdoe.example"), NOON + 5 * MINUTE);
}

static void test_an_exception_that_is_over_opens_nothing(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        know(s, ALEX, "platform", "instagram");
        except(s, "instagram", NOON, NOON + 10 * MINUTE);
        assert_int_equal(opens(s, NOON + 10 * MINUTE - 1, "instagram.com"), NOON + 10 * MINUTE);
        assert_int_equal(opens(s, NOON + 10 * MINUTE, "instagram.com"), 0);
        assert_int_equal(opens(s, NOON - 1, "instagram.com"), 0);
        (void)story_tell(s, EVENT_OVERRIDE_ENDED, "", NOON + MINUTE,
                json_pack("{s:s}", "target", "instagram"));
        assert_int_equal(opens(s, NOON + 2 * MINUTE, "instagram.com"), 0);
}

/* The order in which the two became known is irrelevant. */
static void test_what_two_identities_hold_is_open_while_both_are(void **state) {
        static const char *const orders[][2] = {
                {"alexdoe.example", "blog.alexdoe.example"},
                {"blog.alexdoe.example", "alexdoe.example"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
                _cleanup_(state_freep) State *s = NULL;

                assert_int_equal(state_new(&s), 0);
                story_begin(s, ALEX, NOON, 30);
                know(s, ALEX, "domain", orders[i][0]);
                know(s, ALEX, "domain", orders[i][1]);
                except(s, "alexdoe.example", NOON, NOON + 10 * MINUTE);
                assert_int_equal(opens(s, NOON, "www.alexdoe.example"), NOON + 10 * MINUTE);
                assert_int_equal(opens(s, NOON, "blog.alexdoe.example"), 0);
                except(s, "blog.alexdoe.example", NOON, NOON + 5 * MINUTE);
                assert_int_equal(opens(s, NOON, "blog.alexdoe.example"), NOON + 5 * MINUTE);
        }
}

/* --- loosening ------------------------------------------------------------------------------- */

static uint64_t ask(
        State *s, const char *person, const char *change, const char *kind, const char *value) {
        json_t *data = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "change", change, "kind", kind,
                "value", value, "due", (json_int_t)(NOON + DAY), "full", (json_int_t)(NOON + DAY),
                "cool_down", (json_int_t)DAY);

        return story_tell(s, EVENT_CHANGE_PENDING, person, NOON, data);
}

static bool loosening(const State *s) {
        _cleanup_(holding_done) Holding h = holding(s, NOON);

        return h.loosening;
}

static void test_what_will_shrink_it_is_a_loosening(void **state) {
        static const struct {
                const char *change, *kind, *value;
                bool loosens;
        } cases[] = {
                {"end", "", "", true},
                {"remove-person", "", "", true},
                {"remove-identity", "domain", "alexdoe.example", true},
                {"remove-identity", "platform", "instagram", true},
                {"remove-identity", "handle", "instagram:alex.doe", false},
                {"remove-identity", "name", "Lex", false},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(state_freep) State *s = NULL;
                char uid[UID_SPACE];
                uint64_t seq;

                assert_int_equal(state_new(&s), 0);
                story_begin(s, ALEX, NOON, 30);
                know(s, ALEX, "domain", "alexdoe.example");
                know(s, ALEX, "platform", "instagram");
                assert_false(loosening(s));
                seq = ask(s, ALEX, cases[i].change, cases[i].kind, cases[i].value);
                assert_int_equal(s->n_pending, 1);
                if (loosening(s) != cases[i].loosens)
                        fail_msg("%s %s", cases[i].change, cases[i].kind);
                (void)story_tell(s, EVENT_CHANGE_CANCELLED, ALEX, NOON,
                        json_pack("{s:s}", "of", story_uid(seq, uid)));
                assert_false(loosening(s));
        }
}

static void test_the_end_of_whom_nothing_is_held_for_is_no_loosening(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        story_begin(s, SAM, NOON, 30);
        know(s, ALEX, "domain", "alexdoe.example");
        (void)ask(s, SAM, "end", "", "");
        assert_false(loosening(s));
        (void)ask(s, ALEX, "end", "", "");
        assert_true(loosening(s));
}

/* --- equality -------------------------------------------------------------------------------- */

static void test_holdings_are_equal_when_everything_is(void **state) {
        _cleanup_(holding_done) Holding a = {0}, b = {0}, none = {0};
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        know(s, ALEX, "domain", "alexdoe.example");
        a = holding(s, NOON);
        b = holding(s, NOON + HOUR);
        assert_true(holding_equal(&a, &b));
        assert_true(holding_equal(&none, &none));
        assert_false(holding_equal(&a, &none));

        b.until_usec++;
        assert_false(holding_equal(&a, &b));
        b.until_usec--;
        b.loosening = true;
        assert_false(holding_equal(&a, &b));
        b.loosening = false;
        b.hosts[2].open_usec = NOON;
        assert_false(holding_equal(&a, &b));
        b.hosts[2].open_usec = 0;
        assert_true(holding_equal(&a, &b));
        b.hosts[2].name[0] = 'n';
        assert_false(holding_equal(&a, &b));
        b.hosts[2].name[0] = 'm';
        b.n--;
        assert_false(holding_equal(&a, &b));
        b.n++;
}

/* As the ledger saves it and takes it up again. */
static void test_the_saved_state_holds_the_same(void **state) {
        _cleanup_(holding_done) Holding a = {0}, b = {0};
        _cleanup_(state_freep) State *again = NULL;
        json_t *object = NULL;
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        know(s, ALEX, "platform", "instagram");
        know(s, ALEX, "domain", "alexdoe.example");
        except(s, "instagram", NOON, NOON + 10 * MINUTE);
        (void)ask(s, ALEX, "remove-identity", "platform", "instagram");
        assert_int_equal(state_to_json(s, &object), 0);
        assert_int_equal(state_from_json(object, &again), 0);
        json_decref(object);
        assert_states_equal(s, again);
        a = holding(s, NOON);
        b = holding(again, NOON);
        assert_true(a.loosening);
        assert_int_equal(opens(again, NOON, "instagram.com"), NOON + 10 * MINUTE);
        assert_true(holding_equal(&a, &b));
}

/* Whatever the order in which identities come, the same is held, and one more never holds less. */
static void test_an_identity_more_never_holds_less(void **state) {
        static const char *const known[][2] = {{"domain", "alexdoe.example"},
                {"domain", "alex.tumblr.com"}, {"platform", "tumblr"}, {"platform", "instagram"},
                {"platform", "x"}, {"domain", "blog.alexdoe.example"}, {"handle", "instagram:a"},
                {"platform", "nonesuch"}};
        Random r = random_start(5);

        (void)state;
        for (int round = 0; round < 30; round++) {
                _cleanup_(state_freep) State *s = NULL;
                _cleanup_(holding_done) Holding before = {0};

                assert_int_equal(state_new(&s), 0);
                story_begin(s, ALEX, NOON, 30);
                story_begin(s, SAM, NOON, 60);
                for (int i = 0; i < 10; i++) {
                        size_t which = random_below(&r, ARRAY_LEN(known));
                        Holding after;

                        know(s, random_below(&r, 2) ? ALEX : SAM, known[which][0], known[which][1]);
                        after = holding(s, NOON);
                        for (size_t k = 0; k < before.n; k++)
                                assert_non_null(host(&after, before.hosts[k].name));
                        assert_true(after.until_usec >= before.until_usec);
                        holding_done(&before);
                        before = after;
                }
        }
}

/* --- pages ----------------------------------------------------------------------------------- */

static bool has_page(const Holding *h, const char *pattern) {
        for (size_t i = 0; i < h->n_patterns; i++)
                if (streq(h->patterns[i], pattern))
                        return true;
        return false;
}

static void turn_on(State *s) {
        (void)story_tell(s, EVENT_POLICIES_ON, "", NOON, json_object());
}

static void test_pages_are_held_while_policies_are_on(void **state) {
        story_begin(*state, ALEX, NOON, 30);
        know(*state, ALEX, "handle", "instagram:alex.doe");
        know(*state, ALEX, "profile", "https://example.org/~alex");
        know(*state, ALEX, "phone", "+15550109999");
        expect_nothing(*state, NOON);
        turn_on(*state);
        {
                _cleanup_(holding_done) Holding h = holding(*state, NOON);

                assert_int_equal(h.n, 0);
                assert_true(has_page(&h, "instagram.com/alex.doe"));
                assert_true(has_page(&h, "example.org/~alex"));
                assert_int_equal(h.until_usec, NOON + 30 * DAY);
                assert_false(h.loosening);
                for (size_t i = 1; i < h.n_patterns; i++)
                        assert_true(strcmp(h.patterns[i - 1], h.patterns[i]) < 0);
        }
        (void)story_tell(*state, EVENT_POLICIES_OFF, "", NOON, json_object());
        expect_nothing(*state, NOON);
}

static void test_pages_of_whom_nobody_is_kept_from_are_not_held(void **state) {
        turn_on(*state);
        story_begin(*state, ALEX, NOON, 30);
        know(*state, ALEX, "handle", "instagram:alex.doe");
        (void)story_tell(*state, EVENT_COMMITMENT_ENDED, ALEX, NOON + DAY,
                json_pack("{s:s}", "reason", "requested"));
        expect_nothing(*state, NOON + DAY);
}

/* An exception for a whole platform is none for the page: a visit to it counts as ever. */
static void test_no_exception_opens_a_page(void **state) {
        turn_on(*state);
        story_begin(*state, ALEX, NOON, 30);
        know(*state, ALEX, "platform", "instagram");
        know(*state, ALEX, "handle", "instagram:alex.doe");
        except(*state, "instagram", NOON, NOON + 10 * MINUTE);
        assert_true(opens(*state, NOON + MINUTE, "www.instagram.com") > 0);
        {
                _cleanup_(holding_done) Holding h = holding(*state, NOON + MINUTE);

                assert_true(has_page(&h, "instagram.com/alex.doe"));
        }
}

static void test_fewer_pages_are_a_loosening(void **state) {
        turn_on(*state);
        story_begin(*state, ALEX, NOON, 30);
        know(*state, ALEX, "handle", "instagram:alex.doe");
        (void)story_tell(*state, EVENT_CHANGE_PENDING, "", NOON,
                json_pack("{s:s, s:I}", "change", "policies-off", "due", (json_int_t)(NOON + DAY)));
        {
                _cleanup_(holding_done) Holding h = holding(*state, NOON);

                assert_true(h.loosening);
        }
}

static void test_so_is_a_handle_that_will_be_removed(void **state) {
        turn_on(*state);
        story_begin(*state, ALEX, NOON, 30);
        know(*state, ALEX, "handle", "instagram:alex.doe");
        (void)story_tell(*state, EVENT_CHANGE_PENDING, ALEX, NOON,
                json_pack("{s:s, s:s, s:s, s:I}", "change", "remove-identity", "kind", "handle",
                        "value", "instagram:alex.doe", "due", (json_int_t)(NOON + DAY)));
        {
                _cleanup_(holding_done) Holding h = holding(*state, NOON);

                assert_true(h.loosening);
        }
}

static void test_no_more_pages_than_root_takes(void **state) {
        turn_on(*state);
        story_begin(*state, ALEX, NOON, 30);
        for (int i = 0; i < 600; i++) {
                char value[40];

                (void)snprintf(value, sizeof(value), "instagram:alex%d", i);
                know(*state, ALEX, "handle", value);
        }
        {
                _cleanup_(holding_done) Holding h = holding(*state, NOON);

                assert_int_equal(h.n_patterns, NC_LIMIT_HELD_PATTERNS);
        }
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, state_setup, state_teardown)
        const struct CMUnitTest tests[] = {
                test(test_without_people_nothing_is_held),
                test(test_a_domain_stands_for_itself_and_the_usual_names_below_it),
                test(test_a_domain_on_a_platform_is_just_a_domain),
                test(test_a_platform_is_held_by_all_its_hosts),
                test(test_other_identities_hold_nothing),
                test(test_what_the_enforcer_would_refuse_does_not_come_out),
                test(test_what_is_asked_for_is_what_root_takes),
                test(test_a_name_is_as_long_as_a_name_may_be),
                test(test_two_people_with_one_domain_hold_it_once),
                test(test_the_list_ends_at_what_the_enforcer_takes),
                test(test_only_commitments_that_stand_hold),
                test(test_a_commitment_that_ran_out_goes_on_holding),
                test(test_a_commitment_that_holds_nothing_does_not_count),
                test(test_limited_mode_holds_too),
                test(test_an_exception_opens_its_target_and_nothing_else),
                test(test_an_exception_that_is_over_opens_nothing),
                test(test_what_two_identities_hold_is_open_while_both_are),
                test(test_what_will_shrink_it_is_a_loosening),
                test(test_the_end_of_whom_nothing_is_held_for_is_no_loosening),
                test(test_holdings_are_equal_when_everything_is),
                test(test_the_saved_state_holds_the_same),
                test(test_an_identity_more_never_holds_less),
                test(test_pages_are_held_while_policies_are_on),
                test(test_pages_of_whom_nobody_is_kept_from_are_not_held),
                test(test_no_exception_opens_a_page),
                test(test_fewer_pages_are_a_loosening),
                test(test_so_is_a_handle_that_will_be_removed),
                test(test_no_more_pages_than_root_takes),
        };
        return cmocka_run_group_tests_name("holding", tests, NULL, NULL);
}
