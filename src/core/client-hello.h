/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
        CLIENT_HELLO_MAX =
                16384 +
                5, /* one TLS record, RFC 8446 section 5.1; a longer beginning is not read */
        CLIENT_HELLO_NAME_SPACE = 254,
};

/* Reads the server's name (RFC 6066, section 3) out of the first bytes of a TLS connection, in one
 * record or in several. Returns 1 and the name, in lower case, when it is there; 0 when more bytes
 * are needed; -ENODATA for a ClientHello without a name; -EBADMSG for anything else. Never reads
 * beyond `len`. */
int client_hello_name(const uint8_t *data, size_t len, char ret[static CLIENT_HELLO_NAME_SPACE]);
