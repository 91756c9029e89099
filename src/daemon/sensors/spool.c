/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Takes what was held out of the spool. It knows nothing of people and records nothing; the manager
 * does. The order is what keeps each one from being lost or counted twice: the file is moved only
 * when whoever takes it says that it is on the disk, and who takes it knows it again. */

#include "daemon/sensors/spool.h"

#include "common/array.h"
#include "common/file.h"
#include "common/log.h"
#include "common/time.h"
#include "daemon/sensors/folder-watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>

struct Spool {
        sd_event *event; /* referenced */
        char *dir, *spool, *damaged, *kept;
        FolderWatch *watch;
        sd_event_source *work;  /* runs when something may lie there */
        sd_event_source *again; /* after a failure */
        bool failed;            /* and that was said */

        const SpoolListener *listener;
        void *userdata;
};

/* The open folders of one sweep. */
typedef struct Folders {
        int spool, damaged, kept;
} Folders;

static void folders_done(Folders *f) {
        closep(&f->spool);
        closep(&f->damaged);
        closep(&f->kept);
}

typedef struct Names {
        char (*items)[UUID_SPACE];
        size_t n, space;
} Names;

static void names_done(Names *names) {
        free(names->items);
        *names = (Names){0};
}

/* --- what lies there ------------------------------------------------------------------------- */

static void closedirp(DIR **d) {
        if (*d)
                (void)closedir(*d);
}

static bool is_id(const char *name) {
        return strlen(name) == UUID_SPACE - 1 && strspn(name, "0123456789abcdef") == UUID_SPACE - 1;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(a, b);
}

/* An id sorts by its time: the oldest first. */
static int list_names(const char *folder, Names *ret) {
        _cleanup_(closedirp) DIR *d = opendir(folder);
        const struct dirent *entry;

        if (!d)
                return -errno;
        for (errno = 0; (entry = readdir(d)); errno = 0) {
                if (!is_id(entry->d_name))
                        continue;
                if (ARRAY_RESERVE(ret->items, ret->space, ret->n + 1) < 0)
                        return -ENOMEM;
                memcpy(ret->items[ret->n++], entry->d_name, UUID_SPACE);
        }
        if (errno > 0)
                return -errno;
        if (ret->n > 0)
                qsort(ret->items, ret->n, sizeof(*ret->items), compare_names);
        return 0;
}

/* --- one file -------------------------------------------------------------------------------- */

/* What is no held notification is kept all the same: it may have been one. */
static int set_aside(const Folders *f, const char *name) {
        log_warning("A file in the spool is no held notification; it was put aside.");
        return renameat(f->spool, name, f->damaged, name) < 0 ? -errno : 0;
}

static int put_away(const Folders *f, const char *name, int how) {
        int r = how == SPOOL_KEEP ? renameat(f->spool, name, f->kept, name)
                                  : unlinkat(f->spool, name, 0);

        return r < 0 ? -errno : 0;
}

/* Returns 0, or what kept the file where it is. */
static int take_one(Spool *s, const Folders *f, const char *name) {
        _cleanup_(file_map_done) FileMap map = {0};
        _cleanup_(held_done) Held held = {0};
        int r;

        r = file_map(f->spool, name, SPOOL_FILE_MAX, &map);
        if (r == -ENOENT)
                return 0;
        if (r == 0)
                r = map.len > 0 ? held_read(map.data, map.len, &held) : -EBADMSG;
        if (r == 0 && !streq(held.id, name))
                r = -EBADMSG;
        if (r == -EBADMSG || r == -EFBIG)
                return set_aside(f, name);
        if (r < 0)
                return r;
        r = s->listener->held(s->userdata, &held);
        return r < 0 ? r : put_away(f, name, r);
}

/* --- the folders ----------------------------------------------------------------------------- */

static int open_folder(const char *path, int *ret) {
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        *ret = fd;
        return 0;
}

/* Makes what is missing, and has it on the disk before anything is moved there. */
static int open_folders(const Spool *s, Folders *ret) {
        const struct {
                const char *path;
                int *fd;
        } folders[] = {{s->spool, &ret->spool}, {s->damaged, &ret->damaged}, {s->kept, &ret->kept}};
        _cleanup_close_ int parent = -1;
        bool fresh = false;
        int r = 0;

        for (size_t i = 0; i < ARRAY_LEN(folders) && r == 0; i++) {
                fresh = fresh || access(folders[i].path, F_OK) < 0;
                r = folder_make_private(folders[i].path);
                if (r == 0)
                        r = open_folder(folders[i].path, folders[i].fd);
        }
        if (r < 0 || !fresh)
                return r;
        r = fd_sync(ret->spool);
        if (r == 0)
                r = open_folder(s->dir, &parent);
        return r < 0 ? r : fd_sync(parent);
}

static int follow_folder(Spool *s) {
        int r;

        folder_watch_begin(s->watch);
        r = folder_watch_want(
                s->watch, s->spool, IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF);
        folder_watch_end(s->watch);
        return r < 0 ? r : 0;
}

/* --- the sweep ------------------------------------------------------------------------------- */

/* Takes SPOOL_BATCH of them at most; *ret_more tells whether others are left. One that cannot be
 * read does not keep the others waiting; a full disk does, since the next one would fail as well.
 */
static int take_some(Spool *s, const Folders *f, const Names *names, bool *ret_more) {
        int failure = 0, r = 0;
        unsigned taken = 0;
        size_t i;

        for (i = 0; i < names->n && taken < SPOOL_BATCH; i++) {
                r = take_one(s, f, names->items[i]);
                taken += r == 0;
                if (r < 0 && failure == 0)
                        failure = r;
                if (r == -ENOSPC || r == -EDQUOT || r == -ENOMEM)
                        break;
        }
        *ret_more = i < names->n;
        r = fd_sync(f->kept);
        if (r == 0)
                r = fd_sync(f->spool);
        return failure < 0 ? failure : r;
}

static int sweep(Spool *s) {
        _cleanup_(folders_done) Folders folders = {-1, -1, -1};
        _cleanup_(names_done) Names names = {0};
        bool more;
        int r;

        r = open_folders(s, &folders);
        if (r == 0)
                r = follow_folder(s);
        if (r == 0)
                r = list_names(s->spool, &names);
        if (r < 0 || names.n == 0)
                return r;
        r = take_some(s, &folders, &names, &more);
        if (r == 0 && more)
                r = sd_event_source_set_enabled(s->work, SD_EVENT_ONESHOT);
        return r;
}

static int try_later(Spool *s) {
        int r = sd_event_source_set_time_relative(s->again, SPOOL_RETRY_USEC);

        return r < 0 ? r : sd_event_source_set_enabled(s->again, SD_EVENT_ONESHOT);
}

int spool_sweep(Spool *s) {
        int r = sweep(s);

        if (r < 0 && !s->failed)
                log_error("What was held cannot be taken in and stays in the spool: %s",
                        strerror(-r));
        s->failed = r < 0;
        if (r < 0 && try_later(s) < 0)
                log_error("What was held is not tried again before something changes.");
        return r;
}

/* --- what starts it -------------------------------------------------------------------------- */

static int on_work(sd_event_source *source, void *userdata) {
        (void)source;
        (void)spool_sweep(userdata);
        return 0;
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        (void)spool_sweep(userdata);
        return 0;
}

static void on_change(void *userdata, const char *folder, uint32_t mask, const char *name) {
        Spool *s = userdata;

        (void)folder;
        (void)mask;
        (void)name;
        (void)sd_event_source_set_enabled(s->work, SD_EVENT_ONESHOT);
}

static int add_sources(Spool *s) {
        int r;

        r = folder_watch_new(s->event, on_change, s, &s->watch);
        if (r == 0)
                r = sd_event_add_defer(s->event, &s->work, on_work, s);
        if (r >= 0)
                r = sd_event_add_time_relative(s->event, &s->again, CLOCK_MONOTONIC,
                        SPOOL_RETRY_USEC, USEC_PER_SEC, on_again, s);
        if (r >= 0)
                r = sd_event_source_set_enabled(s->again, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

int spool_new(sd_event *event, const char *dir, const SpoolListener *listener, void *userdata,
        Spool **ret) {
        _cleanup_(spool_freep) Spool *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->event = sd_event_ref(event);
        s->listener = listener;
        s->userdata = userdata;
        s->dir = strdup(dir);
        s->spool = path_join(dir, HELD_SPOOL);
        s->kept = path_join(dir, HELD_KEPT);
        if (s->spool)
                s->damaged = path_join(s->spool, SPOOL_DAMAGED);
        if (!s->dir || !s->damaged || !s->kept)
                return -ENOMEM;
        r = add_sources(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

Spool *spool_free(Spool *s) {
        if (!s)
                return NULL;
        folder_watch_free(s->watch);
        sd_event_source_disable_unref(s->work);
        sd_event_source_disable_unref(s->again);
        sd_event_unref(s->event);
        free(s->dir);
        free(s->spool);
        free(s->damaged);
        free(s->kept);
        free(s);
        return NULL;
}
