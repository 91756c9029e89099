/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads the file of rules, and watches its folder for a new one. It does not know what the rules
 * are for. */

#include "relay/rules-watch.h"

#include "common/file.h"
#include "common/log.h"
#include "core/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>

/* The file is replaced by renaming; who writes it by hand closes it. */
#define CHANGED (IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM)
/* The folder is no longer where it was. */
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

struct RulesWatch {
        sd_event *event; /* referenced */
        sd_event_source *watch;
        char *folder;
        rules_watch_func func;
        void *userdata;
};

/* --- reading --------------------------------------------------------------------------------- */

/* Returns 0 and the rules, of which NULL means that there is no file. */
static int read_rules(const char *folder, State **ret) {
        _cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(file_map_done) FileMap map = {0};
        int r = fd < 0 ? -errno : file_map(fd, SNAPSHOT_FILE, SNAPSHOT_MAX, &map);

        if (r == -ENOENT) {
                *ret = NULL;
                return 0;
        }
        return r < 0 ? r : snapshot_read(map.data, map.len, ret);
}

static void load(RulesWatch *f) {
        _cleanup_(state_freep) State *rules = NULL;
        int r;

        r = read_rules(f->folder, &rules);
        if (r == 0)
                r = f->func(f->userdata, rules);
        if (r < 0)
                log_error("The rules in %s cannot be read (%s); the last ones stay in force.",
                        f->folder, strerror(-r));
        else
                log_debug(rules ? "The rules were read." : "There are no rules.");
}

/* --- watching -------------------------------------------------------------------------------- */

static int watch(RulesWatch *f);

static int on_event(sd_event_source *s, const struct inotify_event *ev, void *userdata) {
        RulesWatch *f = userdata;
        int r;

        (void)s;
        if (ev->mask & GONE) {
                r = watch(f);
                if (r < 0)
                        log_error("The folder %s cannot be watched: %s", f->folder, strerror(-r));
                load(f);
        } else if (ev->mask & IN_Q_OVERFLOW || (ev->len > 0 && streq(ev->name, SNAPSHOT_FILE))) {
                load(f);
        }
        return 0;
}

static int watch(RulesWatch *f) {
        int r;

        f->watch = sd_event_source_disable_unref(f->watch);
        r = folder_make_private(f->folder);
        if (r < 0)
                return r;
        r = sd_event_add_inotify(f->event, &f->watch, f->folder,
                CHANGED | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR, on_event, f);
        if (r < 0)
                return r;
        /* who changed the rules and then sends a notification means the new ones */
        return sd_event_source_set_priority(f->watch, SD_EVENT_PRIORITY_IMPORTANT);
}

int rules_watch_new(sd_event *event, const char *data_dir, rules_watch_func func, void *userdata,
        RulesWatch **ret) {
        _cleanup_(rules_watch_freep) RulesWatch *f = calloc(1, sizeof(*f));
        int r;

        if (!f)
                return -ENOMEM;
        f->event = sd_event_ref(event);
        f->func = func;
        f->userdata = userdata;
        f->folder = strdup(data_dir);
        if (!f->folder)
                return -ENOMEM;
        r = watch(f);
        if (r < 0)
                return r;
        load(f);
        *ret = TAKE_PTR(f);
        return 0;
}

RulesWatch *rules_watch_free(RulesWatch *f) {
        if (!f)
                return NULL;
        sd_event_source_disable_unref(f->watch);
        sd_event_unref(f->event);
        free(f->folder);
        free(f);
        return NULL;
}
