/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/buffer.h"

#include <stddef.h>

/* The folder in which a held notification lies until nocontactd takes it into the ledger. A file in
 * it is whole and on the disk, or it is not there: names that begin with a dot are being written.
 */

/* Makes the folder (0700), and its missing parents, and takes away what a writer left unfinished.
 * Whoever is at work in it at this moment writes again. Returns 0 or a negative errno. */
int spooler_prepare(const char *folder);

/* Writes one file (0600) of a head and a message, and returns when it would outlast a power cut.
 * `name` holds neither slash nor leading dot. A file of that name is replaced. The folder is made
 * when it is absent. Returns 0, or a negative errno: the file may be there all the same,
 * whole, and writing it again does no harm. */
int spooler_write(const char *folder, const char *name, const Buffer *head, const void *message,
        size_t message_len);
