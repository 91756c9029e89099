/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stddef.h>
#include <stdint.h>

/* A hash table from byte strings to uint32_t, for look-ups whose cost must not grow with the number
 * of entries. Keys are copied and may hold any byte. Entries are never removed: a table is thrown
 * away and built anew. */
typedef struct Table Table;

/* Returns 0 and a new empty table, or -ENOMEM. */
int table_new(Table **ret);
/* Accepts NULL; returns NULL. */
Table *table_free(Table *t);
DEFINE_CLEANUP(Table *, table_free)

/* Stores `value` under `key`, or leaves an existing entry alone. Returns 1 when stored, 0 when the
 * key was there already, -ENOMEM. */
int table_add(Table *t, const void *key, size_t len, uint32_t value);

/* Returns 1 and the value, or 0 when there is none. */
int table_find(const Table *t, const void *key, size_t len, uint32_t *ret);

size_t table_size(const Table *t);
