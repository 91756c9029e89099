/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a lease lets its holder do: grow at once, shrink only by mistake or after waiting. Whatever
 * is refused leaves it as it was, to the byte. The clock has tests of its own. */

#include "enforcer/lease.h"
#include "unit/random.h"
#include "unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define NOON   1795953600000000ULL /* 2026-11-29T12:00:00Z */
#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define DAY    USEC_PER_DAY
#define MONTH  (30 * DAY)
#define GRACE  LEASE_GRACE_USEC

#define NAMES(...)                                                                                 \
        ((const char *const[]){__VA_ARGS__}), ARRAY_LEN(((const char *const[]){__VA_ARGS__}))
#define NONE NULL, 0

/* what the month below holds, and a name more */
#define OURS NAMES("example.org", "www.example.org"), NAMES("https://x.com/alex"), NOON + MONTH
#define MORE                                                                                       \
        NAMES("example.org", "mistake.org", "www.example.org"), NAMES("https://x.com/alex"),       \
                NOON + MONTH

typedef struct Fixture {
        Moment now;
        Lease lease;
} Fixture;

static int lease_setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        if (!f)
                return -1;
        f->now = (Moment){.boot = "a", .boot_usec = HOUR, .wall_usec = NOON};
        lease_init(&f->lease, 1000, 0x7f420101, &f->now);
        *state = f;
        return 0;
}

static int lease_teardown(void **state) {
        Fixture *f = *state;

        lease_done(&f->lease);
        free(f);
        return 0;
}

static void pass(Fixture *f, uint64_t usec) {
        f->now.boot_usec += usec;
        f->now.wall_usec += usec;
        (void)lease_tick(&f->lease, &f->now);
}

/* example.org and www.example.org and one pattern, for a month; the grace is over. */
static Lease *month(Fixture *f) {
        assert_int_equal(lease_hold(&f->lease, NAMES("www.example.org", "example.org"),
                                 NAMES("https://x.com/alex"), NOON + MONTH),
                1);
        pass(f, GRACE + 1);
        return &f->lease;
}

static char *text_of(const Lease *l) {
        Buffer text = {0};

        assert_int_equal(lease_write(l, &text), 0);
        return buffer_take(&text);
}

static void assert_hosts_(const Lease *l, const char *const *names, size_t n, int line) {
        bool same = l->hosts.n == n;

        for (size_t i = 0; same && i < n; i++)
                same = streq(l->hosts.items[i].text, names[i]);
        if (!same)
                fail_msg("line %d: other names than expected", line);
}
#define assert_hosts(l, ...) assert_hosts_(l, __VA_ARGS__, __LINE__)

/* The call is refused with `error`, and the lease is to the byte what it was. */
#define assert_refused(l, error, call)                                                             \
        do {                                                                                       \
                _cleanup_free_ char *before_ = text_of(l), *after_ = NULL;                         \
                                                                                                   \
                assert_int_equal(call, error);                                                     \
                after_ = text_of(l);                                                               \
                assert_string_equal(before_, after_);                                              \
        } while (0)

/* --- growing --------------------------------------------------------------------------------- */

static void test_a_new_lease_holds_nothing(void **state) {
        Lease *l = &((Fixture *)*state)->lease;

        assert_false(lease_locked(l));
        assert_false(lease_stands(l));
        assert_int_equal(lease_next(l), UINT64_MAX);
        assert_int_equal(l->generation, 0);
        assert_int_equal(lease_cancel_release(l), 0);
        assert_true(lease_request_release(l) <= NOON);
        assert_int_equal(l->release_usec, 0);
}

static void test_a_hold_is_sorted_and_has_each_name_once(void **state) {
        Lease *l = &((Fixture *)*state)->lease;

        assert_int_equal(lease_hold(l, NAMES("c.org", "a.org", "b.org", "a.org", "c.org", "c.org"),
                                 NAMES("https://x/2", "https://x/1", "https://x/2"), NOON + MONTH),
                1);
        assert_hosts(l, NAMES("a.org", "b.org", "c.org"));
        assert_int_equal(l->patterns.n, 2);
        assert_string_equal(l->patterns.items[0].text, "https://x/1");
        assert_int_equal(l->generation, 1);
        assert_true(lease_locked(l));
        assert_true(lease_stands(l));
}

static void test_a_lease_grows_at_once(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        assert_int_equal(
                lease_hold(l, NAMES("a.org", "example.org", "www.example.org", "z.org"),
                        NAMES("https://x.com/alex", "https://x.com/lex"), NOON + MONTH + DAY),
                1);
        assert_hosts(l, NAMES("a.org", "example.org", "www.example.org", "z.org"));
        assert_int_equal(l->patterns.n, 2);
        assert_int_equal(l->ends_usec, NOON + MONTH + DAY);
        assert_int_equal(l->generation, 2);
}

static void test_names_that_stay_keep_their_times(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);
        uint64_t until = 0;

        assert_int_equal(lease_except(l, NAMES("example.org"), 5, &until), 0);
        assert_int_equal(lease_hold(l, NAMES("www.example.org", "b.org", "example.org"),
                                 NAMES("https://x.com/alex"), NOON + MONTH),
                1);
        assert_hosts(l, NAMES("b.org", "example.org", "www.example.org"));
        assert_int_equal(l->hosts.items[0].added_usec, l->clock.usec);
        assert_int_equal(l->hosts.items[0].open_usec, 0);
        assert_int_equal(l->hosts.items[1].added_usec, NOON);
        assert_int_equal(l->hosts.items[1].open_usec, until);
        assert_int_equal(l->hosts.items[2].added_usec, NOON);
}

static void test_the_same_again_is_a_renewal_and_no_change(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        assert_int_equal(lease_hold(l, NAMES("example.org", "www.example.org"),
                                 NAMES("https://x.com/alex"), NOON + MONTH),
                0);
        assert_int_equal(l->generation, 1);
        assert_int_equal(l->renewed_usec, l->clock.usec);
}

/* --- shrinking ------------------------------------------------------------------------------- */

static void test_a_locked_lease_does_not_shrink(void **state) {
        Lease *l = month(*state);

        assert_refused(l, -EPERM,
                lease_hold(l, NAMES("example.org"), NAMES("https://x.com/alex"), NOON + MONTH));
        assert_refused(l, -EPERM,
                lease_hold(l, NAMES("example.org", "other.org"), NAMES("https://x.com/alex"),
                        NOON + MONTH));
        assert_refused(l, -EPERM,
                lease_hold(l, NAMES("example.org", "www.example.org"), NONE, NOON + MONTH));
        assert_refused(l, -EPERM,
                lease_hold(l, NAMES("example.org", "www.example.org"), NAMES("https://x.com/alex"),
                        NOON + MONTH - 1));
        assert_refused(l, -EPERM, lease_hold(l, NONE, NONE, NOON + 2 * MONTH));
        assert_refused(l, -EPERM, lease_hold(l, NONE, NONE, 0));
        /* to grow in one way does not pay for shrinking in another */
        assert_refused(l, -EPERM,
                lease_hold(l, NAMES("a.org", "b.org", "example.org"),
                        NAMES("https://x.com/alex", "https://y"), NOON + 2 * MONTH));
        assert_true(lease_locked(l));
}

static void test_too_much_is_refused(void **state) {
        Lease *l = month(*state);
        size_t n = LEASE_HOSTS_MAX + 1;
        char(*names)[16] = calloc(n, sizeof(*names));
        const char **list = calloc(n, sizeof(*list));

        for (size_t i = 0; i < n; i++) {
                (void)snprintf(names[i], sizeof(names[i]), "h%zu.org", i);
                list[i] = names[i];
        }
        assert_refused(l, -E2BIG, lease_hold(l, list, n, NONE, NOON + MONTH));
        assert_refused(l, -E2BIG,
                lease_hold(l, NAMES("example.org"), list, LEASE_PATTERNS_MAX + 1, NOON + MONTH));
        assert_refused(l, -EINVAL,
                lease_hold(l, NAMES("example.org", "www.example.org"), NAMES("https://x.com/alex"),
                        l->clock.usec + LEASE_LONGEST_USEC + 1));
        assert_refused(l, -EINVAL, lease_hold(l, NONE, NONE, UINT64_MAX));
        free(list);
        free(names);
}

static void test_a_text_that_would_spoil_the_file_is_refused(void **state) {
        static const char *const texts[] = {
                "", " ", "a b", "a\nb", "a\n", "\t", "a\x7f", "a\x01z", "a\r"};
        Lease *l = month(*state);
        char longer[LEASE_PATTERN_LEN + 2] = "";

        memset(longer, 'p', LEASE_PATTERN_LEN + 1);
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                assert_refused(l, -EINVAL, lease_hold(l, &texts[i], 1, NONE, NOON + MONTH));
                assert_refused(l, -EINVAL, lease_hold(l, NONE, &texts[i], 1, NOON + MONTH));
        }
        assert_refused(l, -EINVAL, lease_hold(l, NONE, NAMES(longer), NOON + MONTH));
        longer[LEASE_PATTERN_LEN] = '\0';
        assert_int_equal(lease_hold(l, NAMES("example.org", "www.example.org"),
                                 NAMES("https://x.com/alex", longer), NOON + MONTH),
                1);
}

static void test_as_much_as_is_allowed_is_taken(void **state) {
        Lease *l = &((Fixture *)*state)->lease;
        size_t n = LEASE_HOSTS_MAX;
        char(*names)[254] = calloc(n, sizeof(*names)),
        (*patterns)[LEASE_PATTERN_LEN + 1] = calloc(LEASE_PATTERNS_MAX, sizeof(*patterns));
        const char **list = calloc(2 * n, sizeof(*list)), **urls = calloc(n, sizeof(*urls));
        _cleanup_free_ char *text = NULL;

        for (size_t i = 0; i < n; i++) {
                memset(names[i], 'a', 253);
                names[i][snprintf(names[i], 254, "%zu.", i)] = 'a';
                list[i] = list[2 * n - 1 - i] = names[i];
        }
        for (size_t i = 0; i < LEASE_PATTERNS_MAX; i++) {
                memset(patterns[i], 'p', LEASE_PATTERN_LEN);
                patterns[i][snprintf(patterns[i], 16, "%zu", i)] = 'p';
                urls[i] = patterns[i];
        }
        /* each name twice: doubles do not count */
        assert_int_equal(
                lease_hold(l, list, 2 * n, urls, LEASE_PATTERNS_MAX, NOON + LEASE_LONGEST_USEC), 1);
        assert_int_equal(l->hosts.n, n);
        assert_int_equal(l->patterns.n, LEASE_PATTERNS_MAX);
        for (size_t i = 0; i < n; i++)
                l->hosts.items[i].added_usec = l->hosts.items[i].open_usec = UINT64_MAX;
        for (size_t i = 0; i < LEASE_PATTERNS_MAX; i++)
                l->patterns.items[i].added_usec = l->patterns.items[i].open_usec = UINT64_MAX;
        text = text_of(l);
        assert_true(strlen(text) <= LEASE_FILE_MAX);
        free(list);
        free(urls);
        free(names);
        free(patterns);
}

static double hold_seconds(Lease *l, const char *const *list, size_t n) {
        struct timespec a, b;

        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
        assert_int_equal(lease_hold(l, list, n, NONE, NOON + MONTH), 1);
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
        return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* Eight times the names may take ten or twenty times as long, not sixty. */
static void test_many_names_take_little_more_than_their_number(void **state) {
        enum { FEW = 2500, MANY = 20000 };
        char(*names)[24] = calloc(MANY, sizeof(*names));
        const char **list = calloc(MANY, sizeof(*list));
        double few = 1e9, many = 1e9;
        Random r = random_start(7);
        Fixture *f = *state;

        for (size_t i = 0; i < MANY; i++) {
                (void)snprintf(
                        names[i], sizeof(names[i]), "h%llu", (unsigned long long)random_next(&r));
                list[i] = names[i];
        }
        for (int i = 0; i < 5; i++) {
                Lease l;
                double t;

                lease_init(&l, 1, 1, &f->now);
                t = hold_seconds(&l, list, FEW);
                few = MIN(few, t);
                t = hold_seconds(&l, list, MANY);
                many = MIN(many, t);
                lease_done(&l);
        }
        print_message(
                "# hold: %d names %.2f ms, %d names %.2f ms\n", FEW, few * 1e3, MANY, many * 1e3);
        assert_true(many < few * 40);
        free(list);
        free(names);
}

/* --- the grace ------------------------------------------------------------------------------- */

static void test_a_name_added_by_mistake_goes_within_ten_minutes(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        assert_int_equal(lease_hold(l, MORE), 1);
        pass(f, GRACE);
        assert_int_equal(lease_hold(l, OURS), 1);
        assert_hosts(l, NAMES("example.org", "www.example.org"));

        assert_int_equal(lease_hold(l, MORE), 1);
        pass(f, GRACE);
        assert_int_equal(lease_hold(l, MORE), 0); /* a renewal is no new beginning */
        pass(f, 1);
        assert_refused(l, -EPERM, lease_hold(l, OURS));
}

static void test_a_pattern_added_by_mistake_goes_within_ten_minutes(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        assert_int_equal(lease_hold(l, NAMES("example.org", "www.example.org"),
                                 NAMES("https://x.com/alex", "https://x.com/m"), NOON + MONTH),
                1);
        pass(f, GRACE);
        assert_int_equal(lease_hold(l, OURS), 1);
        assert_int_equal(lease_hold(l, NAMES("example.org", "www.example.org"),
                                 NAMES("https://x.com/alex", "https://x.com/m"), NOON + MONTH),
                1);
        pass(f, GRACE + 1);
        assert_refused(l, -EPERM, lease_hold(l, OURS));
}

/* Holds what the month holds, until then. */
static int hold_until(Lease *l, uint64_t until) {
        return lease_hold(
                l, NAMES("example.org", "www.example.org"), NAMES("https://x.com/alex"), until);
}

static void test_an_extension_is_taken_back_within_ten_minutes(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        assert_int_equal(hold_until(l, NOON + 10 * MONTH), 1);
        pass(f, GRACE);
        assert_refused(l, -EPERM, hold_until(l, NOON + MONTH - 1));
        assert_int_equal(hold_until(l, NOON + 2 * MONTH), 1); /* part of it */
        assert_int_equal(hold_until(l, NOON + MONTH), 1);
        assert_int_equal(l->ends_usec, NOON + MONTH);
        assert_refused(l, -EPERM, hold_until(l, NOON + MONTH - 1));

        assert_int_equal(hold_until(l, NOON + 10 * MONTH), 1);
        pass(f, GRACE + 1);
        assert_refused(l, -EPERM, hold_until(l, NOON + MONTH));
        assert_refused(l, -EPERM, hold_until(l, NOON + 10 * MONTH - 1));
}

static Lease copy_of(const Lease *l) {
        _cleanup_free_ char *text = text_of(l);
        Lease copy = {0};

        assert_int_equal(lease_read(text, strlen(text), &copy), 0);
        return copy;
}

/* What a hold until then would give. */
static int would_hold_until(const Lease *l, uint64_t until) {
        _cleanup_(lease_done) Lease copy = copy_of(l);

        return hold_until(&copy, until);
}

static void test_each_of_several_extensions_has_ten_minutes_of_its_own(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        for (unsigned i = 2; i <= 4; i++) {
                assert_int_equal(hold_until(l, NOON + i * MONTH), 1);
                pass(f, 3 * MINUTE);
        }
        pass(f, MINUTE);
        assert_int_equal(would_hold_until(l, NOON + MONTH), 1);
        assert_int_equal(would_hold_until(l, NOON + MONTH - 1), -EPERM);
        pass(f, 1);
        assert_int_equal(would_hold_until(l, NOON + 2 * MONTH - 1), -EPERM);
        assert_int_equal(would_hold_until(l, NOON + 2 * MONTH), 1);
        pass(f, 3 * MINUTE);
        assert_int_equal(would_hold_until(l, NOON + 3 * MONTH - 1), -EPERM);
        assert_int_equal(would_hold_until(l, NOON + 3 * MONTH), 1);
        pass(f, 3 * MINUTE);
        assert_int_equal(would_hold_until(l, NOON + 4 * MONTH - 1), -EPERM);
        assert_int_equal(hold_until(l, NOON + 4 * MONTH), 0);
}

static void test_what_is_left_after_taking_back_keeps_its_own_ten_minutes(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        assert_int_equal(hold_until(l, NOON + 2 * MONTH), 1);
        pass(f, 4 * MINUTE);
        assert_int_equal(hold_until(l, NOON + 3 * MONTH), 1);
        assert_int_equal(hold_until(l, NOON + 2 * MONTH), 1);
        pass(f, 6 * MINUTE);
        assert_int_equal(would_hold_until(l, NOON + MONTH), 1);
        pass(f, 1);
        assert_refused(l, -EPERM, hold_until(l, NOON + 2 * MONTH - 1));
}

static void test_taking_all_back_leaves_what_was_promised_before(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        assert_int_equal(hold_until(l, NOON + 2 * MONTH), 1);
        pass(f, 4 * MINUTE);
        assert_int_equal(hold_until(l, NOON + 3 * MONTH), 1);
        assert_int_equal(hold_until(l, NOON + MONTH), 1);
        pass(f, 7 * MINUTE);
        assert_int_equal(hold_until(l, NOON + MONTH), 0);
        assert_refused(l, -EPERM, hold_until(l, NOON + MONTH - 1));
}

static void test_ever_new_extensions_do_not_keep_the_first_open(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        for (unsigned i = 1; i <= 20; i++) {
                assert_int_equal(hold_until(l, NOON + MONTH + i * DAY), 1);
                pass(f, MINUTE);
                if (i > 10)
                        assert_int_equal(would_hold_until(l, NOON + MONTH), -EPERM);
        }
        pass(f, GRACE);
        assert_refused(l, -EPERM, hold_until(l, NOON + MONTH + 20 * DAY - 1));
}

static void test_a_promise_made_by_mistake_is_taken_back_within_ten_minutes(void **state) {
        Fixture *f = *state;
        Lease *l = &f->lease;

        assert_int_equal(lease_hold(l, NAMES("a.org"), NONE, NOON + MONTH), 1);
        pass(f, MINUTE);
        assert_int_equal(lease_hold(l, NAMES("a.org", "b.org"), NONE, NOON + 2 * MONTH), 1);
        pass(f, GRACE - MINUTE);
        assert_int_equal(lease_hold(l, NONE, NONE, 0), 1);
        assert_false(lease_locked(l));
        assert_hosts(l, NONE);

        assert_int_equal(lease_hold(l, NAMES("a.org"), NONE, NOON + MONTH), 1);
        pass(f, GRACE + 1);
        assert_refused(l, -EPERM, lease_hold(l, NONE, NONE, 0));
}

static void test_a_new_promise_after_the_end_is_taken_back_within_ten_minutes(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        pass(f, MONTH);
        assert_false(lease_locked(l));
        assert_int_equal(hold_until(l, NOON + 3 * MONTH), 1);
        assert_true(lease_locked(l));
        pass(f, GRACE);
        assert_int_equal(would_hold_until(l, NOON), 1);
        /* but not the names, which are old: to be free of them is to end it first */
        assert_refused(l, -EPERM, lease_hold(l, NONE, NONE, 0));
        assert_int_equal(hold_until(l, NOON), 1);
        assert_false(lease_locked(l));
        assert_int_equal(lease_hold(l, NONE, NONE, 0), 1);
}

/* --- the end, and the wall clock ------------------------------------------------------------- */

static void step(Fixture *f, int64_t usec) {
        f->now.wall_usec += (uint64_t)usec;
        (void)lease_tick(&f->lease, &f->now);
}

static void test_names_are_taken_while_the_clock_is_a_year_ahead_or_behind(void **state) {
        static const char *const names[] = {"a.org", "b.org", "c.org"};
        Lease *l = &((Fixture *)*state)->lease;

        assert_int_equal(lease_hold(l, names, 1, NONE, NOON + MONTH), 1);
        step(*state, 365 * (int64_t)DAY);
        assert_int_equal(lease_hold(l, names, 2, NONE, NOON + MONTH), 1);
        step(*state, -730 * (int64_t)DAY);
        assert_int_equal(lease_hold(l, names, 3, NONE, NOON + MONTH), 1);
        assert_int_equal(l->ends_usec, NOON + MONTH);
}

static void test_an_extension_is_as_long_whatever_the_clock_says(void **state) {
        Lease *l = &((Fixture *)*state)->lease;

        assert_int_equal(lease_hold(l, NONE, NONE, NOON + MONTH), 1);
        step(*state, -365 * (int64_t)DAY);
        assert_int_equal(lease_hold(l, NONE, NONE, NOON + MONTH + 5 * DAY), 1);
        assert_int_equal(l->ends_usec, NOON + MONTH + 5 * DAY);
        assert_int_equal(lease_hold(l, NONE, NONE, NOON + MONTH), 1); /* undone */
        assert_int_equal(l->ends_usec, NOON + MONTH);
}

/* A clock that is ahead may be right and the lease late, so that more is not promised; neither is
 * it refused, and it comes when the clock is back. */
static void test_an_extension_while_the_clock_is_ahead_shortens_nothing(void **state) {
        Lease *l = &((Fixture *)*state)->lease;

        assert_int_equal(lease_hold(l, NAMES("a.org"), NONE, NOON + MONTH), 1);
        step(*state, 365 * (int64_t)DAY);
        assert_int_equal(lease_hold(l, NAMES("a.org", "b.org"), NONE, NOON + MONTH + 5 * DAY), 1);
        assert_int_equal(l->ends_usec, NOON + MONTH);
        step(*state, -365 * (int64_t)DAY);
        assert_int_equal(lease_hold(l, NAMES("a.org", "b.org"), NONE, NOON + MONTH + 5 * DAY), 1);
        assert_int_equal(l->ends_usec, NOON + MONTH + 5 * DAY);
}

static void test_after_the_end_a_promise_counts_from_the_wall_clock(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        pass(f, MONTH);
        step(f, -100 * (int64_t)DAY);
        assert_int_equal(hold_until(l, f->now.wall_usec + 10 * DAY), 1);
        assert_int_equal(l->ends_usec, l->clock.usec + 10 * DAY);
}

static void test_a_renewal_after_the_end_promises_nothing_when_the_clock_went_back(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        pass(f, MONTH);
        step(f, -365 * (int64_t)DAY);
        assert_int_equal(hold_until(l, NOON + MONTH), 0);
        assert_false(lease_locked(l));
}

/* --- after the end --------------------------------------------------------------------------- */

static void test_it_stands_until_seven_days_after_its_end(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        assert_int_equal(lease_next(l), NOON + MONTH + LEASE_AFTER_USEC);
        pass(f, MONTH - GRACE - 2);
        assert_true(lease_locked(l));
        pass(f, 1);
        assert_false(lease_locked(l));
        assert_true(lease_stands(l));
        pass(f, LEASE_AFTER_USEC - 1);
        assert_true(lease_stands(l));
        pass(f, 1);
        assert_false(lease_stands(l));
        assert_int_equal(lease_next(l), UINT64_MAX);
}

static void test_it_stands_as_long_as_it_is_renewed(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        pass(f, MONTH - GRACE - 1);
        for (int i = 0; i < 20; i++) {
                pass(f, LEASE_AFTER_USEC - 1);
                assert_true(lease_stands(l));
                assert_false(lease_locked(l));
                /* the same end, or any other that is past, or none */
                assert_int_equal(hold_until(l, i % 3 == 0   ? NOON + MONTH
                                               : i % 3 == 1 ? NOON
                                                            : 0),
                        0);
                assert_int_equal(l->ends_usec, NOON + MONTH);
                assert_int_equal(lease_next(l), l->clock.usec + LEASE_AFTER_USEC);
        }
        pass(f, LEASE_AFTER_USEC);
        assert_false(lease_stands(l));
}

static void test_after_its_end_it_may_shrink(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        pass(f, MONTH);
        assert_int_equal(lease_hold(l, NAMES("example.org"), NONE, NOON + MONTH), 1);
        assert_hosts(l, NAMES("example.org"));
        assert_false(lease_locked(l));
}

/* --- an early end ---------------------------------------------------------------------------- */

static void test_an_early_end_is_possible_after_a_day_and_for_a_day(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);
        uint64_t due = l->clock.usec + DAY;

        assert_int_equal(lease_request_release(l), due);
        assert_int_equal(l->generation, 2);
        pass(f, DAY - 1);
        assert_true(lease_locked(l));
        assert_refused(l, -EPERM, lease_hold(l, NONE, NONE, 0));
        pass(f, 1);
        assert_false(lease_locked(l));
        assert_true(lease_stands(l));
        assert_int_equal(lease_request_release(l), due);
        pass(f, DAY - 1);
        assert_false(lease_locked(l));
        pass(f, 1);
        assert_true(lease_locked(l));
        assert_int_equal(l->release_usec, 0);
        assert_int_equal(lease_request_release(l), l->clock.usec + DAY);
}

static void test_asking_again_changes_nothing(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);
        uint64_t due = lease_request_release(l);

        pass(f, HOUR);
        assert_refused(l, (int64_t)due, (int64_t)lease_request_release(l));
}

static void test_an_early_end_is_no_later_than_the_end(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        pass(f, MONTH - HOUR);
        assert_int_equal(lease_request_release(l), NOON + MONTH);
        pass(f, 2 * HOUR);
        assert_false(lease_locked(l));
        assert_int_equal(lease_request_release(l), NOON + MONTH);
}

static void test_an_early_end_that_was_waited_out_is_used_up_by_a_hold(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        (void)lease_request_release(l);
        pass(f, DAY);
        assert_int_equal(lease_hold(l, NAMES("example.org"), NONE, NOON + 10 * DAY), 1);
        assert_hosts(l, NAMES("example.org"));
        assert_int_equal(l->ends_usec, NOON + 10 * DAY);
        assert_int_equal(l->release_usec, 0);
        assert_true(lease_locked(l));
        pass(f, GRACE + 1);
        assert_refused(l, -EPERM, lease_hold(l, NONE, NONE, 0));
}

static void test_a_promise_made_instead_of_an_early_end_can_be_taken_back(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        (void)lease_request_release(l);
        pass(f, DAY);
        assert_int_equal(hold_until(l, NOON + 2 * MONTH), 1);
        pass(f, GRACE);
        assert_int_equal(hold_until(l, NOON), 1);
        assert_false(lease_locked(l));
}

static void test_the_same_hold_uses_it_up_too(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        (void)lease_request_release(l);
        pass(f, DAY);
        assert_int_equal(hold_until(l, NOON + MONTH), 1);
        assert_true(lease_locked(l));
        assert_int_equal(l->ends_usec, NOON + MONTH);
        assert_int_equal(l->generation, 3);
}

static void test_a_cancelled_early_end_does_not_come(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        assert_refused(l, 0, lease_cancel_release(l));
        (void)lease_request_release(l);
        pass(f, HOUR);
        assert_int_equal(lease_cancel_release(l), 1);
        assert_refused(l, 0, lease_cancel_release(l));
        pass(f, DAY);
        assert_true(lease_locked(l));
        /* also when it was waited out */
        (void)lease_request_release(l);
        pass(f, DAY);
        assert_int_equal(lease_cancel_release(l), 1);
        assert_true(lease_locked(l));
}

static void test_a_later_end_takes_a_waiting_early_end_back(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);

        (void)lease_request_release(l);
        assert_int_equal(hold_until(l, NOON + MONTH), 0); /* a renewal does not */
        assert_int_equal(lease_hold(l, NAMES("a.org", "example.org", "www.example.org"),
                                 NAMES("https://x.com/alex"), NOON + MONTH),
                1); /* nor do more names */
        assert_int_not_equal(l->release_usec, 0);
        assert_int_equal(lease_hold(l, NAMES("a.org", "example.org", "www.example.org"),
                                 NAMES("https://x.com/alex"), NOON + MONTH + 1),
                1);
        assert_int_equal(l->release_usec, 0);
}

/* --- exceptions ------------------------------------------------------------------------------ */

static void test_an_exception_opens_its_names_for_its_minutes(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);
        uint64_t until = 0, shorter = 0;

        assert_int_equal(lease_except(l, NAMES("www.example.org"), 30, &until), 0);
        assert_int_equal(until, l->clock.usec + 30 * MINUTE);
        assert_int_equal(l->hosts.items[0].open_usec, 0);
        assert_int_equal(l->hosts.items[1].open_usec, until);
        assert_int_equal(lease_next(l), until);
        assert_int_equal(l->generation, 2);
        /* a shorter one does not close it */
        assert_int_equal(lease_except(l, NAMES("www.example.org", "example.org"), 1, &shorter), 0);
        assert_int_equal(shorter, l->clock.usec + MINUTE);
        assert_int_equal(l->hosts.items[1].open_usec, until);
        assert_int_equal(lease_next(l), shorter);
        pass(f, MINUTE);
        assert_int_equal(lease_next(l), until);
        pass(f, 29 * MINUTE);
        assert_int_equal(lease_next(l), NOON + MONTH + LEASE_AFTER_USEC);
}

static void test_exceptions_are_three_and_one_comes_back_each_day(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);
        uint64_t until = 7;

        for (int i = 0; i < 3; i++) {
                pass(f, HOUR);
                assert_int_equal(lease_except(l, NAMES("example.org"), 1, &until), 0);
        }
        until = 7;
        assert_refused(l, -EDQUOT, lease_except(l, NAMES("example.org"), 1, &until));
        assert_int_equal(until, 7);
        pass(f, DAY - 2 * HOUR - 1); /* a day since the first, less a microsecond */
        assert_refused(l, -EDQUOT, lease_except(l, NAMES("example.org"), 1, &until));
        pass(f, 1);
        assert_int_equal(lease_except(l, NAMES("example.org"), 1, &until), 0);
        assert_refused(l, -EDQUOT, lease_except(l, NAMES("example.org"), 1, &until));
        pass(f, 20 * DAY); /* the quota holds no more than three */
        for (int i = 0; i < 3; i++)
                assert_int_equal(lease_except(l, NAMES("example.org"), 1, &until), 0);
        assert_refused(l, -EDQUOT, lease_except(l, NAMES("example.org"), 1, &until));
}

static void test_an_exception_is_shut_again_at_no_cost(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);
        uint64_t until = 7, full;

        assert_int_equal(lease_except(l, NAMES("example.org"), 5, &until), 0);
        full = l->except_full_usec;
        assert_int_equal(lease_except(l, NAMES("example.org"), 0, &until), 0);
        assert_int_equal(until, 0);
        assert_int_equal(l->hosts.items[0].open_usec, 0);
        assert_true(l->except_full_usec == full);
        /* with the quota used up it is shut all the same */
        assert_int_equal(lease_except(l, NAMES("example.org"), 5, &until), 0);
        assert_int_equal(lease_except(l, NAMES("example.org"), 5, &until), 0);
        assert_int_equal(lease_except(l, NAMES("example.org"), 5, &until), -EDQUOT);
        assert_int_equal(lease_except(l, NAMES("example.org"), 0, &until), 0);
        assert_int_equal(l->hosts.items[0].open_usec, 0);
}

static void test_an_exception_opens_a_pattern(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);
        uint64_t until;

        assert_int_equal(lease_except(l, NAMES("https://x.com/alex"), 5, &until), 0);
        assert_int_equal(l->hosts.items[0].open_usec, 0);
        assert_true(l->patterns.items[0].open_usec > l->clock.usec);
        assert_int_equal(lease_next(l), l->patterns.items[0].open_usec);
}

static void test_an_exception_that_makes_no_sense_is_refused(void **state) {
        Fixture *f = *state;
        Lease *l = month(f);
        uint64_t until = 7;

        assert_refused(l, -ENOENT, lease_except(l, NAMES("other.org"), 5, &until));
        assert_refused(l, -ENOENT, lease_except(l, NAMES("example.org", "other.org"), 5, &until));
        assert_refused(l, -ENOENT, lease_except(l, NAMES(""), 5, &until));
        assert_refused(l, -ENOENT, lease_except(l, NAMES("https://x.com/alexa"), 5, &until));
        assert_refused(l, -ENOENT, lease_except(l, NAMES("other.org"), 0, &until));
        assert_refused(l, -EINVAL, lease_except(l, NONE, 0, &until));
        assert_refused(l, -EINVAL, lease_except(l, NAMES("example.org"), 31, &until));
        assert_refused(l, -EINVAL, lease_except(l, NAMES("example.org"), 71582789, &until));
        assert_refused(l, -EINVAL, lease_except(l, NAMES("example.org"), (unsigned)-1, &until));
        assert_refused(l, -EINVAL, lease_except(l, NONE, 5, &until));
        pass(f, MONTH + LEASE_AFTER_USEC);
        assert_refused(l, -ENOENT, lease_except(l, NAMES("example.org"), 5, &until));
        assert_int_equal(until, 7);
}

/* --- the file's text ------------------------------------------------------------------------- */

/* One with something in every field. */
static Lease *full(Fixture *f) {
        Lease *l = month(f);
        uint64_t until;

        assert_int_equal(hold_until(l, NOON + 2 * MONTH), 1);
        assert_int_equal(hold_until(l, NOON + 3 * MONTH), 1);
        assert_int_equal(lease_except(l, NAMES("example.org"), 5, &until), 0);
        (void)lease_request_release(l);
        step(f, (int64_t)HOUR);
        return l;
}

static void test_what_is_written_is_read_again(void **state) {
        Lease *l = full(*state);
        _cleanup_(lease_done) Lease copy = copy_of(l);
        _cleanup_free_ char *text = text_of(l), *again = text_of(&copy);

        assert_string_equal(text, again);
        assert_int_equal(copy.uid, 1000);
        assert_int_equal(copy.address, 0x7f420101);
        assert_string_equal(copy.clock.seen.boot, "a");
        assert_int_equal(copy.n_before, 2);
        assert_int_equal(copy.ends_usec, NOON + 3 * MONTH);
        assert_int_equal(copy.asked_usec, l->asked_usec);
        assert_int_equal(copy.release_usec, l->release_usec);
        assert_int_equal(copy.except_full_usec, l->except_full_usec);
        assert_hosts(&copy, NAMES("example.org", "www.example.org"));
        assert_int_equal(copy.hosts.items[0].open_usec, l->hosts.items[0].open_usec);
        assert_string_equal(copy.patterns.items[0].text, "https://x.com/alex");
}

static void test_it_is_written_behind_what_is_there(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};
        _cleanup_(lease_done) Lease copy = {0};

        assert_int_equal(buffer_puts(&b, "before"), 0);
        assert_int_equal(lease_write(full(*state), &b), 0);
        assert_memory_equal(b.data, "before", 6);
        assert_int_equal(lease_read(b.data + 6, b.len - 6, &copy), 0);
}

/* Whatever byte is changed, left out or put in: it is no lease, and *ret stays as it is. */
static void test_a_damaged_lease_is_none(void **state) {
        _cleanup_free_ char *text = text_of(full(*state));
        size_t len = strlen(text);
        Lease copy = {.uid = 77};

        for (size_t i = 0; i < len; i++) {
                _cleanup_free_ char *cut = strndup(text, i), *more = NULL;

                for (int bit = 0; bit < 8; bit++) {
                        text[i] ^= (char)(1 << bit);
                        assert_int_equal(lease_read(text, len, &copy), -EBADMSG);
                        text[i] ^= (char)(1 << bit);
                }
                assert_int_equal(lease_read(cut, i, &copy), -EBADMSG);
                assert_true(asprintf(&more, "%s%c%s", cut, text[i], text + i) > 0);
                assert_int_equal(lease_read(more, len + 1, &copy), -EBADMSG);
        }
        text[len] = '\n';
        assert_int_equal(lease_read(text, len + 1, &copy), -EBADMSG);
        text[len] = '\0';
        assert_int_equal(lease_read(text, len + 1, &copy), -EBADMSG);
        assert_int_equal(lease_read(NULL, 0, &copy), -EBADMSG);
        assert_int_equal(copy.uid, 77);
        assert_null(copy.hosts.items);
}

/* The checksum is right, and yet the lease was not written by lease_write(). */
static void assert_no_lease(const Lease *l) {
        _cleanup_free_ char *text = text_of(l);
        Lease copy = {0};

        assert_int_equal(lease_read(text, strlen(text), &copy), -EBADMSG);
}

static void test_a_lease_that_breaks_its_own_rules_is_none(void **state) {
        Lease *l = full(*state);
        LeaseItem *items = l->hosts.items;
        const LeaseItem example = items[0], www = items[1];

        items[0] = www; /* unsorted */
        items[1] = example;
        assert_no_lease(l);
        items[0] = items[1] = example; /* twice */
        assert_no_lease(l);
        items[1] = www;
        items[0].text = (char *)"";
        assert_no_lease(l);
        items[0].text = (char *)"a\tb";
        assert_no_lease(l);
        items[0].text = (char *)"a b";
        assert_no_lease(l);
        items[0] = example;
        (void)strcpy(l->clock.seen.boot, "a b");
        assert_no_lease(l);
}

#define test(name) cmocka_unit_test_setup_teardown(name, lease_setup, lease_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(test_a_new_lease_holds_nothing),
                test(test_a_hold_is_sorted_and_has_each_name_once),
                test(test_a_lease_grows_at_once),
                test(test_names_that_stay_keep_their_times),
                test(test_the_same_again_is_a_renewal_and_no_change),
                test(test_a_locked_lease_does_not_shrink),
                test(test_too_much_is_refused),
                test(test_a_text_that_would_spoil_the_file_is_refused),
                test(test_as_much_as_is_allowed_is_taken),
                test(test_many_names_take_little_more_than_their_number),
                test(test_a_name_added_by_mistake_goes_within_ten_minutes),
                test(test_a_pattern_added_by_mistake_goes_within_ten_minutes),
                test(test_an_extension_is_taken_back_within_ten_minutes),
                test(test_each_of_several_extensions_has_ten_minutes_of_its_own),
                test(test_what_is_left_after_taking_back_keeps_its_own_ten_minutes),
                test(test_taking_all_back_leaves_what_was_promised_before),
                test(test_ever_new_extensions_do_not_keep_the_first_open),
                test(test_a_promise_made_by_mistake_is_taken_back_within_ten_minutes),
                test(test_a_new_promise_after_the_end_is_taken_back_within_ten_minutes),
                test(test_names_are_taken_while_the_clock_is_a_year_ahead_or_behind),
                test(test_an_extension_is_as_long_whatever_the_clock_says),
                test(test_an_extension_while_the_clock_is_ahead_shortens_nothing),
                test(test_after_the_end_a_promise_counts_from_the_wall_clock),
                test(test_a_renewal_after_the_end_promises_nothing_when_the_clock_went_back),
                test(test_it_stands_until_seven_days_after_its_end),
                test(test_it_stands_as_long_as_it_is_renewed),
                test(test_after_its_end_it_may_shrink),
                test(test_an_early_end_is_possible_after_a_day_and_for_a_day),
                test(test_asking_again_changes_nothing),
                test(test_an_early_end_is_no_later_than_the_end),
                test(test_an_early_end_that_was_waited_out_is_used_up_by_a_hold),
                test(test_a_promise_made_instead_of_an_early_end_can_be_taken_back),
                test(test_the_same_hold_uses_it_up_too),
                test(test_a_cancelled_early_end_does_not_come),
                test(test_a_later_end_takes_a_waiting_early_end_back),
                test(test_an_exception_opens_its_names_for_its_minutes),
                test(test_exceptions_are_three_and_one_comes_back_each_day),
                test(test_an_exception_is_shut_again_at_no_cost),
                test(test_an_exception_opens_a_pattern),
                test(test_an_exception_that_makes_no_sense_is_refused),
                test(test_what_is_written_is_read_again),
                test(test_it_is_written_behind_what_is_there),
                test(test_a_damaged_lease_is_none),
                test(test_a_lease_that_breaks_its_own_rules_is_none),
        };

        return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
