/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The real host between a browser of the test's own, which has its ends of two pipes, and the real
 * daemon on a bus of the test's own. */

#include "bus/session.h"
#include "common/macro.h"
#include "nocontact/bus-names.h"
#include "unit/test.h"
#include "webext/message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char profile[] = "https://www.instagram.com/alex.doe/";

enum {
        WAIT_MSEC = 60000, /* decides nothing but a hang */
};

typedef struct Browser {
        Session session;
        char *person;
        pid_t pid;
        int to, from, errors;
        MessageReader reader;
} Browser;

/* --- the browser ----------------------------------------------------------------------------- */

static void host_start(Browser *b) {
        int in[2], out[2], err[2];

        assert_int_equal(pipe2(in, O_CLOEXEC), 0);
        assert_int_equal(pipe2(out, O_CLOEXEC), 0);
        assert_int_equal(pipe2(err, O_CLOEXEC), 0);
        b->pid = fork();
        assert_true(b->pid >= 0);
        if (b->pid == 0) {
                const char *build = getenv("NOCONTACT_BUILD");
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/nocontact-webext-host", build ? build : "build/plain") < 0)
                        _exit(127);
                (void)dup2(in[0], STDIN_FILENO);
                (void)dup2(out[1], STDOUT_FILENO);
                (void)dup2(err[1], STDERR_FILENO);
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)execl(
                        path, "nocontact-webext-host", "/manifest.json", "nocontact@test", NULL);
                _exit(127);
        }
        (void)close(in[0]);
        (void)close(out[1]);
        (void)close(err[1]);
        b->to = in[1];
        b->from = out[0];
        b->errors = err[0];
}

/* Closes what it reads from, and waits for its end. Returns its status. */
static int host_end(Browser *b) {
        int status;

        (void)close(b->to);
        assert_int_equal(waitpid(b->pid, &status, 0), b->pid);
        (void)close(b->from);
        (void)close(b->errors);
        message_reader_done(&b->reader);
        b->pid = 0;
        return status;
}

static void send_bytes(const Browser *b, const void *data, size_t len) {
        assert_int_equal(write(b->to, data, len), len);
}

static void send_text(const Browser *b, const char *text) {
        uint32_t len = (uint32_t)strlen(text);

        send_bytes(b, &len, sizeof(len));
        send_bytes(b, text, len);
}

static json_t *receive(Browser *b) {
        json_t *message;
        int r;

        while ((r = message_take(&b->reader, &message)) == 0) {
                struct pollfd p = {.fd = b->from, .events = POLLIN};
                char bytes[4096];
                ssize_t n;

                assert_int_equal(poll(&p, 1, WAIT_MSEC), 1);
                n = read(b->from, bytes, sizeof(bytes));
                assert_true(n > 0);
                assert_int_equal(message_reader_add(&b->reader, bytes, (size_t)n), 0);
        }
        assert_int_equal(r, 1);
        return message;
}

/* The next message, as text with its keys sorted. */
#define assert_said(b, text)                                                                       \
        do {                                                                                       \
                json_t *_message = receive(b);                                                     \
                _cleanup_free_ char *_text = json_dumps(_message, JSON_COMPACT | JSON_SORT_KEYS);  \
                json_decref(_message);                                                             \
                assert_string_equal(_text, text);                                                  \
        } while (0)

/* Rules change one after the other, and so may the news of it: those are passed over. */
static void assert_answered(Browser *b, const char *text) {
        for (;;) {
                json_t *message = receive(b);
                _cleanup_free_ char *got = json_dumps(message, JSON_COMPACT | JSON_SORT_KEYS);
                bool news = json_object_get(message, "changed") != NULL;

                json_decref(message);
                if (news)
                        continue;
                assert_string_equal(got, text);
                return;
        }
}

/* News until it is this. */
static void wait_for_news_of(Browser *b, const char *what, bool is) {
        for (;;) {
                json_t *message = receive(b);
                bool is_it = json_is_true(json_object_get(message, "changed")) &&
                             json_is_true(json_object_get(message, what)) == is;

                assert_non_null(json_object_get(message, "changed"));
                json_decref(message);
                if (is_it)
                        return;
        }
}

static void wait_for_news(Browser *b, bool active) {
        wait_for_news_of(b, "active", active);
}

/* --- the group ------------------------------------------------------------------------------- */

static int setup(void **state) {
        Browser *b = calloc(1, sizeof(*b));

        session_start(&b->session);
        session_daemon_start(&b->session);
        *state = b;
        return 0;
}

static int teardown(void **state) {
        Browser *b = *state;

        if (b->pid > 0)
                (void)host_end(b);
        session_stop(&b->session);
        free(b->person);
        free(b);
        return 0;
}

static void add_identity(Browser *b, const char *kind, const char *value) {
        dbus_message_unref(
                session_call(&b->session, NULL, b->person, NC_INTERFACE_PERSON, "AddIdentity",
                        DBUS_TYPE_STRING, &kind, DBUS_TYPE_STRING, &value, DBUS_TYPE_INVALID));
}

static void commit(Browser *b) {
        unsigned days = 30;

        b->person = session_add_person(&b->session, "Alex Doe");
        add_identity(b, "profile", profile);
        dbus_message_unref(session_call(&b->session, NULL, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER,
                "Begin", DBUS_TYPE_OBJECT_PATH, &b->person, DBUS_TYPE_UINT32, &days,
                DBUS_TYPE_INVALID));
}

static bool layer_is(Browser *b, const char *state, const char *word) {
        _cleanup_free_ char *all = session_snapshot(&b->session);
        const char *at = strstr(all, "extension ");
        const char *end = at ? strchr(at, '\n') : NULL;
        _cleanup_free_ char *line = at ? strndup(at, (size_t)(end - at)) : NULL;

        return line && strstr(line, state) && strstr(line, word);
}

static void wait_for_layer(Browser *b, const char *state, const char *word) {
        for (unsigned i = 0; i < 6000 && !layer_is(b, state, word); i++)
                (void)usleep(10000);
        assert_true(layer_is(b, state, word));
}

/* --- tests ----------------------------------------------------------------------------------- */

static void test_it_follows_from_idle_to_active(void **state) {
        Browser *b = *state;

        assert_true(layer_is(b, "unavailable", "No browser"));
        host_start(b);
        assert_said(b, "{\"active\":false,\"elsewhere\":false,\"hello\":1}");
        wait_for_layer(b, "active", "firefox");
        send_text(b, "{\"id\":1,\"check\":\"https://www.instagram.com/alex.doe/\"}");
        assert_said(b, "{\"blocked\":false,\"id\":1}");
        commit(b);
        wait_for_news(b, true);
}

static void test_it_asks_and_reports(void **state) {
        Browser *b = *state;

        send_text(b, "{\"id\":2,\"check\":\"https://instagram.com/Alex%2Edoe?x=1\"}");
        assert_answered(b, "{\"blocked\":true,\"id\":2}");
        send_text(b, "{\"id\":3,\"check\":\"https://www.instagram.com/alex.doe2/\"}");
        assert_answered(b, "{\"blocked\":false,\"id\":3}");
        assert_int_equal(session_count(&b->session, "attempt"), 0);
        send_text(b, "{\"id\":4,\"report\":\"https://www.instagram.com/alex.doe/reels/\"}");
        assert_answered(b, "{\"grade\":\"attempt\",\"id\":4}");
        assert_int_equal(session_count(&b->session, "attempt"), 1);
        assert_int_equal(session_count(&b->session, "slip"), 0);
        send_text(b, "{\"id\":9007199254740992,\"report\":\"https://example.com/\"}");
        assert_answered(b, "{\"grade\":\"none\",\"id\":9007199254740992}");
}

static void add_support(Browser *b, const char *kind, const char *text) {
        dbus_message_unref(session_call(&b->session, NULL, NC_OBJECT_ROOT, NC_INTERFACE_SUPPORT,
                "Add", DBUS_TYPE_STRING, &kind, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID));
}

/* What the pause page shows, without news. */
static json_t *ask_page(Browser *b) {
        send_text(b, "{\"id\":5,\"pause\":true}");
        for (;;) {
                json_t *message = receive(b);

                if (json_integer_value(json_object_get(message, "id")) == 5)
                        return message;
                json_decref(message);
        }
}

static void assert_page(const json_t *page, const char *key, const char *text) {
        assert_string_equal(json_string_value(json_object_get(page, key)), text);
}

static void test_the_pause_page_asks_and_answers(void **state) {
        Browser *b = *state;
        json_t *page;

        add_support(b, "plan", "When it pulls, I walk.");
        page = ask_page(b);
        assert_page(page, "kept", "The page stayed closed.");
        assert_page(page, "also", "");
        assert_page(page, "plan", "When it pulls, I walk.");
        assert_page(page, "reason", "");
        assert_page(page, "support", "");
        assert_true(json_string_length(json_object_get(page, "instead")) > 0);
        json_decref(page);

        send_text(b, "{\"id\":6,\"answer\":\"breathe\"}");
        assert_answered(b, "{\"done\":true,\"id\":6}");
        assert_int_equal(session_count(&b->session, "nudge.answered"), 1);
        send_text(b, "{\"id\":7,\"answer\":\"anything\"}");
        assert_answered(b, "{\"error\":\"refused\",\"id\":7}");
        assert_int_equal(session_count(&b->session, "nudge.answered"), 1);
}

static void test_the_pause_page_names_nobody(void **state) {
        Browser *b = *state;
        json_t *page;

        add_support(b, "plan", "I do not write to Alex Doe.");
        add_support(b, "reason", "Alex Doe was never there.");
        page = ask_page(b);
        assert_page(page, "plan", "When it pulls, I walk.");
        assert_page(page, "reason", "");
        assert_null(strstr(json_string_value(json_object_get(page, "instead")), "Alex"));
        json_decref(page);
        add_support(b, "reason", "I want to sleep.");
        add_support(b, "support", "Sam +1 555 0100");
        page = ask_page(b);
        assert_page(page, "reason", "I want to sleep.");
        assert_page(page, "support", "Sam +1 555 0100");
        json_decref(page);
}

static void test_a_chip_is_about_the_pages_own_event(void **state) {
        _cleanup_free_ char *request = NULL;
        Browser *b = *state;
        json_t *page = ask_page(b);
        json_int_t event = json_integer_value(json_object_get(page, "event"));

        json_decref(page);
        assert_true(event > 0);
        assert_true(asprintf(&request, "{\"id\":6,\"tag\":\"late\",\"event\":%lld}",
                            (long long)event) > 0);
        send_text(b, request);
        assert_answered(b, "{\"done\":true,\"id\":6}");
        assert_int_equal(session_count(&b->session, "tagged"), 1);
        send_text(b, request);
        assert_answered(b, "{\"done\":true,\"id\":6}");
        assert_int_equal(session_count(&b->session, "tagged"), 1);
        send_text(b, "{\"id\":7,\"tag\":\"rain\",\"event\":1}");
        assert_answered(b, "{\"error\":\"refused\",\"id\":7}");
        send_text(b, "{\"id\":8,\"tag\":\"late\",\"event\":0}");
        assert_answered(b, "{\"error\":\"refused\",\"id\":8}");
        assert_int_equal(session_count(&b->session, "tagged"), 1);
}

static void test_a_feed_is_asked_about_and_nothing_recorded(void **state) {
        Browser *b = *state;
        unsigned before = session_count(&b->session, "attempt");

        send_text(b, "{\"id\":20,\"exposed\":[\"https://www.instagram.com/alex.doe/p/1/\","
                     "\"https://www.instagram.com/alex.doe2/\"],"
                     "\"names\":[\"Alex\",\"alex  doe\",\"Alex Doe and 3 others\"]}");
        assert_answered(b, "{\"exposed\":[true,false],\"id\":20,\"names\":[false,true,false]}");
        send_text(b, "{\"id\":21,\"exposed\":[]}");
        assert_answered(b, "{\"exposed\":[],\"id\":21,\"names\":[]}");
        send_text(b, "{\"id\":22,\"exposed\":[\"https://www.instagram.com/alex.doe/\",7]}");
        assert_answered(b, "{\"error\":\"refused\",\"id\":22}");
        assert_int_equal(session_count(&b->session, "attempt"), before);
        assert_int_equal(session_count(&b->session, "slip"), 0);
}

static void test_more_of_a_feed_than_may_be_is_refused(void **state) {
        _cleanup_(buffer_done) Buffer text = {0};
        Browser *b = *state;

        assert_int_equal(buffer_printf(&text, "{\"id\":23,\"exposed\":[\"x\""), 0);
        for (unsigned i = 0; i < NC_LIMIT_EXPOSED; i++)
                assert_int_equal(buffer_printf(&text, ",\"x\""), 0);
        assert_int_equal(buffer_add(&text, "]}", 3), 0);
        send_text(b, text.data);
        assert_answered(b, "{\"error\":\"refused\",\"id\":23}");
}

static void test_private_windows_are_told_of_as_they_are(void **state) {
        Browser *b = *state;

        assert_false(layer_is(b, "active", "Private"));
        send_text(b, "{\"id\":24,\"private\":\"open\"}");
        assert_answered(b, "{\"done\":true,\"id\":24}");
        wait_for_layer(b, "active", "Private windows: not in firefox");
        send_text(b, "{\"id\":25,\"private\":\"perhaps\"}");
        assert_answered(b, "{\"error\":\"refused\",\"id\":25}");
        assert_true(layer_is(b, "active", "Private windows: not in firefox"));
        send_text(b, "{\"id\":26,\"private\":\"covered\"}");
        assert_answered(b, "{\"done\":true,\"id\":26}");
        assert_false(layer_is(b, "active", "Private"));
        /* what the daemon must hear again when it has been away */
        send_text(b, "{\"id\":27,\"private\":\"open\"}");
        assert_answered(b, "{\"done\":true,\"id\":27}");
}

static void test_a_flood_is_answered_to_the_last(void **state) {
        Browser *b = *state;
        unsigned n = 0;

        for (int i = 0; i < 1000; i++)
                send_text(b, "{\"id\":8,\"check\":\"https://www.instagram.com/alex.doe/\"}");
        while (n < 1000) {
                json_t *message = receive(b);

                n += json_is_true(json_object_get(message, "blocked"));
                assert_null(json_object_get(message, "error"));
                json_decref(message);
        }
}

static void test_the_daemon_may_go_and_come(void **state) {
        Browser *b = *state;

        assert_int_equal(session_daemon_signal(&b->session, SIGTERM), 0);
        send_text(b, "{\"id\":10,\"check\":\"https://www.instagram.com/alex.doe/\"}");
        assert_answered(b, "{\"error\":\"away\",\"id\":10}");
        session_daemon_start(&b->session);
        wait_for_news(b, true);
        send_text(b, "{\"id\":11,\"check\":\"https://www.instagram.com/alex.doe/\"}");
        assert_answered(b, "{\"blocked\":true,\"id\":11}");
        wait_for_layer(b, "active", "Private windows: not in firefox");
}

static void test_a_new_profile_is_news(void **state) {
        Browser *b = *state;

        add_identity(b, "profile", "https://x.com/alexdoe");
        wait_for_news_of(b, "elsewhere", false);
}

static void test_a_site_that_is_in_no_catalogue_is_news(void **state) {
        Browser *b = *state;

        add_identity(b, "domain", "alexdoe.example");
        wait_for_news_of(b, "elsewhere", true);
}

static void test_it_ends_with_the_browser(void **state) {
        Browser *b = *state;

        assert_int_equal(host_end(b), 0);
        wait_for_layer(b, "unavailable", "No browser");
        /* browsers open and close all day; the ledger need not know */
        assert_int_equal(session_count(&b->session, "layer.changed"), 0);
}

static void test_a_browser_has_a_name(void **state) {
        const char *names[] = {"", "fire fox", "a:b", "\xc3\xa4"}, *nothing = "";
        const char *firefox = "firefox";
        Browser *b = *state;

        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                assert_string_equal(
                        session_refusal(&b->session, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER,
                                "HostHello", DBUS_TYPE_STRING, &names[i], DBUS_TYPE_STRING,
                                &nothing, DBUS_TYPE_INVALID),
                        NC_ERROR_INVALID_ARGUMENT);
        assert_string_equal(
                session_refusal(&b->session, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, "HostHello",
                        DBUS_TYPE_STRING, &firefox, DBUS_TYPE_STRING, &firefox, DBUS_TYPE_INVALID),
                NC_ERROR_INVALID_ARGUMENT);
        assert_true(layer_is(b, "unavailable", "No browser"));
}

/* It ends with 1 and one line that holds nothing of what was said. */
static void assert_offended(Browser *b, const void *data, size_t len) {
        char line[4096];
        ssize_t n, more;
        int status;

        host_start(b);
        json_decref(receive(b));
        send_bytes(b, data, len);
        n = read(b->errors, line, sizeof(line) - 1);
        assert_true(n > 1);
        more = read(b->errors, line + n, sizeof(line) - 1 - (size_t)n);
        assert_int_equal(more, 0);
        line[n] = '\0';
        assert_ptr_equal(strchr(line, '\n'), line + n - 1);
        assert_null(strstr(line, "alex"));
        status = host_end(b);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

#define OFFENDS(b, text) assert_offended(b, text, sizeof(text) - 1)

static void test_hostile_messages_end_it(void **state) {
        Browser *b = *state;

        OFFENDS(b, "\xff\xff\xff\xff{\"alex\"");
        OFFENDS(b, "\x01\x00\x01\x00");
        OFFENDS(b, "\x06\0\0\0{alex}");
        OFFENDS(b, "\x02\0\0\0[]");
        OFFENDS(b, "\x02\0\0\0{}");
        OFFENDS(b, "\x16\0\0\0{\"id\":-1,\"pause\":true}");
        OFFENDS(b, "\x17\0\0\0{\"id\":1.5,\"pause\":true}");
        OFFENDS(b, "\x15\0\0\0{\"id\":1,\"pause\":1234}");
        OFFENDS(b, "\x20\0\0\0{\"id\":1,\"pause\":true,\"check\":\"\"}");
        OFFENDS(b, "\x18\0\0\0{\"id\":1,\"tag\":\"alex\"}   ");
        OFFENDS(b, "\x1d\0\0\0{\"id\":1,\"tag\":\"a\",\"event\":-1}");
        OFFENDS(b, "\x17\0\0\0{\"id\":1,\"exec\":\"alex\"}  ");
}

static void test_a_message_that_is_cut_off_is_told(void **state) {
        Browser *b = *state;
        int status;

        host_start(b);
        json_decref(receive(b));
        send_bytes(b, "\x20\0\0\0{\"id\":1", 11);
        status = host_end(b);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void test_a_browser_that_reads_no_more_is_gone(void **state) {
        Browser *b = *state;
        int status;

        host_start(b);
        json_decref(receive(b));
        (void)close(b->from);
        send_text(b, "{\"id\":1,\"pause\":true}");
        assert_int_equal(waitpid(b->pid, &status, 0), b->pid);
        assert_int_equal(status, 0);
        (void)close(b->to);
        (void)close(b->errors);
        message_reader_done(&b->reader);
        b->pid = 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_it_follows_from_idle_to_active),
                cmocka_unit_test(test_it_asks_and_reports),
                cmocka_unit_test(test_the_pause_page_asks_and_answers),
                cmocka_unit_test(test_the_pause_page_names_nobody),
                cmocka_unit_test(test_a_chip_is_about_the_pages_own_event),
                cmocka_unit_test(test_a_feed_is_asked_about_and_nothing_recorded),
                cmocka_unit_test(test_more_of_a_feed_than_may_be_is_refused),
                cmocka_unit_test(test_private_windows_are_told_of_as_they_are),
                cmocka_unit_test(test_a_flood_is_answered_to_the_last),
                cmocka_unit_test(test_the_daemon_may_go_and_come),
                cmocka_unit_test(test_a_new_profile_is_news),
                cmocka_unit_test(test_a_site_that_is_in_no_catalogue_is_news),
                cmocka_unit_test(test_it_ends_with_the_browser),
                cmocka_unit_test(test_a_browser_has_a_name),
                cmocka_unit_test(test_hostile_messages_end_it),
                cmocka_unit_test(test_a_message_that_is_cut_off_is_told),
                cmocka_unit_test(test_a_browser_that_reads_no_more_is_gone),
        };

        return cmocka_run_group_tests_name("webext-host", tests, setup, teardown);
}
