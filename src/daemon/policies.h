/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How it stands with the browsers' policies, in words. Pure. */
typedef struct BrowserPolicy {
        const char *browser;  /* its name, as people know it */
        const char *standing; /* as root says it, see dbus/org.nocontact.Enforcer1.xml */
        uint64_t since_usec;  /* wall time; 0: it has no file of ours */
} BrowserPolicy;

typedef struct PolicyFacts {
        bool on;         /* the user has turned them on */
        size_t patterns; /* that are to be blocked */
        bool known;      /* root has said how the browsers stand ... */
        const BrowserPolicy *browsers;
        size_t n;
        bool restart;               /* Firefox runs since before its policies were written */
        const char *state, *detail; /* of the hosts layer, when it hinders; else NULL */
} PolicyFacts;

/* The layer's state (a static word); its sentence is appended. */
const char *policies_describe(const PolicyFacts *f, Buffer *detail);
