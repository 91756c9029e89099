/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Finds the name, the number and the address in what the user wrote about a support person. Unlike
 * core/phone, which judges whether something is an identity, it takes the short numbers of help
 * lines too and refuses nothing: what it does not find is simply not offered. Used by nudge.c. */

#include "daemon/responders/support-person.h"

#include "common/buffer.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>

enum {
        DIGITS_MIN = 3,  /* 988 */
        DIGITS_MAX = 15, /* ITU-T E.164 */
};

/* A piece of a text, in bytes. */
typedef struct Span {
        size_t start, len;
} Span;

void support_person_done(SupportPerson *s) {
        free(s->name);
        free(s->uri);
        *s = (SupportPerson){0};
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_address_char(char c) {
        return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
               (c && strchr("._%+-'@", c) != NULL);
}

static bool is_address(const char *s, size_t len) {
        const char *at = memchr(s, '@', len);
        size_t domain;

        if (!at || at == s)
                return false;
        domain = len - (size_t)(at + 1 - s);
        return domain >= 3 && !memchr(at + 1, '@', domain) && memchr(at + 2, '.', domain - 2);
}

static Span find_address(const char *text) {
        for (size_t i = 0; text[i];) {
                size_t len = 0;

                while (is_address_char(text[i + len]))
                        len++;
                if (is_address(text + i, len)) {
                        while (text[i + len - 1] == '.')
                                len--;
                        return (Span){i, len};
                }
                i += len > 0 ? len : 1;
        }
        return (Span){0};
}

/* How far a number reaches that begins here; it ends with a digit. */
static Span measure_number(const char *text, size_t start, size_t *ret_digits) {
        Span span = {start, 0};

        *ret_digits = 0;
        for (size_t i = start; text[i]; i++) {
                if (is_digit(text[i])) {
                        (*ret_digits)++;
                        span.len = i + 1 - start;
                } else if (!strchr(" ()-./", text[i]) && !(i == start && text[i] == '+'))
                        break;
        }
        return span;
}

/* The number with the most digits. One inside a word or an address is none. */
static Span find_number(const char *text, Span address) {
        Span best = {0};
        size_t best_digits = DIGITS_MIN - 1;

        for (size_t i = 0; text[i]; i++) {
                size_t digits;
                Span span;

                if (i >= address.start && i < address.start + address.len)
                        continue;
                if (!is_digit(text[i]) && text[i] != '+' && text[i] != '(')
                        continue;
                span = measure_number(text, i, &digits);
                if (digits > best_digits && digits <= DIGITS_MAX &&
                        (i == 0 || !isalnum((unsigned char)text[i - 1])) &&
                        !isalpha((unsigned char)text[i + span.len])) {
                        best = span;
                        best_digits = digits;
                }
                i += span.len > 0 ? span.len - 1 : 0;
        }
        return best;
}

/* RFC 3966. A number without country code is written as it is dialled. */
static char *tel_uri(const char *number, size_t len) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)buffer_puts(&b, number[0] == '+' ? "tel:+" : "tel:");
        for (size_t i = 0; i < len; i++)
                if (is_digit(number[i]))
                        (void)buffer_putc(&b, number[i]);
        return buffer_take(&b);
}

/* RFC 6068: nothing in the address can become a header field of the mail. */
static char *mail_uri(const char *address, size_t len) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)buffer_puts(&b, "mailto:");
        for (size_t i = 0; i < len; i++)
                if (isalnum((unsigned char)address[i]) || strchr("._-+@", address[i]))
                        (void)buffer_putc(&b, address[i]);
                else
                        (void)buffer_printf(&b, "%%%02X", (unsigned char)address[i]);
        return buffer_take(&b);
}

/* What stands between a name and a number, and belongs to neither. */
static const char *const filling[] = {" ", "\t", "\n", "\r", ",", ";", ":", "-", "–", "—", "<", ">",
        "(", ")", "[", "]", "/", "|", "=", "\"", " .", "\u00a0"};

/* How much of it begins, or with `end` ends, the text. */
static size_t measure_filling(const char *text, size_t len, bool end) {
        for (size_t i = 0; i < ARRAY_LEN(filling); i++) {
                size_t n = strlen(filling[i]);

                if (n <= len && memcmp(end ? text + len - n : text, filling[i], n) == 0)
                        return n;
        }
        return 0;
}

/* What remains without the two spans. */
static char *name_without(const char *text, Span a, Span b) {
        _cleanup_(buffer_done) Buffer rest = {0};
        _cleanup_free_ char *out = NULL;
        size_t start = 0, len, n;

        for (size_t i = 0; text[i]; i++)
                if ((i < a.start || i >= a.start + a.len) && (i < b.start || i >= b.start + b.len))
                        (void)buffer_putc(&rest, text[i]);
        len = rest.len;
        out = buffer_take(&rest);
        if (!out)
                return NULL;
        while ((n = measure_filling(out, len, true)) > 0)
                len -= n;
        while ((n = measure_filling(out + start, len - start, false)) > 0)
                start += n;
        return strndup(out + start, len - start);
}

int support_person_parse(const char *text, SupportPerson *ret) {
        _cleanup_(support_person_done) SupportPerson s = {0};
        Span address = find_address(text), number = find_number(text, address);

        s.name = name_without(text, number, address);
        if (number.len > 0)
                s.uri = tel_uri(text + number.start, number.len);
        else if (address.len > 0)
                s.uri = mail_uri(text + address.start, address.len);
        if (!s.name || (!s.uri && (number.len > 0 || address.len > 0)))
                return -ENOMEM;
        *ret = TAKE_STRUCT(s);
        return 0;
}
