/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/gate/process.h"

#include <stdbool.h>
#include <systemd/sd-bus.h>

/* A process as a unit that exists while it runs and no longer. */
typedef struct Transient {
        const char *unit, *description;
        const char *instead_of; /* the unit that is stopped first */
        const char *behind;     /* the unit that runs before it, and with it; NULL for none */
        const char *address;    /* its session bus */
        const Process *process;
} Transient;

/* Can the bus carry how it was called? What of its environment it cannot carry is left out. */
bool transient_possible(const Process *p);

/* The arguments of StartTransientUnit. Returns 0 or a negative errno. */
int transient_append(sd_bus_message *m, const Transient *t);
