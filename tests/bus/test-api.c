/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The D-Bus API as a stranger sees it: the real daemon on a real bus, called through libdbus-1.
 * Each method does its work, and refuses bad input with a named error that changes nothing. */

#include "bus/session.h"
#include "common/macro.h"
#include "common/time.h"
#include "nocontact/bus-names.h"
#include "unit/test.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define S(value)                                                                                   \
        DBUS_TYPE_STRING, &(const char *) {                                                        \
                value                                                                              \
        }
#define O(value)                                                                                   \
        DBUS_TYPE_OBJECT_PATH, &(const char *) {                                                   \
                value                                                                              \
        }
#define U(value)                                                                                   \
        DBUS_TYPE_UINT32, &(uint32_t) {                                                            \
                value                                                                              \
        }
#define T(value)                                                                                   \
        DBUS_TYPE_UINT64, &(uint64_t) {                                                            \
                value                                                                              \
        }
#define Y(value)                                                                                   \
        DBUS_TYPE_BYTE, &(uint8_t) {                                                               \
                value                                                                              \
        }
#define END DBUS_TYPE_INVALID

#define MANAGER(session, method, ...)                                                              \
        session_call(session, NULL, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, method, __VA_ARGS__)
#define PERSON(session, path, method, ...)                                                         \
        session_call(session, NULL, path, NC_INTERFACE_PERSON, method, __VA_ARGS__)

static const char nobody[] = NC_OBJECT_PERSON_PREFIX "/0123456789abcdef0123456789abcdef";
static const char profile[] = "https://www.instagram.com/alex.doe/";

static int setup(void **state) {
        Session *s = calloc(1, sizeof(*s));

        session_start(s);
        session_daemon_start(s);
        *state = s;
        return 0;
}

static int teardown(void **state) {
        session_stop(*state);
        free(*state);
        return 0;
}

static uint64_t reply_u64(DBusMessage *reply) {
        uint64_t value;

        assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT64, &value, END));
        dbus_message_unref(reply);
        return value;
}

static uint32_t get_u32(Session *s, const char *path, const char *property) {
        uint32_t value;

        session_get(s, path, NC_INTERFACE_PERSON, property, DBUS_TYPE_UINT32, &value);
        return value;
}

static uint64_t get_u64(Session *s, const char *path, const char *property) {
        uint64_t value;

        session_get(s, path, NC_INTERFACE_PERSON, property, DBUS_TYPE_UINT64, &value);
        return value;
}

static void assert_state(Session *s, const char *expected) {
        char *value;

        session_get(s, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, "State", DBUS_TYPE_STRING, &value);
        assert_string_equal(value, expected);
        free(value);
}

/* A person with a profile and a running commitment. The path must be freed. */
static char *begin_alex(Session *s, unsigned days) {
        char *alex = session_add_person(s, "Alex Doe");

        dbus_message_unref(PERSON(s, alex, "AddIdentity", S("profile"), S(profile), END));
        dbus_message_unref(MANAGER(s, "Begin", O(alex), U(days), END));
        return alex;
}

/* Reports a visit and gives the grade, which must be freed. */
static char *report(Session *s, const char *url, const char *source) {
        DBusMessage *reply = MANAGER(s, "ReportVisit", S(url), S(source), END);
        const char *grade;
        char *copy;

        assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &grade, END));
        copy = strdup(grade);
        dbus_message_unref(reply);
        return copy;
}

static void assert_report(Session *s, const char *url, const char *source, const char *grade) {
        char *got = report(s, url, source);

        assert_string_equal(got, grade);
        free(got);
}

/* --- what it does ---------------------------------------------------------------------------- */

static void test_a_new_daemon_is_idle_and_says_so(void **state) {
        char *version;

        assert_state(*state, "idle");
        session_get(*state, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, "Version", DBUS_TYPE_STRING,
                &version);
        assert_string_equal(version, NOCONTACT_VERSION);
        free(version);
}

static void test_begin_starts_a_streak(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30);
        dbus_bool_t locked;

        assert_state(s, "active");
        assert_int_equal(
                get_u64(s, alex, "EndsUSec") - get_u64(s, alex, "BeganUSec"), 30 * USEC_PER_DAY);
        assert_int_equal(get_u64(s, alex, "StreakSinceUSec"), get_u64(s, alex, "BeganUSec"));
        assert_int_equal(get_u32(s, alex, "StreakDays"), 0);
        assert_int_equal(get_u32(s, alex, "NextMilestoneDays"), 1);
        session_get(s, alex, NC_INTERFACE_PERSON, "Locked", DBUS_TYPE_BOOLEAN, &locked);
        assert_true(locked);
        free(alex);
}

static void test_a_person_in_limited_mode_alone_makes_the_state_limited(void **state) {
        Session *s = *state;
        DBusMessage *reply = MANAGER(s, "AddPerson", S("Kim Poe"), S("limited"), END);
        const char *path;

        assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_OBJECT_PATH, &path, END));
        dbus_message_unref(MANAGER(s, "Begin", O(path), U(30), END));
        dbus_message_unref(reply);
        assert_state(s, "limited");
}

static void test_reported_visits_are_graded_by_their_evidence(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30);

        assert_report(s, "https://www.instagram.com/somebody.else/", "extension:firefox", "none");
        assert_report(
                s, "https://m.instagram.com/Alex.Doe/reels/?hl=de", "extension:firefox", "attempt");
        assert_int_equal(get_u32(s, alex, "Attempts"), 1);
        assert_report(s, "https://www.google.com/search?q=alex+doe", "manual:", "attempt");
        /* a viewer is another way, however soon after the profile was stopped */
        assert_report(s, "https://imginn.com/alex.doe/", "manual:", "slip");
        assert_int_equal(get_u32(s, alex, "Slips"), 1);
        assert_int_equal(get_u32(s, alex, "Attempts"), 2);
        free(alex);
}

static void test_one_visit_by_two_sensors_is_one_event(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30);

        assert_report(s, profile, "manual:firefox", "slip");
        assert_report(s, profile, "extension:firefox", "attempt"); /* it was stopped after all */
        assert_int_equal(get_u32(s, alex, "Attempts"), 1);
        assert_int_equal(get_u32(s, alex, "Slips"), 0);
        assert_int_equal(session_count(s, "slip") + session_count(s, "attempt"), 1);
        assert_int_equal(get_u64(s, alex, "StreakSinceUSec"), get_u64(s, alex, "BeganUSec"));
        free(alex);
}

static void test_records_and_corrections(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30);
        uint64_t began = get_u64(s, alex, "BeganUSec"), relapse;

        assert_true(
                reply_u64(MANAGER(s, "RecordUrge", O(alex), Y(7), S("on"), S("song"), END)) > 0);
        assert_int_equal(get_u64(s, alex, "StreakSinceUSec"), began);
        relapse = reply_u64(MANAGER(s, "RecordRelapse", O(alex), S("phone"), S(""), END));
        assert_true(get_u64(s, alex, "StreakSinceUSec") > began);
        assert_int_equal(get_u32(s, alex, "Relapses"), 1);

        dbus_message_unref(MANAGER(s, "Correct", T(relapse), S("none"), S("it was work"), END));
        assert_int_equal(get_u64(s, alex, "StreakSinceUSec"), began);
        assert_int_equal(get_u32(s, alex, "Relapses"), 0);
        assert_int_equal(get_u32(s, alex, "Urges"), 1);
        free(alex);
}

/* TagCounts as "n late 1 song 0 ...". */
static char *tag_counts(Session *s, const char *person, uint64_t since, uint64_t until) {
        DBusMessage *reply = session_call(s, NULL, NC_OBJECT_ROOT, NC_INTERFACE_LEDGER, "TagCounts",
                O(person), T(since), T(until), END);
        DBusMessageIter iter, tags, tag;
        char *text = NULL;
        uint32_t n;

        assert_true(dbus_message_iter_init(reply, &iter));
        dbus_message_iter_get_basic(&iter, &n);
        assert_true(asprintf(&text, "%u", n) > 0);
        assert_true(dbus_message_iter_next(&iter));
        dbus_message_iter_recurse(&iter, &tags);
        while (dbus_message_iter_get_arg_type(&tags) == DBUS_TYPE_STRUCT) {
                _cleanup_free_ char *before = text;
                const char *word;

                dbus_message_iter_recurse(&tags, &tag);
                dbus_message_iter_get_basic(&tag, &word);
                assert_true(dbus_message_iter_next(&tag));
                dbus_message_iter_get_basic(&tag, &n);
                assert_true(asprintf(&text, "%s %s %u", before, word, n) > 0);
                (void)dbus_message_iter_next(&tags);
        }
        dbus_message_unref(reply);
        return text;
}

static void assert_tags(
        Session *s, const char *person, uint64_t since, uint64_t until, const char *wanted) {
        _cleanup_free_ char *got = tag_counts(s, person, since, until);

        assert_string_equal(got, wanted);
}

static void test_tags_are_counted(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30);
        uint64_t first, second, third;

        first = reply_u64(MANAGER(s, "RecordUrge", O(alex), Y(7), S(""), S("song"), END));
        second = reply_u64(MANAGER(s, "RecordUrge", O(alex), Y(7), S(""), S(""), END));
        third = reply_u64(MANAGER(s, "RecordRelapse", O(alex), S("phone"), S(""), END));
        dbus_message_unref(MANAGER(s, "TagEvent", T(first), S("late"), END));
        dbus_message_unref(MANAGER(s, "TagEvent", T(third), S("late"), END));
        assert_tags(s, alex, 0, 0, "3 late 2 song 0 saw 0 drank 0 argued 0 closure 0 other 0");
        assert_tags(s, "/", 0, 0, "3 late 2 song 0 saw 0 drank 0 argued 0 closure 0 other 0");
        assert_tags(s, alex, 0, get_u64(s, alex, "BeganUSec"),
                "0 late 0 song 0 saw 0 drank 0 argued 0 closure 0 other 0");
        assert_tags(
                s, alex, UINT64_MAX, 0, "0 late 0 song 0 saw 0 drank 0 argued 0 closure 0 other 0");
        /* what was not it is not counted, and a tag can be taken back */
        dbus_message_unref(MANAGER(s, "Correct", T(third), S("none"), S(""), END));
        dbus_message_unref(MANAGER(s, "TagEvent", T(second), S("other"), END));
        dbus_message_unref(MANAGER(s, "TagEvent", T(first), S(""), END));
        assert_tags(s, alex, 0, 0, "2 late 0 song 0 saw 0 drank 0 argued 0 closure 0 other 1");
        free(alex);
}

static void test_loosening_waits_and_can_be_taken_back(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30);
        uint64_t due;

        /* within the ten minutes' grace it is done at once */
        assert_int_equal(
                reply_u64(PERSON(s, alex, "RemoveIdentity", S("profile"), S(profile), END)), 0);
        dbus_message_unref(PERSON(s, alex, "AddIdentity", S("profile"), S(profile), END));
        due = reply_u64(PERSON(s, alex, "RequestEnd", END));
        assert_int_equal(due, 0);
        assert_state(s, "idle");
        free(alex);
}

static void test_check_text_holds_what_names_the_person(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30);
        const char *verdict, *person, *why;
        DBusMessage *reply;

        reply = MANAGER(s, "CheckText", S("Signal"), S("ALEX  DO\xc3\x8b"), S("hey"), END);
        assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &verdict,
                DBUS_TYPE_OBJECT_PATH, &person, DBUS_TYPE_STRING, &why, END));
        assert_string_equal(verdict, "hold");
        assert_string_equal(person, alex);
        dbus_message_unref(reply);

        reply = MANAGER(s, "CheckText", S("Signal"), S("Alexa Doering"), S("hey"), END);
        assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &verdict,
                DBUS_TYPE_OBJECT_PATH, &person, DBUS_TYPE_STRING, &why, END));
        assert_string_equal(verdict, "deliver");
        assert_string_equal(person, "/");
        dbus_message_unref(reply);
        free(alex);
}

static void test_support_items_are_kept_in_order(void **state) {
        Session *s = *state;
        DBusMessageIter iter, items, item;
        const char *text;
        DBusMessage *reply;
        uint64_t id;

        id = reply_u64(session_call(s, NULL, NC_OBJECT_ROOT, NC_INTERFACE_SUPPORT, "Add", S("plan"),
                S("If it is late, I call Sam."), END));
        (void)reply_u64(session_call(s, NULL, NC_OBJECT_ROOT, NC_INTERFACE_SUPPORT, "Add",
                S("plan"), S("If I am sad, I go out."), END));
        dbus_message_unref(
                session_call(s, NULL, NC_OBJECT_ROOT, NC_INTERFACE_SUPPORT, "Remove", T(id), END));
        reply = session_call(s, NULL, NC_OBJECT_ROOT, NC_INTERFACE_SUPPORT, "List", S("plan"), END);
        assert_true(dbus_message_iter_init(reply, &iter));
        assert_int_equal(dbus_message_iter_get_element_count(&iter), 1);
        dbus_message_iter_recurse(&iter, &items);
        dbus_message_iter_recurse(&items, &item);
        assert_true(dbus_message_iter_next(&item));
        dbus_message_iter_get_basic(&item, &text);
        assert_string_equal(text, "If I am sad, I go out.");
        dbus_message_unref(reply);
}

/* The people's part of a snapshot: the layers are found out anew at each start. */
static void cut_layers(char *snapshot) {
        char *layers = strstr(snapshot, "Version");

        assert_non_null(layers);
        *layers = '\0';
}

static void test_everything_outlives_a_restart(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30), *before, *after;

        assert_report(s, profile, "manual:", "slip");
        before = session_snapshot(s);
        (void)session_daemon_signal(s, SIGTERM);
        session_daemon_start(s);
        after = session_snapshot(s);
        cut_layers(before);
        cut_layers(after);
        assert_string_equal(before, after);
        free(before);
        free(after);
        free(alex);
}

static void test_sigterm_ends_it_cleanly_and_is_recorded(void **state) {
        Session *s = *state;
        int status = session_daemon_signal(s, SIGTERM);

        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        session_daemon_start(s);
        assert_int_equal(session_count(s, "daemon.stopped"), 1);
        assert_int_equal(session_count(s, "daemon.started"), 2);
}

/* --- what it refuses ------------------------------------------------------------------------- */

static void test_manager_refuses_and_changes_nothing(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30), *before = session_snapshot(s), *after, *long_text;
        unsigned events = session_count(s, "urge") + session_count(s, "relapse");

        long_text = calloc(1, 100001);
        memset(long_text, 'x', 100000);

#define REFUSED(error, method, ...)                                                                \
        assert_string_equal(error,                                                                 \
                session_refusal(s, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, method, __VA_ARGS__))
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "AddPerson", S(""), S("full"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "AddPerson", S("  \t "), S("full"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "AddPerson",
                S("a\x01"
                  "b"),
                S("full"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "AddPerson", S(long_text), S("full"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "AddPerson", S("Kim"), S("strict"), END);
        REFUSED(NC_ERROR_ALREADY_EXISTS, "AddPerson", S("Alex  Doe"), S("full"), END);
        REFUSED(NC_ERROR_NOT_FOUND, "Begin", O(nobody), U(30), END);
        REFUSED(NC_ERROR_NOT_FOUND, "Begin", O("/"), U(30), END);
        REFUSED(NC_ERROR_NOT_FOUND, "Begin", O("/org/freedesktop/DBus"), U(30), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "Begin", O(alex), U(0), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "Begin", O(alex), U(3651), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "Begin", O(alex), U(UINT32_MAX), END);
        REFUSED(NC_ERROR_ALREADY_EXISTS, "Begin", O(alex), U(30), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "CheckIdentity", S("planet"), S("Mars"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "CheckIdentity", S("email"), S("no at"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "CheckIdentity", S("domain"), S("localhost"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "CheckIdentity", S("profile"),
                S("https://www.instagram.com/"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "RecordUrge", O(alex), Y(0), S(""), S(""), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "RecordUrge", O(alex), Y(11), S(""), S(""), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "RecordUrge", O(alex), Y(5), S(long_text), S(""), END);
        REFUSED(NC_ERROR_NOT_FOUND, "RecordUrge", O(nobody), Y(5), S(""), S(""), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "RecordRelapse", O(alex), S(long_text), S(""), END);
        REFUSED(NC_ERROR_NOT_FOUND, "RecordRelapse", O(nobody), S("phone"), S(""), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "RecordUrge", O(alex), Y(5), S(""), S("rain"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "TagEvent", T(1), S("rain"), END);
        REFUSED(NC_ERROR_NOT_FOUND, "TagEvent", T(1), S("late"), END);
        REFUSED(NC_ERROR_NOT_FOUND, "TagEvent", T(UINT64_MAX), S("late"), END);
        REFUSED(NC_ERROR_NOT_FOUND, "Correct", T(0), S("none"), S(""), END);
        REFUSED(NC_ERROR_NOT_FOUND, "Correct", T(UINT64_MAX), S("none"), S(""), END);
        REFUSED(NC_ERROR_NOT_FOUND, "Correct", T(1), S("none"), S(""),
                END); /* the daemon's start */
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "Correct", T(1), S("saint"), S(""), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "Correct", T(1), S("incoming"), S(""), END);
        REFUSED(NC_ERROR_NOT_FOUND, "CancelPending", T(1), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "CheckUrl", S(long_text), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "ReportVisit", S(profile), S("oracle:firefox"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "ReportVisit", S(profile), S("history:fire fox"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, "ReportVisit", S(profile), S(""), END);
        REFUSED(DBUS_ERROR_INVALID_ARGS, "Begin", S("wrong type"), END);
        REFUSED(DBUS_ERROR_UNKNOWN_METHOD, "Forget", END);
#undef REFUSED

        after = session_snapshot(s);
        assert_string_equal(before, after);
        assert_int_equal(session_count(s, "urge") + session_count(s, "relapse"), events);
        free(before);
        free(after);
        free(long_text);
        free(alex);
}

static void test_person_refuses_and_changes_nothing(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30), *kim = session_add_person(s, "Kim"), *before, *after;

        before = session_snapshot(s);
#define REFUSED(error, path, method, ...)                                                          \
        assert_string_equal(                                                                       \
                error, session_refusal(s, path, NC_INTERFACE_PERSON, method, __VA_ARGS__))
        REFUSED(NC_ERROR_ALREADY_EXISTS, alex, "AddIdentity", S("profile"),
                S("instagram.com/Alex.Doe"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, alex, "AddIdentity", S("phone"), S("12"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, alex, "AddIdentity", S("domain"), S("instagram.com"),
                END);
        REFUSED(NC_ERROR_NOT_FOUND, alex, "RemoveIdentity", S("phone"), S("+15550109999"), END);
        REFUSED(NC_ERROR_INVALID_ARGUMENT, alex, "Extend", U(0), END);
        REFUSED(NC_ERROR_LIMIT_EXCEEDED, alex, "Extend", U(3640), END);
        REFUSED(NC_ERROR_NOT_FOUND, kim, "Extend", U(3), END);
        REFUSED(NC_ERROR_NOT_FOUND, kim, "RequestEnd", END);
        REFUSED(DBUS_ERROR_UNKNOWN_OBJECT, nobody, "Remove", END);
#undef REFUSED
        after = session_snapshot(s);
        assert_string_equal(before, after);
        free(before);
        free(after);
        free(alex);
        free(kim);
}

static void test_ledger_and_support_refuse(void **state) {
        Session *s = *state;
        const char *unknown = "unheard.of", **kinds = &unknown;
        char *long_text = calloc(1, 502);

        memset(long_text, 'x', 501);
#define LIST(n, person, limit)                                                                     \
        session_refusal(s, NC_OBJECT_ROOT, NC_INTERFACE_LEDGER, "List", DBUS_TYPE_ARRAY,           \
                DBUS_TYPE_STRING, &kinds, n, O(person), T(0), U(limit), END)
        assert_string_equal(NC_ERROR_INVALID_ARGUMENT, LIST(1, "/", 1));
        assert_string_equal(NC_ERROR_INVALID_ARGUMENT, LIST(0, "/", 0));
        assert_string_equal(NC_ERROR_INVALID_ARGUMENT, LIST(0, "/", 10001));
        assert_string_equal(NC_ERROR_NOT_FOUND, LIST(0, nobody, 1));
        assert_string_equal("", LIST(0, "/", 1));
#undef LIST
#define SUPPORT(method, ...)                                                                       \
        session_refusal(s, NC_OBJECT_ROOT, NC_INTERFACE_SUPPORT, method, __VA_ARGS__)
        assert_string_equal(NC_ERROR_INVALID_ARGUMENT, SUPPORT("Add", S("hope"), S("x"), END));
        assert_string_equal(NC_ERROR_INVALID_ARGUMENT, SUPPORT("Add", S("plan"), S(""), END));
        assert_string_equal(
                NC_ERROR_INVALID_ARGUMENT, SUPPORT("Add", S("plan"), S(long_text), END));
        assert_string_equal(NC_ERROR_NOT_FOUND, SUPPORT("Remove", T(4711), END));
        assert_string_equal(NC_ERROR_INVALID_ARGUMENT, SUPPORT("List", S("hope"), END));
        assert_string_equal("", SUPPORT("Add", S("plan"), S("If so, then not."), END));
        assert_string_equal(
                NC_ERROR_ALREADY_EXISTS, SUPPORT("Add", S("plan"), S("If so, then not."), END));
#undef SUPPORT
        free(long_text);
}

static void test_limits_are_kept(void **state) {
        Session *s = *state;
        char name[32];

        for (unsigned i = 0; i < NC_LIMIT_PEOPLE; i++) {
                (void)snprintf(name, sizeof(name), "Person %u", i);
                free(session_add_person(s, name));
        }
        assert_string_equal(
                NC_ERROR_LIMIT_EXCEEDED, session_refusal(s, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER,
                                                 "AddPerson", S("One More"), S("full"), END));
}

/* --- signals --------------------------------------------------------------------------------- */

/* Waits for a signal of ours; the message must be unreffed. */
static DBusMessage *next_signal(Session *s, const char *interface, const char *member) {
        for (int i = 0; i < 6000; i++) {
                DBusMessage *message;

                (void)dbus_connection_read_write(s->bus, 10);
                while ((message = dbus_connection_pop_message(s->bus))) {
                        if (dbus_message_is_signal(message, interface, member))
                                return message;
                        dbus_message_unref(message);
                }
        }
        fail_msg("the signal %s never came", member);
        return NULL;
}

static void test_a_visit_is_announced(void **state) {
        Session *s = *state;
        char *alex = begin_alex(s, 30);
        const char *person, *grade, *channel;
        DBusMessage *signal;
        uint64_t event;

        dbus_bus_add_match(s->bus, "type='signal',sender='" NC_BUS_NAME "'", NULL);
        assert_report(s, profile, "extension:firefox", "attempt");
        signal = next_signal(s, NC_INTERFACE_MANAGER, "Recorded");
        assert_true(
                dbus_message_get_args(signal, NULL, DBUS_TYPE_UINT64, &event, DBUS_TYPE_OBJECT_PATH,
                        &person, DBUS_TYPE_STRING, &grade, DBUS_TYPE_STRING, &channel, END));
        assert_string_equal(person, alex);
        assert_string_equal(grade, "attempt");
        assert_string_equal(channel, "firefox");
        dbus_message_unref(signal);
        free(alex);
}

static void test_people_come_and_go_as_objects(void **state) {
        Session *s = *state;
        char *alex;

        dbus_bus_add_match(s->bus, "type='signal',sender='" NC_BUS_NAME "'", NULL);
        alex = session_add_person(s, "Alex Doe");
        dbus_message_unref(next_signal(s, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded"));
        assert_int_equal(reply_u64(PERSON(s, alex, "Remove", END)), 0);
        dbus_message_unref(
                next_signal(s, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved"));
        free(alex);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        test_a_new_daemon_is_idle_and_says_so, setup, teardown),
                cmocka_unit_test_setup_teardown(test_begin_starts_a_streak, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_a_person_in_limited_mode_alone_makes_the_state_limited, setup,
                        teardown),
                cmocka_unit_test_setup_teardown(
                        test_reported_visits_are_graded_by_their_evidence, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_one_visit_by_two_sensors_is_one_event, setup, teardown),
                cmocka_unit_test_setup_teardown(test_records_and_corrections, setup, teardown),
                cmocka_unit_test_setup_teardown(test_tags_are_counted, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_loosening_waits_and_can_be_taken_back, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_check_text_holds_what_names_the_person, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_support_items_are_kept_in_order, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_everything_outlives_a_restart, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_sigterm_ends_it_cleanly_and_is_recorded, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_manager_refuses_and_changes_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_person_refuses_and_changes_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(test_ledger_and_support_refuse, setup, teardown),
                cmocka_unit_test_setup_teardown(test_limits_are_kept, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_visit_is_announced, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_people_come_and_go_as_objects, setup, teardown),
        };
        return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
