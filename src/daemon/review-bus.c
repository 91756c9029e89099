/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Ledger.Review: has the ledger counted and puts the whole of it on the bus. What is counted, and
 * as what, is core/review.c's. Used by ledger-bus.c. */

#include "common/time.h"
#include "core/review.h"
#include "daemon/bus.h"
#include "nocontact/bus-names.h"

#include <errno.h>

static int review_entry(void *userdata, const StoreEntry *entry) {
        return review_add(
                userdata, &entry->event, entry->grade, entry->corrected, tag_name(entry->tag));
}

static int append_days(sd_bus_message *m, const Review *review) {
        int r = sd_bus_message_open_container(m, 'a', "(qyyyuuuu)");

        for (size_t i = 0; r >= 0 && i < review->n_days; i++) {
                const ReviewDay *d = &review->days[i];

                r = sd_bus_message_append(m, "(qyyyuuuu)", (uint16_t)d->year, (uint8_t)d->month,
                        (uint8_t)d->day, (uint8_t)d->weekday, d->counts[GRADE_URGE],
                        d->counts[GRADE_ATTEMPT], d->counts[GRADE_SLIP], d->counts[GRADE_RELAPSE]);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_words(sd_bus_message *m, const ReviewWords *words) {
        int r = sd_bus_message_open_container(m, 'a', "(suu)");

        for (size_t i = 0; r >= 0 && i < words->n; i++)
                r = sd_bus_message_append(
                        m, "(suu)", words->items[i].word, words->items[i].n, words->items[i].quiet);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* The milestones that the longest streak has behind it. */
static int append_milestones(sd_bus_message *m, const Person *p, uint64_t now) {
        unsigned longest;
        Streak streak;
        int r;

        (void)person_streak(p, now, &streak);
        longest = (unsigned)(streak.longest_usec / USEC_PER_DAY);
        r = sd_bus_message_open_container(m, 'a', "u");
        for (unsigned days = milestone_next(0); r >= 0 && days <= longest;
                days = milestone_next(days))
                r = sd_bus_message_append(m, "u", days);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_facts(sd_bus_message *m, const Review *review) {
        int r = sd_bus_message_open_container(m, 'a', "{su}");

        for (int fact = 0; r >= 0 && fact < _REVIEW_FACT_MAX; fact++)
                r = sd_bus_message_append(
                        m, "{su}", review_fact_name((ReviewFact)fact), review->facts[fact]);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_review(sd_bus_message *m, const Review *review, const Person *p, uint64_t now) {
        int r = sd_bus_message_append(m, "t", now);

        if (r >= 0)
                r = append_days(m, review);
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'u', review->urges, sizeof(review->urges));
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'u', review->visits, sizeof(review->visits));
        if (r >= 0)
                r = append_words(m, &review->answers);
        if (r >= 0)
                r = append_words(m, &review->tags);
        if (r >= 0)
                r = append_milestones(m, p, now);
        return r < 0 ? r : append_facts(m, review);
}

/* Reads the person and their figures out of the ledger. */
static int review_person(Manager *m, const Person *p, uint32_t days, uint64_t now, Review *ret) {
        static const EventKind kinds[] = {EVENT_INCOMING, EVENT_URGE, EVENT_ATTEMPT, EVENT_SLIP,
                EVENT_RELAPSE, EVENT_NUDGE_ANSWERED, EVENT_OVERRIDE, EVENT_ENFORCEMENT_REPAIRED,
                EVENT_CLOCK_JUMPED};
        _cleanup_(review_freep) ReviewCount *count = NULL;
        const ReviewSpan span = {
                .person = p->id,
                .began = {p->commitment.began_usec, time_zone_minutes(p->commitment.began_usec)},
                .now = {now, time_zone_minutes(now)},
                .ended_usec = p->commitment.ended_usec,
                .days = days,
        };
        int r;

        r = review_begin(&span, &count);
        if (r < 0)
                return r;
        r = store_list(ledger_store(manager_ledger(m)),
                &(StoreFilter){.kinds = kinds, .n_kinds = ARRAY_LEN(kinds)}, review_entry, count);
        if (r >= 0)
                review_end(count, ret);
        return r;
}

int review_bus_answer(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(review_done) Review review = {0};
        _cleanup_free_ char *id = NULL;
        uint64_t now = manager_now(userdata);
        const Person *p;
        const char *path;
        uint32_t days;
        int r;

        r = sd_bus_message_read(message, "ou", &path, &days);
        if (r < 0)
                return r;
        r = bus_person_id(path, false, &id, error);
        if (r < 0)
                return r;
        p = state_person(ledger_state(manager_ledger(userdata)), id);
        if (!p)
                return bus_refuse(error, -ENOENT, N_("There is no such person."));
        if (p->commitment.began_usec == 0)
                return bus_refuse(error, -ENOENT, N_("There is no commitment yet."));
        r = review_person(userdata, p, days, MAX(now, p->commitment.began_usec), &review);
        if (r < 0)
                return bus_refuse(error, r, NULL);
        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = append_review(reply, &review, p, now);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
