/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Folders, paths, and bytes to the disk. It opens nothing but the folder that it makes. */

#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* Makes every folder on the way to the last part of `path`. */
static int make_parents(const char *path) {
        _cleanup_free_ char *copy = strdup(path);

        if (!copy)
                return -ENOMEM;
        for (char *p = copy; (p = strchr(p + 1, '/'));) {
                *p = '\0';
                if (mkdir(copy, 0700) < 0 && errno != EEXIST)
                        return -errno;
                *p = '/';
        }
        return 0;
}

int folder_make_private(const char *path) {
        _cleanup_close_ int fd = -1;
        struct stat st;
        int r;

        r = make_parents(path);
        if (r < 0)
                return r;
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
                return -errno;

        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_uid != geteuid())
                return -EPERM;
        if ((st.st_mode & 07777) != 0700 && fchmod(fd, 0700) < 0)
                return -errno;
        return 0;
}

int fd_write_all(int fd, const void *data, size_t len) {
        const char *from = data;

        while (len > 0) {
                ssize_t n = write(fd, from, len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                from += n;
                len -= (size_t)n;
        }
        return 0;
}

int fd_sync(int fd) {
        return TEMP_FAILURE_RETRY(fsync(fd)) < 0 ? -errno : 0;
}

int file_read_word(const char *path, char *ret, size_t size) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = read(fd, ret, size - 1);
        if (n < 0)
                return -errno;
        ret[n] = '\0';
        ret[strcspn(ret, " \t\r\n")] = '\0';
        return 0;
}

char *path_join(const char *folder, const char *name) {
        size_t len = strlen(folder);
        char *path;

        while (len > 0 && folder[len - 1] == '/')
                len--;
        if (asprintf(&path, "%.*s/%s", (int)len, folder, name) < 0)
                return NULL;
        return path;
}
