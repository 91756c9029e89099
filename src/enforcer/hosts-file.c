/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The hosts file on the disk, streamed through hosts.c. It knows no syntax, no lease and no bus,
 * never touches file flags (chattr), and opens no other file but its own beside the hosts file and
 * in the state folder. Called by enforcer.c alone, which lets one call at a time run.
 *
 * A file that cannot be replaced by rename is written in place, and power may fail half-way. So
 * what it is and what it will be are saved first, in one file, whose name says that it is whole. A
 * call that finds such a file looks at the hosts file in blocks of a sector: when each block is the
 * old or the new one, nobody but us has written, and the write is completed; when one is neither,
 * somebody has edited since: the hosts file is theirs and is left alone, and the saved file is kept
 * under another name, as the edited file may lack lines. */

#include "enforcer/hosts-file.h"

#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>

static const char NEW_NAME[] = ".hosts.nocontact"; /* beside the hosts file */
static const char SAVED_NAME[] = "hosts.saved";    /* in the state folder: whole */
static const char SAVING_NAME[] = "hosts.saving";  /* likewise, being written */
static const char KEPT_NAME[] = "hosts.kept";      /* likewise, of a file that was edited since */

enum {
        READ_SIZE = 1024 * 1024, /* faster than less; a short file does not touch all of it */
        WRITE_SIZE = 64 * 1024,  /* longer pieces are written as they come */
        SECTOR = 512,            /* bytes; a disk writes one whole or not at all */
        TRIES = 10,              /* for a file that changes meanwhile */
        REST_MSEC = 20,          /* between them */
};

/* How a saved file ends, behind the old bytes and the new ones. */
typedef struct Trailer {
        char mark[8];
        uint64_t old_len, new_len;
} Trailer;

static const char MARK[8] = "ncsaved1";

typedef struct Job {
        const char *path, *state_dir;
        const HostsEntry *entries;
        size_t n;
        bool last_try, leased;

        int state;      /* the folder of ours */
        int folder;     /* the folder of the file that the path leads to */
        char *name;     /* and the file's name there */
        int fd;         /* the file; -1 when it is not there */
        struct stat st; /* as it was when it was opened */

        /* reading */
        off_t offset;
        size_t begin, end; /* what of `in` has not been looked at */
        bool differs;
        uint64_t passed;

        /* writing */
        int to;
        size_t out_len;
        char in[READ_SIZE], out[WRITE_SIZE];
} Job;

static void job_close(Job *j) {
        closep(&j->state);
        closep(&j->folder);
        closep(&j->fd);
        free(TAKE_PTR(j->name));
        j->state = j->folder = j->fd = -1;
}

static void job_freep(Job **j) {
        if (!*j)
                return;
        job_close(*j);
        free(*j);
}

/* --- bytes ----------------------------------------------------------------------------------- */

/* Reads `len` bytes, fewer only at the end of the file. Returns how many. */
static ssize_t read_at(int fd, void *data, size_t len, uint64_t offset) {
        size_t done = 0;

        while (done < len) {
                ssize_t n = pread(fd, (char *)data + done, len - done, (off_t)(offset + done));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                done += (size_t)n;
        }
        return (ssize_t)done;
}

/* Appends to `to`, from where `to` stands. */
static int copy_bytes(Job *j, int from, uint64_t offset, uint64_t len, int to) {
        while (len > 0) {
                ssize_t n = read_at(from, j->in, (size_t)MIN(len, (uint64_t)READ_SIZE), offset);
                int r = n > 0 ? fd_write_all(to, j->in, (size_t)n) : n < 0 ? (int)n : -EAGAIN;

                if (r < 0)
                        return r;
                offset += (uint64_t)n;
                len -= (uint64_t)n;
        }
        return 0;
}

/* The next piece of the file, from its beginning when `offset` is 0; nothing at its end. */
static int job_read(Job *j) {
        ssize_t n = j->fd < 0 ? 0 : read_at(j->fd, j->in, READ_SIZE, (uint64_t)j->offset);

        if (n < 0)
                return (int)n;
        j->offset += n;
        j->begin = 0;
        j->end = (size_t)n;
        return 0;
}

/* --- what it is, and what it should be -------------------------------------------------------- */

static int put_compare(void *userdata, const void *data, size_t len) {
        Job *j = userdata;

        while (len > 0) {
                size_t n;
                int r = j->begin < j->end ? 0 : job_read(j);

                if (r < 0)
                        return r;
                n = MIN(len, j->end - j->begin);
                j->differs = n == 0 || memcmp(j->in + j->begin, data, n) != 0;
                if (j->differs)
                        return -ECANCELED;
                j->begin += n;
                data = (const char *)data + n;
                len -= n;
        }
        return 0;
}

static int put_count(void *userdata, const void *data, size_t len) {
        Job *j = userdata;

        (void)data;
        j->passed += len;
        return 0;
}

/* It agrees when it begins with our block and no line of ours comes after. Returns 1 or 0. */
static int job_agrees(Job *j) {
        HostsFilter f = {0};
        uint64_t fed = 0;
        int r;

        j->offset = 0;
        j->begin = j->end = 0;
        j->differs = false;
        j->passed = 0;
        r = hosts_render(j->entries, j->n, put_compare, j);
        if (j->differs)
                return 0;
        for (bool end = false; r >= 0 && !end;) {
                r = j->begin < j->end ? 0 : job_read(j);
                if (r < 0)
                        break;
                end = j->end == 0;
                fed += j->end - j->begin;
                r = hosts_filter_feed(&f, j->in + j->begin, j->end - j->begin, end, put_count, j);
                j->begin = j->end;
                if (j->passed + f.len < fed)
                        return 0;
        }
        return r < 0 ? r : 1;
}

static int put_write(void *userdata, const void *data, size_t len) {
        Job *j = userdata;
        int r;

        if (len > WRITE_SIZE - j->out_len) {
                r = fd_write_all(j->to, j->out, j->out_len);
                if (r < 0)
                        return r;
                j->out_len = 0;
        }
        if (len > WRITE_SIZE) {
                r = fd_write_all(j->to, data, len);
                /* the disk begins now, so that the sync at the end of a long file waits less */
                (void)sync_file_range(j->to, 0, 0, SYNC_FILE_RANGE_WRITE);
                return r;
        }
        memcpy(j->out + j->out_len, data, len);
        j->out_len += len;
        return 0;
}

/* Writes what the file should be. */
static int job_write(Job *j, int to) {
        HostsFilter f = {0};
        int r;

        j->offset = 0;
        j->to = to;
        j->out_len = 0;
        r = hosts_render(j->entries, j->n, put_write, j);
        for (bool end = false; r >= 0 && !end;) {
                r = job_read(j);
                if (r < 0)
                        break;
                end = j->end == 0;
                r = hosts_filter_feed(&f, j->in, j->end, end, put_write, j);
        }
        return r < 0 ? r : fd_write_all(j->to, j->out, j->out_len);
}

/* --- the file -------------------------------------------------------------------------------- */

/* Follows the path. */
static int job_locate(Job *j) {
        _cleanup_free_ char *target = realpath(j->path, NULL);
        struct stat st;
        char *slash;

        if (!target && errno == ENOENT && lstat(j->path, &st) < 0 && errno == ENOENT)
                target = strdup(j->path);
        if (!target)
                return -errno;
        slash = strrchr(target, '/');
        j->name = strdup(slash ? slash + 1 : target);
        if (!j->name)
                return -ENOMEM;
        if (slash)
                slash[slash == target] = '\0';
        j->folder = open(slash ? target : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (j->folder < 0)
                return -errno;
        j->state = open(j->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return j->state < 0 ? -errno : 0;
}

static int job_open(Job *j) {
        /* looked at before it is opened: opening alone can have effects on what is no file */
        if (fstatat(j->folder, j->name, &j->st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISREG(j->st.st_mode))
                return S_ISDIR(j->st.st_mode) ? -EISDIR : -EINVAL;
        j->fd = openat(j->folder, j->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (j->fd < 0 || fstat(j->fd, &j->st) < 0)
                return errno == ENOENT ? -EAGAIN : -errno;
        return S_ISREG(j->st.st_mode) ? 0 : -EINVAL;
}

/* Holds up whoever opens the file for writing until it is closed here, by a lease of the kernel's
 * (fcntl(2)), whose signal is one that is ignored by default. -EAGAIN while somebody has it open
 * already: what they are about to write would be lost. Not every file system has leases. The last
 * try does without: nobody can keep a block from its lifting by never closing the file. */
static int job_lease(Job *j) {
        if (j->fd < 0 || j->last_try)
                return 0;
        (void)fcntl(j->fd, F_SETSIG, SIGURG);
        j->leased = fcntl(j->fd, F_SETLEASE, F_RDLCK) == 0;
        return !j->leased && errno == EAGAIN ? -EAGAIN : 0;
}

static void job_unlease(Job *j) {
        if (j->leased)
                (void)fcntl(j->fd, F_SETLEASE, F_UNLCK);
        j->leased = false;
}

static bool times_equal(const struct timespec *a, const struct timespec *b) {
        return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b) {
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
               times_equal(&a->st_mtim, &b->st_mtim);
}

/* Is the file still the one that was read? Else -EAGAIN. */
static int job_unchanged(const Job *j) {
        struct stat st;

        if (stat(j->path, &st) < 0)
                return errno != ENOENT ? -errno : j->fd < 0 ? 0 : -EAGAIN;
        return j->fd >= 0 && same_file(&st, &j->st) && times_equal(&st.st_ctim, &j->st.st_ctim)
                       ? 0
                       : -EAGAIN;
}

/* --- by rename ------------------------------------------------------------------------------- */

/* A new file of ours, gone with the variable unless it was renamed. */
typedef struct NewFile {
        int folder, fd;
        const char *name; /* NULL when it is not there */
} NewFile;

static void new_file_done(NewFile *f) {
        closep(&f->fd);
        if (f->name)
                (void)unlinkat(f->folder, f->name, 0);
}

static int new_file_open(NewFile *f, int folder, const char *name) {
        if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
                return -errno;
        f->fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (f->fd < 0)
                return -errno;
        f->folder = folder;
        f->name = name;
        return 0;
}

static int new_file_rename(NewFile *f, const char *name) {
        if (renameat(f->folder, f->name, f->folder, name) < 0)
                return -errno;
        f->name = NULL;
        return fd_sync(f->folder);
}

/* Copies all extended attributes, the ACL among them; but not the kernel's signature of the
 * contents, which it makes itself. */
static int copy_attributes(Job *j, int to) {
        char *names = j->in, *value = j->in + XATTR_LIST_MAX;
        ssize_t len = flistxattr(j->fd, names, XATTR_LIST_MAX);

        if (len < 0)
                return errno == EOPNOTSUPP ? 0 : -errno;
        for (const char *name = names; name < names + len; name += strlen(name) + 1) {
                ssize_t n;

                if (streq(name, "security.ima") || streq(name, "security.evm"))
                        continue;
                n = fgetxattr(j->fd, name, value, XATTR_SIZE_MAX);
                if (n < 0)
                        return errno == ENODATA ? -EAGAIN : -errno;
                if (fsetxattr(to, name, value, (size_t)n, 0) < 0)
                        return -errno;
        }
        return 0;
}

static int keep_attributes(Job *j, int to) {
        struct stat st;

        if (fstat(to, &st) < 0)
                return -errno;
        /* the folder may give a new file an ACL */
        (void)fremovexattr(to, "system.posix_acl_access");
        if (j->fd < 0)
                return fchmod(to, 0644) < 0 ? -errno : 0;
        if ((st.st_uid != j->st.st_uid || st.st_gid != j->st.st_gid) &&
                fchown(to, j->st.st_uid, j->st.st_gid) < 0)
                return -errno;
        if (fchmod(to, j->st.st_mode & 07777) < 0)
                return -errno;
        return copy_attributes(j, to);
}

/* Puts the new file in the place of the one that was read. The two change places, so that what
 * somebody wrote or renamed in the very last moment is seen, and put back. */
static int job_exchange(Job *j, NewFile *f) {
        struct stat st;

        if (j->fd < 0 || renameat2(f->folder, f->name, f->folder, j->name, RENAME_EXCHANGE) < 0) {
                if (j->fd >= 0 && errno != EINVAL && errno != ENOSYS)
                        return -errno;
                return new_file_rename(f, j->name);
        }
        if (fstatat(f->folder, f->name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !same_file(&st, &j->st) ||
                (j->leased && fcntl(j->fd, F_GETLEASE) != F_RDLCK)) {
                (void)renameat2(f->folder, f->name, f->folder, j->name, RENAME_EXCHANGE);
                return -EAGAIN;
        }
        return fd_sync(f->folder);
}

static int job_replace(Job *j) {
        _cleanup_(new_file_done) NewFile f = {.fd = -1};
        int r;

        r = new_file_open(&f, j->folder, NEW_NAME);
        if (r >= 0)
                r = job_write(j, f.fd);
        if (r >= 0)
                r = keep_attributes(j, f.fd);
        if (r >= 0)
                r = fd_sync(f.fd);
        if (r >= 0)
                r = job_lease(j);
        if (r >= 0)
                r = job_unchanged(j);
        if (r >= 0)
                r = job_exchange(j, &f);
        job_unlease(j);
        return r;
}

/* --- in place -------------------------------------------------------------------------------- */

/* Writes the new bytes of the saved file over the hosts file. Before the first of them the room is
 * asked for, so that a full disk changes nothing; after it, only the saved file makes it right. */
static int saved_complete(Job *j, int saved, const Trailer *t, int hosts) {
        int r;

        if (t->new_len > 0 && fallocate(hosts, FALLOC_FL_KEEP_SIZE, 0, (off_t)t->new_len) < 0 &&
                (errno == ENOSPC || errno == EDQUOT)) {
                r = -errno;
                (void)unlinkat(j->state, SAVED_NAME, 0);
                return r;
        }
        r = copy_bytes(j, saved, t->old_len, t->new_len, hosts);
        if (r >= 0 && TEMP_FAILURE_RETRY(ftruncate(hosts, (off_t)t->new_len)) < 0)
                r = -errno;
        if (r >= 0)
                r = fd_sync(hosts);
        if (r >= 0 && unlinkat(j->state, SAVED_NAME, 0) < 0)
                r = -errno;
        return r;
}

/* Saves what the file is and what it should be, and opens the two. */
static int saved_make(Job *j, Trailer *ret, int *ret_saved) {
        Trailer t = {.old_len = (uint64_t)j->st.st_size};
        _cleanup_(new_file_done) NewFile f = {.fd = -1};
        struct stat st;
        int r;

        memcpy(t.mark, MARK, sizeof(MARK));
        r = new_file_open(&f, j->state, SAVING_NAME);
        if (r >= 0)
                r = copy_bytes(j, j->fd, 0, t.old_len, f.fd);
        if (r >= 0)
                r = job_write(j, f.fd);
        if (r >= 0 && fstat(f.fd, &st) < 0)
                r = -errno;
        if (r < 0)
                return r;
        t.new_len = (uint64_t)st.st_size - t.old_len;
        r = fd_write_all(f.fd, (const char *)&t, sizeof(t));
        if (r >= 0)
                r = fd_sync(f.fd);
        if (r >= 0)
                r = job_unchanged(j);
        if (r >= 0)
                r = new_file_rename(&f, SAVED_NAME);
        if (r < 0)
                return r;
        *ret = t;
        *ret_saved = TAKE_FD(f.fd);
        return 0;
}

static int job_write_in_place(Job *j) {
        _cleanup_close_ int hosts = -1, saved = -1;
        Trailer t;
        int r;

        r = job_lease(j);
        job_unlease(j);
        if (r < 0)
                return r;
        hosts = openat(j->folder, j->name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (hosts < 0)
                return -errno;
        r = saved_make(j, &t, &saved);
        return r < 0 ? r : saved_complete(j, saved, &t, hosts);
}

/* Is each block of the hosts file the old one or the new one? Returns 1 or 0. Behind the old bytes
 * come zeros, as in a file that was lengthened; behind the new ones what is left of the old. */
static int saved_fits(Job *j, int saved, const Trailer *t, int hosts) {
        const size_t size = READ_SIZE / 4;
        char *is = j->in, *was = is + size, *becomes = was + size;
        uint64_t at = 0;

        for (ssize_t n = 1; n > 0; at += (uint64_t)n) {
                uint64_t old_left = t->old_len > at ? t->old_len - at : 0;
                uint64_t new_left = t->new_len > at ? t->new_len - at : 0;

                memset(was, 0, size);
                n = read_at(hosts, is, size, at);
                if (n < 0 || read_at(saved, was, MIN(size, old_left), at) < 0)
                        return n < 0 ? (int)n : -EIO;
                memcpy(becomes, was, size);
                if (read_at(saved, becomes, MIN(size, new_left), t->old_len + at) < 0)
                        return -EIO;
                for (size_t i = 0; i < (size_t)n; i += SECTOR) {
                        size_t len = MIN((size_t)n - i, (size_t)SECTOR);

                        if (memcmp(is + i, was + i, len) != 0 &&
                                memcmp(is + i, becomes + i, len) != 0)
                                return 0;
                }
        }
        return at >= MIN(t->old_len, t->new_len) && at <= MAX(t->old_len, t->new_len);
}

/* Completes a write in place that was interrupted, by the rule that stands at the beginning. */
static int job_recover(Job *j) {
        _cleanup_close_ int saved = openat(j->state, SAVED_NAME, O_RDONLY | O_CLOEXEC), hosts = -1;
        struct stat st;
        Trailer t;
        int r;

        if (saved < 0)
                return errno == ENOENT ? 0 : -errno;
        if (fstat(saved, &st) < 0)
                return -errno;
        hosts = openat(j->folder, j->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (hosts < 0 && errno != ENOENT)
                return -errno;
        r = st.st_size < (off_t)sizeof(t)
                    ? 0
                    : (int)read_at(saved, &t, sizeof(t), (uint64_t)st.st_size - sizeof(t));
        if (r > 0)
                r = memcmp(t.mark, MARK, sizeof(MARK)) == 0 && hosts >= 0 &&
                    t.old_len + t.new_len + sizeof(t) == (uint64_t)st.st_size;
        if (r > 0)
                r = saved_fits(j, saved, &t, hosts);
        if (r != 0)
                return r < 0 ? r : saved_complete(j, saved, &t, hosts);
        return renameat(j->state, SAVED_NAME, j->state, KEPT_NAME) < 0 ? -errno : 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

/* What stands in the way of a new file, and not of a write into the old one: a mount point, a
 * folder that is read-only, an attribute that cannot be given. */
static bool is_in_the_way(int error) {
        static const int ERRORS[] = {EBUSY, EXDEV, EROFS, EACCES, EPERM, EOPNOTSUPP};

        for (size_t i = 0; i < ARRAY_LEN(ERRORS); i++)
                if (error == -ERRORS[i])
                        return true;
        return false;
}

static int job_try(Job *j) {
        int r;

        job_close(j);
        r = job_locate(j);
        if (r < 0)
                return r;
        (void)unlinkat(j->folder, NEW_NAME, 0); /* of a call that was killed */
        r = job_recover(j);
        if (r >= 0)
                r = job_open(j);
        if (r >= 0)
                r = j->fd < 0 && j->n == 0 ? 1 : job_agrees(j);
        if (r != 0)
                return r < 0 ? r : HOSTS_AGREED;

        r = job_replace(j);
        if (is_in_the_way(r) && j->fd >= 0)
                r = job_write_in_place(j);
        return r < 0 ? r : HOSTS_WRITTEN;
}

/* Sentences for the user, the last one for everything else. */
static const char *why(int error) {
        static const struct {
                int error;
                const char *text;
        } WHY[] = {
                {EROFS, "The hosts file is on a read-only file system."},
                {ENOSPC, "The disk is full."},
                {EDQUOT, "The disk quota is used up."},
                {EPERM, "The hosts file is locked against changes (see lsattr(1))."},
                {EACCES, "The hosts file may not be changed by the system service."},
                {EISDIR, "The hosts file is a folder."},
                {EINVAL, "The hosts file is not an ordinary file."},
                {ENOENT, "The hosts file is a symbolic link that leads nowhere."},
                {ELOOP, "The hosts file is a symbolic link that leads in a circle."},
                {EAGAIN, "The hosts file is being changed by another program."},
                {EIO, "The disk reported an error."},
                {0, "The hosts file could not be brought up to date."},
        };
        size_t i = 0;

        while (WHY[i].error != 0 && WHY[i].error != -error)
                i++;
        return WHY[i].text;
}

int hosts_file_apply(const char *path, const char *state_dir, const HostsEntry *entries, size_t n,
        const char **ret_why) {
        _cleanup_(job_freep) Job *j = calloc(1, sizeof(Job));
        int r = j ? -EAGAIN : -ENOMEM;

        if (j) {
                j->path = path;
                j->state_dir = state_dir;
                j->entries = entries;
                j->n = n;
                j->folder = j->fd = j->state = -1;
        }
        for (unsigned try = 1; try <= TRIES && (r == -EAGAIN || r == -EINTR); try++) {
                if (try > 1)
                        (void)nanosleep(&(struct timespec){.tv_nsec = REST_MSEC * 1000000L}, NULL);
                j->last_try = try == TRIES;
                r = job_try(j);
        }
        if (r < 0 && ret_why)
                *ret_why = why(r);
        return r;
}
