/* SPDX-License-Identifier: GPL-3.0-or-later */

/* nocontact-webext-host: the browser's child. Standard input and output are the extension's, the
 * event loop ends with them. */

#include "common/file.h"
#include "common/log.h"
#include "webext/bridge.h"
#include "webext/browser.h"
#include "webext/message.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help_text[] =
        "Usage: nocontact-webext-host MANIFEST EXTENSION\n"
        "       nocontact-webext-host ORIGIN\n"
        "\n"
        "Carries the browser extension's questions to nocontactd, and the answers back. Browsers\n"
        "start it; its standard input and output are native messaging.\n"
        "\n"
        "  --help     show this text\n"
        "  --version  show the version\n";

typedef struct Host {
        sd_event *event;
        Bridge *bridge;
        sd_event_source *input;  /* off while the bridge is full ... */
        sd_event_source *resume; /* ... until this has run */
        MessageReader reader;
        bool ended; /* the browser has gone, or makes no sense: nothing more is said */
} Host;

static void host_done(Host *h) {
        bridge_free(h->bridge);
        sd_event_source_disable_unref(h->input);
        sd_event_source_disable_unref(h->resume);
        message_reader_done(&h->reader);
        sd_event_unref(h->event);
}

static void end(Host *h, int status) {
        h->ended = true;
        (void)sd_event_exit(h->event, status);
}

static void on_say(void *userdata, const json_t *message) {
        _cleanup_(buffer_done) Buffer out = {0};
        Host *h = userdata;
        int r;

        if (h->ended)
                return;
        r = message_add(&out, message);
        if (r >= 0)
                r = fd_write_all(STDOUT_FILENO, out.data, out.len);
        if (r == -EPIPE)
                end(h, EXIT_SUCCESS);
        else if (r < 0) {
                log_error("The browser could not be answered: %s", strerror(-r));
                end(h, EXIT_FAILURE);
        }
        /* the question is open until this returns */
        (void)sd_event_source_set_enabled(h->resume, SD_EVENT_ONESHOT);
}

/* Whatever whole messages there are and can be answered; the rest waits, and the browser with it.
 */
static int hear(Host *h) {
        int r = 0;

        while (!h->ended) {
                json_t *message;

                r = sd_event_source_set_enabled(
                        h->input, bridge_is_full(h->bridge) ? SD_EVENT_OFF : SD_EVENT_ON);
                if (r < 0 || bridge_is_full(h->bridge))
                        break;

                r = message_take(&h->reader, &message);
                if (r <= 0)
                        break;
                r = bridge_hear(h->bridge, message);
                json_decref(message);
                if (r < 0)
                        break;
        }
        return r;
}

static void judge_hearing(Host *h, int r) {
        if (r >= 0)
                return;
        log_error("The browser said what cannot be understood: %s", strerror(-r));
        end(h, EXIT_FAILURE);
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        char bytes[16384];
        Host *h = userdata;
        ssize_t n;
        int r;

        (void)source, (void)events;
        n = read(fd, bytes, sizeof(bytes));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0) {
                if (n == 0 && !message_reader_has_rest(&h->reader)) {
                        end(h, EXIT_SUCCESS);
                        return 0;
                }
                r = n < 0 ? -errno : -EBADMSG;
        } else {
                r = message_reader_add(&h->reader, bytes, (size_t)n);
                if (r >= 0)
                        r = hear(h);
        }
        judge_hearing(h, r);
        return 0;
}

static int on_resume(sd_event_source *source, void *userdata) {
        (void)source;
        judge_hearing(userdata, hear(userdata));
        return 0;
}

static int serve(const char *browser) {
        _cleanup_(host_done) Host h = {0};
        int r;

        r = sd_event_new(&h.event);
        if (r >= 0)
                r = sd_event_add_io(h.event, &h.input, STDIN_FILENO, EPOLLIN, on_input, &h);
        if (r >= 0)
                r = sd_event_add_defer(h.event, &h.resume, on_resume, &h);
        if (r < 0) {
                log_error("Standard input is no connection to a browser: %s", strerror(-r));
                return EXIT_FAILURE;
        }
        r = bridge_new(h.event, browser, on_say, &h, &h.bridge);
        if (r < 0) {
                log_error("There is no session bus: %s", strerror(-r));
                return EXIT_FAILURE;
        }
        r = sd_event_loop(h.event);
        return r < 0 ? EXIT_FAILURE : r;
}

int main(int argc, char **argv) {
        char link[64], parent[PATH_MAX];
        const char *browser;
        ssize_t n;

        if (argc == 2 && (streq(argv[1], "--help") || streq(argv[1], "--version"))) {
                (void)fputs(argv[1][2] == 'h' ? help_text : NOCONTACT_VERSION "\n", stdout);
                return EXIT_SUCCESS;
        }
        (void)umask(0077);
        (void)signal(SIGPIPE, SIG_IGN);
        /* a core file would hold where the user was */
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0});

        (void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)getppid());
        n = readlink(link, parent, sizeof(parent) - 1);
        parent[n > 0 ? n : 0] = '\0';
        browser = browser_name(argc, (const char *const *)argv, parent);
        if (!browser) {
                (void)fputs("nocontact-webext-host: a browser starts this; see --help.\n", stderr);
                return 2;
        }
        return serve(browser);
}
