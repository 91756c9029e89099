/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* The text of a browser's managed policy: pages that are blocked, and what keeps the hosts file in
 * force. Pure. Its first line is one that only we write. */
typedef enum PolicyFamily {
        POLICY_CHROMIUM, /* a file among others, which the browser merges */
        POLICY_FIREFOX,  /* the one file that there is */
        _POLICY_FAMILY_MAX,
} PolicyFamily;

enum {
        POLICY_LIST_MAX = 1000, /* entries that a browser reads of a list */
};

/* What else is there. Of Chromium's family: keys that other files set, which are theirs. */
typedef struct PolicyBeside {
        bool blocks;    /* lists of pages: what we allowed might open what theirs block */
        bool resolver;  /* what names are looked up with */
        bool merging;   /* which lists are merged */
        bool extension; /* Firefox: our extension lies in the distribution's folder */
} PolicyBeside;

/* Appends the whole text. `patterns`: checked (see url-pattern.h), sorted by strcmp(), each once.
 * Sets *ret_partly when some of them could not be said in full: Chromium then blocks what is below
 * a page and not the page, Firefox nothing of it. Returns 0 or -ENOMEM. */
int policy_render(PolicyFamily family, const char *const *patterns, size_t n,
        const PolicyBeside *beside, Buffer *to, bool *ret_partly);

/* Did we write this, whatever was done to it below its first line? */
bool policy_is_ours(PolicyFamily family, const char *text, size_t len);

/* Looks for the keys in the text of another file of Chromium's family, without taking it apart. */
void policy_look(const char *text, size_t len, PolicyBeside *beside);
