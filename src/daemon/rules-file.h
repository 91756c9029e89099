/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/state.h"

/* The rules for notifications as nocontact-relay reads them (core/snapshot.h), beside the ledger.
 * What the relay holds without the daemon follows from this file alone. */
typedef struct RulesFile RulesFile;

/* `dir` is the ledger's folder. Returns 0 or -ENOMEM. Nothing is written yet. */
int rules_file_new(const char *dir, RulesFile **ret);
/* The file stays: the relay goes on holding. Accepts NULL; returns NULL. */
RulesFile *rules_file_free(RulesFile *f);
DEFINE_CLEANUP(RulesFile *, rules_file_free)

/* A word that is held besides, as the name of SNAPSHOT_PROBE; NULL: no longer. It is in the file
 * after the next rules_file_follow(). Returns 0 or -ENOMEM. */
int rules_file_probe(RulesFile *f, const char *word);

/* Brings the file to what the state says. Returns 1 when it was written, and is on the disk (0600);
 * 0 when it said so already; a negative errno, with the older file in its place. */
int rules_file_follow(RulesFile *f, const State *s);
