/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>

/* The title of a browser's window, which the site wrote: "Alex Doe (@alex.doe) • Instagram photos
 * and videos — Mozilla Firefox". */

/* The title folded (text.h), without what stands in quotation marks: that is what somebody said,
 * and not whose page it is; where a mark is not closed, the rest. Returns 0 and a string that the
 * caller frees, or -ENOMEM. */
int title_fold(const char *title, char **ret);

/* Does the site that wrote a folded title say that it is a platform of the catalogue? Its name
 * stands by itself between signs (" | facebook", " / x —") and not in a sentence. */
bool title_names_platform(const char *folded);
