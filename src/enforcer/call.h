/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stddef.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

/* Turns a refusal into its named error, and a failure of the machine's into Storage and a line in
 * the log. `why` is a static sentence, or NULL. Returns what the handler returns. */
int call_refuse(sd_bus_error *error, int r, const char *why);

/* Who calls, from the bus and from nowhere else. Returns 0 or a negative errno. */
int call_uid(sd_bus_message *call, uid_t *ret);

typedef struct Strings {
        const char **items; /* owned; the texts are the message's */
        size_t n, space;
} Strings;

void strings_done(Strings *s);

/* Reads "as" of at most `max`; -E2BIG for more. On failure the caller ends what was read. */
int strings_read(sd_bus_message *call, size_t max, Strings *ret);
