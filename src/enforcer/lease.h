/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/buffer.h"
#include "common/elapsed.h"
#include "nocontact/bus-names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The lease: what one user told root to hold shut, and until when. Pure: what time it is is an
 * argument. Times named ..._usec in a lease are on its own clock, which counts elapsed time.
 *
 * The lease's clock starts with the wall clock. Within a boot it goes on by CLOCK_BOOTTIME, and no
 * step of the wall clock moves it. Over a reboot it is given the time that the machine was off as
 * the wall clock tells it, less what the wall clock was seen to be ahead: so a step forward is not
 * credited, neither in the boot in which it was made nor in the next, and a step back neither
 * lengthens nor shortens. */

#define LEASE_GRACE_USEC                                                                           \
        (NC_GRACE_MINUTES * USEC_PER_MIN) /* a tightening can be taken back so long */
#define LEASE_COOL_DOWN_USEC     (NC_COOL_DOWN_HOURS * USEC_PER_HOUR) /* before an early end */
#define LEASE_WINDOW_USEC        USEC_PER_DAY       /* how long it then stays possible */
#define LEASE_AFTER_USEC         (7 * USEC_PER_DAY) /* how long after its end it is lifted */
#define LEASE_LONGEST_USEC       (3660 * USEC_PER_DAY)
#define LEASE_EXCEPT_REFILL_USEC USEC_PER_DAY /* one exception comes back */

enum {
        LEASE_HOSTS_MAX = NC_LIMIT_HELD_HOSTS,
        LEASE_PATTERNS_MAX = NC_LIMIT_HELD_PATTERNS,
        LEASE_ENDS_MAX = 4, /* lengthenings within the grace that are told apart */
        LEASE_PATTERN_LEN = 2048,
        LEASE_EXCEPT_QUOTA = NC_EXCEPTIONS,          /* exceptions at once in the quota */
        LEASE_EXCEPT_MINUTES = NC_EXCEPTION_MINUTES, /* the longest one */
        LEASE_FILE_MAX = 8 << 20,                    /* bytes; a longer file is none of ours */
};

typedef struct LeaseItem {
        char *text; /* a host name or a URL pattern */
        uint64_t added_usec;
        uint64_t open_usec; /* an exception lets it be until then; 0 for none */
} LeaseItem;

typedef struct LeaseItems {
        LeaseItem *items; /* sorted by text, each once */
        size_t n, space;
} LeaseItems;

typedef struct LeaseEnd {
        uint64_t ends_usec; /* an end that was */
        uint64_t left_usec; /* and when a later one took its place */
} LeaseEnd;

typedef struct Lease {
        uid_t uid;
        uint64_t generation; /* grows with every change that the holder makes */
        uint32_t address;    /* the holder's loopback address, host byte order */

        Elapsed clock;

        uint64_t ends_usec;
        uint64_t asked_usec;             /* the wall time that this end was asked for as */
        LeaseEnd before[LEASE_ENDS_MAX]; /* for a mistake to be taken back; oldest first */
        size_t n_before;
        uint64_t renewed_usec;     /* the holder's last Hold */
        uint64_t release_usec;     /* an early end is possible from then on; 0: not asked for */
        uint64_t except_full_usec; /* when the quota of exceptions is full again */
        LeaseItems hosts, patterns;
} Lease;

/* A new lease of nothing, whose clock starts at `now`. */
void lease_init(Lease *l, uid_t uid, uint32_t address, const Moment *now);
void lease_done(Lease *l);

/* Brings the clock up to `now`. Returns true when the lease should be written down again for it,
 * see elapsed_tick(). The functions below take the clock as it then stands. */
bool lease_tick(Lease *l, const Moment *now);

/* Is it promised: not over, and not free by an early end that was asked for and waited out? */
bool lease_locked(const Lease *l);

/* Is anything held: promised, or renewed or ended less than LEASE_AFTER_USEC ago? */
bool lease_stands(const Lease *l);

/* When it ends, as the wall clock will read if it goes on as it does; likewise any time of the
 * lease's clock. */
uint64_t lease_wall(const Lease *l, uint64_t clock_usec);
/* And back. A wall time of the past gives one of the past. */
uint64_t lease_clock(const Lease *l, uint64_t wall_usec);

/* The lease becomes this: names and patterns checked by the caller, in any order, doubles allowed;
 * `until` wall time. While it is locked the sets may only grow and the time only lengthen, but for
 * what was added or set within LEASE_GRACE_USEC. An end in the past renews a lease without
 * promising more. The `until` of the last time means the same end, and a later or earlier one is so
 * much later or earlier, if the wall clock was stepped in between. When the early end was waited
 * out, that is used up. Takes back an early end that still waits if the end is set later. Returns 1
 * when something changed beside the renewal, 0 when not; -EPERM when it is locked, -EINVAL for an
 * `until` beyond LEASE_LONGEST_USEC or a text that is empty, longer than LEASE_PATTERN_LEN or has
 * white space or control characters, -E2BIG for too many, -ENOMEM; then the lease is as it was. To
 * ask for nothing until 0 is to ask whether it can be lifted now. */
int lease_hold(Lease *l, const char *const *hosts, size_t n_hosts, const char *const *patterns,
        size_t n_patterns, uint64_t until_wall_usec);

/* Asks for an early end; asking again changes nothing. Returns when it will be possible, as wall
 * time (now, or before, when the lease is not locked). */
uint64_t lease_request_release(Lease *l);
/* Returns 1, or 0 when none was asked for. */
int lease_cancel_release(Lease *l);

/* Lets some names or patterns be for `minutes` (at most LEASE_EXCEPT_MINUTES); 0 shuts them again,
 * which costs nothing of the quota. Returns 0 and the wall time (0 when shut); -ENOENT when one of
 * them is not held, -EINVAL for the minutes or no names, -EDQUOT when the quota is used up. */
int lease_except(
        Lease *l, const char *const *hosts, size_t n, unsigned minutes, uint64_t *ret_until_wall);

/* The lease clock's next moment at which something is to be done (an exception or the lease ends);
 * UINT64_MAX for none. */
uint64_t lease_next(const Lease *l);

/* The file's text: lines of words, the last of which is a checksum of all before (FNV-1a, 64 bits).
 * lease_read() returns 0 and a lease; -EBADMSG for anything that lease_write() would not have
 * written, -ENOMEM. */
int lease_write(const Lease *l, Buffer *to);
int lease_read(const char *data, size_t len, Lease *ret);
