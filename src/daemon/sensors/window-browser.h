/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which browser has a window, by what the window calls its application: the class on X11
 * ("firefox-esr", "Google-chrome") or the application's id on Wayland ("org.mozilla.firefox").
 * Returns a name as in browser-profiles.c, static; NULL for what is no browser. */
const char *window_browser(const char *app);
