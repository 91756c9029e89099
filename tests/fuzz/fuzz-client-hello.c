/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as the beginning of a TLS connection. Checked beside memory: every beginning of them
 * asks for more or says what the whole says, and a name is one that a host may have. */

#include "core/client-hello.h"
#include "core/url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BEGINNINGS = 16 };

static void require(int condition) {
        if (!condition)
                abort();
}

static void check_name(const char *name) {
        _cleanup_free_ char *again = NULL;

        require(strlen(name) > 0 && strlen(name) < CLIENT_HELLO_NAME_SPACE);
        require(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(name));
        require(host_normalise(name, &again) == 0 && streq(name, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char whole[CLIENT_HELLO_NAME_SPACE] = "", part[CLIENT_HELLO_NAME_SPACE] = "";
        int r = client_hello_name(data, size, whole);

        require(r == 1 || r == 0 || r == -ENODATA || r == -EBADMSG);
        if (r == 1)
                check_name(whole);
        for (size_t i = 0; i < BEGINNINGS; i++) {
                size_t len = size * i / BEGINNINGS;
                int early = client_hello_name(data, len, part);

                require(early == 0 || early == r);
                require(early != 1 || streq(part, whole));
        }
        return 0;
}
