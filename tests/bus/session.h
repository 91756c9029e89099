/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <dbus/dbus.h>
#include <stdbool.h>
#include <sys/types.h>

/* A session of the test's own: a folder with HOME and all XDG folders below it, a real dbus-daemon
 * with no service folders, the real nocontactd, and a connection by libdbus-1, an implementation
 * other than the daemon's. Everything that fails here ends the test program. */
typedef struct Session {
        char *dir;     /* holds home/, data/, config/, run/ */
        char *address; /* of the bus */
        pid_t bus_pid, daemon_pid, system_pid;
        DBusConnection *bus;
} Session;

/* Starts the bus and connects; the daemon is started apart. */
void session_start(Session *s);
/* The same; `more` goes into the bus's configuration besides. */
void session_start_with(Session *s, const char *more);
/* Ends daemon and bus, and removes the folder. */
void session_stop(Session *s);

/* A second bus, which stands for the system's: DBUS_SYSTEM_BUS_ADDRESS names it from then on. It
 * starts what dir/services/ says, is ruled by the files in dir/policies/ besides, and ends with the
 * session. One that was stopped can be started again, at the same address. */
void session_system_start(Session *s);
void session_system_stop(Session *s);

/* Writes a file below dir; NULL removes it. */
void session_write(const Session *s, const char *name, const char *text);

/* Starts nocontactd from $NOCONTACT_BUILD and waits until it owns its name. */
void session_daemon_start(Session *s);
/* Starts it and waits for nothing. */
void session_daemon_spawn(Session *s);
/* Waits until the daemon owns its name. */
void session_daemon_wait(Session *s);
/* Sends a signal and waits for its end; returns the status of waitpid(). */
int session_daemon_signal(Session *s, int signal);

/* Calls a method with arguments as dbus_message_append_args() takes them. Returns the reply, or
 * NULL with the error's name in *ret_error (static or interned; may be NULL when no error is
 * expected). The caller unrefs. */
DBusMessage *session_call(Session *s, const char **ret_error, const char *path,
        const char *interface, const char *method, int first_type, ...);

/* The same for a call of which only the error counts: returns its name, or "" when it went well. */
const char *session_refusal(Session *s, const char *path, const char *interface, const char *method,
        int first_type, ...);

/* Reads a property of a basic type into *ret (a string is copied and must be freed). */
void session_get(Session *s, const char *path, const char *interface, const char *property,
        int type, void *ret);

/* AddPerson; the path must be freed. */
char *session_add_person(Session *s, const char *name);

/* How many rows Ledger.List gives for one kind of event. */
unsigned session_count(Session *s, const char *kind);

/* Everything that the state shows: GetManagedObjects and the Manager's properties in one text, less
 * the figures that run with the clock. For comparing before and after. The caller frees. */
char *session_snapshot(Session *s);
