/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/identity.h"

typedef int (*page_pattern_func)(void *userdata, const char *pattern);

/* Calls `func` with each URL pattern (see common/url-pattern.h) of the pages that a handle or a
 * profile stands for: the platform's own page of the user in full, the other shapes that the
 * catalogue has for it as far as a pattern can say them and without the page itself, and the same
 * for the platforms where the user is the same person. Other kinds have none, and neither have
 * users whose name needs encoding. A return other than 0 of `func` ends it and is passed on; else 0
 * or -ENOMEM. */
int page_patterns_each(const Identity *id, page_pattern_func func, void *userdata);
