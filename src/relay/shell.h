/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"
#include "relay/clients.h"

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* The door to GNOME's shell: callers' calls go in, answers and signals come out to the caller whom
 * they concern. Calls wait their turn while the shell starts. */
typedef struct Shell Shell;

enum {
        SHELL_WAITING_MAX = 256, /* calls that may wait for the shell; the next ones are refused */
};

/* What becomes of it. `userdata` is handed back. */
typedef struct ShellListener {
        void *userdata;
        void (*ready)(void *userdata);  /* the shell answers now */
        void (*silent)(void *userdata); /* it did not, for a minute, and is asked no more */
        void (*broken)(void *userdata); /* it answers, but not to Notify as we pass it on */
} ShellListener;

/* `connection` and `clients` outlive it. Returns 0 or a negative errno. */
int shell_new(DBusConnection *connection, sd_event *event, Clients *clients,
        const ShellListener *listener, Shell **ret);
/* Accepts NULL; returns NULL. */
Shell *shell_free(Shell *s);
DEFINE_CLEANUP(Shell *, shell_free)

/* The shell is on the bus, under this unique name; is it ready? */
int shell_came(Shell *s, const char *unique);
/* Asks again, for a minute, whether it is ready; nothing, when it is. */
int shell_probe(Shell *s);
/* It is gone. Who waits is told so. */
void shell_left(Shell *s);
bool shell_ready(const Shell *s);

/* Passes a call on, or keeps it until that can be done. The caller of the call has an answer in any
 * case. `replaces` is the id that a Notify replaces. Returns 0 or -ENOMEM. */
int shell_pass(Shell *s, DBusMessage *call, uint32_t replaces);

/* Has the shell close a notification that its application has replaced. Returns 0 or -ENOMEM. */
int shell_close(Shell *s, uint32_t id);

/* The same for a notification of org.gtk.Notifications. */
int shell_remove(Shell *s, const char *app, const char *id);

/* A signal has come. True when it was the shell's, and has been passed on. */
bool shell_signal(Shell *s, DBusMessage *signal);

/* How many calls have no answer yet. */
size_t shell_open_calls(const Shell *s);

/* Asks who the server is, of the shell itself or through the gate, as an application would.
 * `answer` is called once, with whether there was an answer in time. Returns 0 or -ENOMEM. */
int shell_ask(DBusConnection *connection, const char *destination, int msec,
        void (*answer)(void *userdata, bool answered), void *userdata);
