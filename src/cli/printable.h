/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* Text as a terminal may be given it. Names, notes and targets come from web pages and from
 * other people; an escape sequence in one must not reach the terminal as such.
 *
 * All functions read the text in the locale's encoding (LC_CTYPE), which main() sets to a UTF-8
 * one. */

/* Appends `s` with everything made visible that would steer a terminal: control characters,
 * bytes that are no text, and the marks that turn the writing direction appear as "\x1b" or
 * "\u202e"; a line break or tab as a space. Returns 0 or -ENOMEM. */
int printable_add(Buffer *b, const char *s);

/* Appends JSON text with those characters as \u escapes that jansson leaves as they are (DEL, C1
 * controls, direction marks). The line breaks between values stay. Returns 0 or -ENOMEM. */
int printable_add_json(Buffer *b, const char *json);

/* Is it text at all? */
bool printable_valid(const char *s);

/* The columns that a printable text takes on a terminal. */
size_t printable_width(const char *s);

/* The bytes of the longest beginning of `s` that takes no more than `columns`. */
size_t printable_fit(const char *s, size_t columns);
