/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>

/* The empty page of "Write instead". */

enum {
        UNSENT_TRIES = 20, /* pages of one minute */
};

/* Makes an empty page `unsent-YYYY-MM-DD-HHMM.txt` (0600, local time; "-2" and so on after the
 * first of a minute) in the folder `data_dir`/unsent (0700), with `line` on top. It never touches a
 * file that exists. Returns 0 and the path, which the caller frees; -EEXIST when the minute is used
 * up; other negative errno, with nothing left behind. */
int unsent_make(const char *data_dir, uint64_t wall_usec, const char *line, char **ret_path);
