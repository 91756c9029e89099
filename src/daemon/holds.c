/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Turns what was held into entries of the ledger, and says when it may be read. It reads no spool
 * and shows nothing. A notification's text stays out of the ledger: only who it came from and by
 * what means is written there. */

#include "daemon/holds.h"

#include "common/buffer.h"
#include "core/judge.h"
#include "core/utf8.h"
#include "daemon/refusal.h"
#include "nocontact/bus-names.h"

#include <ctype.h>
#include <errno.h>

/* --- recording ------------------------------------------------------------------------------- */

/* Can it be shown, and said on the bus? sd-bus takes no text with a noncharacter in it, though
 * others do. */
static bool is_plain(int32_t c) {
        return utf8_visible(c) && (c & 0xfffe) != 0xfffe && (c < 0xfdd0 || c > 0xfdef);
}

/* A text of one line for the ledger: with a space for what cannot be shown, cut at a whole
 * character. */
static char *short_text(const char *text, size_t max) {
        _cleanup_(buffer_done) Buffer b = {0};
        size_t len = strlen(text);

        for (size_t i = 0; i < len;) {
                int32_t c;
                size_t step = utf8_next(text + i, len - i, &c);

                if (b.len + step > max)
                        break;
                if (is_plain(c))
                        (void)buffer_add(&b, text + i, step);
                else
                        (void)buffer_putc(&b, ' ');
                i += step;
        }
        return buffer_take(&b);
}

/* "Telegram Desktop" as "telegram-desktop": what a channel may be. */
static char *channel_of(const Held *h) {
        const char *from = h->app[0] != '\0' ? h->app : h->desktop_entry;
        _cleanup_(buffer_done) Buffer b = {0};

        for (; *from && b.len < NC_LIMIT_CHANNEL_LEN; from++) {
                unsigned char c = (unsigned char)*from;

                if (c < 0x80 && (isalnum(c) || strchr("-_.", c)))
                        (void)buffer_putc(&b, (char)tolower(c));
                else if (b.len > 0 && b.data[b.len - 1] != '-')
                        (void)buffer_putc(&b, '-');
        }
        while (b.len > 0 && b.data[b.len - 1] == '-')
                buffer_cut(&b, b.len - 1);
        if (b.error == 0 && b.len == 0)
                (void)buffer_puts(&b, "notification");
        return buffer_take(&b);
}

static int add_held(Ledger *l, Batch *b, uint64_t now, const Held *h) {
        const char *from = h->app[0] != '\0' ? h->app : h->desktop_entry;
        _cleanup_free_ char *channel = channel_of(h), *app = short_text(from, HOLDS_APP_MAX),
                            *sender = short_text(h->summary, HOLDS_SENDER_MAX),
                            *source = short_text(h->source, NC_LIMIT_CHANNEL_LEN),
                            *via = short_text(h->via, NC_LIMIT_CHANNEL_LEN);
        const Person *p = state_person(ledger_state(l), h->person);
        int r;

        if (!channel || !app || !sender || !source || !via)
                return -ENOMEM;
        /* a time to come is that of a wrong clock */
        r = batch_add(b, EVENT_INCOMING, p ? p->id : NULL, MIN(h->at_usec, now),
                json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "channel", channel, "source",
                        source, "via", via, "held", h->id, "app", app, "sender", sender, "leaked",
                        (int)h->leaked));
        if (r == 0 && h->zone_minutes > -24 * 60 && h->zone_minutes < 24 * 60)
                b->events[b->n - 1].zone_minutes = h->zone_minutes;
        return r;
}

int holds_record(Ledger *l, uint64_t now, const Held *h) {
        _cleanup_(batch_done) Batch b = {0};
        int r;

        r = store_find_held(ledger_store(l), h->id);
        if (r != 0)
                return r < 0 ? r : 0;
        r = add_held(l, &b, now, h);
        if (r == 0)
                r = ledger_record(l, &b, now);
        return r < 0 ? r : 1;
}

/* --- reading --------------------------------------------------------------------------------- */

static bool is_hold(const Event *ev) {
        return ev->kind == EVENT_INCOMING && event_string(ev, "held")[0] != '\0';
}

typedef struct Listing {
        store_entry_func func;
        void *userdata;
        unsigned left;
        bool full;
} Listing;

static int pass_on(void *userdata, const StoreEntry *entry) {
        Listing *listing = userdata;
        int r;

        if (!is_hold(&entry->event))
                return 0;
        r = listing->func(listing->userdata, entry);
        if (r < 0)
                return r;
        listing->full = --listing->left == 0;
        return listing->full ? -ECANCELED : 0;
}

int holds_list(Ledger *l, const char *person, uint64_t before, unsigned limit,
        store_entry_func func, void *userdata) {
        static const EventKind kind = EVENT_INCOMING;
        Listing listing = {.func = func, .userdata = userdata, .left = limit};
        int r;

        r = store_list(ledger_store(l),
                &(StoreFilter){
                        .kinds = &kind,
                        .n_kinds = 1,
                        .person = person,
                        .before_seq = before,
                },
                pass_on, &listing);
        return listing.full ? 0 : r;
}

int holds_get(Ledger *l, uint64_t event, StoreEntry *ret, const char **ret_why) {
        StoreEntry entry = {0};
        int r;

        r = store_get(ledger_store(l), event, &entry);
        if (r < 0 && r != -ENOENT)
                return r;
        if (r < 0 || !is_hold(&entry.event)) {
                event_done(&entry.event);
                return refuse(
                        -ENOENT, N_("There is no held notification of that number."), ret_why);
        }
        *ret = entry;
        return 0;
}

typedef struct Replay {
        const char *person; /* NULL: all */
        store_event_func func;
        void *userdata;
} Replay;

static int replay_one(void *userdata, const Event *ev) {
        const Replay *replay = userdata;

        if (!is_hold(ev) || (replay->person && !streq(replay->person, ev->person)))
                return 0;
        return replay->func(replay->userdata, ev);
}

int holds_replay(
        Ledger *l, const char *person, uint64_t after, store_event_func func, void *userdata) {
        Replay replay = {.person = person, .func = func, .userdata = userdata};

        return store_replay(ledger_store(l), after, replay_one, &replay);
}

uint64_t holds_locked_until(const Ledger *l, const Event *ev, uint64_t now) {
        const Person *p = state_person(ledger_state(l), ev->person);

        if (!p || p->mode != MODE_FULL || !commitment_locked(&p->commitment, now))
                return 0;
        if (judge_sender_passes(
                    ledger_rules(l), event_string(ev, "app"), event_string(ev, "sender")) > 0)
                return 0;
        return p->commitment.ends_usec;
}
