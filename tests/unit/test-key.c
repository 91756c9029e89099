/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The friend's passphrase: its hash, and who fits it. */

#include "daemon/key.h"

#include "common/macro.h"
#include "nocontact/bus-names.h"
#include "unit/test.h"

#include <errno.h>

static void test_the_right_passphrase_fits_and_others_do_not(void **state) {
        static const char *const wrong[] = {"", "open sesam", "open sesame ", "Open sesame"};
        _cleanup_free_ char *hash = NULL;

        (void)state;
        assert_int_equal(key_hash("open sesame", &hash), 0);
        assert_int_equal(key_matches("open sesame", hash), 1);
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
                assert_int_equal(key_matches(wrong[i], hash), 0);
}

static void test_the_hash_is_yescrypt_and_salted(void **state) {
        _cleanup_free_ char *one = NULL, *two = NULL;

        (void)state;
        assert_int_equal(key_hash("open sesame", &one), 0);
        assert_int_equal(key_hash("open sesame", &two), 0);
        assert_memory_equal(one, "$y$", 3);
        assert_string_not_equal(one, two);
        assert_null(strstr(one, "sesame"));
}

static void test_every_byte_of_the_longest_passphrase_counts(void **state) {
        char longest[NC_KEY_LEN + 1], other[NC_KEY_LEN + 1];
        _cleanup_free_ char *hash = NULL;

        (void)state;
        memset(longest, 'a', sizeof(longest) - 1);
        longest[NC_KEY_LEN] = '\0';
        memcpy(other, longest, sizeof(other));
        other[NC_KEY_LEN - 1] = 'b';
        assert_int_equal(key_hash(longest, &hash), 0);
        assert_int_equal(key_matches(longest, hash), 1);
        assert_int_equal(key_matches(other, hash), 0);
}

static void test_what_is_no_hash_fits_nobody(void **state) {
        static const char *const none[] = {"*0", "*1", "$y$", "$nosuch$abc$def", "$y$j9T$"};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(none); i++)
                assert_true(key_matches("open sesame", none[i]) <= 0);
        assert_int_equal(key_matches("*0", "*0"), -EBADMSG);
        assert_int_equal(key_matches("*0", "*1"), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_right_passphrase_fits_and_others_do_not),
                cmocka_unit_test(test_the_hash_is_yescrypt_and_salted),
                cmocka_unit_test(test_every_byte_of_the_longest_passphrase_counts),
                cmocka_unit_test(test_what_is_no_hash_fits_nobody),
        };
        return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
