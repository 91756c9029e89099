/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From the people's domains and blocked platforms to the host names that are to be held shut, and
 * from their handles and profiles to the pages. It
 * asks nobody and writes nothing; the enforcer checks every name again, and this leaves out what
 * it would refuse, since one refused name is a refused request. Used by the manager, whose enforcer
 * client carries it to root. */

#include "core/holding.h"

#include "common/array.h"
#include "common/buffer.h"
#include "common/host-name.h"
#include "common/table.h"
#include "core/catalogue.h"
#include "core/page-pattern.h"
#include "nocontact/bus-names.h"

#include <errno.h>

void holding_done(Holding *h) {
        for (size_t i = 0; i < h->n; i++)
                free(h->hosts[i].name);
        free(h->hosts);
        for (size_t i = 0; i < h->n_patterns; i++)
                free(h->patterns[i]);
        free(h->patterns);
        *h = (Holding){0};
}

/* Would the enforcer take it? Identities are checked when they are added, but a ledger may be older
 * than a check, or come from another machine. */
static bool name_holdable(const char *name) {
        const char *why;

        return host_name_check(name, NULL, 0, &why) == 0;
}

/* --- gathering ------------------------------------------------------------------------------- */

typedef struct Gatherer {
        const State *s;
        uint64_t now;
        Holding *holding;
        Table *index;       /* name to place in holding->hosts */
        Table *pages;       /* pattern to place in holding->patterns */
        uint64_t open_usec; /* of the identity that is being gathered */
        bool held;          /* the person holds something */
} Gatherer;

/* Until when an exception lets the target be; 0 when none is open. */
static uint64_t open_until(const State *s, const char *target, uint64_t now) {
        const Exception *e = state_exception(s, target, now);

        return e ? e->until_usec : 0;
}

/* What two identities hold is open only while both are: 0 is the least, and the strictest. */
static int gather_name(void *userdata, const char *name) {
        Gatherer *g = userdata;
        Holding *h = g->holding;
        char *copy;
        uint32_t i;
        int r;

        if (!name_holdable(name))
                return 0;
        if (table_find(g->index, name, strlen(name), &i)) {
                g->held = true;
                h->hosts[i].open_usec = MIN(h->hosts[i].open_usec, g->open_usec);
                return 0;
        }
        /* what was added first stays, since what is held must not shrink */
        if (h->n >= NC_LIMIT_HELD_HOSTS)
                return 0;
        r = ARRAY_RESERVE(h->hosts, h->space, h->n + 1);
        if (r < 0)
                return r;
        r = table_add(g->index, name, strlen(name), (uint32_t)h->n);
        if (r < 0)
                return r;
        copy = strdup(name);
        if (!copy)
                return -ENOMEM;
        h->hosts[h->n++] = (HeldHost){.name = copy, .open_usec = g->open_usec};
        g->held = true;
        return 0;
}

static int gather_domain(Gatherer *g, const char *domain) {
        static const char *const below[] = {"www", "m", "mobile", "blog"};
        int r;

        if (!name_holdable(domain))
                return 0;
        r = gather_name(g, domain);
        for (size_t i = 0; i < ARRAY_LEN(below) && r == 0; i++) {
                _cleanup_(buffer_done) Buffer name = {0};

                r = buffer_printf(&name, "%s.%s", below[i], domain);
                if (r == 0)
                        r = gather_name(g, name.data);
        }
        return r;
}

static int gather_platform(Gatherer *g, const char *name) {
        const Platform *row = catalogue_find_row(name, strlen(name));

        return row ? catalogue_each_host(row, gather_name, g) : 0;
}

static int gather_page(void *userdata, const char *pattern) {
        _cleanup_free_ char *copy = NULL;
        Gatherer *g = userdata;
        Holding *h = g->holding;
        uint32_t i;
        int r;

        if (table_find(g->pages, pattern, strlen(pattern), &i)) {
                g->held = true;
                return 0;
        }
        if (h->n_patterns >= NC_LIMIT_HELD_PATTERNS)
                return 0;
        copy = strdup(pattern);
        if (!copy)
                return -ENOMEM;
        r = ARRAY_RESERVE(h->patterns, h->patterns_space, h->n_patterns + 1);
        if (r == 0)
                r = table_add(g->pages, pattern, strlen(pattern), (uint32_t)h->n_patterns);
        if (r < 0)
                return r;
        h->patterns[h->n_patterns++] = TAKE_PTR(copy);
        g->held = true;
        return 0;
}

/* Only these can be told by the host alone. */
static int (*const gatherers[_IDENTITY_KIND_MAX])(Gatherer *g, const char *value) = {
        [IDENTITY_DOMAIN] = gather_domain,
        [IDENTITY_PLATFORM] = gather_platform,
};

/* And these by the page. */
static const bool have_pages[_IDENTITY_KIND_MAX] = {
        [IDENTITY_HANDLE] = true,
        [IDENTITY_PROFILE] = true,
};

/* Will less be held when the change is carried out? The person holds something. */
static bool pending_loosens(const State *s, const Pending *c) {
        const IdentityKind kind = c->identity.kind;
        static const bool ends_all[_CHANGE_MAX] = {
                [CHANGE_END] = true,
                [CHANGE_REMOVE_PERSON] = true,
        };

        return ends_all[c->change] ||
               (c->change == CHANGE_REMOVE_IDENTITY &&
                       (gatherers[kind] || (s->policies_usec > 0 && have_pages[kind])));
}

static int gather_person(Gatherer *g, const Person *p) {
        Holding *h = g->holding;
        int r = 0;

        g->held = false;
        for (size_t i = 0; i < p->n_identities && r == 0; i++) {
                const Identity *id = &p->identities[i];

                if (have_pages[id->kind] && g->s->policies_usec > 0)
                        r = page_patterns_each(id, gather_page, g);
                if (!gatherers[id->kind])
                        continue;
                g->open_usec = open_until(g->s, id->value, g->now);
                r = gatherers[id->kind](g, id->value);
        }
        if (r < 0 || !g->held)
                return r;
        h->until_usec = MAX(h->until_usec, p->commitment.ends_usec);
        for (size_t i = 0; i < g->s->n_pending; i++)
                if (streq(g->s->pending[i].person, p->id))
                        h->loosening = h->loosening || pending_loosens(g->s, &g->s->pending[i]);
        return 0;
}

static int compare_hosts(const void *a, const void *b) {
        return strcmp(((const HeldHost *)a)->name, ((const HeldHost *)b)->name);
}

static int compare_patterns(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void holding_sort(Holding *h) {
        if (h->n > 0)
                qsort(h->hosts, h->n, sizeof(*h->hosts), compare_hosts);
        if (h->n_patterns > 0)
                qsort(h->patterns, h->n_patterns, sizeof(*h->patterns), compare_patterns);
}

int holding_of(const State *s, uint64_t now, Holding *ret) {
        _cleanup_(holding_done) Holding h = {0};
        _cleanup_(table_freep) Table *index = NULL, *pages = NULL;
        Gatherer g = {.s = s, .now = now, .holding = &h};
        int r;

        r = table_new(&index);
        if (r == 0)
                r = table_new(&pages);
        if (r < 0)
                return r;
        g.index = index;
        g.pages = pages;
        for (size_t i = 0; i < s->n_people; i++) {
                if (!commitment_stands(&s->people[i].commitment))
                        continue;
                r = gather_person(&g, &s->people[i]);
                if (r < 0)
                        return r;
        }
        if (h.n_patterns > 0 && state_pending_like(s, "", CHANGE_POLICIES_OFF, NULL))
                h.loosening = true;
        holding_sort(&h);
        *ret = TAKE_STRUCT(h);
        return 0;
}

bool holding_equal(const Holding *a, const Holding *b) {
        if (a->n != b->n || a->n_patterns != b->n_patterns || a->until_usec != b->until_usec ||
                a->loosening != b->loosening)
                return false;
        for (size_t i = 0; i < a->n; i++)
                if (!streq(a->hosts[i].name, b->hosts[i].name) ||
                        a->hosts[i].open_usec != b->hosts[i].open_usec)
                        return false;
        for (size_t i = 0; i < a->n_patterns; i++)
                if (!streq(a->patterns[i], b->patterns[i]))
                        return false;
        return true;
}
