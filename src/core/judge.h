/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/notice.h"
#include "core/rules.h"

#include <stdbool.h>
#include <stddef.h>

/* The judge: (rules, observation) -> verdict. Pure: what time it is and what was seen are
 * arguments. */

/* How sure a sensor is of what became of a visit. */
typedef enum Evidence {
        EVIDENCE_STOPPED, /* the page was kept from opening */
        EVIDENCE_SHOWN,   /* the page was open */
} Evidence;

/* A sensor that may report visits, as in "extension:firefox". */
typedef struct Source {
        const char *name;    /* static: "history", "extension", ... */
        const char *channel; /* where it happened: the browser, or the source itself; points into
                              * the text that was parsed */
        Evidence evidence;
} Source;

/* Reads a source's name and channel. Returns 0; -EINVAL for a sensor that does not exist or a
 * channel that is over-long or not made of letters, digits, '-', '_' and '.'. `text` must
 * outlive *ret. */
int source_parse(const char *text, Source *ret);

typedef struct Verdict {
        uint32_t person;     /* index in the state that the rules were made from */
        Grade grade;         /* what the visit counts as, GRADE_NONE for a text */
        const char *via;     /* static word: "profile", "viewer", "page", "domain", "platform",
                                "search", "text", ... */
        const char *why;     /* static sentence for the user, without a name */
        bool hold;           /* of a text: keep it out of sight */
        uint64_t until_usec; /* of what is held: until their hours open, µs UTC; 0: until the
                                commitment ends */
        bool theirs; /* of a visit: a page of the person's own, not a whole platform or a search */
        char *key;   /* of a visit: what was visited, the same for every spelling; owned */
} Verdict;

void verdict_done(Verdict *v);

/* Judges a visit at `at_usec`. A page of the person's that was shown is a slip, one that was
 * stopped an attempt; a search for the person is an attempt in either case, since it reached
 * nobody, and so is any other page of a platform that is blocked whole. While an exception lets the
 * platform be, its pages are nobody's but the person's own. Returns 1 and a verdict that the caller
 * ends, 0 when it concerns nobody, is no web address or is from before the rule; -ENOMEM. */
int judge_url(
        const Rules *rules, const char *url, uint64_t at_usec, Evidence evidence, Verdict *ret);

/* Would a page that is full of others' show something of the person's, if it has a link to `url`
 * or, for judge_exposed_name(), a suggestion that says `text` and nothing else? The link leads to a
 * page of theirs, and the text is a name of theirs with several words: a platform, a search or a
 * first name is no reason. Returns 1, 0 or -ENOMEM. */
int judge_exposed_url(const Rules *rules, const char *url, uint64_t at_usec);
int judge_exposed_name(const Rules *rules, const char *text, uint64_t at_usec);

/* Judges a notification. Returns 1 and a verdict when it names a person, 0 when not or when it
 * passes whomever it names, -ENOMEM.
 * What names somebody in full mode is to be held, whom else it may name; in limited mode it is held
 * outside of the person's hours and delivered within. `at_usec` says which rules are old enough,
 * `clock` what the clock on the wall shows; only a clock that was set back parts the two. */
int judge_notice(
        const Rules *rules, const Notice *n, uint64_t at_usec, LocalTime clock, Verdict *ret);

/* Does the title of a browser's window name somebody at `at_usec` in the way in which the title of
 * their page would: by a handle with its @, or by a name of several words where a platform signs?
 * A hint and no more: a title is what a site makes of it. Returns 1 and a verdict without a key,
 * 0 or -ENOMEM. */
int judge_title(const Rules *rules, const char *title, uint64_t at_usec, Verdict *ret);

/* Does what `app` shows under `title` pass, whomever it names? Returns 1, 0 or -ENOMEM. */
int judge_sender_passes(const Rules *rules, const char *app, const char *title);

/* Two sensors saw one visit, recorded as `recorded`; the second gives `evidence`. The strongest
 * evidence decides: whoever stopped a page knows that it was not seen, while a history holds
 * stopped visits too. Returns the grade that the visit has now. */
Grade judge_merge(Grade recorded, Evidence evidence);

/* How far apart two sensors' times of one visit may lie: both browsers write their history late,
 * Chromium up to 10 s, but with the visit's own time; a report carries the time of its arrival. */
#define JUDGE_TWIN_WINDOW_USEC (15 * USEC_PER_SEC)

/* What is stopped again within this time of an entry is the same visit: shorter than the window by
 * what a history's time of the visit may be off. */
#define JUDGE_REPEAT_USEC (10 * USEC_PER_SEC)
