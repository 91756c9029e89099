/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/responders/nudge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every word that the nudge says, as plain UTF-8 text. Marked for gettext: domain
 * NUDGE_TEXT_DOMAIN, keywords `_`, `N_` and `count_:1,2`. Rules of the house: facts, warm, short;
 * no reproach, no figure of zero, no exclamation mark, no name of a person, nothing that tells who
 * it is about. */

#define NUDGE_TEXT_DOMAIN "nocontact"

enum {
        NUDGE_SENTENCE_CHARS = 300, /* of the user's own sentence; more is cut, with an ellipsis */
        NUDGE_NAME_CHARS = 24,      /* of the support person's name on a button */
        NUDGE_BREATHS = 6,          /* of ten seconds */
};

typedef enum NudgeAnswer {
        NUDGE_LEAVE,
        NUDGE_BREATHE,
        NUDGE_WRITE,
        NUDGE_CALL,
        NUDGE_MEANT,
        NUDGE_ANSWERS,
} NudgeAnswer;

typedef struct NudgeWords {
        char *summary; /* one line */
        char *body;    /* lines; may be "" */
} NudgeWords;

void nudge_words_done(NudgeWords *w);

/* The functions below return 0 and words for nudge_words_done(), or -ENOMEM. */

/* The nudge itself. `buttons`: the way out is on a button and needs no words. `explain`: say that
 * the weekly line is one, should it be shown. */
int nudge_words_visit(const NudgeText *text, bool buttons, bool explain, NudgeWords *ret);

/* The breathing guide's steps, from 0. Returns 1 and in *ret_sec how long the step lasts; 0 for the
 * word that ends the guide. */
int nudge_words_breath(unsigned step, NudgeWords *ret, unsigned *ret_sec);

/* After "Call": the support person, as the user wrote it. `mail`: it holds an address and no
 * number. */
int nudge_words_call(const char *support, const char *name, bool mail, NudgeWords *ret);

/* After "I meant to". */
int nudge_words_meant(NudgeWords *ret);

/* After "Write instead", when the page could not be opened, or (path NULL) not even made. */
int nudge_words_page(const char *path, NudgeWords *ret);

/* So many messages, one at least, were held outside of somebody's hours. */
int nudge_words_digest(unsigned n, NudgeWords *ret);

int nudge_words_milestone(unsigned days, NudgeWords *ret);

/* A button. `name` and `mail` as above, for NUDGE_CALL alone. The caller frees; NULL when memory is
 * out. */
char *nudge_words_button(NudgeAnswer answer, const char *name, bool mail);

/* The line on top of an empty page. */
const char *nudge_words_page_line(void);

/* Which week a time belongs to, from Monday to Sunday in UTC: the number of the weekly line. */
uint64_t nudge_words_week(uint64_t wall_usec);

/* Is there a sentence of the user's own in `text`? */
bool nudge_words_own(const NudgeText *text);

/* One sentence for the layer's state. */
const char *nudge_words_state(unsigned notifier_state);
