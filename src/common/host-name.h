/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>

enum {
        HOST_NAME_MAX_LEN = 253, /* RFC 1035, section 2.3.4, without the root's dot */
};

/* May this name be held in the hosts file? It is a lower-case host name of two labels or more, in
 * letters, digits and hyphens (RFC 952, RFC 1123 section 2.1; other scripts as A-labels), that is
 * no IP literal (its last label is not all digits, and not "0x..."), not localhost or below it,
 * none of the reserved names of this machine (`own`, n_own of them: its host name, and the same
 * with a domain) and nothing below "local", "localdomain", "internal", "arpa". Returns 0; or
 * -EINVAL and a static sentence in *ret_why. */
int host_name_check(const char *name, const char *const *own, size_t n_own, const char **ret_why);
