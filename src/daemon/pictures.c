/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Looks into a message that was kept, for the pictures in it. The bytes are an application's own,
 * and libdbus checks them as it would on the bus. It draws nothing. Used by kept.c. */

#include "daemon/pictures.h"

#include "common/macro.h"

#include <dbus/dbus.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>

#define NOTIFY_SIGNATURE "susssasa{sv}i"
#define HINTS_AT         6
#define PICTURE          "(iiibiiay)"

/* Under these names, one for each version of the specification. */
static const char *const picture_hints[] = {"image-data", "image_data", "icon_data"};

static void message_unrefp(DBusMessage **m) {
        if (*m)
                dbus_message_unref(*m);
}

static bool is_picture(const char *hint, DBusMessageIter *value) {
        char *signature;
        bool is = false;

        for (size_t i = 0; i < ARRAY_LEN(picture_hints); i++)
                is = is || streq(hint, picture_hints[i]);
        signature = is ? dbus_message_iter_get_signature(value) : NULL;
        is = signature && streq(signature, PICTURE);
        dbus_free(signature);
        return is;
}

/* Adds what the dict's entry is, if it is a picture. */
static int add_entry(json_t *list, DBusMessageIter entry) {
        DBusMessageIter value, picture;
        dbus_int32_t width, height;
        const char *hint;

        dbus_message_iter_get_basic(&entry, &hint);
        (void)dbus_message_iter_next(&entry);
        dbus_message_iter_recurse(&entry, &value);
        if (!is_picture(hint, &value))
                return 0;
        dbus_message_iter_recurse(&value, &picture);
        dbus_message_iter_get_basic(&picture, &width);
        (void)dbus_message_iter_next(&picture);
        dbus_message_iter_get_basic(&picture, &height);
        return json_array_append_new(list, json_pack("{s:s, s:i, s:i}", "hint", hint, "width",
                                                   (int)width, "height", (int)height));
}

static int add_pictures(json_t *list, DBusMessage *m) {
        DBusMessageIter iter, dict, entry;
        int r = 0;

        (void)dbus_message_iter_init(m, &iter);
        for (int i = 0; i < HINTS_AT; i++)
                (void)dbus_message_iter_next(&iter);
        dbus_message_iter_recurse(&iter, &dict);
        for (; r == 0 && dbus_message_iter_get_arg_type(&dict) == DBUS_TYPE_DICT_ENTRY;
                (void)dbus_message_iter_next(&dict)) {
                dbus_message_iter_recurse(&dict, &entry);
                r = add_entry(list, entry);
        }
        return r < 0 ? -ENOMEM : 0;
}

int pictures_describe(const void *message, size_t len, json_t **ret) {
        _cleanup_(message_unrefp) DBusMessage *m = NULL;
        json_t *list = json_array();
        int r = 0;

        if (!list)
                return -ENOMEM;
        if (len <= INT_MAX)
                m = dbus_message_demarshal(message, (int)len, NULL);
        if (m && dbus_message_has_signature(m, NOTIFY_SIGNATURE))
                r = add_pictures(list, m);
        if (r < 0) {
                json_decref(list);
                return r;
        }
        *ret = list;
        return 0;
}
