/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <systemd/sd-bus.h>

/* Which browsers have the extension at work: each one's host (nocontact-webext-host) says so once,
 * and its end on the bus takes the browser away. */
typedef struct Guards Guards;

enum {
        GUARDS_MAX = 64, /* hosts at once: one for each profile that is open */
};

/* Is the extension at work in private windows too? The browser asks the user, and it is theirs to
 * say. */
typedef enum GuardWindows {
        GUARD_WINDOWS_UNKNOWN, /* it has not said */
        GUARD_WINDOWS_COVERED,
        GUARD_WINDOWS_OPEN, /* the browser keeps it out of them */
        _GUARD_WINDOWS_MAX,
} GuardWindows;

/* "", "covered" or "open". Returns the value or -EINVAL. */
int guard_windows_parse(const char *text);

/* The browsers have changed: their names in one line, each once, sorted ("chromium, firefox"); ""
 * when there is none any more. `open` are those of them with a profile whose private windows it is
 * kept out of. Called from the event loop and from guards_add(). */
typedef void (*guards_func)(void *userdata, const char *browsers, const char *open);

int guards_new(guards_func changed, void *userdata, Guards **ret);
/* Accepts NULL; returns NULL. Calls nobody. */
Guards *guards_free(Guards *g);
DEFINE_CLEANUP(Guards *, guards_free)

/* Whoever sent `message` guards `browser` until it leaves the bus; whoever says so again only
 * changes what is said. Returns 0; -EDQUOT for the GUARDS_MAX + 1st; other negative errno. */
int guards_add(Guards *g, sd_bus_message *message, const char *browser, GuardWindows windows);

/* Is there one in that browser? */
bool guards_has(const Guards *g, const char *browser);
