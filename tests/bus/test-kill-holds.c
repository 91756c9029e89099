/* SPDX-License-Identifier: GPL-3.0-or-later */

/* kill -9 of the daemon at any moment, again and again, while notifications are held: after the
 * last start each one stands in the ledger once, none is lost, and its file lies with those that
 * are kept. The files are laid down as the relay does it; everything else is the real thing. */

#include "bus/session.h"
#include "nocontact/bus-names.h"
#include "unit/held-fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 120, HELD_MAX = ROUNDS * 8 };

typedef struct Stream {
        char *dir; /* of the ledger */
        char person[UID_SPACE];
        unsigned n;              /* that were held */
        unsigned seen[HELD_MAX]; /* how often it stands in the ledger */
        unsigned strangers;
        unsigned random;
} Stream;

/* A small generator, so that a seed gives the same run on every machine (Numerical Recipes' LCG).
 */
static unsigned pick(Stream *s, unsigned below) {
        s->random = s->random * 1664525U + 1013904223U;
        return (s->random >> 8) % below;
}

static uint64_t now_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_REALTIME, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void sleep_msec(unsigned msec) {
        (void)nanosleep(
                &(struct timespec){.tv_sec = msec / 1000, .tv_nsec = (long)(msec % 1000) * 1000000},
                NULL);
}

static void hold(Stream *s) {
        char sender[64], id[UUID_SPACE];

        (void)snprintf(sender, sizeof(sender), "message %u", s->n++);
        held_lay_down(s->dir, s->person, &(Notice){"Signal", "", sender, "Alex Doe"}, now_usec(),
                "bytes", id);
}

static void count_ledger(Session *session, Stream *s) {
        const char *everybody = "/";
        uint32_t limit = NC_LIMIT_LIST;
        uint64_t before = 0;
        DBusMessageIter iter, rows;
        DBusMessage *reply;

        memset(s->seen, 0, sizeof(s->seen));
        s->strangers = 0;
        reply = session_call(session, NULL, NC_OBJECT_ROOT, NC_INTERFACE_HOLDS, "List",
                DBUS_TYPE_OBJECT_PATH, &everybody, DBUS_TYPE_UINT64, &before, DBUS_TYPE_UINT32,
                &limit, DBUS_TYPE_INVALID);
        assert_true(dbus_message_iter_init(reply, &iter));
        dbus_message_iter_recurse(&iter, &rows);
        for (; dbus_message_iter_get_arg_type(&rows) == DBUS_TYPE_STRUCT;
                dbus_message_iter_next(&rows)) {
                DBusMessageIter row;
                const char *sender;
                unsigned i = HELD_MAX;

                dbus_message_iter_recurse(&rows, &row);
                for (unsigned field = 0; field < 4; field++)
                        (void)dbus_message_iter_next(&row);
                dbus_message_iter_get_basic(&row, &sender);
                if (sscanf(sender, "message %u", &i) == 1 && i < s->n)
                        s->seen[i]++;
                else
                        s->strangers++;
        }
        dbus_message_unref(reply);
}

static bool all_seen(const Stream *s) {
        for (unsigned i = 0; i < s->n; i++)
                if (s->seen[i] == 0)
                        return false;
        return true;
}

static void begin(Session *session, const char *person) {
        uint32_t days = 30;

        dbus_message_unref(session_call(session, NULL, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER,
                "Begin", DBUS_TYPE_OBJECT_PATH, &person, DBUS_TYPE_UINT32, &days,
                DBUS_TYPE_INVALID));
}

static void run_rounds(Session *session, Stream *s) {
        for (unsigned round = 0; round < ROUNDS; round++) {
                for (unsigned n = pick(s, 4); n-- > 0;)
                        hold(s);
                sleep_msec(pick(s, 30));
                for (unsigned n = pick(s, 3); n-- > 0;)
                        hold(s);
                sleep_msec(pick(s, 20));
                (void)session_daemon_signal(session, SIGKILL);
                if (pick(s, 2))
                        hold(s); /* the daemon is away */
                session_daemon_spawn(session);
        }
}

static void test_none_is_lost_and_none_counts_twice(void **state) {
        Stream *s = calloc(1, sizeof(*s));
        Session session;
        uint32_t incoming;
        char *alex;

        (void)state;
        assert_non_null(s);
        s->random = 20261127;
        print_message("# seed %u\n", s->random);
        session_start(&session);
        assert_true(asprintf(&s->dir, "%s/data/nocontact", session.dir) > 0);
        session_daemon_start(&session);
        alex = session_add_person(&session, "Alex Doe");
        begin(&session, alex);
        assert_int_equal(uid_copy(s->person, strrchr(alex, '/') + 1), 0);

        run_rounds(&session, s);
        session_daemon_wait(&session);
        for (unsigned waited = 0; count_ledger(&session, s), !all_seen(s) && waited < 3000;
                waited++)
                sleep_msec(10);
        for (unsigned waited = 0; held_count(s->dir, HELD_SPOOL) > 0 && waited < 3000; waited++)
                sleep_msec(10);
        count_ledger(&session, s);
        for (unsigned i = 0; i < s->n; i++)
                if (s->seen[i] != 1)
                        fail_msg("message %u of %u stands in the ledger %u times", i, s->n,
                                s->seen[i]);
        assert_int_equal(s->strangers, 0);
        assert_int_equal(held_count(s->dir, HELD_SPOOL), 0);
        assert_int_equal(held_count(s->dir, HELD_SPOOL "/damaged"), 0);
        assert_int_equal(held_count(s->dir, HELD_KEPT), s->n);
        session_get(&session, alex, NC_INTERFACE_PERSON, "Incoming", DBUS_TYPE_UINT32, &incoming);
        assert_int_equal(incoming, s->n);
        print_message("# %u were held over %d kills\n", s->n, ROUNDS);

        session_stop(&session);
        free(alex);
        free(s->dir);
        free(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_none_is_lost_and_none_counts_twice),
        };
        return cmocka_run_group_tests_name("kill-holds", tests, NULL, NULL);
}
