/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tags and entities of a notification's body. Both look at the beginning of `text` alone. */

/* The length of the tag at text[0], or 0 when no tag of a known element stands there: such a '<'
 * is text. *ret_breaks: the element stands between words to a reader ("<br/>", "<p>"), unlike
 * "<b>". */
size_t markup_tag(const char *text, size_t len, bool *ret_breaks);

/* The length of the entity at text[0] with its semicolon ("&eacute;", "&#233;", "&#xe9;") and the
 * character that it stands for, U+FFFD for a number that is none; or 0 when there is none. */
size_t markup_entity(const char *text, size_t len, int32_t *ret);
