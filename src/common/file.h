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

/* The beginning of a small file, up to the first white space or size - 1 bytes. Returns 0, or a
 * negative errno with *ret as it was. */
int file_read_word(const char *path, char *ret, size_t size);

/* Joins two parts with one slash. The caller frees; NULL when memory is out. */
char *path_join(const char *folder, const char *name);
