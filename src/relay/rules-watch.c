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
#include <sys/stat.h>

/* The file is replaced by renaming; who writes it by hand closes it. */
#define CHANGED (IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM)
/* The folder is no longer where it was. */
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

struct RulesWatch {
        sd_event *event; /* referenced */
        sd_event_source *watch;
        char *folder, *path;
        rules_watch_func func;
        void *userdata;
};

/* --- reading --------------------------------------------------------------------------------- */

static int read_all(int fd, char *to, size_t len) {
        while (len > 0) {
                ssize_t n = read(fd, to, len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EBADMSG;
                to += n;
                len -= (size_t)n;
        }
        return 0;
}

/* Returns 0 and the rules, of which NULL means that there is no file. */
static int read_rules(const char *path, State **ret) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        _cleanup_free_ char *text = NULL;
        struct stat st;
        int r;

        if (fd < 0 && errno == ENOENT) {
                *ret = NULL;
                return 0;
        }
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || st.st_size > SNAPSHOT_MAX)
                return -EBADMSG;
        text = malloc((size_t)st.st_size + 1);
        if (!text)
                return -ENOMEM;
        r = read_all(fd, text, (size_t)st.st_size);
        return r < 0 ? r : snapshot_read(text, (size_t)st.st_size, ret);
}

static void load(RulesWatch *f) {
        _cleanup_(state_freep) State *rules = NULL;
        int r;

        r = read_rules(f->path, &rules);
        if (r == 0)
                r = f->func(f->userdata, rules);
        if (r < 0)
                log_error("The rules in %s cannot be read (%s); the last ones stay in force.",
                        f->path, strerror(-r));
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
        f->path = path_join(data_dir, SNAPSHOT_FILE);
        if (!f->folder || !f->path)
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
        free(f->path);
        free(f);
        return NULL;
}
