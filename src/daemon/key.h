/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A friend's passphrase as a hash: yescrypt, as libcrypt makes and reads it, see crypt(5). Both
 * functions take some 50 ms, by design, and leave no copy of the passphrase behind. */

/* Returns 0 and a new hash with a salt of its own, which the caller frees; or a negative errno. */
int key_hash(const char *passphrase, char **ret);

/* Returns 1 when `hash` is one of the passphrase, 0 when not, -EBADMSG when it is no hash that
 * libcrypt knows, or another negative errno. */
int key_matches(const char *passphrase, const char *hash);
