/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One spelling for telephone numbers. It deliberately does not guess a country: a number given
 * without a country code stays without one, and core/phone-index.c decides what it agrees with.
 * Plans of single countries are not known either, so a number that nobody can have may pass. */

#include "core/phone.h"

#include "common/buffer.h"
#include "common/macro.h"
#include "core/text.h"

#include <errno.h>

#define EXAMPLE "such as +1 555 010 9999."

static const char why_signs[] =
        N_("A phone number holds only digits, spaces and the signs + - . / ( ), " EXAMPLE);
static const char why_plus[] =
        N_("The + of a phone number stands before its country code and nowhere else, " EXAMPLE);
static const char why_code[] = N_("A country code does not begin with 0. Write +49 30 1234567, or "
                                  "030 1234567 without the country.");
static const char why_short[] = N_("A phone number has at least six digits, " EXAMPLE);
static const char why_long[] =
        N_("A phone number has at most fifteen digits, the country code included, " EXAMPLE);

static int refuse(const char *why, const char **ret_why) {
        if (ret_why)
                *ret_why = why;
        return -EINVAL;
}

/* Moves past the bytes of `what`, if they stand there. */
static bool skip(const char **p, const char *what) {
        size_t len = strlen(what);

        if (strncmp(*p, what, len) != 0)
                return false;
        *p += len;
        return true;
}

/* Past what parts digits: ASCII signs, and the dashes that folding leaves as they are. */
static bool skip_separator(const char **p) {
        static const char *const separators[] = {
                " ", "-", ".", "/", "(", ")", "\u2012", "\u2013", "\u2014"};

        for (size_t i = 0; i < ARRAY_LEN(separators); i++)
                if (skip(p, separators[i]))
                        return true;
        return false;
}

/* Collects the digits after a "+" or none. "(0)" after a country code is for callers at home. */
static int collect_digits(const char *p, bool international, Buffer *digits, const char **ret_why) {
        while (*p) {
                if (international && digits->len > 0 && skip(&p, "(0)"))
                        continue;
                if (*p >= '0' && *p <= '9')
                        (void)buffer_putc(digits, *p++);
                else if (!skip_separator(&p))
                        return refuse(*p == '+' ? why_plus : why_signs, ret_why);
        }
        return digits->error;
}

int phone_parse(const char *value, char **ret, const char **ret_why) {
        _cleanup_free_ char *folded = NULL;
        _cleanup_(buffer_done) Buffer digits = {0}, number = {0};
        const char *p, *first;
        bool plus, international;
        size_t len;
        int r;

        r = text_fold(value, strlen(value), TEXT_PLAIN, &folded, &len);
        if (r < 0)
                return r;
        p = folded;
        (void)(skip(&p, "tel:") && skip(&p, " "));
        (void)skip(&p, "(");
        plus = skip(&p, "+");
        /* ITU-T E.123: 00 is what most of the world dials for the + */
        international = plus || strncmp(p, "00", 2) == 0;
        r = collect_digits(p, international, &digits, ret_why);
        if (r < 0)
                return r;

        first = digits.data ? digits.data : "";
        if (!plus && international)
                (void)skip(&first, "00");
        if (international && *first == '0')
                return refuse(why_code, ret_why);
        if (strlen(first) < PHONE_DIGITS_MIN)
                return refuse(why_short, ret_why);
        if (strlen(first) > PHONE_DIGITS_MAX)
                return refuse(why_long, ret_why);

        (void)buffer_puts(&number, international ? "+" : "");
        (void)buffer_puts(&number, first);
        *ret = buffer_take(&number);
        return *ret ? 0 : -ENOMEM;
}
