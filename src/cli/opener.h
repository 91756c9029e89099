/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>

/* Is there a screen to show something on? */
bool opener_has_screen(void);

/* Has the user's own application open the file, an absolute path, through xdg-open and without a
 * shell; it lives on when we end. Returns 0, or a negative errno when xdg-open could not be started
 * (-ENOENT: there is none). Whether something came up is not known. */
int opener_open(const char *path);
