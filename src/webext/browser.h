/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which browser started the host. Pure. */

/* Its name as the history sensor calls it ("firefox", "chromium", "brave", ...), so that what both
 * see of one visit is one event. `argv` is the host's own: Firefox's family gives the path of the
 * manifest and the extension's id, Chromium's the extension's origin. `parent` is the path of the
 * program that started it, or NULL: only it tells browsers of one family apart. Static; NULL when
 * no browser gives such arguments. */
const char *browser_name(int argc, const char *const *argv, const char *parent);
