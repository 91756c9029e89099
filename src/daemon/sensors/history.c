/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The history sensor: keeps watch over the browsers' histories and reads what is new. It decides
 * when to look; where (browser-profiles.c), how to get at the data (history-copy.c) and what a
 * visit is (history-rows.c) are decided elsewhere. It judges nothing and keeps nothing on disk; the
 * manager gives it the cursors and takes the visits.
 *
 * Pacing. A change starts a read one tick of the file system's clock later, which is when a copy
 * can be told whole and when a commit, many writes, is mostly done. After a read the profile rests
 * for a multiple of the time that it took, so that a large history under constant writing costs a
 * bounded share of the processor. A change during the rest starts a read at its end. At rest there
 * is no timer. */

#include "daemon/sensors/history.h"

#include "common/array.h"
#include "common/time.h"
#include "daemon/sensors/browser-profiles.h"
#include "daemon/sensors/folder-watch.h"
#include "daemon/sensors/history-copy.h"
#include "daemon/sensors/history-rows.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <time.h>

enum {
        REST_FACTOR = 5, /* rest after a read, in durations of that read: at most 1/6 of the time */
        TORN_TRIES = 10, /* copies in a row that changed under our hands before we say so */
        DAMAGED_TRIES = 3, /* reads of a damaged copy before we believe it */
        HOT_LOOKS = 10,    /* looks at a transaction that is being written before copying anyway */
        START_TRIES = 5,   /* copies that history_start() tries itself */
        SCAN_ROUNDS = 8,   /* scans in a row while new folders keep appearing */
};

#define REST_MIN_USEC   (20 * USEC_PER_MSEC)
#define HOT_LOOK_USEC   (25 * USEC_PER_MSEC)
#define TORN_USEC       (10 * USEC_PER_MSEC) /* doubled with each try */
#define TORN_MAX_USEC   USEC_PER_SEC
#define FAILED_USEC     USEC_PER_SEC /* doubled with each try */
#define FAILED_MAX_USEC (60 * USEC_PER_SEC)
#define SCAN_USEC       (50 * USEC_PER_MSEC) /* one scan for many changes */
#define POLL_USEC       (60 * USEC_PER_SEC)  /* between scans while something cannot be watched */

/* In a folder where a profile, or a folder on the way to one, may come or go. */
#define FOLDER_MASK                                                                                \
        (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_CLOSE_WRITE |        \
                IN_DELETE_SELF | IN_MOVE_SELF)
/* In a profile. Reading never raises one of these. IN_DELETE: a journal that goes is a commit. */
#define PROFILE_MASK                                                                               \
        (IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB |             \
                IN_DELETE_SELF | IN_MOVE_SELF)
#define CAME_OR_WENT (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
#define SELF_GONE    (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

typedef struct Profile {
        History *history;
        BrowserProfile place;
        bool found;          /* by the scan that is under way */
        int watch_error;     /* why it is not watched, or 0 */
        int error;           /* why it could not be read the last time, or 0 */
        Cursor cursor;       /* valid when `resumed` */
        bool resumed;        /* the listener told where to go on */
        bool refused;        /* the listener did not take it the last time */
        bool copied;         /* the last look led to a copy */
        uint64_t again_usec; /* read again up to here, see RowsQuery */
        HistoryPrint seen;   /* what was last read, when `seen_valid` */
        bool seen_valid;
        unsigned tries;         /* failures in a row */
        unsigned hot_looks;     /* looks in a row that found a transaction under way */
        uint64_t not_before;    /* monotonic: end of the rest */
        sd_event_source *timer; /* the next read; off at rest */
} Profile;

struct History {
        sd_event *event; /* referenced */
        char *home;
        char *config_home;
        char *runtime_dir;
        const HistoryListener *listener;
        void *userdata;
        bool started;
        bool busy;       /* a profile is being read: the profiles must stay */
        bool stop_asked; /* history_stop() was called meanwhile */
        bool ever_started;
        uint64_t since_usec;
        Profile **profiles;
        size_t n_profiles, profiles_space;
        BrowserScan scan; /* the last one, without its profiles */
        FolderWatch *watch;
        sd_event_source *scan_timer;
        int watch_error; /* why a folder on the way is not watched, or 0 */
        HistoryCoverage told;
        char *told_detail;
        bool told_once;
};

/* --- what can go wrong ----------------------------------------------------------------------- */

/* What to do about an error of a read. */
typedef enum Remedy {
        WAIT,  /* for a change of the files */
        TORN,  /* soon again, then more slowly */
        CHECK, /* a few times again, then wait */
        LATER, /* again, ever more slowly: it is the system's state, not the file's */
} Remedy;

typedef struct Trouble {
        int error;
        Remedy remedy;
        const char *sentence; /* after the browser's name; NULL: nothing to complain about */
} Trouble;

/* Worst first. */
static const Trouble TROUBLES[] = {
        {-EACCES, WAIT, N_("nocontact is not allowed to read its history.")},
        {-EPERM, WAIT, N_("nocontact is not allowed to read its history.")},
        {-EBADMSG, CHECK, N_("its history is damaged and cannot be read.")},
        {-EPROTO, WAIT, N_("its history has a form that this version does not know.")},
        {-EISDIR, WAIT, N_("its history is not a regular file.")},
        {-EINVAL, WAIT, N_("its history is not a regular file.")},
        {-ELOOP, WAIT, N_("its history is a link that leads nowhere.")},
        {-EFBIG, WAIT, N_("its history is too large to be read.")},
        {-ENOSPC, LATER, N_("there is not enough free memory to read its history.")},
        {-ENOMEM, LATER, N_("there is not enough free memory to read its history.")},
        {-EAGAIN, TORN, N_("its history changes too fast to be read; it is tried again.")},
        /* nothing is there, or not yet */
        {-ENOENT, WAIT, NULL},
        {-ENOTDIR, WAIT, NULL},
        {-ENODATA, WAIT, NULL},
};
static const Trouble OTHER_TROUBLE = {0, LATER, N_("its history could not be read.")};

static const char WATCHES_USED_UP[] = N_("The system's limit for watching files is used up, so "
                                         "visits are noticed up to a minute late.");
static const char TOO_MANY[] = N_("There are more browser profiles than can be watched.");

static size_t trouble_rank(int error) {
        size_t i = 0;

        while (i < ARRAY_LEN(TROUBLES) && TROUBLES[i].error != error)
                i++;
        return i;
}

static const Trouble *trouble_find(int error) {
        size_t rank = trouble_rank(error);

        return rank < ARRAY_LEN(TROUBLES) ? &TROUBLES[rank] : &OTHER_TROUBLE;
}

/* --- coverage -------------------------------------------------------------------------------- */

static bool unreadable(const Profile *p) {
        return p->watch_error < 0 || (p->error < 0 && trouble_find(p->error)->sentence);
}

static const Profile *worst_profile(const History *h) {
        const Profile *worst = NULL;

        for (size_t i = 0; i < h->n_profiles; i++) {
                const Profile *p = h->profiles[i];

                if (p->error < 0 && trouble_find(p->error)->sentence &&
                        (!worst || trouble_rank(p->error) < trouble_rank(worst->error)))
                        worst = p;
        }
        return worst;
}

static bool limit_reached(const History *h) {
        if (h->watch_error < 0)
                return true;
        for (size_t i = 0; i < h->n_profiles; i++)
                if (h->profiles[i]->watch_error < 0)
                        return true;
        return false;
}

/* The sentence about the worst, or NULL; the caller frees. */
static char *coverage_detail(const History *h) {
        const Profile *worst = worst_profile(h);
        char *text = NULL;

        if (worst)
                return asprintf(&text, "%s: %s", worst->place.label,
                               trouble_find(worst->error)->sentence) < 0
                               ? NULL
                               : text;
        if (limit_reached(h))
                return strdup(WATCHES_USED_UP);
        return h->scan.crowded ? strdup(TOO_MANY) : NULL;
}

static bool same_text(const char *a, const char *b) {
        return a && b ? streq(a, b) : a == b;
}

/* Tells the listener when something is different from what it was told. */
static void tell_coverage(History *h) {
        _cleanup_free_ char *detail = coverage_detail(h);
        HistoryCoverage now = {.detail = detail};

        for (size_t i = 0; i < h->n_profiles; i++) {
                now.profiles += h->profiles[i]->place.present;
                now.unreadable += h->profiles[i]->place.present && unreadable(h->profiles[i]);
        }
        if (h->told_once && now.profiles == h->told.profiles &&
                now.unreadable == h->told.unreadable && same_text(detail, h->told_detail))
                return;
        free(h->told_detail);
        h->told_detail = TAKE_PTR(detail);
        h->told = now;
        h->told.detail = h->told_detail;
        h->told_once = true;
        h->listener->coverage(h->userdata, &h->told);
}

/* --- time ------------------------------------------------------------------------------------ */

static uint64_t monotonic_usec(void) {
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / 1000;
}

/* Sets a timer that is made on its first use, unless it would fire earlier anyway. The accuracy is
 * 1 µs: sd-event's own choice would add up to 250 ms. */
static int timer_set(History *h, sd_event_source **timer, uint64_t at,
        sd_event_time_handler_t handler, void *userdata) {
        uint64_t due;
        int enabled;
        int r;

        if (!*timer)
                return sd_event_add_time(
                        h->event, timer, CLOCK_MONOTONIC, at, 1, handler, userdata);
        r = sd_event_source_get_enabled(*timer, &enabled);
        if (r >= 0 && enabled != SD_EVENT_OFF && sd_event_source_get_time(*timer, &due) >= 0 &&
                due <= at)
                return 0;
        r = sd_event_source_set_time(*timer, at);
        return r < 0 ? r : sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT);
}

static int on_profile_timer(sd_event_source *s, uint64_t usec, void *userdata);

/* The profile will be read in `delay`, or at the end of its rest. */
static void profile_schedule(Profile *p, uint64_t delay) {
        uint64_t at = MAX(monotonic_usec() + delay, p->not_before);

        /* fails only when memory is out; the next change tries again */
        (void)timer_set(p->history, &p->timer, at, on_profile_timer, p);
}

/* `first` doubled with each try, at most `max`. */
static uint64_t backoff(uint64_t first, unsigned tries, uint64_t max) {
        uint64_t usec = first << MIN(tries, 20U);

        return MIN(usec, max);
}

/* --- reading one profile --------------------------------------------------------------------- */

static Profile *profile_free(Profile *p) {
        if (!p)
                return NULL;
        sd_event_source_disable_unref(p->timer);
        browser_profile_done(&p->place);
        free(p);
        return NULL;
}

static int on_rows(void *userdata, const Visit *visits, size_t n, const Cursor *after) {
        Profile *p = userdata;
        History *h = p->history;
        int r;

        r = h->listener->visits(h->userdata, p->place.database, visits, n, after);
        if (r < 0) {
                p->refused = true;
                p->resumed = false;
                return r;
        }
        p->cursor = *after;
        return h->stop_asked ? -ECANCELED : 0;
}

static int profile_resume(Profile *p) {
        History *h = p->history;
        int r;

        if (p->resumed)
                return 0;
        p->cursor = (Cursor){0};
        r = h->listener->resume(h->userdata, p->place.database, &p->cursor);
        if (r < 0) {
                p->refused = true;
                return r;
        }
        p->resumed = true;
        return 0;
}

static int profile_copy_and_read(Profile *p) {
        _cleanup_(history_copy_freep) HistoryCopy *copy = NULL;
        RowsQuery query;
        int r;

        p->copied = true;
        r = profile_resume(p);
        if (r >= 0)
                r = history_copy_take(p->place.database, p->history->runtime_dir, &copy);
        if (r < 0)
                return r;
        query = (RowsQuery){.cursor = p->cursor,
                .since_usec = p->history->since_usec,
                .again_usec = p->again_usec};
        r = history_rows_read(
                history_copy_path(copy), p->place.family, p->place.browser, &query, on_rows, p);
        if (r >= 0 && p->history->since_usec >= query.since_usec)
                p->again_usec = 0; /* unless the listener has moved the bound meanwhile */
        return r;
}

/* Looks, and reads when there is something to read. Returns 1 when a transaction is under way: its
 * end will be a change; 0 or a negative errno when it was done with. */
static int profile_attempt(Profile *p) {
        HistoryPrint now;
        int r;

        p->copied = false;
        p->refused = false;
        r = history_print_take(p->place.database, &now);
        if (r < 0)
                return r;
        if (p->seen_valid && p->again_usec == 0) {
                if (history_print_same(&p->seen, &now))
                        return 0;
                if (now.hot && p->hot_looks++ < HOT_LOOKS)
                        return 1;
        }
        p->hot_looks = 0;
        r = profile_copy_and_read(p);
        p->seen_valid = r >= 0;
        p->seen = now;
        return r;
}

/* When to look again after an error. */
static void profile_remedy(Profile *p, int error) {
        Remedy remedy = p->refused ? LATER : trouble_find(error)->remedy;
        unsigned tries = p->tries++;

        switch (remedy) {
        case WAIT: p->tries = 0; break;
        case TORN: profile_schedule(p, backoff(TORN_USEC, tries, TORN_MAX_USEC)); break;
        case CHECK:
                if (tries < DAMAGED_TRIES)
                        profile_schedule(p, backoff(TORN_USEC, tries, TORN_MAX_USEC));
                break;
        case LATER: /* not even when the browser writes */
                p->not_before = monotonic_usec() + backoff(FAILED_USEC, tries, FAILED_MAX_USEC);
                profile_schedule(p, 0);
                break;
        }
}

/* Is the error one to speak of, or does it still have to show that it stays? */
static bool error_stands(const Profile *p, int error) {
        static const unsigned PATIENCE[] = {
                [WAIT] = 0, [TORN] = TORN_TRIES, [CHECK] = DAMAGED_TRIES, [LATER] = 0};

        return !p->refused && p->tries >= PATIENCE[trouble_find(error)->remedy];
}

/* The rest of a profile whose read took so long. */
static uint64_t rest_after(const Profile *p, int r, uint64_t took) {
        uint64_t rest = REST_FACTOR * took;

        return p->copied && r >= 0 ? MAX(rest, REST_MIN_USEC) : rest;
}

static void profile_read(Profile *p) {
        History *h = p->history;
        uint64_t begin = monotonic_usec(), end;
        int r;

        if (p->timer)
                (void)sd_event_source_set_enabled(p->timer, SD_EVENT_OFF);
        h->busy = true;
        r = profile_attempt(p);
        h->busy = false;
        if (h->stop_asked)
                return;
        end = monotonic_usec();
        p->not_before = end + rest_after(p, r, end - begin);
        if (r > 0) {
                profile_schedule(p, HOT_LOOK_USEC);
        } else if (r < 0) {
                if (error_stands(p, r))
                        p->error = r;
                profile_remedy(p, r);
        } else {
                p->tries = 0;
                p->error = 0;
        }
        tell_coverage(h);
}

static void history_drop_all(History *h);

static int on_profile_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        Profile *p = userdata;
        History *h = p->history;

        (void)s;
        (void)usec;
        profile_read(p);
        if (h->stop_asked)
                history_drop_all(h);
        return 0;
}

/* --- finding and watching -------------------------------------------------------------------- */

static int on_scan_timer(sd_event_source *s, uint64_t usec, void *userdata);

static void schedule_scan(History *h, uint64_t delay) {
        (void)timer_set(h, &h->scan_timer, monotonic_usec() + delay, on_scan_timer, h);
}

static Profile *find_profile(History *h, const char *database) {
        for (size_t i = 0; i < h->n_profiles; i++)
                if (streq(h->profiles[i]->place.database, database))
                        return h->profiles[i];
        return NULL;
}

/* Takes over what the scan found; the scan keeps no profile. New ones are to be read. */
static int take_profile(History *h, BrowserProfile *place) {
        Profile *p = find_profile(h, place->database);

        if (p) {
                browser_profile_done(&p->place);
        } else {
                if (ARRAY_RESERVE(h->profiles, h->profiles_space, h->n_profiles + 1) < 0)
                        return -ENOMEM;
                p = calloc(1, sizeof(*p));
                if (!p)
                        return -ENOMEM;
                p->history = h;
                h->profiles[h->n_profiles++] = p;
        }
        p->place = *place;
        *place = (BrowserProfile){0};
        p->found = true;
        return 0;
}

static void drop_lost_profiles(History *h) {
        size_t kept = 0;

        for (size_t i = 0; i < h->n_profiles; i++) {
                if (h->profiles[i]->found)
                        h->profiles[kept++] = h->profiles[i];
                else
                        (void)profile_free(h->profiles[i]);
        }
        h->n_profiles = kept;
}

static int take_scan(History *h) {
        BrowserScan scan;
        int r;

        r = browser_scan(h->home, h->config_home, &scan);
        if (r < 0)
                return r;
        for (size_t i = 0; i < h->n_profiles; i++)
                h->profiles[i]->found = false;
        for (size_t i = 0; i < scan.n_profiles && r >= 0; i++)
                r = take_profile(h, &scan.profiles[i]);
        if (r >= 0)
                drop_lost_profiles(h);
        browser_scan_done(&h->scan);
        h->scan = scan;
        return r;
}

static bool is_limit(int r) {
        return r == -ENOSPC || r == -EMFILE || r == -ENFILE;
}

/* Watches what the scan found. Returns 1 when a watch is new: what came before it is unknown. */
static int watch_found(History *h) {
        int any = 0;

        h->watch_error = 0;
        folder_watch_begin(h->watch);
        for (size_t i = 0; i < h->scan.n_folders; i++) {
                int r = folder_watch_want(h->watch, h->scan.folders[i], FOLDER_MASK);

                any |= r > 0;
                if (is_limit(r))
                        h->watch_error = r;
        }
        for (size_t i = 0; i < h->n_profiles; i++) {
                Profile *p = h->profiles[i];
                int r = folder_watch_want(h->watch, p->place.folder, PROFILE_MASK);

                any |= r > 0;
                p->watch_error = is_limit(r) ? r : 0;
                if (r != 0)
                        profile_schedule(p, 0);
        }
        folder_watch_end(h->watch);
        return any;
}

/* Brings the watches to what is there now. It depends on nothing that was seen before, so that a
 * missed event costs nothing. New profiles are read soon after. */
static int scan_and_watch(History *h) {
        int r = 1;

        /* what appears between a look and its watch is found in the next round */
        for (int round = 0; r > 0 && round < SCAN_ROUNDS; round++) {
                r = take_scan(h);
                if (r >= 0)
                        r = watch_found(h);
        }
        if (r != 0 || limit_reached(h))
                schedule_scan(h, r > 0 ? SCAN_USEC : POLL_USEC);
        return MIN(r, 0);
}

static int on_scan_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        History *h = userdata;

        (void)s;
        (void)usec;
        (void)scan_and_watch(h); /* out of memory: tried again in a minute */
        tell_coverage(h);
        return 0;
}

/* Everything may have changed: events were lost. */
static void look_everywhere(History *h) {
        schedule_scan(h, SCAN_USEC);
        for (size_t i = 0; i < h->n_profiles; i++)
                profile_schedule(h->profiles[i], 0);
}

/* Is `name` the history in the profile, or its log or journal? Returns the rest of the name behind
 * the history's ("", "-wal", "-journal"), or NULL. */
static const char *database_part(const Profile *p, const char *name) {
        const char *database = strrchr(p->place.database, '/') + 1;
        size_t len = strlen(database);

        if (strncmp(name, database, len) != 0)
                return NULL;
        name += len;
        return streq(name, "") || streq(name, "-wal") || streq(name, "-journal") ? name : NULL;
}

static void on_profile_event(History *h, Profile *p, uint32_t mask, const char *name) {
        /* the folder itself: it may have become readable */
        const char *part = name ? database_part(p, name) : "-";

        if (!part)
                return;
        profile_schedule(p, history_copy_tick_usec());
        if (*part == '\0' && (mask & CAME_OR_WENT))
                schedule_scan(h, SCAN_USEC);
}

static void on_folder(void *userdata, const char *folder, uint32_t mask, const char *name) {
        History *h = userdata;

        if (mask & IN_Q_OVERFLOW) {
                look_everywhere(h);
                return;
        }
        if (name ? browser_scan_concerns(&h->scan, folder, name)
                 : (mask & (SELF_GONE | IN_ATTRIB)) != 0)
                schedule_scan(h, SCAN_USEC);
        for (size_t i = 0; i < h->n_profiles; i++)
                if (streq(h->profiles[i]->place.folder, folder))
                        on_profile_event(h, h->profiles[i], mask, name);
}

/* --- the sensor ------------------------------------------------------------------------------ */

int history_new(sd_event *event, const char *home, const char *config_home, const char *runtime_dir,
        const HistoryListener *listener, void *userdata, History **ret) {
        _cleanup_(history_freep) History *h = calloc(1, sizeof(*h));

        assert(listener->resume && listener->visits && listener->coverage);
        if (!h)
                return -ENOMEM;
        h->event = sd_event_ref(event);
        h->listener = listener;
        h->userdata = userdata;
        h->home = strdup(home);
        h->config_home = strdup(config_home);
        h->runtime_dir = strdup(runtime_dir);
        if (!h->home || !h->config_home || !h->runtime_dir)
                return -ENOMEM;
        *ret = TAKE_PTR(h);
        return 0;
}

/* Ends every watch, timer and profile. */
static void history_drop_all(History *h) {
        h->stop_asked = false;
        h->started = false;
        for (size_t i = 0; i < h->n_profiles; i++)
                (void)profile_free(h->profiles[i]);
        free(h->profiles);
        h->profiles = NULL;
        h->n_profiles = h->profiles_space = 0;
        h->scan_timer = sd_event_source_disable_unref(h->scan_timer);
        h->watch = folder_watch_free(h->watch);
        browser_scan_done(&h->scan);
}

History *history_free(History *h) {
        if (!h)
                return NULL;
        assert(!h->busy);
        history_drop_all(h);
        sd_event_unref(h->event);
        free(h->home);
        free(h->config_home);
        free(h->runtime_dir);
        free(h->told_detail);
        free(h);
        return NULL;
}

/* Reads a profile now, and if the browser writes to it just then, a few times more. This is the
 * only place that waits: at most START_TRIES ticks of the clock, so that history_start() can keep
 * its word about what was there. */
static void profile_read_first(Profile *p) {
        const struct timespec tick = {.tv_nsec = (long)history_copy_tick_usec() * 1000};

        for (int i = 0; i < START_TRIES; i++) {
                profile_read(p);
                if (p->history->stop_asked || p->tries == 0 || p->refused || p->error < 0)
                        break;
                (void)nanosleep(&tick, NULL);
        }
}

static void read_all(History *h) {
        for (size_t i = 0; i < h->n_profiles && !h->stop_asked; i++)
                profile_read_first(h->profiles[i]);
        if (h->stop_asked)
                history_drop_all(h);
}

/* Moves the bound; what a move back in time uncovers is to be read again. */
static void set_since(History *h, uint64_t since_usec) {
        uint64_t old = h->since_usec;

        h->since_usec = since_usec;
        for (size_t i = 0; i < h->n_profiles && since_usec < old; i++)
                h->profiles[i]->again_usec = MAX(h->profiles[i]->again_usec, old);
}

int history_start(History *h, uint64_t since_usec) {
        uint64_t old = h->ever_started ? h->since_usec : since_usec;
        int r;

        h->stop_asked = false;
        if (!h->started) {
                history_copy_sweep(h->runtime_dir);
                r = folder_watch_new(h->event, on_folder, h, &h->watch);
                if (r >= 0)
                        r = scan_and_watch(h);
                if (r < 0) {
                        history_drop_all(h);
                        return r;
                }
                h->started = true;
                h->told_once = false;
        } else if (since_usec >= old) {
                h->since_usec = since_usec;
                return 0;
        }
        h->since_usec = old;
        h->ever_started = true;
        set_since(h, since_usec);
        if (h->busy)
                look_everywhere(h); /* called by the listener: the loop reads it */
        else
                read_all(h);
        if (h->started)
                tell_coverage(h);
        return 0;
}

void history_stop(History *h) {
        if (h->busy)
                h->stop_asked = true;
        else
                history_drop_all(h);
}
