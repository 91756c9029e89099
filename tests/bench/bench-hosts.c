/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How long does it take to hold 100 names in a hosts file, and how much memory? Beside it, in the
 * same rounds and on the same file: cp and a sync of the copy, which is the least that a whole new
 * file costs; hBlock's manner (sed and cat over the file, no sync); SelfControl's (all of it read
 * into memory, the block replaced as a string, all of it written to a new file and renamed, no
 * sync). Each is a process of its own, timed from its fork to its end. It decides nothing. */

#include "common/buffer.h"
#include "common/file.h"
#include "enforcer/hosts-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NAMES = 100, RUNS_MAX = 60 };

/* All paths of a run; the working folder is one of its own. */
static const char ORIGINAL[] = "original", HOSTS[] = "hosts", COPY[] = "copy", STATE[] = "state",
                  BLOCK[] = "block";

typedef struct Way {
        const char *what;
        const char *argv[6];
        const char *sync; /* the file that is synced as part of it, or NULL */
        double msec[RUNS_MAX];
        long rss; /* KiB, the most that one of its processes had */
} Way;

/* --- the ways -------------------------------------------------------------------------------- */

static char names[NAMES][32];

static const HostsEntry *entries(void) {
        static HostsEntry all[NAMES];

        for (unsigned i = 0; i < NAMES; i++) {
                (void)snprintf(names[i], sizeof(names[i]), "name%u.example", i);
                all[i] = (HostsEntry){.address = 0x7f420001, .name = names[i]};
        }
        return all;
}

static int ours(void) {
        return hosts_file_apply(HOSTS, STATE, entries(), NAMES, NULL) == HOSTS_WRITTEN ? 0 : 1;
}

static int read_all(const char *path, Buffer *to) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        to->data = malloc((size_t)st.st_size + 1);
        if (!to->data)
                return -ENOMEM;
        to->len = (size_t)read(fd, to->data, (size_t)st.st_size);
        return 0;
}

static int selfcontrol(void) {
        Buffer text = {0}, block = {0}, whole = {0};
        char *begin = NULL, *end = NULL;
        FILE *f;

        if (read_all(HOSTS, &text) < 0 || read_all(BLOCK, &block) < 0)
                return 1;
        begin = memmem(text.data, text.len, block.data, 40);
        end = begin ? memmem(text.data, text.len, block.data + block.len - 40, 40) : NULL;
        if (end) {
                (void)buffer_add(&whole, text.data, (size_t)(begin - text.data));
                (void)buffer_add(&whole, end + 40, (size_t)(text.data + text.len - end - 40));
        } else {
                (void)buffer_add(&whole, text.data, text.len);
        }
        (void)buffer_add(&whole, block.data, block.len);
        f = fopen("new", "we");
        return !f || fwrite(whole.data, 1, whole.len, f) != whole.len || fclose(f) != 0 ||
               rename("new", HOSTS) < 0;
}

/* --- measuring ------------------------------------------------------------------------------- */

static double now_msec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void must(int ok, const char *what) {
        if (ok)
                return;
        perror(what);
        exit(EXIT_FAILURE);
}

static void sync_file(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

        must(fd >= 0 && fsync(fd) == 0, path);
}

/* Returns the process's greatest memory. */
static long spawn(const char *const *argv) {
        struct rusage usage;
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                (void)execvp(argv[0], (char *const *)argv);
                _exit(127);
        }
        must(pid > 0 && wait4(pid, &status, 0, &usage) == pid, argv[0]);
        errno = 0;
        must(status == 0, argv[0]);
        return usage.ru_maxrss;
}

static double measure(Way *w) {
        double start;
        long rss;

        /* the file as it was, and the disk at rest */
        (void)unlink(COPY);
        (void)spawn((const char *[]){"cp", ORIGINAL, HOSTS, NULL});
        sync_file(HOSTS);
        sync_file(".");

        start = now_msec();
        rss = spawn(w->argv);
        if (w->sync)
                sync_file(w->sync);
        start = now_msec() - start;
        w->rss = MAX(w->rss, rss);
        return start;
}

static int compare(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static double quantile(const double *values, unsigned n, double q) {
        double sorted[RUNS_MAX];

        memcpy(sorted, values, n * sizeof(*values)); /* the rounds stay in pairs */
        qsort(sorted, n, sizeof(*sorted), compare);
        return sorted[(unsigned)(q * (n - 1))];
}

static void print(const Way *w, const Way *cp, unsigned runs) {
        double ratio[RUNS_MAX];

        for (unsigned i = 0; i < runs; i++)
                ratio[i] = w->msec[i] / cp->msec[i];
        printf("  %-34s %4u   %8.2f %8.2f   %6.2f %6.2f   %7.1f\n", w->what, runs,
                quantile(w->msec, runs, 0.5), quantile(w->msec, runs, 0.95),
                quantile(ratio, runs, 0.5), quantile(ratio, runs, 0.95), (double)w->rss / 1024);
}

static void bench(const char *self, unsigned lines, unsigned runs) {
        Way ways[] = {
                {.what = "cp + fsync", .argv = {"cp", ORIGINAL, COPY}, .sync = COPY},
                {.what = "nocontact (goal <= 1.3 x cp, < 8 MB)", .argv = {self, "--ours"}},
                {.what = "hBlock's way, unsynced",
                        .argv = {"sh", "-c",
                                "{ cat block; sed '/# nocontact$/d' hosts; } >new && cat new >hosts "
                                "&& rm new"}},
                {.what = "SelfControl's way, unsynced", .argv = {self, "--selfcontrol"}},
        };
        struct stat st;
        FILE *f = fopen(ORIGINAL, "we");

        must(f != NULL, ORIGINAL);
        for (unsigned i = 0; i < lines; i++)
                must(fprintf(f, "0.0.0.0 ads%u.tracker.example\n", i) > 0, ORIGINAL);
        must(fclose(f) == 0 && stat(ORIGINAL, &st) == 0, ORIGINAL);
        sync_file(ORIGINAL);
        for (unsigned i = 0; i < runs + 1; i++) /* the first is not counted */
                for (unsigned k = 0; k < ARRAY_LEN(ways); k++) {
                        Way *w = &ways[(i + k) % ARRAY_LEN(ways)]; /* none is always the first */
                        double msec = measure(w);

                        if (i > 0)
                                w->msec[i - 1] = msec;
                }
        printf("%u lines, %.1f MB:%*s runs   ms: p50      p95   x cp: p50   p95   max RSS MB\n",
                lines, (double)st.st_size / 1e6,
                lines < 1000      ? 19
                : lines < 1000000 ? 14
                                  : 13,
                "");
        for (unsigned k = 0; k < ARRAY_LEN(ways); k++)
                print(&ways[k], &ways[0], runs);
}

int main(int argc, char **argv) {
        static const struct {
                const char *flag;
                int (*run)(void);
        } CHILDREN[] = {{"--ours", ours}, {"--selfcontrol", selfcontrol}};
        char dir[] = "/var/tmp/nocontact-bench-XXXXXX", self[4096] = "";

        for (size_t i = 0; i < ARRAY_LEN(CHILDREN); i++)
                if (argc > 1 && streq(argv[1], CHILDREN[i].flag))
                        return CHILDREN[i].run();
        must(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0 && mkdtemp(dir) &&
                        chdir(dir) == 0 && mkdir(STATE, 0700) == 0,
                dir);
        must(hosts_file_apply(BLOCK, STATE, entries(), NAMES, NULL) == HOSTS_WRITTEN, BLOCK);

        bench(self, 50, 60);
        bench(self, 250000, 30);
        bench(self, 1000000, 20);
        must(chdir("/") == 0, "/");
        (void)spawn((const char *[]){"rm", "-r", dir, NULL});
        return EXIT_SUCCESS;
}
