/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any text as the address of a bus: it comes to its end, and each socket's name fits. */

#include "relay/address.h"

#include "common/macro.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = strndup((const char *)data, size);
        const char *at = text;
        struct sockaddr_un un;
        socklen_t len;
        int r;

        while ((r = address_next(&at, &un, &len)) != 0)
                if (r > 0 && (len <= offsetof(struct sockaddr_un, sun_path) || len > sizeof(un)))
                        abort();
        if (*at != '\0')
                abort();
        return 0;
}
