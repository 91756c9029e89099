/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Sends two notifications on the way that all take, and looks who answers: numbers from
 * NC_RELAY_FIRST_ID on are the relay's. It names nobody; the word is made up anew each time. */

#include "daemon/gate/probe.h"

#include "common/time.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>

#define SERVER_PATH   "/org/freedesktop/Notifications"
#define READ_USEC     (300 * USEC_PER_MSEC) /* the relay reads its rules again */
#define ACCURACY_USEC (20 * USEC_PER_MSEC)

enum {
        WORD_LETTERS = 20,
        SHOWN_MSEC = 1000, /* so long a server shows what it is not told to close */
        TRIES_MAX = 4,
};

struct Probe {
        sd_bus *bus;
        const ProbeListener *listener;
        void *userdata;
        sd_bus_slot *call;
        sd_event_source *timer, *end;
        char word[WORD_LETTERS + 1];
        bool word_set, answered, kept, innocent;
        unsigned tries;
        ProbeResult results[_PROBE_STEP_MAX];
};

static const char *const step_names[_PROBE_STEP_MAX] = {
        [PROBE_HELD] = "held",
        [PROBE_KEPT] = "kept",
        [PROBE_SHOWN] = "shown",
};

const char *probe_step_name(ProbeStep step) {
        return step_names[step];
}

static void set_result(Probe *p, ProbeStep step, const char *state, const char *detail) {
        p->results[step] = (ProbeResult){.state = state, .detail = detail};
}

static void take_word_back(Probe *p) {
        if (p->word_set)
                (void)p->listener->set_word(p->userdata, NULL);
        p->word_set = false;
}

/* Nothing of the probe is touched afterwards. */
static void finish(Probe *p) {
        static const ProbeResult skipped = {"skipped", "It was not tried."};
        ProbeResult results[_PROBE_STEP_MAX];

        take_word_back(p);
        p->call = sd_bus_slot_unref(p->call);
        (void)sd_event_source_set_enabled(p->timer, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(p->end, SD_EVENT_OFF);
        for (size_t i = 0; i < _PROBE_STEP_MAX; i++)
                results[i] = p->results[i].state ? p->results[i] : skipped;
        p->listener->done(p->userdata, results);
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);

static int notify(Probe *p, const char *summary, const char *body) {
        return sd_bus_call_method_async(p->bus, &p->call, NC_NOTIFICATIONS, SERVER_PATH,
                NC_NOTIFICATIONS, "Notify", on_reply, p, "susssasa{sv}i", "nocontact", 0, "",
                summary, body, 0, 0, SHOWN_MSEC);
}

static void close_notification(Probe *p, uint32_t id) {
        (void)sd_bus_call_method_async(p->bus, NULL, NC_NOTIFICATIONS, SERVER_PATH,
                NC_NOTIFICATIONS, "CloseNotification", NULL, NULL, "u", id);
}

static void wait_to_try(Probe *p) {
        (void)sd_event_source_set_time_relative(p->timer, READ_USEC);
        (void)sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

static void try_innocent(Probe *p) {
        if (!p->answered || !p->kept)
                return;
        p->innocent = true;
        if (notify(p, "nocontact: a test", "This one may be seen.") >= 0)
                return;
        set_result(p, PROBE_SHOWN, "failed", "The bus cannot be reached.");
        finish(p);
}

void probe_kept(Probe *p) {
        if (p->kept)
                return;
        p->kept = true;
        set_result(p, PROBE_KEPT, "ok", "What the filter held was kept.");
        try_innocent(p);
}

static void on_word_answered(Probe *p, uint32_t id) {
        if (id >= NC_RELAY_FIRST_ID) {
                p->answered = true;
                set_result(p, PROBE_HELD, "ok",
                        "The filter answered in the server's place, which never got it.");
                try_innocent(p);
                return;
        }
        close_notification(p, id);
        if (++p->tries < TRIES_MAX) {
                wait_to_try(p); /* it may not have read its rules yet */
                return;
        }
        set_result(p, PROBE_HELD, "failed", "It came through to the notification server.");
        finish(p);
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Probe *p = userdata;
        ProbeStep step = p->innocent ? PROBE_SHOWN : PROBE_HELD;
        uint32_t id = 0;

        (void)ret_error;
        p->call = sd_bus_slot_unref(p->call);
        if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "u", &id) < 0) {
                set_result(p, step, "failed", "No notification server answered.");
                finish(p);
        } else if (step == PROBE_HELD) {
                on_word_answered(p, id);
        } else {
                if (id < NC_RELAY_FIRST_ID)
                        set_result(p, step, "ok", "Something innocent was shown.");
                else
                        set_result(p, step, "failed", "Something innocent was held, too.");
                close_notification(p, id);
                finish(p);
        }
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Probe *p = userdata;

        (void)source;
        (void)usec;
        if (notify(p, p->word, "A test of nocontact.") < 0) {
                set_result(p, PROBE_HELD, "failed", "The bus cannot be reached.");
                finish(p);
        }
        return 0;
}

static int on_end(sd_event_source *source, uint64_t usec, void *userdata) {
        Probe *p = userdata;

        (void)source;
        (void)usec;
        if (!p->answered)
                set_result(p, PROBE_HELD, "failed", "No answer came.");
        else if (!p->kept)
                set_result(p, PROBE_KEPT, "failed", "What the filter held did not arrive.");
        else
                set_result(p, PROBE_SHOWN, "failed", "No answer came.");
        finish(p);
        return 0;
}

static int make_word(Probe *p) {
        unsigned char bytes[WORD_LETTERS];

        if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
                return -EIO;
        for (size_t i = 0; i < WORD_LETTERS; i++)
                p->word[i] = (char)('a' + bytes[i] % 26);
        return 0;
}

int probe_new(
        sd_event *event, sd_bus *bus, const ProbeListener *listener, void *userdata, Probe **ret) {
        _cleanup_(probe_freep) Probe *p = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        p->bus = sd_bus_ref(bus);
        p->listener = listener;
        p->userdata = userdata;
        r = make_word(p);
        if (r >= 0)
                r = sd_event_add_time_relative(
                        event, &p->end, CLOCK_MONOTONIC, PROBE_USEC, ACCURACY_USEC, on_end, p);
        if (r >= 0)
                r = sd_event_add_time_relative(
                        event, &p->timer, CLOCK_MONOTONIC, READ_USEC, ACCURACY_USEC, on_timer, p);
        if (r >= 0)
                r = listener->set_word(userdata, p->word);
        if (r < 0)
                return r;
        p->word_set = true;
        *ret = TAKE_PTR(p);
        return 0;
}

Probe *probe_free(Probe *p) {
        if (!p)
                return NULL;
        take_word_back(p);
        sd_bus_slot_unref(p->call);
        sd_event_source_disable_unref(p->timer);
        sd_event_source_disable_unref(p->end);
        sd_bus_unref(p->bus);
        free(p);
        return NULL;
}
