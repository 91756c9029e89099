/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The few macros that every file may use. Nothing here knows a noun of ours. */

#include <stdlib.h>
#include <string.h>

/* The cleanup function runs when the variable leaves its scope. */
#define _cleanup_(func) __attribute__((cleanup(func)))

/* Defines `FUNCp`, the cleanup twin of a free function that accepts NULL: with
 * DEFINE_CLEANUP(Watch *, watch_free) one writes `_cleanup_(watch_freep) Watch *w = NULL;`. */
#define DEFINE_CLEANUP(type, func)                                                                 \
        static inline void func##p(type *p) {                                                      \
                (void)func(*p);                                                                    \
        }

static inline void freep(void *p) {
        free(*(void **)p);
}
#define _cleanup_free_ _cleanup_(freep)

/* Hands the pointer over: reads it and leaves NULL behind, so that the cleanup does nothing. */
#define TAKE_PTR(ptr)                                                                              \
        ({                                                                                         \
                __typeof__(ptr) *_take = &(ptr);                                                   \
                __typeof__(ptr) _taken = *_take;                                                   \
                *_take = NULL;                                                                     \
                _taken;                                                                            \
        })

/* The same for a struct, which leaves zeros behind. */
#define TAKE_STRUCT(object)                                                                        \
        ({                                                                                         \
                __typeof__(object) *_take = &(object);                                             \
                __typeof__(object) _taken = *_take;                                                \
                *_take = (__typeof__(object)){0};                                                  \
                _taken;                                                                            \
        })

/* The same for a file descriptor, which leaves -1 behind. */
#define TAKE_FD(fd)                                                                                \
        ({                                                                                         \
                int *_take = &(fd);                                                                \
                int _taken = *_take;                                                               \
                *_take = -1;                                                                       \
                _taken;                                                                            \
        })

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define MIN(a, b)                                                                                  \
        ({                                                                                         \
                __typeof__(a) _a = (a);                                                            \
                __typeof__(b) _b = (b);                                                            \
                _a < _b ? _a : _b;                                                                 \
        })
#define MAX(a, b)                                                                                  \
        ({                                                                                         \
                __typeof__(a) _a = (a);                                                            \
                __typeof__(b) _b = (b);                                                            \
                _a > _b ? _a : _b;                                                                 \
        })

/* Marks a text for translation where gettext() cannot be called, as in a table. */
#define N_(text) text

#define printf_like(fmt, first) __attribute__((format(printf, fmt, first)))

static inline int streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}
