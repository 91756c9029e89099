/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* The nudge: the notification that meets an attempt or a slip, through
 * org.freedesktop.Notifications. It shows what it is given and hands the answer up; it knows no
 * people and no ledger. */
typedef struct Nudge Nudge;

typedef enum NudgeTone {
        NUDGE_STOPPED, /* the page did not open */
        NUDGE_SEEN,    /* the page was open before this came */
        NUDGE_HINT,    /* a page that looks like theirs is open; nothing is recorded of it */
} NudgeTone;

typedef struct NudgeText {
        const char *person_id; /* one nudge at a time for each person */
        uint64_t event;        /* the newest event it answers to; later ones have greater numbers;
                                * 0 for a hint, whose answers are nobody's */
        uint64_t wall_usec; /* when that was, µs since the epoch, UTC: it names the page of "Write
                                  instead" and turns the weekly line over */
        NudgeTone tone;
        unsigned days;        /* whole days of the streak before this visit */
        unsigned total_days;  /* contact-free days in all: what held */
        const char *sentence; /* the user's own plan or reason, or NULL */
        const char
                *support; /* the support person as the user wrote it, "Sam +1 555 0100", or NULL */
} NudgeText;

typedef struct NudgeListener {
        /* The server took it. Neither this nor answered() is told of a hint. */
        void (*shown)(void *userdata, uint64_t event);
        /* The user answered: "leave", "breathe", "write", "call", "meant", or "dismissed". */
        void (*answered)(void *userdata, uint64_t event, const char *answer);
        /* Nudges can (active), or can only partly or not at all (not active), be shown, and one
         * sentence why. */
        void (*state)(void *userdata, bool active, const char *detail);
} NudgeListener;

enum {
        NUDGE_REST_SEC = 60, /* after a nudge for a person, further visits update it in silence */
};

/* `data_dir` is the private folder in which "Write instead" lays its page. The nudge finds a server
 * when it needs one and follows its coming and going. Returns 0 or a negative errno. */
int nudge_new(sd_event *event, sd_bus *bus, const char *data_dir, const NudgeListener *listener,
        void *userdata, Nudge **ret);
/* Accepts NULL; returns NULL. Leaves what is on the screen. */
Nudge *nudge_free(Nudge *n);
DEFINE_CLEANUP(Nudge *, nudge_free)

/* Shows the nudge, or replaces the person's one that is up, without waiting for the server. Within
 * NUDGE_REST_SEC of the person's last one nothing new pops up, and one event is met once however
 * often it is told. A hint is the weakest: it pops up where nothing was shown in that time, and the
 * first event that follows takes its place without a word more. `now_usec` is CLOCK_MONOTONIC.
 * Returns 1 when it was sent, 0 when it rests, negative errno when no server can be reached; the
 * event stands either way. A failure that shows itself only later is told by state(). */
int nudge_show(Nudge *n, const NudgeText *text, uint64_t now_usec);

/* The event got another grade: if its nudge is up, that says so. Nothing new pops up. Returns 1, 0
 * when there is nothing to change, or a negative errno. */
int nudge_correct(Nudge *n, const NudgeText *text);

/* "Write instead" without a nudge: makes the empty page and opens it. Returns 0, or a negative
 * errno when not even a notification that tells where it is, or that there is none, could be sent.
 */
int nudge_write(Nudge *n, uint64_t wall_usec);

/* Tells of a milestone reached, once, without actions. Same returns. */
int nudge_milestone(Nudge *n, const char *person_id, unsigned days);
