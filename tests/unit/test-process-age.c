/* SPDX-License-Identifier: GPL-3.0-or-later */

/* For how long a program of the user's runs. */

#include "daemon/sensors/process-age.h"

#include "common/macro.h"
#include "unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* One that is called so, until it is ended; a name with what confuses a careless reader. */
static pid_t begin(const char *name) {
        int fds[2];
        pid_t pid;
        char c;

        assert_int_equal(pipe(fds), 0);
        pid = fork();
        if (pid == 0) {
                (void)prctl(PR_SET_NAME, name);
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)close(fds[0]);
                (void)!write(fds[1], "x", 1);
                for (;;)
                        (void)pause();
        }
        (void)close(fds[1]);
        assert_int_equal(read(fds[0], &c, 1), 1);
        (void)close(fds[0]);
        return pid;
}

static void end(pid_t pid) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
}

static void test_only_who_is_there_has_an_age(void **state) {
        static const char *const names[] = {"nc-other", "nc (odd) 1"};
        pid_t pid;

        (void)state;
        assert_int_equal(process_age(names, ARRAY_LEN(names)), 0);
        pid = begin("nc (odd) 1");
        /* an age is counted in hundredths of a second */
        while (process_age(names, ARRAY_LEN(names)) == 0)
                (void)usleep(1000);
        assert_int_equal(process_age(names, 1), 0);
        end(pid);
        assert_int_equal(process_age(names, ARRAY_LEN(names)), 0);
}

static void test_the_oldest_counts(void **state) {
        static const char *const names[] = {"nc-a", "nc-b"};
        uint64_t younger, older;
        pid_t a, b;

        (void)state;
        a = begin("nc-a");
        (void)usleep(60000);
        b = begin("nc-b");
        (void)usleep(20000);
        older = process_age(names, ARRAY_LEN(names));
        younger = process_age(names + 1, 1);
        assert_true(older > younger);
        end(a);
        end(b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_only_who_is_there_has_an_age),
                cmocka_unit_test(test_the_oldest_counts),
        };

        return cmocka_run_group_tests_name("process-age", tests, NULL, NULL);
}
