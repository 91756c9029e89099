/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A disk that fails. */

#include "unit/test.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>

/* From here on no file of this program grows beyond its first bytes, as on a full disk; or it does
 * again. */
static inline void disk_is_full(bool full) {
        struct rlimit limit;

        (void)signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
        limit.rlim_cur = full ? 1 : limit.rlim_max;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}
