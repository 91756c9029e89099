/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "enforcer/hosts.h"

/* The hosts file on the disk: the only place that opens it. The file is streamed, so that its size
 * does not matter; it is compared as a whole before anything is written, and replaced by rename,
 * with owner, mode, ACL and extended attributes kept. A symbolic link is followed to its target.
 *
 * A file that cannot be replaced (a mount point, a folder that is read-only, an attribute that we
 * may not give) is written in place, from a saved and synced copy in `state_dir`. When that was
 * interrupted, the next call completes it; but when somebody edited the file since, it is theirs,
 * and the copy (what the file was, and then what it should be) is kept as `hosts.kept`.
 *
 * What somebody else writes or renames there meanwhile is not lost: the file is read again. */

typedef enum HostsOutcome {
        HOSTS_AGREED,  /* nothing to do */
        HOSTS_WRITTEN, /* it agrees now */
} HostsOutcome;

/* Makes the file at `path` (/etc/hosts) agree with the entries. `state_dir` is a folder of ours. A
 * file that is not there is made when there is something to hold. One call at a time. Returns a
 * HostsOutcome; on failure a negative errno and in *ret_why, when it is not NULL, a static sentence
 * for the user: -EROFS read-only, -ENOSPC, -EPERM immutable, -EAGAIN changed over and over, ...
 * The file is then as it was, or all new when only its last sync failed; written in place it may be
 * neither until the next call. */
int hosts_file_apply(const char *path, const char *state_dir, const HostsEntry *entries, size_t n,
        const char **ret_why);
