/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/sensors/settings-file.h"

#include <stdbool.h>

/* What the settings of one profile of Firefox's family say about the hosts file. */
typedef struct FirefoxProfile {
        const char *folder;
        const char *root; /* stands before the system's own paths */
        bool policies;    /* it is a Firefox that reads the system's policies.json */
        bool proxied;     /* the session names a proxy */
} FirefoxProfile;

/* Adds what it finds; a file that cannot be read is a finding too. Returns 1; 0 when the folder has
 * no settings (nobody ever started it) and the findings mean nothing; or -ENOMEM. */
int firefox_settings_check(const FirefoxProfile *profile, Finding *f);
