/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Shows a nudge on the session bus, for tests on real notification servers, and prints what the
 * listener hears, a line each. Each line "visit" on its standard input is a further visit to the
 * same person; "milestone N" tells of a milestone. It ends with its input, or on SIGTERM.
 *
 *   nudge-show DATA-DIR stopped|seen DAYS TOTAL [SENTENCE [SUPPORT]] */

#include "common/time.h"
#include "daemon/responders/nudge.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

typedef struct Show {
        sd_event *event;
        Nudge *nudge;
        NudgeText text;
} Show;

static uint64_t clock_usec(clockid_t clock) {
        struct timespec ts;

        (void)clock_gettime(clock, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

static void on_shown(void *userdata, uint64_t event) {
        (void)userdata;
        (void)printf("shown %llu\n", (unsigned long long)event);
}

static void on_answered(void *userdata, uint64_t event, const char *answer) {
        (void)userdata;
        (void)printf("answered %llu %s\n", (unsigned long long)event, answer);
}

static void on_state(void *userdata, bool active, const char *detail) {
        (void)userdata;
        (void)printf("state %s: %s\n", active ? "active" : "not active", detail);
}

static const NudgeListener listener = {
        .shown = on_shown,
        .answered = on_answered,
        .state = on_state,
};

static void visit(Show *s) {
        s->text.event++;
        s->text.wall_usec = clock_usec(CLOCK_REALTIME);
        (void)printf("visit %llu: %d\n", (unsigned long long)s->text.event,
                nudge_show(s->nudge, &s->text, clock_usec(CLOCK_MONOTONIC)));
}

static int on_input(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Show *s = userdata;
        char line[64];
        unsigned days;
        ssize_t n;

        (void)source;
        (void)revents;
        n = read(fd, line, sizeof(line) - 1);
        if (n <= 0)
                return sd_event_exit(s->event, 0);
        line[n] = '\0';
        if (strncmp(line, "visit", 5) == 0)
                visit(s);
        else if (sscanf(line, "milestone %u", &days) == 1)
                (void)printf("milestone %u: %d\n", days,
                        nudge_milestone(s->nudge, s->text.person_id, days));
        return 0;
}

static int run(Show *s, const char *data_dir) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_user(&bus);
        if (r < 0)
                return r;
        r = sd_bus_attach_event(bus, s->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        r = nudge_new(s->event, bus, data_dir, &listener, s, &s->nudge);
        if (r < 0)
                return r;
        r = sd_event_add_io(s->event, NULL, STDIN_FILENO, EPOLLIN, on_input, s);
        if (r < 0)
                return r;
        visit(s);
        r = sd_event_loop(s->event);
        s->nudge = nudge_free(s->nudge);
        return r;
}

int main(int argc, char **argv) {
        Show s = {.text = {.person_id = "p1"}};
        int r;

        if (argc < 5) {
                (void)fprintf(stderr,
                        "usage: nudge-show DATA-DIR stopped|seen DAYS TOTAL [SENTENCE [SUPPORT]]\n");
                return 2;
        }
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        s.text.tone = streq(argv[2], "seen") ? NUDGE_SEEN : NUDGE_STOPPED;
        s.text.days = (unsigned)strtoul(argv[3], NULL, 10);
        s.text.total_days = (unsigned)strtoul(argv[4], NULL, 10);
        s.text.sentence = argc > 5 ? argv[5] : NULL;
        s.text.support = argc > 6 ? argv[6] : NULL;
        r = sd_event_new(&s.event);
        if (r >= 0)
                r = run(&s, argv[1]);
        sd_event_unref(s.event);
        if (r < 0)
                (void)fprintf(stderr, "nudge-show: %s\n", strerror(-r));
        return r < 0;
}
