/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From people to matchers. What a match means is the judge's to say. */

#include "core/rules.h"

#include <errno.h>

Rules *rules_free(Rules *rules) {
        if (!rules)
                return NULL;
        url_index_free(rules->urls);
        for (int mode = 0; mode < _MODE_MAX; mode++)
                matcher_free(rules->texts[mode]);
        matcher_free(rules->passes);
        for (size_t i = 0; i < rules->n_hours; i++)
                matcher_free(rules->hours[i].texts);
        free(rules->hours);
        for (size_t i = 0; i < rules->n_exceptions; i++)
                free(rules->exceptions[i].target);
        free(rules->exceptions);
        free(rules);
        return NULL;
}

/* Where what a person is known by goes. */
typedef struct Places {
        UrlIndex *urls;
        Matcher *texts;
        Matcher *own; /* of their hours; NULL: they have none */
} Places;

static int add_identity(const Places *to, const Identity *id, Rule rule) {
        int r;

        r = url_index_add(to->urls, id, rule);
        if (r >= 0)
                r = matcher_add(to->texts, id, rule);
        if (r >= 0 && to->own)
                r = matcher_add(to->own, id, rule);
        return r;
}

/* Returns 0 and the matcher of a person's own, NULL when they have no hours to keep. */
static int add_hours(Rules *rules, const Person *p, Matcher **ret) {
        RuleHours *h = &rules->hours[rules->n_hours];
        int r;

        *ret = NULL;
        if (p->mode != MODE_LIMITED || p->hours.n == 0)
                return 0;
        r = matcher_new(&h->texts);
        if (r < 0)
                return r;
        h->hours = p->hours;
        rules->n_hours++;
        *ret = h->texts;
        return 0;
}

/* Nothing counts from before the commitment began, nor from before the identity was known. */
static int add_person(Rules *rules, const Person *p, uint32_t index) {
        Places to = {.urls = rules->urls, .texts = rules->texts[p->mode]};
        uint64_t began = p->commitment.began_usec;
        Identity name = {.kind = IDENTITY_NAME, .value = p->name};
        int r;

        r = add_hours(rules, p, &to.own);
        if (r >= 0)
                r = add_identity(&to, &name, (Rule){.person = index, .since_usec = began});
        for (size_t i = 0; i < p->n_identities && r >= 0; i++) {
                const Identity *id = &p->identities[i];

                r = add_identity(
                        &to, id, (Rule){.person = index, .since_usec = MAX(began, id->added_usec)});
        }
        return r;
}

static int add_people(Rules *rules, const State *s) {
        int r = 0;

        rules->hours = calloc(s->n_people + 1, sizeof(*rules->hours));
        if (!rules->hours)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_people && r >= 0; i++) {
                const Person *p = &s->people[i];

                if (!commitment_stands(&p->commitment))
                        continue;
                r = add_person(rules, p, (uint32_t)i);
                if (rules->since_usec == 0 || p->commitment.began_usec < rules->since_usec)
                        rules->since_usec = p->commitment.began_usec;
        }
        return r < 0 ? r : 0;
}

static int add_exceptions(Rules *rules, const State *s) {
        rules->exceptions = calloc(s->n_exceptions + 1, sizeof(*rules->exceptions));
        if (!rules->exceptions)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_exceptions; i++) {
                const Exception *e = &s->exceptions[i];
                char *target = strdup(e->target);

                if (!target)
                        return -ENOMEM;
                rules->exceptions[rules->n_exceptions++] = (RuleException){
                        .target = target,
                        .from_usec = e->from_usec,
                        .until_usec = e->until_usec,
                };
        }
        return 0;
}

static int add_passes(Rules *rules, const State *s) {
        int r;

        if (s->n_passes == 0)
                return 0;
        r = matcher_new(&rules->passes);
        for (size_t i = 0; i < s->n_passes && r >= 0; i++)
                r = matcher_add(rules->passes, &s->passes[i].identity, (Rule){0});
        return r < 0 ? r : matcher_compile(rules->passes);
}

int rules_new(const State *s, Rules **ret) {
        _cleanup_(rules_freep) Rules *rules = calloc(1, sizeof(*rules));
        int r;

        if (!rules)
                return -ENOMEM;
        r = url_index_new(&rules->urls);
        if (r < 0)
                return r;
        for (int mode = 0; mode < _MODE_MAX && r == 0; mode++)
                r = matcher_new(&rules->texts[mode]);
        if (r < 0)
                return r;

        r = add_people(rules, s);
        if (r == 0)
                r = add_exceptions(rules, s);
        if (r == 0)
                r = add_passes(rules, s);
        for (int mode = 0; mode < _MODE_MAX && r == 0; mode++)
                r = matcher_compile(rules->texts[mode]);
        for (size_t i = 0; i < rules->n_hours && r == 0; i++)
                r = matcher_compile(rules->hours[i].texts);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(rules);
        return 0;
}
