/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/state.h"

#include <stddef.h>

/* What of the state says which notifications are held, as text for a program without a ledger:
 * nocontactd writes it, nocontact-relay compiles its rules from it. It holds names and numbers, so
 * that it lies in the user's own folder, mode 0600. */

enum {
        SNAPSHOT_MAX =
                64 << 20, /* bytes; 100 people with 1,000 identities each are a third of it */
};

#define SNAPSHOT_FILE "notifications.rules" /* in the folder of the ledger */

#define SNAPSHOT_PROBE "probe" /* the id of the person below */

/* Returns 0 and the text of a state, which the caller frees, or -ENOMEM. Equal rules give equal
 * text. `probe`, when it is not NULL, is a word that `nocontact doctor` has made up: it is held as
 * the name of a person who does not exist. */
int snapshot_write(const State *s, const char *probe, char **ret);

/* The way back. Returns 0 and a state of the people, their identities and what passes, no more;
 * -EBADMSG when the text is no snapshot; -ENOMEM. */
int snapshot_read(const char *text, size_t len, State **ret);
