/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Why now? What was going on when an urge, an attempt, a slip or a relapse came, in one word. */

typedef enum Tag {
        TAG_NONE, /* not said */
        TAG_LATE, /* late and alone */
        TAG_SONG,
        TAG_SAW, /* something that reminded */
        TAG_DRANK,
        TAG_ARGUED,
        TAG_CLOSURE, /* wanted an end to it */
        TAG_OTHER,
        _TAG_MAX,
} Tag;

/* The word for a tag ("late"; "" for TAG_NONE), and back, or -EINVAL. */
const char *tag_name(Tag tag);
int tag_from_name(const char *name);
