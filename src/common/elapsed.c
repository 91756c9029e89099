/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The clock of promises. It reads no clock of the machine's and keeps nothing: the enforcer and the
 * manager do. */

#include "common/elapsed.h"

#include "common/file.h"

/* Times come from clocks that may be set to anything, so differences are taken where nothing
 * overflows. */
typedef __int128 Wide;

#define STEP_USEC USEC_PER_SEC /* a smaller step of the wall clock waits for more of its kind */

static uint64_t narrow(Wide usec) {
        return usec < 0 ? 0 : usec > UINT64_MAX ? UINT64_MAX : (uint64_t)usec;
}

uint64_t usec_later(uint64_t usec, uint64_t by) {
        return narrow((Wide)usec + by);
}

uint64_t usec_moved(uint64_t usec, uint64_t from, uint64_t to) {
        return narrow((Wide)usec - from + to);
}

int boot_id_read(char ret[static BOOT_ID_SPACE]) {
        char text[64];
        size_t n = 0;
        int r;

        r = file_read_word("/proc/sys/kernel/random/boot_id", text, sizeof(text));
        if (r < 0)
                return r;
        for (const char *p = text; *p && n < BOOT_ID_SPACE - 1; p++)
                if (*p != '-')
                        ret[n++] = *p;
        ret[n] = '\0';
        return 0;
}

void elapsed_init(Elapsed *e, const Moment *now) {
        *e = (Elapsed){.seen = *now, .usec = now->wall_usec, .kept_usec = now->wall_usec};
}

/* How long the machine was off before the boot of `now`, as far as that is certain. */
static uint64_t time_off(const Elapsed *e, const Moment *now) {
        Wide began = (Wide)now->wall_usec - now->boot_usec;
        Wide ahead = (Wide)e->seen.wall_usec - e->usec;

        return narrow(began - e->usec - MAX(ahead, (Wide)0));
}

bool elapsed_tick(Elapsed *e, const Moment *now) {
        bool same = streq(e->seen.boot, now->boot), keep;
        uint64_t elapsed;
        Wide step;

        if (same && now->boot_usec < e->seen.boot_usec)
                return false;
        elapsed = same ? now->boot_usec - e->seen.boot_usec
                       : usec_later(time_off(e, now), now->boot_usec);
        step = (Wide)now->wall_usec - e->seen.wall_usec - elapsed;
        e->usec = usec_later(e->usec, elapsed);

        keep = !same || step > (Wide)STEP_USEC || step < -(Wide)STEP_USEC ||
               e->usec - e->kept_usec >= ELAPSED_KEEP_USEC;
        if (keep) {
                e->seen = *now;
                e->kept_usec = e->usec;
        } else {
                /* many small steps make a large one, so the next is measured from before this */
                e->seen.boot_usec = now->boot_usec;
                e->seen.wall_usec = usec_later(e->seen.wall_usec, elapsed);
        }
        return keep;
}

uint64_t elapsed_wall(const Elapsed *e, uint64_t usec) {
        return usec_moved(usec, e->usec, e->seen.wall_usec);
}

uint64_t elapsed_clock(const Elapsed *e, uint64_t wall_usec) {
        return usec_moved(wall_usec, e->seen.wall_usec, e->usec);
}
