/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Measures the history sensor beside a writer that behaves like a browser: how long from a commit
 * to the visit, and what it costs.
 *
 *     history-bench firefox|chromium MIB WRITES PAUSE_MS
 *
 * PAUSE_MS lies between two writes; 0 writes as fast as it goes. */

#include "common/file.h"
#include "common/time.h"
#include "daemon/sensors/history.h"
#include "unit/browser-db.h"

#include <ftw.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define T0 ((uint64_t)1790000000000000)

typedef struct Bench {
        sd_event *event;
        _Atomic uint64_t *written; /* by number: when its commit returned; shared with the writer */
        uint64_t *late;
        unsigned n, wanted, reads;
} Bench;

static uint64_t now_usec(void) {
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / 1000;
}

static int on_resume(void *userdata, const char *profile, Cursor *ret) {
        (void)userdata;
        (void)profile;
        (void)ret;
        return 0;
}

static int on_visits(
        void *userdata, const char *profile, const Visit *visits, size_t n, const Cursor *after) {
        Bench *b = userdata;
        uint64_t now = now_usec();

        (void)profile;
        (void)after;
        b->reads++;
        for (size_t i = 0; i < n; i++) {
                uint64_t at = b->written[strtoul(strrchr(visits[i].url, '/') + 1, NULL, 10)];

                /* zero: seen before the writer could say that it was done */
                b->late[b->n++] = at > 0 && now > at ? now - at : 0;
        }
        return b->n >= b->wanted ? sd_event_exit(b->event, 0) : 0;
}

static void on_coverage(void *userdata, const HistoryCoverage *c) {
        (void)userdata;
        if (c->detail)
                printf("# %s\n", c->detail);
}

static void run_writer(const Bench *b, const char *path, BrowserFamily family, unsigned pause_ms) {
        BrowserDb db;

        browser_db_open(path, family, &db);
        (void)usleep(300000);
        for (unsigned i = 0; i < b->wanted; i++) {
                char url[64];

                (void)snprintf(url, sizeof(url), "https://new.example/%u", i);
                (void)browser_db_add(&db, T0 + i, url);
                b->written[i] = now_usec();
                if (pause_ms > 0)
                        (void)usleep(pause_ms * 1000 + (i * 7919) % 1000 * 4);
        }
        (void)pause();
        _exit(0);
}

static int compare(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

static double ms(uint64_t usec) {
        return (double)usec / 1000;
}

/* Processor time of this process, in µs. */
static uint64_t cpu_usec(void) {
        struct timespec t;

        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / 1000;
}

static void report(Bench *b, uint64_t took, uint64_t cpu) {
        struct rusage use;

        (void)getrusage(RUSAGE_SELF, &use);
        qsort(b->late, b->n, sizeof(*b->late), compare);
        printf("%u visits in %u reads: min %.1f p50 %.1f p95 %.1f max %.1f ms; %.1f ms of "
               "processor time in %.1f s: %.1f %%; %ld KiB at most\n",
                b->n, b->reads, ms(b->late[0]), ms(b->late[b->n / 2]), ms(b->late[b->n * 95 / 100]),
                ms(b->late[b->n - 1]), ms(cpu), ms(took) / 1000, 100.0 * (double)cpu / (double)took,
                use.ru_maxrss);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static int measure(Bench *b, const char *home, const char *copies) {
        static const HistoryListener LISTENER = {on_resume, on_visits, on_coverage};
        History *h = NULL;
        uint64_t begin = now_usec(), cpu = cpu_usec();
        int r;

        r = sd_event_new(&b->event);
        if (r >= 0)
                r = history_new(b->event, home, home, copies, &LISTENER, b, &h);
        if (r >= 0)
                r = history_start(h, T0);
        if (r >= 0)
                r = sd_event_loop(b->event);
        if (r >= 0)
                report(b, now_usec() - begin, cpu_usec() - cpu);
        (void)history_free(h);
        sd_event_unref(b->event);
        return r;
}

int main(int argc, char **argv) {
        BrowserFamily family =
                argc > 1 && streq(argv[1], "firefox") ? BROWSER_FIREFOX : BROWSER_CHROMIUM;
        char home[] = "/tmp/history-bench-XXXXXX", copies[] = "/dev/shm/history-bench-XXXXXX";
        Bench b = {.wanted = argc > 3 ? (unsigned)atoi(argv[3]) : 200};
        _cleanup_free_ char *path = NULL;
        BrowserDb db;
        pid_t writer;
        int r;

        if (argc < 5 || !mkdtemp(home) || !mkdtemp(copies))
                return 2;
        path = path_join(home, family == BROWSER_FIREFOX ? ".mozilla/firefox/a/places.sqlite"
                                                         : "chromium/Default/History");
        *strrchr(path, '/') = '\0';
        if (folder_make_private(path) < 0)
                return 1;
        path[strlen(path)] = '/';
        browser_db_open(path, family, &db);
        browser_db_fill(&db, T0 - USEC_PER_DAY * 365, (int64_t)atoi(argv[2]) * 1024 * 1024);
        browser_db_close(&db);
        b.late = calloc(b.wanted + 1, sizeof(*b.late));
        b.written = mmap(NULL, (b.wanted + 1) * sizeof(*b.written), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        writer = fork();
        if (writer == 0)
                run_writer(&b, path, family, (unsigned)atoi(argv[4]));
        r = measure(&b, home, copies);
        (void)kill(writer, SIGKILL);
        (void)waitpid(writer, NULL, 0);
        (void)nftw(home, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        (void)nftw(copies, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        free(b.late);
        return r < 0;
}
