/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The names that browsers' windows bear. It asks nothing of the screen; titles.c does. */

#include "daemon/sensors/window-browser.h"

#include "common/macro.h"

#include <string.h>
#include <strings.h>

/* The browsers of browser-profiles.c. Flatpaks and some distributions turn the name round:
 * "com.brave.Browser", "one.ablaze.floorp". */
static const struct {
        const char *word, *browser;
} names[] = {
        {"firefox", "firefox"},
        {"librewolf", "librewolf"},
        {"waterfox", "waterfox"},
        {"floorp", "floorp"},
        {"zen", "zen"},
        {"zen_browser", "zen"},
        {"chromium", "chromium"},
        {"ungoogled_chromium", "chromium"},
        {"google-chrome", "chrome"},
        {"chrome", "chrome"},
        {"chromedev", "chrome"},
        {"brave", "brave"},
        {"vivaldi", "vivaldi"},
        {"microsoft-edge", "edge"},
        {"edge", "edge"},
        {"edgedev", "edge"},
        {"opera", "opera"},
};

/* "firefox-esr" begins with the word "firefox", and "zenity" not with "zen". */
static const char *browser_of_part(const char *part, size_t len) {
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                size_t n = strlen(names[i].word);

                if (n <= len && strncasecmp(part, names[i].word, n) == 0 &&
                        (n == len || part[n] == '-' || part[n] == ' '))
                        return names[i].browser;
        }
        return NULL;
}

const char *window_browser(const char *app) {
        const char *browser = NULL;

        while (!browser) {
                size_t len = strcspn(app, ".");

                browser = browser_of_part(app, len);
                if (app[len] == '\0')
                        break;
                app += len + 1;
        }
        return browser;
}
