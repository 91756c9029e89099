/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/client.h"

#include <jansson.h>

/* The shapes that `--json` prints. Scripts rely on them: keys are added, never changed.
 *
 * All return a new reference, or NULL when memory is out. Times are ISO 8601 in UTC, and null
 * where there is none. */

json_t *shape_time(uint64_t usec);
json_t *shape_person(const Person *person);
json_t *shape_identities(const Identities *ids);
json_t *shape_pending(const Overview *overview);

/* {"version", "state", "people", "layers", "pending"} */
json_t *shape_status(const Overview *overview, const People *people);

/* {"made", "person", "days", "n", "minimum", "hours", "weekdays", "answers", "tags", "milestones",
 * "facts"}; hours and weekdays are null where they rest on fewer than the minimum. */
json_t *shape_review(const Person *person, const Review *review);

/* Who it came from, for each person: {"person", "held", "senders"}. `path`: only of that person. */
json_t *shape_senders(const Senders *senders, const People *people, const char *path);
json_t *shape_holds(const Holds *holds, const People *people);
json_t *shape_passes(const Passes *passes);

/* One entry as `log` and as `attempts` print it. `people` gives the names; an entry about
 * nobody, or about somebody who was removed, has the person null. */
json_t *shape_entry(const Entry *entry, const People *people);
json_t *shape_attempt(const Entry *entry, const People *people);

/* The name of the person with that path, or NULL. */
const char *person_name(const People *people, const char *path);
