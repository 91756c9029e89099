/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The words for what was going on: each leads back to its tag, and users are told all of them. */

#include "common/macro.h"
#include "core/tag.h"
#include "nocontact/bus-names.h"
#include "unit/test.h"

#include <errno.h>

static void test_each_word_leads_back(void **state) {
        (void)state;
        for (int i = 0; i < _TAG_MAX; i++)
                assert_int_equal(tag_from_name(tag_name((Tag)i)), i);
        assert_string_equal(tag_name(TAG_NONE), "");
}

static void test_other_words_are_none(void **state) {
        static const char *const words[] = {"Late", "late ", "none", "lat", "\xff"};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                assert_int_equal(tag_from_name(words[i]), -EINVAL);
}

static void test_users_are_told_all_of_them_in_order(void **state) {
        const char *at = NC_TAGS;

        (void)state;
        for (int i = TAG_NONE + 1; i < _TAG_MAX; i++) {
                size_t len = strlen(tag_name((Tag)i));

                assert_memory_equal(at, tag_name((Tag)i), len);
                at += len;
                if (i < _TAG_MAX - 1)
                        assert_memory_equal(at, ", ", 2);
                at += i < _TAG_MAX - 1 ? 2 : 0;
        }
        assert_string_equal(at, "");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_word_leads_back),
                cmocka_unit_test(test_other_words_are_none),
                cmocka_unit_test(test_users_are_told_all_of_them_in_order),
        };

        return cmocka_run_group_tests_name("tag", tests, NULL, NULL);
}
