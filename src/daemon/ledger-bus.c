/* SPDX-License-Identifier: GPL-3.0-or-later */

/* org.nocontact.Daemon1.Ledger. */

#include "daemon/bus.h"
#include "nocontact/bus-names.h"

#include <errno.h>

enum { WEEKDAYS = 7, HOURS = 24 };

/* --- List ------------------------------------------------------------------------------------ */

/* An event has one of these at most: what it is about, and what there is to say. */
static const char *const target_fields[] = {"target", "value", "name"};
static const char *const note_fields[] = {"note", "answer", "text", "detail"};

static const char *first_string(const Event *ev, const char *const *fields, size_t n) {
        const char *text = "";

        for (size_t i = 0; i < n && text[0] == '\0'; i++)
                text = event_string(ev, fields[i]);
        return text;
}

/* What of an entry goes on the bus. */
static int append_entry(void *userdata, const StoreEntry *entry) {
        const Event *ev = &entry->event;
        _cleanup_free_ char *path = bus_person_path(ev->person);

        if (!path)
                return -ENOMEM;
        return sd_bus_message_append(userdata, "(ttsossssbs)", ev->seq, ev->at_usec,
                event_kind_name(ev->kind), path, grade_name(entry->grade),
                event_string(ev, "channel"),
                first_string(ev, target_fields, ARRAY_LEN(target_fields)),
                first_string(ev, note_fields, ARRAY_LEN(note_fields)), entry->corrected,
                tag_name(entry->tag));
}

/* Reads the array of kinds at the message's read position. The caller frees. */
static int read_kinds(
        sd_bus_message *message, EventKind **ret, size_t *ret_n, sd_bus_error *error) {
        _cleanup_free_ EventKind *kinds = calloc(_EVENT_KIND_MAX, sizeof(*kinds));
        const char *name;
        size_t n = 0;
        int r;

        if (!kinds)
                return -ENOMEM;
        r = sd_bus_message_enter_container(message, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(message, "s", &name)) > 0) {
                int kind = event_kind_from_name(name);

                if (kind < 0)
                        return bus_refuse(error, kind, N_("There is no such kind of event."));
                if (n == _EVENT_KIND_MAX)
                        return bus_refuse(error, -EINVAL, N_("Name each kind of event once."));
                kinds[n++] = (EventKind)kind;
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(kinds);
        *ret_n = n;
        return sd_bus_message_exit_container(message);
}

static int check_person(Manager *m, const char *path, char **ret_id, sd_bus_error *error) {
        int r = bus_person_id(path, true, ret_id, error);

        if (r < 0)
                return r;
        if (*ret_id && !state_person(ledger_state(manager_ledger(m)), *ret_id))
                return bus_refuse(error, -ENOENT, N_("There is no such person."));
        return 0;
}

static int method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ EventKind *kinds = NULL;
        _cleanup_free_ char *id = NULL;
        StoreFilter filter = {0};
        const char *path;
        int r;

        r = read_kinds(message, &kinds, &filter.n_kinds, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "otu", &path, &filter.before_seq, &filter.limit);
        if (r < 0)
                return r;
        r = check_person(userdata, path, &id, error);
        if (r < 0)
                return r;
        if (filter.limit < 1 || filter.limit > NC_LIMIT_LIST)
                return bus_refuse(error, -EINVAL, N_("The limit is a number from 1 to 10000."));
        filter.kinds = kinds;
        filter.person = id;

        r = sd_bus_message_new_method_return(message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "(ttsossssbs)");
        if (r < 0)
                return r;
        r = store_list(ledger_store(manager_ledger(userdata)), &filter, append_entry, reply);
        if (r < 0)
                return bus_refuse(error, r, NULL);
        r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

/* --- Histogram ------------------------------------------------------------------------------- */

typedef struct Histogram {
        uint32_t n, hours[HOURS], weekdays[WEEKDAYS];
} Histogram;

/* Hours and weekdays are those of the place where it happened. */
static int count_entry(void *userdata, const StoreEntry *entry) {
        Histogram *h = userdata;
        unsigned hour =
                local_week_minute((LocalTime){entry->event.at_usec, entry->event.zone_minutes}) /
                60;

        /* what was corrected to "that was not it" is not counted */
        if (entry->grade == GRADE_NONE)
                return 0;
        h->n++;
        h->hours[hour % HOURS]++;
        h->weekdays[hour / HOURS]++;
        return 0;
}

/* What the user did or felt. */
static const EventKind own_kinds[] = {EVENT_URGE, EVENT_ATTEMPT, EVENT_SLIP, EVENT_RELAPSE};

static int method_histogram(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ char *id = NULL;
        Histogram h = {0};
        const char *path;
        int r;

        r = sd_bus_message_read(message, "o", &path);
        if (r < 0)
                return r;
        r = check_person(userdata, path, &id, error);
        if (r < 0)
                return r;
        r = store_list(ledger_store(manager_ledger(userdata)),
                &(StoreFilter){.kinds = own_kinds, .n_kinds = ARRAY_LEN(own_kinds), .person = id},
                count_entry, &h);
        if (r < 0)
                return bus_refuse(error, r, NULL);

        r = sd_bus_message_new_method_return(message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_append(reply, "u", h.n);
        if (r < 0)
                return r;
        r = sd_bus_message_append_array(reply, 'u', h.hours, sizeof(h.hours));
        if (r < 0)
                return r;
        r = sd_bus_message_append_array(reply, 'u', h.weekdays, sizeof(h.weekdays));
        if (r < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

/* --- TagCounts ------------------------------------------------------------------------------- */

typedef struct TagCounts {
        uint64_t since_usec, until_usec;
        uint32_t n, tags[_TAG_MAX];
} TagCounts;

static int count_tag(void *userdata, const StoreEntry *entry) {
        uint64_t at = entry->event.at_usec;
        TagCounts *c = userdata;

        if (entry->grade == GRADE_NONE || at < c->since_usec || at >= c->until_usec)
                return 0;
        c->n++;
        c->tags[entry->tag]++;
        return 0;
}

static int append_tags(sd_bus_message *reply, const TagCounts *c) {
        int r;

        r = sd_bus_message_append(reply, "u", c->n);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(su)");
        for (unsigned i = TAG_NONE + 1; i < _TAG_MAX && r >= 0; i++)
                r = sd_bus_message_append(reply, "(su)", tag_name(i), c->tags[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int method_tag_counts(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ char *id = NULL;
        TagCounts c = {0};
        const char *path;
        int r;

        r = sd_bus_message_read(message, "ott", &path, &c.since_usec, &c.until_usec);
        if (r < 0)
                return r;
        r = check_person(userdata, path, &id, error);
        if (r < 0)
                return r;
        if (c.until_usec == 0)
                c.until_usec = UINT64_MAX;
        r = store_list(ledger_store(manager_ledger(userdata)),
                &(StoreFilter){.kinds = own_kinds, .n_kinds = ARRAY_LEN(own_kinds), .person = id},
                count_tag, &c);
        if (r < 0)
                return bus_refuse(error, r, NULL);

        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = append_tags(reply, &c);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static const sd_bus_vtable ledger_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("List",
                SD_BUS_ARGS("as", kinds, "o", person, "t", before, "u", limit),
                SD_BUS_RESULT("a(ttsossssbs)", rows), method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Histogram", SD_BUS_ARGS("o", person),
                SD_BUS_RESULT("u", n, "au", hours, "au", weekdays), method_histogram,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Review", SD_BUS_ARGS("o", person, "u", last),
                SD_BUS_RESULT("t", made_usec, "a(qyyyuuuu)", days, "au", urges, "au", visits,
                        "a(suu)", answers, "a(suu)", tags, "au", milestones, "a{su}", facts),
                review_bus_answer, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("TagCounts", SD_BUS_ARGS("o", person, "t", since, "t", until),
                SD_BUS_RESULT("u", n, "a(su)", tags), method_tag_counts,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int ledger_bus_add(sd_bus *bus, Manager *m) {
        return sd_bus_add_object_vtable(
                bus, NULL, NC_OBJECT_ROOT, NC_INTERFACE_LEDGER, ledger_vtable, m);
}
