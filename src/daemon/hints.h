/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/event.h"

#include <stdbool.h>

/* Whom the title of each browser's window names. A title that goes on naming somebody is one hint,
 * whatever else changes in it. Start with `Hints h = {0};`. */

enum {
        HINT_BROWSERS = 16, /* more are not known */
};

typedef struct Hints {
        struct {
                const char *browser;
                char person[UID_SPACE]; /* "": nobody */
        } items[HINT_BROWSERS];
        unsigned n;
} Hints;

/* `browser`, which is static, shows a title that names `person` ("": nobody). Did the one before it
 * name somebody else, or nobody? */
bool hints_take(Hints *h, const char *browser, const char *person);

/* Whom the newest title of `browser` names; "" for nobody. */
const char *hints_person(const Hints *h, const char *browser);
