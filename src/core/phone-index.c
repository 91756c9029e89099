/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Numbers are looked up by their last six digits, which every spelling of them has, and then
 * compared in full. In the text, digits come in groups ("555 010 9999"): a number begins and ends
 * with a group, so that every stretch of groups of the right length is tried. Deliberately no
 * knowledge of where an area code ends. Used by the matcher. */

#include "core/phone-index.h"

#include "common/array.h"
#include "common/table.h"
#include "core/phone.h"
#include "core/word.h"

#include <errno.h>
#include <stdbool.h>

enum {
        KEY_LEN = 6,
        /* digits that must agree where one side has no country or area code */
        LOCAL_MIN = 7,
        /* the longest number and what is dialled before it */
        DIALLED_MAX = PHONE_DIGITS_MAX + 4,
        /* signs between two groups, as in " - (" */
        GAP_MAX = 4,
        NONE = UINT32_MAX,
};

_Static_assert((int)PHONE_DIGITS_MIN == (int)KEY_LEN, "every number has a key");

typedef struct Number {
        char digits[PHONE_DIGITS_MAX + 1];
        unsigned char n;    /* digits */
        unsigned char code; /* length of the country code, 0 for a number without one */
        uint32_t owner;
        uint32_t next; /* with the same key, or NONE */
        uint32_t last; /* of the chain; kept in its first number only */
} Number;

struct PhoneIndex {
        Number *numbers; /* owned */
        size_t n, space;
        Table *keys; /* last KEY_LEN digits -> first number of the chain; owned */
};

int phone_index_new(PhoneIndex **ret) {
        _cleanup_(phone_index_freep) PhoneIndex *index = calloc(1, sizeof(*index));
        int r;

        if (!index)
                return -ENOMEM;
        r = table_new(&index->keys);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(index);
        return 0;
}

PhoneIndex *phone_index_free(PhoneIndex *index) {
        if (!index)
                return NULL;
        table_free(index->keys);
        free(index->numbers);
        free(index);
        return NULL;
}

/* --- numbers --------------------------------------------------------------------------------- */

/* Country codes of one and two digits; all others have three. ITU-T, List of Recommendation E.164
 * assigned country codes (https://www.itu.int/pub/T-SP-E.164D). */
static unsigned char country_code_len(const char *digits) {
        static const char codes[] =
                "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 "
                "54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 "
                "94 95 98";

        if (digits[0] == '1' || digits[0] == '7')
                return 1;
        for (const char *p = codes; p < codes + sizeof(codes); p += 3)
                if (memcmp(p, digits, 2) == 0)
                        return 2;
        return 3;
}

int phone_index_add(PhoneIndex *index, const char *number, uint32_t owner) {
        const char *digits = number[0] == '+' ? number + 1 : number;
        size_t len = strlen(digits);
        uint32_t head = NONE, at = (uint32_t)index->n;
        Number *n;
        int r;

        if (len < PHONE_DIGITS_MIN || len > PHONE_DIGITS_MAX || strspn(digits, "0123456789") != len)
                return 0;
        r = ARRAY_RESERVE(index->numbers, index->space, index->n + 1);
        if (r < 0)
                return r;
        r = table_add(index->keys, digits + len - KEY_LEN, KEY_LEN, at);
        if (r < 0)
                return r;

        n = &index->numbers[index->n++];
        *n = (Number){.n = (unsigned char)len, .owner = owner, .next = NONE, .last = at};
        memcpy(n->digits, digits, len);
        if (digits != number)
                n->code = country_code_len(digits);
        if (r == 0 && table_find(index->keys, digits + len - KEY_LEN, KEY_LEN, &head) > 0) {
                index->numbers[index->numbers[head].last].next = at;
                index->numbers[head].last = at;
        }
        return 0;
}

/* --- do two numbers agree? ------------------------------------------------------------------- */

/* Digits as they stand in the text. */
typedef struct Dialled {
        const char *digits;
        size_t n;
        bool international; /* after a "+" or 00 */
        bool alone;         /* no digits stand before them */
} Dialled;

/* Does `a` end with `b`, and what stands before is one of `prefixes`? */
static bool ends_with(
        const char *a, size_t len_a, const char *b, size_t len_b, const char *const *prefixes) {
        if (len_b > len_a || memcmp(a + len_a - len_b, b, len_b) != 0)
                return false;
        if (!prefixes)
                return true;
        for (size_t i = 0; prefixes[i]; i++)
                if (strlen(prefixes[i]) == len_a - len_b &&
                        memcmp(a, prefixes[i], len_a - len_b) == 0)
                        return true;
        return false;
}

/* What is dialled before a country code besides 00 (North America, Australia, Japan), and before
 * an area code (most of the world, Russia, Hungary). */
static const char *const exits[] = {"", "011", "0011", "010", NULL};
static const char *const trunks[] = {"", "0", "8", "06", NULL};

static bool agrees_international(const Number *n, const Dialled *d) {
        const char *national = n->digits + n->code;
        size_t len = (size_t)n->n - n->code;

        if (d->international)
                return d->n == n->n && memcmp(d->digits, n->digits, d->n) == 0;
        if (ends_with(d->digits, d->n, n->digits, n->n, exits))
                return true;
        if (len >= LOCAL_MIN && ends_with(d->digits, d->n, national, len, trunks))
                return true;
        return d->alone && d->n >= LOCAL_MIN && ends_with(national, len, d->digits, d->n, NULL);
}

/* The length of the trunk prefix, which a number may have and lack: 0, or in plans with ten digits
 * the 1 of North America and the 8 of Russia. */
static size_t trunk_len(const char *digits, size_t n) {
        return digits[0] == '0' || (n == 11 && (digits[0] == '1' || digits[0] == '8'));
}

static bool agrees_local(const Number *n, const Dialled *d) {
        size_t trunk = trunk_len(n->digits, n->n), d_trunk = trunk_len(d->digits, d->n);
        const char *bare = n->digits + trunk;
        size_t len = n->n - trunk;

        if (d->n == n->n && memcmp(d->digits, n->digits, d->n) == 0)
                return true;
        if (d->international)
                return (n->n >= LOCAL_MIN && ends_with(d->digits, d->n, n->digits, n->n, NULL)) ||
                       (len >= LOCAL_MIN && ends_with(d->digits, d->n, bare, len, NULL));
        if (len >= LOCAL_MIN && d->n - d_trunk == len &&
                memcmp(d->digits + d_trunk, bare, len) == 0)
                return true;
        return d->alone && d->n >= LOCAL_MIN && ends_with(n->digits, n->n, d->digits, d->n, NULL);
}

static bool agrees(const Number *n, const Dialled *d) {
        return n->code > 0 ? agrees_international(n, d) : agrees_local(n, d);
}

/* --- the text -------------------------------------------------------------------------------- */

typedef struct Scan {
        const PhoneIndex *index;
        const char *text;
        size_t len;
        PhoneFound found;
        void *userdata;
} Scan;

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static size_t group_end(const Scan *s, size_t at) {
        while (at < s->len && is_digit(s->text[at]))
                at++;
        return at;
}

/* The length of the sign at `at` if it may stand within a number. */
static size_t separator_len(const Scan *s, size_t at) {
        /* U+2012 to U+2014, the dashes that folding leaves */
        if (s->len - at >= 3 && memcmp(s->text + at, "\xe2\x80", 2) == 0 &&
                s->text[at + 2] >= '\x92' && s->text[at + 2] <= '\x94')
                return 3;
        return at < s->len && memchr(" -./()", s->text[at], 6) ? 1 : 0;
}

/* The start of the group that belongs to the same run as the one that ended at `end`, or 0.
 * *ret_space: white space stands between them, so that they may also be two things. */
static size_t next_group(const Scan *s, size_t end, bool *ret_space) {
        size_t at = end, n;

        *ret_space = false;
        for (unsigned i = 0; i < GAP_MAX && (n = separator_len(s, at)) > 0; i++) {
                *ret_space |= s->text[at] == ' ';
                at += n;
        }
        return at > end && at < s->len && is_digit(s->text[at]) ? at : 0;
}

/* The "+" before the group at `at`, or `at`. */
static size_t find_plus(const Scan *s, size_t at) {
        size_t i = at;

        if (i > 0 && memchr(" (", s->text[i - 1], 2))
                i--;
        return i > 0 && s->text[i - 1] == '+' ? i - 1 : at;
}

static void look_up(const Scan *s, const Dialled *d, size_t start, size_t end) {
        Dialled bare = *d;
        uint32_t i;

        if (d->n < KEY_LEN ||
                table_find(s->index->keys, d->digits + d->n - KEY_LEN, KEY_LEN, &i) <= 0)
                return;
        if (!d->international && d->n > 2 && memcmp(d->digits, "00", 2) == 0) {
                bare.digits += 2;
                bare.n -= 2;
                bare.international = true;
        }
        for (; i != NONE; i = s->index->numbers[i].next)
                if (agrees(&s->index->numbers[i], &bare))
                        s->found(s->index->numbers[i].owner, start, end, s->userdata);
}

/* "+49 (0)30": a zero in brackets is for callers at home. */
static bool is_home_zero(const Scan *s, size_t at, size_t end) {
        return end - at == 1 && s->text[at] == '0' && s->text[at - 1] == '(' && end < s->len &&
               s->text[end] == ')';
}

/* Tries the stretches that begin with the group at `start`. `alone`: it is the first of its run. */
static void try_from(const Scan *s, size_t start, bool alone) {
        char digits[DIALLED_MAX];
        size_t plus = find_plus(s, start), at = start;
        Dialled d = {.digits = digits, .international = plus < start, .alone = alone};

        for (unsigned group = 0; group == 0 || at > 0; group++) {
                size_t end = group_end(s, at);
                bool space;

                if (group == 1 && is_home_zero(s, at, end)) {
                        at = next_group(s, end, &space);
                        continue;
                }
                if (end - at > sizeof(digits) - d.n)
                        return;
                memcpy(digits + d.n, s->text + at, end - at);
                d.n += end - at;

                at = next_group(s, end, &space);
                if ((at == 0 || space) && word_ends(s->text, s->len, end, false))
                        look_up(s, &d, plus, end);
        }
}

/* Goes through the groups of the run that begins at `at`; returns its end. Later groups may begin
 * a number of their own ("12:30 555 010 9999"), unless the first says that a country code begins
 * here. */
static size_t try_run(const Scan *s, size_t at) {
        bool international =
                find_plus(s, at) < at || (s->len - at > 2 && memcmp(s->text + at, "00", 2) == 0);
        bool alone = true, space = true;
        size_t end;

        for (;;) {
                if (space && (alone || !international) && word_begins(s->text, s->len, at, false))
                        try_from(s, at, alone);
                end = group_end(s, at);
                at = next_group(s, end, &space);
                if (at == 0)
                        return end;
                alone = false;
        }
}

void phone_index_find(
        const PhoneIndex *index, const char *text, size_t len, PhoneFound found, void *userdata) {
        const Scan s = {
                .index = index, .text = text, .len = len, .found = found, .userdata = userdata};

        if (index->n == 0)
                return;
        for (size_t at = 0; (at += strcspn(text + at, "0123456789")) < len;)
                at = try_run(&s, at);
}
