/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a lease may become, and when. It has no file, no bus and no clock of its own: the enforcer
 * brings it the time and keeps it. Names and patterns come to it checked. */

#include "enforcer/lease.h"

#include "common/array.h"

#include <errno.h>
#include <inttypes.h>

static void items_done(LeaseItems *list) {
        for (size_t i = 0; i < list->n; i++)
                free(list->items[i].text);
        free(list->items);
        *list = (LeaseItems){0};
}

void lease_init(Lease *l, uid_t uid, uint32_t address, const Moment *now) {
        *l = (Lease){
                .uid = uid,
                .address = address,
        };
        elapsed_init(&l->clock, now);
}

void lease_done(Lease *l) {
        items_done(&l->hosts);
        items_done(&l->patterns);
        *l = (Lease){0};
}

/* --- the clock ------------------------------------------------------------------------------- */

bool lease_tick(Lease *l, const Moment *now) {
        bool keep = elapsed_tick(&l->clock, now);

        if (l->release_usec > 0 && l->clock.usec >= usec_later(l->release_usec, LEASE_WINDOW_USEC))
                l->release_usec = 0;
        return keep;
}

uint64_t lease_wall(const Lease *l, uint64_t clock_usec) {
        return elapsed_wall(&l->clock, clock_usec);
}

uint64_t lease_clock(const Lease *l, uint64_t wall_usec) {
        return elapsed_clock(&l->clock, wall_usec);
}

/* --- what holds ------------------------------------------------------------------------------ */

bool lease_locked(const Lease *l) {
        bool waited_out = l->release_usec > 0 && l->clock.usec >= l->release_usec;

        return l->clock.usec < l->ends_usec && !waited_out;
}

/* When the lease is lifted if nobody renews it. */
static uint64_t lifted_usec(const Lease *l) {
        return usec_later(MAX(l->ends_usec, l->renewed_usec), LEASE_AFTER_USEC);
}

bool lease_stands(const Lease *l) {
        return l->generation > 0 && l->clock.usec < lifted_usec(l);
}

static uint64_t items_next(const Lease *l, const LeaseItems *list) {
        uint64_t next = UINT64_MAX;

        for (size_t i = 0; i < list->n; i++)
                if (list->items[i].open_usec > l->clock.usec)
                        next = MIN(next, list->items[i].open_usec);
        return next;
}

uint64_t lease_next(const Lease *l) {
        uint64_t next = MIN(items_next(l, &l->hosts), items_next(l, &l->patterns));

        return lease_stands(l) ? MIN(next, lifted_usec(l)) : next;
}

static bool within_grace(const Lease *l, uint64_t usec) {
        return l->clock.usec - usec <= LEASE_GRACE_USEC;
}

/* --- the end --------------------------------------------------------------------------------- */

/* The end that is meant by `until`. While it is locked a step of the wall clock must neither
 * lengthen nor shorten it, so it is compared with what was asked for before. */
static uint64_t end_asked(const Lease *l, uint64_t until) {
        uint64_t end = lease_clock(l, until), by_difference;

        if (l->generation > 0 && until == l->asked_usec)
                return l->ends_usec;
        if (!lease_locked(l))
                return MAX(end, l->ends_usec) <= l->clock.usec ? l->ends_usec : end;
        by_difference = usec_moved(l->ends_usec, l->asked_usec, until);
        if (until < l->asked_usec)
                return by_difference;
        end = MIN(end, by_difference);
        return MAX(end, l->ends_usec);
}

/* The earliest end that a locked lease can be given: the one it had when the grace began. */
static uint64_t end_earliest(const Lease *l) {
        for (size_t i = 0; i < l->n_before; i++)
                if (within_grace(l, l->before[i].left_usec))
                        return l->before[i].ends_usec;
        return l->ends_usec;
}

static bool end_breaks(const Lease *l, uint64_t end) {
        uint64_t earliest = end_earliest(l);

        /* of the ends that have passed, one is as good as another */
        return end < earliest && earliest > l->clock.usec;
}

/* Remembers what can be taken back. A lengthening for which there is no room can be taken back as
 * long as the one before it. */
static void end_set(Lease *l, uint64_t end, uint64_t until) {
        uint64_t was = lease_locked(l) ? l->ends_usec : MIN(l->ends_usec, l->clock.usec);

        while (l->n_before > 0 && !within_grace(l, l->before[0].left_usec))
                memmove(l->before, l->before + 1, --l->n_before * sizeof(*l->before));
        while (l->n_before > 0 && l->before[l->n_before - 1].ends_usec >= end)
                l->n_before--;
        if (end > was && l->n_before < LEASE_ENDS_MAX)
                l->before[l->n_before++] = (LeaseEnd){was, l->clock.usec};
        l->ends_usec = end;
        l->asked_usec = until;
}

/* --- hold ------------------------------------------------------------------------------------ */

/* What a set becomes. */
typedef struct Merge {
        LeaseItems items;
        bool changed;
        bool breaks; /* it lacks what was promised */
} Merge;

static void merge_done(Merge *m) {
        items_done(&m->items);
}

static bool text_fits(const char *text, size_t len) {
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)text[i] <= ' ' || text[i] == '\x7f')
                        return false;
        return len > 0 && len <= LEASE_PATTERN_LEN;
}

/* Appends `item`, with a copy of the text. */
static int items_add(
        LeaseItems *list, size_t max, const LeaseItem *item, const char *text, size_t len) {
        _cleanup_free_ char *copy = NULL;

        if (list->n >= max)
                return -E2BIG;
        if (!text_fits(text, len))
                return -EINVAL;
        copy = strndup(text, len);
        if (!copy || ARRAY_RESERVE(list->items, list->space, list->n + 1) < 0)
                return -ENOMEM;
        list->items[list->n] = *item;
        list->items[list->n++].text = TAKE_PTR(copy);
        return 0;
}

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Leaves out those of the old items, from *at on, that come before `text`; all with NULL. */
static void merge_skip(
        Merge *m, const Lease *l, const LeaseItems *old, size_t *at, const char *text) {
        for (; *at < old->n && (!text || strcmp(old->items[*at].text, text) < 0); ++*at) {
                m->changed = true;
                m->breaks |= !within_grace(l, old->items[*at].added_usec);
        }
}

static int merge(Merge *m, const Lease *l, const LeaseItems *old, const char *const *texts,
        size_t n, size_t max) {
        _cleanup_free_ const char **sorted = reallocarray(NULL, n + 1, sizeof(*sorted));
        size_t at = 0;
        int r;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                sorted[i] = texts[i];
        qsort(sorted, n, sizeof(*sorted), compare_texts);

        for (size_t i = 0; i < n; i++) {
                LeaseItem item = {.added_usec = l->clock.usec};

                if (i > 0 && streq(sorted[i], sorted[i - 1]))
                        continue;
                merge_skip(m, l, old, &at, sorted[i]);
                if (at < old->n && streq(old->items[at].text, sorted[i]))
                        item = old->items[at++];
                else
                        m->changed = true;
                r = items_add(&m->items, max, &item, sorted[i], strlen(sorted[i]));
                if (r < 0)
                        return r;
        }
        merge_skip(m, l, old, &at, NULL);
        return 0;
}

static void items_replace(LeaseItems *list, Merge *m) {
        items_done(list);
        *list = m->items;
        m->items = (LeaseItems){0};
}

int lease_hold(Lease *l, const char *const *hosts, size_t n_hosts, const char *const *patterns,
        size_t n_patterns, uint64_t until_wall_usec) {
        _cleanup_(merge_done) Merge host = {0}, pattern = {0};
        uint64_t end = end_asked(l, until_wall_usec);
        bool changed = l->generation == 0 || end != l->ends_usec;
        bool used_up; /* the early end that was asked for */
        int r;

        r = merge(&host, l, &l->hosts, hosts, n_hosts, LEASE_HOSTS_MAX);
        if (r < 0)
                return r;
        r = merge(&pattern, l, &l->patterns, patterns, n_patterns, LEASE_PATTERNS_MAX);
        if (r < 0)
                return r;
        if (end > usec_later(l->clock.usec, LEASE_LONGEST_USEC))
                return -EINVAL;
        if (lease_locked(l) && (host.breaks || pattern.breaks || end_breaks(l, end)))
                return -EPERM;

        used_up = l->release_usec > 0 && (!lease_locked(l) || end > l->ends_usec);
        if (end != l->ends_usec || l->generation == 0)
                end_set(l, end, until_wall_usec);
        if (used_up)
                l->release_usec = 0;
        changed |= used_up || host.changed || pattern.changed;
        items_replace(&l->hosts, &host);
        items_replace(&l->patterns, &pattern);
        l->renewed_usec = l->clock.usec;
        l->generation += changed;
        return changed;
}

/* --- ways out -------------------------------------------------------------------------------- */

uint64_t lease_request_release(Lease *l) {
        if (lease_locked(l) && l->release_usec == 0) {
                l->release_usec = usec_later(l->clock.usec, LEASE_COOL_DOWN_USEC);
                l->generation++;
        }
        if (l->release_usec == 0)
                return lease_wall(l, l->ends_usec);
        return lease_wall(l, MIN(l->release_usec, l->ends_usec));
}

int lease_cancel_release(Lease *l) {
        if (l->release_usec == 0)
                return 0;
        l->release_usec = 0;
        l->generation++;
        return 1;
}

static int compare_item(const void *text, const void *item) {
        return strcmp(text, ((const LeaseItem *)item)->text);
}

static LeaseItem *items_find(const LeaseItems *list, const char *text) {
        if (list->n == 0)
                return NULL;
        return bsearch(text, list->items, list->n, sizeof(*list->items), compare_item);
}

/* No name is a pattern of another meaning: one without a path stands for the same host. */
static LeaseItem *held_find(const Lease *l, const char *text) {
        LeaseItem *item = items_find(&l->hosts, text);

        return item ? item : items_find(&l->patterns, text);
}

/* Sets until when they are let be; 0 shuts them. -ENOENT when one of them is not held. */
static int open_items(Lease *l, const char *const *hosts, size_t n, uint64_t until) {
        if (n == 0)
                return -EINVAL;
        for (size_t i = 0; i < n; i++)
                if (!lease_stands(l) || !held_find(l, hosts[i]))
                        return -ENOENT;
        for (size_t i = 0; i < n; i++) {
                LeaseItem *item = held_find(l, hosts[i]);

                item->open_usec = until == 0 ? 0 : MAX(item->open_usec, until);
        }
        l->generation++;
        return 0;
}

int lease_except(
        Lease *l, const char *const *hosts, size_t n, unsigned minutes, uint64_t *ret_until_wall) {
        uint64_t full =
                usec_later(MAX(l->except_full_usec, l->clock.usec), LEASE_EXCEPT_REFILL_USEC);
        uint64_t until = minutes == 0 ? 0 : usec_later(l->clock.usec, minutes * 60 * USEC_PER_SEC);
        int r;

        if (minutes > LEASE_EXCEPT_MINUTES)
                return -EINVAL;
        if (until > 0 && full - l->clock.usec > LEASE_EXCEPT_QUOTA * LEASE_EXCEPT_REFILL_USEC)
                return -EDQUOT;
        r = open_items(l, hosts, n, until);
        if (r < 0)
                return r;
        if (until > 0)
                l->except_full_usec = full;
        *ret_until_wall = until == 0 ? 0 : lease_wall(l, until);
        return 0;
}

/* --- the file's text ------------------------------------------------------------------------- */

static const struct Number {
        const char *name;
        size_t offset; /* of a uint64_t in a Lease */
} numbers[] = {
        {"generation", offsetof(Lease, generation)},
        {"seen-boot", offsetof(Lease, clock.seen.boot_usec)},
        {"seen-wall", offsetof(Lease, clock.seen.wall_usec)},
        {"clock", offsetof(Lease, clock.usec)},
        {"ends", offsetof(Lease, ends_usec)},
        {"asked", offsetof(Lease, asked_usec)},
        {"renewed", offsetof(Lease, renewed_usec)},
        {"release", offsetof(Lease, release_usec)},
        {"except-full", offsetof(Lease, except_full_usec)},
};

/* FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
static uint64_t checksum(const char *data, size_t len) {
        uint64_t h = 0xcbf29ce484222325ULL;

        for (size_t i = 0; i < len; i++)
                h = (h ^ (unsigned char)data[i]) * 0x100000001b3ULL;
        return h;
}

static void write_items(const char *name, const LeaseItems *list, Buffer *to) {
        (void)buffer_printf(to, "%s %zu\n", name, list->n);
        for (size_t i = 0; i < list->n; i++)
                (void)buffer_printf(to, "%" PRIu64 " %" PRIu64 " %s\n", list->items[i].added_usec,
                        list->items[i].open_usec, list->items[i].text);
}

int lease_write(const Lease *l, Buffer *to) {
        size_t from = to->len;

        (void)buffer_printf(to, "nocontact-lease 1\nuid %u\naddress %" PRIu32 "\nboot %s\n", l->uid,
                l->address, l->clock.seen.boot);
        for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
                uint64_t value;

                memcpy(&value, (const char *)l + numbers[i].offset, sizeof(value));
                (void)buffer_printf(to, "%s %" PRIu64 "\n", numbers[i].name, value);
        }
        (void)buffer_printf(to, "before %zu\n", l->n_before);
        for (size_t i = 0; i < l->n_before; i++)
                (void)buffer_printf(to, "%" PRIu64 " %" PRIu64 "\n", l->before[i].ends_usec,
                        l->before[i].left_usec);
        write_items("hosts", &l->hosts, to);
        write_items("patterns", &l->patterns, to);
        if (to->error < 0)
                return to->error;
        return buffer_printf(to, "sum %016" PRIx64 "\n", checksum(to->data + from, to->len - from));
}

/* Takes words apart and no more. What it makes of them is written again and compared with what was
 * read: so the reader need not look at names, digits or the checksum. */
typedef struct Reader {
        const char *at, *end;
} Reader;

typedef struct Word {
        const char *text;
        size_t len;
} Word;

/* The next word; an empty one when there is no more. */
static Word read_word(Reader *r) {
        Word word = {.text = r->at};

        while (r->at < r->end && *r->at != ' ' && *r->at != '\n')
                r->at++;
        word.len = (size_t)(r->at - word.text);
        if (r->at < r->end)
                r->at++;
        return word;
}

static uint64_t read_number(Reader *r) {
        Word word = read_word(r);
        uint64_t n = 0;

        for (size_t i = 0; i < word.len; i++)
                n = n * 10 + (unsigned char)word.text[i] - '0';
        return n;
}

/* A name and its number. */
static uint64_t read_field(Reader *r) {
        (void)read_word(r);
        return read_number(r);
}

static int read_items(Reader *r, size_t max, LeaseItems *list) {
        for (uint64_t n = read_field(r); n > 0; n--) {
                LeaseItem item = {.added_usec = read_number(r)};
                Word word;
                int q;

                item.open_usec = read_number(r);
                word = read_word(r);
                q = items_add(list, max, &item, word.text, word.len);
                if (q < 0)
                        return q == -ENOMEM ? q : -EBADMSG;
                if (list->n > 1 &&
                        strcmp(list->items[list->n - 2].text, list->items[list->n - 1].text) >= 0)
                        return -EBADMSG;
        }
        return 0;
}

static int read_head(Reader *r, Lease *l) {
        Word boot;

        (void)read_field(r);
        l->uid = (uid_t)read_field(r);
        l->address = (uint32_t)read_field(r);
        (void)read_word(r);
        boot = read_word(r);
        if (boot.len >= sizeof(l->clock.seen.boot))
                return -EBADMSG;
        memcpy(l->clock.seen.boot, boot.text, boot.len);
        for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
                uint64_t value = read_field(r);

                memcpy((char *)l + numbers[i].offset, &value, sizeof(value));
        }
        l->clock.kept_usec = l->clock.usec;
        return 0;
}

static int read_before(Reader *r, Lease *l) {
        uint64_t n = read_field(r);

        if (n > LEASE_ENDS_MAX)
                return -EBADMSG;
        for (; l->n_before < n; l->n_before++) {
                l->before[l->n_before].ends_usec = read_number(r);
                l->before[l->n_before].left_usec = read_number(r);
        }
        return 0;
}

int lease_read(const char *data, size_t len, Lease *ret) {
        _cleanup_(lease_done) Lease l = {0};
        _cleanup_(buffer_done) Buffer again = {0};
        Reader reader = {data, data + len};
        int r;

        if (len == 0)
                return -EBADMSG;
        r = read_head(&reader, &l);
        if (r < 0)
                return r;
        r = read_before(&reader, &l);
        if (r < 0)
                return r;
        r = read_items(&reader, LEASE_HOSTS_MAX, &l.hosts);
        if (r < 0)
                return r;
        r = read_items(&reader, LEASE_PATTERNS_MAX, &l.patterns);
        if (r < 0)
                return r;
        r = lease_write(&l, &again);
        if (r < 0)
                return r;
        if (again.len != len || memcmp(again.data, data, len) != 0)
                return -EBADMSG;
        *ret = TAKE_STRUCT(l);
        return 0;
}
