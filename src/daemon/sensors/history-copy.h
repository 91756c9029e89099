/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A private copy of a database that another program holds locked and may be writing: the file and
 * its write-ahead log or rollback journal, as they were at one instant. Nothing of the other
 * program's is opened for writing, locked or changed. */

/* One file's state; all zero when it does not exist. */
typedef struct FilePrint {
        dev_t dev;
        ino_t ino;
        int64_t size;
        int64_t mtime_nsec;
} FilePrint;

enum {
        HISTORY_WAL_HEAD = 32,                 /* bytes of a write-ahead log's header */
        HISTORY_COPY_MAX = 1024 * 1024 * 1024, /* bytes; larger files are not copied */
};

/* The state of a database's three files. */
typedef struct HistoryPrint {
        FilePrint database;
        FilePrint wal;
        FilePrint journal;
        uint8_t wal_head[HISTORY_WAL_HEAD]; /* holds the salts; zero without a log in use */
        bool logged;                        /* a write-ahead log is in use */
        bool hot;     /* a rollback journal says that a transaction is being written */
        bool settled; /* no file changed within the present tick of the file systems' clock, so that
                         a later change is sure to change a time too */
} HistoryPrint;

/* Looks at the files and copies nothing. Returns 0; -ENOENT when there is no database; -ENODATA
 * when it is empty; -EISDIR, -EINVAL when it is no regular file; -EACCES and others as the system
 * says. */
int history_print_take(const char *database, HistoryPrint *ret);

/* Did surely nothing change between the two looks? `before` has to be settled for that. */
bool history_print_same(const HistoryPrint *before, const HistoryPrint *now);

/* A copy on disk; it is deleted when it is freed. */
typedef struct HistoryCopy HistoryCopy;

/* Copies the database at `database` to `folder`, private (0700) and best in memory (tmpfs), under a
 * fixed name with mode 0600: there is one copy at a time in a folder. One that a killed process
 * left behind is replaced. Returns 0; -EAGAIN when the files changed meanwhile, so that the copy
 * would be torn; -EFBIG over HISTORY_COPY_MAX; -ENOSPC when the folder is full; or as
 * history_print_take(). */
int history_copy_take(const char *database, const char *folder, HistoryCopy **ret);
/* Deletes the files. Accepts NULL; returns NULL. */
HistoryCopy *history_copy_free(HistoryCopy *copy);
DEFINE_CLEANUP(HistoryCopy *, history_copy_free)

/* The copy's path; the copy keeps it. SQLite may write to it: its recovery does. */
const char *history_copy_path(const HistoryCopy *copy);

/* Deletes what a killed process may have left in `folder`. */
void history_copy_sweep(const char *folder);

/* How long a tick of the file systems' clock is, in µs: its time is settled so long after a write.
 */
uint64_t history_copy_tick_usec(void);
