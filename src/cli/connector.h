/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The user's browsers, and whether they know the extension's host: each looks for a manifest that
 * says where the program is and which extension may start it. */

typedef enum BrowserState {
        BROWSER_PACKAGED,    /* the whole system's manifest is there */
        BROWSER_CONNECTED,   /* the user's own is, and says what ours does */
        BROWSER_UNCONNECTED, /* neither, or the user's own says something else */
} BrowserState;

/* Where the extension comes from. */
typedef enum BrowserExtension {
        EXTENSION_COMES, /* from the package, at the browser's next start */
        EXTENSION_ASKED, /* the user loads its folder once, in the browser's developer mode */
        EXTENSION_NONE,  /* the browser takes signed ones alone */
} BrowserExtension;

typedef struct UserBrowser {
        const char *name;  /* static: "firefox", as in the ledger */
        const char *label; /* static: "Firefox" */
        const char *page;  /* static: where it shows its extensions */
        bool chromium;     /* of Chromium's family */
        BrowserExtension extension;
        BrowserState state;
        char *folder; /* of the user's own manifests; owned */
} UserBrowser;

typedef struct UserBrowsers {
        UserBrowser *items; /* in the order of the table, those that are there alone */
        size_t n, space;
} UserBrowsers;

void user_browsers_done(UserBrowsers *b);

/* Finds the browsers that have profiles below `home` or `config_home`. `root` stands before the
 * system's own folders: "" but in tests. `host` is the path of the host. Returns 0 or a negative
 * errno. */
int user_browsers_find(const char *home, const char *config_home, const char *root,
        const char *host, UserBrowsers *ret);

/* Writes the user's own manifest, and makes the folder for it. A manifest of the same name is
 * replaced, since the name is ours. Returns 0 or a negative errno. */
int user_browser_connect(UserBrowser *b, const char *host);
