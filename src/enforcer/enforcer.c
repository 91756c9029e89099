/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The owner of the leases. It knows no bus, no arithmetic of leases and no syntax of the hosts
 * file: it asks the clocks what time it is, lets lease.c decide, and carries the outcome to the
 * disk. The face and main.c call it. */

#include "enforcer/enforcer.h"

#include "common/array.h"
#include "common/file.h"
#include "common/host-name.h"
#include "common/log.h"
#include "common/url-pattern.h"
#include "enforcer/hosts-file.h"
#include "enforcer/lease-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum {
        OWN_NAMES_MAX = 4,
        REPAIRS_KEPT = 60 * ENFORCER_REPAIRS_MAX, /* an hour's */
};

typedef struct Held {
        Lease lease;
        bool dirty;  /* the clock went on in a way that is to be written down */
        bool closed; /* an exception has just ended */
        bool gone;   /* is being released */
} Held;

struct Enforcer {
        char *hosts_path, *state_dir, *root, *repairs_path;
        int lock; /* file descriptor */

        /* as they were when the last call began */
        Moment now;
        Held *held; /* by uid */
        size_t n, space;
        bool lost;    /* a lease was damaged and removed */
        int policies; /* what came of the browsers' policies the last time */
};

/* --- the clocks and the machine's names ------------------------------------------------------- */

static uint64_t clock_now(clockid_t id) {
        struct timespec ts = {0};

        (void)clock_gettime(id, &ts);
        return ts.tv_sec < 0 ? 0 : (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

static int moment_now(Moment *ret) {
        Moment now = {
                .boot_usec = clock_now(CLOCK_BOOTTIME),
                .wall_usec = clock_now(CLOCK_REALTIME),
        };
        int r;

        r = boot_id_read(now.boot);
        if (r < 0)
                return r;
        *ret = now;
        return 0;
}

typedef struct OwnNames {
        char text[OWN_NAMES_MAX][HOST_NAME_MAX_LEN + 1];
        const char *names[OWN_NAMES_MAX];
        size_t n;
} OwnNames;

static void own_names_add(OwnNames *own, const char *name, size_t len) {
        char *to = own->text[own->n];

        if (len == 0)
                return;
        for (size_t i = 0; i < len; i++)
                to[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
        to[len] = '\0';
        own->names[own->n++] = to;
}

/* What this machine calls itself, now and after the next boot, each also without its domain. */
static void own_names_find(OwnNames *own) {
        char name[HOST_NAME_MAX_LEN + 1] = "";

        own->n = 0;
        (void)gethostname(name, sizeof(name) - 1);
        own_names_add(own, name, strlen(name));
        own_names_add(own, name, strcspn(name, "."));
        if (file_read_word("/etc/hostname", name, sizeof(name)) < 0)
                return;
        own_names_add(own, name, strlen(name));
        own_names_add(own, name, strcspn(name, "."));
}

/* --- the leases ------------------------------------------------------------------------------- */

static void forget(Enforcer *e) {
        for (size_t i = 0; i < e->n; i++)
                lease_done(&e->held[i].lease);
        e->n = 0;
        e->lost = false;
}

int enforcer_new(const char *hosts_path, const char *state_dir, const char *root, Enforcer **ret) {
        _cleanup_(enforcer_freep) Enforcer *e = calloc(1, sizeof(*e));
        _cleanup_free_ char *lock = path_join(state_dir, "lock");
        int r;

        if (!e || !lock)
                return -ENOMEM;
        e->lock = -1;
        e->hosts_path = strdup(hosts_path);
        e->state_dir = strdup(state_dir);
        e->root = strdup(root);
        e->repairs_path = path_join(state_dir, "repairs");
        if (!e->hosts_path || !e->state_dir || !e->root || !e->repairs_path)
                return -ENOMEM;
        r = folder_make_private(state_dir);
        if (r < 0)
                return r;
        e->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (e->lock < 0)
                return -errno;
        *ret = TAKE_PTR(e);
        return 0;
}

Enforcer *enforcer_free(Enforcer *e) {
        if (!e)
                return NULL;
        forget(e);
        closep(&e->lock);
        free(e->held);
        free(e->repairs_path);
        free(e->root);
        free(e->state_dir);
        free(e->hosts_path);
        free(e);
        return NULL;
}

/* An exception that is over is taken out of the lease, which is how it is told from a repair. */
static bool exceptions_close(LeaseItems *list, uint64_t clock_usec) {
        bool any = false;

        for (size_t i = 0; i < list->n; i++) {
                LeaseItem *item = &list->items[i];

                if (item->open_usec > 0 && item->open_usec <= clock_usec) {
                        item->open_usec = 0;
                        any = true;
                }
        }
        return any;
}

static int load_one(Enforcer *e, uid_t uid) {
        Held *h = &e->held[e->n];
        int r;

        *h = (Held){0};
        r = lease_file_load(e->state_dir, uid, &h->lease);
        if (r == -EBADMSG) {
                /* which names it held is not known any more, so it holds none */
                log_warning("A lease of user %u was damaged; it was removed.", (unsigned)uid);
                e->lost = true;
                return lease_file_remove(e->state_dir, uid);
        }
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        h->dirty = lease_tick(&h->lease, &e->now);
        h->closed = exceptions_close(&h->lease.hosts, h->lease.clock.usec);
        h->closed |= exceptions_close(&h->lease.patterns, h->lease.clock.usec);
        e->n++;
        return 0;
}

static int compare_uids(const void *a, const void *b) {
        const uid_t x = *(const uid_t *)a, y = *(const uid_t *)b;

        return x < y ? -1 : x > y;
}

static void unlockp(const int *fd) {
        if (*fd >= 0)
                (void)flock(*fd, LOCK_UN);
}

/* To the end of the caller's scope nobody else changes leases or file. */
static int lock_take(Enforcer *e, int *ret_lock) {
        while (flock(e->lock, LOCK_EX) < 0)
                if (errno != EINTR)
                        return -errno;
        *ret_lock = e->lock;
        return 0;
}

/* The same, with the leases as they stand now. */
static int enter(Enforcer *e, int *ret_lock) {
        _cleanup_free_ uid_t *uids = NULL;
        size_t n = 0;
        int r;

        forget(e);
        r = lock_take(e, ret_lock);
        if (r < 0)
                return r;
        r = moment_now(&e->now);
        if (r < 0)
                return r;
        r = lease_file_list(e->state_dir, &uids, &n);
        if (r < 0)
                return r;
        r = ARRAY_RESERVE(e->held, e->space, n + 1); /* one for a newcomer */
        if (r < 0)
                return r;
        if (n > 0)
                qsort(uids, n, sizeof(*uids), compare_uids);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = load_one(e, uids[i]);
        return r;
}

static Held *find(Enforcer *e, uid_t uid) {
        for (size_t i = 0; i < e->n; i++)
                if (e->held[i].lease.uid == uid)
                        return &e->held[i];
        return NULL;
}

/* What a machine says must not be read as a refusal of ours. */
static int machine_error(int r) {
        static const int refusals[] = {EINVAL, EPERM, E2BIG, EDQUOT, ENOENT, EAGAIN};

        for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
                if (r == -refusals[i])
                        return -EIO;
        return r;
}

static int enter_as(Enforcer *e, uid_t uid, int *ret_lock, Held **ret) {
        int r = enter(e, ret_lock);

        if (r < 0)
                return machine_error(r);
        *ret = find(e, uid);
        return 0;
}

static bool address_taken(const Enforcer *e, uint32_t address) {
        for (size_t i = 0; i < e->n; i++)
                if (e->held[i].lease.address == address)
                        return true;
        return false;
}

/* A lease keeps its address; a new one is made of the uid's low bits, or is the next free one. */
static uint32_t address_of(Enforcer *e, uid_t uid) {
        const Held *h = find(e, uid);
        uint32_t host = uid & 0xffff;

        if (h)
                return h->lease.address;
        /* neither the network nor its broadcast address; there are more addresses than leases */
        while (host == 0 || host == 0xffff || address_taken(e, ENFORCER_NET | host))
                host = (host + 1) & 0xffff;
        return ENFORCER_NET | host;
}

/* --- the hosts file --------------------------------------------------------------------------- */

typedef struct Candidate {
        const char *name;
        uint32_t address;
        uid_t uid;
} Candidate;

static int compare_candidates(const void *a, const void *b) {
        const Candidate *x = a, *y = b;
        int order = strcmp(x->name, y->name);

        return order != 0 ? order : compare_uids(&x->uid, &y->uid);
}

/* What the standing leases hold shut. A machine may have been renamed since: its own names never.
 */
static int candidates_find(const Enforcer *e, Candidate **ret, size_t *ret_n) {
        _cleanup_free_ Candidate *found = NULL;
        size_t n = 0, space = 0;
        const char *why;
        OwnNames own;
        int r;

        own_names_find(&own);
        for (size_t i = 0; i < e->n; i++) {
                const Lease *l = &e->held[i].lease;

                if (e->held[i].gone || !lease_stands(l))
                        continue;
                r = ARRAY_RESERVE(found, space, n + l->hosts.n);
                if (r < 0)
                        return r;
                for (size_t k = 0; k < l->hosts.n; k++) {
                        const LeaseItem *item = &l->hosts.items[k];

                        if (item->open_usec == 0 &&
                                host_name_check(item->text, own.names, own.n, &why) == 0)
                                found[n++] = (Candidate){item->text, l->address, l->uid};
                }
        }
        if (n > 0)
                qsort(found, n, sizeof(*found), compare_candidates);
        *ret = TAKE_PTR(found);
        *ret_n = n;
        return 0;
}

/* --- the browsers' policies --------------------------------------------------------------------
 */

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What the standing leases hold shut in browsers, sorted, each once. A lease may be older than a
 * check, and the machine may have been renamed. */
static int patterns_find(const Enforcer *e, const char ***ret, size_t *ret_n) {
        _cleanup_free_ const char **found = NULL;
        size_t n = 0, space = 0, unique = 0;
        const char *why;
        OwnNames own;

        own_names_find(&own);
        for (size_t i = 0; i < e->n; i++) {
                const LeaseItems *list = &e->held[i].lease.patterns;

                if (e->held[i].gone || !lease_stands(&e->held[i].lease))
                        continue;
                if (ARRAY_RESERVE(found, space, n + list->n) < 0)
                        return -ENOMEM;
                for (size_t k = 0; k < list->n; k++)
                        if (list->items[k].open_usec == 0 &&
                                url_pattern_check(list->items[k].text, own.names, own.n, &why) >= 0)
                                found[n++] = list->items[k].text;
        }
        if (n > 0)
                qsort(found, n, sizeof(*found), compare_texts);
        for (size_t i = 0; i < n; i++)
                if (unique == 0 || !streq(found[unique - 1], found[i]))
                        found[unique++] = found[i];
        *ret = TAKE_PTR(found);
        *ret_n = unique;
        return 0;
}

/* Returns 1 when something was written, 0 when not, or a negative errno. */
static int apply_policies(Enforcer *e) {
        _cleanup_free_ const char **patterns = NULL;
        PolicyReport reports[POLICY_BROWSERS];
        size_t n = 0;
        int r;

        r = patterns_find(e, &patterns, &n);
        if (r >= 0)
                r = policy_files_apply(e->root, e->state_dir, patterns, n, reports);
        if (r < 0)
                log_warning(
                        "A browser's policies could not be brought up to date: %s", strerror(-r));
        return r;
}

void enforcer_browsers(Enforcer *e, PolicyReport ret[static POLICY_BROWSERS]) {
        _cleanup_(unlockp) int lock = -1;
        _cleanup_free_ const char **patterns = NULL;
        size_t n = 0;

        if (enter(e, &lock) >= 0)
                (void)patterns_find(e, &patterns, &n);
        policy_files_look(e->root, patterns, n, ret);
}

/* --- all files -------------------------------------------------------------------------------- */

/* After the file agrees: what ran out goes, and what the clocks brought is written down. */
static void settle(Enforcer *e) {
        for (size_t i = 0; i < e->n; i++) {
                const Held *h = &e->held[i];
                int r = 0;

                if (h->gone)
                        continue;
                if (!lease_stands(&h->lease))
                        r = lease_file_remove(e->state_dir, h->lease.uid);
                else if (h->dirty || h->closed)
                        r = lease_file_save(e->state_dir, &h->lease);
                if (r < 0)
                        log_warning("The lease of user %u could not be written down: %s",
                                (unsigned)h->lease.uid, strerror(-r));
        }
}

/* Makes the files agree with the leases as they stand in memory. Returns a HostsOutcome. */
static int apply(Enforcer *e, const char **ret_why) {
        _cleanup_free_ Candidate *found = NULL;
        _cleanup_free_ HostsEntry *entries = NULL;
        size_t n_found = 0, n = 0;
        int r;

        r = candidates_find(e, &found, &n_found);
        if (r < 0)
                return r;
        entries = calloc(n_found + 1, sizeof(*entries));
        if (!entries)
                return -ENOMEM;
        /* of several holders the first, who has the lowest uid */
        for (size_t i = 0; i < n_found; i++)
                if (n == 0 || !streq(entries[n - 1].name, found[i].name))
                        entries[n++] = (HostsEntry){found[i].address, found[i].name};
        r = hosts_file_apply(e->hosts_path, e->state_dir, entries, n, ret_why);
        if (r < 0)
                return machine_error(r);
        e->policies = apply_policies(e);
        if (e->policies > 0)
                r = HOSTS_WRITTEN;
        settle(e);
        return r;
}

/* --- changes of one lease --------------------------------------------------------------------- */

/* The lease first, then the file; and the lease back when one of them could not be written. */
static int commit(Enforcer *e, const Held *h, const char **ret_why) {
        _cleanup_(lease_done) Lease before = {0};
        const uid_t uid = h->lease.uid;
        bool had;
        int r;

        r = lease_file_load(e->state_dir, uid, &before);
        if (r < 0 && r != -ENOENT)
                return machine_error(r);
        had = r == 0;
        r = h->gone ? lease_file_remove(e->state_dir, uid)
                    : lease_file_save(e->state_dir, &h->lease);
        if (r < 0) {
                *ret_why = N_("The lease could not be written down.");
                r = machine_error(r);
        } else {
                r = apply(e, ret_why);
        }
        if (r < 0 && (had ? lease_file_save(e->state_dir, &before)
                          : lease_file_remove(e->state_dir, uid)) < 0)
                log_warning("A lease could not be put back to what it was.");
        return r < 0 ? r : 0;
}

typedef struct Reason {
        int error;
        const char *why;
} Reason;

static int refuse(int r, const Reason *reasons, const char **ret_why) {
        for (; reasons->error != 0; reasons++)
                if (reasons->error == -r)
                        *ret_why = reasons->why;
        return r;
}

static const Reason check_reasons[] = {
        {E2BIG, N_("At most 20,000 names and 1,000 URL patterns can be held.")},
        {0},
};

int enforcer_check(const char *const *hosts, size_t n_hosts, const char *const *patterns,
        size_t n_patterns, const char **ret_why) {
        OwnNames own;
        int r;

        if (n_hosts > LEASE_HOSTS_MAX || n_patterns > LEASE_PATTERNS_MAX)
                return refuse(-E2BIG, check_reasons, ret_why);
        own_names_find(&own);
        for (size_t i = 0; i < n_hosts; i++) {
                r = host_name_check(hosts[i], own.names, own.n, ret_why);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < n_patterns; i++) {
                r = url_pattern_check(patterns[i], own.names, own.n, ret_why);
                if (r < 0)
                        return r;
        }
        return 0;
}

static const Reason hold_reasons[] = {
        {EPERM, N_("The lease still runs: until its end it can be widened and lengthened.")},
        {EINVAL, N_("The end is more than ten years away.")},
        {0},
};

int enforcer_hold(Enforcer *e, uid_t uid, const char *const *hosts, size_t n_hosts,
        const char *const *patterns, size_t n_patterns, uint64_t until_usec,
        uint64_t *ret_generation, const char **ret_why) {
        _cleanup_(unlockp) int lock = -1;
        Held *h = NULL;
        int r;

        r = enforcer_check(hosts, n_hosts, patterns, n_patterns, ret_why);
        if (r < 0)
                return r;
        r = enter_as(e, uid, &lock, &h);
        if (r < 0)
                return r;
        if (!h) {
                const uint32_t address = address_of(e, uid);

                h = &e->held[e->n++];
                *h = (Held){0};
                lease_init(&h->lease, uid, address, &e->now);
        }
        r = lease_hold(&h->lease, hosts, n_hosts, patterns, n_patterns, until_usec);
        if (r < 0)
                return refuse(r, hold_reasons, ret_why);
        r = commit(e, h, ret_why);
        if (r < 0)
                return r;
        *ret_generation = h->lease.generation;
        return 0;
}

static const Reason lease_reasons[] = {
        {ENOENT, N_("You hold nothing.")},
        {EPERM, N_("The lease still runs. An early end can be asked for, and waits for a day.")},
        {0},
};

int enforcer_release(Enforcer *e, uid_t uid, const char **ret_why) {
        _cleanup_(unlockp) int lock = -1;
        Held *h = NULL;
        int r;

        r = enter_as(e, uid, &lock, &h);
        if (r < 0)
                return r;
        if (!h)
                return 0;
        /* what was held by mistake a few minutes ago can be let go at once */
        if (lease_locked(&h->lease) && lease_hold(&h->lease, NULL, 0, NULL, 0, 0) < 0)
                return refuse(-EPERM, lease_reasons, ret_why);
        h->gone = true;
        return commit(e, h, ret_why);
}

int enforcer_request_release(Enforcer *e, uid_t uid, uint64_t *ret_due, const char **ret_why) {
        _cleanup_(unlockp) int lock = -1;
        uint64_t due;
        Held *h = NULL;
        int r;

        r = enter_as(e, uid, &lock, &h);
        if (r < 0)
                return r;
        if (!h)
                return refuse(-ENOENT, lease_reasons, ret_why);
        due = lease_request_release(&h->lease);
        r = commit(e, h, ret_why);
        if (r < 0)
                return r;
        *ret_due = due;
        return 0;
}

int enforcer_cancel_release(Enforcer *e, uid_t uid, const char **ret_why) {
        _cleanup_(unlockp) int lock = -1;
        Held *h = NULL;
        int r;

        r = enter_as(e, uid, &lock, &h);
        if (r < 0)
                return r;
        if (!h || lease_cancel_release(&h->lease) == 0)
                return 0;
        return commit(e, h, ret_why);
}

static const Reason except_reasons[] = {
        {ENOENT, N_("One of these names is not held.")},
        {EINVAL, N_("An exception is for some names, and for at most 30 minutes.")},
        {EDQUOT, N_("The exceptions are used up; one comes back each day.")},
        {0},
};

int enforcer_except(Enforcer *e, uid_t uid, const char *const *hosts, size_t n, unsigned minutes,
        uint64_t *ret_until, const char **ret_why) {
        _cleanup_(unlockp) int lock = -1;
        uint64_t until;
        Held *h = NULL;
        int r;

        r = enter_as(e, uid, &lock, &h);
        if (r < 0)
                return r;
        if (!h)
                return refuse(-ENOENT, except_reasons, ret_why);
        r = lease_except(&h->lease, hosts, n, minutes, &until);
        if (r < 0)
                return refuse(r, except_reasons, ret_why);
        r = commit(e, h, ret_why);
        if (r < 0)
                return r;
        *ret_until = until;
        return 0;
}

const Lease *enforcer_lease(Enforcer *e, uid_t uid) {
        _cleanup_(unlockp) int lock = -1;
        const Held *h;

        if (enter(e, &lock) < 0)
                return NULL;
        h = find(e, uid);
        return h ? &h->lease : NULL;
}

uint32_t enforcer_address(Enforcer *e, uid_t uid) {
        _cleanup_(unlockp) int lock = -1;

        (void)enter(e, &lock);
        return address_of(e, uid);
}

/* --- all leases ------------------------------------------------------------------------------- */

/* When repairs were made, wall time, the newest last: an hour cannot hold more than these. */
typedef struct Repairs {
        uint64_t at[REPAIRS_KEPT];
        size_t n;
} Repairs;

static void repairs_read(const Enforcer *e, Repairs *ret) {
        _cleanup_close_ int fd = open(e->repairs_path, O_RDONLY | O_CLOEXEC);
        ssize_t len = fd < 0 ? 0 : read(fd, ret->at, sizeof(ret->at));

        ret->n = (size_t)MAX(len, 0) / sizeof(ret->at[0]);
}

/* How many there were in the last `span`. What has not come yet was written by a wrong clock. */
static size_t repairs_within(const Enforcer *e, const Repairs *repairs, uint64_t span) {
        size_t n = 0;

        for (size_t i = 0; i < repairs->n; i++)
                n += repairs->at[i] <= e->now.wall_usec && e->now.wall_usec - repairs->at[i] < span;
        return n;
}

/* A record that is lost in a power cut is lost: nothing is decided by it but a pause. */
static void repairs_add(const Enforcer *e, Repairs *repairs) {
        _cleanup_close_ int fd = -1;

        if (repairs->n == REPAIRS_KEPT)
                memmove(repairs->at, repairs->at + 1, --repairs->n * sizeof(repairs->at[0]));
        repairs->at[repairs->n++] = e->now.wall_usec;
        fd = open(e->repairs_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 || write(fd, repairs->at, repairs->n * sizeof(repairs->at[0])) < 0)
                log_warning("A repair could not be noted: %s", strerror(errno));
}

void enforcer_repairs(Enforcer *e, unsigned *ret_n, uint64_t *ret_last_usec) {
        Repairs repairs;

        (void)moment_now(&e->now);
        repairs_read(e, &repairs);
        *ret_n = (unsigned)repairs_within(e, &repairs, USEC_PER_HOUR);
        *ret_last_usec = repairs.n > 0 ? repairs.at[repairs.n - 1] : 0;
}

int enforcer_reconcile(Enforcer *e, const char **ret_what, const char **ret_why) {
        _cleanup_(unlockp) int lock = -1;
        bool lapsed, closed = false;
        Repairs repairs;
        int r;

        r = enter(e, &lock);
        if (r < 0)
                return machine_error(r);
        lapsed = e->lost;
        for (size_t i = 0; i < e->n; i++) {
                lapsed |= !lease_stands(&e->held[i].lease);
                closed |= e->held[i].closed;
        }
        repairs_read(e, &repairs);
        if (!lapsed && !closed &&
                repairs_within(e, &repairs, USEC_PER_MIN) >= ENFORCER_REPAIRS_MAX) {
                *ret_why =
                        N_("The block was repaired several times in a minute; it rests a while.");
                return -EAGAIN;
        }
        r = apply(e, ret_why);
        if (r < 0)
                return r;
        if (!lapsed && (closed || r != HOSTS_WRITTEN))
                return 0;
        if (!lapsed)
                repairs_add(e, &repairs);
        *ret_what = lapsed ? "lifted" : "repaired";
        return 1;
}

int enforcer_lift_all(Enforcer *e, const char **ret_why) {
        _cleanup_(unlockp) int lock = -1;
        _cleanup_free_ uid_t *uids = NULL;
        size_t n = 0;
        int r;

        /* the leases are not read: nothing that may be wrong with them can keep anybody in */
        forget(e);
        r = lock_take(e, &lock);
        if (r < 0)
                return machine_error(r);
        r = lease_file_list(e->state_dir, &uids, &n);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = lease_file_remove(e->state_dir, uids[i]);
        if (r < 0)
                return machine_error(r);
        r = apply(e, ret_why);
        if (r < 0)
                return r;
        if (e->policies < 0)
                *ret_why = N_("A browser's policies could not be lifted.");
        return e->policies < 0 ? -EIO : 0;
}

uint64_t enforcer_next(Enforcer *e) {
        _cleanup_(unlockp) int lock = -1;
        uint64_t next = UINT64_MAX;
        Repairs repairs;

        if (enter(e, &lock) < 0)
                return UINT64_MAX;
        for (size_t i = 0; i < e->n; i++) {
                const Held *h = &e->held[i];
                const uint64_t at = lease_next(&h->lease), clock = h->lease.clock.usec;

                if (h->closed || !lease_stands(&h->lease))
                        return 0;
                if (at != UINT64_MAX)
                        next = MIN(next, at > clock ? at - clock : 0);
        }
        repairs_read(e, &repairs);
        if (repairs_within(e, &repairs, USEC_PER_MIN) >= ENFORCER_REPAIRS_MAX) {
                const uint64_t at = repairs.at[repairs.n - ENFORCER_REPAIRS_MAX] + USEC_PER_MIN;

                next = MIN(next, at > e->now.wall_usec ? at - e->now.wall_usec : 0);
        }
        return next;
}
