/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The words for what was going on. They stay as they are: ledgers hold them. How the pause page
 * puts them is contrib/webext/pause.html's. */

#include "core/tag.h"

#include "common/macro.h"

#include <assert.h>
#include <errno.h>

static const char *const names[_TAG_MAX] = {
        [TAG_NONE] = "",
        [TAG_LATE] = "late",
        [TAG_SONG] = "song",
        [TAG_SAW] = "saw",
        [TAG_DRANK] = "drank",
        [TAG_ARGUED] = "argued",
        [TAG_CLOSURE] = "closure",
        [TAG_OTHER] = "other",
};

const char *tag_name(Tag tag) {
        assert(tag < _TAG_MAX);
        return names[tag];
}

int tag_from_name(const char *name) {
        for (int i = 0; i < _TAG_MAX; i++)
                if (streq(names[i], name))
                        return i;
        return -EINVAL;
}
