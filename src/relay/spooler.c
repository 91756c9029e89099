/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Files into the spool, each by a second name, fsync and rename. It knows nothing of what it
 * writes, tries once, and leaves trying again to the keeper. */

#include "relay/spooler.h"

#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static void closedirp(DIR **dir) {
        if (*dir)
                (void)closedir(*dir);
}

static int open_folder(const char *folder, int *ret) {
        int fd = (int)TEMP_FAILURE_RETRY(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

        if (fd < 0)
                return -errno;
        *ret = fd;
        return 0;
}

/* The folder's own name must be on the disk, too, or all that is in it would go with it. */
static int sync_parent(int folder) {
        _cleanup_close_ int parent =
                (int)TEMP_FAILURE_RETRY(openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

        return parent < 0 ? -errno : fd_sync(parent);
}

static int make_folder(const char *folder, int *ret) {
        _cleanup_close_ int fd = -1;
        int r;

        r = folder_make_private(folder);
        if (r == 0)
                r = open_folder(folder, &fd);
        if (r == 0)
                r = sync_parent(fd);
        if (r < 0)
                return r;
        *ret = TAKE_FD(fd);
        return 0;
}

int spooler_prepare(const char *folder) {
        _cleanup_close_ int fd = -1;
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        int r;

        r = make_folder(folder, &fd);
        if (r < 0)
                return r;
        dir = fdopendir(fd);
        if (!dir)
                return -errno;
        (void)TAKE_FD(fd);
        while ((entry = readdir(dir)))
                if (entry->d_name[0] == '.' && !streq(entry->d_name, ".") &&
                        !streq(entry->d_name, ".."))
                        (void)unlinkat(dirfd(dir), entry->d_name, 0);
        return 0;
}

/* The bytes under the second name, on the disk. */
static int write_bytes(
        int folder, const char *name, const Buffer *head, const void *message, size_t message_len) {
        _cleanup_close_ int fd = -1;
        int r;

        fd = (int)TEMP_FAILURE_RETRY(
                openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (fd < 0)
                return -errno;
        r = fd_write_all(fd, head->data, head->len);
        if (r == 0)
                r = fd_write_all(fd, message, message_len);
        if (r == 0)
                r = fd_sync(fd);
        return r;
}

static int rename_retry(int folder, const char *from, const char *to) {
        return TEMP_FAILURE_RETRY(renameat(folder, from, folder, to)) < 0 ? -errno : 0;
}

int spooler_write(const char *folder, const char *name, const Buffer *head, const void *message,
        size_t message_len) {
        _cleanup_close_ int fd = -1;
        _cleanup_free_ char *second = NULL;
        int r;

        if (asprintf(&second, ".%s", name) < 0)
                return -ENOMEM;
        r = open_folder(folder, &fd);
        if (r == -ENOENT)
                r = make_folder(folder, &fd);
        if (r < 0)
                return r;
        r = write_bytes(fd, second, head, message, message_len);
        if (r == 0)
                r = rename_retry(fd, second, name);
        if (r < 0)
                (void)unlinkat(fd, second, 0);
        else
                r = fd_sync(fd);
        return r;
}
