/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stddef.h>

/* What the browsers' own settings say about whether /etc/hosts holds them: DNS over HTTPS, a proxy,
 * a VPN of the browser's own, the packaging. It reads prefs.js and user.js of Firefox's family,
 * Local State and Preferences of Chromium's, and the system's policies and proxy settings; it
 * changes nothing. */
typedef struct BrowserHold {
        char *browser;     /* "firefox", "chromium"; with the packaging when it matters: "firefox
                              (snap)" */
        const char *state; /* static: "active" it is held, "degraded" only partly, "unavailable" not
                              at all */
        char *detail;      /* one plain sentence; NULL when it is held */
} BrowserHold;

typedef struct BrowserHolds {
        BrowserHold *items; /* one a browser, the worst of its profiles; sorted by name */
        size_t n, space;
} BrowserHolds;

void browser_holds_done(BrowserHolds *h);

/* Looks at every profile that browser-profiles.h finds. `root` stands before the system's own paths
 * (/etc/firefox, /etc/chromium, ...): "" but in tests. Returns 0 or a negative errno; a file that
 * cannot be read says so in its browser's detail. */
int browser_holds_find(
        const char *home, const char *config_home, const char *root, BrowserHolds *ret);
