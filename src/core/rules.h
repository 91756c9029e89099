/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/matcher.h"
#include "core/state.h"
#include "core/url-index.h"

/* An exception lets be what one target meets in this time. */
typedef struct RuleException {
        char *target;                   /* the value of a domain or a platform; owned */
        uint64_t from_usec, until_usec; /* UTC */
} RuleException;

/* Somebody who may be heard at some hours of the week only. */
typedef struct RuleHours {
        Hours hours;
        Matcher *texts; /* theirs alone: when a text names several people, each one's hours count */
} RuleHours;

/* All identities of all people under a commitment, compiled for the judge. Made anew whenever
 * one of them changes, and never changed itself. */
typedef struct Rules {
        UrlIndex *urls;
        Matcher *texts[_MODE_MAX]; /* apart, so that whom a text names in limited mode does not hide
                                    * whom it names in full mode */
        Matcher *passes;  /* what passes whomever it names; NULL when there is nothing of it */
        RuleHours *hours; /* of those in limited mode who have any; they are in `texts` too */
        size_t n_hours;
        RuleException *exceptions; /* open ones, and past ones for what is read late */
        size_t n_exceptions;
        uint64_t since_usec; /* the earliest begin that stands, 0 when there is none */
} Rules;

/* Returns 0 and the rules for a state, or -ENOMEM. They do not refer to the state; what they
 * match names people by their index in it. */
int rules_new(const State *s, Rules **ret);
/* Accepts NULL; returns NULL. */
Rules *rules_free(Rules *rules);
DEFINE_CLEANUP(Rules *, rules_free)
