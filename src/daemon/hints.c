/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What of the titles is remembered: whom they name now, and nothing of their text. It judges and
 * shows nothing. Used by the manager. */

#include "daemon/hints.h"

#include "common/macro.h"

#include <stdio.h>

static unsigned place_of(const Hints *h, const char *browser) {
        unsigned i = 0;

        while (i < h->n && !streq(h->items[i].browser, browser))
                i++;
        return i;
}

bool hints_take(Hints *h, const char *browser, const char *person) {
        unsigned i = place_of(h, browser);
        bool is_new;

        if (i == HINT_BROWSERS)
                return false;
        if (i == h->n) {
                h->items[i].browser = browser;
                h->items[i].person[0] = '\0';
                h->n++;
        }
        is_new = person[0] != '\0' && !streq(h->items[i].person, person);
        (void)snprintf(h->items[i].person, sizeof(h->items[i].person), "%s", person);
        return is_new;
}

const char *hints_person(const Hints *h, const char *browser) {
        unsigned i = place_of(h, browser);

        return i < h->n ? h->items[i].person : "";
}
