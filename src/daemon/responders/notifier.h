/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/* The door to org.freedesktop.Notifications (Desktop Notifications Specification 1.2): places on
 * the screen that can be filled, filled anew and closed. It knows no words and no people. */
typedef struct Notifier Notifier;
typedef struct Popup Popup;

typedef enum NotifierState {
        NOTIFIER_UNKNOWN,     /* not asked yet; never told */
        NOTIFIER_READY,       /* a server runs and has buttons */
        NOTIFIER_ACTIVATABLE, /* none runs, the bus starts one when it is called */
        NOTIFIER_NO_ACTIONS,  /* a server runs and has no buttons */
        NOTIFIER_ABSENT,      /* none runs and none could be started */
        NOTIFIER_SILENT,      /* it did not answer in time */
        NOTIFIER_REFUSES,     /* it answered with an error */
        NOTIFIER_GARBLED,     /* its answer could not be read */
        NOTIFIER_DEAF,        /* the bus does not hand us its signals */
        NOTIFIER_STATES,
} NotifierState;

/* What the server can do. Until it has said so, both are taken to be there: buttons are ignored
 * where there are none, and escaped text is only ugly where there is no markup. */
typedef struct NotifierCaps {
        bool actions;
        bool markup;
} NotifierCaps;

typedef struct NotifierListener {
        /* The caps are not what was taken to be so: what is up wants to be shown anew. */
        void (*caps)(void *userdata);
        /* Told once for each change, from the event loop. */
        void (*state)(void *userdata, NotifierState state);
} NotifierListener;

/* Returns 0 or a negative errno. Asks for nothing synchronously. */
int notifier_new(sd_bus *bus, const NotifierListener *listener, void *userdata, Notifier **ret);
/* Accepts NULL; returns NULL. All its popups must have been freed; what is on the screen stays. */
Notifier *notifier_free(Notifier *n);
DEFINE_CLEANUP(Notifier *, notifier_free)

NotifierCaps notifier_caps(const Notifier *n);

typedef struct PopupAction {
        const char *key;
        const char *label;
} PopupAction;

typedef struct PopupContent {
        const char *summary; /* plain text */
        const char *body;    /* plain text; escaped here where the server reads markup */
        const PopupAction *actions;
        size_t n_actions;
        int timeout_msec;
} PopupContent;

/* News of one popup, from the event loop. */
typedef struct PopupListener {
        /* The server took what was sent last. */
        void (*taken)(void *userdata);
        /* It did not. `maybe` when something may be on the screen nevertheless. */
        void (*failed)(void *userdata, bool maybe);
        /* The user chose. Returns whether the key is one of the popup's own. */
        bool (*chosen)(void *userdata, const char *key);
        /* It is gone, by the user's hand or in another way. */
        void (*closed)(void *userdata, bool by_user);
} PopupListener;

int popup_new(Notifier *n, const PopupListener *listener, void *userdata, Popup **ret);
/* Accepts NULL; returns NULL. What is on the screen stays. */
Popup *popup_free(Popup *p);
DEFINE_CLEANUP(Popup *, popup_free)

/* Sends the content, in the place of what is up, and does not wait for the server. Returns 1 when
 * it was sent; -EBUSY while the answer to the last one is out: ask again when taken() or failed()
 * came; other negative errno when the bus cannot be reached. */
int popup_show(Popup *p, const PopupContent *content);

/* Takes it off the screen; when the server has not answered yet, as soon as it has. closed() is not
 * called. */
void popup_close(Popup *p);

/* Is it on the screen, or on its way there? */
bool popup_is_up(const Popup *p);

/* Shows something once, in a place of its own, of which no news are wanted. Returns as
 * popup_show(). */
int notifier_tell(Notifier *n, const PopupContent *content);
