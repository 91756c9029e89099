/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "enforcer/hosts.h"

/* The hosts file on the disk: the only place that opens it. The file is streamed, so that its size
 * does not matter; it is compared as a whole before anything is written, and replaced by rename,
 * with owner, mode, ACL and extended attributes kept. A symbolic link is followed to its target. A
 * mount point, which cannot be renamed over, is written in place from a saved and synced copy in
 * `state_dir`, which the next call completes when power failed half-way. A file that somebody
 * changes while it is being replaced is read again. */

typedef enum HostsOutcome {
        HOSTS_AGREED,  /* nothing to do */
        HOSTS_WRITTEN, /* it agrees now */
} HostsOutcome;

/* Makes the file at `path` (/etc/hosts) agree with the entries. `state_dir` is a folder of ours. A
 * file that is not there is made when there is something to hold. Returns a HostsOutcome; on
 * failure a negative errno with the file as it was (a mount point aside), and in *ret_why, when it
 * is not NULL, a static sentence for the user: -EROFS read-only, -ENOSPC, -EPERM immutable, ... */
int hosts_file_apply(const char *path, const char *state_dir, const HostsEntry *entries, size_t n,
        const char **ret_why);
