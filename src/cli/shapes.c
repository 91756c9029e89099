/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the daemon told as JSON: the shapes that `--json` prints. It only reshapes; no figure is
 * made here but whole days out of microseconds. Used by commands/. */

#include "cli/shapes.h"

#include "cli/output.h"
#include "common/time.h"

#include <stdio.h>

json_t *shape_time(uint64_t usec) {
        char text[TIME_TEXT_SPACE];

        if (usec == 0)
                return json_null();
        return json_string(time_format_utc(text, sizeof(text), usec));
}

static json_int_t days(uint64_t usec) {
        return (json_int_t)(usec / USEC_PER_DAY);
}

json_t *shape_person(const Person *p) {
        return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:b,"
                         " s:{s:I, s:I, s:o, s:I, s:I, s:f, s:I},"
                         " s:{s:I, s:I, s:I, s:I, s:I, s:I}}",
                "id", person_id(p->path), "name", p->name, "mode", p->mode, "hours",
                p->hours ? p->hours : "", "began", shape_time(p->began_usec), "ends",
                shape_time(p->ends_usec), "locked", (int)p->locked,

                "streak", "days", (json_int_t)p->streak_days, "seconds",
                (json_int_t)(p->streak_usec / USEC_PER_SEC), "since", shape_time(p->since_usec),
                "longest_days", days(p->longest_usec), "total_days", days(p->total_usec), "score",
                p->score, "next_milestone_days", (json_int_t)p->next_milestone_days,

                "counts", "incoming", (json_int_t)p->incoming, "urges", (json_int_t)p->urges,
                "attempts", (json_int_t)p->attempts, "slips", (json_int_t)p->slips, "relapses",
                (json_int_t)p->relapses, "held", (json_int_t)p->held);
}

json_t *shape_identities(const Identities *ids) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < ids->n; i++)
                (void)json_array_append_new(
                        list, json_pack("{s:s, s:s}", "kind", ids->items[i].kind, "value",
                                      ids->items[i].value));
        return list;
}

static json_t *shape_layers(const Overview *overview) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < overview->n_layers; i++) {
                const Layer *l = &overview->layers[i];

                (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", l->name,
                                                          "state", l->state, "detail", l->detail));
        }
        return list;
}

json_t *shape_pending(const Overview *overview) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < overview->n_pending; i++) {
                const Pending *p = &overview->pending[i];

                (void)json_array_append_new(
                        list, json_pack("{s:I, s:s, s:o, s:o}", "id", (json_int_t)p->id, "what",
                                      p->what, "asked", shape_time(p->asked_usec), "due",
                                      shape_time(p->due_usec)));
        }
        return list;
}

json_t *shape_status(const Overview *overview, const People *people) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < people->n; i++)
                (void)json_array_append_new(list, shape_person(&people->items[i]));
        return json_pack("{s:s, s:s, s:o, s:o, s:o}", "version", overview->version, "state",
                overview->state, "people", list, "layers", shape_layers(overview), "pending",
                shape_pending(overview));
}

const char *person_name(const People *people, const char *path) {
        for (size_t i = 0; i < people->n; i++)
                if (streq(people->items[i].path, path))
                        return people->items[i].name;
        return NULL;
}

static const char *tag_or_null(const Entry *e) {
        return e->tag[0] != '\0' ? e->tag : NULL;
}

json_t *shape_entry(const Entry *e, const People *people) {
        return json_pack("{s:I, s:o, s:s, s:s?, s:s, s:s, s:s, s:s, s:b, s:s?}", "event",
                (json_int_t)e->event, "at", shape_time(e->at_usec), "kind", e->kind, "person",
                person_name(people, e->person), "grade", e->grade, "channel", e->channel, "target",
                e->target, "note", e->note, "corrected", (int)e->corrected, "tag", tag_or_null(e));
}

json_t *shape_attempt(const Entry *e, const People *people) {
        return json_pack("{s:I, s:o, s:s?, s:s, s:s, s:s, s:b, s:s?}", "event",
                (json_int_t)e->event, "at", shape_time(e->at_usec), "person",
                person_name(people, e->person), "grade", e->grade, "channel", e->channel, "target",
                e->target, "corrected", (int)e->corrected, "tag", tag_or_null(e));
}

/* --- what was held --------------------------------------------------------------------------- */

/* The object of that person in the list, made when it is missing; NULL when memory is out. */
static json_t *group_of(json_t *list, const char *path, const char *name) {
        json_t *group;
        size_t i;

        json_array_foreach (list, i, group)
                if (streq(json_string_value(json_object_get(group, "path")), path))
                        return group;
        group = json_pack("{s:s, s:s?, s:I, s:[]}", "path", path, "person", name, "held",
                (json_int_t)0, "senders");
        return json_array_append_new(list, group) < 0 ? NULL : group;
}

json_t *shape_senders(const Senders *senders, const People *people, const char *path) {
        json_t *list = json_array(), *group;
        size_t k;

        for (size_t i = 0; list && i < senders->n; i++) {
                const Sender *s = &senders->items[i];
                json_t *held;

                if (path && !streq(s->person, path))
                        continue;
                group = group_of(list, s->person, person_name(people, s->person));
                if (!group)
                        continue;
                held = json_object_get(group, "held");
                (void)json_integer_set(held, json_integer_value(held) + (json_int_t)s->count);
                (void)json_array_append_new(json_object_get(group, "senders"),
                        json_pack("{s:s, s:s, s:I, s:o}", "app", s->app, "sender", s->sender,
                                "count", (json_int_t)s->count, "last", shape_time(s->newest_usec)));
        }
        json_array_foreach (list, k, group)
                (void)json_object_del(group, "path");
        return list;
}

json_t *shape_holds(const Holds *holds, const People *people) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < holds->n; i++) {
                const Hold *h = &holds->items[i];

                (void)json_array_append_new(
                        list, json_pack("{s:I, s:o, s:s?, s:s, s:s, s:s, s:s, s:b, s:b}", "event",
                                      (json_int_t)h->event, "at", shape_time(h->at_usec), "person",
                                      person_name(people, h->person), "app", h->app, "sender",
                                      h->sender, "via", h->via, "source", h->source, "leaked",
                                      (int)h->leaked, "passes", (int)h->passes));
        }
        return list;
}

json_t *shape_passes(const Passes *passes) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < passes->n; i++)
                (void)json_array_append_new(list,
                        json_pack("{s:I, s:s, s:s}", "id", (json_int_t)passes->items[i].id, "kind",
                                passes->items[i].kind, "value", passes->items[i].value));
        return list;
}

/* --- the look back --------------------------------------------------------------------------- */

static json_t *shape_days(const Review *review) {
        json_t *list = json_array();
        char date[WORDS_SPACE];

        for (size_t i = 0; list && i < review->n_days; i++) {
                const ReviewDay *d = &review->days[i];

                (void)snprintf(date, sizeof(date), "%04u-%02u-%02u", d->year, d->month, d->day);
                (void)json_array_append_new(list,
                        json_pack("{s:s, s:I, s:I, s:I, s:I}", "date", date, "urges",
                                (json_int_t)d->urges, "attempts", (json_int_t)d->attempts, "slips",
                                (json_int_t)d->slips, "relapses", (json_int_t)d->relapses));
        }
        return list;
}

/* Sums of every `step`-th run of `run` of the week's hours: by hour (1, 24) or by weekday (24, 1).
 */
static json_t *shape_sums(const uint32_t *week, size_t n, size_t run, size_t step) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < n; i++) {
                json_int_t sum = 0;

                for (size_t k = 0; k < WEEK_HOURS / n; k++)
                        sum += week[i * run + k * step];
                (void)json_array_append_new(list, json_integer(sum));
        }
        return list;
}

static json_t *shape_times(const Review *review, bool enough, size_t n, size_t run, size_t step) {
        if (!enough)
                return json_null();
        return json_pack("{s:o, s:o}", "visits", shape_sums(review->visits, n, run, step), "urges",
                shape_sums(review->urges, n, run, step));
}

static json_t *shape_words(const ReviewWords *words, bool answers) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < words->n; i++) {
                const ReviewWord *w = &words->items[i];
                json_t *word = json_pack("{s:s, s:I}", "word", w->word, "n", (json_int_t)w->n);

                if (word && answers)
                        (void)json_object_set_new(word, "quiet", json_integer(w->quiet));
                (void)json_array_append_new(list, word);
        }
        return list;
}

static json_t *shape_milestones(const Review *review) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < review->n_milestones; i++)
                (void)json_array_append_new(list, json_integer(review->milestones[i]));
        return list;
}

json_t *shape_review(const Person *person, const Review *review) {
        json_int_t n = 0;

        for (size_t i = 0; i < WEEK_HOURS; i++)
                n += (json_int_t)review->urges[i] + review->visits[i];
        return json_pack("{s:o, s:o, s:o, s:I, s:i, s:o, s:o, s:o, s:o, s:o,"
                         " s:{s:I, s:I, s:I, s:I, s:I, s:I}}",
                "made", shape_time(review->made_usec), "person", shape_person(person), "days",
                shape_days(review), "n", n, "minimum", HISTOGRAM_LEAST, "hours",
                shape_times(review, n >= HISTOGRAM_LEAST, HOURS, 1, HOURS), "weekdays",
                shape_times(review, n >= HISTOGRAM_LEAST, WEEKDAYS, HOURS, 1), "answers",
                shape_words(&review->answers, true), "tags", shape_words(&review->tags, false),
                "milestones", shape_milestones(review),

                "facts", "incoming", (json_int_t)review->incoming, "held", (json_int_t)review->held,
                "corrected", (json_int_t)review->corrected, "exceptions",
                (json_int_t)review->exceptions, "repairs", (json_int_t)review->repairs,
                "clock_jumps", (json_int_t)review->clock_jumps);
}
