/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Digests against the published vectors, and the chain against its own definition. */

#include "common/digest.h"

#include "common/buffer.h"
#include "unit/test.h"

/* FIPS 180-4 examples, as NIST publishes them */
static void test_known_answers(void **state) {
        static const struct {
                const char *text, *sum;
        } cases[] = {
                {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
                {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        };
        char sum[DIGEST_SPACE];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                digest_sha256(cases[i].text, strlen(cases[i].text), sum);
                assert_string_equal(sum, cases[i].sum);
        }
}

static void test_a_link_is_over_the_one_before_and_the_entry(void **state) {
        char first[DIGEST_SPACE], second[DIGEST_SPACE], plain[DIGEST_SPACE];
        _cleanup_(buffer_done) Buffer b = {0};

        (void)state;
        digest_link("", "abc", 3, first);
        digest_sha256("abc", 3, plain);
        assert_string_equal(first, plain);

        assert_int_equal(buffer_printf(&b, "%s%s", first, "def"), 0);
        digest_sha256(b.data, b.len, plain);
        digest_link(first, "def", 3, second);
        assert_string_equal(second, plain);
        digest_link(first, "def", 3, first); /* in its own place */
        assert_string_equal(first, plain);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_known_answers),
                cmocka_unit_test(test_a_link_is_over_the_one_before_and_the_entry),
        };
        return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
