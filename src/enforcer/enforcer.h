/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "enforcer/lease.h"
#include "enforcer/policy-file.h"

/* The owner of all leases: it reads the clocks, keeps the leases on the disk, and makes the hosts
 * file and the browsers' policies agree with them. It knows no bus; the face does. The uid is
 * whoever the bus says that the caller is. */
typedef struct Enforcer Enforcer;

/* `hosts_path` is /etc/hosts, `state_dir` /var/lib/nocontact, and `root` goes before the paths of
 * the browsers' policies: "" but in tests. Each call below
 * takes a lock in state_dir for as long as it runs and reads the leases anew, so that several
 * processes do their work one after the other; a lease of which neither generation is whole is
 * removed and holds nothing. Returns 0 or a negative errno. */
int enforcer_new(const char *hosts_path, const char *state_dir, const char *root, Enforcer **ret);
/* Accepts NULL; returns NULL. */
Enforcer *enforcer_free(Enforcer *e);
DEFINE_CLEANUP(Enforcer *, enforcer_free)

/* Each changes one lease, on disk before anything else, and then the hosts file. On failure a
 * negative errno, a static sentence in *ret_why (NULL for none), and the lease as it was: -EINVAL,
 * -EPERM (locked), -E2BIG, -EDQUOT, -ENOENT; anything else is the machine's, such as -EROFS.
 *
 * When the lease or the hosts file cannot be written, the lease is put back to what it was: who is
 * told no is told the truth, and asks again. Whatever ends the program between the two writes, the
 * lease on the disk is the promise, and the next enforcer_reconcile() makes the file agree with it:
 * what was tightened stays so, and what was let go is let go. Since only leases can hold names in
 * the file, it is never held longer than its lease stands.
 *
 * A browser's policy that cannot be written fails nothing: browsers come and go, and it is written
 * when the next call can. enforcer_browsers() tells of it. */

/* Would these be taken? -EINVAL or -E2BIG and the sentence, without a look at the lease. */
int enforcer_check(const char *const *hosts, size_t n_hosts, const char *const *patterns,
        size_t n_patterns, const char **ret_why);
int enforcer_hold(Enforcer *e, uid_t uid, const char *const *hosts, size_t n_hosts,
        const char *const *patterns, size_t n_patterns, uint64_t until_usec,
        uint64_t *ret_generation, const char **ret_why);
/* Both do nothing when there is nothing to release or to cancel. What was added or set within
 * LEASE_GRACE_USEC can be released at once. */
int enforcer_release(Enforcer *e, uid_t uid, const char **ret_why);
int enforcer_cancel_release(Enforcer *e, uid_t uid, const char **ret_why);
/* *ret_due: when an early end is possible, wall time. */
int enforcer_request_release(Enforcer *e, uid_t uid, uint64_t *ret_due, const char **ret_why);
int enforcer_except(Enforcer *e, uid_t uid, const char *const *hosts, size_t n, unsigned minutes,
        uint64_t *ret_until, const char **ret_why);

/* How the browsers' policies stand, of whichever user's patterns. */
void enforcer_browsers(Enforcer *e, PolicyReport ret[static POLICY_BROWSERS]);

/* The lease of `uid`, its clock brought up to now; NULL for none. Good until the next call. */
const Lease *enforcer_lease(Enforcer *e, uid_t uid);

#define ENFORCER_NET 0x7f420000U /* 127.66.0.0/16 */

/* The loopback address that is or will be the user's, host byte order: 127.66.x.y. */
uint32_t enforcer_address(Enforcer *e, uid_t uid);

/* Makes the files agree with all leases and lifts what has run out. At most ENFORCER_REPAIRS_MAX
 * repairs in a minute: then -EAGAIN, unless something is due. Returns 1 and, in *ret_what, a static
 * word ("repaired", "lifted") when something was done, else 0; an exception's end is neither. */
int enforcer_reconcile(Enforcer *e, const char **ret_what, const char **ret_why);

enum { ENFORCER_REPAIRS_MAX = 6 };

/* Repairs in the last hour, and the wall time of the last; kept on the disk beside the leases. */
void enforcer_repairs(Enforcer *e, unsigned *ret_n, uint64_t *ret_last_usec);

/* For the removal of the package: every lease ends, and the file is what the user's own edits made
 * it. */
int enforcer_lift_all(Enforcer *e, const char **ret_why);

/* Microseconds until something is to be done (an exception ends, a lease runs out, a repair is
 * allowed again); 0 when it is due, UINT64_MAX for never. */
uint64_t enforcer_next(Enforcer *e);
