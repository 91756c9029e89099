/* SPDX-License-Identifier: GPL-3.0-or-later */

/* An open-addressing hash table. It deliberately cannot delete: every user builds a table once from
 * the rules in force and replaces it whole. FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) is
 * enough, as the keys are the user's own and not an attacker's. */

#include "common/table.h"

#include <errno.h>

typedef struct Slot {
        uint64_t hash;
        char *key; /* owned; NULL marks a free slot */
        size_t len;
        uint32_t value;
} Slot;

struct Table {
        Slot *slots;
        size_t n, space; /* space is a power of two, at least 4/3 of n */
};

enum { TABLE_FIRST = 16 };

static uint64_t hash_bytes(const unsigned char *p, size_t len) {
        uint64_t h = 0xcbf29ce484222325ULL;

        for (size_t i = 0; i < len; i++)
                h = (h ^ p[i]) * 0x100000001b3ULL;
        return h;
}

int table_new(Table **ret) {
        Table *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        t->slots = calloc(TABLE_FIRST, sizeof(*t->slots));
        if (!t->slots) {
                free(t);
                return -ENOMEM;
        }
        t->space = TABLE_FIRST;
        *ret = t;
        return 0;
}

Table *table_free(Table *t) {
        if (!t)
                return NULL;
        for (size_t i = 0; i < t->space; i++)
                free(t->slots[i].key);
        free(t->slots);
        free(t);
        return NULL;
}

/* The slot that holds the key, or the free one where it would go. */
static Slot *slot_for(Slot *slots, size_t space, uint64_t hash, const void *key, size_t len) {
        for (size_t i = hash & (space - 1);; i = (i + 1) & (space - 1)) {
                Slot *s = &slots[i];

                if (!s->key)
                        return s;
                if (s->hash == hash && s->len == len && memcmp(s->key, key, len) == 0)
                        return s;
        }
}

static int table_grow(Table *t) {
        size_t space = t->space * 2;
        Slot *slots = calloc(space, sizeof(*slots));

        if (!slots)
                return -ENOMEM;
        for (size_t i = 0; i < t->space; i++) {
                Slot *s = &t->slots[i];

                if (s->key)
                        *slot_for(slots, space, s->hash, s->key, s->len) = *s;
        }
        free(t->slots);
        t->slots = slots;
        t->space = space;
        return 0;
}

int table_add(Table *t, const void *key, size_t len, uint32_t value) {
        uint64_t hash = hash_bytes(key, len);
        Slot *s;

        if ((t->n + 1) * 4 > t->space * 3) {
                int r = table_grow(t);

                if (r < 0)
                        return r;
        }
        s = slot_for(t->slots, t->space, hash, key, len);
        if (s->key)
                return 0;

        s->key = malloc(len + 1);
        if (!s->key)
                return -ENOMEM;
        memcpy(s->key, key, len);
        s->key[len] = '\0';
        s->len = len;
        s->hash = hash;
        s->value = value;
        t->n++;
        return 1;
}

int table_find(const Table *t, const void *key, size_t len, uint32_t *ret) {
        const Slot *s = slot_for(t->slots, t->space, hash_bytes(key, len), key, len);

        if (!s->key)
                return 0;
        *ret = s->value;
        return 1;
}

size_t table_size(const Table *t) {
        return t->n;
}
