/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A notification server that shows nothing and answers at once: what a bench measures a gate
 * against. Owns the name that it is given until it is ended.
 *
 *   notify-null NAME */

#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-bus.h>

static int on_notify(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        uint32_t *last = userdata;

        (void)error;
        return sd_bus_reply_method_return(m, "u", ++*last);
}

static int on_capabilities(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void)userdata;
        (void)error;
        return sd_bus_reply_method_return(m, "as", 2, "actions", "body");
}

static int on_close(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void)userdata;
        (void)error;
        return sd_bus_reply_method_return(m, "");
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", on_notify, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetCapabilities", "", "as", on_capabilities, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("CloseNotification", "u", "", on_close, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int main(int argc, char *argv[]) {
        sd_bus *bus = NULL;
        uint32_t last = 0;
        int r;

        if (argc != 2) {
                (void)fprintf(stderr, "usage: notify-null NAME\n");
                return 2;
        }
        r = sd_bus_open_user(&bus);
        if (r >= 0)
                r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/Notifications",
                        "org.freedesktop.Notifications", vtable, &last);
        if (r >= 0)
                r = sd_bus_request_name(bus, argv[1], 0);
        while (r >= 0) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
        }
        return 1;
}
