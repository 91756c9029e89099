/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stddef.h>
#include <stdint.h>

/* Finds all of many byte strings in one pass over a text, whose cost does not grow with their
 * number (Aho and Corasick, CACM 18(6), 1975). */
typedef struct Automaton Automaton;

typedef struct AutomatonWord {
        const char *text; /* not empty, without terminating NUL, any bytes */
        size_t len;
} AutomatonWord;

/* Builds the automaton; the words are not needed any more afterwards. Words may be equal to, parts
 * of and prefixes of each other. Returns 0, or -ENOMEM. */
int automaton_new(const AutomatonWord *words, size_t n, Automaton **ret);
/* Accepts NULL; returns NULL. */
Automaton *automaton_free(Automaton *a);
DEFINE_CLEANUP(Automaton *, automaton_free)

/* Told of each occurrence: which word (its index in what automaton_new() was given), and the
 * offset just after it. They come in the order of their ends. */
typedef void (*AutomatonFound)(uint32_t word, size_t end, void *userdata);

void automaton_scan(
        const Automaton *a, const char *text, size_t len, AutomatonFound found, void *userdata);
