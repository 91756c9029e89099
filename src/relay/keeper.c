/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Rules, spool, and what waits between them. It does not know how a notification came or how its
 * sender is answered, and reads no clock. */

#include "relay/keeper.h"

#include "common/array.h"
#include "common/file.h"
#include "common/log.h"
#include "common/time.h"
#include "core/held.h"
#include "nocontact/bus-names.h"
#include "relay/spooler.h"

#include <errno.h>

/* One that the disk has not taken. */
typedef struct Waiting {
        char id[UUID_SPACE];
        Buffer head;
        void *message; /* owned */
        size_t message_len;
} Waiting;

struct Keeper {
        char *spool, *source;
        Rules *rules;             /* NULL: none */
        uint64_t newest_usec;     /* when the newest of the rules was made */
        char (*ids)[UID_SPACE];   /* of the rules' people, by their index */
        char last_id[UUID_SPACE]; /* "": none yet */
        uint32_t next_id;

        sd_event_source *timer; /* on while something waits */
        Waiting *waiting;       /* the oldest first */
        size_t n_waiting, waiting_space;
        size_t waiting_bytes;
};

static void waiting_done(Waiting *w) {
        buffer_done(&w->head);
        free(w->message);
}

/* --- rules ----------------------------------------------------------------------------------- */

static uint64_t newest_of(const State *s) {
        uint64_t newest = 0;

        for (size_t i = 0; i < s->n_people; i++) {
                const Person *p = &s->people[i];

                newest = MAX(newest, p->commitment.began_usec);
                for (size_t j = 0; j < p->n_identities; j++)
                        newest = MAX(newest, p->identities[j].added_usec);
        }
        return newest;
}

int keeper_set_rules(Keeper *k, const State *s) {
        _cleanup_(rules_freep) Rules *rules = NULL;
        _cleanup_free_ char(*ids)[UID_SPACE] = NULL;
        int r;

        if (s) {
                r = rules_new(s, &rules);
                if (r < 0)
                        return r;
                ids = calloc(s->n_people + 1, sizeof(*ids));
                if (!ids)
                        return -ENOMEM;
                for (size_t i = 0; i < s->n_people; i++)
                        memcpy(ids[i], s->people[i].id, UID_SPACE);
        }
        rules_free(k->rules);
        free(k->ids);
        k->newest_usec = s ? newest_of(s) : 0;
        k->rules = TAKE_PTR(rules);
        k->ids = TAKE_PTR(ids);
        return 0;
}

int keeper_judge(const Keeper *k, const Notice *n, uint64_t now_usec, Verdict *ret) {
        Verdict v = {0};
        int r;

        if (!k->rules)
                return 0;
        /* what comes now comes after the rules that are there: a clock that was set back would
         * make a past of it that they do not reach */
        r = judge_notice(k->rules, n, MAX(now_usec, k->newest_usec),
                (LocalTime){now_usec, time_zone_minutes(now_usec)}, &v);
        if (r <= 0)
                return r;
        if (!v.hold) {
                verdict_done(&v);
                return 0;
        }
        *ret = v;
        return 1;
}

/* --- what waits for the disk ----------------------------------------------------------------- */

static int set_timer(Keeper *k) {
        int r = sd_event_source_set_time_relative(k->timer, KEEPER_RETRY_MSEC * USEC_PER_MSEC);

        return r < 0 ? r : sd_event_source_set_enabled(k->timer, SD_EVENT_ONESHOT);
}

/* Gives the disk what waits, as far as it takes it. */
static int write_waiting(Keeper *k) {
        size_t done = 0;
        int r = 0;

        while (done < k->n_waiting) {
                Waiting *w = &k->waiting[done];

                r = spooler_write(k->spool, w->id, &w->head, w->message, w->message_len);
                if (r < 0)
                        break;
                k->waiting_bytes -= w->head.len + w->message_len;
                waiting_done(w);
                done++;
        }
        k->n_waiting -= done;
        if (k->n_waiting > 0)
                memmove(k->waiting, k->waiting + done, k->n_waiting * sizeof(*k->waiting));
        return r;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Keeper *k = userdata;

        (void)source, (void)usec;
        if (write_waiting(k) < 0)
                return set_timer(k);
        log_info("What was held is written down now.");
        return 0;
}

/* The message is left out when it is more than may wait. */
static int wait_for_disk(Keeper *k, const Held *h, Buffer *head, int why) {
        _cleanup_free_ void *message = NULL;
        _cleanup_(buffer_done) Buffer bare = {0};
        Held short_of_it = *h;
        size_t len = h->message_len;
        int r;

        if (k->waiting_bytes + head->len + len > KEEPER_WAITING_MAX ||
                !(message = malloc(len + 1))) {
                short_of_it.message_len = len = 0;
                r = held_write_head(&short_of_it, &bare);
                if (r < 0)
                        return r;
                head = &bare;
                if (k->waiting_bytes + head->len > KEEPER_WAITING_MAX + KEEPER_HEADS_MAX)
                        return -ENOBUFS;
        } else {
                memcpy(message, h->message, len);
        }
        if (ARRAY_RESERVE(k->waiting, k->waiting_space, k->n_waiting + 1) < 0)
                return -ENOMEM;
        if (k->n_waiting == 0) {
                log_warning("What is held cannot be written down (%s); it waits in memory.",
                        strerror(-why));
                r = set_timer(k);
                if (r < 0)
                        return r;
        }
        k->waiting_bytes += head->len + len;
        k->waiting[k->n_waiting] =
                (Waiting){.head = *head, .message = TAKE_PTR(message), .message_len = len};
        memcpy(k->waiting[k->n_waiting++].id, h->id, UUID_SPACE);
        *head = (Buffer){0};
        return 1;
}

/* --- keeping --------------------------------------------------------------------------------- */

/* Cuts between two characters. */
static void shorten(char *text) {
        size_t len = KEEPER_TEXT_MAX;

        if (strlen(text) <= len)
                return;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
                len--;
        text[len] = '\0';
}

/* The message holds everything, so that a head can do with less. */
static int write_short_head(const Held *h, const Notice *n, Buffer *b) {
        Held bare = *h;
        int r;

        bare.more = NULL;
        bare.app = bare.desktop_entry = bare.summary = bare.body = NULL;
        r = held_set_notice(&bare, n);
        if (r == 0) {
                shorten(bare.app);
                shorten(bare.desktop_entry);
                shorten(bare.summary);
                shorten(bare.body);
                r = held_write_head(&bare, b);
        }
        free(bare.app);
        free(bare.desktop_entry);
        free(bare.summary);
        free(bare.body);
        return r;
}

static int write_head(const Held *h, Buffer *b) {
        Notice n = {h->app, h->desktop_entry, h->summary, h->body};
        int r = held_write_head(h, b);

        if (r != -EMSGSIZE)
                return r;
        buffer_done(b);
        return write_short_head(h, &n, b);
}

static int fill_held(
        const Keeper *k, const Notice *n, const Verdict *v, uint64_t now_usec, Held *h) {
        int r;

        h->at_usec = now_usec;
        h->zone_minutes = time_zone_minutes(now_usec);
        memcpy(h->person, k->ids[v->person], UID_SPACE);
        h->via = strdup(v->via);
        h->source = strdup(k->source);
        if (!h->via || !h->source)
                return -ENOMEM;
        r = held_set_notice(h, n);
        if (r < 0)
                return r;
        return uuid_v7_after(now_usec, k->last_id[0] ? k->last_id : NULL, h->id);
}

static int keep(Keeper *k, Held *h) {
        _cleanup_(buffer_done) Buffer head = {0};
        int r;

        memcpy(k->last_id, h->id, UUID_SPACE);
        r = write_head(h, &head);
        if (r < 0)
                return r;
        /* in their order, and without a disk's time for each while it fails */
        r = k->n_waiting > 0 ? -EAGAIN
                             : spooler_write(k->spool, h->id, &head, h->message, h->message_len);
        return r < 0 ? wait_for_disk(k, h, &head, r) : 0;
}

int keeper_keep(Keeper *k, const Notice *n, const Verdict *v, json_t *more, const void *message,
        size_t message_len, uint64_t now_usec) {
        Held h = {
                .more = json_incref(more),
                .message = message,
                .message_len = message_len,
        };
        int r;

        r = fill_held(k, n, v, now_usec, &h);
        if (r >= 0)
                r = keep(k, &h);
        held_done(&h);
        if (r < 0)
                log_error(
                        "A notification was held and could not be written down: %s", strerror(-r));
        return r;
}

uint32_t keeper_new_id(Keeper *k) {
        uint32_t id = k->next_id++;

        if (k->next_id < NC_RELAY_FIRST_ID)
                k->next_id = NC_RELAY_FIRST_ID;
        return id;
}

size_t keeper_waiting(const Keeper *k) {
        return k->n_waiting;
}

/* --- life ------------------------------------------------------------------------------------ */

int keeper_new(sd_event *event, const char *data_dir, const char *source, Keeper **ret) {
        _cleanup_(keeper_freep) Keeper *k = calloc(1, sizeof(*k));
        int r;

        if (!k)
                return -ENOMEM;
        k->next_id = NC_RELAY_FIRST_ID;
        k->spool = path_join(data_dir, HELD_SPOOL);
        k->source = strdup(source);
        if (!k->spool || !k->source)
                return -ENOMEM;
        r = sd_event_add_time_relative(event, &k->timer, CLOCK_BOOTTIME, 0, 0, on_timer, k);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(k->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = spooler_prepare(k->spool);
        if (r < 0)
                log_warning("The spool %s cannot be made yet: %s", k->spool, strerror(-r));
        *ret = TAKE_PTR(k);
        return 0;
}

Keeper *keeper_free(Keeper *k) {
        if (!k)
                return NULL;
        if (k->n_waiting > 0 && write_waiting(k) < 0)
                log_error("%zu held notifications could not be written down.", k->n_waiting);
        for (size_t i = 0; i < k->n_waiting; i++)
                waiting_done(&k->waiting[i]);
        free(k->waiting);
        sd_event_source_disable_unref(k->timer);
        rules_free(k->rules);
        free(k->ids);
        free(k->spool);
        free(k->source);
        free(k);
        return NULL;
}
