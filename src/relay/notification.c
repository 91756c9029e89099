/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Calls that show a notification. It decides nothing about them, sends nothing, and asks nothing of
 * a hint's type: what it cannot use it leaves to the server. */

#include "relay/notification.h"

#include "common/macro.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <stdio.h>

enum {
        HINT_TEXT_MAX = 64 << 10, /* bytes of a text in `more`; the message has longer ones */
        CLOSED_BY_USER = 2,       /* the reason of NotificationClosed */
};

#define NOTIFICATIONS_PATH "/org/freedesktop/Notifications"

static void unrefp(DBusMessage **m) {
        if (*m)
                dbus_message_unref(*m);
}

/* --- reading arguments ----------------------------------------------------------------------- */

static const char *next_text(DBusMessageIter *iter) {
        const char *text;

        dbus_message_iter_get_basic(iter, &text);
        (void)dbus_message_iter_next(iter);
        return text;
}

/* The value of a dict's entry; false at the end of the dict. Moves on. */
static bool next_entry(
        DBusMessageIter *dict, const char **ret_key, DBusMessageIter *ret_value, int *ret_type) {
        DBusMessageIter entry;

        if (dbus_message_iter_get_arg_type(dict) != DBUS_TYPE_DICT_ENTRY)
                return false;
        dbus_message_iter_recurse(dict, &entry);
        *ret_key = next_text(&entry);
        dbus_message_iter_recurse(&entry, ret_value);
        *ret_type = dbus_message_iter_get_arg_type(ret_value);
        (void)dbus_message_iter_next(dict);
        return true;
}

/* The text of a key, "" when it is absent or no text. */
static const char *text_of(DBusMessageIter dict, const char *wanted) {
        DBusMessageIter value;
        const char *key, *text = "";
        int type;

        while (next_entry(&dict, &key, &value, &type))
                if (type == DBUS_TYPE_STRING && streq(key, wanted))
                        dbus_message_iter_get_basic(&value, &text);
        return text;
}

/* Notify: susssasa{sv}i */
static int read_notify(Notification *n, DBusMessageIter *iter) {
        DBusMessageIter hints;

        n->notice.app = next_text(iter);
        dbus_message_iter_get_basic(iter, &n->replaces);
        (void)dbus_message_iter_next(iter);
        (void)next_text(iter); /* the icon */
        n->notice.summary = next_text(iter);
        n->notice.body = next_text(iter);
        (void)dbus_message_iter_next(iter);
        dbus_message_iter_recurse(iter, &hints);
        n->notice.desktop_entry = text_of(hints, "desktop-entry");
        n->has_id = true;
        return 0;
}

/* AddNotification: ssa{sv}. The application's id is the name of its desktop entry. A body may come
 * twice, in plain text and with markup. */
static int read_add(Notification *n, DBusMessageIter *iter) {
        DBusMessageIter keys;
        const char *plain, *markup;

        n->notice.app = n->notice.desktop_entry = next_text(iter);
        (void)next_text(iter); /* the id */
        dbus_message_iter_recurse(iter, &keys);
        n->notice.summary = text_of(keys, "title");
        plain = text_of(keys, "body");
        markup = text_of(keys, "markup-body");
        n->notice.body = plain[0] != '\0' ? plain : markup;
        if (plain[0] == '\0' || markup[0] == '\0')
                return 0;
        if (asprintf(&n->texts, "%s\n%s", plain, markup) < 0) {
                n->texts = NULL;
                return -ENOMEM;
        }
        n->notice.body = n->texts;
        return 0;
}

/* --- actions and hints ----------------------------------------------------------------------- */

/* A value as JSON, NULL when it is none that is kept. */
static json_t *plain_value(DBusMessageIter *value, int type) {
        DBusBasicValue v = {0};

        if (!dbus_type_is_basic(type) || type == DBUS_TYPE_UNIX_FD)
                return NULL;
        dbus_message_iter_get_basic(value, &v);
        switch (type) {
        case DBUS_TYPE_BOOLEAN: return json_boolean(v.bool_val);
        case DBUS_TYPE_BYTE: return json_integer(v.byt);
        case DBUS_TYPE_INT16: return json_integer(v.i16);
        case DBUS_TYPE_UINT16: return json_integer(v.u16);
        case DBUS_TYPE_INT32: return json_integer(v.i32);
        case DBUS_TYPE_UINT32: return json_integer(v.u32);
        case DBUS_TYPE_INT64: return json_integer((json_int_t)v.i64);
        case DBUS_TYPE_UINT64: return json_integer((json_int_t)v.u64);
        case DBUS_TYPE_DOUBLE: return json_real(v.dbl); /* NULL when it is not finite */
        default: return strlen(v.str) <= HINT_TEXT_MAX ? json_string(v.str) : NULL;
        }
}

static int add_hints(json_t *hints, DBusMessageIter dict) {
        DBusMessageIter value;
        const char *key;
        int type;

        while (next_entry(&dict, &key, &value, &type)) {
                json_t *v = plain_value(&value, type);

                if (v && json_object_set_new(hints, key, v) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Notify's array: key, label, key, label. */
static int add_actions(json_t *actions, DBusMessageIter array) {
        while (dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRING)
                if (json_array_append_new(actions, json_string(next_text(&array))) < 0)
                        return -ENOMEM;
        return 0;
}

/* AddNotification's "buttons", an array of dicts, as the same pairs. */
static int add_buttons(json_t *actions, DBusMessageIter dict) {
        DBusMessageIter value, array, button;
        const char *key;
        int type;

        while (next_entry(&dict, &key, &value, &type)) {
                if (!streq(key, "buttons") || type != DBUS_TYPE_ARRAY ||
                        dbus_message_iter_get_element_type(&value) != DBUS_TYPE_ARRAY)
                        continue;
                dbus_message_iter_recurse(&value, &array);
                for (; dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_ARRAY;
                        (void)dbus_message_iter_next(&array)) {
                        if (dbus_message_iter_get_element_type(&array) != DBUS_TYPE_DICT_ENTRY)
                                continue;
                        dbus_message_iter_recurse(&array, &button);
                        if (json_array_append_new(actions, json_string(text_of(button, "action"))) <
                                        0 ||
                                json_array_append_new(
                                        actions, json_string(text_of(button, "label"))) < 0)
                                return -ENOMEM;
                }
        }
        return 0;
}

static int more_of_notify(DBusMessageIter *iter, json_t *actions, json_t *hints) {
        DBusMessageIter array, dict;
        int r;

        for (int i = 0; i < 5; i++)
                (void)dbus_message_iter_next(iter);
        dbus_message_iter_recurse(iter, &array);
        (void)dbus_message_iter_next(iter);
        dbus_message_iter_recurse(iter, &dict);
        r = add_actions(actions, array);
        return r < 0 ? r : add_hints(hints, dict);
}

static int more_of_add(DBusMessageIter *iter, json_t *actions, json_t *hints) {
        DBusMessageIter dict;
        int r;

        (void)dbus_message_iter_next(iter);
        (void)dbus_message_iter_next(iter);
        dbus_message_iter_recurse(iter, &dict);
        r = add_buttons(actions, dict);
        return r < 0 ? r : add_hints(hints, dict);
}

/* --- the forms ------------------------------------------------------------------------------- */

/* An interface may be left out of a call, and the server's library finds the member all the same;
 * a signature cannot. */
static const struct {
        const char *interface, *member, *signature;
        int (*read)(Notification *n, DBusMessageIter *iter);
        int (*more)(DBusMessageIter *iter, json_t *actions, json_t *hints);
} forms[] = {
        {NC_NOTIFICATIONS, "Notify", "susssasa{sv}i", read_notify, more_of_notify},
        {"org.freedesktop.impl.portal.Notification", "AddNotification", "ssa{sv}", read_add,
                more_of_add},
        {"org.gtk.Notifications", "AddNotification", "ssa{sv}", read_add, more_of_add},
};

static int find_form(const char *interface, const char *member, const char *signature) {
        for (size_t i = 0; i < ARRAY_LEN(forms); i++)
                if (streq(member, forms[i].member) && streq(signature, forms[i].signature) &&
                        (!interface || streq(interface, forms[i].interface)))
                        return (int)i;
        return -ENOENT;
}

bool notification_likely(const WireHead *head) {
        return head->type == WIRE_CALL && head->member && head->signature &&
               find_form(head->interface, head->member, head->signature) >= 0;
}

/* libdbus takes no message apart that speaks of descriptors which it was not given. */
static DBusMessage *demarshal(char *message, size_t len, const WireHead *head, DBusError *error) {
        DBusMessage *m;

        if (head->unix_fds_at > 0)
                wire_put_u32(head->order, message + head->unix_fds_at, 0);
        m = dbus_message_demarshal(message, (int)len, error);
        if (head->unix_fds_at > 0)
                wire_put_u32(head->order, message + head->unix_fds_at, head->unix_fds);
        return m;
}

int notification_take(DBusMessage *message, Notification *ret) {
        Notification n = {.notice = {"", "", "", ""}};
        DBusMessageIter iter;
        int form, r;

        form = find_form(dbus_message_get_interface(message), dbus_message_get_member(message),
                dbus_message_get_signature(message));
        if (form < 0)
                return 0;
        n.message = dbus_message_ref(message);
        (void)dbus_message_iter_init(message, &iter);
        r = forms[form].read(&n, &iter);
        if (r < 0) {
                notification_done(&n);
                return r;
        }
        *ret = n;
        return 1;
}

int notification_read(void *message, size_t len, const WireHead *head, Notification *ret) {
        _cleanup_(unrefp) DBusMessage *m = NULL;
        DBusError error = DBUS_ERROR_INIT;
        bool no_memory;
        int r;

        m = demarshal(message, len, head, &error);
        if (!m) {
                no_memory = dbus_error_has_name(&error, DBUS_ERROR_NO_MEMORY);
                dbus_error_free(&error);
                return no_memory ? -ENOMEM : 0;
        }
        r = notification_take(m, ret);
        if (r <= 0)
                return r;
        /* behind the application's name, its length and its NUL; a body begins at a multiple of 8
         */
        if (ret->has_id)
                ret->replaces_at = head->body + (4 + strlen(ret->notice.app) + 1 + 3) / 4 * 4;
        return 1;
}

void notification_done(Notification *n) {
        if (n->message)
                dbus_message_unref(n->message);
        free(n->texts);
        *n = (Notification){0};
}

json_t *notification_more(const Notification *n) {
        json_t *actions = json_array(), *hints = json_object();
        json_t *more = json_pack("{s:o, s:o}", "actions", actions, "hints", hints);
        DBusMessageIter iter;
        int form, r;

        if (!more)
                return NULL;
        form = find_form(dbus_message_get_interface(n->message),
                dbus_message_get_member(n->message), dbus_message_get_signature(n->message));
        (void)dbus_message_iter_init(n->message, &iter);
        r = form < 0 ? 0 : forms[form].more(&iter, actions, hints);
        if (r < 0) {
                json_decref(more);
                return NULL;
        }
        return more;
}

uint32_t notification_closes(const void *message, const WireHead *head) {
        if (head->type != WIRE_CALL || !head->member || !streq(head->member, "CloseNotification") ||
                !head->signature || !streq(head->signature, "u") || head->body_len != 4 ||
                (head->interface && !streq(head->interface, NC_NOTIFICATIONS)))
                return 0;
        return wire_u32(head->order, (const char *)message + head->body);
}

/* --- answers --------------------------------------------------------------------------------- */

static int marshal(DBusMessage *m, uint32_t serial, char **ret, size_t *ret_len) {
        char *bytes;
        int len;

        dbus_message_set_serial(m, serial);
        if (!dbus_message_marshal(m, &bytes, &len))
                return -ENOMEM;
        *ret = bytes;
        *ret_len = (size_t)len;
        return 0;
}

static int check_sender(const WireHead *call) {
        return call->sender && dbus_validate_bus_name(call->sender, NULL) ? 0 : -EINVAL;
}

int notification_reply(
        const WireHead *call, const uint32_t *id, uint32_t serial, char **ret, size_t *ret_len) {
        _cleanup_(unrefp) DBusMessage *m = NULL;

        if (check_sender(call) < 0)
                return -EINVAL;
        m = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN);
        if (!m || !dbus_message_set_reply_serial(m, call->serial) ||
                !dbus_message_set_destination(m, call->sender))
                return -ENOMEM;
        dbus_message_set_no_reply(m, TRUE);
        if (id && !dbus_message_append_args(m, DBUS_TYPE_UINT32, id, DBUS_TYPE_INVALID))
                return -ENOMEM;
        return marshal(m, serial, ret, ret_len);
}

int notification_closed(
        const WireHead *call, uint32_t id, uint32_t serial, char **ret, size_t *ret_len) {
        _cleanup_(unrefp) DBusMessage *m = NULL;
        uint32_t reason = CLOSED_BY_USER;

        if (check_sender(call) < 0)
                return -EINVAL;
        m = dbus_message_new_signal(NOTIFICATIONS_PATH, NC_NOTIFICATIONS, "NotificationClosed");
        if (!m || !dbus_message_set_destination(m, call->sender) ||
                !dbus_message_append_args(
                        m, DBUS_TYPE_UINT32, &id, DBUS_TYPE_UINT32, &reason, DBUS_TYPE_INVALID))
                return -ENOMEM;
        return marshal(m, serial, ret, ret_len);
}
