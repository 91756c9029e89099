/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "enforcer/lease.h"

/* Leases on the disk: DIR/<uid>.lease and, one generation older, DIR/<uid>.lease.old, both 0600. */

/* The newest whole lease of `uid`. Returns 0; -ENOENT when there is none, -EBADMSG when there are
 * files and none is whole, other negative errno. */
int lease_file_load(const char *dir, uid_t uid, Lease *ret);

/* Writes the lease and keeps the one before. After a power cut at any point one of the two is
 * there, whole. Returns 0 or a negative errno; then, too, either may be there: load it to know. */
int lease_file_save(const char *dir, const Lease *l);

/* Removes both, the older first. Returns 0, also when there is none, or a negative errno. */
int lease_file_remove(const char *dir, uid_t uid);

/* All users with a lease file, whole or not. The caller frees. Returns 0 or a negative errno; a
 * folder that is not there holds nobody. */
int lease_file_list(const char *dir, uid_t **ret, size_t *ret_n);
