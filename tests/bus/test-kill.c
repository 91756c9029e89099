/* SPDX-License-Identifier: GPL-3.0-or-later */

/* kill -9 of the daemon at any moment, 200 times, while two browsers write visits: after the last
 * start every visit to the person stands in the ledger once, and no other. The browsers' databases
 * are made and locked as the browsers do it; everything else is the real thing. */

#include "bus/session.h"
#include "nocontact/bus-names.h"
#include "unit/browser-db.h"
#include "unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { ROUNDS = 200, VISITS_MAX = ROUNDS * 6 };

typedef struct Browsers {
        BrowserDb db[2];
        unsigned n;                /* visits made */
        bool of_alex[VISITS_MAX];  /* was visit i one to the person? */
        unsigned seen[VISITS_MAX]; /* how often it stands in the ledger */
        unsigned strangers;        /* entries that belong to no visit */
        unsigned random;
} Browsers;

/* A small generator, so that a seed gives the same run on every machine (Numerical Recipes' LCG).
 */
static unsigned pick(Browsers *b, unsigned below) {
        b->random = b->random * 1664525U + 1013904223U;
        return (b->random >> 8) % below;
}

static uint64_t now_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_REALTIME, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void sleep_msec(unsigned msec) {
        (void)nanosleep(&(struct timespec){.tv_nsec = (long)msec * 1000000}, NULL);
}

static char *make_folders(const char *below, const char *path) {
        char *full, *p;

        assert_true(asprintf(&full, "%s/%s", below, path) > 0);
        for (p = full + strlen(below); (p = strchr(p + 1, '/'));) {
                *p = '\0';
                (void)mkdir(full, 0700);
                *p = '/';
        }
        return full;
}

static void open_browsers(const Session *s, Browsers *b) {
        char *ini = make_folders(s->dir, "home/.mozilla/firefox/profiles.ini");
        char *places = make_folders(s->dir, "home/.mozilla/firefox/abc.default/places.sqlite");
        char *history = make_folders(s->dir, "config/chromium/Default/History");
        FILE *f = fopen(ini, "we");

        assert_non_null(f);
        (void)fputs("[Profile0]\nName=default\nIsRelative=1\nPath=abc.default\n", f);
        assert_int_equal(fclose(f), 0);
        browser_db_open(places, BROWSER_FIREFOX, &b->db[0]);
        browser_db_open(history, BROWSER_CHROMIUM, &b->db[1]);
        free(ini);
        free(places);
        free(history);
}

/* One visit in one of the browsers, each third one to somebody else. */
static void visit(Browsers *b) {
        unsigned i = b->n++;
        char url[128];

        b->of_alex[i] = pick(b, 3) > 0;
        (void)snprintf(url, sizeof(url), "https://www.instagram.com/%s/?visit=%u",
                b->of_alex[i] ? "alex.doe" : "somebody.else", i);
        (void)browser_db_add(&b->db[pick(b, 2)], now_usec(), url);
}

/* Counts what the ledger holds. */
static void count_ledger(Session *s, Browsers *b) {
        const char *kind = "slip", **kinds = &kind, *everybody = "/";
        uint32_t limit = NC_LIMIT_LIST;
        uint64_t before = 0;
        DBusMessageIter iter, rows;
        DBusMessage *reply;

        memset(b->seen, 0, sizeof(b->seen));
        b->strangers = 0;
        reply = session_call(s, NULL, NC_OBJECT_ROOT, NC_INTERFACE_LEDGER, "List", DBUS_TYPE_ARRAY,
                DBUS_TYPE_STRING, &kinds, 1, DBUS_TYPE_OBJECT_PATH, &everybody, DBUS_TYPE_UINT64,
                &before, DBUS_TYPE_UINT32, &limit, DBUS_TYPE_INVALID);
        assert_true(dbus_message_iter_init(reply, &iter));
        dbus_message_iter_recurse(&iter, &rows);
        for (; dbus_message_iter_get_arg_type(&rows) == DBUS_TYPE_STRUCT;
                dbus_message_iter_next(&rows)) {
                DBusMessageIter row;
                const char *target, *number;
                unsigned i;

                dbus_message_iter_recurse(&rows, &row);
                for (unsigned field = 0; field < 6; field++)
                        (void)dbus_message_iter_next(&row);
                dbus_message_iter_get_basic(&row, &target);
                number = strstr(target, "visit=");
                i = number ? (unsigned)strtoul(number + strlen("visit="), NULL, 10) : VISITS_MAX;
                if (i < b->n)
                        b->seen[i]++;
                else
                        b->strangers++;
        }
        dbus_message_unref(reply);
}

static bool all_seen(const Browsers *b) {
        for (unsigned i = 0; i < b->n; i++)
                if (b->of_alex[i] && b->seen[i] == 0)
                        return false;
        return true;
}

static void begin_alex(Session *s) {
        const char *kind = "profile", *url = "https://www.instagram.com/alex.doe/";
        char *alex = session_add_person(s, "Alex Doe");
        uint32_t days = 30;

        dbus_message_unref(session_call(s, NULL, alex, NC_INTERFACE_PERSON, "AddIdentity",
                DBUS_TYPE_STRING, &kind, DBUS_TYPE_STRING, &url, DBUS_TYPE_INVALID));
        dbus_message_unref(session_call(s, NULL, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, "Begin",
                DBUS_TYPE_OBJECT_PATH, &alex, DBUS_TYPE_UINT32, &days, DBUS_TYPE_INVALID));
        free(alex);
}

static void test_no_visit_is_lost_and_none_counts_twice(void **state) {
        Browsers *b = calloc(1, sizeof(*b));
        Session s;

        (void)state;
        b->random = 20261122;
        print_message("# seed %u\n", b->random);
        session_start(&s);
        open_browsers(&s, b);
        session_daemon_start(&s);
        begin_alex(&s);

        for (unsigned round = 0; round < ROUNDS; round++) {
                for (unsigned n = pick(b, 3); n-- > 0;)
                        visit(b);
                sleep_msec(pick(b, 40));
                for (unsigned n = pick(b, 4); n-- > 0;)
                        visit(b);
                sleep_msec(pick(b, 40));
                (void)session_daemon_signal(&s, SIGKILL);
                if (pick(b, 2))
                        visit(b); /* nobody watches */
                session_daemon_spawn(&s);
        }

        session_daemon_wait(&s);
        for (unsigned waited = 0; count_ledger(&s, b), !all_seen(b) && waited < 3000; waited++)
                sleep_msec(10);
        sleep_msec(500); /* long enough for a second entry to come in, if one does */
        count_ledger(&s, b);
        for (unsigned i = 0; i < b->n; i++)
                if (b->seen[i] != b->of_alex[i])
                        fail_msg("visit %u of %u stands in the ledger %u times", i, b->n,
                                b->seen[i]);
        assert_int_equal(b->strangers, 0);
        print_message("# %u visits over %d kills\n", b->n, ROUNDS);

        browser_db_close(&b->db[0]);
        browser_db_close(&b->db[1]);
        session_stop(&s);
        free(b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_no_visit_is_lost_and_none_counts_twice),
        };
        return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
