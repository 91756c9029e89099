/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Watches folders by inotify through sd-event. It does not know what is in them or why they are
 * watched; the history sensor does. A watch ends by itself when its folder is deleted or moved
 * away; it counts as absent from then on, also when a new folder of that name has its inode. */

#include "daemon/sensors/folder-watch.h"

#include "common/array.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/stat.h>

/* The folder is no longer where it was. */
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

typedef struct Watch {
        FolderWatch *set;
        char *folder;
        uint32_t mask;
        dev_t dev;
        ino_t ino;
        bool wanted;
        bool gone;
        sd_event_source *source;
} Watch;

struct FolderWatch {
        sd_event *event; /* referenced */
        folder_watch_func func;
        void *userdata;
        Watch **watches;
        size_t n, space;
};

static Watch *watch_free(Watch *w) {
        if (!w)
                return NULL;
        sd_event_source_disable_unref(w->source);
        free(w->folder);
        free(w);
        return NULL;
}
DEFINE_CLEANUP(Watch *, watch_free)

static int on_event(sd_event_source *s, const struct inotify_event *ev, void *userdata) {
        Watch *w = userdata;

        (void)s;
        if (ev->mask & GONE)
                w->gone = true;
        w->set->func(w->set->userdata, w->folder, ev->mask, ev->len > 0 ? ev->name : NULL);
        return 0;
}

int folder_watch_new(sd_event *event, folder_watch_func func, void *userdata, FolderWatch **ret) {
        FolderWatch *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;
        w->event = sd_event_ref(event);
        w->func = func;
        w->userdata = userdata;
        *ret = w;
        return 0;
}

FolderWatch *folder_watch_free(FolderWatch *w) {
        if (!w)
                return NULL;
        for (size_t i = 0; i < w->n; i++)
                (void)watch_free(w->watches[i]);
        free(w->watches);
        sd_event_unref(w->event);
        free(w);
        return NULL;
}

static void drop_unwanted(FolderWatch *w) {
        size_t kept = 0;

        for (size_t i = 0; i < w->n; i++) {
                if (w->watches[i]->wanted)
                        w->watches[kept++] = w->watches[i];
                else
                        (void)watch_free(w->watches[i]);
        }
        w->n = kept;
}

/* What is gone goes at once: sd-event knows a folder by its inode, soon another's perhaps. */
void folder_watch_begin(FolderWatch *w) {
        for (size_t i = 0; i < w->n; i++)
                w->watches[i]->wanted = !w->watches[i]->gone;
        drop_unwanted(w);
        for (size_t i = 0; i < w->n; i++)
                w->watches[i]->wanted = false;
}

void folder_watch_end(FolderWatch *w) {
        drop_unwanted(w);
}

static int watch_add(FolderWatch *set, const char *folder, uint32_t mask, const struct stat *st) {
        _cleanup_(watch_freep) Watch *w = calloc(1, sizeof(*w));
        int r;

        if (!w || ARRAY_RESERVE(set->watches, set->space, set->n + 1) < 0)
                return -ENOMEM;
        w->set = set;
        w->mask = mask;
        w->dev = st->st_dev;
        w->ino = st->st_ino;
        w->wanted = true;
        w->folder = strdup(folder);
        if (!w->folder)
                return -ENOMEM;
        r = sd_event_add_inotify(set->event, &w->source, folder, mask | IN_ONLYDIR, on_event, w);
        if (r < 0)
                return r;
        set->watches[set->n++] = TAKE_PTR(w);
        return 1;
}

int folder_watch_want(FolderWatch *w, const char *folder, uint32_t mask) {
        struct stat st;

        if (stat(folder, &st) < 0)
                return -errno;
        for (size_t i = 0; i < w->n; i++) {
                Watch *old = w->watches[i];

                if (old->mask != mask || !streq(old->folder, folder))
                        continue;
                if (old->dev != st.st_dev || old->ino != st.st_ino)
                        continue; /* another folder by now; dropped at the end of the round */
                old->wanted = true;
                return 0;
        }
        return watch_add(w, folder, mask, &st);
}
