/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* A set of watched folders that is brought to what is wanted, again and again, without disturbing
 * the watches that stay. */
typedef struct FolderWatch FolderWatch;

/* Something happened in `folder`; `mask` and `name` (NULL: to the folder itself) as inotify(7)
 * gives them. IN_Q_OVERFLOW comes once for each watch. The set may be changed from here. */
typedef void (*folder_watch_func)(
        void *userdata, const char *folder, uint32_t mask, const char *name);

int folder_watch_new(sd_event *event, folder_watch_func func, void *userdata, FolderWatch **ret);
/* Accepts NULL; returns NULL. */
FolderWatch *folder_watch_free(FolderWatch *w);
DEFINE_CLEANUP(FolderWatch *, folder_watch_free)

/* One round: begin, want each folder, end. What was not wanted in the round is no longer watched
 * after its end. Wanting one folder with two masks gives two watches. */
void folder_watch_begin(FolderWatch *w);
/* Returns 1 when the watch is new, which means that what happened before is unknown; 0 when it was
 * there; -ENOSPC or -EMFILE when the system's limits for watches are reached; -EACCES, -ENOENT,
 * -ENOTDIR as the folder is; -ENOMEM. */
int folder_watch_want(FolderWatch *w, const char *folder, uint32_t mask);
void folder_watch_end(FolderWatch *w);
