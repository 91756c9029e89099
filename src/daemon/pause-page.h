/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The pause page: what a browser shows in place of a page that is held shut. Pure. */

/* One whole HTML page in UTF-8, without script and without anything to load. `days`: whole days of
 * the streak; `total_days`: those kept in all; `sentence`: the user's own plan or reason, any
 * bytes, or NULL. Names nobody and no host. NULL when memory is out; the caller frees. */
char *pause_page(unsigned days, unsigned total_days, const char *sentence);
