/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Remembers who knocked at the sinkhole, so that a visit which it stopped is not taken for one that
 * was seen. It records nothing; the manager asks it before a visit is judged. */

#include "core/touches.h"

#include "common/time.h"
#include "core/judge.h"
#include "core/url.h"

#include <errno.h>

void touches_done(Touches *t) {
        for (unsigned i = 0; i < TOUCHES_KEPT; i++)
                free(t->items[i].host);
        *t = (Touches){0};
}

/* The one of that host, else the one to be given up. */
static unsigned place_of(const Touches *t, const char *host) {
        for (unsigned i = 0; i < TOUCHES_KEPT; i++)
                if (t->items[i].host && streq(t->items[i].host, host))
                        return i;
        return t->next;
}

int touches_add(Touches *t, const char *host, uint64_t at_usec) {
        unsigned i = place_of(t, host);
        char *copy;

        if (!t->items[i].host || !streq(t->items[i].host, host)) {
                copy = strdup(host);
                if (!copy)
                        return -ENOMEM;
                free(t->items[i].host);
                t->items[i].host = copy;
                t->next = (i + 1) % TOUCHES_KEPT;
        }
        t->items[i].at_usec = at_usec;
        return 0;
}

bool touches_near(const Touches *t, const char *url, uint64_t at_usec) {
        _cleanup_(url_freep) Url *parsed = NULL;

        if (url_parse(url, &parsed) < 0)
                return false;
        for (unsigned i = 0; i < TOUCHES_KEPT; i++) {
                uint64_t touch = t->items[i].at_usec;

                if (t->items[i].host && streq(t->items[i].host, parsed->host))
                        return MAX(touch, at_usec) - MIN(touch, at_usec) <= JUDGE_TWIN_WINDOW_USEC;
        }
        return false;
}
