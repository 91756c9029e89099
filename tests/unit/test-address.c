/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Addresses of a bus, and which of several is taken. */

#include "relay/address.h"

#include "common/file.h"
#include "unit/test.h"

#include <errno.h>
#include <stdio.h>

static void assert_next(const char **text, int result, const char *name, size_t skip) {
        struct sockaddr_un un = {0};
        socklen_t len = 0;

        assert_int_equal(address_next(text, &un, &len), result);
        if (result <= 0)
                return;
        assert_int_equal(un.sun_family, AF_UNIX);
        assert_string_equal(un.sun_path + skip, name);
        assert_int_equal(len, offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1);
        assert_int_equal(un.sun_path[0] == '\0', skip == 1);
}

static void test_paths_and_abstract_names(void **state) {
        const char *text = "unix:path=/run/user/1000/bus";

        (void)state;
        assert_next(&text, 1, "/run/user/1000/bus", 0);
        assert_next(&text, 0, NULL, 0);
        text = "unix:guid=12,path=/a%20b%2c,x=y;;unix:abstract=/tmp/dbus-x,guid=3;";
        assert_next(&text, 1, "/a b,", 0);
        assert_next(&text, 1, "/tmp/dbus-x", 1);
        assert_next(&text, 0, NULL, 0);
}

static void test_others_are_told_and_passed_over(void **state) {
        const char *text = "tcp:host=localhost;unix:runtime=yes;unix:path=%zz;unix:path=/a%00;"
                           "unix:path=;unix:path=%2;unix:path=/x";

        (void)state;
        assert_next(&text, -EPROTONOSUPPORT, NULL, 0);
        assert_next(&text, -EPROTONOSUPPORT, NULL, 0);
        for (int i = 0; i < 4; i++)
                assert_next(&text, -EINVAL, NULL, 0);
        assert_next(&text, 1, "/x", 0);
        assert_next(&text, 0, NULL, 0);
}

static void test_a_name_has_an_end(void **state) {
        char text[256];
        const char *at = text;
        struct sockaddr_un un;

        (void)state;
        (void)snprintf(text, sizeof(text), "unix:path=%0*d;unix:path=%0*d",
                (int)sizeof(un.sun_path), 0, (int)sizeof(un.sun_path) - 1, 0);
        assert_next(&at, -EINVAL, NULL, 0);
        assert_next(&at, 1, strrchr(text, '=') + 1, 0);
}

static void test_the_first_that_answers_is_taken(void **state) {
        _cleanup_close_ int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        socklen_t len = sizeof(un);
        char text[256];
        int fd;

        (void)state;
        /* the kernel makes a name up: five hex digits */
        assert_int_equal(bind(listening, (struct sockaddr *)&un, sizeof(sa_family_t)), 0);
        assert_int_equal(listen(listening, 1), 0);
        assert_int_equal(getsockname(listening, (struct sockaddr *)&un, &len), 0);
        (void)snprintf(text, sizeof(text), "tcp:host=a;unix:path=/nonexistent;unix:abstract=%.5s",
                un.sun_path + 1);
        fd = address_connect(text);
        assert_true(fd >= 0);
        (void)close(fd);
        assert_int_equal(address_connect("unix:path=/nonexistent"), -ENOENT);
        assert_int_equal(address_connect("tcp:host=a"), -EPROTONOSUPPORT);
        assert_int_equal(address_connect(""), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_paths_and_abstract_names),
                cmocka_unit_test(test_others_are_told_and_passed_over),
                cmocka_unit_test(test_a_name_has_an_end),
                cmocka_unit_test(test_the_first_that_answers_is_taken),
        };
        return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
