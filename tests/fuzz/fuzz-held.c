/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as the file of a held notification. What is read can be written, and reads as the same.
 */

#include "core/held.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
        if (!condition)
                abort();
}

static void check_same(const Held *a, const Held *b) {
        require(streq(a->id, b->id) && streq(a->person, b->person));
        require(a->at_usec == b->at_usec && a->zone_minutes == b->zone_minutes);
        require(a->leaked == b->leaked && a->message_len == b->message_len);
        require(streq(a->via, b->via) && streq(a->source, b->source) && streq(a->app, b->app));
        require(streq(a->desktop_entry, b->desktop_entry) && streq(a->summary, b->summary));
        require(streq(a->body, b->body));
        require(a->message_len == 0 || memcmp(a->message, b->message, a->message_len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(buffer_done) Buffer file = {0};
        _cleanup_(held_done) Held h = {0}, again = {0};
        int r;

        r = size > 0 ? held_read(data, size, &h) : -74;
        require(r == 0 || (r == -74 && !h.app && !h.more));
        if (r < 0)
                return 0;
        r = held_write_head(&h, &file);
        require(r == 0 || r == -90);
        if (r < 0)
                return 0;
        require(buffer_add(&file, h.message, h.message_len) == 0);
        require(held_read(file.data, file.len, &again) == 0);
        check_same(&h, &again);
        return 0;
}
