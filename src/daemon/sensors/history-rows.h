/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/cursor.h"
#include "daemon/sensors/browser-profiles.h"
#include "daemon/sensors/history.h"

/* The visits in a private copy of a browser's history. */

/* What to read. */
typedef struct RowsQuery {
        Cursor cursor;       /* up to where it was judged; zero for never */
        uint64_t since_usec; /* never a visit from before */
        uint64_t again_usec; /* also what was judged, from since_usec to before this; 0: none */
} RowsQuery;

/* New visits in the order of their ids, at most HISTORY_BATCH_MAX of them, and the cursor that
 * stands for having judged these and all before. They are gone after the call. A negative return
 * ends the reading and is passed on. */
typedef int (*rows_func)(void *userdata, const Visit *visits, size_t n, const Cursor *after);

/* Reads the copy at `path`, which SQLite may write to: what a crash would leave is recovered first.
 * A visit counts as new when its id is higher or its time later than the cursor's.
 *
 * What is no visit of the user's is left out: frames, downloads, addresses a keyword search makes
 * up, pages a supervisor blocked, and (Chromium family) visits that came from another machine by
 * synchronisation; Firefox marks none of those. Of a redirect that ends on the same page (http to
 * https, a slash, "www.") only the first row is handed up. A URL that is missing, longer than
 * HISTORY_URL_MAX or no UTF-8 is passed over.
 *
 * `func` is called once for each batch, and once with n = 0 when only the cursor moved; the last
 * cursor is the highest id and the latest time that there are, so that it follows a history that
 * was cleared.
 *
 * Returns 0; -ENODATA when the tables are not there yet; -EBADMSG when the database is damaged or
 * none; -EPROTO when the tables lack what is needed; -ENOSPC, -EIO, -ENOMEM; or what `func`
 * returned. */
int history_rows_read(const char *path, BrowserFamily family, const char *browser,
        const RowsQuery *query, rows_func func, void *userdata);
