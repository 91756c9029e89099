/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of held notifications share: laying one down as whoever holds does, and what lies
 * in a folder. */

#include "common/file.h"
#include "common/uuid.h"
#include "core/held.h"
#include "unit/test.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

/* The file of a held notification, written whole under another name and renamed. `message` may be
 * any bytes. Returns its id in `ret`. */
static inline void held_lay_down(const char *dir, const char *person, const Notice *n,
        uint64_t at_usec, const char *message, char ret[static UUID_SPACE]) {
        _cleanup_free_ char *folder = path_join(dir, HELD_SPOOL);
        _cleanup_(buffer_done) Buffer b = {0};
        _cleanup_(held_done) Held h = {
                .at_usec = at_usec,
                .zone_minutes = 60,
                .via = strdup("name"),
                .source = strdup("relay"),
                .more = json_pack(
                        "{s:[s,s], s:{s:i}}", "actions", "default", "Open", "hints", "urgency", 1),
                .message = message,
                .message_len = strlen(message),
        };

        assert_int_equal(folder_make_private(folder), 0);
        assert_int_equal(uuid_v7(at_usec, h.id), 0);
        assert_int_equal(uid_copy(h.person, person), 0);
        assert_int_equal(held_set_notice(&h, n), 0);
        assert_int_equal(held_write_head(&h, &b), 0);
        assert_int_equal(buffer_add(&b, h.message, h.message_len), 0);
        assert_int_equal(file_replace(folder, h.id, b.data, b.len), 0);
        memcpy(ret, h.id, UUID_SPACE);
}

/* How many files lie in a folder below `dir`; 0 when there is none. */
static inline unsigned held_count(const char *dir, const char *name) {
        _cleanup_free_ char *path = path_join(dir, name);
        const struct dirent *entry;
        unsigned n = 0;
        DIR *d = opendir(path);

        while (d && (entry = readdir(d)))
                n += entry->d_type == DT_REG;
        if (d)
                (void)closedir(d);
        return n;
}

static inline bool held_lies_in(const char *dir, const char *folder, const char *id) {
        _cleanup_free_ char *path = path_join(dir, folder), *file = path_join(path, id);

        return access(file, F_OK) == 0;
}

static inline void held_remove_tree(const char *dir) {
        DIR *d = opendir(dir);
        const struct dirent *entry;

        while (d && (entry = readdir(d))) {
                _cleanup_free_ char *path = path_join(dir, entry->d_name);

                if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;
                if (entry->d_type == DT_DIR)
                        held_remove_tree(path);
                else
                        (void)unlink(path);
        }
        if (d)
                (void)closedir(d);
        assert_int_equal(rmdir(dir), 0);
}
