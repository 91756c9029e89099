/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Messages in, messages out; it sends nothing. libdbus cannot change what stands in the middle of a
 * message, so that a Notify call is written anew; pictures go over as one block. The hints are a
 * private matter between the shell and its helper, which the name gate stands in for:
 *
 *   sender-pid           GNOME up to 46: without it the call has no answer at all
 *   x-shell-sender-pid   later ones
 *   x-shell-sender       later ones */

#include "relay/shell-call.h"

#include "nocontact/bus-names.h"

#include <errno.h>
#include <unistd.h>

#define HINT_PID        "sender-pid"
#define HINT_SHELL_PID  "x-shell-sender-pid"
#define HINT_SHELL_NAME "x-shell-sender"

enum {
        HINTS_MAX = DBUS_MAXIMUM_ARRAY_LENGTH - 2048, /* bytes of a caller's; ours are some more */
};

bool shell_call_is_notify(DBusMessage *call) {
        const char *interface = dbus_message_get_interface(call);

        return dbus_message_has_member(call, "Notify") &&
               (!interface || streq(interface, NC_NOTIFICATIONS)) &&
               dbus_message_has_signature(call, "susssasa{sv}i");
}

/* --- copying --------------------------------------------------------------------------------- */

static bool copy_value(DBusMessageIter *from, DBusMessageIter *to);

static bool copy_basic(DBusMessageIter *from, DBusMessageIter *to, int type) {
        DBusBasicValue value;
        bool copied;

        dbus_message_iter_get_basic(from, &value);
        copied = dbus_message_iter_append_basic(to, type, &value);
        if (type == DBUS_TYPE_UNIX_FD)
                (void)close(value.fd); /* get and append each made one of their own */
        return copied;
}

/* Numbers in a row, as in a picture. */
static bool copy_block(DBusMessageIter *from, DBusMessageIter *to, int type) {
        const void *block = NULL;
        int n = 0;

        dbus_message_iter_get_fixed_array(from, &block, &n);
        return dbus_message_iter_append_fixed_array(to, type, &block, n);
}

static bool copy_members(DBusMessageIter *from, DBusMessageIter *to) {
        for (; dbus_message_iter_get_arg_type(from) != DBUS_TYPE_INVALID;
                dbus_message_iter_next(from))
                if (!copy_value(from, to))
                        return false;
        return true;
}

/* What stands in a container of this type, as the writer wants to know it; NULL where it does not.
 * The caller frees `*ret_whole`, of which it is a part. */
static const char *contained(
        DBusMessageIter *from, DBusMessageIter *inner, int type, char **ret_whole) {
        if (type == DBUS_TYPE_ARRAY) {
                *ret_whole = dbus_message_iter_get_signature(from);
                return *ret_whole ? *ret_whole + 1 : NULL;
        }
        if (type == DBUS_TYPE_VARIANT)
                *ret_whole = dbus_message_iter_get_signature(inner);
        return *ret_whole;
}

static bool copy_container(DBusMessageIter *from, DBusMessageIter *to, int type) {
        DBusMessageIter in, out;
        char *whole = NULL;
        const char *inner;
        int element;
        bool opened, copied;

        dbus_message_iter_recurse(from, &in);
        inner = contained(from, &in, type, &whole);
        opened = dbus_message_iter_open_container(to, type, inner, &out);
        dbus_free(whole);
        if (!opened)
                return false;
        element = type == DBUS_TYPE_ARRAY ? dbus_message_iter_get_element_type(from)
                                          : DBUS_TYPE_INVALID;
        copied = element != DBUS_TYPE_INVALID && element != DBUS_TYPE_UNIX_FD &&
                                 dbus_type_is_fixed(element)
                         ? copy_block(&in, &out, element)
                         : copy_members(&in, &out);
        if (copied)
                return dbus_message_iter_close_container(to, &out);
        dbus_message_iter_abandon_container(to, &out);
        return false;
}

static bool copy_value(DBusMessageIter *from, DBusMessageIter *to) {
        int type = dbus_message_iter_get_arg_type(from);

        return dbus_type_is_basic(type) ? copy_basic(from, to, type)
                                        : copy_container(from, to, type);
}

/* --- Notify ---------------------------------------------------------------------------------- */

/* At most so many bytes a value takes in a message, and what follows it in its container. */
static size_t weight(DBusMessageIter iter) {
        size_t total = 0;
        int type;

        for (; (type = dbus_message_iter_get_arg_type(&iter)) != DBUS_TYPE_INVALID;
                (void)dbus_message_iter_next(&iter)) {
                DBusMessageIter inner;
                const char *text;

                total += 16; /* a number or a length, and what aligns it */
                if (type == DBUS_TYPE_STRING || type == DBUS_TYPE_OBJECT_PATH ||
                        type == DBUS_TYPE_SIGNATURE) {
                        dbus_message_iter_get_basic(&iter, &text);
                        total += strlen(text) + 1;
                } else if (type == DBUS_TYPE_ARRAY &&
                           dbus_message_iter_get_element_type(&iter) == DBUS_TYPE_BYTE) {
                        const void *block;
                        int n = 0;

                        dbus_message_iter_recurse(&iter, &inner);
                        dbus_message_iter_get_fixed_array(&inner, &block, &n);
                        total += (size_t)n;
                } else if (dbus_type_is_container(type)) {
                        dbus_message_iter_recurse(&iter, &inner);
                        total += weight(inner) + DBUS_MAXIMUM_SIGNATURE_LENGTH;
                }
        }
        return total;
}

static bool is_ours(const char *hint) {
        return streq(hint, HINT_PID) || streq(hint, HINT_SHELL_PID) || streq(hint, HINT_SHELL_NAME);
}

static bool append_variant(DBusMessageIter *entry, int type, const void *value) {
        const char signature[] = {(char)type, '\0'};
        DBusMessageIter variant;

        if (!dbus_message_iter_open_container(entry, DBUS_TYPE_VARIANT, signature, &variant))
                return false;
        if (dbus_message_iter_append_basic(&variant, type, value))
                return dbus_message_iter_close_container(entry, &variant);
        dbus_message_iter_abandon_container(entry, &variant);
        return false;
}

static bool append_hint(DBusMessageIter *hints, const char *name, int type, const void *value) {
        DBusMessageIter entry;

        if (!dbus_message_iter_open_container(hints, DBUS_TYPE_DICT_ENTRY, NULL, &entry))
                return false;
        if (dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &name) &&
                append_variant(&entry, type, value))
                return dbus_message_iter_close_container(hints, &entry);
        dbus_message_iter_abandon_container(hints, &entry);
        return false;
}

/* A picture may be so large that ours have no room beside it: the notification goes without it
 * then. */
static bool write_hints(DBusMessageIter *from, DBusMessageIter *to, uint32_t pid, const char *who) {
        DBusMessageIter in, entry;
        size_t total = 0, more;
        const char *name;

        dbus_message_iter_recurse(from, &in);
        for (; dbus_message_iter_get_arg_type(&in) != DBUS_TYPE_INVALID;
                dbus_message_iter_next(&in)) {
                dbus_message_iter_recurse(&in, &entry);
                dbus_message_iter_get_basic(&entry, &name);
                more = weight(entry);
                if (is_ours(name) || total + more > HINTS_MAX)
                        continue;
                total += more;
                if (!copy_value(&in, to))
                        return false;
        }
        return append_hint(to, HINT_PID, DBUS_TYPE_UINT32, &pid) &&
               append_hint(to, HINT_SHELL_PID, DBUS_TYPE_UINT32, &pid) &&
               append_hint(to, HINT_SHELL_NAME, DBUS_TYPE_STRING, &who);
}

static bool copy_hints(DBusMessageIter *from, DBusMessageIter *to, uint32_t pid, const char *who) {
        DBusMessageIter hints;

        if (!dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "{sv}", &hints))
                return false;
        if (write_hints(from, &hints, pid, who))
                return dbus_message_iter_close_container(to, &hints);
        dbus_message_iter_abandon_container(to, &hints);
        return false;
}

int shell_call_notify(DBusMessage *call, uint32_t pid, uint32_t replaces, DBusMessage **ret) {
        const char *sender = dbus_message_get_sender(call);
        _cleanup_message_ DBusMessage *m = NULL;
        DBusMessageIter from, to;
        bool copied = true;

        m = dbus_message_new_method_call(SHELL_NAME, SHELL_NOTIFY, NC_NOTIFICATIONS, "Notify");
        if (!m)
                return -ENOMEM;
        dbus_message_set_auto_start(m, FALSE);
        dbus_message_set_no_reply(m, dbus_message_get_no_reply(call));
        dbus_message_iter_init_append(m, &to);
        (void)dbus_message_iter_init(call, &from);
        for (int i = 0; copied && i < 8; i++, dbus_message_iter_next(&from))
                if (i == 1)
                        copied = dbus_message_iter_append_basic(&to, DBUS_TYPE_UINT32, &replaces);
                else if (i == 6)
                        copied = copy_hints(&from, &to, pid, sender ? sender : "");
                else
                        copied = copy_value(&from, &to);
        if (!copied)
                return -ENOMEM;
        *ret = TAKE_PTR(m);
        return 0;
}

int shell_call_copy(DBusMessage *call, DBusMessage **ret) {
        _cleanup_message_ DBusMessage *m = dbus_message_copy(call);

        if (!m || !dbus_message_set_destination(m, SHELL_NAME) || !dbus_message_set_sender(m, NULL))
                return -ENOMEM;
        dbus_message_set_auto_start(m, FALSE);
        *ret = TAKE_PTR(m);
        return 0;
}
