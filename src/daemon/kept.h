/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/event.h"

/* What was held, as it lies beside the ledger: everything that is known of one. */

/* Describes the held notification that `ev` records, in an object of its own that the caller
 * unrefs: event, uid, at (text, UTC), at_usec, recorded_usec, zone_minutes, person (`name`; NULL:
 * null), person_id, app, desktop_entry, summary, body, actions, hints, images (as
 * pictures.h has them), source, via, leaked, complete, file, message_bytes, message_sha256. When
 * the file is gone or damaged, "complete" is false and there is what the ledger knows. `dir` is the
 * ledger's folder. Returns 0 or a negative errno. */
int kept_describe(const char *dir, const Event *ev, const char *name, json_t **ret);
