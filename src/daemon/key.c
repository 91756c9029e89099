/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The one door to libcrypt. It does not count tries nor know when a key is wanted; regime.c does.
 */

#include "daemon/key.h"

#include "common/macro.h"

#include <crypt.h>
#include <errno.h>

/* crypt_rn() works in here, the passphrase included. */
static struct crypt_data *scratch_free(struct crypt_data *data) {
        if (data)
                explicit_bzero(data, sizeof(*data));
        free(data);
        return NULL;
}
DEFINE_CLEANUP(struct crypt_data *, scratch_free)

/* Hashes as `setting` says, which may be a hash itself. */
static int hash_by(const char *passphrase, const char *setting, char **ret) {
        _cleanup_(scratch_freep) struct crypt_data *data = calloc(1, sizeof(*data));
        const char *hash;

        if (!data)
                return -ENOMEM;
        hash = crypt_rn(passphrase, setting, data, (int)sizeof(*data));
        if (!hash)
                return errno == EINVAL ? -EBADMSG : -errno;
        *ret = strdup(hash);
        return *ret ? 0 : -ENOMEM;
}

int key_hash(const char *passphrase, char **ret) {
        /* the library's own cost, and random bytes from the kernel */
        _cleanup_free_ char *setting = crypt_gensalt_ra("$y$", 0, NULL, 0);

        return setting ? hash_by(passphrase, setting, ret) : -errno;
}

int key_matches(const char *passphrase, const char *hash) {
        _cleanup_free_ char *again = NULL;
        int r = hash_by(passphrase, hash, &again);

        return r < 0 ? r : streq(again, hash);
}
