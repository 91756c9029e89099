/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The parser of profiles.ini: any bytes. What it hands out is a path of one line, and an absolute
 * one begins with a slash. */

#include "daemon/sensors/browser-profiles.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_profile(void *userdata, const char *path, bool relative) {
        size_t *left = userdata;

        if (*path == '\0' || (!relative && *path != '/') || strpbrk(path, "\r\n"))
                abort();
        /* each one takes some of the text: no file can make more of it than it is long */
        if (strlen(path) + strlen("Path=") > *left)
                abort();
        *left -= strlen(path);
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = malloc(MAX(size, (size_t)1));
        size_t left = size;

        if (!text)
                return 0;
        memcpy(text, data, size);
        (void)profiles_ini_parse(text, size, on_profile, &left);
        return 0;
}
