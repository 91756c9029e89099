/* SPDX-License-Identifier: GPL-3.0-or-later */

/* org.nocontact.Daemon1.Person: one object for each person, made up from the state at each call. */

#include "common/log.h"
#include "daemon/bus.h"
#include "daemon/people.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <stddef.h>

/* --- which person ---------------------------------------------------------------------------- */

static const Person *person_at(Manager *m, const char *path) {
        _cleanup_free_ char *id = NULL;

        if (sd_bus_path_decode(path, NC_OBJECT_PERSON_PREFIX, &id) <= 0)
                return NULL;
        return state_person(ledger_state(manager_ledger(m)), id);
}

static int find_person(sd_bus *bus, const char *path, const char *interface, void *userdata,
        void **ret, sd_bus_error *error) {
        (void)bus, (void)interface, (void)error;
        if (!person_at(userdata, path))
                return 0;
        *ret = userdata; /* the person may move between find and use, the manager does not */
        return 1;
}

static int list_people(
        sd_bus *bus, const char *prefix, void *userdata, char ***ret, sd_bus_error *error) {
        const State *s = ledger_state(manager_ledger(userdata));
        char **paths = calloc(s->n_people + 1, sizeof(*paths));

        (void)bus, (void)prefix, (void)error;
        if (!paths)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_people; i++) {
                paths[i] = bus_person_path(s->people[i].id);
                if (paths[i])
                        continue;
                while (i-- > 0)
                        free(paths[i]);
                free(paths);
                return -ENOMEM;
        }
        *ret = paths;
        return 0;
}

/* --- properties ------------------------------------------------------------------------------ */

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Person *p = person_at(userdata, path);

        (void)bus, (void)interface, (void)error;
        if (!p)
                return -ENOENT;
        return sd_bus_message_append(
                reply, "s", streq(property, "Name") ? p->name : mode_name(p->mode));
}

static int get_hours(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Person *p = person_at(userdata, path);
        char hours[HOURS_TEXT_SPACE];

        (void)bus, (void)interface, (void)property, (void)error;
        if (!p)
                return -ENOENT;
        return sd_bus_message_append(reply, "s", hours_write(&p->hours, hours));
}

static int get_commitment(sd_bus *bus, const char *path, const char *interface,
        const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Person *p = person_at(userdata, path);
        const Commitment *c;

        (void)bus, (void)interface, (void)error;
        if (!p)
                return -ENOENT;
        c = &p->commitment;
        if (streq(property, "Locked"))
                return sd_bus_message_append(
                        reply, "b", commitment_locked(c, manager_promise_now(userdata)));
        if (streq(property, "BeganUSec"))
                return sd_bus_message_append(reply, "t", c->began_usec);
        return sd_bus_message_append(reply, "t",
                c->ended_usec ? c->ended_usec : manager_promise_wall(userdata, c->ends_usec));
}

static const struct {
        const char *property;
        size_t offset;
} streak_times[] = {
        {"StreakUSec", offsetof(Streak, length_usec)},
        {"StreakSinceUSec", offsetof(Streak, since_usec)},
        {"LongestUSec", offsetof(Streak, longest_usec)},
        {"TotalUSec", offsetof(Streak, total_usec)},
};

static int get_streak(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Person *p = person_at(userdata, path);
        Streak streak;

        (void)bus, (void)interface, (void)error;
        if (!p)
                return -ENOENT;
        (void)person_streak(p, manager_now(userdata), &streak); /* all zero without a commitment */
        if (streq(property, "StreakDays"))
                return sd_bus_message_append(reply, "u", streak.days);
        if (streq(property, "NextMilestoneDays"))
                return sd_bus_message_append(reply, "u", milestone_next(streak.days));
        if (streq(property, "Score"))
                return sd_bus_message_append(reply, "d", streak.score);
        for (size_t i = 0; i < ARRAY_LEN(streak_times); i++)
                if (streq(streak_times[i].property, property)) {
                        uint64_t usec;

                        memcpy(&usec, (const char *)&streak + streak_times[i].offset, sizeof(usec));
                        return sd_bus_message_append(reply, "t", usec);
                }
        return -ENOENT;
}

static const char *const count_properties[_GRADE_MAX] = {
        [GRADE_INCOMING] = "Incoming",
        [GRADE_URGE] = "Urges",
        [GRADE_ATTEMPT] = "Attempts",
        [GRADE_SLIP] = "Slips",
        [GRADE_RELAPSE] = "Relapses",
};

static int get_count(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Person *p = person_at(userdata, path);

        (void)bus, (void)interface, (void)error;
        if (!p)
                return -ENOENT;
        for (size_t i = 0; i < _GRADE_MAX; i++)
                if (count_properties[i] && streq(count_properties[i], property))
                        return sd_bus_message_append(reply, "u", p->counts[i]);
        return -ENOENT;
}

/* --- methods --------------------------------------------------------------------------------- */

static int method_add_identity(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *kind, *value, *why = NULL;
        _cleanup_free_ char *id = NULL;
        int r;

        r = sd_bus_message_read(message, "ss", &kind, &value);
        if (r < 0)
                return r;
        r = bus_person_id(sd_bus_message_get_path(message), false, &id, error);
        if (r < 0)
                return r;
        r = people_add_identity(
                manager_ledger(userdata), manager_promise_now(userdata), id, kind, value, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

static int method_remove_identity(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *kind, *value, *why = NULL;
        _cleanup_free_ char *id = NULL;
        uint64_t due;
        int r;

        r = sd_bus_message_read(message, "ss", &kind, &value);
        if (r < 0)
                return r;
        r = bus_person_id(sd_bus_message_get_path(message), false, &id, error);
        if (r < 0)
                return r;
        r = people_remove_identity(manager_ledger(userdata), manager_promise_now(userdata), id,
                kind, value, manager_key_given(userdata), &due, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", manager_promise_wall(userdata, due));
}

static int method_list_identities(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const Person *p = person_at(userdata, sd_bus_message_get_path(message));
        int r;

        if (!p)
                return bus_refuse(error, -ENOENT, N_("There is no such person."));
        r = sd_bus_message_new_method_return(message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "(ss)");
        for (size_t i = 0; i < p->n_identities && r >= 0; i++)
                r = sd_bus_message_append(reply, "(ss)", identity_kind_name(p->identities[i].kind),
                        p->identities[i].value);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

static int method_extend(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_free_ char *id = NULL;
        const char *why = NULL;
        unsigned days;
        int r;

        r = sd_bus_message_read(message, "u", &days);
        if (r < 0)
                return r;
        r = bus_person_id(sd_bus_message_get_path(message), false, &id, error);
        if (r < 0)
                return r;
        r = people_extend(manager_ledger(userdata), manager_promise_now(userdata), id, days, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

static int method_undo_extend(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_free_ char *id = NULL;
        const char *why = NULL;
        int r;

        r = bus_person_id(sd_bus_message_get_path(message), false, &id, error);
        if (r < 0)
                return r;
        r = people_undo_extend(manager_ledger(userdata), manager_promise_now(userdata), id, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

/* RequestEnd and Remove differ in what they ask of people.c alone. */
static int loosen(sd_bus_message *message, Manager *m, sd_bus_error *error,
        int (*ask)(Ledger *l, uint64_t now, const char *id, bool key_given, uint64_t *ret_due,
                const char **ret_why)) {
        _cleanup_free_ char *id = NULL;
        const char *why = NULL;
        uint64_t due;
        int r;

        r = bus_person_id(sd_bus_message_get_path(message), false, &id, error);
        if (r < 0)
                return r;
        r = ask(manager_ledger(m), manager_promise_now(m), id, manager_key_given(m), &due, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", manager_promise_wall(m, due));
}

static int method_request_end(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return loosen(message, userdata, error, people_request_end);
}

static int method_remove(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return loosen(message, userdata, error, people_remove);
}

static int method_set_hours(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *hours, *why = NULL;
        _cleanup_free_ char *id = NULL;
        uint64_t due;
        int r;

        r = sd_bus_message_read(message, "s", &hours);
        if (r < 0)
                return r;
        r = bus_person_id(sd_bus_message_get_path(message), false, &id, error);
        if (r < 0)
                return r;
        r = people_set_hours(manager_ledger(userdata), manager_promise_now(userdata), id, hours,
                manager_key_given(userdata), &due, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", manager_promise_wall(userdata, due));
}

/* --- the interface --------------------------------------------------------------------------- */

#define ANNOUNCED SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable person_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", get_text, 0, ANNOUNCED),
        SD_BUS_PROPERTY("Mode", "s", get_text, 0, ANNOUNCED),
        SD_BUS_PROPERTY("Hours", "s", get_hours, 0, ANNOUNCED),
        SD_BUS_PROPERTY("BeganUSec", "t", get_commitment, 0, ANNOUNCED),
        SD_BUS_PROPERTY("EndsUSec", "t", get_commitment, 0, ANNOUNCED),
        SD_BUS_PROPERTY("Locked", "b", get_commitment, 0, ANNOUNCED),
        SD_BUS_PROPERTY("StreakUSec", "t", get_streak, 0, 0),
        SD_BUS_PROPERTY("StreakSinceUSec", "t", get_streak, 0, ANNOUNCED),
        SD_BUS_PROPERTY("StreakDays", "u", get_streak, 0, ANNOUNCED),
        SD_BUS_PROPERTY("LongestUSec", "t", get_streak, 0, 0),
        SD_BUS_PROPERTY("TotalUSec", "t", get_streak, 0, 0),
        SD_BUS_PROPERTY("Score", "d", get_streak, 0, ANNOUNCED),
        SD_BUS_PROPERTY("NextMilestoneDays", "u", get_streak, 0, ANNOUNCED),
        SD_BUS_PROPERTY("Incoming", "u", get_count, 0, ANNOUNCED),
        SD_BUS_PROPERTY("Urges", "u", get_count, 0, ANNOUNCED),
        SD_BUS_PROPERTY("Attempts", "u", get_count, 0, ANNOUNCED),
        SD_BUS_PROPERTY("Slips", "u", get_count, 0, ANNOUNCED),
        SD_BUS_PROPERTY("Relapses", "u", get_count, 0, ANNOUNCED),
        SD_BUS_METHOD_WITH_ARGS("AddIdentity", SD_BUS_ARGS("s", kind, "s", value), SD_BUS_NO_RESULT,
                method_add_identity, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RemoveIdentity", SD_BUS_ARGS("s", kind, "s", value),
                SD_BUS_RESULT("t", due), method_remove_identity, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListIdentities", SD_BUS_NO_ARGS,
                SD_BUS_RESULT("a(ss)", identities), method_list_identities,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetHours", SD_BUS_ARGS("s", hours), SD_BUS_RESULT("t", due),
                method_set_hours, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Extend", SD_BUS_ARGS("u", days), SD_BUS_NO_RESULT, method_extend,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("UndoExtend", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_undo_extend,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RequestEnd", SD_BUS_NO_ARGS, SD_BUS_RESULT("t", due),
                method_request_end, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Remove", SD_BUS_NO_ARGS, SD_BUS_RESULT("t", due), method_remove,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int person_bus_add(sd_bus *bus, Manager *m) {
        int r;

        r = sd_bus_add_fallback_vtable(bus, NULL, NC_OBJECT_PERSON_PREFIX, NC_INTERFACE_PERSON,
                person_vtable, find_person, m);
        if (r < 0)
                return r;
        r = sd_bus_add_node_enumerator(bus, NULL, NC_OBJECT_PERSON_PREFIX, list_people, m);
        if (r < 0)
                return r;
        return sd_bus_add_object_manager(bus, NULL, NC_OBJECT_ROOT);
}

void person_bus_changed(sd_bus *bus, const char *id) {
        _cleanup_free_ char *path = bus_person_path(id);
        int r;

        if (!path)
                return;
        r = sd_bus_emit_properties_changed(bus, path, NC_INTERFACE_PERSON, "Name", "Mode", "Hours",
                "BeganUSec", "EndsUSec", "Locked", "StreakSinceUSec", "StreakDays", "Score",
                "NextMilestoneDays", "Incoming", "Urges", "Attempts", "Slips", "Relapses", NULL);
        if (r < 0)
                log_debug("A change could not be announced: %s", strerror(-r));
}
