/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Folders, paths, and bytes to the disk and back. It does not know what is in them. */

#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
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

/* Writes a file that was not there, on the disk when this returns 0; or leaves none. */
static int write_new(int folder, const char *name, const void *data, size_t len) {
        _cleanup_close_ int fd = -1;
        int r;

        fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = fd_write_all(fd, data, len);
        if (r == 0)
                r = fd_sync(fd);
        if (r < 0)
                (void)unlinkat(folder, name, 0);
        return r;
}

int file_create(const char *path, const void *data, size_t len) {
        return write_new(AT_FDCWD, path, data, len);
}

int file_replace(const char *folder, const char *name, const void *data, size_t len) {
        _cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_free_ char *fresh = NULL;
        int r;

        if (fd < 0)
                return -errno;
        if (asprintf(&fresh, "%s.new", name) < 0) {
                fresh = NULL;
                return -ENOMEM;
        }
        if (unlinkat(fd, fresh, 0) < 0 && errno != ENOENT)
                return -errno;
        r = write_new(fd, fresh, data, len);
        if (r < 0)
                return r;
        if (renameat(fd, fresh, fd, name) < 0) {
                r = -errno;
                (void)unlinkat(fd, fresh, 0);
                return r;
        }
        return fd_sync(fd);
}

int file_map(int folder, const char *name, size_t max, FileMap *ret) {
        _cleanup_close_ int fd =
                openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat st;
        void *data;

        if (fd < 0)
                return errno == ELOOP || errno == ENXIO ? -EBADMSG : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADMSG;
        if (st.st_size < 0 || (size_t)st.st_size > max)
                return -EFBIG;
        if (st.st_size == 0) {
                *ret = (FileMap){0};
                return 0;
        }
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
                return -errno;
        *ret = (FileMap){.data = data, .len = (size_t)st.st_size};
        return 0;
}

void file_map_done(FileMap *map) {
        if (map->data)
                (void)munmap((void *)(uintptr_t)map->data, map->len);
        *map = (FileMap){0};
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
