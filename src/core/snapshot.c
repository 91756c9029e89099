/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The state, less everything that no rule about texts asks for: streaks, plans, the key, what
 * waits. Its form is the state's own; nobody but the two programs of one version reads it. */

#include "core/snapshot.h"

#include <errno.h>

/* A person as the rules see them; what it points to stays the original's. */
static Person bare_person(const Person *p) {
        Person bare = {
                .name = p->name,
                .mode = p->mode,
                .added_usec = p->added_usec,
                .identities = p->identities,
                .n_identities = p->n_identities,
                .commitment = p->commitment,
                .hours = p->hours,
        };

        (void)uid_copy(bare.id, p->id);
        return bare;
}

int snapshot_write(const State *s, const char *probe, char **ret) {
        _cleanup_free_ char *name = strdup(probe ? probe : "");
        _cleanup_free_ Person *people = calloc(s->n_people + 1, sizeof(*people));
        State bare = {
                .people = people,
                .cool_down_usec = s->cool_down_usec,
                .passes = s->passes,
                .n_passes = s->n_passes,
        };
        json_t *object;
        char *text;
        int r;

        if (!people || !name)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_people; i++)
                if (commitment_stands(&s->people[i].commitment))
                        people[bare.n_people++] = bare_person(&s->people[i]);
        if (probe)
                people[bare.n_people++] = (Person){
                        .id = SNAPSHOT_PROBE, .name = name, .commitment = {.began_usec = 1}};
        bare.cool_down_before_usec = bare.cool_down_usec;
        r = state_to_json(&bare, &object);
        if (r < 0)
                return r;
        text = json_dumps(object, JSON_COMPACT);
        json_decref(object);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}

int snapshot_read(const char *text, size_t len, State **ret) {
        json_t *object;
        int r;

        object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
        if (!object)
                return -EBADMSG;
        r = state_from_json(object, ret);
        json_decref(object);
        return r;
}
