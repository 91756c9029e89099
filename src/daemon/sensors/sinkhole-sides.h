/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/sensors/sinkhole.h"

#include <sys/socket.h>

/* The two sides of the sinkhole, private to it. sinkhole.c lets connections in, these serve them.
 * What they are given in `SinkholeSide` outlives them. */
typedef struct SinkholeSide {
        sd_event *event;
        const SinkholeListener *listener;
        void *userdata;
} SinkholeSide;

/* `add` takes a connected, non-blocking socket, also when it fails: 0; -EBUSY when there are
 * SINKHOLE_CONNECTIONS_MAX; other negative errno. Free accepts NULL and returns NULL; it is not to
 * be called from the listener. */

typedef struct SinkholeHttp SinkholeHttp;

int sinkhole_http_new(const SinkholeSide *side, SinkholeHttp **ret);
int sinkhole_http_add(SinkholeHttp *h, int fd, const struct sockaddr *peer, socklen_t peer_len);
SinkholeHttp *sinkhole_http_free(SinkholeHttp *h);
DEFINE_CLEANUP(SinkholeHttp *, sinkhole_http_free)

typedef struct SinkholeTls SinkholeTls;

int sinkhole_tls_new(const SinkholeSide *side, SinkholeTls **ret);
int sinkhole_tls_add(SinkholeTls *t, int fd);
SinkholeTls *sinkhole_tls_free(SinkholeTls *t);
DEFINE_CLEANUP(SinkholeTls *, sinkhole_tls_free)

/* Closes with a reset: the other side knows at once and nothing lingers in the kernel. */
void sinkhole_reset(int fd);
