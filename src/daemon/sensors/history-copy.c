/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Copies a foreign SQLite database so that the copy shows one instant, without the help of its
 * locks: the browsers hold those for as long as they run. It knows the layout of SQLite's files as
 * www.sqlite.org/fileformat2.html gives it, and nothing of their contents. The history sensor uses
 * it.
 *
 * Why a copy is whole. At any instant the files are what a crash would leave, which SQLite recovers
 * from by design; so all that is needed is that nothing changed between the first byte copied and
 * the last.
 *
 * - With a rollback journal: the inode, size and time of every file are the same before and after.
 * A time says so only once the clock has moved on from it (Linux before 6.13 stamps files with the
 * tick of the timer, 1 to 10 ms); before that the copy counts as torn and is taken again.
 * - With a write-ahead log: the log's header, which holds random salts, is the same before the
 * database was copied and after the log was. Until the log begins anew, what a checkpoint writes
 * into the database is in the log as well, and wins there; what is appended meanwhile is either
 * whole, or fails its check sum and is passed over. */

#include "daemon/sensors/history-copy.h"

#include "common/file.h"
#include "common/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

/* The parts of a database, in the order in which they have to be copied. */
static const char *const SUFFIXES[] = {"", "-wal", "-journal"};

static const char COPY_NAME[] = "history.db";

enum {
        DATABASE_HEAD = 20,         /* bytes, up to the version that a reader needs */
        DATABASE_READ_VERSION = 19, /* offset: 2 with a write-ahead log */
        COPY_BLOCK = 256 * 1024,
};

/* How long a time of a file may lie ahead of the coarse clock and still be of the present: newer
 * kernels stamp files finer than they tick. */
#define FINE_STAMP_NSEC (20 * 1000 * 1000)

struct HistoryCopy {
        char *path;
};

/* --- the state of the files ------------------------------------------------------------------ */

static int64_t timespec_nsec(const struct timespec *t) {
        return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static int64_t coarse_now(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
        return timespec_nsec(&now);
}

uint64_t history_copy_tick_usec(void) {
        struct timespec tick;

        (void)clock_getres(CLOCK_REALTIME_COARSE, &tick);
        return (uint64_t)timespec_nsec(&tick) / 1000 + 1;
}

/* Opens for reading without a trace: no change of the access time where that is allowed, no waiting
 * for the other end of a pipe. */
static int open_quietly(const char *path) {
        const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
        int fd = open(path, flags | O_NOATIME);

        if (fd < 0 && errno == EPERM)
                fd = open(path, flags);
        return fd < 0 ? -errno : fd;
}

/* Opens one part. Returns a file descriptor, or -ENOENT. */
static int open_part(const char *database, const char *suffix, FilePrint *ret) {
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -1;
        struct stat st;

        if (asprintf(&path, "%s%s", database, suffix) < 0)
                return -ENOMEM;
        fd = open_quietly(path);
        if (fd < 0)
                return TAKE_FD(fd);
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
        *ret = (FilePrint){st.st_dev, st.st_ino, st.st_size, timespec_nsec(&st.st_mtim)};
        return TAKE_FD(fd);
}

static bool settled(const FilePrint *f, int64_t now) {
        return f->mtime_nsec < now || f->mtime_nsec > now + FINE_STAMP_NSEC;
}

/* Looks at the database's head: with a write-ahead log, or with a rollback journal? */
static int take_database(const char *database, HistoryPrint *p, bool *ret_wal_mode) {
        uint8_t head[DATABASE_HEAD];
        _cleanup_close_ int fd = open_part(database, "", &p->database);
        ssize_t n;

        if (fd < 0)
                return TAKE_FD(fd);
        n = pread(fd, head, sizeof(head), 0);
        if (n < 0)
                return -errno;
        if (n == 0)
                return -ENODATA;
        *ret_wal_mode = n == sizeof(head) && head[DATABASE_READ_VERSION] == 2;
        return 0;
}

static int take_wal(const char *database, bool wal_mode, HistoryPrint *p) {
        _cleanup_close_ int fd = open_part(database, "-wal", &p->wal);

        if (fd < 0)
                return fd == -ENOENT ? 0 : TAKE_FD(fd);
        /* the magic number is 0x377f0682 or 0x377f0683; zeroes are a log that was set back */
        p->logged = wal_mode &&
                    pread(fd, p->wal_head, sizeof(p->wal_head), 0) == sizeof(p->wal_head) &&
                    memcmp(p->wal_head, "\x37\x7f\x06", 3) == 0;
        return 0;
}

static int take_journal(const char *database, HistoryPrint *p) {
        static const char MAGIC[] = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
        char head[sizeof(MAGIC) - 1];
        _cleanup_close_ int fd = open_part(database, "-journal", &p->journal);

        if (fd < 0)
                return fd == -ENOENT ? 0 : TAKE_FD(fd);
        p->hot = pread(fd, head, sizeof(head), 0) == sizeof(head) &&
                 memcmp(head, MAGIC, sizeof(head)) == 0;
        return 0;
}

int history_print_take(const char *database, HistoryPrint *ret) {
        HistoryPrint p = {0};
        int64_t now = coarse_now(); /* before the first look, so that every later change is newer */
        bool wal_mode = false;
        int r;

        r = take_database(database, &p, &wal_mode);
        if (r >= 0)
                r = take_wal(database, wal_mode, &p);
        if (r >= 0)
                r = take_journal(database, &p);
        if (r < 0)
                return r;
        p.settled = settled(&p.database, now) && settled(&p.wal, now) && settled(&p.journal, now);
        *ret = p;
        return 0;
}

static bool same_file(const FilePrint *a, const FilePrint *b) {
        return a->dev == b->dev && a->ino == b->ino;
}

static bool unchanged(const FilePrint *a, const FilePrint *b) {
        return same_file(a, b) && a->size == b->size && a->mtime_nsec == b->mtime_nsec;
}

bool history_print_same(const HistoryPrint *before, const HistoryPrint *now) {
        return before->settled && unchanged(&before->database, &now->database) &&
               unchanged(&before->wal, &now->wal) && unchanged(&before->journal, &now->journal);
}

/* Does a copy that was taken between the two looks show one instant? See the top of this file. */
static bool whole(const HistoryPrint *before, const HistoryPrint *after) {
        if (before->logged && after->logged)
                return same_file(&before->database, &after->database) &&
                       same_file(&before->wal, &after->wal) &&
                       unchanged(&before->journal, &after->journal) &&
                       after->wal.size >= before->wal.size &&
                       memcmp(before->wal_head, after->wal_head, HISTORY_WAL_HEAD) == 0;
        return history_print_same(before, after);
}

/* --- copying --------------------------------------------------------------------------------- */

/* Copies by way of our memory. Returns the bytes copied, or a negative errno. */
static int64_t copy_blocks(int from, int to, int64_t limit) {
        _cleanup_free_ char *block = malloc(COPY_BLOCK);
        int64_t done = 0;

        if (!block)
                return -ENOMEM;
        for (;;) {
                ssize_t n = read(from, block, COPY_BLOCK);
                int r;

                if (n <= 0)
                        return n < 0 ? -errno : done;
                done += n;
                if (done > limit)
                        return -EFBIG;
                r = fd_write_all(to, block, (size_t)n);
                if (r < 0)
                        return r;
        }
}

/* Copies to the end of `from`. Within one file system the kernel does it, perhaps without copying a
 * byte; else, and for what it leaves, we do. Returns 0 or a negative errno. */
static int copy_contents(int from, int to) {
        int64_t done = 0, rest;
        ssize_t n;

        while ((n = copy_file_range(from, NULL, to, NULL, COPY_BLOCK * 16, 0)) > 0) {
                done += n;
                if (done > HISTORY_COPY_MAX)
                        return -EFBIG;
        }
        if (n < 0 && errno == ENOSPC)
                return -ENOSPC;
        rest = copy_blocks(from, to, HISTORY_COPY_MAX - done);
        return rest < 0 ? (int)rest : 0;
}

/* Makes a part of the copy. What goes wrong with our own folder is not to be taken for the
 * browser's. */
static int create_part(const char *path) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

        if (fd >= 0)
                return fd;
        return errno == ENOSPC || errno == EDQUOT ? -ENOSPC : -EIO;
}

/* Returns 1, or 0 when there is no such part. */
static int copy_part(const char *database, const char *copy, const char *suffix) {
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int from = -1;
        _cleanup_close_ int to = -1;
        FilePrint print;
        int r;

        from = open_part(database, suffix, &print);
        if (from < 0)
                return from == -ENOENT ? 0 : TAKE_FD(from);
        if (asprintf(&path, "%s%s", copy, suffix) < 0)
                return -ENOMEM;
        to = create_part(path);
        if (to < 0)
                return TAKE_FD(to);
        r = copy_contents(from, to);
        if (r == -EDQUOT)
                r = -ENOSPC;
        return r < 0 ? r : 1;
}

/* SQLite makes the -shm only for readers that share a log; ours does not. */
static void remove_parts(const char *copy) {
        for (size_t i = 0; i < ARRAY_LEN(SUFFIXES); i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s%s", copy, SUFFIXES[i]) >= 0)
                        (void)unlink(path);
        }
}

static int copy_parts(const char *database, const char *copy) {
        HistoryPrint before, after;
        int r;

        r = history_print_take(database, &before);
        if (r < 0)
                return r;
        if (before.database.size + before.wal.size + before.journal.size > HISTORY_COPY_MAX)
                return -EFBIG;
        if (!before.logged && !before.settled)
                return -EAGAIN; /* it could not be told whole */
        for (size_t i = 0; i < ARRAY_LEN(SUFFIXES); i++) {
                r = copy_part(database, copy, SUFFIXES[i]);
                if (r < 0)
                        return r;
        }
        r = history_print_take(database, &after);
        if (r < 0)
                return r == -ENOENT || r == -ENODATA ? -EAGAIN : r;
        return whole(&before, &after) ? 0 : -EAGAIN;
}

int history_copy_take(const char *database, const char *folder, HistoryCopy **ret) {
        _cleanup_(history_copy_freep) HistoryCopy *copy = calloc(1, sizeof(*copy));
        int r;

        if (!copy)
                return -ENOMEM;
        copy->path = path_join(folder, COPY_NAME);
        if (!copy->path)
                return -ENOMEM;
        remove_parts(copy->path);
        r = copy_parts(database, copy->path);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(copy);
        return 0;
}

HistoryCopy *history_copy_free(HistoryCopy *copy) {
        if (!copy)
                return NULL;
        if (copy->path)
                remove_parts(copy->path);
        free(copy->path);
        free(copy);
        return NULL;
}

const char *history_copy_path(const HistoryCopy *copy) {
        return copy->path;
}

void history_copy_sweep(const char *folder) {
        _cleanup_free_ char *path = path_join(folder, COPY_NAME);

        if (path)
                remove_parts(path);
}
