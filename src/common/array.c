/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Growth of plain C arrays. It does not construct or free elements; that is their owner's work. */

#include "common/array.h"

#include "common/macro.h"

#include <errno.h>

int array_reserve(void *items, size_t *space, size_t need, size_t size) {
        size_t room;
        void *old, *grown;

        if (need <= *space)
                return 0;
        room = MAX(*space * 2, (size_t)8);
        room = MAX(room, need);

        /* `items` is the address of some T*: copied as bytes, since void** would break aliasing. */
        memcpy(&old, items, sizeof(old));
        grown = reallocarray(old, room, size);
        if (!grown)
                return -ENOMEM;
        memcpy(items, &grown, sizeof(grown));
        *space = room;
        return 0;
}
