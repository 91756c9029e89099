/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* How the daemon says no: a negative errno for programs and a sentence for the user.
 *
 *   -EINVAL     a value is not valid
 *   -ENOENT     there is no such thing
 *   -EEXIST     it is there already
 *   -EDQUOT     a limit of nocontact/bus-names.h is reached
 *   -EACCES     the friend's key is wanted, or it is another
 *   -ETIME      it is too late for it
 *   others      the ledger could not be written; there is no sentence */

/* Sets *ret_why to a static sentence, marked with N_(), and returns `error`. */
static inline int refuse(int error, const char *why, const char **ret_why) {
        *ret_why = why;
        return error;
}

/* Is it free text: valid UTF-8 without control characters other than line breaks and tabs, at
 * most `max` bytes, and not empty unless `may_be_empty`? */
bool text_valid(const char *text, size_t max, bool may_be_empty);
