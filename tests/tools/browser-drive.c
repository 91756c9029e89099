/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Leads one tab of a running browser, for tests and measurements that make many navigations: each
 * is top-level and the browser's own, as when a person enters an address. Chromium is spoken to by
 * its debugging pipe, Firefox by Marionette; of both it uses no more than "go there" and "what does
 * this expression say in the page". It decides nothing and knows no page of ours.
 *
 *   browser-drive chromium COMMANDS ANSWERS     two FIFOs, the browser's descriptors 3 and 4
 *   browser-drive firefox PORT
 *
 * It reads lines and answers each by one line:
 *
 *   go URL             the microsecond (CLOCK_REALTIME) in which the browser was told
 *   eval EXPRESSION    what it gives as a string, on a user's behalf; empty when there is no page
 *   until MSEC EXPR    the same once it is not empty; empty when so many milliseconds are over
 *
 * On the standard error it tells "painted URL" whenever Chromium itself says that a page was first
 * painted, whatever the page says. */

#include "common/buffer.h"
#include "common/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
        POLL_USEC = 8000, /* between two looks at a page */
        PAGES = 64,       /* the last ones that Chromium told of */
};

typedef struct Drive Drive;

/* What differs between the two. */
typedef struct Tongue {
        bool (*begin)(Drive *d, char *argv[]);
        void (*go)(Drive *d, const char *url);
        char *(*eval)(Drive *d, const char *expression);
} Tongue;

typedef struct Page {
        char loader[64];
        char *url;
} Page;

struct Drive {
        const Tongue *tongue;
        int in, out;
        Buffer came; /* and was not taken */
        json_int_t id;
        char *session;
        Page pages[PAGES];
        unsigned n_pages;
};

static void must(bool ok, const char *what) {
        if (ok)
                return;
        (void)fprintf(stderr, "browser-drive: %s: %s\n", what, strerror(errno));
        exit(1);
}

static uint64_t now_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_REALTIME, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

/* --- bytes ----------------------------------------------------------------------------------- */

static void send_bytes(const Drive *d, const char *data, size_t len) {
        while (len > 0) {
                ssize_t n = write(d->out, data, len);

                must(n > 0 || errno == EINTR, "the browser takes nothing");
                data += MAX(n, 0);
                len -= (size_t)MAX(n, 0);
        }
}

static void read_more(Drive *d) {
        char bytes[65536];
        ssize_t n = read(d->in, bytes, sizeof(bytes));

        must(n > 0, "the browser has gone");
        must(buffer_add(&d->came, bytes, (size_t)n) >= 0, "memory");
}

/* Takes `len` bytes off the front, of which the message is from `start` on. */
static json_t *take_message(Drive *d, size_t start, size_t len) {
        json_t *message =
                json_loadb(d->came.data + start, len - start, JSON_DISABLE_EOF_CHECK, NULL);

        must(message, "no JSON");
        memmove(d->came.data, d->came.data + len, d->came.len - len);
        buffer_cut(&d->came, d->came.len - len);
        return message;
}

/* --- Chromium: {"id", "method", "params"} and a NUL --------------------------------------------
 */

/* A page that was painted, by what Chromium tells unasked. */
static void chromium_hear(Drive *d, const json_t *message) {
        const json_t *params = json_object_get(message, "params");
        const char *method = json_string_value(json_object_get(message, "method"));
        const json_t *frame = json_object_get(params, "frame");
        const char *name = json_string_value(json_object_get(params, "name"));
        const char *loader = json_string_value(json_object_get(params, "loaderId"));

        if (method && streq(method, "Page.frameNavigated") && !json_object_get(frame, "parentId")) {
                Page *p = &d->pages[d->n_pages++ % PAGES];

                (void)snprintf(p->loader, sizeof(p->loader), "%s",
                        json_string_value(json_object_get(frame, "loaderId")));
                free(p->url);
                p->url = strdup(json_string_value(json_object_get(frame, "url")));
        }
        if (!name || !loader || !streq(name, "firstPaint"))
                return;
        for (unsigned i = 0; i < MIN(d->n_pages, (unsigned)PAGES); i++)
                if (streq(d->pages[i].loader, loader))
                        (void)fprintf(stderr, "painted %s\n", d->pages[i].url);
}

static json_t *chromium_take(Drive *d) {
        const char *end;

        while (!d->came.len || !(end = memchr(d->came.data, '\0', d->came.len)))
                read_more(d);
        return take_message(d, 0, (size_t)(end - d->came.data) + 1);
}

/* Takes `params` over. */
static void chromium_send(Drive *d, const char *method, json_t *params) {
        json_t *message =
                json_pack("{s:I, s:s, s:o}", "id", ++d->id, "method", method, "params", params);
        char *text;

        must(message, "memory");
        if (d->session)
                (void)json_object_set_new(message, "sessionId", json_string(d->session));
        text = json_dumps(message, JSON_COMPACT);
        must(text, "memory");
        send_bytes(d, text, strlen(text) + 1);
        json_decref(message);
        free(text);
}

/* The answer to what was sent last; what comes between is heard. The caller unrefs it. */
static json_t *chromium_answer(Drive *d) {
        json_int_t id = d->id;

        for (;;) {
                json_t *message = chromium_take(d);
                const json_t *answers = json_object_get(message, "id");

                if (answers && json_integer_value(answers) == id)
                        return message;
                chromium_hear(d, message);
                json_decref(message);
        }
}

static json_t *chromium_call(Drive *d, const char *method, json_t *params) {
        chromium_send(d, method, params);
        return chromium_answer(d);
}

static char *chromium_target(Drive *d) {
        json_t *answer = chromium_call(d, "Target.getTargets", json_object());
        const json_t *all = json_object_get(json_object_get(answer, "result"), "targetInfos");
        char *found = NULL;
        size_t i;
        json_t *t;

        json_array_foreach (all, i, t)
                if (!found && streq(json_string_value(json_object_get(t, "type")), "page"))
                        found = strdup(json_string_value(json_object_get(t, "targetId")));
        json_decref(answer);
        return found;
}

static bool chromium_begin(Drive *d, char *argv[]) {
        json_t *answer;
        char *target;

        d->out = open(argv[0], O_WRONLY | O_CLOEXEC);
        d->in = argv[1] ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
        must(d->out >= 0 && d->in >= 0, "the pipe");
        while (!(target = chromium_target(d)))
                (void)usleep(POLL_USEC);
        answer = chromium_call(d, "Target.attachToTarget",
                json_pack("{s:s, s:b}", "targetId", target, "flatten", 1));
        d->session = strdup(
                json_string_value(json_object_get(json_object_get(answer, "result"), "sessionId")));
        json_decref(answer);
        free(target);
        json_decref(chromium_call(d, "Page.enable", json_object()));
        json_decref(chromium_call(
                d, "Page.setLifecycleEventsEnabled", json_pack("{s:b}", "enabled", 1)));
        return true;
}

/* The answer comes when the page is there or has failed, and nobody waits for it. */
static void chromium_go(Drive *d, const char *url) {
        chromium_send(d, "Page.navigate", json_pack("{s:s}", "url", url));
}

static char *chromium_eval(Drive *d, const char *expression) {
        json_t *answer = chromium_call(d, "Runtime.evaluate",
                json_pack("{s:s, s:b, s:b, s:b}", "expression", expression, "userGesture", 1,
                        "returnByValue", 1, "awaitPromise", 1));
        const json_t *result = json_object_get(json_object_get(answer, "result"), "result");
        const char *value = json_string_value(json_object_get(result, "value"));
        char *copy = value ? strdup(value) : NULL;

        json_decref(answer);
        return copy;
}

/* --- Firefox: LENGTH:[0, id, method, params] and LENGTH:[1, id, error, result]
 * -------------------- */

static json_t *firefox_take(Drive *d) {
        char *colon = NULL;
        size_t len, start;

        while (!d->came.len || !(colon = memchr(d->came.data, ':', d->came.len)))
                read_more(d);
        start = (size_t)(colon - d->came.data) + 1;
        len = start + strtoul(d->came.data, NULL, 10);
        while (d->came.len < len)
                read_more(d);
        return take_message(d, start, len);
}

static void tell_error(const char *method, const json_t *error) {
        const char *message = json_string_value(json_object_get(error, "message"));

        if (message)
                (void)fprintf(stderr, "%s: %s\n", method, message);
}

/* What the call gave, which the caller unrefs; NULL when it failed. Takes `params` over. */
static json_t *firefox_call(Drive *d, const char *method, json_t *params) {
        json_t *message = json_pack("[i, I, s, o]", 0, ++d->id, method, params), *answer, *result;
        _cleanup_(buffer_done) Buffer b = {0};
        char *text = json_dumps(message, JSON_COMPACT);

        must(text && buffer_printf(&b, "%zu:%s", strlen(text), text) >= 0, "memory");
        send_bytes(d, b.data, b.len);
        json_decref(message);
        free(text);

        answer = firefox_take(d);
        tell_error(method, json_array_get(answer, 2));
        result = json_is_null(json_array_get(answer, 2)) ? json_incref(json_array_get(answer, 3))
                                                         : NULL;
        json_decref(answer);
        return result;
}

static bool firefox_begin(Drive *d, char *argv[]) {
        struct sockaddr_in at = {.sin_family = AF_INET,
                .sin_port = htons((uint16_t)atoi(argv[0])),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        json_t *session;

        for (;;) {
                d->in = d->out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                if (connect(d->in, (struct sockaddr *)&at, sizeof(at)) == 0)
                        break;
                (void)close(d->in);
                (void)usleep(10 * POLL_USEC);
        }
        json_decref(firefox_take(d)); /* it presents itself */
        session = firefox_call(
                d, "WebDriver:NewSession", json_pack("{s:s}", "pageLoadStrategy", "none"));
        json_decref(session);
        return session;
}

static void firefox_go(Drive *d, const char *url) {
        json_decref(firefox_call(d, "WebDriver:Navigate", json_pack("{s:s}", "url", url)));
}

static char *firefox_eval(Drive *d, const char *expression) {
        _cleanup_(buffer_done) Buffer script = {0};
        const char *value;
        json_t *result;
        char *copy;

        must(buffer_printf(&script, "return (%s)", expression) >= 0, "memory");
        result = firefox_call(d, "WebDriver:ExecuteScript",
                json_pack("{s:s, s:[]}", "script", script.data, "args"));
        value = json_string_value(json_object_get(result, "value"));
        copy = value ? strdup(value) : NULL;
        json_decref(result);
        return copy;
}

/* --- lines ----------------------------------------------------------------------------------- */

static const Tongue chromium = {chromium_begin, chromium_go, chromium_eval};
static const Tongue firefox = {firefox_begin, firefox_go, firefox_eval};

static void do_go(Drive *d, const char *url) {
        uint64_t told = now_usec();

        d->tongue->go(d, url);
        printf("%llu\n", (unsigned long long)told);
}

static void do_eval(Drive *d, const char *expression) {
        _cleanup_free_ char *value = d->tongue->eval(d, expression);

        printf("%s\n", value ? value : "");
}

static void do_until(Drive *d, const char *line) {
        char *expression;
        uint64_t end = now_usec() + strtoull(line, &expression, 10) * 1000;
        _cleanup_free_ char *value = NULL;

        while ((!value || !*value) && now_usec() < end) {
                free(value);
                value = d->tongue->eval(d, expression);
                if (!value || !*value)
                        (void)usleep(POLL_USEC);
        }
        printf("%s\n", value ? value : "");
}

static const struct {
        const char *word;
        void (*act)(Drive *d, const char *rest);
} acts[] = {{"go ", do_go}, {"eval ", do_eval}, {"until ", do_until}};

int main(int argc, char *argv[]) {
        Drive d = {.in = -1, .out = -1};
        char *line = NULL;
        size_t space = 0;
        ssize_t len;

        must(argc > 2, "what browser?");
        d.tongue = streq(argv[1], "chromium") ? &chromium : &firefox;
        must(d.tongue->begin(&d, argv + 2), "the browser's session");
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        (void)setvbuf(stderr, NULL, _IOLBF, 0);
        printf("ready\n");
        while ((len = getline(&line, &space, stdin)) > 0) {
                line[len - 1] = '\0';
                for (size_t i = 0; i < ARRAY_LEN(acts); i++)
                        if (strncmp(line, acts[i].word, strlen(acts[i].word)) == 0)
                                acts[i].act(&d, line + strlen(acts[i].word));
        }
        free(line);
        return 0;
}
