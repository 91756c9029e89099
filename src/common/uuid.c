/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Globally unique, time-ordered ids. */

#include "common/uuid.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/types.h>

int uuid_v7(uint64_t usec, char ret[static UUID_SPACE]) {
        uint64_t msec = usec / 1000;
        uint8_t b[16];
        ssize_t n;

        do
                n = getrandom(b, sizeof(b), 0);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        if (n != (ssize_t)sizeof(b))
                return -EIO;

        for (unsigned i = 0; i < 6; i++)
                b[i] = (uint8_t)(msec >> (8 * (5 - i)));
        b[6] = (uint8_t)((b[6] & 0x0f) | 0x70); /* version 7 */
        b[8] = (uint8_t)((b[8] & 0x3f) | 0x80); /* variant 10 */

        for (unsigned i = 0; i < sizeof(b); i++)
                (void)snprintf(ret + 2 * i, 3, "%02x", b[i]);
        return 0;
}
