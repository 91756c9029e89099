/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum FirefoxPrefType {
        FIREFOX_PREF_BOOL,
        FIREFOX_PREF_INT,
        FIREFOX_PREF_STRING,
} FirefoxPrefType;

/* One preference; name and text are gone after the call that hands it out. */
typedef struct FirefoxPref {
        const char *name;
        FirefoxPrefType type;
        int32_t number;   /* of an int; of a bool 0 or 1 */
        const char *text; /* of a string, else NULL */
} FirefoxPref;

/* Called for each preference in the order of the file. A negative return ends the parsing and is
 * passed on. */
typedef int (*firefox_prefs_func)(void *userdata, const FirefoxPref *pref);

/* Reads the text of a prefs.js or user.js as Firefox does. What does not parse is passed over up to
 * the next semicolon, and the rest still counts. Returns 0, -ENOMEM, or what `func` returned. */
int firefox_prefs_parse(const char *text, size_t len, firefox_prefs_func func, void *userdata);
