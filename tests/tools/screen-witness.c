/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Watches the picture of a virtual screen (Xvfb -fbdir) for anything but the background, for tests
 * that claim that something was never painted. Looks about 2,000 times a second. For each
 * line on its standard input it prints what it saw since the last one, with the longest time
 * between two looks, and ends with its input. A 'b' in the line makes what is there the background,
 * for a server that paints a desktop before it shows anything.
 *
 *   screen-witness FRAMEBUFFER-FILE */

#include "common/macro.h"
#include "common/time.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_USEC = 400 };

typedef struct Witness {
        const void *screen;
        void *background;
        size_t size;
        bool covered;        /* at the last look */
        unsigned long looks; /* since the last line */
        unsigned long appearances, changed;
        uint64_t last_usec, gap_usec; /* of the last look; the longest time without one */
} Witness;

static uint64_t now_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

static void look(Witness *w) {
        bool covered = memcmp(w->screen, w->background, w->size) != 0;
        uint64_t now = now_usec();

        w->appearances += covered && !w->covered;
        w->changed += covered;
        w->covered = covered;
        w->looks++;
        if (w->last_usec > 0)
                w->gap_usec = MAX(w->gap_usec, now - w->last_usec);
        w->last_usec = now;
}

/* What is on the screen now counts as an appearance that goes on, not as a new one. */
static void report(Witness *w) {
        (void)printf("appearances=%lu changed=%lu covered=%d looks=%lu gap_usec=%llu\n",
                w->appearances, w->changed, w->covered, w->looks, (unsigned long long)w->gap_usec);
        (void)fflush(stdout);
        w->appearances = w->changed = w->looks = 0;
        w->gap_usec = 0;
}

static void take_background(Witness *w) {
        memcpy(w->background, w->screen, w->size);
        w->covered = false;
}

static int watch(Witness *w) {
        const struct timespec pause = {.tv_nsec = PAUSE_USEC * 1000};
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        char text[64];

        for (;;) {
                int r = ppoll(&in, 1, &pause, NULL);
                ssize_t n;

                look(w);
                if (r <= 0)
                        continue;
                n = read(STDIN_FILENO, text, sizeof(text));
                if (n <= 0)
                        return 0;
                for (ssize_t i = 0; i < n; i++) {
                        if (text[i] == 'b')
                                take_background(w);
                        if (text[i] == '\n')
                                report(w);
                }
        }
}

int main(int argc, char *argv[]) {
        Witness w = {0};
        struct stat st;
        int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

        if (fd < 0 || fstat(fd, &st) < 0) {
                (void)fprintf(stderr, "usage: screen-witness FRAMEBUFFER-FILE\n");
                return 2;
        }
        w.size = (size_t)st.st_size;
        w.screen = mmap(NULL, w.size, PROT_READ, MAP_SHARED, fd, 0);
        w.background = malloc(w.size);
        if (w.screen == MAP_FAILED || !w.background)
                return 1;
        take_background(&w);
        /* it should see what busy programs paint; only root may have it so */
        (void)setpriority(PRIO_PROCESS, 0, -15);
        return watch(&w);
}
