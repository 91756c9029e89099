/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/digest.h"

#include <jansson.h>
#include <stdint.h>

/* A file of evidence: one line for each entry, {"entry":...,"link":"..."} in canonical JSON (keys
 * sorted, no white space), where the link is SHA-256 over the link of the line before, as text, and
 * the entry's own bytes. The first entry says what the file is, the last how many there are between
 * them: whatever is changed, left out or cut off later does not fit. */

typedef struct Evidence {
        int fd;
        char *path;
        char link[DIGEST_SPACE]; /* of the last line */
        uint64_t n;              /* entries, without the first and the last */
} Evidence;

/* Makes a file that was not there, mode 0600. `head` becomes part of the first entry; taken over in
 * every case. Returns 0; -EEXIST; other negative errno. */
int evidence_create(const char *path, json_t *head, Evidence *ret);

/* Adds one entry, an object as JSON text. Returns 0, -EBADMSG when it is none, or a negative errno.
 */
int evidence_add(Evidence *e, const char *entry);

/* Ends the file and has it on the disk. Returns 0 or a negative errno. */
int evidence_finish(Evidence *e);

/* Closes and frees; a file that was not finished is removed. */
void evidence_done(Evidence *e);

typedef struct EvidenceCheck {
        uint64_t n;              /* entries that fit, or the line that does not */
        char link[DIGEST_SPACE]; /* of the last line */
} EvidenceCheck;

/* Reads a file of evidence and follows the chain. Returns 0 when all of it fits; -EBADMSG and in
 * ret->n the number of the first line that does not; -ENOENT or another negative errno. */
int evidence_check(const char *path, EvidenceCheck *ret);
