/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The syntax of /etc/hosts (hosts(5)), as far as it is ours. The file is what it was, with our
 * block before it: a begin line, for each name an IPv4 and a mapped IPv6 line to the holder's
 * loopback address, an end line. Every line of ours carries our tag at its end and is known by it,
 * wherever it stands and whatever became of the others; all other bytes are foreign and pass as
 * they are.
 *
 * A line is ours when it is HOSTS_LINE_MAX bytes or less and, white space and a carriage return at
 * its end aside, either ends with "# nocontact" behind white space or at the line's beginning, or
 * holds "# nocontact" and begins (after any of '#' and white space) with an address of ours,
 * "127.66." or "::ffff:127.66.". */

enum {
        HOSTS_LINE_MAX = 512, /* bytes with the line feed; a longer line is foreign */
};

typedef struct HostsEntry {
        uint32_t address; /* IPv4, host byte order */
        const char *name; /* checked */
} HostsEntry;

/* Where text goes, in pieces. Returns 0, or a negative errno that ends the work and is passed up.
 */
typedef int (*hosts_put_func)(void *userdata, const void *data, size_t len);

/* Writes the whole block; nothing at all when there are no entries. */
int hosts_render(const HostsEntry *entries, size_t n, hosts_put_func put, void *userdata);

/* Takes a file apart in pieces of any size and passes the foreign bytes on. Start with
 * `HostsFilter f = {0};`; memory is bounded by HOSTS_LINE_MAX. */
typedef struct HostsFilter {
        char line[HOSTS_LINE_MAX]; /* the beginning of a line whose end has not come */
        size_t len;
        bool foreign; /* the line is longer than ours can be: its bytes pass */
} HostsFilter;

/* The next piece; `end` says that it is the last (its last line may lack a line feed). Long runs
 * without our tag are put in one piece. */
int hosts_filter_feed(
        HostsFilter *f, const char *data, size_t len, bool end, hosts_put_func put, void *userdata);
