/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where the browsers of this machine keep their profiles. It looks at folders and at profiles.ini,
 * and opens no history. */

/* How a browser writes its history. */
typedef enum BrowserFamily {
        BROWSER_FIREFOX,  /* places.sqlite */
        BROWSER_CHROMIUM, /* History */
} BrowserFamily;

typedef struct BrowserProfile {
        char *folder;        /* as its root and profiles.ini name it, links not resolved */
        char *database;      /* the history's path in that folder, whether or not it is there yet */
        const char *browser; /* "firefox", ...: static */
        const char *label;   /* "Firefox", ...: static */
        BrowserFamily family;
        bool present; /* the history exists */
        dev_t dev;    /* of the folder */
        ino_t ino;
} BrowserProfile;

/* A folder that holds profiles, or would if it existed. */
typedef struct BrowserRoot {
        char *path;
        BrowserFamily family;
        bool itself; /* the root may be a profile too */
} BrowserRoot;

/* What one look found. */
typedef struct BrowserScan {
        BrowserProfile *profiles; /* one entry for each folder, also when two roots lead to it */
        size_t n_profiles, profiles_space;
        BrowserRoot *roots;
        size_t n_roots, roots_space;
        char **folders; /* existing folders in which a profile, or a folder on the way, may come */
        size_t n_folders, folders_space;
        char **targets; /* paths that are, or would be, a root or a profile outside of all roots */
        size_t n_targets, targets_space;
        bool crowded; /* there are more than BROWSER_PROFILES_MAX, the rest was left out */
} BrowserScan;

enum {
        BROWSER_PROFILES_MAX = 512,            /* profile folders of all browsers together */
        BROWSER_PROFILES_INI_MAX = 1024 * 1024 /* bytes; a longer profiles.ini is not read */
};

/* Looks at every known place below `home` and `config_home`. A folder that cannot be read counts as
 * empty. Returns 0 or -ENOMEM; `ret` is to be ended with browser_scan_done(). */
int browser_scan(const char *home, const char *config_home, BrowserScan *ret);
void browser_scan_done(BrowserScan *scan);

/* May something called `name` that appeared or vanished in `folder`, one of scan->folders, change
 * what the next scan finds? */
bool browser_scan_concerns(const BrowserScan *scan, const char *folder, const char *name);

/* Frees what `profile` points to, not itself. */
void browser_profile_done(BrowserProfile *profile);

/* Called for each profile in the order of the file; `path` is gone after the call. A negative
 * return ends the parsing and is passed on. */
typedef int (*profiles_ini_func)(void *userdata, const char *path, bool relative);

/* Reads the text of a profiles.ini as Firefox does (nsINIParser): sections that begin with
 * "Profile" and have a Path. Lines may end in CR, LF or both; whatever it does not know is passed
 * over. Returns 0, -ENOMEM, or what `func` returned. */
int profiles_ini_parse(const char *text, size_t len, profiles_ini_func func, void *userdata);
