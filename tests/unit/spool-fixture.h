/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of the spool and of all that writes into it share: a data folder of their own, and
 * what lies in its spool. */

#include "common/file.h"
#include "core/held.h"
#include "unit/test.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

typedef struct SpoolDir {
        char *data, *spool;
} SpoolDir;

static inline int spool_dir_remove(
        const char *path, const struct stat *st, int flag, struct FTW *ftw) {
        (void)st, (void)flag, (void)ftw;
        return remove(path);
}

static inline int spool_dir_setup(void **state) {
        SpoolDir *d = calloc(1, sizeof(*d));
        char data[] = "/tmp/nocontact-spool-XXXXXX";

        assert_non_null(d);
        assert_non_null(mkdtemp(data));
        d->data = strdup(data);
        d->spool = path_join(data, HELD_SPOOL);
        *state = d;
        return 0;
}

static inline int spool_dir_teardown(void **state) {
        SpoolDir *d = *state;

        assert_int_equal(nftw(d->data, spool_dir_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
        free(d->data);
        free(d->spool);
        free(d);
        return 0;
}

/* The names in the spool, unfinished ones too; returns how many. `last` is the greatest of them. */
static inline unsigned spool_dir_count(const SpoolDir *d, char last[static 256]) {
        DIR *dir = opendir(d->spool);
        struct dirent *entry;
        unsigned n = 0;

        last[0] = '\0';
        while (dir && (entry = readdir(dir))) {
                if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;
                n++;
                if (strcmp(entry->d_name, last) > 0)
                        (void)snprintf(last, 256, "%s", entry->d_name);
        }
        if (dir)
                (void)closedir(dir);
        return n;
}

/* A file's bytes. */
static inline Buffer spool_dir_read(const SpoolDir *d, const char *name) {
        _cleanup_free_ char *path = path_join(d->spool, name);
        FILE *f = fopen(path, "re");
        Buffer b = {0};
        char piece[4096];
        size_t n;

        assert_non_null(f);
        while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
                assert_int_equal(buffer_add(&b, piece, n), 0);
        (void)fclose(f);
        return b;
}
