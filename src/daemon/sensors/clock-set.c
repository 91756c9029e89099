/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A timer of the far future that the kernel cancels when the wall clock is set (timerfd_create(2),
 * TFD_TIMER_CANCEL_ON_SET). It does not look what time it is: the manager does. */

#include "daemon/sensors/clock-set.h"

#include "common/file.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#define NEVER_SEC 8000000000 /* in the year 2223 */

struct ClockSet {
        int fd;
        sd_event_source *source;
        void (*func)(void *userdata);
        void *userdata;
};

static int arm(const ClockSet *c) {
        const struct itimerspec never = {.it_value.tv_sec = NEVER_SEC};

        return timerfd_settime(c->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0
                       ? -errno
                       : 0;
}

static int on_cancelled(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        ClockSet *c = userdata;
        uint64_t expired;

        (void)source, (void)events;
        /* it ends with ECANCELED, which is the news */
        (void)!read(fd, &expired, sizeof(expired));
        c->func(c->userdata);
        return arm(c);
}

int clock_set_new(sd_event *event, void (*func)(void *userdata), void *userdata, ClockSet **ret) {
        _cleanup_(clock_set_freep) ClockSet *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->func = func;
        c->userdata = userdata;
        c->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
        if (c->fd < 0)
                return -errno;
        r = arm(c);
        if (r >= 0)
                r = sd_event_add_io(event, &c->source, c->fd, EPOLLIN, on_cancelled, c);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

ClockSet *clock_set_free(ClockSet *c) {
        if (!c)
                return NULL;
        sd_event_source_disable_unref(c->source);
        closep(&c->fd);
        free(c);
        return NULL;
}
