/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>

/* SHA-256 (FIPS 180-4) as text, and a chain of them. */

enum {
        DIGEST_SPACE = 65, /* 64 lower-case hex digits and the NUL */
};

void digest_sha256(const void *data, size_t len, char ret[static DIGEST_SPACE]);

/* One link of a chain: SHA-256 over the text of the link before it ("" for the first) and the bytes
 * of this one's entry. What `printf %s%s LINK ENTRY | sha256sum` prints. `ret` may be `previous`.
 */
void digest_link(
        const char *previous, const void *entry, size_t len, char ret[static DIGEST_SPACE]);
