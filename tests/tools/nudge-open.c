/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Opens a file or URI through the opener, for tests before a real service manager, and prints how
 * that ended: "0", or a negative errno.
 *
 *   nudge-open TARGET */

#include "daemon/responders/opener.h"

#include <stdio.h>
#include <systemd/sd-event.h>

static void on_done(void *userdata, const char *target, int error) {
        sd_event *event = userdata;

        (void)target;
        (void)printf("%d\n", error);
        (void)sd_event_exit(event, 0);
}

static int run(sd_event *event, const char *target) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(opener_freep) Opener *o = NULL;
        int r;

        r = sd_bus_open_user(&bus);
        if (r < 0)
                return r;
        r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        r = opener_new(bus, on_done, event, &o);
        if (r < 0)
                return r;
        r = opener_open(o, target);
        return r < 0 ? r : sd_event_loop(event);
}

int main(int argc, char **argv) {
        sd_event *event = NULL;
        int r;

        if (argc != 2) {
                (void)fprintf(stderr, "usage: nudge-open TARGET\n");
                return 2;
        }
        r = sd_event_new(&event);
        if (r >= 0)
                r = run(event, argv[1]);
        sd_event_unref(event);
        if (r < 0)
                (void)fprintf(stderr, "nudge-open: %s\n", strerror(-r));
        return r < 0;
}
