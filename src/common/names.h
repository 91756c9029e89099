/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <errno.h>

/* The index of `name` in a table of names that an enum indexes, or -EINVAL. */
static inline int name_index(const char *const *names, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (names[i] && streq(names[i], name))
                        return (int)i;
        return -EINVAL;
}

/* Defines `noun_name()` and `noun_from_name()` over such a table. */
#define DEFINE_NAMES(noun, Type, names)                                                            \
        const char *noun##_name(Type value) {                                                      \
                return names[value];                                                               \
        }                                                                                          \
        int noun##_from_name(const char *name) {                                                   \
                return name_index(names, ARRAY_LEN(names), name);                                  \
        }
