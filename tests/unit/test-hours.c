/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Hours: how they are written, which minutes they hold, and when they open next. */

#include "core/hours.h"

#include "common/macro.h"
#include "common/time.h"
#include "unit/random.h"

#include <errno.h>

#define MONDAY (1795996800ULL * USEC_PER_SEC) /* 2026-11-30, 00:00 UTC */

static Hours read_hours(const char *text) {
        Hours h;

        assert_int_equal(hours_parse(text, &h, NULL), 0);
        return h;
}

static void test_they_are_written_in_one_way(void **state) {
        static const struct {
                const char *given, *written;
        } texts[] = {
                {"mon-fri 09:00-18:00", "mon-fri 09:00-18:00"},
                {"mon-fri 09:00-18:00, sat 10:00-12:00", "mon-fri 09:00-18:00, sat 10:00-12:00"},
                {"  Mon-FRI   9:00-18:00 ,sat 10:00-12:00 ",
                        "mon-fri 09:00-18:00, sat 10:00-12:00"},
                {"09:00-18:00", "09:00-18:00"},
                {"mon-sun 09:00-18:00", "09:00-18:00"},
                {"mon wed fri 00:00-24:00", "mon wed fri 00:00-24:00"},
                {"tue mon 08:00-08:01", "mon-tue 08:00-08:01"},
                {"sat-mon 08:00-09:30", "mon sat-sun 08:00-09:30"},
                {"mon-tue thu sat-sun 09:00-18:00", "mon-tue thu sat-sun 09:00-18:00"},
                {"", ""},
                {"  ", ""},
        };
        char buf[HOURS_TEXT_SPACE];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                Hours h = read_hours(texts[i].given);

                assert_string_equal(hours_write(&h, buf), texts[i].written);
        }
}

static void test_what_are_no_hours_is_said(void **state) {
        static const struct {
                const char *text, *part;
        } wrong[] = {
                {"at nine", "look like"},
                {"mon", "look like"},
                {"mon-fri", "look like"},
                {"mon- 09:00-18:00", "look like"},
                {"monday 09:00-18:00", "look like"},
                {"mon-fri09:00-18:00", "look like"},
                {"mon,fri 09:00-18:00", "look like"},
                {"9-18", "look like"},
                {"09:00", "look like"},
                {"09:00-", "look like"},
                {"09:00 - 18:00", "look like"},
                {"09:0-18:00", "look like"},
                {"09:60-18:00", "look like"},
                {"09:00-24:01", "look like"},
                {"09:00-25:00", "look like"},
                {"009:00-18:00", "look like"},
                {"-9:00-18:00", "look like"},
                {"09:00-18:00,", "look like"},
                {"09:00-18:00;", "look like"},
                {"22:00-06:00", "midnight"},
                {"09:00-09:00", "midnight"},
                {"1:00-2:00,2:00-3:00,3:00-4:00,4:00-5:00,5:00-6:00,6:00-7:00,7:00-8:00,8:00-9:00",
                        "seven"},
        };
        Hours h = {.n = 99};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
                const char *why = "";

                if (hours_parse(wrong[i].text, &h, &why) != -EINVAL || !strstr(why, wrong[i].part))
                        fail_msg("\"%s\": %s", wrong[i].text, why);
        }
        assert_int_equal(h.n, 99);
}

static void test_a_minute_is_in_them_or_not(void **state) {
        Hours h = read_hours("mon-fri 09:00-18:00, sun 23:00-24:00"), always = read_hours("");

        (void)state;
        assert_false(hours_contain(&h, 539));
        assert_true(hours_contain(&h, 540));
        assert_true(hours_contain(&h, 1079));
        assert_false(hours_contain(&h, 1080));
        assert_true(hours_contain(&h, 4 * 1440 + 600));
        assert_false(hours_contain(&h, 5 * 1440 + 600));
        assert_true(hours_contain(&h, HOURS_WEEK_MINUTES - 1));
        assert_false(hours_contain(&h, 0));
        assert_true(hours_contain(&always, 0));
}

static void test_the_week_begins_on_monday_wherever_one_is(void **state) {
        (void)state;
        assert_int_equal(local_week_minute((LocalTime){MONDAY, 0}), 0);
        assert_int_equal(local_week_minute((LocalTime){MONDAY - 1, 0}), HOURS_WEEK_MINUTES - 1);
        assert_int_equal(local_week_minute((LocalTime){MONDAY, 60}), 60);
        assert_int_equal(local_week_minute((LocalTime){MONDAY, -60}), HOURS_WEEK_MINUTES - 60);
        assert_int_equal(local_week_minute((LocalTime){0, 0}), 3 * 1440);
        assert_int_equal(local_week_minute((LocalTime){0, -14 * 60}), 3 * 1440 - 14 * 60);
}

static void test_when_they_open_next(void **state) {
        Hours h = read_hours("mon-fri 09:00-18:00"), always = read_hours("");
        uint64_t nine = MONDAY + 9 * USEC_PER_HOUR;

        (void)state;
        assert_int_equal(hours_next_opening(&h, (LocalTime){MONDAY, 0}), nine);
        assert_int_equal(hours_next_opening(&h, (LocalTime){MONDAY, 60}), nine - USEC_PER_HOUR);
        assert_int_equal(hours_next_opening(&h, (LocalTime){nine - 1, 0}), nine);
        assert_int_equal(hours_next_opening(&h, (LocalTime){nine + 7, 0}), nine + 7);
        /* from Friday evening over the end of the week */
        assert_int_equal(hours_next_opening(&h,
                                 (LocalTime){MONDAY + 4 * USEC_PER_DAY + 18 * USEC_PER_HOUR, 0}),
                nine + 7 * USEC_PER_DAY);
        assert_int_equal(hours_next_opening(&always, (LocalTime){17, 0}), 17);
}

/* --- whatever they are ----------------------------------------------------------------------- */

static Hours some_hours(Random *r) {
        Hours h = {.n = random_below(r, HOURS_WINDOWS_MAX + 1)};

        for (size_t i = 0; i < h.n; i++) {
                unsigned from = (unsigned)random_below(r, 1440);

                h.windows[i] = (HoursWindow){
                        .days = (uint8_t)(1 + random_below(r, 0x7f)),
                        .from_minute = (uint16_t)from,
                        .to_minute = (uint16_t)(from + 1 + random_below(r, 1440 - from)),
                };
        }
        return h;
}

static bool same_minutes(const Hours *a, const Hours *b) {
        for (unsigned minute = 0; minute < HOURS_WEEK_MINUTES; minute++)
                if (hours_contain(a, minute) != hours_contain(b, minute))
                        return false;
        return true;
}

static void test_what_is_written_is_read_as_it_was(void **state) {
        Random r = random_start(9);

        (void)state;
        for (int i = 0; i < 500; i++) {
                Hours h = some_hours(&r), back;
                char once[HOURS_TEXT_SPACE], twice[HOURS_TEXT_SPACE];

                back = read_hours(hours_write(&h, once));
                assert_string_equal(hours_write(&back, twice), once);
                assert_int_equal(back.n, h.n);
                assert_true(same_minutes(&h, &back));
        }
}

/* The same, minute by minute. */
static bool within(const Hours *a, const Hours *b) {
        for (unsigned minute = 0; minute < HOURS_WEEK_MINUTES; minute++)
                if (hours_contain(a, minute) && !hours_contain(b, minute))
                        return false;
        return true;
}

static void test_fewer_minutes_are_a_subset(void **state) {
        Random r = random_start(18);

        (void)state;
        for (int i = 0; i < 300; i++) {
                Hours h = some_hours(&r), less = h, other = some_hours(&r);
                Hours always = {0};

                assert_true(hours_subset(&h, &h));
                assert_true(hours_subset(&h, &always));
                assert_int_equal(hours_subset(&h, &other) && hours_subset(&other, &h),
                        same_minutes(&h, &other));
                assert_int_equal(hours_subset(&h, &other), within(&h, &other));
                other.windows[0] = (HoursWindow){0x7f, 0, 1440};
                other.n = MAX(other.n, 1U);
                assert_true(hours_subset(&always, &other));
                if (h.n < 2)
                        continue;
                for (size_t w = 0; w < less.n; w++) /* some shorter, some gone */
                        less.windows[w].to_minute =
                                (uint16_t)(less.windows[w].from_minute + 1 +
                                           random_below(
                                                   &r, (uint64_t)(less.windows[w].to_minute -
                                                                  less.windows[w].from_minute)));
                less.n--;
                assert_true(hours_subset(&less, &h));
                assert_int_equal(hours_subset(&h, &less), same_minutes(&h, &less));
                assert_int_equal(hours_subset(&h, &less), within(&h, &less));
        }
}

static void test_they_open_at_the_first_minute_that_they_hold(void **state) {
        Random r = random_start(27);

        (void)state;
        for (int i = 0; i < 300; i++) {
                Hours h = some_hours(&r);
                LocalTime at = {MONDAY + random_below(&r, 14 * USEC_PER_DAY),
                        (int)random_below(&r, 28 * 60) - 14 * 60};
                uint64_t opens = hours_next_opening(&h, at);
                unsigned first = local_week_minute(at), wait = 0;

                while (!hours_contain(&h, (first + wait) % HOURS_WEEK_MINUTES))
                        wait++;
                if (wait == 0)
                        assert_int_equal(opens, at.usec);
                else
                        assert_int_equal(opens, (at.usec / USEC_PER_MIN + wait) * USEC_PER_MIN);
                assert_true(
                        hours_contain(&h, local_week_minute((LocalTime){opens, at.zone_minutes})));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_they_are_written_in_one_way),
                cmocka_unit_test(test_what_are_no_hours_is_said),
                cmocka_unit_test(test_a_minute_is_in_them_or_not),
                cmocka_unit_test(test_the_week_begins_on_monday_wherever_one_is),
                cmocka_unit_test(test_when_they_open_next),
                cmocka_unit_test(test_what_is_written_is_read_as_it_was),
                cmocka_unit_test(test_fewer_minutes_are_a_subset),
                cmocka_unit_test(test_they_open_at_the_first_minute_that_they_hold),
        };
        return cmocka_run_group_tests_name("hours", tests, NULL, NULL);
}
