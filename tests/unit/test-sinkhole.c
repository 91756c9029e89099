/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The sinkhole in a real event loop, on real sockets at 127.66.1.2, with real clients: curl, and
 * plain sockets for what no client does. */

#include "common/buffer.h"
#include "common/file.h"
#include "common/time.h"
#include "daemon/pause-page.h"
#include "daemon/sensors/sinkhole-request.h"
#include "daemon/sensors/sinkhole.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#define ADDRESS "127.66.1.2"
#define HOST    "alexdoe.example"

#define ACCEPT_PAGE "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

enum {
        OTHER_UID = 54321,
        PATIENCE_MS = 30000, /* a test that waits longer has failed */
        ARGUMENTS_MAX = 40,
        CURL_CONNECT_ERROR = 35, /* in the TLS handshake */
};

typedef struct Sink {
        sd_event *event;
        Sinkhole *sinkhole;
        uint16_t http, https; /* ports */
        int http_fd;          /* the sinkhole's, for breaking it */
        bool no_page;
        /* what came up */
        unsigned knocks, navigations, pages, failures;
        int error;
        char *host, *target; /* of the last knock */
} Sink;

/* --- the sinkhole ---------------------------------------------------------------------------- */

static void on_knock(void *userdata, const Knock *knock) {
        Sink *s = userdata;

        s->knocks++;
        s->navigations += knock->navigation;
        free(s->host);
        free(s->target);
        s->host = strdup(knock->host);
        s->target = strdup(knock->target);
}

static char *on_page(void *userdata, const char *host) {
        Sink *s = userdata;

        assert_string_equal(host, s->host);
        s->pages++;
        static const PauseFacts facts = {.days = 21, .total_days = 34, .plan = "I call Sam."};

        return s->no_page ? NULL : pause_page(&facts);
}

static void on_failed(void *userdata, int error) {
        Sink *s = userdata;

        s->failures++;
        s->error = error;
        s->sinkhole = sinkhole_free(s->sinkhole);
}

static const SinkholeListener listener = {.knock = on_knock, .page = on_page, .failed = on_failed};

static int listening_socket(uint16_t *ret_port) {
        struct sockaddr_in at = {.sin_family = AF_INET};
        socklen_t len = sizeof(at);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(inet_pton(AF_INET, ADDRESS, &at.sin_addr), 1);
        assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
        assert_int_equal(listen(fd, 128), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
        *ret_port = ntohs(at.sin_port);
        return fd;
}

static Sink *sink_open(uid_t uid) {
        Sink *s = calloc(1, sizeof(*s));
        int https;

        assert_non_null(s);
        assert_true(sd_event_new(&s->event) >= 0);
        s->http_fd = listening_socket(&s->http);
        https = listening_socket(&s->https);
        assert_int_equal(
                sinkhole_new(s->event, s->http_fd, https, uid, &listener, s, &s->sinkhole), 0);
        return s;
}

static int setup(void **state) {
        *state = sink_open(getuid());
        return 0;
}

static int teardown(void **state) {
        Sink *s = *state;

        (void)sinkhole_free(s->sinkhole);
        sd_event_unref(s->event);
        free(s->host);
        free(s->target);
        free(s);
        return 0;
}

static uint64_t now_ms(void) {
        struct timespec t;

        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
        return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void turn(Sink *s) {
        assert_true(sd_event_run(s->event, 2000) >= 0);
}

/* Everything that is ready has its turn, and what follows from it. */
static void settle(Sink *s) {
        int r;

        while ((r = sd_event_run(s->event, 0)) > 0)
                ;
        assert_true(r >= 0);
}

/* --- plain clients --------------------------------------------------------------------------- */

static int client_open(uint16_t port) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(inet_pton(AF_INET, ADDRESS, &to.sin_addr), 1);
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
        return fd;
}

/* As far as the other side takes it. */
static void client_send(int fd, const void *bytes, size_t len) {
        (void)!send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Reads what is there. Returns true at the end of the connection. */
static bool client_read(int fd, Buffer *b, bool *ret_reset) {
        char bytes[4096];
        ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        if (n > 0) {
                assert_int_equal(buffer_add(b, bytes, (size_t)n), 0);
                return false;
        }
        if (n < 0 && errno == EAGAIN)
                return false;
        *ret_reset = n < 0 && errno == ECONNRESET;
        return true;
}

/* Until the sinkhole ends the connection, which it must. Returns whether it was by a reset. */
static bool client_wait(Sink *s, int fd, Buffer *b) {
        uint64_t end = now_ms() + PATIENCE_MS;
        bool reset = false;

        while (!client_read(fd, b, &reset)) {
                assert_true(now_ms() < end);
                turn(s);
        }
        return reset;
}

static bool is_open(int fd) {
        struct pollfd p = {.fd = fd, .events = POLLIN};

        return poll(&p, 1, 0) == 0;
}

/* One connection that says this and waits for the end. Returns whether it was a reset. */
static bool talk(Sink *s, uint16_t port, const void *bytes, size_t len, Buffer *b) {
        _cleanup_close_ int fd = client_open(port);

        client_send(fd, bytes, len);
        return client_wait(s, fd, b);
}

static void talk_http(Sink *s, const char *request, Buffer *b) {
        (void)talk(s, s->http, request, strlen(request), b);
}

static void check_status(const Buffer *b, unsigned status) {
        unsigned major, minor, found;

        assert_non_null(b->data);
        assert_int_equal(sscanf(b->data, "HTTP/%u.%u %u ", &major, &minor, &found), 3);
        assert_int_equal(found, status);
}

static const char *body_of(const Buffer *b) {
        const char *end = strstr(b->data, "\r\n\r\n");

        assert_non_null(end);
        return end + 4;
}

static void load(Buffer *b, const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        char bytes[4096];
        ssize_t n;

        assert_true(fd >= 0);
        while ((n = read(fd, bytes, sizeof(bytes))) > 0)
                assert_int_equal(buffer_add(b, bytes, (size_t)n), 0);
}

/* --- curl ------------------------------------------------------------------------------------ */

typedef struct Curl {
        const char *arguments[ARGUMENTS_MAX]; /* after ours; NULL-terminated */
        const char *resolved;                 /* NULL: ADDRESS */
        const char *url;                      /* a path and more, after host and port */
        bool tls;
        uid_t uid; /* 0: ours */
} Curl;

static void curl_exec(const Sink *s, const Curl *c, int out) {
        uint16_t port = c->tls ? s->https : s->http;
        const char *argv[ARGUMENTS_MAX + 16] = {
                "curl", "-q", "-s", "-i", "--max-time", "30", "--noproxy", "*", "--resolve"};
        char resolve[200], url[300];
        size_t n = 9;

        (void)snprintf(
                resolve, sizeof(resolve), HOST ":%u:%s", port, c->resolved ? c->resolved : ADDRESS);
        (void)snprintf(url, sizeof(url), "%s://" HOST ":%u%s", c->tls ? "https" : "http", port,
                c->url ? c->url : "/");
        argv[n++] = resolve;
        for (size_t i = 0; c->arguments[i]; i++)
                argv[n++] = c->arguments[i];
        argv[n++] = url;
        argv[n] = NULL;
        if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
                _exit(98);
        if (c->uid != 0 && setresuid(c->uid, c->uid, c->uid) < 0)
                _exit(99);
        (void)execvp("curl", (char *const *)argv);
        _exit(127);
}

/* Runs curl beside the event loop. Returns its exit status, and what it printed. */
static int curl(Sink *s, const Curl *c, Buffer *ret) {
        uint64_t end = now_ms() + PATIENCE_MS;
        char path[] = "/tmp/nocontact-sinkhole-XXXXXX";
        _cleanup_close_ int out = mkostemp(path, O_CLOEXEC);
        int status = 0;
        pid_t child;

        assert_true(out >= 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
                curl_exec(s, c, out);
        while (waitpid(child, &status, WNOHANG) == 0) {
                assert_true(now_ms() < end);
                turn(s);
        }
        load(ret, path);
        assert_int_equal(unlink(path), 0);
        assert_true(WIFEXITED(status));
        assert_int_not_equal(WEXITSTATUS(status), 127);
        return WEXITSTATUS(status);
}

static void test_a_page_is_answered_with_the_pause_page(void **state) {
        static const Curl typed = {
                .arguments = {"-H", "Upgrade-Insecure-Requests: 1", "-H", "Accept: " ACCEPT_PAGE},
                .url = "/photos/2024?id=1%202&x"};
        _cleanup_(buffer_done) Buffer b = {0};
        Sink *s = *state;

        assert_int_equal(curl(s, &typed, &b), 0);
        check_status(&b, 403);
        assert_non_null(strstr(body_of(&b), "<h1>Pause.</h1>"));
        assert_non_null(strstr(body_of(&b), "34 days kept in all."));
        assert_non_null(strstr(body_of(&b), "</html>\n"));
        assert_null(strstr(body_of(&b), HOST));
        assert_int_equal(s->knocks, 1);
        assert_int_equal(s->navigations, 1);
        assert_string_equal(s->host, HOST);
        assert_string_equal(s->target, "http://" HOST "/photos/2024?id=1%202&x");
}

static void test_no_answer_may_be_kept_framed_or_read_by_others(void **state) {
        static const char *const wanted[] = {"\r\nCache-Control: no-store\r\n",
                "\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n",
                "\r\nReferrer-Policy: no-referrer\r\n", "\r\nX-Frame-Options: DENY\r\n",
                "\r\nX-Content-Type-Options: nosniff\r\n",
                "\r\nContent-Type: text/html; charset=utf-8\r\n", "\r\nConnection: close\r\n"};
        static const Curl requests[] = {
                {.arguments = {"-H", "Upgrade-Insecure-Requests: 1", "-H", "Accept: text/html"}},
                {.arguments = {"-H", "Origin: http://other.example"}},
                {.arguments = {"-X", "OPTIONS", "-H", "Origin: http://other.example", "-H",
                         "Access-Control-Request-Method: GET", "-H",
                         "Access-Control-Request-Private-Network: true"}},
                {.arguments = {"-H", "Host:", "--http1.0"}},
        };
        Sink *s = *state;

        for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
                _cleanup_(buffer_done) Buffer b = {0};

                assert_int_equal(curl(s, &requests[i], &b), 0);
                for (size_t k = 0; k < ARRAY_LEN(wanted); k++)
                        if (!strstr(b.data, wanted[k]))
                                fail_msg("request %zu: no %s", i, wanted[k]);
                assert_null(strcasestr(b.data, "Access-Control-"));
        }
}

static void test_a_head_request_has_no_body(void **state) {
        static const Curl head = {.arguments = {"-I", "-H", "Upgrade-Insecure-Requests: 1", "-H",
                                          "Accept: text/html"}};
        _cleanup_(buffer_done) Buffer b = {0};
        Sink *s = *state;

        assert_int_equal(curl(s, &head, &b), 0);
        check_status(&b, 403);
        assert_string_equal(body_of(&b), "");
        assert_int_equal(s->knocks, 1);
}

static void test_a_part_of_a_page_is_a_knock_and_no_navigation(void **state) {
        static const Curl requests[] = {
                {.arguments = {"-H", "Sec-Fetch-Mode: no-cors", "-H", "Sec-Fetch-Dest: image"}},
                {.arguments = {"-H", "Sec-Fetch-Mode: navigate", "-H", "Sec-Fetch-Dest: iframe",
                         "-H", "Upgrade-Insecure-Requests: 1", "-H", "Accept: text/html"}},
                {.arguments = {"-H", "Accept: image/avif,image/webp,*/*;q=0.8"},
                        .url = "/favicon.ico"},
                {.arguments = {NULL}},
        };
        Sink *s = *state;

        for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
                _cleanup_(buffer_done) Buffer b = {0};

                assert_int_equal(curl(s, &requests[i], &b), 0);
                check_status(&b, 403);
                assert_string_equal(body_of(&b), "");
                assert_int_equal(s->knocks, i + 1);
        }
        assert_int_equal(s->navigations, 0);
        assert_int_equal(s->pages, 0);
}

static void test_no_page_to_give_is_an_empty_answer(void **state) {
        static const Curl typed = {
                .arguments = {"-H", "Sec-Fetch-Mode: navigate", "-H", "Sec-Fetch-Dest: document"}};
        _cleanup_(buffer_done) Buffer b = {0};
        Sink *s = *state;

        s->no_page = true;
        assert_int_equal(curl(s, &typed, &b), 0);
        check_status(&b, 403);
        assert_string_equal(body_of(&b), "");
        assert_int_equal(s->pages, 1);
        assert_int_equal(s->navigations, 1);
}

static void test_other_methods_are_refused(void **state) {
        static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"};
        Sink *s = *state;

        for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
                Curl c = {.arguments = {"-X", methods[i], "-H", "Accept: text/html", "-H",
                                  "Upgrade-Insecure-Requests: 1"}};
                _cleanup_(buffer_done) Buffer b = {0};

                assert_int_equal(curl(s, &c, &b), 0);
                check_status(&b, 405);
                assert_non_null(strstr(b.data, "\r\nAllow: GET, HEAD\r\n"));
                assert_string_equal(body_of(&b), "");
        }
        assert_int_equal(s->pages, 0);
}

static void test_what_a_form_sends_is_not_read(void **state) {
        static const char request[] =
                "POST /login HTTP/1.1\r\nHost: " HOST "\r\nContent-Length: 1000000000\r\n\r\nname=";
        _cleanup_(buffer_done) Buffer b = {0};
        Sink *s = *state;

        talk_http(s, request, &b);
        check_status(&b, 405);
        assert_int_equal(s->knocks, 1);
}

/* The second line that a held name has in the hosts file. */
static void test_a_client_of_ipv6_comes_by_the_mapped_address(void **state) {
        static const Curl http = {.arguments = {"-6"}, .resolved = "[::ffff:" ADDRESS "]"};
        static const Curl https = {
                .arguments = {"-6"}, .resolved = "[::ffff:" ADDRESS "]", .tls = true};
        _cleanup_(buffer_done) Buffer b = {0}, c = {0};
        Sink *s = *state;

        assert_int_equal(curl(s, &http, &b), 0);
        check_status(&b, 403);
        assert_int_equal(s->knocks, 1);
        assert_int_equal(curl(s, &https, &c), CURL_CONNECT_ERROR);
        assert_int_equal(s->knocks, 2);
}

static void test_of_https_the_name_is_read_and_the_connection_reset(void **state) {
        static const Curl https = {.tls = true, .arguments = {"-k", "-v"}, .url = "/private?x"};
        _cleanup_(buffer_done) Buffer b = {0};
        Sink *s = *state;

        assert_int_equal(curl(s, &https, &b), CURL_CONNECT_ERROR);
        assert_null(strstr(b.data, "Server certificate"));
        assert_int_equal(s->knocks, 1);
        assert_int_equal(s->navigations, 0);
        assert_string_equal(s->host, HOST);
        assert_string_equal(s->target, "https://" HOST "/");
}

/* --- who is served --------------------------------------------------------------------------- */

static void test_another_users_connection_is_ignored(void **state) {
        static const Curl http = {.uid = OTHER_UID};
        static const Curl https = {.uid = OTHER_UID, .tls = true};
        _cleanup_(buffer_done) Buffer b = {0}, c = {0};
        Sink *s = *state;

        if (geteuid() != 0) {
                print_message("# being another user needs root\n");
                skip();
        }
        assert_int_not_equal(curl(s, &http, &b), 0);
        assert_int_equal(b.len, 0);
        assert_int_not_equal(curl(s, &https, &c), 0);
        assert_int_equal(s->knocks, 0);
}

static void test_a_connection_that_is_not_the_users_gets_no_byte(void **state) {
        static const char request[] = "GET / HTTP/1.1\r\nHost: " HOST "\r\n\r\n";
        _cleanup_(buffer_done) Buffer hello = {0}, b = {0};
        Sink *s = sink_open(getuid() + 1);
        void *other = s;

        (void)state;
        load(&hello, "tests/fuzz/corpus-client-hello/chromium");
        assert_true(talk(s, s->http, request, strlen(request), &b));
        assert_true(talk(s, s->https, hello.data, hello.len, &b));
        assert_int_equal(b.len, 0);
        assert_int_equal(s->knocks, 0);
        assert_int_equal(teardown(&other), 0);
}

/* --- what browsers say ----------------------------------------------------------------------- */

typedef struct ReadingCase {
        const char *what;
        RequestHead head;
        unsigned status;
        bool document, navigation;
} ReadingCase;

#define HEAD(...)                                                                                  \
        {                                                                                          \
                .method = "GET", .uri = "/", .hosts = 1, .headers = {                              \
                        [HEADER_HOST] = HOST,                                                      \
                        __VA_ARGS__                                                                \
                }                                                                                  \
        }
#define PAGE [HEADER_UPGRADE_INSECURE] = "1", [HEADER_ACCEPT] = ACCEPT_PAGE

/* The headers are those of Chromium 156 and Firefox 153, recorded over plain HTTP. */
static const ReadingCase reading_cases[] = {
        {"Chromium, typed", HEAD(PAGE), 403, true, true},
        {"Firefox, typed", HEAD(PAGE, [HEADER_PRIORITY] = "u=0, i"), 403, true, true},
        {"Firefox, a link of another site",
                HEAD(PAGE, [HEADER_PRIORITY] = "u=0, i",
                        [HEADER_REFERER] = "http://other.example/"),
                403, true, true},
        {"Firefox, a frame",
                HEAD(PAGE, [HEADER_PRIORITY] = "u=4", [HEADER_REFERER] = "http://other.example/"),
                403, true, false},
        {"Firefox, a frame that hides where it is", HEAD(PAGE, [HEADER_PRIORITY] = "u=4"), 403,
                true, false},
        {"Chromium, a frame or a link of another plain site",
                HEAD(PAGE, [HEADER_REFERER] = "http://other.example/"), 403, true, false},
        {"Chromium, a link of the site itself",
                HEAD(PAGE, [HEADER_REFERER] = "http://" HOST ":80/a?b"), 403, true, true},
        {"a host that only begins like it",
                HEAD(PAGE, [HEADER_REFERER] = "http://" HOST ".other.example/"), 403, true, false},
        {"a referrer that is no URL", HEAD(PAGE, [HEADER_REFERER] = "about:blank"), 403, true,
                false},
        {"an image", HEAD([HEADER_ACCEPT] = "image/avif,image/webp,*/*;q=0.8"), 403, false, false},
        {"a script", HEAD([HEADER_ACCEPT] = "*/*"), 403, false, false},
        {"a program", HEAD([HEADER_ACCEPT] = NULL), 403, false, false},
        {"html that is not asked for first",
                HEAD([HEADER_UPGRADE_INSECURE] = "1", [HEADER_ACCEPT] = "*/*,text/html"), 403,
                false, false},
        {"html without the wish for better", HEAD([HEADER_ACCEPT] = ACCEPT_PAGE), 403, false,
                false},
        {"a page that is fetched ahead", HEAD(PAGE, [HEADER_PURPOSE] = "prefetch;prerender"), 403,
                false, false},
        {"fetch metadata: a page",
                HEAD([HEADER_FETCH_MODE] = "navigate", [HEADER_FETCH_DEST] = "document"), 403, true,
                true},
        {"fetch metadata: a page, from another site",
                HEAD([HEADER_FETCH_MODE] = "navigate", [HEADER_FETCH_DEST] = "document",
                        [HEADER_REFERER] = "https://other.example/"),
                403, true, true},
        {"fetch metadata: a frame",
                HEAD(PAGE, [HEADER_FETCH_MODE] = "navigate", [HEADER_FETCH_DEST] = "iframe"), 403,
                false, false},
        {"fetch metadata: a script that reads the page",
                HEAD(PAGE, [HEADER_FETCH_MODE] = "cors", [HEADER_FETCH_DEST] = "empty"), 403, false,
                false},
        {"fetch metadata: half of it", HEAD(PAGE, [HEADER_FETCH_DEST] = "document"), 403, false,
                false},
};

static void test_a_navigation_is_told_from_a_part_of_a_page(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(reading_cases); i++) {
                const ReadingCase *c = &reading_cases[i];
                _cleanup_(request_reading_done) RequestReading r = {0};

                assert_int_equal(request_read(&c->head, &r), 0);
                if (r.status != c->status || r.document != c->document ||
                        r.navigation != c->navigation)
                        fail_msg("%s: %u, document %d, navigation %d", c->what, r.status,
                                r.document, r.navigation);
                assert_string_equal(r.host, HOST);
                assert_string_equal(r.target, "http://" HOST "/");
        }
}

static void test_the_host_comes_in_one_spelling(void **state) {
        static const struct {
                const char *given, *host; /* NULL: refused */
        } cases[] = {
                {HOST, HOST},
                {"AlexDoe.EXAMPLE", HOST},
                {HOST ".", HOST},
                {HOST ".:80", HOST},
                {HOST ":8080", HOST},
                {HOST ":", HOST},
                {"www." HOST, "www." HOST},
                {"bücher.example", "xn--bcher-kva.example"},
                {"", NULL},
                {":80", NULL},
                {HOST ":80x", NULL},
                {HOST ":123456", NULL},
                {HOST ":80:80", NULL},
                {ADDRESS, NULL},
                {ADDRESS ":80", NULL},
                {"[::1]:80", NULL},
                {"::1", NULL},
                {"a b", NULL},
                {"a/b", NULL},
                {"user@" HOST, NULL},
                {HOST ", other.example", NULL},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                RequestHead head = {.method = "GET", .uri = "/", .hosts = 1};
                _cleanup_(request_reading_done) RequestReading r = {0};

                head.headers[HEADER_HOST] = cases[i].given;
                assert_int_equal(request_read(&head, &r), 0);
                assert_int_equal(r.status, cases[i].host ? 403 : 400);
                if (!cases[i].host)
                        assert_null(r.host);
                else
                        assert_string_equal(r.host, cases[i].host);
        }
}

static void test_the_target_is_ascii(void **state) {
        RequestHead head = HEAD([HEADER_ACCEPT] = NULL);
        _cleanup_(request_reading_done) RequestReading r = {0};

        (void)state;
        head.uri = "/a b\tc/\xc3\xa9%41\x7f?q=\"x\"";
        assert_int_equal(request_read(&head, &r), 0);
        assert_string_equal(r.target, "http://" HOST "/a%20b%09c/%C3%A9%41%7F?q=\"x\"");
}

/* --- bad requests ---------------------------------------------------------------------------- */

static void test_a_request_without_one_host_is_no_knock(void **state) {
        static const char *const requests[] = {
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.0\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: " HOST "\r\nHost: other.example\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: " ADDRESS "\r\n\r\n",
                "GET http://" HOST "/ HTTP/1.1\r\nHost: " HOST "\r\n\r\n",
                "GET x HTTP/1.1\r\nHost: " HOST "\r\n\r\n",
                "CONNECT " HOST ":443 HTTP/1.1\r\nHost: " HOST "\r\n\r\n",
        };
        Sink *s = *state;

        for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
                _cleanup_(buffer_done) Buffer b = {0};

                talk_http(s, requests[i], &b);
                check_status(&b, 400);
        }
        assert_int_equal(s->knocks, 0);
}

static void test_no_bytes_whatever_stop_the_sinkhole(void **state) {
        static const char *const requests[] = {
                "\r\n\r\n\r\n\r\n",
                "GET\r\n\r\n",
                "GET / HTTP/9.9\r\n\r\n",
                "\x16\x03\x01\x02\x01 and no more of it\r\n\r\n",
                "GET / HTTP/1.1\r\nHost : x\r\n : \r\n\xff\xfe\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        };
        static const Curl usual = {.arguments = {NULL}};
        _cleanup_(buffer_done) Buffer b = {0};
        Sink *s = *state;

        for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
                int http = client_open(s->http), https = client_open(s->https);

                client_send(http, requests[i], strlen(requests[i]));
                client_send(https, requests[i], strlen(requests[i]));
                settle(s);
                closep(&http);
                closep(&https);
                settle(s);
        }
        s->knocks = 0;
        assert_int_equal(curl(s, &usual, &b), 0);
        assert_int_equal(s->knocks, 1);
        assert_int_equal(s->failures, 0);
}

/* A request with a head of so many bytes; MAX is a limit that cookies of many sites come near. */
static void check_head(Sink *s, size_t len, unsigned status) {
        static const char begin[] = "GET / HTTP/1.1\r\nHost: " HOST "\r\nAccept: text/html\r\n"
                                    "Upgrade-Insecure-Requests: 1\r\nCookie: ";
        static const char end[] = "\r\n\r\n";
        _cleanup_(buffer_done) Buffer request = {0}, b = {0};

        assert_int_equal(buffer_puts(&request, begin), 0);
        while (request.len < len - strlen(end))
                assert_int_equal(buffer_putc(&request, 'a'), 0);
        assert_int_equal(buffer_puts(&request, end), 0);
        s->knocks = s->pages = 0;
        (void)talk(s, s->http, request.data, request.len, &b);
        assert_int_equal(s->knocks, status == 403);
        assert_int_equal(s->pages, status == 403);
        if (b.data) /* the reset of what was not read may overtake the answer */
                check_status(&b, status);
}

static void test_a_head_has_room_for_many_cookies_and_is_bounded(void **state) {
        check_head(*state, 1000, 403);
        check_head(*state, SINKHOLE_REQUEST_MAX - 100, 403);
        check_head(*state, SINKHOLE_REQUEST_MAX, 403);
        check_head(*state, SINKHOLE_REQUEST_MAX + 100, 431);
        check_head(*state, 2 * SINKHOLE_REQUEST_MAX, 431);
        check_head(*state, 10 * SINKHOLE_REQUEST_MAX, 431);
}

/* Many short headers cost the library more than a long one. */
static void test_a_head_of_many_headers_is_bounded(void **state) {
        _cleanup_(buffer_done) Buffer request = {0}, b = {0};
        Sink *s = *state;

        assert_int_equal(buffer_puts(&request, "GET / HTTP/1.1\r\nHost: " HOST "\r\n"), 0);
        for (unsigned i = 0; i < 20000; i++)
                assert_int_equal(buffer_puts(&request, "a:\r\n"), 0);
        assert_int_equal(buffer_puts(&request, "\r\n"), 0);
        (void)talk(s, s->http, request.data, request.len, &b);
        assert_int_equal(s->knocks, 0);
}

static void test_a_client_hello_without_a_name_is_reset_and_no_knock(void **state) {
        _cleanup_(buffer_done) Buffer hello = {0}, b = {0};
        Sink *s = *state;

        load(&hello, "tests/fuzz/corpus-client-hello/openssl-noname");
        assert_true(talk(s, s->https, hello.data, hello.len, &b));
        assert_true(talk(s, s->https, "GET / HTTP/1.1\r\n\r\n", 18, &b));
        assert_int_equal(b.len, 0);
        assert_int_equal(s->knocks, 0);
}

/* --- slow, dead and many --------------------------------------------------------------------- */

static void test_a_client_hello_may_come_byte_by_byte(void **state) {
        _cleanup_(buffer_done) Buffer hello = {0}, b = {0};
        _cleanup_close_ int fd = -1;
        Sink *s = *state;

        load(&hello, "tests/fuzz/corpus-client-hello/curl");
        fd = client_open(s->https);
        for (size_t i = 0; i < hello.len && s->knocks == 0; i++) {
                client_send(fd, hello.data + i, 1);
                turn(s);
        }
        assert_true(client_wait(s, fd, &b));
        assert_int_equal(s->knocks, 1);
        assert_string_equal(s->host, HOST);
}

static void test_a_request_may_come_byte_by_byte(void **state) {
        static const char request[] = "GET /slow HTTP/1.1\r\nHost: " HOST "\r\n\r\n";
        _cleanup_(buffer_done) Buffer b = {0};
        _cleanup_close_ int fd = -1;
        Sink *s = *state;

        fd = client_open(s->http);
        for (size_t i = 0; i < strlen(request); i++) {
                client_send(fd, request + i, 1);
                turn(s);
        }
        (void)client_wait(s, fd, &b);
        check_status(&b, 403);
        assert_string_equal(s->target, "http://" HOST "/slow");
}

static void test_one_connection_serves_one_request(void **state) {
        static const char requests[] = "GET /1 HTTP/1.1\r\nHost: " HOST "\r\n\r\n"
                                       "GET /2 HTTP/1.1\r\nHost: " HOST "\r\n\r\n";
        _cleanup_(buffer_done) Buffer b = {0};
        Sink *s = *state;

        talk_http(s, requests, &b);
        assert_int_equal(s->knocks, 1);
        assert_string_equal(s->target, "http://" HOST "/1");
}

/* Those that say nothing, and those that say a byte now and then. */
static void test_a_connection_that_does_not_come_to_the_point_is_closed(void **state) {
        static const char slow[] = "GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        _cleanup_(buffer_done) Buffer hello = {0};
        uint64_t end = now_ms() + PATIENCE_MS;
        Sink *s = *state;
        int fds[4];
        size_t said = 0;

        load(&hello, "tests/fuzz/corpus-client-hello/curl");
        for (size_t i = 0; i < ARRAY_LEN(fds); i++)
                fds[i] = client_open(i % 2 == 0 ? s->http : s->https);
        for (bool open = true; open;) {
                assert_true(now_ms() < end);
                if (said < strlen(slow) && said < hello.len) {
                        client_send(fds[2], slow + said, 1);
                        client_send(fds[3], hello.data + said, 1);
                        said++;
                }
                assert_true(sd_event_run(s->event, 300 * USEC_PER_MSEC) >= 0);
                open = false;
                for (size_t i = 0; i < ARRAY_LEN(fds); i++)
                        open = open || is_open(fds[i]);
        }
        for (size_t i = 0; i < ARRAY_LEN(fds); i++)
                closep(&fds[i]);
        assert_int_equal(s->knocks, 0);
}

static void check_limit(Sink *s, uint16_t port) {
        _cleanup_(buffer_done) Buffer b = {0};
        int fds[SINKHOLE_CONNECTIONS_MAX], further;

        for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
                fds[i] = client_open(port);
                turn(s);
        }
        settle(s);
        further = client_open(port);
        assert_true(client_wait(s, further, &b));
        closep(&further);
        assert_int_equal(b.len, 0);
        for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
                assert_true(is_open(fds[i]));
                closep(&fds[i]);
        }
        settle(s);
}

static void test_a_connection_over_the_limit_is_closed_at_once(void **state) {
        static const Curl http = {.arguments = {NULL}}, https = {.tls = true};
        _cleanup_(buffer_done) Buffer b = {0};
        Sink *s = *state;

        check_limit(s, s->http);
        check_limit(s, s->https);
        /* and when they went there is room again */
        assert_int_equal(curl(s, &http, &b), 0);
        assert_int_equal(curl(s, &https, &b), CURL_CONNECT_ERROR);
        assert_int_equal(s->knocks, 2);
}

static void test_both_sides_have_their_own_limit(void **state) {
        static const Curl https = {.tls = true};
        _cleanup_(buffer_done) Buffer b = {0};
        int fds[SINKHOLE_CONNECTIONS_MAX];
        Sink *s = *state;

        for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
                fds[i] = client_open(s->http);
                turn(s);
        }
        assert_int_equal(curl(s, &https, &b), CURL_CONNECT_ERROR);
        assert_int_equal(s->knocks, 1);
        for (size_t i = 0; i < ARRAY_LEN(fds); i++)
                closep(&fds[i]);
}

static unsigned descriptors(void) {
        unsigned n = 0;

        for (int fd = 0; fd < 1024; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

static void test_thousands_of_connections_leave_nothing_behind(void **state) {
        static const char request[] = "GET / HTTP/1.1\r\nHost: " HOST "\r\n\r\n";
        _cleanup_(buffer_done) Buffer hello = {0};
        unsigned before = descriptors();
        Sink *s = *state;

        load(&hello, "tests/fuzz/corpus-client-hello/firefox");
        for (unsigned i = 0; i < 3000; i++) {
                bool tls = i % 2 == 0;
                int fd = client_open(tls ? s->https : s->http);

                /* a third says nothing, a third is cut off, a third is whole */
                if (i % 3 == 1)
                        client_send(fd, tls ? hello.data : request, 30);
                else if (i % 3 == 2)
                        client_send(
                                fd, tls ? hello.data : request, tls ? hello.len : strlen(request));
                settle(s);
                closep(&fd);
        }
        settle(s);
        assert_int_equal(descriptors(), before);
        assert_int_equal(s->knocks, 1000);
        assert_int_equal(s->failures, 0);
}

static void test_a_sinkhole_is_freed_with_its_connections(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};
        Sink *s = *state;
        int http = client_open(s->http), https = client_open(s->https);

        client_send(http, "GET /", 5);
        client_send(https, "\x16\x03", 2);
        settle(s);
        s->sinkhole = sinkhole_free(s->sinkhole);
        (void)client_wait(s, http, &b);
        assert_true(client_wait(s, https, &b));
        closep(&http);
        closep(&https);
}

static void test_at_rest_there_is_nothing_to_do(void **state) {
        static const Curl http = {.arguments = {NULL}}, https = {.tls = true};
        _cleanup_(buffer_done) Buffer b = {0};
        Sink *s = *state;

        assert_int_equal(curl(s, &http, &b), 0);
        assert_int_equal(curl(s, &https, &b), CURL_CONNECT_ERROR);
        settle(s);
        assert_int_equal(sd_event_prepare(s->event), 0);
        assert_int_equal(sd_event_wait(s->event, 1500 * USEC_PER_MSEC), 0);
}

/* --- when the system fails us ---------------------------------------------------------------- */

static void test_a_broken_socket_is_told_and_the_sinkhole_may_be_freed_there(void **state) {
        uint64_t end = now_ms() + PATIENCE_MS;
        Sink *s = *state;

        assert_int_equal(shutdown(s->http_fd, SHUT_RDWR), 0);
        while (s->failures == 0) {
                assert_true(now_ms() < end);
                turn(s);
        }
        assert_int_equal(s->failures, 1);
        assert_true(s->error < 0);
        assert_null(s->sinkhole);
        settle(s);
        assert_int_equal(s->failures, 1);
}

static void test_when_descriptors_are_used_up_the_door_rests_and_opens_again(void **state) {
        static const char request[] = "GET / HTTP/1.1\r\nHost: " HOST "\r\n\r\n";
        _cleanup_(buffer_done) Buffer b = {0};
        struct rlimit limit, none;
        unsigned turns = 0;
        Sink *s = *state;
        int fd = client_open(s->http);
        uint64_t end = now_ms() + 300;

        assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
        none = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
        client_send(fd, request, strlen(request));
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        for (; now_ms() < end; turns++)
                assert_true(sd_event_run(s->event, 50 * USEC_PER_MSEC) >= 0);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        assert_int_equal(s->knocks, 0);
        assert_true(turns < 50); /* not in circles */
        (void)client_wait(s, fd, &b);
        closep(&fd);
        check_status(&b, 403);
        assert_int_equal(s->knocks, 1);
}

#define with_sink(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
        static const struct CMUnitTest tests[] = {
                with_sink(test_a_page_is_answered_with_the_pause_page),
                with_sink(test_no_answer_may_be_kept_framed_or_read_by_others),
                with_sink(test_a_head_request_has_no_body),
                with_sink(test_a_part_of_a_page_is_a_knock_and_no_navigation),
                with_sink(test_no_page_to_give_is_an_empty_answer),
                with_sink(test_other_methods_are_refused),
                with_sink(test_what_a_form_sends_is_not_read),
                with_sink(test_a_client_of_ipv6_comes_by_the_mapped_address),
                with_sink(test_of_https_the_name_is_read_and_the_connection_reset),
                with_sink(test_another_users_connection_is_ignored),
                cmocka_unit_test(test_a_connection_that_is_not_the_users_gets_no_byte),
                cmocka_unit_test(test_a_navigation_is_told_from_a_part_of_a_page),
                cmocka_unit_test(test_the_host_comes_in_one_spelling),
                cmocka_unit_test(test_the_target_is_ascii),
                with_sink(test_a_request_without_one_host_is_no_knock),
                with_sink(test_no_bytes_whatever_stop_the_sinkhole),
                with_sink(test_a_head_has_room_for_many_cookies_and_is_bounded),
                with_sink(test_a_head_of_many_headers_is_bounded),
                with_sink(test_a_client_hello_without_a_name_is_reset_and_no_knock),
                with_sink(test_a_client_hello_may_come_byte_by_byte),
                with_sink(test_a_request_may_come_byte_by_byte),
                with_sink(test_one_connection_serves_one_request),
                with_sink(test_a_connection_that_does_not_come_to_the_point_is_closed),
                with_sink(test_a_connection_over_the_limit_is_closed_at_once),
                with_sink(test_both_sides_have_their_own_limit),
                with_sink(test_thousands_of_connections_leave_nothing_behind),
                with_sink(test_a_sinkhole_is_freed_with_its_connections),
                with_sink(test_at_rest_there_is_nothing_to_do),
                with_sink(test_a_broken_socket_is_told_and_the_sinkhole_may_be_freed_there),
                with_sink(test_when_descriptors_are_used_up_the_door_rests_and_opens_again),
        };

        return cmocka_run_group_tests_name("sinkhole", tests, NULL, NULL);
}
