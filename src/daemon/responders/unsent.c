/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Lays the empty page of "Write instead" into the user's private folder. It never reads a page and
 * never removes one that was written on: they are the user's. Used by nudge.c. */

#include "daemon/responders/unsent.h"

#include "common/buffer.h"
#include "common/file.h"
#include "common/time.h"

#include <errno.h>
#include <stdio.h>

/* "2026-11-22 23:10" as "2026-11-22-2310" */
static void file_time(char *buf, size_t size, uint64_t wall_usec) {
        char *to = buf;

        (void)time_format_local(buf, size, wall_usec);
        for (const char *from = buf; *from; from++)
                if (*from != ':')
                        *to++ = *from == ' ' ? '-' : *from;
        *to = '\0';
}

/* Makes one file that did not exist. */
static int make_page(const char *path, const char *line) {
        _cleanup_(buffer_done) Buffer b = {0};

        if (buffer_printf(&b, "%s\n\n", line) < 0)
                return -ENOMEM;
        return file_create(path, b.data, b.len);
}

int unsent_make(const char *data_dir, uint64_t wall_usec, const char *line, char **ret_path) {
        _cleanup_free_ char *folder = path_join(data_dir, "unsent");
        char when[TIME_TEXT_SPACE];
        int r;

        if (!folder)
                return -ENOMEM;
        r = folder_make_private(folder);
        if (r < 0)
                return r;
        file_time(when, sizeof(when), wall_usec);
        for (unsigned i = 1; i <= UNSENT_TRIES; i++) {
                _cleanup_(buffer_done) Buffer path = {0};

                (void)buffer_printf(&path, "%s/unsent-%s", folder, when);
                if (i > 1)
                        (void)buffer_printf(&path, "-%u", i);
                if (buffer_puts(&path, ".txt") < 0)
                        return -ENOMEM;
                r = make_page(path.data, line);
                if (r >= 0) {
                        *ret_path = buffer_take(&path);
                        return 0;
                }
                if (r != -EEXIST)
                        return r;
        }
        return -EEXIST;
}
