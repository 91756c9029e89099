/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <sys/types.h>

/* TCP connections of this machine as the kernel knows them: sock_diag(7), linux/inet_diag.h. */

/* Who owns the socket of this machine whose own end is `local` and whose other end is `remote`,
 * also when it is an IPv6 socket with mapped addresses. Returns 0 and the uid; -ENOENT when there
 * is no such connection (any more), other negative errno. */
int sock_diag_owner(const struct sockaddr_in *local, const struct sockaddr_in *remote, uid_t *ret);

/* Closes (SOCK_DESTROY) every established TCP socket of `uid`, and of nobody else, whose other end
 * is one of the addresses, IPv4 or IPv6, ports 80 and 443. Mapped IPv4 addresses count as IPv4.
 * Needs CAP_NET_ADMIN. Returns how many were closed, -EOPNOTSUPP when the kernel cannot, other
 * negative errno. */
int sock_diag_close(uid_t uid, const struct in6_addr *addresses, size_t n);
