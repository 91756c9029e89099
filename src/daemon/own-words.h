/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/hours.h"
#include "core/rules.h"
#include "core/state.h"

/* What of the user's own words stands on a nudge or a pause page: never what names somebody, since
 * others may look over a shoulder. Pure. The texts are the state's, or static. */

/* A plan, a reason or a support person, another one each week; NULL for none. `now` is UTC. */
const char *own_words_choose(
        const Rules *rules, const State *s, SupportKind kind, uint64_t now_usec);

/* The sentence for the moment: a plan, else a reason; NULL for none. */
const char *own_words_sentence(const Rules *rules, const State *s, uint64_t now_usec);

/* Something else to do than `plan` (may be NULL), another one each local day: the user's other
 * plans, and ordinary things. */
const char *own_words_instead(const Rules *rules, const State *s, const char *plan, LocalTime now);
