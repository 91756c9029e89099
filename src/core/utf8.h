/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Steps through bytes that may be text. */

/* The length of the character at text[0] and its code point; for a byte that begins none, 1 and -1.
 * `len` is at least 1. */
size_t utf8_next(const char *text, size_t len, int32_t *ret);

/* Can a reader see it? Not -1 and not a control character. */
bool utf8_visible(int32_t c);
