/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The client: people, what leads to them, and their commitments. It prints nothing,
 * decides nothing, and asks no clock. Used by commands/. */

#include "cli/client/call.h"

/* --- people ---------------------------------------------------------------------------------- */

static const Field person_fields[] = {
        {"Name", "s", offsetof(Person, name), NULL},
        {"Mode", "s", offsetof(Person, mode), NULL},
        {"Hours", "s", offsetof(Person, hours), NULL},
        {"BeganUSec", "t", offsetof(Person, began_usec), NULL},
        {"EndsUSec", "t", offsetof(Person, ends_usec), NULL},
        {"Locked", "b", offsetof(Person, locked), NULL},
        {"StreakUSec", "t", offsetof(Person, streak_usec), NULL},
        {"StreakSinceUSec", "t", offsetof(Person, since_usec), NULL},
        {"StreakDays", "u", offsetof(Person, streak_days), NULL},
        {"LongestUSec", "t", offsetof(Person, longest_usec), NULL},
        {"TotalUSec", "t", offsetof(Person, total_usec), NULL},
        {"Score", "d", offsetof(Person, score), NULL},
        {"NextMilestoneDays", "u", offsetof(Person, next_milestone_days), NULL},
        {"Incoming", "u", offsetof(Person, incoming), NULL},
        {"Urges", "u", offsetof(Person, urges), NULL},
        {"Attempts", "u", offsetof(Person, attempts), NULL},
        {"Slips", "u", offsetof(Person, slips), NULL},
        {"Relapses", "u", offsetof(Person, relapses), NULL},
        {0},
};

static void person_done(Person *p) {
        free(p->path);
        free(p->name);
        free(p->mode);
        free(p->hours);
        *p = (Person){0};
}

void people_done(People *p) {
        for (size_t i = 0; i < p->n; i++)
                person_done(&p->items[i]);
        free(p->items);
        *p = (People){0};
}

const char *person_id(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* Reads the interfaces of one object, a{sa{sv}}. Returns 1 when Person is among them. */
static int read_interfaces(Message *m, Person *ret) {
        bool found = false;
        const char *interface;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
                r = sd_bus_message_read(m, "s", &interface);
                if (r < 0)
                        return r;
                if (streq(interface, NC_INTERFACE_PERSON)) {
                        found = true;
                        r = read_properties(m, person_fields, ret);
                } else {
                        r = sd_bus_message_skip(m, "a{sv}");
                }
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        if (found && (!ret->name || !ret->mode))
                return -EBADMSG;
        return found;
}

static int read_object(Message *m, People *people) {
        Person *p;
        int r;

        p = LIST_ADD(people->items, people->n, people->space);
        if (!p)
                return -ENOMEM;
        r = read_text(m, "o", &p->path);
        if (r >= 0)
                r = read_interfaces(m, p);
        if (r == 0) {
                person_done(p); /* another kind of object */
                people->n--;
        }
        return r;
}

/* ids sort by the time at which they were made */
static int by_path(const void *a, const void *b) {
        return strcmp(((const Person *)a)->path, ((const Person *)b)->path);
}

int client_list_people(Client *c, People *ret) {
        static const Member member = {NC_BUS_NAME, NC_OBJECT_ROOT,
                "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"};
        _cleanup_message_ Message *m = NULL;
        _cleanup_(people_done) People people = {0};
        int r;

        r = client_call(c, &member, &m, NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
                r = read_object(m, &people);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        if (people.n > 0)
                qsort(people.items, people.n, sizeof(*people.items), by_path);
        *ret = TAKE_STRUCT(people);
        return 0;
}

int client_add_person(Client *c, const char *name, const char *mode, char **ret_path) {
        return client_call_text(c, MANAGER("AddPerson"), ret_path, "ss", name, mode);
}

int client_begin(Client *c, const char *person, uint32_t days) {
        return client_call(c, MANAGER("Begin"), NULL, "ou", person, days);
}

int client_extend(Client *c, const char *person, uint32_t days) {
        return client_call(c, PERSON(person, "Extend"), NULL, "u", days);
}

int client_undo_extend(Client *c, const char *person) {
        return client_call(c, PERSON(person, "UndoExtend"), NULL, NULL);
}

int client_request_end(Client *c, const char *person, uint64_t *ret_due) {
        return client_call_number(c, PERSON(person, "RequestEnd"), ret_due, NULL);
}

int client_remove_person(Client *c, const char *person, uint64_t *ret_due) {
        return client_call_number(c, PERSON(person, "Remove"), ret_due, NULL);
}

int client_set_hours(Client *c, const char *person, const char *hours, uint64_t *ret_due) {
        return client_call_number(c, PERSON(person, "SetHours"), ret_due, "s", hours);
}

/* --- identities ------------------------------------------------------------------------------ */

static void identity_done(Identity *id) {
        free(id->kind);
        free(id->value);
        *id = (Identity){0};
}

void identities_done(Identities *ids) {
        for (size_t i = 0; i < ids->n; i++)
                identity_done(&ids->items[i]);
        free(ids->items);
        *ids = (Identities){0};
}

static int read_identity(Message *m, void *list) {
        Identities *ids = list;
        Identity *id = LIST_ADD(ids->items, ids->n, ids->space);

        return id ? READ_TEXTS(m, &id->kind, &id->value) : -ENOMEM;
}

int client_list_identities(Client *c, const char *person, Identities *ret) {
        _cleanup_(identities_done) Identities ids = {0};
        int r;

        r = client_call_rows(
                c, PERSON(person, "ListIdentities"), &(Rows){"ss", read_identity, &ids}, NULL);
        if (r < 0)
                return r;
        *ret = TAKE_STRUCT(ids);
        return 0;
}

int client_check_identity(Client *c, const char *kind, const char *value, char **ret_canonical) {
        return client_call_text(c, MANAGER("CheckIdentity"), ret_canonical, "ss", kind, value);
}

int client_add_identity(Client *c, const char *person, const char *kind, const char *value) {
        return client_call(c, PERSON(person, "AddIdentity"), NULL, "ss", kind, value);
}

int client_remove_identity(
        Client *c, const char *person, const char *kind, const char *value, uint64_t *ret_due) {
        return client_call_number(c, PERSON(person, "RemoveIdentity"), ret_due, "ss", kind, value);
}
