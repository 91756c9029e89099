/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The connection to the daemon: calls it, and reads what comes back into structs. It knows no noun
 * of the daemon's. Used by the client's other files. */

#include "cli/client/call.h"

struct Client {
        sd_bus *bus; /* NULL until the first call */
        sd_bus_error error;
};

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

/* --- calls ----------------------------------------------------------------------------------- */

static int call_with(
        Client *c, const Member *member, Message **ret, const char *types, va_list arguments) {
        int r = client_open(c);

        if (r < 0)
                return r;
        return sd_bus_call_methodv(c->bus, member->destination, member->path, member->interface,
                member->name, &c->error, ret, types, arguments);
}

int client_call(Client *c, const Member *member, Message **ret, const char *types, ...) {
        _cleanup_message_ Message *reply = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = call_with(c, member, &reply, types, ap);
        va_end(ap);
        if (r < 0)
                return r;
        if (ret)
                *ret = TAKE_PTR(reply);
        return 0;
}

int client_call_number(Client *c, const Member *member, uint64_t *ret, const char *types, ...) {
        _cleanup_message_ Message *reply = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = call_with(c, member, &reply, types, ap);
        va_end(ap);
        return r < 0 ? r : read_number(reply, ret);
}

int client_call_text(Client *c, const Member *member, char **ret, const char *types, ...) {
        _cleanup_message_ Message *reply = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = call_with(c, member, &reply, types, ap);
        va_end(ap);
        if (r < 0)
                return r;
        return read_text(reply, sd_bus_message_has_signature(reply, "o") > 0 ? "o" : "s", ret);
}

int client_call_rows(Client *c, const Member *member, const Rows *rows, const char *types, ...) {
        _cleanup_message_ Message *reply = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = call_with(c, member, &reply, types, ap);
        va_end(ap);
        return r < 0 ? r : read_rows(reply, rows);
}

int client_make_call(Client *c, const Member *member, Message **ret) {
        int r = client_open(c);

        return r < 0 ? r
                     : sd_bus_message_new_method_call(c->bus, ret, member->destination,
                               member->path, member->interface, member->name);
}

int client_send(Client *c, Message *call, Message **ret) {
        return sd_bus_call(c->bus, call, 0, &c->error, ret);
}

/* --- readers --------------------------------------------------------------------------------- */

int read_number(Message *m, uint64_t *ret) {
        uint64_t n;
        int r;

        r = sd_bus_message_read(m, "t", &n);
        if (r < 0)
                return r;
        *ret = n;
        return 0;
}

int read_text(Message *m, const char *type, char **ret) {
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

int read_texts(Message *m, char **const *texts) {
        int r;

        for (; *texts; texts++) {
                r = read_text(m, "s", *texts);
                if (r < 0)
                        return r;
        }
        return 0;
}

int read_rows(Message *m, const Rows *rows) {
        _cleanup_free_ char *contents = NULL;
        int r;

        if (asprintf(&contents, "(%s)", rows->types) < 0) {
                contents = NULL;
                return -ENOMEM;
        }
        r = sd_bus_message_enter_container(m, 'a', contents);
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'r', rows->types)) > 0) {
                r = rows->read(m, rows->list);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* --- properties ------------------------------------------------------------------------------ */

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

/* sd-bus gives -ENXIO for a value of another type than agreed. */
int read_properties(Message *m, const Field *fields, void *object) {
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

int client_get_all(Client *c, const char *interface, const Field *fields, void *object) {
        static const Member member = {
                NC_BUS_NAME, NC_OBJECT_ROOT, "org.freedesktop.DBus.Properties", "GetAll"};
        _cleanup_message_ Message *m = NULL;
        int r;

        r = client_call(c, &member, &m, "s", interface);
        return r < 0 ? r : read_properties(m, fields, object);
}
