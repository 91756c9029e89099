/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stddef.h>
#include <unistd.h>

static inline void closep(int *fd) {
        if (*fd >= 0)
                (void)close(*fd);
}
#define _cleanup_close_ _cleanup_(closep)

/* Makes a folder, and its missing parents, that only the user may enter (0700). One that exists and
 * is the user's own is brought to 0700. Returns 0; -EPERM when it belongs to somebody else;
 * -ENOTDIR; other negative errno. */
int folder_make_private(const char *path);

/* Writes all of it, whatever pieces the kernel takes; a signal does not end it. Returns 0 or a
 * negative errno, after which some of it may be written. */
int fd_write_all(int fd, const void *data, size_t len);

/* fsync(2), whatever signal comes. Returns 0 or a negative errno. */
int fd_sync(int fd);

/* Makes the file `path`, mode 0600, of a name that nothing has: all of it, and on the disk. Returns
 * 0; -EEXIST, what is there stays as it is; another negative errno, after which there is no such
 * file.
 */
int file_create(const char *path, const void *data, size_t len);

/* Puts `data` in the place of the file `name` in `folder`, mode 0600: whoever opens it finds the
 * old one or the new one whole, and after 0 was returned the new one also when power fails. On
 * failure, a negative errno, the old one is still there, unless the last sync of the folder failed.
 */
int file_replace(const char *folder, const char *name, const void *data, size_t len);

/* A plain file's bytes, mapped for reading; end with file_map_done(). */
typedef struct FileMap {
        const void *data; /* NULL when the file is empty */
        size_t len;
} FileMap;

/* Maps `name` in the open folder. Returns 0; -ENOENT; -EBADMSG when it is a link or anything else
 * that is no plain file; -EFBIG for more than `max` bytes; other negative errno. Whoever else may
 * write to the file is not to shorten it meanwhile. */
int file_map(int folder, const char *name, size_t max, FileMap *ret);
void file_map_done(FileMap *map);

/* The beginning of a small file, up to the first white space or size - 1 bytes. Returns 0, or a
 * negative errno with *ret as it was. */
int file_read_word(const char *path, char *ret, size_t size);

/* Joins two parts with one slash. The caller frees; NULL when memory is out. */
char *path_join(const char *folder, const char *name);
