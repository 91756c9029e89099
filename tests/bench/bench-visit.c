/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How long from the browser's write to the event and to the nudge? The real daemon on a private
 * bus; the browser's database is written and locked as the browsers do it; a notification server of
 * the bench's own takes the nudge. Beside it, in the same run, what no program can be faster than:
 * one inotify wake and one SQLite read of an unlocked database. It decides nothing. */

#include "bench/series.h"
#include "bus/session.h"
#include "nocontact/bus-names.h"
#include "unit/browser-db.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VISITS = 200, PEOPLE = 100, WAIT_MSEC = 20000 };

#define NOTIFICATIONS "org.freedesktop.Notifications"

static uint64_t now_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_REALTIME, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void rest(long msec) {
        (void)nanosleep(
                &(struct timespec){.tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000}, NULL);
}

static char *folders(const char *below, const char *path) {
        char *full, *p;

        if (asprintf(&full, "%s/%s", below, path) < 0)
                abort();
        for (p = full + strlen(below); (p = strchr(p + 1, '/'));) {
                *p = '\0';
                (void)mkdir(full, 0700);
                *p = '/';
        }
        return full;
}

/* --- the limit ------------------------------------------------------------------------------- */

/* Wakes, reads the newest row once, and says so. */
static void limit_reader(const char *folder, const char *path, int ready, int out) {
        char events[4096];
        int fd = inotify_init1(IN_CLOEXEC);
        sqlite3_stmt *read_newest;
        sqlite3 *db;

        if (fd < 0 || inotify_add_watch(fd, folder, IN_MODIFY) < 0 ||
                sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
                sqlite3_prepare_v2(db, "SELECT max(id) FROM visit", -1, &read_newest, NULL) !=
                        SQLITE_OK)
                _exit(1);
        if (write(ready, "r", 1) != 1)
                _exit(1);
        while (read(fd, events, sizeof(events)) > 0) {
                (void)sqlite3_step(read_newest);
                (void)sqlite3_reset(read_newest);
                if (write(out, "w", 1) != 1)
                        _exit(1);
        }
        _exit(0);
}

static void measure_limit(const Session *s, Series *ret) {
        char *path = folders(s->dir, "limit/db");
        char *folder = folders(s->dir, "limit/");
        int ready[2], out[2];
        sqlite3 *db;
        pid_t pid;
        char c;

        if (pipe(ready) < 0 || pipe(out) < 0 || sqlite3_open(path, &db) != SQLITE_OK)
                abort();
        (void)sqlite3_exec(db,
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE visit(id INTEGER PRIMARY KEY, url TEXT);",
                NULL, NULL, NULL);
        pid = fork();
        if (pid == 0)
                limit_reader(folder, path, ready[1], out[1]);
        (void)close(out[1]);
        if (read(ready[0], &c, 1) != 1)
                abort();

        for (unsigned i = 0; i < VISITS; i++) {
                double start;
                char drained[64];

                (void)sqlite3_exec(db,
                        "INSERT INTO visit(url) VALUES('https://www.instagram.com/alex.doe/')",
                        NULL, NULL, NULL);
                start = now_msec();
                if (read(out[0], &c, 1) == 1)
                        ret->msec[ret->n++] = now_msec() - start;
                rest(5);
                /* one write may wake twice */
                while (poll(&(struct pollfd){.fd = out[0], .events = POLLIN}, 1, 0) > 0 &&
                        read(out[0], drained, sizeof(drained)) > 0)
                        ;
        }
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        (void)sqlite3_close(db);
        free(path);
        free(folder);
}

/* --- the daemon ------------------------------------------------------------------------------ */

/* Answers as a notification server does; notes when a nudge came. */
static void serve_notification(DBusConnection *bus, DBusMessage *call, double *nudge) {
        static const char *const capabilities[] = {"body", "actions", "persistence"};
        const char *const *list = capabilities;
        DBusMessage *reply = dbus_message_new_method_return(call);
        static uint32_t id;

        if (dbus_message_is_method_call(call, NOTIFICATIONS, "Notify")) {
                if (*nudge == 0.0)
                        *nudge = now_msec();
                id++;
                (void)dbus_message_append_args(reply, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID);
        } else if (dbus_message_is_method_call(call, NOTIFICATIONS, "GetCapabilities")) {
                (void)dbus_message_append_args(
                        reply, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &list, 3, DBUS_TYPE_INVALID);
        }
        (void)dbus_connection_send(bus, reply, NULL);
        dbus_connection_flush(bus);
        dbus_message_unref(reply);
}

/* Waits for both, or for the time limit. */
static void wait_for_both(DBusConnection *bus, double start, double *event, double *nudge) {
        *event = *nudge = 0.0;
        while ((*event == 0.0 || *nudge == 0.0) && now_msec() - start < WAIT_MSEC) {
                DBusMessage *message;

                (void)dbus_connection_read_write(bus, 100);
                while ((message = dbus_connection_pop_message(bus))) {
                        if (dbus_message_is_signal(message, NC_INTERFACE_MANAGER, "Recorded"))
                                *event = *event == 0.0 ? now_msec() : *event;
                        else if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_CALL)
                                serve_notification(bus, message, nudge);
                        dbus_message_unref(message);
                }
        }
}

static void add_people(Session *s) {
        const char *kind = "profile";
        uint32_t days = 30;

        for (unsigned i = 0; i < PEOPLE; i++) {
                char name[32], url[64], *person;
                const char *u = url;

                (void)snprintf(name, sizeof(name), "Person Number%u", i);
                (void)snprintf(url, sizeof(url), "https://www.instagram.com/person.%u/", i);
                person = session_add_person(s, name);
                dbus_message_unref(session_call(s, NULL, person, NC_INTERFACE_PERSON, "AddIdentity",
                        DBUS_TYPE_STRING, &kind, DBUS_TYPE_STRING, &u, DBUS_TYPE_INVALID));
                dbus_message_unref(session_call(s, NULL, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER,
                        "Begin", DBUS_TYPE_OBJECT_PATH, &person, DBUS_TYPE_UINT32, &days,
                        DBUS_TYPE_INVALID));
                free(person);
        }
}

/* Each person is visited once, since within a minute a second nudge would rest. */
static void measure_daemon(
        DBusConnection *bus, BrowserDb *db, unsigned first, Series *event, Series *nudge) {
        for (unsigned i = 0; i < PEOPLE / 2; i++) {
                double start, at_event, at_nudge;
                char url[64];

                (void)snprintf(url, sizeof(url), "https://www.instagram.com/person.%u/", first + i);
                rest(150); /* the browser is at rest, as between two pages */
                (void)browser_db_add(db, now_usec(), url);
                start = now_msec();
                wait_for_both(bus, start, &at_event, &at_nudge);
                if (at_event > 0.0)
                        event->msec[event->n++] = at_event - start;
                if (at_nudge > 0.0)
                        nudge->msec[nudge->n++] = at_nudge - start;
        }
}

int main(void) {
        Series limit = {0}, event[2] = {0}, nudge[2] = {0};
        DBusConnection *bus;
        BrowserDb db[2];
        char *paths[2], *ini;
        Session s;
        FILE *f;

        session_start(&s);
        ini = folders(s.dir, "home/.mozilla/firefox/profiles.ini");
        f = fopen(ini, "we");
        if (!f || fputs("[Profile0]\nName=default\nIsRelative=1\nPath=abc.default\n", f) < 0 ||
                fclose(f) < 0)
                return EXIT_FAILURE;
        paths[0] = folders(s.dir, "home/.mozilla/firefox/abc.default/places.sqlite");
        paths[1] = folders(s.dir, "config/chromium/Default/History");
        browser_db_open(paths[0], BROWSER_FIREFOX, &db[0]);
        browser_db_open(paths[1], BROWSER_CHROMIUM, &db[1]);

        bus = dbus_connection_open_private(s.address, NULL);
        (void)dbus_bus_register(bus, NULL);
        (void)dbus_bus_request_name(bus, NOTIFICATIONS, 0, NULL);
        dbus_bus_add_match(bus, "type='signal',interface='" NC_INTERFACE_MANAGER "'", NULL);
        session_daemon_start(&s);
        add_people(&s);

        measure_limit(&s, &limit);
        measure_daemon(bus, &db[0], 0, &event[0], &nudge[0]);
        measure_daemon(bus, &db[1], PEOPLE / 2, &event[1], &nudge[1]);

        printf("from the browser's write (its commit returned) to:       ms: p50     p95     max   x limit\n");
        series_print("the limit: inotify wake + a read", &limit, &limit);
        series_print("the event, Firefox (goal p95 20)", &event[0], &limit);
        series_print("the nudge, Firefox (goal p95 50)", &nudge[0], &limit);
        series_print("the event, Chromium (goal p95 20)", &event[1], &limit);
        series_print("the nudge, Chromium (goal p95 50)", &nudge[1], &limit);

        browser_db_close(&db[0]);
        browser_db_close(&db[1]);
        dbus_connection_close(bus);
        dbus_connection_unref(bus);
        session_stop(&s);
        free(paths[0]);
        free(paths[1]);
        free(ini);
        return EXIT_SUCCESS;
}
