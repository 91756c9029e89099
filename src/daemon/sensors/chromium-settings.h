/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/sensors/settings-file.h"

#include <stdbool.h>

/* What the settings of one profile of Chromium's family say about the hosts file. */
typedef struct ChromiumProfile {
        const char *folder;
        const char *root; /* stands before the system's own paths */
        const char *
                policies; /* folder of its managed policies, without `root`; NULL: none are known */
        bool proxied;     /* the session names a proxy */
} ChromiumProfile;

/* Adds what it finds; a file that cannot be read is a finding too. Returns 1; 0 when the folder has
 * no settings (nobody ever started it) and the findings mean nothing; or -ENOMEM. */
int chromium_settings_check(const ChromiumProfile *profile, Finding *f);
