/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>

/* How far a browser profile's history has been judged. Two marks, since a browser that deletes rows
 * may give their ids to later visits: a visit is new when its id is higher or its time is later. */
typedef struct Cursor {
        int64_t row;          /* highest visit id judged; 0 for none */
        uint64_t newest_usec; /* latest visit time judged, UTC */
} Cursor;
