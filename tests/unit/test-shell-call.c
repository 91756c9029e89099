/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A Notify call as the shell takes it: every argument and hint of whatever type is there again, and
 * who asks is said by us alone. */

#include "relay/shell-call.h"

#include "nocontact/bus-names.h"
#include "unit/test.h"

#include <fcntl.h>
#include <unistd.h>

/* --- making calls ---------------------------------------------------------------------------- */

/* A hint that holds what libdbus appends by `type`. */
static void add_hint(DBusMessageIter *hints, const char *name, int type, const void *value) {
        const char signature[] = {(char)type, '\0'};
        DBusMessageIter entry, variant;

        assert_true(dbus_message_iter_open_container(hints, DBUS_TYPE_DICT_ENTRY, NULL, &entry));
        assert_true(dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &name));
        assert_true(
                dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, signature, &variant));
        assert_true(dbus_message_iter_append_basic(&variant, type, value));
        assert_true(dbus_message_iter_close_container(&entry, &variant));
        assert_true(dbus_message_iter_close_container(hints, &entry));
}

/* "image-data" as the specification has it, and an array of arrays that is empty. */
static void add_containers(DBusMessageIter *hints) {
        static const unsigned char pixels[] = {1, 2, 3, 0, 255}, *block = pixels;
        const char *image = "image-data", *empty = "x-empty";
        const int32_t numbers[] = {1, 1, 4};
        DBusMessageIter entry, variant, inner, bytes;

        assert_true(dbus_message_iter_open_container(hints, DBUS_TYPE_DICT_ENTRY, NULL, &entry));
        assert_true(dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &image));
        assert_true(
                dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "(iiiay)", &variant));
        assert_true(dbus_message_iter_open_container(&variant, DBUS_TYPE_STRUCT, NULL, &inner));
        for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
                assert_true(dbus_message_iter_append_basic(&inner, DBUS_TYPE_INT32, &numbers[i]));
        assert_true(dbus_message_iter_open_container(&inner, DBUS_TYPE_ARRAY, "y", &bytes));
        assert_true(dbus_message_iter_append_fixed_array(
                &bytes, DBUS_TYPE_BYTE, &block, sizeof(pixels)));
        assert_true(dbus_message_iter_close_container(&inner, &bytes));
        assert_true(dbus_message_iter_close_container(&variant, &inner));
        assert_true(dbus_message_iter_close_container(&entry, &variant));
        assert_true(dbus_message_iter_close_container(hints, &entry));

        assert_true(dbus_message_iter_open_container(hints, DBUS_TYPE_DICT_ENTRY, NULL, &entry));
        assert_true(dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &empty));
        assert_true(
                dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "aa{sv}", &variant));
        assert_true(dbus_message_iter_open_container(&variant, DBUS_TYPE_ARRAY, "a{sv}", &inner));
        assert_true(dbus_message_iter_close_container(&variant, &inner));
        assert_true(dbus_message_iter_close_container(&entry, &variant));
        assert_true(dbus_message_iter_close_container(hints, &entry));
}

/* A call with the arguments before the hints. */
static DBusMessage *new_call(DBusMessageIter *ret_iter, DBusMessageIter *ret_hints) {
        const char *app = "Chat", *icon = "", *summary = "Mum", *body = "<b>hi</b>";
        const char *list[] = {"default", "Open"}, **actions = list;
        const uint32_t replaces = 0x80000007;
        DBusMessage *m;

        m = dbus_message_new_method_call(NC_NOTIFICATIONS, SHELL_NOTIFY, NULL, "Notify");
        assert_true(dbus_message_set_sender(m, ":1.7"));
        assert_true(dbus_message_append_args(m, DBUS_TYPE_STRING, &app, DBUS_TYPE_UINT32, &replaces,
                DBUS_TYPE_STRING, &icon, DBUS_TYPE_STRING, &summary, DBUS_TYPE_STRING, &body,
                DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &actions, 2, DBUS_TYPE_INVALID));
        dbus_message_iter_init_append(m, ret_iter);
        assert_true(dbus_message_iter_open_container(ret_iter, DBUS_TYPE_ARRAY, "{sv}", ret_hints));
        return m;
}

static void end_call(DBusMessageIter *iter, DBusMessageIter *hints) {
        const int32_t timeout = 1234;

        assert_true(dbus_message_iter_close_container(iter, hints));
        assert_true(dbus_message_iter_append_basic(iter, DBUS_TYPE_INT32, &timeout));
}

/* The body's bytes of a message: those after its header, which ends at a multiple of 8. */
static void assert_same_body(DBusMessage *a, DBusMessage *b) {
        char *left, *right;
        int left_len, right_len;
        uint32_t n;

        assert_true(dbus_message_marshal(a, &left, &left_len));
        assert_true(dbus_message_marshal(b, &right, &right_len));
        memcpy(&n, left + 4, sizeof(n));
        assert_memory_equal(left + 4, right + 4, sizeof(n));
        assert_memory_equal(left + left_len - n, right + right_len - n, n);
        dbus_free(left);
        dbus_free(right);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void test_who_asks_is_said_by_us_alone(void **state) {
        const int64_t claimed = 4242;
        const uint32_t pid = 77;
        const char *who = ":1.7", *urgency = "urgency";
        const unsigned char one = 1;
        DBusMessageIter iter, hints;
        _cleanup_message_ DBusMessage *call = new_call(&iter, &hints), *made = NULL;
        _cleanup_message_ DBusMessage *expected = NULL;

        (void)state;
        add_hint(&hints, "sender-pid", DBUS_TYPE_INT64, &claimed);
        add_hint(&hints, urgency, DBUS_TYPE_BYTE, &one);
        add_hint(&hints, "x-shell-sender", DBUS_TYPE_STRING, &urgency);
        add_hint(&hints, "x-shell-sender-pid", DBUS_TYPE_INT64, &claimed);
        end_call(&iter, &hints);
        assert_true(shell_call_is_notify(call));
        assert_int_equal(shell_call_notify(call, pid, 0x80000007, &made), 0);

        expected = new_call(&iter, &hints);
        add_hint(&hints, urgency, DBUS_TYPE_BYTE, &one);
        add_hint(&hints, "sender-pid", DBUS_TYPE_UINT32, &pid);
        add_hint(&hints, "x-shell-sender-pid", DBUS_TYPE_UINT32, &pid);
        add_hint(&hints, "x-shell-sender", DBUS_TYPE_STRING, &who);
        end_call(&iter, &hints);
        assert_same_body(made, expected);
        assert_string_equal(dbus_message_get_destination(made), SHELL_NAME);
        assert_string_equal(dbus_message_get_interface(made), NC_NOTIFICATIONS);
        assert_null(dbus_message_get_sender(made));
        assert_false(dbus_message_get_auto_start(made));
}

static void test_hints_of_every_type_are_copied(void **state) {
        const uint32_t pid = 77;
        const double number = 0.5;
        const char *who = ":1.7", *path = "/a/b";
        const dbus_bool_t yes = TRUE;
        DBusMessageIter iter, hints;
        _cleanup_message_ DBusMessage *call = new_call(&iter, &hints), *made = NULL;
        _cleanup_message_ DBusMessage *expected = NULL;

        (void)state;
        for (int i = 0; i < 2; i++) {
                if (i == 1) {
                        end_call(&iter, &hints);
                        assert_int_equal(shell_call_notify(call, pid, 0x80000007, &made), 0);
                        expected = new_call(&iter, &hints);
                }
                add_containers(&hints);
                add_hint(&hints, "x-number", DBUS_TYPE_DOUBLE, &number);
                add_hint(&hints, "transient", DBUS_TYPE_BOOLEAN, &yes);
                add_hint(&hints, "x-path", DBUS_TYPE_OBJECT_PATH, &path);
        }
        add_hint(&hints, "sender-pid", DBUS_TYPE_UINT32, &pid);
        add_hint(&hints, "x-shell-sender-pid", DBUS_TYPE_UINT32, &pid);
        add_hint(&hints, "x-shell-sender", DBUS_TYPE_STRING, &who);
        end_call(&iter, &hints);
        assert_same_body(made, expected);
}

static void test_the_id_to_be_replaced_is_the_one_that_is_asked_for(void **state) {
        DBusMessageIter iter, hints;
        _cleanup_message_ DBusMessage *call = new_call(&iter, &hints), *made = NULL;
        uint32_t replaces = 0;

        (void)state;
        end_call(&iter, &hints);
        dbus_message_set_no_reply(call, TRUE);
        assert_int_equal(shell_call_notify(call, 1, 5, &made), 0);
        assert_true(dbus_message_iter_init(made, &iter));
        (void)dbus_message_iter_next(&iter);
        dbus_message_iter_get_basic(&iter, &replaces);
        assert_int_equal(replaces, 5);
        assert_true(dbus_message_get_no_reply(made));
}

static int open_files(void) {
        int n = 0;

        for (int fd = 0; fd < 256; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

static void test_descriptors_are_not_left_open(void **state) {
        int before = open_files(), fd = 0;

        (void)state;
        for (int i = 0; i < 3; i++) {
                DBusMessageIter iter, hints;
                _cleanup_message_ DBusMessage *call = new_call(&iter, &hints), *made = NULL;

                add_hint(&hints, "x-file", DBUS_TYPE_UNIX_FD, &fd);
                end_call(&iter, &hints);
                assert_int_equal(shell_call_notify(call, 1, 0, &made), 0);
        }
        assert_int_equal(open_files(), before);
}

static void test_other_calls_are_copied_whole(void **state) {
        _cleanup_message_ DBusMessage *call = NULL, *made = NULL;
        const uint32_t id = 7;

        (void)state;
        call = dbus_message_new_method_call(
                NC_NOTIFICATIONS, SHELL_NOTIFY, NC_NOTIFICATIONS, "CloseNotification");
        assert_true(dbus_message_append_args(call, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID));
        assert_true(dbus_message_set_sender(call, ":1.7"));
        assert_false(shell_call_is_notify(call));
        assert_int_equal(shell_call_copy(call, &made), 0);
        assert_same_body(call, made);
        assert_string_equal(dbus_message_get_destination(made), SHELL_NAME);
        assert_string_equal(dbus_message_get_member(made), "CloseNotification");
        assert_null(dbus_message_get_sender(made));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_who_asks_is_said_by_us_alone),
                cmocka_unit_test(test_hints_of_every_type_are_copied),
                cmocka_unit_test(test_the_id_to_be_replaced_is_the_one_that_is_asked_for),
                cmocka_unit_test(test_descriptors_are_not_left_open),
                cmocka_unit_test(test_other_calls_are_copied_whole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
