/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Globally unique, time-ordered ids. It keeps no memory of the last one: who needs an order within
 * one millisecond hands it in. Used by the ledger for events and by core for the ids of people. */

#include "common/uuid.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

enum {
        UUID_BYTES = 16,
        UUID_TIME_BYTES = 6,
        UUID_TIME_BITS = 48,
        /* the random part: rand_a and rand_b of RFC 9562, section 5.7 */
        UUID_A_BITS = 12,
        UUID_B_BITS = 62,
};

static int random_bytes(uint8_t b[static UUID_BYTES]) {
        ssize_t n;

        do
                n = getrandom(b, UUID_BYTES, 0);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        return n == UUID_BYTES ? 0 : -EIO;
}

static void set_time(uint8_t b[static UUID_BYTES], uint64_t msec) {
        for (unsigned i = 0; i < UUID_TIME_BYTES; i++)
                b[i] = (uint8_t)(msec >> (8 * (UUID_TIME_BYTES - 1 - i)));
}

static void set_marks(uint8_t b[static UUID_BYTES]) {
        b[6] = (uint8_t)((b[6] & 0x0f) | 0x70); /* version 7 */
        b[8] = (uint8_t)((b[8] & 0x3f) | 0x80); /* variant 10 */
}

static int has_marks(const uint8_t b[static UUID_BYTES]) {
        return (b[6] & 0xf0) == 0x70 && (b[8] & 0xc0) == 0x80;
}

/* Reads `n` bytes, most significant first. */
static uint64_t get_number(const uint8_t *b, unsigned n) {
        uint64_t value = 0;

        for (unsigned i = 0; i < n; i++)
                value = value << 8 | b[i];
        return value;
}

static void format(const uint8_t b[static UUID_BYTES], char ret[static UUID_SPACE]) {
        for (unsigned i = 0; i < UUID_BYTES; i++)
                (void)snprintf(ret + 2 * (size_t)i, 3, "%02x", b[i]);
}

static int parse(const char *text, uint8_t ret[static UUID_BYTES]) {
        static const char digits[] = "0123456789abcdef";

        if (strlen(text) != UUID_SPACE - 1 || strspn(text, digits) != UUID_SPACE - 1)
                return -EINVAL;
        for (unsigned i = 0; i < UUID_BYTES; i++) {
                ptrdiff_t high = strchr(digits, text[2 * i]) - digits;
                ptrdiff_t low = strchr(digits, text[2 * i + 1]) - digits;

                ret[i] = (uint8_t)(high << 4 | low);
        }
        return 0;
}

/* Counts the random part of `b` up by `step`, which has no more than UUID_B_BITS. Returns 0, or
 * -EOVERFLOW with `b` unchanged. */
static int count_up(uint8_t b[static UUID_BYTES], uint64_t step) {
        uint64_t high = get_number(b + 6, 2) & ((1U << UUID_A_BITS) - 1);
        uint64_t low = get_number(b + 8, 8) & ((1ULL << UUID_B_BITS) - 1);

        low += step;
        high += low >> UUID_B_BITS;
        if (high >> UUID_A_BITS)
                return -EOVERFLOW;

        b[6] = (uint8_t)(high >> 8);
        b[7] = (uint8_t)high;
        for (unsigned i = 0; i < 8; i++)
                b[8 + i] = (uint8_t)(low >> (8 * (7 - i)));
        set_marks(b);
        return 0;
}

int uuid_v7(uint64_t usec, char ret[static UUID_SPACE]) {
        uint8_t b[UUID_BYTES];
        int r;

        r = random_bytes(b);
        if (r < 0)
                return r;
        set_time(b, usec / 1000);
        set_marks(b);
        format(b, ret);
        return 0;
}

int uuid_v7_after(uint64_t usec, const char *last, char ret[static UUID_SPACE]) {
        uint8_t fresh[UUID_BYTES], before[UUID_BYTES] = {0};
        uint64_t msec = usec / 1000, last_msec = 0;
        int r;

        if (msec >> UUID_TIME_BITS)
                return -EINVAL;
        if (last) {
                r = parse(last, before);
                if (r < 0)
                        return r;
                last_msec = get_number(before, UUID_TIME_BYTES);
        }
        r = random_bytes(fresh);
        if (r < 0)
                return r;

        if (last && msec <= last_msec) {
                /* 32 random bits a step: hard to guess, and room for 2^42 steps on average */
                uint64_t step = 1 + get_number(fresh, 4);

                if (has_marks(before) && count_up(before, step) == 0) {
                        format(before, ret);
                        return 0;
                }
                msec = last_msec + 1;
                if (msec >> UUID_TIME_BITS)
                        return -EOVERFLOW;
        }
        set_time(fresh, msec);
        set_marks(fresh);
        format(fresh, ret);
        return 0;
}
