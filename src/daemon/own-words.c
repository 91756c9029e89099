/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Chooses among what the user wrote down for the moment. It shows nothing, and asks nobody what
 * time it is. The rotation is slow: a nudge that is another one each time is read less, not more.
 */

#include "daemon/own-words.h"

#include "common/time.h"
#include "daemon/pause-page.h"
#include "nocontact/bus-names.h"

/* Would the text tell whoever looks over the user's shoulder who it is about? */
static bool names_somebody(const Rules *rules, const char *text) {
        TextMatch match;

        for (int mode = 0; mode < _MODE_MAX; mode++)
                if (matcher_find(rules->texts[mode], text, strlen(text), TEXT_PLAIN, &match) != 0)
                        return true;
        return false;
}

/* The items of a kind that may stand on the screen. Returns how many they are. */
static size_t find_fit(const Rules *rules, const State *s, SupportKind kind,
        const char *ret_texts[static NC_LIMIT_SUPPORT_ITEMS]) {
        size_t n = 0;

        for (size_t i = 0; i < s->n_support && n < NC_LIMIT_SUPPORT_ITEMS; i++)
                if (s->support[i].kind == kind && !names_somebody(rules, s->support[i].text))
                        ret_texts[n++] = s->support[i].text;
        return n;
}

const char *own_words_choose(
        const Rules *rules, const State *s, SupportKind kind, uint64_t now_usec) {
        const char *fit[NC_LIMIT_SUPPORT_ITEMS];
        size_t n = find_fit(rules, s, kind, fit);

        return n > 0 ? fit[now_usec / (7 * USEC_PER_DAY) % n] : NULL;
}

const char *own_words_sentence(const Rules *rules, const State *s, uint64_t now_usec) {
        const char *plan = own_words_choose(rules, s, SUPPORT_PLAN, now_usec);

        return plan ? plan : own_words_choose(rules, s, SUPPORT_REASON, now_usec);
}

const char *own_words_instead(const Rules *rules, const State *s, const char *plan, LocalTime now) {
        const char *fit[NC_LIMIT_SUPPORT_ITEMS];
        size_t n = find_fit(rules, s, SUPPORT_PLAN, fit), others = 0, i;
        int64_t minutes = (int64_t)(now.usec / USEC_PER_MIN) + now.zone_minutes;

        for (i = 0; i < n; i++)
                if (fit[i] != plan)
                        fit[others++] = fit[i];
        i = (size_t)(MAX(minutes, 0) / (24 * 60)) % (others + PAUSE_THINGS);
        return i < others ? fit[i] : pause_thing(i - others);
}
