/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The one door to the daemon: each method and property of dbus/ as a C function. It prints nothing,
 * decides nothing, and asks no clock. Used by commands/. */

#include "cli/client.h"

#include "common/array.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <systemd/sd-bus.h>

enum {
        PAGE = 1000, /* rows of the ledger asked for at once */
};

struct Client {
        sd_bus *bus; /* NULL until the first call */
        sd_bus_error error;
};

typedef sd_bus_message Message;
#define _cleanup_message_ _cleanup_(sd_bus_message_unrefp)

int client_new(Client **ret) {
        Client *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;
        *ret = c;
        return 0;
}

Client *client_free(Client *c) {
        if (!c)
                return NULL;
        sd_bus_error_free(&c->error);
        sd_bus_flush_close_unref(c->bus);
        free(c);
        return NULL;
}

const char *client_error_name(const Client *c) {
        return c->error.name ? c->error.name : "";
}

const char *client_error_message(const Client *c) {
        return c->error.message ? c->error.message : "";
}

static int client_open(Client *c) {
        int r;

        sd_bus_error_free(&c->error);
        c->error = SD_BUS_ERROR_NULL;
        if (c->bus)
                return 0;
        r = sd_bus_open_user_with_description(&c->bus, "nocontact");
        if (r < 0)
                (void)sd_bus_error_set(&c->error, CLIENT_ERROR_NO_BUS, "There is no session bus.");
        return r;
}

/* A member of somebody's interface. */
typedef struct Member {
        const char *destination, *path, *interface, *name;
} Member;

#define MANAGER(member)                                                                            \
        (&(const Member){NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, (member)})
#define REGIME(member) (&(const Member){NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_REGIME, (member)})
#define LEDGER(member) (&(const Member){NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_LEDGER, (member)})
#define HOLDS(member)  (&(const Member){NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_HOLDS, (member)})
#define SUPPORT(member)                                                                            \
        (&(const Member){NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_SUPPORT, (member)})
#define PERSON(path, member) (&(const Member){NC_BUS_NAME, (path), NC_INTERFACE_PERSON, (member)})

/* Calls; `types` are those of the arguments that follow. `ret` may be NULL. */
static int client_call(Client *c, const Member *member, Message **ret, const char *types, ...) {
        _cleanup_message_ Message *reply = NULL;
        va_list ap;
        int r;

        r = client_open(c);
        if (r < 0)
                return r;
        va_start(ap, types);
        r = sd_bus_call_methodv(c->bus, member->destination, member->path, member->interface,
                member->name, &c->error, &reply, types, ap);
        va_end(ap);
        if (r < 0)
                return r;
        if (ret)
                *ret = TAKE_PTR(reply);
        return 0;
}

/* Reads the one number of type t that a method gives back. */
static int read_number(Message *m, uint64_t *ret) {
        uint64_t n;
        int r;

        r = sd_bus_message_read(m, "t", &n);
        if (r < 0)
                return r;
        *ret = n;
        return 0;
}

/* Reads the one string or path that a method gives back. */
static int read_text(Message *m, const char *type, char **ret) {
        const char *s;
        char *copy;
        int r;

        r = sd_bus_message_read(m, type, &s);
        if (r < 0)
                return r;
        copy = strdup(s);
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        return 0;
}

/* Reads strings of the message into fields of their own. `texts` ends with NULL. */
static int read_texts(Message *m, char **const *texts) {
        int r;

        for (; *texts; texts++) {
                r = read_text(m, "s", *texts);
                if (r < 0)
                        return r;
        }
        return 0;
}

#define READ_TEXTS(m, ...) read_texts((m), (char **const[]){__VA_ARGS__, NULL})

/* Reads an array of structs of `types`; `read_row` reads the members of one and keeps them in
 * `list`. */
static int read_rows(
        Message *m, const char *types, int (*read_row)(Message *m, void *list), void *list) {
        _cleanup_free_ char *contents = NULL;
        int r;

        if (asprintf(&contents, "(%s)", types) < 0) {
                contents = NULL;
                return -ENOMEM;
        }
        r = sd_bus_message_enter_container(m, 'a', contents);
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'r', types)) > 0) {
                r = read_row(m, list);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* Appends an empty element to a list and gives its address, or NULL when memory is out. */
#define LIST_ADD(items, n, space)                                                                  \
        ({                                                                                         \
                __typeof__(items) _new = NULL;                                                     \
                if (ARRAY_RESERVE(items, space, (n) + 1) == 0) {                                   \
                        _new = &(items)[(n)++];                                                    \
                        memset(_new, 0, sizeof(*_new));                                            \
                }                                                                                  \
                _new;                                                                              \
        })

/* --- properties ------------------------------------------------------------------------------ */

/* A property and the field of the struct into which its value is put. */
typedef struct Field {
        const char *name, *type;
        size_t offset;
        /* reads the value; `field` points at offset. NULL: by type */
        int (*read)(Message *m, void *object);
} Field;

static int read_value(Message *m, const Field *field, void *object) {
        void *target = (char *)object + field->offset;
        int truth, r;

        if (field->read)
                return field->read(m, object);
        if (streq(field->type, "s")) {
                free(*(char **)target);
                *(char **)target = NULL;
                return read_text(m, "s", target);
        }
        if (streq(field->type, "b")) {
                r = sd_bus_message_read(m, "b", &truth);
                if (r >= 0)
                        *(bool *)target = truth != 0;
                return r;
        }
        return sd_bus_message_read(m, field->type, target);
}

static const Field *field_find(const Field *fields, const char *name) {
        for (; fields->name; fields++)
                if (streq(fields->name, name))
                        return fields;
        return NULL;
}

/* Reads an a{sv}; properties that `fields` does not name are passed over. -EBADMSG for a value
 * of another type than agreed (sd-bus gives -ENXIO for it). */
static int read_properties(Message *m, const Field *fields, void *object) {
        const char *name;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const Field *field;

                r = sd_bus_message_read(m, "s", &name);
                if (r < 0)
                        return r;
                field = field_find(fields, name);
                if (!field) {
                        r = sd_bus_message_skip(m, "v");
                } else {
                        r = sd_bus_message_enter_container(m, 'v', field->type);
                        if (r >= 0)
                                r = read_value(m, field, object);
                        if (r >= 0)
                                r = sd_bus_message_exit_container(m);
                }
                if (r < 0)
                        return r == -ENXIO ? -EBADMSG : r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

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
        *ret = people;
        people = (People){0};
        return 0;
}

int client_add_person(Client *c, const char *name, const char *mode, char **ret_path) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, MANAGER("AddPerson"), &m, "ss", name, mode);
        return r < 0 ? r : read_text(m, "o", ret_path);
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
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, PERSON(person, "RequestEnd"), &m, NULL);
        return r < 0 ? r : read_number(m, ret_due);
}

int client_remove_person(Client *c, const char *person, uint64_t *ret_due) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, PERSON(person, "Remove"), &m, NULL);
        return r < 0 ? r : read_number(m, ret_due);
}

int client_set_hours(Client *c, const char *person, const char *hours, uint64_t *ret_due) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, PERSON(person, "SetHours"), &m, "s", hours);
        return r < 0 ? r : read_number(m, ret_due);
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
        _cleanup_message_ Message *m = NULL;
        _cleanup_(identities_done) Identities ids = {0};
        int r;

        r = client_call(c, PERSON(person, "ListIdentities"), &m, NULL);
        if (r >= 0)
                r = read_rows(m, "ss", read_identity, &ids);
        if (r < 0)
                return r;
        *ret = ids;
        ids = (Identities){0};
        return 0;
}

int client_check_identity(Client *c, const char *kind, const char *value, char **ret_canonical) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, MANAGER("CheckIdentity"), &m, "ss", kind, value);
        return r < 0 ? r : read_text(m, "s", ret_canonical);
}

int client_add_identity(Client *c, const char *person, const char *kind, const char *value) {
        return client_call(c, PERSON(person, "AddIdentity"), NULL, "ss", kind, value);
}

int client_remove_identity(
        Client *c, const char *person, const char *kind, const char *value, uint64_t *ret_due) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, PERSON(person, "RemoveIdentity"), &m, "ss", kind, value);
        return r < 0 ? r : read_number(m, ret_due);
}

/* --- the daemon as a whole ------------------------------------------------------------------- */

static void layer_done(Layer *l) {
        free(l->name);
        free(l->state);
        free(l->detail);
        *l = (Layer){0};
}

void overview_done(Overview *o) {
        for (size_t i = 0; i < o->n_layers; i++)
                layer_done(&o->layers[i]);
        for (size_t i = 0; i < o->n_pending; i++)
                free(o->pending[i].what);
        free(o->layers);
        free(o->pending);
        free(o->version);
        free(o->state);
        *o = (Overview){0};
}

static int read_layer(Message *m, void *list) {
        Overview *o = list;
        Layer *l = LIST_ADD(o->layers, o->n_layers, o->layers_space);

        return l ? READ_TEXTS(m, &l->name, &l->state, &l->detail) : -ENOMEM;
}

static int read_layers(Message *m, void *object) {
        return read_rows(m, "sss", read_layer, object);
}

static int read_change(Message *m, void *list) {
        Overview *o = list;
        Pending *p = LIST_ADD(o->pending, o->n_pending, o->pending_space);
        int r;

        if (!p)
                return -ENOMEM;
        r = read_number(m, &p->id);
        if (r >= 0)
                r = read_text(m, "s", &p->what);
        if (r >= 0)
                r = sd_bus_message_read(m, "tt", &p->asked_usec, &p->due_usec);
        return r;
}

static int read_pending(Message *m, void *object) {
        return read_rows(m, "tstt", read_change, object);
}

static const Field overview_fields[] = {
        {"Version", "s", offsetof(Overview, version), NULL},
        {"State", "s", offsetof(Overview, state), NULL},
        {"Layers", "a(sss)", 0, read_layers},
        {"Pending", "a(tstt)", 0, read_pending},
        {0},
};

/* Reads the properties of an interface of the root object into `object`. */
static int get_all(Client *c, const char *interface, const Field *fields, void *object) {
        static const Member member = {
                NC_BUS_NAME, NC_OBJECT_ROOT, "org.freedesktop.DBus.Properties", "GetAll"};
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, &member, &m, "s", interface);
        return r < 0 ? r : read_properties(m, fields, object);
}

int client_overview(Client *c, Overview *ret) {
        _cleanup_(overview_done) Overview o = {0};
        int r;

        r = get_all(c, NC_INTERFACE_MANAGER, overview_fields, &o);
        if (r < 0)
                return r;
        if (!o.version || !o.state)
                return -EBADMSG;
        *ret = o;
        o = (Overview){0};
        return 0;
}

int client_cancel_pending(Client *c, uint64_t id) {
        return client_call(c, MANAGER("CancelPending"), NULL, "t", id);
}

/* --- how strict loosening is ----------------------------------------------------------------- */

void regime_done(Regime *r) {
        for (size_t i = 0; i < r->n_exceptions; i++)
                free(r->exceptions[i].target);
        free(r->exceptions);
        *r = (Regime){0};
}

static int read_exception(Message *m, void *list) {
        Regime *regime = list;
        Exception *e = LIST_ADD(regime->exceptions, regime->n_exceptions, regime->exceptions_space);
        int r;

        if (!e)
                return -ENOMEM;
        r = read_text(m, "s", &e->target);
        return r < 0 ? r : read_number(m, &e->until_usec);
}

static int read_exceptions(Message *m, void *object) {
        return read_rows(m, "st", read_exception, object);
}

static int read_exceptions_left(Message *m, void *object) {
        Regime *regime = object;

        return sd_bus_message_read(
                m, "(ut)", &regime->exceptions_left, &regime->next_exception_usec);
}

static const Field regime_fields[] = {
        {"CoolDownUSec", "t", offsetof(Regime, cool_down_usec), NULL},
        {"KeySet", "b", offsetof(Regime, key_set), NULL},
        {"Policies", "b", offsetof(Regime, policies), NULL},
        {"UnlockedUntilUSec", "t", offsetof(Regime, unlocked_usec), NULL},
        {"ExceptionsLeft", "(ut)", 0, read_exceptions_left},
        {"Exceptions", "a(st)", 0, read_exceptions},
        {0},
};

int client_regime(Client *c, Regime *ret) {
        _cleanup_(regime_done) Regime regime = {0};
        int r;

        r = get_all(c, NC_INTERFACE_REGIME, regime_fields, &regime);
        if (r < 0)
                return r;
        *ret = regime;
        regime = (Regime){0};
        return 0;
}

int client_set_cool_down(Client *c, uint64_t usec, uint64_t *ret_due) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, REGIME("SetCoolDown"), &m, "t", usec);
        return r < 0 ? r : read_number(m, ret_due);
}

int client_set_policies(Client *c, bool on, uint64_t *ret_due) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, REGIME("SetPolicies"), &m, "b", on);
        return r < 0 ? r : read_number(m, ret_due);
}

int client_set_key(Client *c, const char *passphrase) {
        return client_call(c, REGIME("SetKey"), NULL, "s", passphrase);
}

int client_clear_key(Client *c, uint64_t *ret_due) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, REGIME("ClearKey"), &m, NULL);
        return r < 0 ? r : read_number(m, ret_due);
}

int client_unlock(Client *c, const char *passphrase, uint64_t *ret_until) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, REGIME("Unlock"), &m, "s", passphrase);
        return r < 0 ? r : read_number(m, ret_until);
}

int client_except(Client *c, const char *target, uint32_t minutes, uint64_t *ret_until) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, REGIME("Except"), &m, "su", target, minutes);
        return r < 0 ? r : read_number(m, ret_until);
}

int client_end_exception(Client *c, const char *target) {
        return client_call(c, REGIME("EndException"), NULL, "s", target);
}

/* --- the ledger ------------------------------------------------------------------------------ */

static void entry_done(Entry *e) {
        free(e->kind);
        free(e->person);
        free(e->grade);
        free(e->channel);
        free(e->target);
        free(e->note);
        free(e->tag);
        *e = (Entry){0};
}

void entries_done(Entries *e) {
        for (size_t i = 0; i < e->n; i++)
                entry_done(&e->items[i]);
        free(e->items);
        *e = (Entries){0};
}

/* A page of the ledger on its way into the list. */
typedef struct Page {
        const EntryFilter *filter;
        Entries *entries;
        uint32_t rows;   /* that came */
        uint64_t before; /* the last of them, where the next page begins */
} Page;

static int read_entry(Message *m, void *list) {
        Page *page = list;
        Entries *entries = page->entries;
        Entry *e = LIST_ADD(entries->items, entries->n, entries->space);
        int corrected, r;

        if (!e)
                return -ENOMEM;
        r = sd_bus_message_read(m, "tt", &e->event, &e->at_usec);
        if (r >= 0)
                r = read_text(m, "s", &e->kind);
        if (r >= 0)
                r = read_text(m, "o", &e->person);
        if (r >= 0)
                r = READ_TEXTS(m, &e->grade, &e->channel, &e->target, &e->note);
        if (r >= 0)
                r = sd_bus_message_read(m, "b", &corrected);
        if (r >= 0)
                r = read_text(m, "s", &e->tag);
        if (r < 0)
                return r;
        e->corrected = corrected != 0;
        page->rows++;
        page->before = e->event;
        if (page->filter->wanted && !page->filter->wanted(e)) {
                entry_done(e);
                entries->n--;
        }
        return 0;
}

/* Asks for the next `rows` rows. */
static int list_page(Client *c, Page *page, uint32_t rows) {
        _cleanup_message_ Message *call = NULL, *m = NULL;
        static const char *const all[] = {NULL};
        const EntryFilter *f = page->filter;
        int r;

        r = client_open(c);
        if (r >= 0)
                r = sd_bus_message_new_method_call(
                        c->bus, &call, NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_LEDGER, "List");
        if (r >= 0)
                r = sd_bus_message_append_strv(call, (char **)(f->kinds ? f->kinds : all));
        if (r >= 0)
                r = sd_bus_message_append(
                        call, "otu", f->person ? f->person : "/", page->before, rows);
        if (r >= 0)
                r = sd_bus_call(c->bus, call, 0, &c->error, &m);
        if (r < 0)
                return r;
        page->rows = 0;
        return read_rows(m, "ttsossssbs", read_entry, page);
}

int client_list_entries(Client *c, const EntryFilter *filter, Entries *ret) {
        _cleanup_(entries_done) Entries entries = {0};
        Page page = {.filter = filter, .entries = &entries};
        uint32_t rows = PAGE;
        int r;

        /* without `wanted` each row counts, so no more than the limit need be asked for */
        if (!filter->wanted && filter->limit > 0 && filter->limit < PAGE)
                rows = (uint32_t)filter->limit;
        do {
                r = list_page(c, &page, rows);
                if (r < 0)
                        return r;
        } while (page.rows == rows && (filter->limit == 0 || entries.n < filter->limit));

        while (filter->limit > 0 && entries.n > filter->limit)
                entry_done(&entries.items[--entries.n]);
        *ret = entries;
        entries = (Entries){0};
        return 0;
}

int client_record_urge(Client *c, const char *person, uint8_t intensity, const char *note,
        const char *tag, uint64_t *ret_event) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, MANAGER("RecordUrge"), &m, "oyss", person, intensity, note, tag);
        return r < 0 ? r : read_number(m, ret_event);
}

int client_record_relapse(
        Client *c, const char *person, const char *channel, const char *note, uint64_t *ret_event) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, MANAGER("RecordRelapse"), &m, "oss", person, channel, note);
        return r < 0 ? r : read_number(m, ret_event);
}

int client_correct(Client *c, uint64_t event, const char *grade, const char *note) {
        return client_call(c, MANAGER("Correct"), NULL, "tss", event, grade, note);
}

int client_tag(Client *c, uint64_t event, const char *tag) {
        return client_call(c, MANAGER("TagEvent"), NULL, "ts", event, tag);
}

/* Reads an array of exactly `n` numbers. */
static int read_counts(Message *m, uint32_t *ret, size_t n) {
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_read_array(m, 'u', &data, &size);
        if (r < 0)
                return r;
        if (size != n * sizeof(*ret))
                return -EBADMSG;
        memcpy(ret, data, size);
        return 0;
}

int client_histogram(Client *c, const char *person, Histogram *ret) {
        _cleanup_message_ Message *m = NULL;
        Histogram h = {0};
        int r;

        r = client_call(c, LEDGER("Histogram"), &m, "o", person ? person : "/");
        if (r >= 0)
                r = sd_bus_message_read(m, "u", &h.n);
        if (r >= 0)
                r = read_counts(m, h.hours, HOURS);
        if (r >= 0)
                r = read_counts(m, h.weekdays, WEEKDAYS);
        if (r < 0)
                return r;
        *ret = h;
        return 0;
}

static void words_done(ReviewWords *w) {
        for (size_t i = 0; i < w->n; i++)
                free(w->items[i].word);
        free(w->items);
}

void review_done(Review *r) {
        free(r->days);
        free(r->milestones);
        words_done(&r->answers);
        words_done(&r->tags);
        *r = (Review){0};
}

/* A date that no calendar has would be put nowhere. */
static int read_day(Message *m, void *object) {
        static const unsigned months = 12, days = 31;
        Review *review = object;
        ReviewDay *d = LIST_ADD(review->days, review->n_days, review->days_space);
        uint8_t month, day, weekday;
        uint16_t year;
        int r;

        if (!d)
                return -ENOMEM;
        r = sd_bus_message_read(m, "qyyyuuuu", &year, &month, &day, &weekday, &d->urges,
                &d->attempts, &d->slips, &d->relapses);
        if (r < 0)
                return r;
        if (month < 1 || month > months || day < 1 || day > days || weekday >= WEEKDAYS)
                return -EBADMSG;
        d->year = year;
        d->month = month;
        d->day = day;
        d->weekday = weekday;
        return 0;
}

static int read_word(Message *m, void *list) {
        ReviewWords *words = list;
        ReviewWord *w = LIST_ADD(words->items, words->n, words->space);
        int r;

        if (!w)
                return -ENOMEM;
        r = read_text(m, "s", &w->word);
        return r < 0 ? r : sd_bus_message_read(m, "uu", &w->n, &w->quiet);
}

static int read_milestones(Message *m, Review *review) {
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_read_array(m, 'u', &data, &size);
        if (r < 0)
                return r;
        review->milestones = malloc(size + 1);
        if (!review->milestones)
                return -ENOMEM;
        if (size > 0)
                memcpy(review->milestones, data, size);
        review->n_milestones = size / sizeof(*review->milestones);
        return 0;
}

/* Those that are not known here are of a newer daemon. */
static int read_facts(Message *m, Review *review) {
        const struct {
                const char *name;
                uint32_t *to;
        } facts[] = {
                {"incoming", &review->incoming},
                {"held", &review->held},
                {"corrected", &review->corrected},
                {"exceptions", &review->exceptions},
                {"repairs", &review->repairs},
                {"clock-jumps", &review->clock_jumps},
        };
        const char *name;
        uint32_t n;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{su}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "{su}", &name, &n)) > 0)
                for (size_t i = 0; i < ARRAY_LEN(facts); i++)
                        if (streq(facts[i].name, name))
                                *facts[i].to = n;
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int client_review(Client *c, const char *person, uint32_t days, Review *ret) {
        _cleanup_message_ Message *m = NULL;
        _cleanup_(review_done) Review review = {0};
        int r;

        r = client_call(c, LEDGER("Review"), &m, "ou", person, days);
        if (r >= 0)
                r = read_number(m, &review.made_usec);
        if (r >= 0)
                r = read_rows(m, "qyyyuuuu", read_day, &review);
        if (r >= 0)
                r = read_counts(m, review.urges, WEEK_HOURS);
        if (r >= 0)
                r = read_counts(m, review.visits, WEEK_HOURS);
        if (r >= 0)
                r = read_rows(m, "suu", read_word, &review.answers);
        if (r >= 0)
                r = read_rows(m, "suu", read_word, &review.tags);
        if (r >= 0)
                r = read_milestones(m, &review);
        if (r >= 0)
                r = read_facts(m, &review);
        if (r >= 0 && review.n_days == 0)
                r = -EBADMSG;
        if (r < 0)
                return r;
        *ret = review;
        review = (Review){0};
        return 0;
}

/* --- what was held --------------------------------------------------------------------------- */

void senders_done(Senders *s) {
        for (size_t i = 0; i < s->n; i++) {
                free(s->items[i].person);
                free(s->items[i].app);
                free(s->items[i].sender);
        }
        free(s->items);
        *s = (Senders){0};
}

static int read_sender(Message *m, void *list) {
        Senders *senders = list;
        Sender *s = LIST_ADD(senders->items, senders->n, senders->space);
        int r;

        if (!s)
                return -ENOMEM;
        r = read_text(m, "o", &s->person);
        if (r >= 0)
                r = READ_TEXTS(m, &s->app, &s->sender);
        return r < 0 ? r : sd_bus_message_read(m, "ut", &s->count, &s->newest_usec);
}

int client_list_senders(Client *c, Senders *ret) {
        _cleanup_message_ Message *m = NULL;
        _cleanup_(senders_done) Senders senders = {0};
        int r;

        r = client_call(c, HOLDS("Summary"), &m, NULL);
        if (r >= 0)
                r = read_rows(m, "ossut", read_sender, &senders);
        if (r < 0)
                return r;
        *ret = senders;
        senders = (Senders){0};
        return 0;
}

int client_count_held(Client *c, People *people) {
        _cleanup_(senders_done) Senders senders = {0};
        int r;

        r = client_list_senders(c, &senders);
        if (r < 0)
                return r;
        for (size_t i = 0; i < people->n; i++) {
                people->items[i].held = 0;
                for (size_t k = 0; k < senders.n; k++)
                        if (streq(senders.items[k].person, people->items[i].path))
                                people->items[i].held += senders.items[k].count;
        }
        return 0;
}

void holds_done(Holds *h) {
        for (size_t i = 0; i < h->n; i++) {
                free(h->items[i].person);
                free(h->items[i].app);
                free(h->items[i].sender);
                free(h->items[i].via);
                free(h->items[i].source);
        }
        free(h->items);
        *h = (Holds){0};
}

static int read_hold(Message *m, void *list) {
        Holds *holds = list;
        Hold *h = LIST_ADD(holds->items, holds->n, holds->space);
        int leaked, passes, r;

        if (!h)
                return -ENOMEM;
        r = sd_bus_message_read(m, "tt", &h->event, &h->at_usec);
        if (r >= 0)
                r = read_text(m, "o", &h->person);
        if (r >= 0)
                r = READ_TEXTS(m, &h->app, &h->sender, &h->via, &h->source);
        if (r >= 0)
                r = sd_bus_message_read(m, "bb", &leaked, &passes);
        if (r < 0)
                return r;
        h->leaked = leaked != 0;
        h->passes = passes != 0;
        return 0;
}

int client_list_holds(Client *c, const char *person, uint32_t limit, Holds *ret) {
        _cleanup_message_ Message *m = NULL;
        _cleanup_(holds_done) Holds holds = {0};
        int r;

        r = client_call(c, HOLDS("List"), &m, "otu", person ? person : "/", (uint64_t)0, limit);
        if (r >= 0)
                r = read_rows(m, "ttossssbb", read_hold, &holds);
        if (r < 0)
                return r;
        *ret = holds;
        holds = (Holds){0};
        return 0;
}

int client_show_hold(Client *c, uint64_t event, char **ret_json) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, HOLDS("Show"), &m, "t", event);
        return r < 0 ? r : read_text(m, "s", ret_json);
}

void texts_done(Texts *t) {
        for (size_t i = 0; i < t->n; i++)
                free(t->items[i]);
        free(t->items);
        *t = (Texts){0};
}

/* Reads an array of strings. */
static int read_text_array(Message *m, Texts *texts) {
        const char *text;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "s", &text)) > 0) {
                char **item = LIST_ADD(texts->items, texts->n, texts->space);

                if (!item)
                        return -ENOMEM;
                *item = strdup(text);
                if (!*item)
                        return -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int client_export_holds(Client *c, const char *person, uint64_t after, uint32_t limit, Texts *ret,
        uint64_t *ret_next) {
        _cleanup_message_ Message *m = NULL;
        _cleanup_(texts_done) Texts texts = {0};
        int r;

        r = client_call(c, HOLDS("Export"), &m, "otu", person ? person : "/", after, limit);
        if (r >= 0)
                r = read_text_array(m, &texts);
        if (r >= 0)
                r = read_number(m, ret_next);
        if (r < 0)
                return r;
        *ret = texts;
        texts = (Texts){0};
        return 0;
}

int client_not_them(Client *c, uint64_t event, uint64_t *ret_due) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, HOLDS("NotThem"), &m, "t", event);
        return r < 0 ? r : read_number(m, ret_due);
}

int client_add_pass(Client *c, const char *kind, const char *value, uint64_t *ret_due) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, HOLDS("AddPass"), &m, "ss", kind, value);
        return r < 0 ? r : read_number(m, ret_due);
}

int client_remove_pass(Client *c, uint64_t id) {
        return client_call(c, HOLDS("RemovePass"), NULL, "t", id);
}

void passes_done(Passes *p) {
        for (size_t i = 0; i < p->n; i++) {
                free(p->items[i].kind);
                free(p->items[i].value);
        }
        free(p->items);
        *p = (Passes){0};
}

static int read_pass(Message *m, void *list) {
        Passes *passes = list;
        Pass *p = LIST_ADD(passes->items, passes->n, passes->space);
        int r;

        if (!p)
                return -ENOMEM;
        r = read_number(m, &p->id);
        return r < 0 ? r : READ_TEXTS(m, &p->kind, &p->value);
}

int client_list_passes(Client *c, Passes *ret) {
        _cleanup_message_ Message *m = NULL;
        _cleanup_(passes_done) Passes passes = {0};
        int r;

        r = client_call(c, HOLDS("ListPasses"), &m, NULL);
        if (r >= 0)
                r = read_rows(m, "tss", read_pass, &passes);
        if (r < 0)
                return r;
        *ret = passes;
        passes = (Passes){0};
        return 0;
}

/* --- plans, reasons, support people ---------------------------------------------------------- */

void items_done(Items *items) {
        for (size_t i = 0; i < items->n; i++)
                free(items->items[i].text);
        free(items->items);
        *items = (Items){0};
}

static int read_item(Message *m, void *list) {
        Items *items = list;
        Item *item = LIST_ADD(items->items, items->n, items->space);
        int r;

        if (!item)
                return -ENOMEM;
        r = read_number(m, &item->id);
        return r < 0 ? r : read_text(m, "s", &item->text);
}

int client_list_support(Client *c, const char *kind, Items *ret) {
        _cleanup_message_ Message *m = NULL;
        _cleanup_(items_done) Items items = {0};
        int r;

        r = client_call(c, SUPPORT("List"), &m, "s", kind);
        if (r >= 0)
                r = read_rows(m, "ts", read_item, &items);
        if (r < 0)
                return r;
        *ret = items;
        items = (Items){0};
        return 0;
}

int client_add_support(Client *c, const char *kind, const char *text, uint64_t *ret_id) {
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, SUPPORT("Add"), &m, "ss", kind, text);
        return r < 0 ? r : read_number(m, ret_id);
}

int client_remove_support(Client *c, uint64_t id) {
        return client_call(c, SUPPORT("Remove"), NULL, "t", id);
}

/* --- what surrounds the daemon --------------------------------------------------------------- */

int client_daemon_runs(Client *c) {
        static const Member member = {"org.freedesktop.DBus", "/org/freedesktop/DBus",
                "org.freedesktop.DBus", "NameHasOwner"};
        _cleanup_message_ Message *m = NULL;
        int runs, r;

        r = client_call(c, &member, &m, "s", NC_BUS_NAME);
        if (r >= 0)
                r = sd_bus_message_read(m, "b", &runs);
        return r < 0 ? r : runs != 0;
}

int client_unit_file_state(Client *c, const char *unit, char **ret) {
        static const Member member = {"org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                "org.freedesktop.systemd1.Manager", "GetUnitFileState"};
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, &member, &m, "s", unit);
        return r < 0 ? r : read_text(m, "s", ret);
}

void standings_done(Standings *b) {
        for (size_t i = 0; i < b->n; i++) {
                free(b->items[i].name);
                free(b->items[i].state);
                free(b->items[i].detail);
        }
        free(b->items);
        *b = (Standings){0};
}

static int read_standing(Message *m, void *list) {
        Standings *browsers = list;
        Standing *b = LIST_ADD(browsers->items, browsers->n, browsers->space);

        return b ? READ_TEXTS(m, &b->name, &b->state, &b->detail) : -ENOMEM;
}

static int list_standings(Client *c, const Member *member, Standings *ret) {
        _cleanup_message_ Message *m = NULL;
        _cleanup_(standings_done) Standings standings = {0};
        int r;

        r = client_call(c, member, &m, NULL);
        if (r >= 0)
                r = read_rows(m, "sss", read_standing, &standings);
        if (r < 0)
                return r;
        *ret = standings;
        standings = (Standings){0};
        return 0;
}

int client_list_browsers(Client *c, Standings *ret) {
        return list_standings(c, MANAGER("ListBrowsers"), ret);
}

int client_probe_notifications(Client *c, Standings *ret) {
        return list_standings(c, MANAGER("ProbeNotifications"), ret);
}

void notification_server_done(NotificationServer *s) {
        free(s->name);
        free(s->version);
        *s = (NotificationServer){0};
}

#define NOTIFICATIONS(member)                                                                      \
        (&(const Member){"org.freedesktop.Notifications", "/org/freedesktop/Notifications",        \
                "org.freedesktop.Notifications", (member)})

int client_notification_server(Client *c, NotificationServer *ret) {
        _cleanup_message_ Message *info = NULL, *capabilities = NULL;
        _cleanup_(notification_server_done) NotificationServer s = {0};
        const char *name, *vendor, *version, *word;
        int r;

        r = client_call(c, NOTIFICATIONS("GetServerInformation"), &info, NULL);
        if (r >= 0)
                r = sd_bus_message_read(info, "sss", &name, &vendor, &version);
        if (r < 0)
                return r;
        s.name = strdup(name);
        s.version = strdup(version);
        if (!s.name || !s.version)
                return -ENOMEM;

        r = client_call(c, NOTIFICATIONS("GetCapabilities"), &capabilities, NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(capabilities, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(capabilities, "s", &word)) > 0)
                if (streq(word, "actions"))
                        s.actions = true;
        if (r < 0)
                return r;
        *ret = s;
        s = (NotificationServer){0};
        return 0;
}
