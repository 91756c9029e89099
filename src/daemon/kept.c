/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads what was held from its file again. Whether it may be read is asked before (holds.c); it
 * moves nothing and writes nothing. */

#include "daemon/kept.h"

#include "common/digest.h"
#include "common/file.h"
#include "common/time.h"
#include "core/held.h"
#include "daemon/pictures.h"

#include <errno.h>
#include <fcntl.h>

enum { FILE_MAX = HELD_HEAD_MAX + (128 << 20) }; /* bytes; D-Bus has no longer message */

/* An open file of one that was held. */
typedef struct Kept {
        FileMap map;
        Held held; /* points into the map */
        char *path;
} Kept;

static void kept_done(Kept *k) {
        held_done(&k->held);
        file_map_done(&k->map);
        free(k->path);
        *k = (Kept){0};
}

static int open_in(const char *dir, const char *place, const char *id, Kept *ret) {
        _cleanup_free_ char *folder = path_join(dir, place);
        _cleanup_close_ int fd = -1;
        Kept k = {0};
        int r;

        if (!folder)
                return -ENOMEM;
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = file_map(fd, id, FILE_MAX, &k.map);
        if (r == 0)
                r = k.map.len > 0 ? held_read(k.map.data, k.map.len, &k.held) : -EBADMSG;
        if (r == 0) {
                k.path = path_join(folder, id);
                r = k.path ? 0 : -ENOMEM;
        }
        if (r < 0) {
                kept_done(&k);
                return r;
        }
        *ret = k;
        return 0;
}

/* One that was entered a moment ago may still lie in the spool. */
static int open_kept(const char *dir, const char *id, Kept *ret) {
        static const char *const places[] = {HELD_KEPT, HELD_SPOOL};
        int r = -ENOENT;

        /* what is in the ledger may come from another machine: a name, not a path */
        if (strchr(id, '/') || id[0] == '.')
                return -ENOENT;
        for (size_t i = 0; i < ARRAY_LEN(places) && r == -ENOENT; i++)
                r = open_in(dir, places[i], id, ret);
        return r;
}

/* --- the object ------------------------------------------------------------------------------ */

/* What the ledger knows. */
static json_t *describe_event(const Event *ev, const char *name) {
        char at[TIME_TEXT_SPACE];

        return json_pack("{s:I, s:s, s:s, s:I, s:I, s:i, s:s?, s:s, s:s, s:s, s:s, s:s, s:b}",
                "event", (json_int_t)ev->seq, "uid", ev->uid, "at",
                time_format_utc(at, sizeof(at), ev->at_usec), "at_usec", (json_int_t)ev->at_usec,
                "recorded_usec", (json_int_t)ev->recorded_usec, "zone_minutes", ev->zone_minutes,
                "person", name, "person_id", ev->person, "app", event_string(ev, "app"), "summary",
                event_string(ev, "sender"), "source", event_string(ev, "source"), "via",
                event_string(ev, "via"), "leaked",
                json_is_true(json_object_get(ev->data, "leaked")));
}

/* What the application gave besides the texts; what is of another form is left out. */
static int add_more(json_t *o, const json_t *more) {
        json_t *actions = json_object_get(more, "actions"), *hints = json_object_get(more, "hints");
        int r;

        r = json_is_array(actions) ? json_object_set(o, "actions", actions)
                                   : json_object_set_new(o, "actions", json_array());
        if (r == 0)
                r = json_is_object(hints) ? json_object_set(o, "hints", hints)
                                          : json_object_set_new(o, "hints", json_object());
        return r < 0 ? -ENOMEM : 0;
}

static int add_images(json_t *o, const Held *h) {
        json_t *images;
        int r;

        r = pictures_describe(h->message, h->message_len, &images);
        if (r < 0)
                return r;
        return json_object_set_new(o, "images", images) < 0 ? -ENOMEM : 0;
}

static int add_kept(json_t *o, const Kept *k) {
        const Held *h = &k->held;
        char sum[DIGEST_SPACE];
        json_t *whole;
        int r;

        digest_sha256(h->message, h->message_len, sum);
        whole = json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "complete", 1, "app", h->app,
                "desktop_entry", h->desktop_entry, "summary", h->summary, "body", h->body, "file",
                k->path, "message_bytes", (json_int_t)h->message_len, "message_sha256", sum);
        if (!whole || json_object_update_new(o, whole) < 0)
                return -ENOMEM;
        r = add_more(o, h->more);
        return r < 0 ? r : add_images(o, h);
}

int kept_describe(const char *dir, const Event *ev, const char *name, json_t **ret) {
        json_t *o = describe_event(ev, name);
        _cleanup_(kept_done) Kept k = {0};
        int r;

        if (!o)
                return -ENOMEM;
        r = open_kept(dir, event_string(ev, "held"), &k);
        if (r == 0)
                r = add_kept(o, &k);
        else if (r == -ENOENT || r == -EBADMSG || r == -EFBIG)
                r = json_object_set_new(o, "complete", json_false()) < 0 ? -ENOMEM : 0;
        if (r < 0) {
                json_decref(o);
                return r;
        }
        *ret = o;
        return 0;
}
