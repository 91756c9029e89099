/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Says that something waits to be read, once. When it is time for that, and that it was said, is
 * the manager's to know; the words are in nudge-texts.c. */

#include "daemon/responders/digest.h"

#include "common/time.h"
#include "core/event.h"
#include "daemon/responders/notifier.h"
#include "daemon/responders/nudge-texts.h"

#include <errno.h>

enum {
        STAY_MSEC = 20000,
};

struct Digest {
        const DigestListener *listener;
        void *userdata;
        Notifier *notifier;
        Popup *popup; /* the last one: each has a place of its own */

        /* what was sent and has no answer; "": nothing */
        char person_id[UID_SPACE];
        unsigned n;
        uint64_t sent_usec; /* since boot; 0: never, or it was taken */
};

static void on_caps(void *userdata) {
        (void)userdata;
}

/* At a login the server may come later than whatever starts it. How it fares is the nudge's to
 * tell, which has the same one. */
static void on_state(void *userdata, NotifierState state) {
        Digest *d = userdata;

        if (state != NOTIFIER_READY && state != NOTIFIER_NO_ACTIONS)
                return;
        d->sent_usec = 0;
        d->listener->ready(d->userdata);
}

static const NotifierListener notifier_listener = {
        .caps = on_caps,
        .state = on_state,
};

static void settle(Digest *d, bool shown) {
        char person_id[UID_SPACE];

        if (d->person_id[0] == '\0')
                return;
        memcpy(person_id, d->person_id, sizeof(person_id));
        d->person_id[0] = '\0';
        if (shown && d->listener->shown(d->userdata, person_id, d->n))
                d->sent_usec = 0;
}

static void on_taken(void *userdata) {
        settle(userdata, true);
}

/* Twice on the screen is worse than once too few: what was held is in `nocontact holds` anyway. */
static void on_failed(void *userdata, bool maybe) {
        settle(userdata, maybe);
}

static bool on_chosen(void *userdata, const char *key) {
        (void)userdata, (void)key;
        return false;
}

static void on_closed(void *userdata, bool by_user) {
        (void)userdata, (void)by_user;
}

static const PopupListener popup_listener = {
        .taken = on_taken,
        .failed = on_failed,
        .chosen = on_chosen,
        .closed = on_closed,
};

int digest_show(Digest *d, const char *person_id, unsigned n, uint64_t now_usec) {
        _cleanup_(nudge_words_done) NudgeWords words = {0};
        int r;

        if (d->person_id[0] != '\0' ||
                (d->sent_usec > 0 && now_usec < d->sent_usec + DIGEST_REST_SEC * USEC_PER_SEC))
                return 0;
        r = nudge_words_digest(n, &words);
        if (r < 0)
                return r;
        d->sent_usec = now_usec;
        d->popup = popup_free(d->popup);
        r = popup_new(d->notifier, &popup_listener, d, &d->popup);
        if (r < 0)
                return r;
        r = popup_show(d->popup,
                &(PopupContent){
                        .summary = words.summary, .body = words.body, .timeout_msec = STAY_MSEC});
        if (r < 0)
                return r;
        (void)uid_copy(d->person_id, person_id);
        d->n = n;
        return 1;
}

int digest_new(sd_bus *bus, const DigestListener *listener, void *userdata, Digest **ret) {
        _cleanup_(digest_freep) Digest *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->listener = listener;
        d->userdata = userdata;
        r = notifier_new(bus, &notifier_listener, d, &d->notifier);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

Digest *digest_free(Digest *d) {
        if (!d)
                return NULL;
        popup_free(d->popup);
        notifier_free(d->notifier);
        free(d);
        return NULL;
}
