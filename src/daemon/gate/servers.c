/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The servers that are found on desktops: data. What is done about one is the gate's. */

#include "daemon/gate/servers.h"

#include "common/macro.h"

const Server servers[SERVERS] = {
        {.name = "dunst", .program = "dunst", .unit = "dunst.service"},
        {.name = "mako", .program = "mako", .unit = "mako.service"},
        {.name = "swaync", .program = "swaync", .unit = "swaync.service"},
        {.name = "xfce4-notifyd", .program = "xfce4-notifyd", .unit = "xfce4-notifyd.service"},
        {.name = "Plasma", .program = "plasmashell", .unit = "plasma-plasmashell.service"},
        {.name = "mate-notification-daemon", .program = "mate-notification-daemon"},
        {.name = "notification-daemon", .program = "notification-daemon"},
        {.name = "lxqt-notificationd", .program = "lxqt-notificationd"},
        /* its helper owns the name, as a rule, and hands on to the shell */
        {.name = "GNOME Shell", .program = "gjs-console", .shell = true},
        {.name = "GNOME Shell", .program = "gnome-shell", .shell = true},
};

const Server *server_by_program(const char *program) {
        for (size_t i = 0; i < SERVERS; i++)
                if (streq(servers[i].program, program))
                        return &servers[i];
        return NULL;
}
