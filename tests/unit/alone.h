/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>

/* A network and a file tree of the test's own, in namespaces: nothing that is done there is seen
 * outside. Call it before the first thread. There the test is root, in its own eyes; only loopback
 * is there. False when this machine allows none. */
bool alone_enter(void);

/* Puts another text in the place of a file that is there; only in here. */
void alone_replace(const char *path, const char *text);

/* An empty folder in the place of one that is there; only in here. */
void alone_empty(const char *path);
