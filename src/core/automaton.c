/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The automaton of Aho and Corasick in two halves. Its states are numbered level by level, so that
 * the shallow ones, where a scan of ordinary text spends its time, come first: those have a row
 * with a ready transition for every class of bytes. The many deep ones have only their own edges
 * and a failure link. Level order also makes edges cheap: the children of a state are neighbours,
 * and a state needs no more than the number of the first. It knows bytes alone; what a word is and
 * where it may stand is the matcher's business. */

#include "core/automaton.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>

enum {
        ROOT = 0,
        /* Transitions in ready rows, 4 bytes each: 256 KiB stay within a core's own cache. A short
         * list of words fits wholly, and needs far less. */
        CELLS_MAX = 1 << 16,
};

/* A cell says where a byte leads: to the row of a shallow state, as the index of the row's first
 * cell, or to a deep state. */
#define CELL_FOUND (1u << 31) /* a word ends there */
#define CELL_DEEP  (1u << 30) /* what remains is the number of a state without a row */
#define CELL_INDEX (CELL_DEEP - 1)

typedef struct State {
        uint32_t child;  /* the first; the last is before the next state's first */
        uint32_t fail;   /* the longest proper suffix that is a state, too */
        uint32_t suffix; /* the longest proper suffix that is a word, or ROOT */
        uint32_t word;   /* the first word that ends here, plus one, or 0 */
} State;

struct Automaton {
        State *states; /* n_states, and one more that bounds the children of the last */
        size_t n_states;
        unsigned char *labels; /* of each state: the byte that leads to it */
        uint32_t *twins;       /* of each word: the next one that is equal, plus one, or 0 */
        uint32_t *cells;       /* the rows of the states below n_rows */
        uint32_t n_rows;
        unsigned row_bits;     /* a row has 1 << row_bits cells */
        uint16_t classes[256]; /* of a byte: its cell; 0 for all bytes that no word has */
};

static inline uint32_t cell_make(const Automaton *a, uint32_t state) {
        bool found = a->states[state].word || a->states[state].suffix;

        return (found ? CELL_FOUND : 0) |
               (state < a->n_rows ? state << a->row_bits : state | CELL_DEEP);
}

static inline uint32_t cell_state(const Automaton *a, uint32_t cell) {
        return cell & CELL_DEEP ? cell & CELL_INDEX : (cell & CELL_INDEX) >> a->row_bits;
}

Automaton *automaton_free(Automaton *a) {
        if (!a)
                return NULL;
        free(a->states);
        free(a->labels);
        free(a->twins);
        free(a->cells);
        free(a);
        return NULL;
}

/* --- states ---------------------------------------------------------------------------------- */

typedef struct Build {
        const AutomatonWord *words;
        uint32_t *order; /* owned: the words' indices, sorted by text */
        struct {
                uint32_t first, end; /* of each state: the words in `order` that begin with it */
        } * ranges;                  /* owned */
} Build;

static void build_done(Build *b) {
        free(b->order);
        free(b->ranges);
}

static int compare_words(const void *a, const void *b, void *words) {
        uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
        const AutomatonWord *x = (const AutomatonWord *)words + i,
                            *y = (const AutomatonWord *)words + j;
        int r = memcmp(x->text, y->text, MIN(x->len, y->len));

        if (r == 0)
                r = (x->len > y->len) - (x->len < y->len);
        return r != 0 ? r : (i > j) - (i < j);
}

/* The number of distinct prefixes of the sorted words, the empty one included. */
static size_t count_states(const Build *b, size_t n) {
        size_t states = 1;

        for (size_t i = 0; i < n; i++) {
                const AutomatonWord *w = &b->words[b->order[i]];
                size_t common = 0;

                if (i > 0) {
                        const AutomatonWord *before = &b->words[b->order[i - 1]];

                        while (common < MIN(w->len, before->len) &&
                                w->text[common] == before->text[common])
                                common++;
                }
                states += w->len - common;
        }
        return states;
}

/* Makes the children of `state`, whose words share `depth` bytes; `next` is the number of the
 * first. Returns the number after the last. */
static uint32_t add_children(Automaton *a, Build *b, uint32_t state, size_t depth, uint32_t next) {
        uint32_t i = b->ranges[state].first, end = b->ranges[state].end;

        a->states[state].child = next;
        /* sorted: the words that are complete come first */
        for (; i < end && b->words[b->order[i]].len == depth; i++) {
                uint32_t word = b->order[i];

                if (a->states[state].word == 0)
                        a->states[state].word = word + 1;
                else
                        a->twins[b->order[i - 1]] = word + 1;
        }
        while (i < end) {
                unsigned char label = (unsigned char)b->words[b->order[i]].text[depth];

                a->labels[next] = label;
                b->ranges[next].first = i;
                while (i < end && (unsigned char)b->words[b->order[i]].text[depth] == label)
                        i++;
                b->ranges[next].end = i;
                next++;
        }
        return next;
}

static void add_states(Automaton *a, Build *b, size_t n) {
        uint32_t next = 1, level_end = 1;
        size_t depth = 0;

        b->ranges[ROOT].first = 0;
        b->ranges[ROOT].end = (uint32_t)n;
        for (uint32_t state = ROOT; state < a->n_states; state++) {
                if (state == level_end) {
                        depth++;
                        level_end = next;
                }
                next = add_children(a, b, state, depth, next);
        }
        a->states[a->n_states].child = next;
        assert(next == a->n_states);
}

/* The child of `state` along `label`, or ROOT. */
static inline uint32_t find_child(const Automaton *a, uint32_t state, unsigned char label) {
        uint32_t end = a->states[state + 1].child;

        for (uint32_t i = a->states[state].child; i < end; i++)
                if (a->labels[i] == label)
                        return i;
        return ROOT;
}

/* Sets the links of all states, the shallow before the deep, each needs those of its suffixes. */
static void link_states(Automaton *a) {
        for (uint32_t state = ROOT; state < a->n_states; state++) {
                for (uint32_t i = a->states[state].child; i < a->states[state + 1].child; i++) {
                        uint32_t s = state, to = ROOT;

                        while (s != ROOT && to == ROOT) {
                                s = a->states[s].fail;
                                to = find_child(a, s, a->labels[i]);
                        }
                        a->states[i].fail = to;
                        a->states[i].suffix = a->states[to].word ? to : a->states[to].suffix;
                }
        }
}

/* --- rows ------------------------------------------------------------------------------------ */

static void set_classes(Automaton *a) {
        unsigned n = 1;

        for (uint32_t i = 1; i < a->n_states; i++)
                if (a->classes[a->labels[i]] == 0)
                        a->classes[a->labels[i]] = (uint16_t)n++;
        while (1u << a->row_bits < n)
                a->row_bits++;
}

/* A row is that of the failure link, which is shallower and so has one, with the state's own
 * edges. */
static int set_rows(Automaton *a) {
        size_t row = (size_t)1 << a->row_bits;

        a->n_rows = (uint32_t)MIN(a->n_states, CELLS_MAX / row);
        a->cells = calloc(a->n_rows * row, sizeof(*a->cells));
        if (!a->cells)
                return -ENOMEM;
        for (uint32_t state = ROOT; state < a->n_rows; state++) {
                uint32_t *cells = a->cells + state * row;

                if (state != ROOT)
                        memcpy(cells, a->cells + a->states[state].fail * row, row * sizeof(*cells));
                for (uint32_t i = a->states[state].child; i < a->states[state + 1].child; i++)
                        cells[a->classes[a->labels[i]]] = cell_make(a, i);
        }
        return 0;
}

int automaton_new(const AutomatonWord *words, size_t n, Automaton **ret) {
        _cleanup_(automaton_freep) Automaton *a = calloc(1, sizeof(*a));
        _cleanup_(build_done) Build b = {.words = words};
        int r;

        b.order = calloc(n + 1, sizeof(*b.order));
        if (!a || !b.order)
                return -ENOMEM;
        for (uint32_t i = 0; i < n; i++)
                b.order[i] = i;
        qsort_r(b.order, n, sizeof(*b.order), compare_words, (void *)words);

        a->n_states = count_states(&b, n);
        if (a->n_states > CELL_INDEX)
                return -ENOMEM;
        a->states = calloc(a->n_states + 1, sizeof(*a->states));
        a->labels = calloc(a->n_states, sizeof(*a->labels));
        a->twins = calloc(n + 1, sizeof(*a->twins));
        b.ranges = calloc(a->n_states, sizeof(*b.ranges));
        if (!a->states || !a->labels || !a->twins || !b.ranges)
                return -ENOMEM;

        add_states(a, &b, n);
        link_states(a);
        set_classes(a);
        r = set_rows(a);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(a);
        return 0;
}

/* --- scan ------------------------------------------------------------------------------------ */

/* One step from a state without a row. */
static uint32_t deep_step(const Automaton *a, uint32_t state, unsigned char byte) {
        do {
                uint32_t to = find_child(a, state, byte);

                if (to != ROOT)
                        return cell_make(a, to);
                state = a->states[state].fail;
        } while (state >= a->n_rows);
        return a->cells[((size_t)state << a->row_bits) + a->classes[byte]];
}

static void report(
        const Automaton *a, uint32_t state, size_t end, AutomatonFound found, void *userdata) {
        if (a->states[state].word == 0)
                state = a->states[state].suffix;
        for (; state != ROOT; state = a->states[state].suffix)
                for (uint32_t w = a->states[state].word; w > 0; w = a->twins[w - 1])
                        found(w - 1, end, userdata);
}

void automaton_scan(
        const Automaton *a, const char *text, size_t len, AutomatonFound found, void *userdata) {
        const uint32_t *cells = a->cells;
        uint32_t at = 0; /* a cell without CELL_FOUND: the root's row is the first */

        for (size_t i = 0; i < len; i++) {
                unsigned char byte = (unsigned char)text[i];

                if (at & CELL_DEEP)
                        at = deep_step(a, at & CELL_INDEX, byte);
                else
                        at = cells[at + a->classes[byte]];
                if (at & CELL_FOUND) {
                        at &= ~CELL_FOUND;
                        report(a, cell_state(a, at), i + 1, found, userdata);
                }
        }
}
