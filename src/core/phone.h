/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>

/* Telephone numbers. ITU-T E.164: at most 15 digits, country code included. */

enum {
        PHONE_DIGITS_MIN = 6, /* shorter ones would be found in every text */
        PHONE_DIGITS_MAX = 15,
};

/* Brings a number in any spelling ("+1 (555) 010-9999", "0049 30 1234567") into "+15550109999", or
 * into its digits alone where it has no country code. Returns 0 and a string the caller frees;
 * -EINVAL with a sentence in *ret_why (may be NULL); -ENOMEM. */
int phone_parse(const char *value, char **ret, const char **ret_why);
