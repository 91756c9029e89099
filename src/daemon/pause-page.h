/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The pause page: what a browser shows in place of a page that is held shut. Pure. */

/* What it shows, of whoever it was kept with the longest, since it names nobody. Texts are the
 * user's own, any bytes, or NULL. */
typedef struct PauseFacts {
        unsigned days, total_days; /* whole days of the streak; kept in all */
        const char *plan;
        const char *reason;
        const char *instead; /* something else to do */
        const char *support; /* whom to call: for the extension's page alone */
        uint64_t event; /* what it is about, see TagEvent, or 0: for the extension's page alone */
} PauseFacts;

/* The sentences about the days: the best figure first, and "" for none; never one of zero. The
 * caller frees both. Returns 0 or -ENOMEM. */
int pause_kept(const PauseFacts *f, char **ret_kept, char **ret_also);

/* Ordinary things to do, PAUSE_THINGS of them, by number. */
enum { PAUSE_THINGS = 10 };
const char *pause_thing(size_t i);

/* The page as it is served over TCP: one whole HTML page in UTF-8, without script and without
 * anything to load. Names nobody and no host. NULL when memory is out; the caller frees. */
char *pause_page(const PauseFacts *f);
