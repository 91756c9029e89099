/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "enforcer/enforcer-bus.h"

/* Puts org.nocontact.EnforcerNetwork1 on the bus: what the enforcer wants of the machine's network,
 * which it does not have itself. `face` is not used. Returns 0 or a negative errno. */
int network_bus_add(sd_bus *bus, EnforcerBus *face);
