/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The names of browsers, by what they say and by what their programs are called. It asks nothing of
 * the system; main.c reads who the parent is. */

#include "webext/browser.h"

#include "common/macro.h"

/* Those that sensors/browser-profiles.c knows, by the beginning of the program's name: Debian's
 * firefox-esr, vivaldi-bin, chrome and google-chrome. */
static const struct {
        const char *family, *program, *name;
} programs[] = {
        {"firefox", "librewolf", "librewolf"},
        {"firefox", "waterfox", "waterfox"},
        {"firefox", "floorp", "floorp"},
        {"firefox", "zen", "zen"},
        {"chromium", "chrome", "chrome"},
        {"chromium", "google-chrome", "chrome"},
        {"chromium", "brave", "brave"},
        {"chromium", "vivaldi", "vivaldi"},
        {"chromium", "msedge", "edge"},
        {"chromium", "microsoft-edge", "edge"},
        {"chromium", "opera", "opera"},
};

const char *browser_name(int argc, const char *const *argv, const char *parent) {
        static const char origin[] = "chrome-extension://";
        const char *family = NULL, *base;

        if (argc >= 2 && strncmp(argv[1], origin, strlen(origin)) == 0)
                family = "chromium";
        else if (argc >= 3 && argv[1][0] == '/')
                family = "firefox";
        if (!family || !parent)
                return family;

        base = strrchr(parent, '/');
        base = base ? base + 1 : parent;
        for (size_t i = 0; i < ARRAY_LEN(programs); i++)
                if (streq(programs[i].family, family) &&
                        strncmp(base, programs[i].program, strlen(programs[i].program)) == 0)
                        return programs[i].name;
        return family;
}
