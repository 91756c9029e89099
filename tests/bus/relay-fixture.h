/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bus/session.h"
#include "common/buffer.h"
#include "unit/test.h"

#include <stdint.h>
#include <time.h>

/* The real relay between a real bus and a notification server of the test's own, which speaks
 * libdbus through the relay's socket. Client, server and test are one thread: whatever waits lets
 * both connections work. NOCONTACT_TEST_BUS names another bus to be in front of. */

#define SERVER_PATH "/org/freedesktop/Notifications"

/* What the server was shown. */
typedef struct Shown {
        char *summary;
        uint32_t replaces;
        size_t image; /* bytes of its picture */
} Shown;

typedef struct Relay {
        Session session;
        char *bus, *listen, *data, *spool, *log; /* an address, and paths */
        pid_t pid;
        DBusConnection *client, *server;
        Shown *shown;
        size_t n_shown, shown_space;
        DBusMessage *last;                 /* Notify that reached the server; NULL: none */
        uint32_t next_id;                  /* of the server's own */
        bool mute;                         /* the server answers no Notify */
        unsigned closed_calls;             /* CloseNotification that reached the server */
        unsigned added;                    /* AddNotification that did */
        unsigned closed_signals;           /* NotificationClosed that reached the client ... */
        uint32_t closed_id, closed_reason; /* ... and what the last one said */
        unsigned invoked;                  /* ActionInvoked that did */
} Relay;

/* cmocka's setup and teardown of a group: the bus, the relay and the client; without rules. */
int relay_setup(void **state);
/* The same without the relay. */
int relay_prepare(void **state);
int relay_teardown(void **state);

/* Before each test: rules that hold "Alex Doe", an empty spool, a server that has the name, and
 * nothing counted. */
int relay_begin(void **state);

/* The relay's process. */
void relay_spawn(Relay *r);
/* Sends a signal and waits for its end; returns the status of waitpid(). */
int relay_end(Relay *r, int signal);

void server_connect(Relay *r);
/* By another way, and with another name. */
void server_connect_as(Relay *r, const char *address, const char *name);
void server_close(Relay *r);
/* Has the server's connection ended? */
bool server_is_gone(Relay *r);

/* Rules that hold a name; NULL: none, and no file. */
void relay_rules(Relay *r, const char *name);

/* A connection that is registered on a bus. */
DBusConnection *connect_to(const char *address);
/* Lets one connection do what it can do at once. */
void relay_work(DBusConnection *c);
/* Lets both connections work for a moment. */
void relay_spin(Relay *r);
/* Waits until a condition holds, and fails when it does not come to. */
#define RELAY_WAIT(r, condition)                                                                   \
        do {                                                                                       \
                time_t _begun = relay_seconds();                                                   \
                while (!(condition)) {                                                             \
                        assert_true(relay_seconds() - _begun < RELAY_PATIENCE);                    \
                        relay_spin(r);                                                             \
                }                                                                                  \
        } while (0)

enum {
        RELAY_PATIENCE = 120 /* seconds: decides nothing but a hang */
};

/* A clock for it. */
time_t relay_seconds(void);

/* A call of Notify; the caller unrefs. */
DBusMessage *notify_message(const char *summary, uint32_t replaces, size_t image);
/* Sends a call and waits for its answer, which the caller unrefs; the call is unreffed. */
DBusMessage *relay_call(Relay *r, DBusMessage *call);
/* Both: returns the id that the caller was told. */
uint32_t relay_notify(Relay *r, const char *summary, uint32_t replaces);

/* How many files the spool has, and the newest one's bytes when there is one. */
unsigned relay_spooled(const Relay *r, Buffer *ret_newest);
void relay_empty_spool(const Relay *r);
/* Nothing has been counted. */
void relay_forget(Relay *r);
