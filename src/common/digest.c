/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Digests by nettle. What is signed or chained, and why, is the caller's. */

#include "common/digest.h"

#include <nettle/sha2.h>
#include <stdint.h>
#include <string.h>

static void finish(struct sha256_ctx *ctx, char ret[static DIGEST_SPACE]) {
        static const char digits[] = "0123456789abcdef";
        uint8_t sum[SHA256_DIGEST_SIZE];

        sha256_digest(ctx, sizeof(sum), sum);
        for (size_t i = 0; i < sizeof(sum); i++) {
                ret[2 * i] = digits[sum[i] >> 4];
                ret[2 * i + 1] = digits[sum[i] & 15];
        }
        ret[DIGEST_SPACE - 1] = '\0';
}

void digest_sha256(const void *data, size_t len, char ret[static DIGEST_SPACE]) {
        struct sha256_ctx ctx;

        sha256_init(&ctx);
        sha256_update(&ctx, len, data);
        finish(&ctx, ret);
}

void digest_link(
        const char *previous, const void *entry, size_t len, char ret[static DIGEST_SPACE]) {
        struct sha256_ctx ctx;

        sha256_init(&ctx);
        sha256_update(&ctx, strlen(previous), (const uint8_t *)previous);
        sha256_update(&ctx, len, entry);
        finish(&ctx, ret);
}
