/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Knows which sightings are one, and what a leak looks like on the disk. It judges none and takes
 * none off the screen; the manager has both done. */

#include "daemon/leaks.h"

#include "common/file.h"
#include "common/time.h"

#include <errno.h>
#include <stdint.h>

/* FNV-1a, 64 bit: nobody gains by making two texts the same here. */
static uint64_t hash_text(uint64_t hash, const char *text) {
        do
                hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
        while (*text++);
        return hash;
}

bool leaks_is_new(Leaks *l, const Notice *n, const char *sender, uint64_t now) {
        uint64_t hash = hash_text(hash_text(0xcbf29ce484222325ULL, n->summary), n->body);
        size_t len = MIN(strlen(sender), sizeof(l->recent[0].sender) - 1);
        bool twin = false;

        for (size_t i = 0; i < LEAKS_REMEMBERED; i++)
                twin = twin || (l->recent[i].hash == hash && l->recent[i].at_usec != 0 &&
                                       now >= l->recent[i].at_usec &&
                                       now - l->recent[i].at_usec < LEAKS_TWIN_USEC &&
                                       strncmp(l->recent[i].sender, sender, len) != 0);
        if (twin)
                return false;
        l->recent[l->next].hash = hash;
        l->recent[l->next].at_usec = now;
        memcpy(l->recent[l->next].sender, sender, len);
        l->recent[l->next].sender[len] = '\0';
        l->next = (l->next + 1) % LEAKS_REMEMBERED;
        return true;
}

int leaks_write(const char *data_dir, uint64_t now, const char *person, const char *via,
        const Notice *n, json_t *more) {
        _cleanup_free_ char *folder = path_join(data_dir, HELD_SPOOL);
        _cleanup_(buffer_done) Buffer b = {0};
        Held h = {.at_usec = now, .zone_minutes = time_zone_minutes(now), .leaked = true};
        int r;

        if (!folder)
                return -ENOMEM;
        h.via = strdup(via);
        h.source = strdup("monitor");
        h.more = json_incref(more);
        r = h.via && h.source ? held_set_notice(&h, n) : -ENOMEM;
        if (r >= 0)
                r = uuid_v7(now, h.id);
        if (r >= 0)
                r = uid_copy(h.person, person);
        if (r >= 0)
                r = held_write_head(&h, &b);
        if (r >= 0)
                r = folder_make_private(folder);
        if (r >= 0)
                r = file_replace(folder, h.id, b.data, b.len);
        held_done(&h);
        return r;
}
