/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as what sway's socket gives. Checked beside memory: a message lies within what was
 * read, comes of any longer reading just so, and a window has both its names. */

#include "common/macro.h"
#include "daemon/sensors/sway-message.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
        if (!condition)
                abort();
}

static void read_window(const char *payload, size_t len) {
        SwayWindow w = {0};
        int r = sway_window_read(payload, len, &w);

        require(r == 1 || r == 0 || r == -EBADMSG);
        require((r == 1) == (w.app && w.title));
        sway_window_done(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *bytes = (const char *)data;
        SwayMessage m, again;
        size_t taken = 0, used, used_again;
        int r;

        while ((r = sway_message_read(bytes + taken, size - taken, &m, &used)) > 0) {
                require(used == SWAY_HEADER_LEN + m.len && used <= size - taken);
                require(sway_message_read(bytes + taken, used, &again, &used_again) == 1);
                require(used_again == used && again.len == m.len && again.type == m.type);
                require(sway_message_read(bytes + taken, used - 1, &again, &used_again) == 0);
                read_window(m.payload, m.len);
                taken += used;
        }
        require(r == 0 || r == -EBADMSG || r == -EMSGSIZE);
        read_window(bytes, size);
        return 0;
}
