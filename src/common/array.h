/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>

/* Grows `*items` (elements of `size` bytes, room for `*space` of them) until it holds `need`.
 * Amortised doubling. Returns 0, or -ENOMEM with everything unchanged. */
int array_reserve(void *items, size_t *space, size_t need, size_t size);

/* The same, typed: `ARRAY_RESERVE(list->items, list->space, list->n + 1)`. */
#define ARRAY_RESERVE(items, space, need)                                                          \
        array_reserve(&(items), &(space), (need), sizeof(*(items)))
