/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/held.h"
#include "core/notice.h"

#include <stdbool.h>

/* Notifications that a server showed though they should have been held: they are laid into the
 * spool like held ones, and enter the ledger the same way. */

enum {
        LEAKS_REMEMBERED = 16,
};

#define LEAKS_TWIN_USEC 2000000ULL

/* What was seen lately, so that one notification that goes through several hands on its way is one
 * leak. Zeroed at the start. */
typedef struct Leaks {
        struct {
                uint64_t hash, at_usec;
                char sender[32]; /* a connection's name, cut when longer */
        } recent[LEAKS_REMEMBERED];
        size_t next;
} Leaks;

/* Is this one new? One of the same text from another connection, less than LEAKS_TWIN_USEC ago, is
 * the same on its next hop; from the same connection it is another. It is remembered. */
bool leaks_is_new(Leaks *l, const Notice *n, const char *sender, uint64_t now);

/* Lays it into the spool of the ledger's folder, durably. `more` is borrowed and may be NULL.
 * Returns 0 or a negative errno. */
int leaks_write(const char *data_dir, uint64_t now, const char *person, const char *via,
        const Notice *n, json_t *more);
