/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What was held, read again: everything that came, wherever its file lies, and what the ledger
 * knows when there is none. */

#include "daemon/kept.h"

#include "common/digest.h"
#include "daemon/pictures.h"
#include "unit/held-fixture.h"
#include "unit/store-fixture.h"

#include <dbus/dbus.h>
#include <errno.h>

static const Notice notice = {"Telegram", "org.telegram.desktop", "Alex Doe", "come <b>back</b>"};

typedef struct Shelf {
        char *dir;
        char id[UUID_SPACE];
        Event ev;
} Shelf;

static int shelf_setup(void **state) {
        Shelf *shelf = calloc(1, sizeof(*shelf));

        assert_non_null(shelf);
        shelf->dir = fixture_folder();
        held_lay_down(shelf->dir, ANN, &notice, NOW_USEC, "the message", shelf->id);
        shelf->ev = (Event){
                .seq = 7,
                .kind = EVENT_INCOMING,
                .at_usec = NOW_USEC,
                .recorded_usec = NOW_USEC + 1,
                .zone_minutes = 60,
                .uid = BEA,
                .person = ANN,
                .data = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "held", shelf->id, "app",
                        "Telegram", "sender", "Alex", "via", "name", "source", "relay", "leaked",
                        1),
        };
        *state = shelf;
        return 0;
}

static int shelf_teardown(void **state) {
        Shelf *shelf = *state;

        event_done(&shelf->ev);
        held_remove_tree(shelf->dir);
        free(shelf->dir);
        free(shelf);
        return 0;
}

static json_t *describe(const Shelf *shelf, const char *name) {
        json_t *o = NULL;

        assert_int_equal(kept_describe(shelf->dir, &shelf->ev, name, &o), 0);
        assert_non_null(o);
        return o;
}

static const char *text_of(const json_t *o, const char *key) {
        const char *text = json_string_value(json_object_get(o, key));

        return text ? text : "(none)";
}

static void move_to_kept(const Shelf *shelf) {
        _cleanup_free_ char *kept = path_join(shelf->dir, HELD_KEPT),
                            *spool = path_join(shelf->dir, HELD_SPOOL),
                            *from = path_join(spool, shelf->id), *to = path_join(kept, shelf->id);

        assert_int_equal(folder_make_private(kept), 0);
        assert_int_equal(rename(from, to), 0);
}

static void test_everything_that_came_is_there(void **state) {
        const Shelf *shelf = *state;
        _cleanup_free_ char *path = NULL;
        char sum[DIGEST_SPACE];
        json_t *o;

        move_to_kept(shelf);
        o = describe(shelf, "Alex Doe");
        assert_true(json_is_true(json_object_get(o, "complete")));
        assert_true(json_is_true(json_object_get(o, "leaked")));
        assert_int_equal(json_integer_value(json_object_get(o, "event")), 7);
        assert_int_equal(json_integer_value(json_object_get(o, "at_usec")), NOW_USEC);
        assert_string_equal(text_of(o, "at"), "2026-11-29T12:00:00Z");
        assert_string_equal(text_of(o, "person"), "Alex Doe");
        assert_string_equal(text_of(o, "person_id"), ANN);
        assert_string_equal(text_of(o, "summary"), "Alex Doe");
        assert_string_equal(text_of(o, "body"), "come <b>back</b>");
        assert_string_equal(text_of(o, "desktop_entry"), "org.telegram.desktop");
        assert_int_equal(json_array_size(json_object_get(o, "actions")), 2);
        assert_int_equal(
                json_integer_value(json_object_get(json_object_get(o, "hints"), "urgency")), 1);
        assert_true(json_is_array(json_object_get(o, "images")));
        digest_sha256("the message", strlen("the message"), sum);
        assert_string_equal(text_of(o, "message_sha256"), sum);
        assert_int_equal(
                json_integer_value(json_object_get(o, "message_bytes")), strlen("the message"));
        assert_int_equal(
                asprintf(&path, "%s/held/%s", shelf->dir, shelf->id), strlen(text_of(o, "file")));
        assert_string_equal(text_of(o, "file"), path);
        json_decref(o);
}

/* A call of Notify as it is on the wire, with a picture among its hints, and what looks like one.
 */
static Buffer notify_with_picture(const char *hint, const char *signature) {
        DBusMessage *m = dbus_message_new_method_call("org.freedesktop.Notifications",
                "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "Notify");
        const char *empty = "", **none = &empty;
        dbus_uint32_t zero = 0;
        dbus_int32_t numbers[] = {64, 48, 192, 8, 3}, expire = -1;
        dbus_bool_t alpha = FALSE;
        DBusMessageIter iter, dict, entry, value, picture, bytes;
        Buffer b = {0};
        char *data;
        int len;

        assert_true(dbus_message_append_args(m, DBUS_TYPE_STRING, &empty, DBUS_TYPE_UINT32, &zero,
                DBUS_TYPE_STRING, &empty, DBUS_TYPE_STRING, &empty, DBUS_TYPE_STRING, &empty,
                DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &none, 0, DBUS_TYPE_INVALID));
        dbus_message_iter_init_append(m, &iter);
        (void)dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &dict);
        (void)dbus_message_iter_open_container(&dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
        (void)dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &hint);
        (void)dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, signature, &value);
        if (signature[0] == '(') {
                (void)dbus_message_iter_open_container(&value, DBUS_TYPE_STRUCT, NULL, &picture);
                for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
                        if (i == 3)
                                (void)dbus_message_iter_append_basic(
                                        &picture, DBUS_TYPE_BOOLEAN, &alpha);
                        (void)dbus_message_iter_append_basic(
                                &picture, DBUS_TYPE_INT32, &numbers[i]);
                }
                (void)dbus_message_iter_open_container(&picture, DBUS_TYPE_ARRAY, "y", &bytes);
                (void)dbus_message_iter_close_container(&picture, &bytes);
                (void)dbus_message_iter_close_container(&value, &picture);
        } else {
                (void)dbus_message_iter_append_basic(&value, DBUS_TYPE_STRING, &empty);
        }
        (void)dbus_message_iter_close_container(&entry, &value);
        (void)dbus_message_iter_close_container(&dict, &entry);
        (void)dbus_message_iter_close_container(&iter, &dict);
        (void)dbus_message_iter_append_basic(&iter, DBUS_TYPE_INT32, &expire);
        dbus_message_set_serial(m, 1);
        assert_true(dbus_message_marshal(m, &data, &len));
        assert_int_equal(buffer_add(&b, data, (size_t)len), 0);
        dbus_free(data);
        dbus_message_unref(m);
        return b;
}

static size_t count_pictures(const void *message, size_t len, json_t **ret) {
        assert_int_equal(pictures_describe(message, len, ret), 0);
        return json_array_size(*ret);
}

static void test_pictures_are_described(void **state) {
        static const struct {
                const char *hint, *signature;
                size_t pictures;
        } cases[] = {
                {"image-data", "(iiibiiay)", 1},
                {"image_data", "(iiibiiay)", 1},
                {"icon_data", "(iiibiiay)", 1},
                {"x-data", "(iiibiiay)", 0},
                {"image-data", "s", 0},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                Buffer b = notify_with_picture(cases[i].hint, cases[i].signature);
                json_t *list = NULL;

                assert_int_equal(count_pictures(b.data, b.len, &list), cases[i].pictures);
                if (cases[i].pictures > 0) {
                        json_t *first = json_array_get(list, 0);

                        assert_string_equal(text_of(first, "hint"), cases[i].hint);
                        assert_int_equal(json_integer_value(json_object_get(first, "width")), 64);
                        assert_int_equal(json_integer_value(json_object_get(first, "height")), 48);
                }
                json_decref(list);
                for (size_t len = 0; len < b.len; len++) { /* what was cut short has none */
                        assert_int_equal(count_pictures(b.data, len, &list), 0);
                        json_decref(list);
                }
                buffer_done(&b);
        }
}

static void test_one_that_was_not_moved_yet_is_found(void **state) {
        const Shelf *shelf = *state;
        json_t *o = describe(shelf, NULL);

        assert_true(json_is_true(json_object_get(o, "complete")));
        assert_true(json_is_null(json_object_get(o, "person")));
        json_decref(o);
}

static void test_without_its_file_there_is_what_the_ledger_knows(void **state) {
        const Shelf *shelf = *state;
        _cleanup_free_ char *spool = path_join(shelf->dir, HELD_SPOOL),
                            *file = path_join(spool, shelf->id);
        static const char *const damages[] = {"", "cut short"};
        json_t *o;

        for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
                assert_int_equal(file_replace(spool, shelf->id, damages[i], strlen(damages[i])), 0);
                o = describe(shelf, "Alex Doe");
                assert_true(json_is_false(json_object_get(o, "complete")));
                json_decref(o);
        }
        assert_int_equal(unlink(file), 0);
        o = describe(shelf, "Alex Doe");
        assert_true(json_is_false(json_object_get(o, "complete")));
        assert_string_equal(text_of(o, "summary"), "Alex");
        assert_string_equal(text_of(o, "app"), "Telegram");
        assert_null(json_object_get(o, "body"));
        json_decref(o);
}

/* What is in the ledger may come from elsewhere. */
static void test_no_id_leads_out_of_the_folder(void **state) {
        static const char *const ids[] = {"../../etc/passwd", "..", ".", "/etc/passwd", "x/../y"};
        Shelf *shelf = *state;

        for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
                json_t *o;

                assert_int_equal(
                        json_object_set_new(shelf->ev.data, "held", json_string(ids[i])), 0);
                o = describe(shelf, NULL);
                assert_true(json_is_false(json_object_get(o, "complete")));
                json_decref(o);
        }
}

#define test(f) cmocka_unit_test_setup_teardown(f, shelf_setup, shelf_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(test_everything_that_came_is_there),
                test(test_pictures_are_described),
                test(test_one_that_was_not_moved_yet_is_found),
                test(test_without_its_file_there_is_what_the_ledger_knows),
                test(test_no_id_leads_out_of_the_folder),
        };
        return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
