/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The name gate on a real bus, between applications and a shell of the test's own, which does as
 * GNOME's does: a helper has the name that applications call, and gives way when its other name is
 * taken. The real ones are in tests/desktop/test-gate-gnome.sh. */

#include "bus/relay-fixture.h"
#include "common/file.h"
#include "nocontact/bus-names.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL    "org.gnome.Shell"
#define HELPER   "org.gnome.Shell.Notifications"
#define GTK      "org.gtk.Notifications"
#define GTK_PATH "/org/gtk/Notifications"

static DBusConnection *helper;

/* --- the helper ------------------------------------------------------------------------------ */

static void helper_close(void) {
        if (!helper)
                return;
        dbus_connection_close(helper);
        dbus_connection_unref(helper);
        helper = NULL;
}

static DBusHandlerResult on_helper_message(DBusConnection *c, DBusMessage *m, void *userdata) {
        bool *lost = userdata;
        const char *name;

        (void)c;
        if (dbus_message_is_signal(m, DBUS_INTERFACE_DBUS, "NameLost") &&
                dbus_message_get_args(m, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID) &&
                streq(name, HELPER))
                *lost = true;
        return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

static bool helper_lost;

/* Returns what the bus says about the name that applications call. */
static int helper_start(Relay *r) {
        int reply;

        helper = connect_to(r->bus);
        helper_lost = false;
        assert_true(dbus_connection_add_filter(helper, on_helper_message, &helper_lost, NULL));
        reply = dbus_bus_request_name(
                helper, NC_NOTIFICATIONS, DBUS_NAME_FLAG_REPLACE_EXISTING, NULL);
        assert_int_equal(
                dbus_bus_request_name(helper, HELPER, DBUS_NAME_FLAG_ALLOW_REPLACEMENT, NULL),
                DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER);
        return reply;
}

/* Also lets the helper do as it does: it goes when it has lost its name. */
static bool helper_works(void) {
        if (helper) {
                relay_work(helper);
                if (helper_lost)
                        helper_close();
        }
        return true;
}

/* --- the gate -------------------------------------------------------------------------------- */

static void spawn(Relay *r) {
        const char *build = getenv("NOCONTACT_BUILD");
        _cleanup_free_ char *path = NULL;

        assert_true(asprintf(&path, "%s/nocontact-relay", build ? build : "build/plain") >= 0);
        r->pid = fork();
        assert_true(r->pid >= 0);
        if (r->pid == 0) {
                int fd = open(r->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)dup2(fd, STDERR_FILENO);
                (void)execl(path, path, "--name-gate", "--bus", r->bus, NULL);
                _exit(127);
        }
}

static pid_t owner_pid(Relay *r, const char *name) {
        DBusMessage *m = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                DBUS_INTERFACE_DBUS, "GetConnectionUnixProcessID");
        DBusMessage *reply;
        uint32_t pid = 0;

        assert_true(dbus_message_append_args(m, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID));
        reply = relay_call(r, m);
        (void)dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &pid, DBUS_TYPE_INVALID);
        dbus_message_unref(reply);
        return (pid_t)pid;
}

static void wait_for_gate(Relay *r) {
        RELAY_WAIT(r, helper_works() && owner_pid(r, NC_NOTIFICATIONS) == r->pid);
}

static DBusMessage *call_member(const char *member) {
        return dbus_message_new_method_call(
                NC_NOTIFICATIONS, SERVER_PATH, NC_NOTIFICATIONS, member);
}

/* The error's name, or "". The caller frees. */
static char *call_error(Relay *r, DBusMessage *call) {
        DBusMessage *reply = relay_call(r, call);
        const char *name = dbus_message_get_error_name(reply);
        char *copy = strdup(name ? name : "");

        dbus_message_unref(reply);
        return copy;
}

static void assert_fine(Relay *r, DBusMessage *call) {
        _cleanup_free_ char *error = call_error(r, call);

        assert_string_equal(error, "");
}

static DBusMessage *close_call(uint32_t id) {
        DBusMessage *m = call_member("CloseNotification");

        assert_true(dbus_message_append_args(m, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID));
        return m;
}

static int setup(void **state) {
        (void)relay_prepare(state);
        return folder_make_private(((Relay *)*state)->data);
}

/* A shell that runs, and a gate that has its names. */
static int begin(void **state) {
        Relay *r = *state;

        relay_rules(r, "Alex Doe");
        relay_empty_spool(r);
        if (!r->server)
                server_connect_as(r, r->bus, SHELL);
        if (r->pid == 0)
                spawn(r);
        wait_for_gate(r);
        /* it answers once it has seen that the shell does */
        assert_fine(r, call_member("GetServerInformation"));
        relay_forget(r);
        return 0;
}

static int teardown(void **state) {
        helper_close();
        return relay_teardown(state);
}

/* --- names ----------------------------------------------------------------------------------- */

static void test_it_takes_the_name_from_a_helper_that_has_it(void **state) {
        Relay *r = *state;

        relay_rules(r, "Alex Doe");
        server_connect_as(r, r->bus, SHELL);
        assert_int_equal(helper_start(r), DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER);
        spawn(r);
        wait_for_gate(r);
        assert_null(helper);
        /* its other name is free for the next one, which waits in its turn, though it would take */
        RELAY_WAIT(r, !dbus_bus_name_has_owner(r->session.bus, HELPER, NULL));
        assert_int_equal(helper_start(r), DBUS_REQUEST_NAME_REPLY_IN_QUEUE);
}

static void test_killed_it_leaves_the_name_to_the_helper(void **state) {
        Relay *r = *state;

        if (!helper)
                assert_int_equal(helper_start(r), DBUS_REQUEST_NAME_REPLY_IN_QUEUE);
        (void)relay_end(r, SIGKILL);
        RELAY_WAIT(r, owner_pid(r, NC_NOTIFICATIONS) == getpid());
        spawn(r);
        wait_for_gate(r);
        assert_null(helper);
}

static void test_another_server_is_left_alone(void **state) {
        Relay *r = *state;
        DBusConnection *other = connect_to(r->bus);

        assert_int_equal(relay_end(r, SIGTERM), 0);
        helper_close();
        RELAY_WAIT(r, !dbus_bus_name_has_owner(r->session.bus, NC_NOTIFICATIONS, NULL));
        assert_int_equal(dbus_bus_request_name(other, NC_NOTIFICATIONS, 0, NULL),
                DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER);
        spawn(r);
        /* it had the other one's turn to look */
        RELAY_WAIT(r, owner_pid(r, GTK) == r->pid);
        for (int i = 0; i < 100; i++)
                assert_int_equal(owner_pid(r, NC_NOTIFICATIONS), getpid());
        dbus_connection_close(other);
        dbus_connection_unref(other);
        wait_for_gate(r);
}

static void shell_close(Relay *r) {
        dbus_connection_close(r->server);
        dbus_connection_unref(r->server);
        r->server = NULL;
}

static void test_without_a_shell_it_holds_no_name(void **state) {
        Relay *r = *state;

        shell_close(r);
        RELAY_WAIT(r, !dbus_bus_name_has_owner(r->session.bus, NC_NOTIFICATIONS, NULL));
        RELAY_WAIT(r, !dbus_bus_name_has_owner(r->session.bus, GTK, NULL));
        server_connect_as(r, r->bus, SHELL);
        wait_for_gate(r);
        assert_true(relay_notify(r, "Mum", 0) < NC_RELAY_FIRST_ID);
}

/* --- what is shown --------------------------------------------------------------------------- */

/* The hints of a Notify call. */
static void enter_hints(DBusMessage *call, DBusMessageIter *ret) {
        DBusMessageIter iter;

        assert_true(dbus_message_iter_init(call, &iter));
        for (int i = 0; i < 6; i++)
                (void)dbus_message_iter_next(&iter);
        dbus_message_iter_recurse(&iter, ret);
}

/* How many hints of this name there are; the last one's value, which is of a basic type. */
static unsigned hint(DBusMessage *call, const char *name, int type, void *ret) {
        DBusMessageIter hints, entry, value;
        unsigned n = 0;

        enter_hints(call, &hints);
        for (; dbus_message_iter_get_arg_type(&hints) == DBUS_TYPE_DICT_ENTRY;
                (void)dbus_message_iter_next(&hints)) {
                const char *key;

                dbus_message_iter_recurse(&hints, &entry);
                dbus_message_iter_get_basic(&entry, &key);
                if (!streq(key, name))
                        continue;
                (void)dbus_message_iter_next(&entry);
                dbus_message_iter_recurse(&entry, &value);
                assert_int_equal(dbus_message_iter_get_arg_type(&value), type);
                dbus_message_iter_get_basic(&value, ret);
                n++;
        }
        return n;
}

static void test_the_shell_hears_who_asks(void **state) {
        Relay *r = *state;
        uint32_t id = relay_notify(r, "Mum", 0), pid = 0;
        const char *who = NULL;

        assert_int_equal(id, r->next_id);
        assert_int_equal(r->n_shown, 1);
        assert_string_equal(r->shown[0].summary, "Mum");
        assert_int_equal(hint(r->last, "sender-pid", DBUS_TYPE_UINT32, &pid), 1);
        assert_int_equal(pid, getpid());
        assert_int_equal(hint(r->last, "x-shell-sender-pid", DBUS_TYPE_UINT32, &pid), 1);
        assert_int_equal(pid, getpid());
        assert_int_equal(hint(r->last, "x-shell-sender", DBUS_TYPE_STRING, &who), 1);
        assert_string_equal(who, dbus_bus_get_unique_name(r->client));
}

static size_t shown_image(Relay *r, size_t image) {
        DBusMessage *reply = relay_call(r, notify_message("Mum", 0, image));

        assert_int_equal(dbus_message_get_type(reply), DBUS_MESSAGE_TYPE_METHOD_RETURN);
        dbus_message_unref(reply);
        assert_true(r->n_shown > 0);
        image = r->shown[r->n_shown - 1].image;
        relay_forget(r);
        return image;
}

static void test_a_large_picture_passes(void **state) {
        Relay *r = *state;
        const size_t most = 64 << 20; /* bytes of an array, which the hints are */

        assert_int_equal(shown_image(r, most - 4096), most - 4096);
        /* there is no room for our hints beside it: the words are shown all the same */
        assert_int_equal(shown_image(r, most - 64), 0);
        assert_int_equal(shown_image(r, 1000), 1000);
}

static void test_calls_of_one_client_stay_in_order(void **state) {
        Relay *r = *state;
        DBusConnection *fresh = connect_to(r->bus);

        for (int i = 0; i < 50; i++) {
                DBusMessage *m = i % 2 ? close_call(7) : notify_message("Mum", 0, 0);

                dbus_message_set_no_reply(m, TRUE);
                assert_true(dbus_connection_send(fresh, m, NULL));
                dbus_message_unref(m);
        }
        dbus_connection_flush(fresh);
        RELAY_WAIT(r, r->n_shown == 25 && r->closed_calls == 25);
        dbus_connection_close(fresh);
        dbus_connection_unref(fresh);
}

/* --- what is held ---------------------------------------------------------------------------- */

static void test_theirs_is_kept_and_answered(void **state) {
        Relay *r = *state;
        _cleanup_(buffer_done) Buffer file = {0};
        uint32_t id = relay_notify(r, "Alex Doe", 0);

        assert_true(id >= NC_RELAY_FIRST_ID);
        RELAY_WAIT(r, r->closed_signals == 1);
        assert_int_equal(r->closed_id, id);
        assert_int_equal(r->closed_reason, 2);
        assert_int_equal(r->n_shown, 0);
        assert_int_equal(relay_spooled(r, &file), 1);
        assert_non_null(strstr(file.data, "\"source\":\"gate\""));
}

static void test_without_an_interface_it_is_the_same(void **state) {
        Relay *r = *state;
        DBusMessage *theirs = notify_message("Alex Doe", 0, 0),
                    *others = notify_message("Mum", 0, 0);

        assert_true(dbus_message_set_interface(theirs, NULL));
        assert_true(dbus_message_set_interface(others, NULL));
        assert_fine(r, theirs);
        assert_int_equal(r->n_shown, 0);
        assert_int_equal(relay_spooled(r, NULL), 1);
        assert_fine(r, others);
        assert_int_equal(r->n_shown, 1);
}

static void test_no_answer_where_none_is_wanted(void **state) {
        Relay *r = *state;
        DBusMessage *m = notify_message("Alex Doe", 0, 0);

        dbus_message_set_no_reply(m, TRUE);
        assert_true(dbus_connection_send(r->client, m, NULL));
        dbus_message_unref(m);
        RELAY_WAIT(r, r->closed_signals == 1);
        assert_true(r->closed_id >= NC_RELAY_FIRST_ID);
        assert_int_equal(relay_spooled(r, NULL), 1);
}

static void test_ids_of_what_is_kept_never_reach_the_shell(void **state) {
        Relay *r = *state;
        uint32_t id = relay_notify(r, "Alex Doe", 0);

        assert_fine(r, close_call(id));
        assert_int_equal(r->closed_calls, 0);
        assert_int_equal(relay_notify(r, "Alex Doe", id), id);
        assert_true(relay_notify(r, "Mum", id) < NC_RELAY_FIRST_ID);
        assert_int_equal(r->shown[0].replaces, 0);
}

static void test_theirs_in_the_place_of_another_takes_it_away(void **state) {
        Relay *r = *state;
        uint32_t id = relay_notify(r, "Mum", 0);

        assert_int_equal(relay_notify(r, "Alex Doe", id), id);
        RELAY_WAIT(r, r->closed_calls == 1 && r->closed_signals == 1);
        assert_int_equal(r->closed_id, id);
        assert_int_equal(r->n_shown, 1);
}

static DBusMessage *add_call(const char *title) {
        const char *app = "org.example.Chat", *id = "1", *key = "title";
        DBusMessage *m = dbus_message_new_method_call(GTK, GTK_PATH, GTK, "AddNotification");
        DBusMessageIter iter, dict, entry, value;

        assert_true(dbus_message_append_args(
                m, DBUS_TYPE_STRING, &app, DBUS_TYPE_STRING, &id, DBUS_TYPE_INVALID));
        dbus_message_iter_init_append(m, &iter);
        assert_true(dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &dict));
        assert_true(dbus_message_iter_open_container(&dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry));
        assert_true(dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key));
        assert_true(dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "s", &value));
        assert_true(dbus_message_iter_append_basic(&value, DBUS_TYPE_STRING, &title));
        assert_true(dbus_message_iter_close_container(&entry, &value));
        assert_true(dbus_message_iter_close_container(&dict, &entry));
        assert_true(dbus_message_iter_close_container(&iter, &dict));
        return m;
}

static void test_the_other_interface_of_the_shell(void **state) {
        Relay *r = *state;

        assert_fine(r, add_call("Alex Doe"));
        assert_int_equal(r->added, 0);
        assert_int_equal(relay_spooled(r, NULL), 1);
        assert_fine(r, add_call("Mum"));
        assert_int_equal(r->added, 1);
        assert_int_equal(relay_spooled(r, NULL), 1);
}

/* --- signals and owners ---------------------------------------------------------------------- */

/* As the shell does, but to the gate alone, so that what the client hears is the gate's. */
static void emit(Relay *r, uint32_t id) {
        DBusMessage *m = dbus_message_new_signal(SERVER_PATH, NC_NOTIFICATIONS, "ActionInvoked");
        DBusMessage *ask = dbus_message_new_method_call(
                DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetNameOwner");
        const char *name = NC_NOTIFICATIONS, *gate, *action = "default";
        DBusMessage *reply;

        assert_true(dbus_message_append_args(ask, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID));
        reply = relay_call(r, ask);
        assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &gate, DBUS_TYPE_INVALID));
        assert_true(dbus_message_set_destination(m, gate));
        assert_true(dbus_message_append_args(
                m, DBUS_TYPE_UINT32, &id, DBUS_TYPE_STRING, &action, DBUS_TYPE_INVALID));
        assert_true(dbus_connection_send(r->server, m, NULL));
        dbus_message_unref(reply);
        dbus_message_unref(m);
}

static DBusHandlerResult count_invoked(DBusConnection *c, DBusMessage *m, void *userdata) {
        unsigned *n = userdata;

        (void)c;
        if (dbus_message_is_signal(m, NC_NOTIFICATIONS, "ActionInvoked"))
                (*n)++;
        return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

static void test_a_click_is_heard_by_whom_it_concerns(void **state) {
        Relay *r = *state;
        DBusConnection *other = connect_to(r->bus);
        uint32_t id = relay_notify(r, "Mum", 0);
        unsigned overheard = 0;

        assert_true(dbus_connection_add_filter(other, count_invoked, &overheard, NULL));
        dbus_bus_add_match(other, "type='signal',interface='" NC_NOTIFICATIONS "'", NULL);
        dbus_connection_flush(other);
        emit(r, id);
        RELAY_WAIT(r, r->invoked == 1);
        /* one from before the gate's time: everybody */
        emit(r, 999999);
        RELAY_WAIT(r, (relay_work(other), r->invoked == 2 && overheard > 0));
        assert_int_equal(overheard, 1);
        dbus_connection_close(other);
        dbus_connection_unref(other);
}

static void test_another_application_can_neither_close_nor_replace(void **state) {
        Relay *r = *state;
        uint32_t id = relay_notify(r, "Mum", 0), theirs;
        DBusConnection *mine = r->client;

        r->client = connect_to(r->bus);
        for (int i = 0; i < 2; i++) {
                DBusMessage *m = i == 0 ? close_call(id) : notify_message("Aunt", id, 0);
                _cleanup_free_ char *error = call_error(r, m);

                assert_string_equal(error, DBUS_ERROR_INVALID_ARGS);
        }
        /* one that is kept is no error all the same */
        theirs = relay_notify(r, "Alex Doe", id);
        assert_true(theirs >= NC_RELAY_FIRST_ID);
        assert_int_equal(r->closed_calls, 0);
        dbus_connection_close(r->client);
        dbus_connection_unref(r->client);
        r->client = mine;
        assert_int_equal(r->n_shown, 1);
        assert_fine(r, close_call(id));
        assert_int_equal(r->closed_calls, 1);
}

static void test_what_is_no_matter_of_notifications_is_refused(void **state) {
        Relay *r = *state;
        DBusMessage *m = dbus_message_new_method_call(
                NC_NOTIFICATIONS, "/org/gnome/Shell", "org.gnome.Shell", "Eval");
        _cleanup_free_ char *error = call_error(r, m);

        assert_string_equal(error, DBUS_ERROR_UNKNOWN_METHOD);
}

/* --- a shell that does not answer ------------------------------------------------------------ */

/* Asks for a notification of a shell that has no answer, and waits until it has it. */
static DBusPendingCall *ask_mute(Relay *r) {
        DBusMessage *m = notify_message("Mum", 0, 0);
        DBusPendingCall *pending = NULL;

        r->mute = true;
        assert_true(dbus_connection_send_with_reply(r->client, m, &pending, DBUS_TIMEOUT_INFINITE));
        dbus_message_unref(m);
        RELAY_WAIT(r, r->last);
        return pending;
}

static void test_told_to_end_it_waits_for_the_last_answer(void **state) {
        Relay *r = *state;
        DBusPendingCall *pending = ask_mute(r);
        const uint32_t id = 77;
        uint32_t told = 0;
        DBusMessage *reply;
        int status = -1;

        assert_int_equal(kill(r->pid, SIGTERM), 0);
        RELAY_WAIT(r, !dbus_bus_name_has_owner(r->session.bus, NC_NOTIFICATIONS, NULL));
        reply = dbus_message_new_method_return(r->last);
        assert_true(dbus_message_append_args(reply, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID));
        assert_true(dbus_connection_send(r->server, reply, NULL));
        dbus_message_unref(reply);
        RELAY_WAIT(r, dbus_pending_call_get_completed(pending));
        reply = dbus_pending_call_steal_reply(pending);
        assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &told, DBUS_TYPE_INVALID));
        assert_int_equal(told, id);
        dbus_message_unref(reply);
        dbus_pending_call_unref(pending);
        assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
        assert_int_equal(status, 0);
        r->pid = 0;
}

/* A GNOME to come may want other hints: notifications are shown without us then. This takes as long
 * as a call may take. */
static void test_from_a_shell_that_takes_no_notify_it_stands_back(void **state) {
        Relay *r = *state;
        DBusPendingCall *pending = ask_mute(r);
        DBusMessage *reply;

        RELAY_WAIT(r, dbus_pending_call_get_completed(pending));
        reply = dbus_pending_call_steal_reply(pending);
        assert_true(dbus_message_is_error(reply, DBUS_ERROR_NO_REPLY));
        dbus_message_unref(reply);
        dbus_pending_call_unref(pending);
        RELAY_WAIT(r, !dbus_bus_name_has_owner(r->session.bus, NC_NOTIFICATIONS, NULL));
        r->mute = false;
        shell_close(r);
        server_connect_as(r, r->bus, SHELL);
        wait_for_gate(r);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_it_takes_the_name_from_a_helper_that_has_it),
                cmocka_unit_test_setup(test_the_shell_hears_who_asks, begin),
                cmocka_unit_test_setup(test_a_large_picture_passes, begin),
                cmocka_unit_test_setup(test_calls_of_one_client_stay_in_order, begin),
                cmocka_unit_test_setup(test_theirs_is_kept_and_answered, begin),
                cmocka_unit_test_setup(test_without_an_interface_it_is_the_same, begin),
                cmocka_unit_test_setup(test_no_answer_where_none_is_wanted, begin),
                cmocka_unit_test_setup(test_ids_of_what_is_kept_never_reach_the_shell, begin),
                cmocka_unit_test_setup(test_theirs_in_the_place_of_another_takes_it_away, begin),
                cmocka_unit_test_setup(test_the_other_interface_of_the_shell, begin),
                cmocka_unit_test_setup(test_a_click_is_heard_by_whom_it_concerns, begin),
                cmocka_unit_test_setup(
                        test_another_application_can_neither_close_nor_replace, begin),
                cmocka_unit_test_setup(test_what_is_no_matter_of_notifications_is_refused, begin),
                cmocka_unit_test_setup(test_killed_it_leaves_the_name_to_the_helper, begin),
                cmocka_unit_test_setup(test_another_server_is_left_alone, begin),
                cmocka_unit_test_setup(test_without_a_shell_it_holds_no_name, begin),
                cmocka_unit_test_setup(test_told_to_end_it_waits_for_the_last_answer, begin),
                cmocka_unit_test_setup(
                        test_from_a_shell_that_takes_no_notify_it_stands_back, begin),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
