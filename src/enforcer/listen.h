/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>

/* A listening TCP socket at an IPv4 address (host byte order) and a port. Returns 0 and the socket,
 * which the caller closes, or a negative errno: -EADDRINUSE, -EACCES, ... */
int listen_open(uint32_t address, uint16_t port, int *ret);
