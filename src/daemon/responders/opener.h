/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <systemd/sd-bus.h>

/* Opens a file or URI with the user's own application for it, outside of our sandbox: the user's
 * service manager is asked to run xdg-open. */
typedef struct Opener Opener;

/* How it ended, from the event loop: 0, -EIO when xdg-open found nothing that opens it, or the
 * negative errno of asking (no service manager on the bus: -EHOSTUNREACH or alike). Not before an
 * application that stays in the foreground has ended. `target` lives until the call returns. */
typedef void (*OpenerDone)(void *userdata, const char *target, int error);

enum {
        OPENER_MAX =
                16, /* followed at once; the news of the oldest are given up for a further one */
};

/* Returns 0 or a negative errno. */
int opener_new(sd_bus *bus, OpenerDone done, void *userdata, Opener **ret);
/* Accepts NULL; returns NULL. What was opened stays open. */
Opener *opener_free(Opener *o);
DEFINE_CLEANUP(Opener *, opener_free)

/* Asks for `target`, an absolute path or a URI, without waiting; done() follows once. Returns 0,
 * -EINVAL for another kind of target, or a negative errno when the bus cannot be reached; then
 * done() is not called. */
int opener_open(Opener *o, const char *target);
