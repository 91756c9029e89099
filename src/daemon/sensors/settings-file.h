/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/buffer.h"

#include <jansson.h>

/* The settings files of programs that are not ours. */

enum {
        SETTINGS_FILE_MAX = 16 * 1024 * 1024, /* bytes; a longer one is not read */
};

/* Reads the whole file. Returns 0; -ENOENT when there is none; -EFBIG; or another negative errno.
 */
int settings_read(const char *path, Buffer *ret);

/* The same for one that holds a JSON object, which the caller gives up with json_decref(). -EBADMSG
 * when it does not. */
int settings_read_json(const char *path, json_t **ret);

/* The value at a path of keys with dots between ("proxy.mode"), or NULL. */
const json_t *settings_get(const json_t *object, const char *path);

/* What a look at settings found: how far a browser is held, and why it is not wholly. */
typedef enum Hold {
        HOLD_ACTIVE,
        HOLD_DEGRADED,
        HOLD_UNAVAILABLE,
} Hold;

typedef struct Finding {
        Hold hold;
        const char *detail; /* static; NULL when it is held */
} Finding;

/* Sentences that both families share. */
extern const char settings_unreadable[], settings_proxy[], settings_proxy_script[],
        settings_proxy_session[];

/* Keeps the worse of the two, and of equals the first. */
static inline void finding_worsen(Finding *f, Hold hold, const char *detail) {
        if (hold > f->hold)
                *f = (Finding){hold, detail};
}
