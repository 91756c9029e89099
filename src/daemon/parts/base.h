/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/ledger.h"
#include "daemon/parts/clock.h"
#include "daemon/parts/layers.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* Where things are. Owned by the caller, and outliving the manager. */
typedef struct ManagerPaths {
        const char *home;          /* $HOME */
        const char *config_home;   /* $XDG_CONFIG_HOME, or ~/.config */
        const char *data_dir;      /* our own: $XDG_DATA_HOME/nocontact */
        const char *runtime_dir;   /* our own: $XDG_RUNTIME_DIR/nocontact */
        const char *session_dir;   /* $XDG_RUNTIME_DIR */
        const char *const *shares; /* $XDG_DATA_HOME and $XDG_DATA_DIRS, ended by NULL */
} ManagerPaths;

/* What the parts of the manager stand on. It is the manager's, outlives each part, and the bus is
 * there before the first of them. */
typedef struct Base {
        sd_event *event;
        sd_bus *bus; /* the session's */
        ManagerPaths paths;
        Ledger *ledger;
        Clock clock;
        Layers layers;
} Base;
