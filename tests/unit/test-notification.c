/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Calls that show a notification, in both byte orders and with hints of any type; and what their
 * callers are told. */

#include "relay/notification.h"

#include "common/macro.h"
#include "nocontact/bus-names.h"
#include "unit/wire-fixture.h"

#include <errno.h>

static const char orders[] = {'l', 'B'};

/* Returns what notification_read() says, or -ENOENT when it need not be asked. */
static int read_call(Buffer *b, WireHead *head, Notification *n) {
        size_t len = 0;

        assert_int_equal(wire_length(b->data, b->len, &len), 0);
        assert_int_equal(len, b->len);
        assert_int_equal(wire_head(b->data, len, head), 0);
        return notification_likely(head) ? notification_read(b->data, b->len, head, n) : -ENOENT;
}

static const char *more_text(const json_t *more, const char *hint) {
        return json_string_value(json_object_get(json_object_get(more, "hints"), hint));
}

static json_int_t more_number(const json_t *more, const char *hint) {
        return json_integer_value(json_object_get(json_object_get(more, "hints"), hint));
}

static void assert_more(const Notification *n) {
        json_t *more = notification_more(n), *actions = json_object_get(more, "actions");

        assert_int_equal(json_array_size(actions), 2);
        assert_string_equal(json_string_value(json_array_get(actions, 0)), "default");
        assert_string_equal(json_string_value(json_array_get(actions, 1)), "Reply");
        assert_int_equal(more_number(more, "urgency"), 1);
        assert_int_equal(more_number(more, "sender-pid"), 0x0100000000000001);
        assert_string_equal(more_text(more, "desktop-entry"), "org.messages");
        assert_int_equal(json_object_size(json_object_get(more, "hints")), 3);
        json_decref(more);
}

static void test_notify_is_read_in_both_orders(void **state) {
        static const char *const interfaces[] = {NC_NOTIFICATIONS, NULL};

        (void)state;
        for (size_t i = 0; i < 4; i++) {
                char order = orders[i % 2];
                const MadeNotify made = {.order = order,
                        .summary = "Alex Doe",
                        .body = "<b>hi</b>",
                        .replaces = 5,
                        .image = 1000,
                        .descriptor = true};
                Buffer b = made_notify_call(&made, interfaces[i / 2], 0, 9), same = {0};
                Notification n;
                WireHead head;

                assert_int_equal(buffer_add(&same, b.data, b.len), 0);
                assert_int_equal(read_call(&b, &head, &n), 1);
                assert_memory_equal(b.data, same.data, b.len);
                assert_string_equal(n.notice.app, "Messages");
                assert_string_equal(n.notice.summary, "Alex Doe");
                assert_string_equal(n.notice.body, "<b>hi</b>");
                assert_string_equal(n.notice.desktop_entry, "org.messages");
                assert_true(n.has_id);
                assert_int_equal(n.replaces, 5);
                assert_int_equal(wire_u32(order, b.data + n.replaces_at), 5);
                assert_more(&n);
                notification_done(&n);
                buffer_done(&same);
                buffer_done(&b);
        }
}

static void test_a_portals_is_read_in_both_orders(void **state) {
        static const struct {
                const char *body, *markup, *read;
        } bodies[] = {
                {"hi", NULL, "hi"},
                {NULL, "<b>hi</b>", "<b>hi</b>"},
                {"hi", "<b>you</b>", "hi\n<b>you</b>"},
                {NULL, NULL, ""},
        };

        (void)state;
        for (size_t i = 0; i < 2 * ARRAY_LEN(bodies); i++) {
                Buffer b = made_add_call(
                        orders[i % 2], "Alex Doe", bodies[i / 2].body, bodies[i / 2].markup);
                Notification n;
                WireHead head;
                json_t *more;

                assert_int_equal(read_call(&b, &head, &n), 1);
                assert_string_equal(n.notice.app, "org.messages");
                assert_string_equal(n.notice.desktop_entry, "org.messages");
                assert_string_equal(n.notice.summary, "Alex Doe");
                assert_string_equal(n.notice.body, bodies[i / 2].read);
                assert_false(n.has_id);
                more = notification_more(&n);
                assert_string_equal(
                        json_string_value(json_array_get(json_object_get(more, "actions"), 0)),
                        "app.reply");
                assert_string_equal(
                        json_string_value(json_array_get(json_object_get(more, "actions"), 1)),
                        "Reply");
                assert_string_equal(more_text(more, "title"), "Alex Doe");
                json_decref(more);
                notification_done(&n);
                buffer_done(&b);
        }
}

/* Numbers at odd places: the application's name is of every length. */
static void test_the_place_of_replaces_id_is_found(void **state) {
        char app[32] = "";

        (void)state;
        for (size_t len = 0; len < sizeof(app) - 1; len++) {
                DBusMessage *m =
                        dbus_message_new_method_call("a.b", "/a", NC_NOTIFICATIONS, "Notify");
                const char *name = app, *text = "", *none[] = {NULL}, **actions = none;
                uint32_t replaces = 0x01020304;
                int32_t timeout = -1, n_bytes;
                DBusMessageIter iter, hints;
                Notification n;
                WireHead head;
                char *bytes;

                dbus_message_set_serial(m, 1);
                assert_true(dbus_message_append_args(m, DBUS_TYPE_STRING, &name, DBUS_TYPE_UINT32,
                        &replaces, DBUS_TYPE_STRING, &text, DBUS_TYPE_STRING, &text,
                        DBUS_TYPE_STRING, &text, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &actions, 0,
                        DBUS_TYPE_INVALID));
                dbus_message_iter_init_append(m, &iter);
                assert_true(
                        dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &hints));
                assert_true(dbus_message_iter_close_container(&iter, &hints));
                assert_true(dbus_message_iter_append_basic(&iter, DBUS_TYPE_INT32, &timeout));
                assert_true(dbus_message_marshal(m, &bytes, &n_bytes));
                assert_int_equal(wire_head(bytes, (size_t)n_bytes, &head), 0);
                assert_int_equal(notification_read(bytes, (size_t)n_bytes, &head, &n), 1);
                assert_int_equal(wire_u32(head.order, bytes + n.replaces_at), replaces);
                notification_done(&n);
                dbus_free(bytes);
                dbus_message_unref(m);
                app[len] = 'a';
        }
}

static void test_other_calls_are_none(void **state) {
        static const Made others[] = {
                {.member = "Notify", .interface = "org.example", .signature = "susssasa{sv}i"},
                {.member = "Notify", .interface = NC_NOTIFICATIONS, .signature = "susssasa{sv}u"},
                {.member = "Notify", .interface = NC_NOTIFICATIONS},
                {.member = "GetCapabilities", .interface = NC_NOTIFICATIONS},
                {.type = WIRE_SIGNAL,
                        .member = "Notify",
                        .interface = NC_NOTIFICATIONS,
                        .signature = "susssasa{sv}i"},
                {.type = WIRE_RETURN, .reply_serial = 4, .signature = "susssasa{sv}i"},
                {.member = "AddNotification", .interface = "org.other", .signature = "ssa{sv}"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(others); i++) {
                Buffer b = made_message(&others[i], NULL);
                Notification n;
                WireHead head;

                assert_int_equal(read_call(&b, &head, &n), -ENOENT);
                buffer_done(&b);
        }
}

static void test_what_libdbus_does_not_take_is_the_servers_business(void **state) {
        const MadeNotify made = {.summary = "Alex \xff Doe"};
        Buffer b = made_notify_call(&made, NC_NOTIFICATIONS, 0, 1);
        Notification n;
        WireHead head;

        (void)state;
        assert_int_equal(read_call(&b, &head, &n), 0);
        buffer_done(&b);
}

static void test_closing_is_told_by_its_id(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
                Buffer b = made_close_call(orders[i], NC_RELAY_FIRST_ID + 3, 0);
                WireHead head;

                assert_int_equal(wire_head(b.data, b.len, &head), 0);
                assert_int_equal(notification_closes(b.data, &head), NC_RELAY_FIRST_ID + 3);
                head.signature = "s";
                assert_int_equal(notification_closes(b.data, &head), 0);
                head.signature = "u";
                head.interface = "org.example";
                assert_int_equal(notification_closes(b.data, &head), 0);
                buffer_done(&b);
        }
}

/* --- answers --------------------------------------------------------------------------------- */

static DBusMessage *parse(char *bytes, size_t len) {
        DBusMessage *m = dbus_message_demarshal(bytes, (int)len, NULL);

        assert_non_null(m);
        dbus_free(bytes);
        return m;
}

static void test_answers_are_what_a_library_reads(void **state) {
        const WireHead call = {.serial = 9, .sender = SENDER};
        uint32_t id = NC_RELAY_FIRST_ID, told = 0, reason = 0;
        DBusMessage *m;
        char *bytes;
        size_t len;

        (void)state;
        assert_int_equal(notification_reply(&call, &id, 3, &bytes, &len), 0);
        m = parse(bytes, len);
        assert_int_equal(dbus_message_get_type(m), DBUS_MESSAGE_TYPE_METHOD_RETURN);
        assert_int_equal(dbus_message_get_serial(m), 3);
        assert_int_equal(dbus_message_get_reply_serial(m), 9);
        assert_string_equal(dbus_message_get_destination(m), SENDER);
        assert_null(dbus_message_get_sender(m));
        assert_true(dbus_message_get_args(m, NULL, DBUS_TYPE_UINT32, &told, DBUS_TYPE_INVALID));
        assert_int_equal(told, id);
        dbus_message_unref(m);

        assert_int_equal(notification_reply(&call, NULL, 3, &bytes, &len), 0);
        m = parse(bytes, len);
        assert_string_equal(dbus_message_get_signature(m), "");
        dbus_message_unref(m);

        assert_int_equal(notification_closed(&call, id, 4, &bytes, &len), 0);
        m = parse(bytes, len);
        assert_true(dbus_message_is_signal(m, NC_NOTIFICATIONS, "NotificationClosed"));
        assert_string_equal(dbus_message_get_path(m), "/org/freedesktop/Notifications");
        assert_string_equal(dbus_message_get_destination(m), SENDER);
        assert_true(dbus_message_get_args(
                m, NULL, DBUS_TYPE_UINT32, &told, DBUS_TYPE_UINT32, &reason, DBUS_TYPE_INVALID));
        assert_int_equal(told, id);
        assert_int_equal(reason, 2);
        dbus_message_unref(m);
}

static void test_nobody_is_answered_who_has_no_name(void **state) {
        const WireHead nobody = {.serial = 9}, odd = {.serial = 9, .sender = "not a name"};
        char *bytes;
        size_t len;

        (void)state;
        assert_int_equal(notification_reply(&nobody, NULL, 3, &bytes, &len), -EINVAL);
        assert_int_equal(notification_closed(&odd, 1, 3, &bytes, &len), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_notify_is_read_in_both_orders),
                cmocka_unit_test(test_a_portals_is_read_in_both_orders),
                cmocka_unit_test(test_the_place_of_replaces_id_is_found),
                cmocka_unit_test(test_other_calls_are_none),
                cmocka_unit_test(test_what_libdbus_does_not_take_is_the_servers_business),
                cmocka_unit_test(test_closing_is_told_by_its_id),
                cmocka_unit_test(test_answers_are_what_a_library_reads),
                cmocka_unit_test(test_nobody_is_answered_who_has_no_name),
        };
        return cmocka_run_group_tests_name("notification", tests, NULL, NULL);
}
