/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The address of a bus (D-Bus Specification 0.43, "Server Addresses"), of which the transport
 * "unix" with path= or abstract= is known, and what else may be in it is passed over. */

/* Reads the next of the addresses, which semicolons separate, and moves *text behind it. Returns 1
 * and where its socket is; 0 at the end; -EPROTONOSUPPORT for one of another transport and -EINVAL
 * for one that is damaged: the next can be asked for all the same. */
int address_next(const char **text, struct sockaddr_un *ret, socklen_t *ret_len);

/* Connects to the first address that answers, waiting for it. Returns a blocking, close-on-exec
 * descriptor that the caller closes, or the negative errno of the last one tried, -EINVAL when
 * there was none. */
int address_connect(const char *text);
