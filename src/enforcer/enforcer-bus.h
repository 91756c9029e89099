/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "enforcer/enforcer.h"
#include "enforcer/polkit.h"

#include <systemd/sd-bus.h>

/* The face on the system bus: it reads, validates, asks whether the caller may, calls, and answers;
 * it decides nothing. The interface is written down in dbus/org.nocontact.Enforcer1.xml. */
typedef struct EnforcerBus {
        Enforcer *enforcer;
        Polkit *polkit;
} EnforcerBus;

/* Puts the interface on the bus; `face` outlives the bus. Returns 0 or a negative errno. */
int enforcer_bus_add(sd_bus *bus, EnforcerBus *face);

/* Sends the signal Repaired. Returns 0 or more, or a negative errno. */
int enforcer_bus_tell(sd_bus *bus, const char *what);
