/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a message that was held: it has pictures or none, and each has a name and a size. */

#include "daemon/pictures.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        json_t *list = NULL, *picture;
        size_t i;

        if (pictures_describe(data, size, &list) < 0 || !json_is_array(list))
                abort();
        json_array_foreach (list, i, picture)
                if (!json_is_string(json_object_get(picture, "hint")) ||
                        !json_is_integer(json_object_get(picture, "width")) ||
                        !json_is_integer(json_object_get(picture, "height")))
                        abort();
        json_decref(list);
        return 0;
}
