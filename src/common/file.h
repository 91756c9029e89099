/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

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

/* Joins two parts with one slash. The caller frees; NULL when memory is out. */
char *path_join(const char *folder, const char *name);
