/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <systemd/sd-bus.h>

/* May this caller? The answer is polkit's, and comes without blocking: the call is kept and its
 * handler runs again when the answer is there. */
typedef struct Polkit Polkit;

enum {
        POLKIT_PENDING_MAX = 4, /* questions of one user that wait at the same time */
};

/* Returns 0 or -ENOMEM. `bus` is kept alive. */
int polkit_new(sd_bus *bus, Polkit **ret);
/* Accepts NULL; returns NULL. Calls that still wait for an answer get none. */
Polkit *polkit_free(Polkit *p);
DEFINE_CLEANUP(Polkit *, polkit_free)

/* For a handler that has read and validated its call: returns 1 when the caller may. 0: the answer
 * will come; the handler returns 1 and is run again with the same call, where this then knows it.
 * A negative errno and the D-Bus error for no. `uid` is the caller's as the bus tells it; root is
 * not asked about. The user is asked for a password only when the call allows it. */
int polkit_check(Polkit *p, sd_bus_message *call, uid_t uid, const char *action,
        sd_bus_message_handler_t handler, void *userdata, sd_bus_error *error);

/* Does any call wait for an answer? */
bool polkit_busy(const Polkit *p);
