/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Leases on the disk. It does not know what they say. The file that counts is replaced by one
 * rename and is never missing in between; the one before it is kept beside it for a disk that
 * spoils the newer. Only the enforcer calls it, and lets one process at a time. */

#include "enforcer/lease-file.h"

#include "common/array.h"
#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* The names, in the order in which they are removed: what could bring back an older lease goes
 * first. */
enum {
        FILE_NEW,   /* being written */
        FILE_SPARE, /* another name of the current one, on its way to be the older */
        FILE_OLD,
        FILE_CURRENT,
        FILES,
};

static const char *const suffixes[FILES] = {
        [FILE_NEW] = ".lease.new",
        [FILE_SPARE] = ".lease.spare",
        [FILE_OLD] = ".lease.old",
        [FILE_CURRENT] = ".lease",
};

typedef struct Names {
        char name[FILES][sizeof("4294967295.lease.spare")];
} Names;

static Names names_of(uid_t uid) {
        Names names;

        for (size_t i = 0; i < FILES; i++)
                (void)snprintf(names.name[i], sizeof(names.name[i]), "%u%s", uid, suffixes[i]);
        return names;
}

static int open_folder(const char *dir) {
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

/* --- reading --------------------------------------------------------------------------------- */

/* Reads to the end; -EBADMSG for more than a lease can have. */
static int read_all(int fd, Buffer *ret) {
        for (;;) {
                char chunk[16384];
                ssize_t n = read(fd, chunk, sizeof(chunk));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                if (ret->len + (size_t)n > LEASE_FILE_MAX)
                        return -EBADMSG;
                if (buffer_add(ret, chunk, (size_t)n) < 0)
                        return -ENOMEM;
        }
}

/* A link, a folder or a sector that cannot be read is damage, as wrong bytes are. */
static int load_one(int folder, const char *name, uid_t uid, Lease *ret) {
        _cleanup_close_ int fd =
                openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        _cleanup_(buffer_done) Buffer text = {0};
        _cleanup_(lease_done) Lease l = {0};
        struct stat st;
        int r;

        if (fd < 0)
                return errno == ELOOP || errno == ENXIO ? -EBADMSG : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADMSG;
        r = read_all(fd, &text);
        if (r < 0)
                return r == -EIO ? -EBADMSG : r;
        r = lease_read(text.data, text.len, &l);
        if (r < 0)
                return r;
        if (l.uid != uid)
                return -EBADMSG;
        *ret = TAKE_STRUCT(l);
        return 0;
}

int lease_file_load(const char *dir, uid_t uid, Lease *ret) {
        Names names = names_of(uid);
        _cleanup_close_ int folder = open_folder(dir);
        int r, older;

        if (folder < 0)
                return folder;
        r = load_one(folder, names.name[FILE_CURRENT], uid, ret);
        if (r != -ENOENT && r != -EBADMSG)
                return r;
        older = load_one(folder, names.name[FILE_OLD], uid, ret);
        return older == -ENOENT ? r : older;
}

/* --- writing --------------------------------------------------------------------------------- */

/* 0 also when it is not there. */
static int remove_one(int folder, const char *name) {
        return unlinkat(folder, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int write_new(int folder, const char *name, const Buffer *text) {
        _cleanup_close_ int fd = -1;
        int r;

        r = remove_one(folder, name);
        if (r < 0)
                return r;
        fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = fd_write_all(fd, text->data, text->len);
        return r < 0 ? r : fd_sync(fd);
}

/* The current file gets a second name, under which it becomes the older one when the new one is in
 * place: a current file that is damaged must not take the place of a whole older one before that.
 */
static int put_in_place(int folder, const Names *names) {
        bool spare;
        int r;

        r = remove_one(folder, names->name[FILE_SPARE]);
        if (r < 0)
                return r;
        spare = linkat(folder, names->name[FILE_CURRENT], folder, names->name[FILE_SPARE], 0) == 0;
        if (!spare && errno != ENOENT)
                return -errno;
        if (renameat(folder, names->name[FILE_NEW], folder, names->name[FILE_CURRENT]) < 0)
                return -errno;
        if (spare && renameat(folder, names->name[FILE_SPARE], folder, names->name[FILE_OLD]) < 0)
                return -errno;
        return fd_sync(folder);
}

/* Makes the folder, or makes sure that it is ours alone. A new one is written into its parent. */
static int make_folder(const char *dir) {
        bool fresh = access(dir, F_OK) < 0;
        _cleanup_close_ int folder = -1;
        int r;

        r = folder_make_private(dir);
        if (r < 0)
                return r;
        folder = open_folder(dir);
        if (folder >= 0 && fresh) {
                _cleanup_close_ int parent =
                        openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

                r = parent < 0 ? -errno : fd_sync(parent);
        }
        return r < 0 ? r : TAKE_FD(folder);
}

int lease_file_save(const char *dir, const Lease *l) {
        _cleanup_(buffer_done) Buffer text = {0};
        Names names = names_of(l->uid);
        _cleanup_close_ int folder = -1;
        int r;

        r = lease_write(l, &text);
        if (r < 0)
                return r;
        if (text.len > LEASE_FILE_MAX)
                return -EFBIG;
        folder = make_folder(dir);
        if (folder < 0)
                return folder;
        r = write_new(folder, names.name[FILE_NEW], &text);
        if (r < 0) {
                (void)remove_one(folder, names.name[FILE_NEW]);
                return r;
        }
        return put_in_place(folder, &names);
}

int lease_file_remove(const char *dir, uid_t uid) {
        Names names = names_of(uid);
        _cleanup_close_ int folder = open_folder(dir);
        int r;

        if (folder < 0)
                return folder == -ENOENT ? 0 : folder;
        for (size_t i = 0; i < FILES; i++) {
                r = remove_one(folder, names.name[i]);
                if (r < 0)
                        return r;
                /* the older first on the disk, too */
                if (i == FILE_OLD) {
                        r = fd_sync(folder);
                        if (r < 0)
                                return r;
                }
        }
        return fd_sync(folder);
}

/* --- listing --------------------------------------------------------------------------------- */

static int compare_uids(const void *a, const void *b) {
        uid_t x = *(const uid_t *)a, y = *(const uid_t *)b;

        return (x > y) - (x < y);
}

/* Is it the name of a lease, current or older? */
static bool parse_name(const char *name, uid_t *ret) {
        unsigned long number = strtoul(name, NULL, 10);
        Names names = names_of((uid_t)number);

        if (!streq(name, names.name[FILE_CURRENT]) && !streq(name, names.name[FILE_OLD]))
                return false;
        *ret = (uid_t)number;
        return true;
}

static void closedirp(DIR **d) {
        if (*d)
                (void)closedir(*d);
}

int lease_file_list(const char *dir, uid_t **ret, size_t *ret_n) {
        _cleanup_(closedirp) DIR *d = opendir(dir);
        _cleanup_free_ uid_t *uids = NULL;
        size_t n = 0, space = 0, unique = 0;
        const struct dirent *entry;
        uid_t uid;

        if (!d && errno != ENOENT)
                return -errno;
        while (d && (errno = 0, entry = readdir(d))) {
                if (!parse_name(entry->d_name, &uid))
                        continue;
                if (ARRAY_RESERVE(uids, space, n + 1) < 0)
                        return -ENOMEM;
                uids[n++] = uid;
        }
        if (d && errno != 0)
                return -errno;

        if (n > 0)
                qsort(uids, n, sizeof(*uids), compare_uids);
        for (size_t i = 0; i < n; i++)
                if (unique == 0 || uids[unique - 1] != uids[i])
                        uids[unique++] = uids[i];
        *ret = TAKE_PTR(uids);
        *ret_n = unique;
        return 0;
}
