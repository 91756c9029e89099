/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Runs the history sensor by itself and prints what it sees, one line for each visit: how late it
 * was noticed, the browser, the row and the URL. For engineers: nothing is kept, each run begins
 * anew.
 *
 *     history-watch [HOME [CONFIG_HOME [SECONDS_BACK]]]
 *
 * SIGINT or SIGTERM ends it with one line of figures. */

#include "common/file.h"
#include "common/time.h"
#include "daemon/sensors/history.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

typedef struct Tool {
        unsigned visits, batches;
} Tool;

static uint64_t now_usec(void) {
        struct timespec t;

        (void)clock_gettime(CLOCK_REALTIME, &t);
        return (uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / 1000;
}

static int on_resume(void *userdata, const char *profile, Cursor *ret) {
        (void)userdata;
        (void)ret;
        printf("profile %s\n", profile);
        return 0;
}

static int on_visits(
        void *userdata, const char *profile, const Visit *visits, size_t n, const Cursor *after) {
        Tool *tool = userdata;
        uint64_t now = now_usec();

        (void)profile;
        for (size_t i = 0; i < n; i++)
                printf("%10.1f ms  %-9s %6" PRId64 "  %s\n",
                        ((double)now - (double)visits[i].at_usec) / 1000, visits[i].browser,
                        visits[i].row, visits[i].url);
        printf("# %zu visits, cursor %" PRId64 " %" PRIu64 "\n", n, after->row, after->newest_usec);
        (void)fflush(stdout);
        tool->visits += (unsigned)n;
        tool->batches++;
        return 0;
}

static void on_coverage(void *userdata, const HistoryCoverage *c) {
        (void)userdata;
        printf("# %u profiles, %u unreadable: %s\n", c->profiles, c->unreadable,
                c->detail ? c->detail : "all is well");
        (void)fflush(stdout);
}

static int run(
        Tool *tool, const char *home, const char *config, const char *copies, uint64_t back) {
        static const HistoryListener LISTENER = {on_resume, on_visits, on_coverage};
        sd_event *event = NULL;
        History *h = NULL;
        int r;

        r = sd_event_default(&event);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
        if (r >= 0)
                r = history_new(event, home, config, copies, &LISTENER, tool, &h);
        if (r >= 0)
                r = history_start(h, now_usec() - back * USEC_PER_SEC);
        if (r >= 0)
                r = sd_event_loop(event);
        (void)history_free(h);
        sd_event_unref(event);
        return r;
}

int main(int argc, char **argv) {
        const char *home = argc > 1 ? argv[1] : getenv("HOME");
        const char *runtime = getenv("XDG_RUNTIME_DIR");
        _cleanup_free_ char *config =
                argc > 2 ? strdup(argv[2]) : path_join(home ? home : "/", ".config");
        _cleanup_free_ char *copies = path_join(runtime ? runtime : "/dev/shm", "history-watch");
        Tool tool = {0};
        struct rusage use;
        sigset_t mask;
        int r;

        (void)sigemptyset(&mask);
        (void)sigaddset(&mask, SIGINT);
        (void)sigaddset(&mask, SIGTERM);
        (void)sigprocmask(SIG_BLOCK, &mask, NULL);
        if (!home || !config || !copies || folder_make_private(copies) < 0)
                return 1;
        r = run(&tool, home, config, copies, argc > 3 ? strtoull(argv[3], NULL, 10) : 0);
        (void)rmdir(copies);
        (void)getrusage(RUSAGE_SELF, &use);
        printf("# %u visits in %u batches, %.1f ms of processor time, %ld KiB at most\n",
                tool.visits, tool.batches,
                (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
                        (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000,
                use.ru_maxrss);
        if (r < 0)
                fprintf(stderr, "history-watch: %s\n", strerror(-r));
        return r < 0;
}
