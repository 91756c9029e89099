/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads the settings files of other programs, bounded, and changes none. It does not know what is
 * in them; firefox-settings.c and chromium-settings.c do. */

#include "daemon/sensors/settings-file.h"

#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

const char settings_unreadable[] =
        N_("Its settings could not be read, so that nothing is known of its DNS and proxy.");
const char settings_proxy[] =
        N_("It uses a proxy, which looks names up by itself: the hosts file is not asked.");
const char settings_proxy_script[] =
        N_("A script chooses its proxy, and a proxy looks names up by itself.");
const char settings_proxy_session[] =
        N_("The session names a proxy; where the browser takes it, the hosts file is not asked.");

int settings_read(const char *path, Buffer *ret) {
        _cleanup_(buffer_done) Buffer text = {0};
        _cleanup_close_ int fd = -1;
        char block[16384];
        struct stat st;
        ssize_t n;

        /* a pipe or a device in a file's place must not make us wait */
        fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADF;
        while ((n = read(fd, block, sizeof(block))) > 0) {
                if (text.len + (size_t)n > SETTINGS_FILE_MAX)
                        return -EFBIG;
                if (buffer_add(&text, block, (size_t)n) < 0)
                        return -ENOMEM;
        }
        if (n < 0)
                return -errno;
        *ret = TAKE_STRUCT(text);
        return 0;
}

int settings_read_json(const char *path, json_t **ret) {
        _cleanup_(buffer_done) Buffer text = {0};
        json_t *o;
        int r;

        r = settings_read(path, &text);
        if (r < 0)
                return r;
        o = json_loadb(text.data ? text.data : "", text.len, 0, NULL);
        if (!json_is_object(o)) {
                json_decref(o);
                return -EBADMSG;
        }
        *ret = o;
        return 0;
}

const json_t *settings_get(const json_t *object, const char *path) {
        while (object && *path) {
                size_t len = strcspn(path, ".");

                object = json_object_getn(object, path, len);
                path += len + (path[len] == '.');
        }
        return object;
}
