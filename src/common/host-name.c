/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The last look at a name before it goes into the hosts file. It does not mend a name: who sends it
 * has brought it to lower case and A-labels. */

#include "common/host-name.h"

#include "common/macro.h"

#include <errno.h>
#include <stdbool.h>
#include <strings.h>

enum {
        LABEL_MAX = 63, /* RFC 1035, section 2.3.4 */
};

/* RFC 6761 (localhost), RFC 6762 (local), RFC 3172 (arpa), ICANN (internal), and what
 * distributions put into a new hosts file (localdomain). */
static const struct Reserved {
        const char *name; /* it, and all below it */
        const char *why;
} reserved[] = {
        {"localhost", "This computer needs the name localhost for itself."},
        {"localdomain", "Names in localdomain belong to this computer."},
        {"local", "Names in .local belong to devices in the home network."},
        {"internal", "Names in .internal belong to the network this computer is in."},
        {"arpa", "Names in .arpa belong to the network itself."},
};

static bool is_below(const char *name, const char *top) {
        size_t n = strlen(name), t = strlen(top);

        return n >= t && streq(name + n - t, top) && (n == t || name[n - t - 1] == '.');
}

static const char *wrong_byte(char c) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')
                return NULL;
        if (c >= 'A' && c <= 'Z')
                return "A host name is written in lower case here.";
        if (c == ':' || c == '[')
                return "That is an address; a host name is wanted.";
        if (c & '\x80')
                return "A host name in another script is written as an A-label, \"xn--\" and so on.";
        return "A host name has letters, digits, hyphens and dots only.";
}

static const char *wrong_label(const char *label, size_t len) {
        if (len == 0)
                return "A host name does not begin or end with a dot, nor has it two in a row.";
        if (len > LABEL_MAX)
                return "A part of a host name has at most 63 characters.";
        if (label[0] == '-' || label[len - 1] == '-')
                return "No part of a host name begins or ends with a hyphen.";
        return NULL;
}

/* Letters, dots and lengths. */
static const char *wrong_shape(const char *name) {
        const char *why = NULL;

        if (!*name)
                return "The host name is empty.";
        if (strnlen(name, HOST_NAME_MAX_LEN + 1) > HOST_NAME_MAX_LEN)
                return "A host name has at most 253 characters.";
        for (const char *p = name; *p && !why; p++)
                why = wrong_byte(*p);
        for (const char *p = name; !why; p++) {
                size_t len = strcspn(p, ".");

                why = wrong_label(p, len);
                p += len;
                if (!*p)
                        break;
        }
        return why;
}

/* Resolvers take a name whose last label is a number for an address (inet_aton(3); WHATWG URL,
 * "ends in a number"). */
static bool is_address(const char *name) {
        const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;

        return last[strspn(last, "0123456789")] == '\0' || strncmp(last, "0x", 2) == 0;
}

static const char *wrong_name(const char *name, const char *const *own, size_t n_own) {
        const char *why = wrong_shape(name);

        if (why)
                return why;
        for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
                if (is_below(name, reserved[i].name))
                        return reserved[i].why;
        for (size_t i = 0; i < n_own; i++)
                if (strcasecmp(name, own[i]) == 0)
                        return "That is this computer's own name.";
        if (is_address(name))
                return "That is an address; a host name is wanted.";
        if (!strchr(name, '.'))
                return "A host name has two parts or more, as in example.org.";
        return NULL;
}

int host_name_check(const char *name, const char *const *own, size_t n_own, const char **ret_why) {
        const char *why = wrong_name(name, own, n_own);

        if (!why)
                return 0;
        *ret_why = why;
        return -EINVAL;
}
