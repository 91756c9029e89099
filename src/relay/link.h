/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "relay/filter.h"

#include <systemd/sd-event.h>

/* One connection of a notification server, and its twin on the session bus. */
typedef struct Link Link;

enum {
        LINK_QUEUE_MAX = 1 << 20, /* bytes that wait for a side; over it nothing is read that could
                                   * make them more */
        LINK_READS = 16,          /* reads of one side in a row, before others have their turn */
};

/* The link is over: one side went, or said what is no D-Bus. It is freed from here. */
typedef void (*link_over_func)(void *userdata, Link *l);

/* Both sockets are taken over, also when it fails. Returns 0 or a negative errno. */
int link_new(sd_event *event, int server_fd, int bus_fd, const FilterJudge *judge,
        link_over_func over, void *userdata, Link **ret);
/* Closes both sides. Accepts NULL; returns NULL. */
Link *link_free(Link *l);
DEFINE_CLEANUP(Link *, link_free)
