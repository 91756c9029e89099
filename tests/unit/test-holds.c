/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What was held, in the ledger: each one once, against nobody's streak, and without its text. */

#include "daemon/holds.h"

#include "unit/held-fixture.h"
#include "unit/ledger-fixture.h"

#include <errno.h>

#define ID_A "0190000000007000800000000000aaaa"
#define ID_B "0190000000007000800000000000bbbb"

/* A held notification that owns nothing: the texts are the caller's. */
static Held sample(const char *id, const char *person, const Notice *n) {
        Held h = {
                .at_usec = NOON + DAY,
                .zone_minutes = -330,
                .via = (char *)(uintptr_t) "name",
                .source = (char *)(uintptr_t) "relay",
                .app = (char *)(uintptr_t)n->app,
                .desktop_entry = (char *)(uintptr_t)n->desktop_entry,
                .summary = (char *)(uintptr_t)n->summary,
                .body = (char *)(uintptr_t)n->body,
        };

        assert_int_equal(uid_copy(h.person, person), 0);
        assert_int_equal(uid_copy(h.id, id), 0);
        return h;
}

static const Notice telegram = {
        "Telegram Desktop", "org.telegram.desktop", "Alex Doe", "come back"};

/* The event of the hold that was recorded last; the caller ends it. */
static int take_first(void *userdata, const StoreEntry *entry) {
        Event *ev = userdata;

        *ev = entry->event;
        json_incref(ev->data);
        return -ECANCELED;
}

static Event newest(Desk *d) {
        Event ev = {0};

        assert_int_equal(holds_list(d->l, NULL, 0, 10, take_first, &ev), -ECANCELED);
        return ev;
}

static void record(Desk *d, const char *id, const char *person, const Notice *n) {
        Held h = sample(id, person, n);

        assert_int_equal(holds_record(d->l, NOON + 2 * DAY, &h), 1);
}

static void test_it_is_recorded_at_the_time_it_came(void **state) {
        Desk *d = *state;
        Event ev;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        record(d, ID_A, ALEX, &telegram);
        ev = newest(d);
        assert_int_equal(ev.at_usec, NOON + DAY);
        assert_int_equal(ev.zone_minutes, -330);
        assert_string_equal(ev.person, ALEX);
        assert_string_equal(event_string(&ev, "channel"), "telegram-desktop");
        assert_string_equal(event_string(&ev, "app"), "Telegram Desktop");
        assert_string_equal(event_string(&ev, "sender"), "Alex Doe");
        assert_string_equal(event_string(&ev, "source"), "relay");
        assert_string_equal(event_string(&ev, "via"), "name");
        assert_string_equal(event_string(&ev, "held"), ID_A);
        assert_true(json_is_false(json_object_get(ev.data, "leaked")));
        event_done(&ev);
        assert_desk_sound(d);
}

static void test_its_text_is_not_in_the_ledger(void **state) {
        Desk *d = *state;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        record(d, ID_A, ALEX, &telegram);
        assert_int_equal(
                fixture_number(d->dir, "SELECT count(*) FROM event WHERE data LIKE '%come back%'"),
                0);
        assert_int_equal(
                fixture_number(d->dir, "SELECT count(*) FROM event WHERE data LIKE '%Telegram%'"),
                1);
}

static void test_each_one_is_recorded_once(void **state) {
        Held h = sample(ID_A, ALEX, &telegram);
        Desk *d = *state;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        record(d, ID_A, ALEX, &telegram);
        assert_int_equal(holds_record(d->l, NOON + 2 * DAY, &h), 0);
        desk_reopen(d);
        assert_int_equal(holds_record(d->l, NOON + 2 * DAY, &h), 0);
        record(d, ID_B, ALEX, &telegram);
        assert_int_equal(state_person(ledger_state(d->l), ALEX)->counts[GRADE_INCOMING], 2);
}

static void test_it_counts_nothing_against_the_user(void **state) {
        Desk *d = *state;
        Streak before, after;
        const Person *p;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        assert_true(person_streak(state_person(ledger_state(d->l), ALEX), NOON + 2 * DAY, &before));
        record(d, ID_A, ALEX, &telegram);
        p = state_person(ledger_state(d->l), ALEX);
        assert_true(person_streak(p, NOON + 2 * DAY, &after));
        assert_streaks_equal(&before, &after);
        assert_int_equal(p->n_breaks, 0);
        assert_int_equal(p->counts[GRADE_INCOMING], 1);
        assert_int_equal(p->counts[GRADE_SLIP] + p->counts[GRADE_ATTEMPT], 0);
}

static void test_of_a_stranger_it_is_recorded_without_a_person(void **state) {
        Desk *d = *state;
        Event ev;

        record(d, ID_A, SAM, &telegram);
        ev = newest(d);
        assert_string_equal(ev.person, "");
        event_done(&ev);
}

static void test_whatever_it_holds_can_be_written(void **state) {
        _cleanup_free_ char *huge = malloc((1 << 20) + 1);
        Notice n = {huge, "", huge, huge};
        Desk *d = *state;
        Event ev;

        assert_non_null(huge);
        for (size_t i = 0; i < 1 << 20; i++)
                huge[i] = "\xc3\xa4\x01\""[i % 4];
        huge[1 << 20] = '\0';
        record(d, ID_A, ALEX, &n);
        record(d, ID_B, ALEX, &(Notice){"", "", "", ""});
        ev = newest(d);
        assert_string_equal(event_string(&ev, "channel"), "notification");
        event_done(&ev);
        assert_desk_sound(d);
}

/* The bus would refuse a whole list for one such title. */
static void test_what_cannot_be_said_on_the_bus_is_left_out(void **state) {
        Desk *d = *state;
        Event ev;

        record(d, ID_A, ALEX,
                &(Notice){"Sig\nnal", "",
                        "Alex\xef\xbf\xbe"
                        "Doe\xef\xb7\x90\x7f",
                        ""});
        ev = newest(d);
        assert_string_equal(event_string(&ev, "sender"), "Alex Doe  ");
        assert_string_equal(event_string(&ev, "app"), "Sig nal");
        event_done(&ev);
}

static void test_channels_are_short_words(void **state) {
        static const struct {
                Notice n;
                const char *channel;
        } cases[] = {
                {{"Signal", "", "", ""}, "signal"},
                {{"", "org.kde.kdeconnect.daemon", "", ""}, "org.kde.kdeconnect.daemon"},
                {{"  WhatsApp Web (beta)!", "", "", ""}, "whatsapp-web-beta"},
                {{"Скайп", "", "", ""}, "notification"},
        };
        Desk *d = *state;

        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                char id[UUID_SPACE];
                Event ev;

                assert_int_equal(uuid_v7(NOON + i * 1000, id), 0);
                record(d, id, ALEX, &cases[i].n);
                ev = newest(d);
                assert_string_equal(event_string(&ev, "channel"), cases[i].channel);
                event_done(&ev);
        }
}

static void test_a_time_to_come_is_now(void **state) {
        Held h = sample(ID_A, ALEX, &telegram);
        Desk *d = *state;
        Event ev;

        h.at_usec = NOON + 400 * DAY;
        assert_int_equal(holds_record(d->l, NOON + 2 * DAY, &h), 1);
        ev = newest(d);
        assert_int_equal(ev.at_usec, NOON + 2 * DAY);
        event_done(&ev);
}

static void test_on_a_full_disk_nothing_changes_and_it_can_be_taken_later(void **state) {
        Held h = sample(ID_A, ALEX, &telegram);
        Desk *d = *state;
        Snapshot before;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        before = desk_snapshot(d);
        disk_is_full(true);
        assert_true(holds_record(d->l, NOON + 2 * DAY, &h) < 0);
        disk_is_full(false);
        assert_desk_unchanged(d, &before);
        record(d, ID_A, ALEX, &telegram);
}

/* --- reading --------------------------------------------------------------------------------- */

static int count_one(void *userdata, const StoreEntry *entry) {
        unsigned *n = userdata;

        assert_string_not_equal(event_string(&entry->event, "held"), "");
        ++*n;
        return 0;
}

static unsigned listed(Desk *d, const char *person, uint64_t before, unsigned limit) {
        unsigned n = 0;

        assert_int_equal(holds_list(d->l, person, before, limit, count_one, &n), 0);
        return n;
}

static void test_they_are_listed_by_person_and_in_pages(void **state) {
        Desk *d = *state;
        Event ev;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        desk_begin(d, SAM, "Sam", "limited", NOON, 30);
        (void)desk_record(
                d, EVENT_INCOMING, ALEX, NOON + DAY, json_pack("{s:s}", "channel", "phone"));
        for (unsigned i = 0; i < 6; i++) {
                char id[UUID_SPACE];

                assert_int_equal(uuid_v7(NOON + i * 1000, id), 0);
                record(d, id, i < 4 ? ALEX : SAM, &telegram);
        }
        assert_int_equal(listed(d, NULL, 0, 100), 6);
        assert_int_equal(listed(d, ALEX, 0, 100), 4);
        assert_int_equal(listed(d, SAM, 0, 100), 2);
        assert_int_equal(listed(d, NULL, 0, 5), 5);
        ev = newest(d);
        assert_int_equal(listed(d, NULL, ev.seq, 100), 5);
        event_done(&ev);
}

static void test_no_other_event_is_one(void **state) {
        Desk *d = *state;
        const char *why = NULL;
        StoreEntry entry = {0};
        uint64_t urge, incoming;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        urge = desk_record(d, EVENT_URGE, ALEX, NOON + DAY, json_pack("{s:s}", "held", ID_A));
        incoming = desk_record(d, EVENT_INCOMING, ALEX, NOON + DAY, json_object());
        assert_int_equal(holds_get(d->l, urge, &entry, &why), -ENOENT);
        assert_int_equal(holds_get(d->l, incoming, &entry, &why), -ENOENT);
        assert_int_equal(holds_get(d->l, 0, &entry, &why), -ENOENT);
        assert_int_equal(holds_get(d->l, UINT64_MAX, &entry, &why), -ENOENT);
        assert_non_null(why);
        assert_null(entry.event.data);
        record(d, ID_A, ALEX, &telegram);
        assert_int_equal(holds_get(d->l, incoming + 1, &entry, &why), 0);
        event_done(&entry.event);
}

static uint64_t locked(const Desk *d, const char *person, uint64_t now) {
        Event ev = {.kind = EVENT_INCOMING,
                .data = json_pack("{s:s, s:s}", "app", "Telegram Desktop", "sender", "Alex Doe")};
        uint64_t until;

        assert_int_equal(uid_copy(ev.person, person), 0);
        until = holds_locked_until(d->l, &ev, now);
        event_done(&ev);
        return until;
}

static void test_they_are_locked_while_a_promise_in_full_mode_runs(void **state) {
        Desk *d = *state;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        desk_begin(d, SAM, "Sam", "limited", NOON, 30);
        assert_int_equal(locked(d, ALEX, NOON + DAY), NOON + 30 * DAY);
        assert_int_equal(locked(d, ALEX, NOON + 30 * DAY - 1), NOON + 30 * DAY);
        assert_int_equal(locked(d, ALEX, NOON + 30 * DAY), 0);
        assert_int_equal(locked(d, SAM, NOON + DAY), 0);
        assert_int_equal(locked(d, "", NOON + DAY), 0);
        (void)desk_record(d, EVENT_COMMITMENT_ENDED, ALEX, NOON + 2 * DAY,
                json_pack("{s:s}", "reason", "requested"));
        assert_int_equal(locked(d, ALEX, NOON + 2 * DAY), 0);
}

static void test_what_passes_now_may_be_read(void **state) {
        Desk *d = *state;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        (void)desk_record(d, EVENT_PASS_ADDED, NULL, NOON,
                json_pack("{s:s, s:s}", "kind", "sender", "value", "telegram:Alexa Doe"));
        assert_int_equal(locked(d, ALEX, NOON + DAY), NOON + 30 * DAY);
        (void)desk_record(d, EVENT_PASS_ADDED, NULL, NOON,
                json_pack("{s:s, s:s}", "kind", "word", "value", "Doe"));
        assert_int_equal(locked(d, ALEX, NOON + DAY), NOON + 30 * DAY);
        (void)desk_record(d, EVENT_PASS_ADDED, NULL, NOON,
                json_pack("{s:s, s:s}", "kind", "sender", "value", "telegram:Alex Doe"));
        assert_int_equal(locked(d, ALEX, NOON + DAY), 0);
}

static int count_event(void *userdata, const Event *ev) {
        unsigned *n = userdata;

        assert_string_not_equal(event_string(ev, "held"), "");
        return ++*n == 3 ? -ECANCELED : 0;
}

static void test_they_are_replayed_in_order(void **state) {
        Desk *d = *state;
        unsigned n = 0;
        Event ev;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        record(d, ID_A, ALEX, &telegram);
        record(d, ID_B, SAM, &telegram);
        ev = newest(d);
        assert_int_equal(holds_replay(d->l, NULL, 0, count_event, &n), 0);
        assert_int_equal(n, 2);
        n = 0;
        assert_int_equal(holds_replay(d->l, ALEX, 0, count_event, &n), 0);
        assert_int_equal(n, 1);
        n = 0;
        assert_int_equal(holds_replay(d->l, NULL, ev.seq, count_event, &n), 0);
        assert_int_equal(n, 0);
        n = 2;
        assert_int_equal(holds_replay(d->l, NULL, 0, count_event, &n), -ECANCELED);
        assert_int_equal(n, 3);
        event_done(&ev);
}

typedef struct Senders {
        unsigned rows;
        uint64_t total;
        char newest[32];
} Senders;

static int add_sender(void *userdata, const StoreSender *sender) {
        Senders *senders = userdata;

        if (senders->rows++ == 0)
                (void)snprintf(senders->newest, sizeof(senders->newest), "%s", sender->sender);
        senders->total += sender->n;
        return 0;
}

static void test_senders_are_counted_the_newest_first(void **state) {
        Desk *d = *state;
        Senders senders = {0};

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        for (unsigned i = 0; i < 5; i++) {
                const Notice n = {"Signal", "", i % 2 ? "Lex" : "Alex Doe", ""};
                char id[UUID_SPACE];
                Held h;

                assert_int_equal(uuid_v7(NOON + i * 1000, id), 0);
                h = sample(id, ALEX, &n);
                h.at_usec = NOON + i * MINUTE;
                assert_int_equal(holds_record(d->l, NOON + DAY, &h), 1);
        }
        assert_int_equal(store_list_senders(ledger_store(d->l), 10, add_sender, &senders), 0);
        assert_int_equal(senders.rows, 2);
        assert_int_equal(senders.total, 5);
        assert_string_equal(senders.newest, "Alex Doe");
        senders = (Senders){0};
        assert_int_equal(store_list_senders(ledger_store(d->l), 1, add_sender, &senders), 0);
        assert_int_equal(senders.total, 3);
}

#define test(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(test_it_is_recorded_at_the_time_it_came),
                test(test_its_text_is_not_in_the_ledger),
                test(test_each_one_is_recorded_once),
                test(test_it_counts_nothing_against_the_user),
                test(test_of_a_stranger_it_is_recorded_without_a_person),
                test(test_whatever_it_holds_can_be_written),
                test(test_what_cannot_be_said_on_the_bus_is_left_out),
                test(test_channels_are_short_words),
                test(test_a_time_to_come_is_now),
                test(test_on_a_full_disk_nothing_changes_and_it_can_be_taken_later),
                test(test_they_are_listed_by_person_and_in_pages),
                test(test_no_other_event_is_one),
                test(test_they_are_locked_while_a_promise_in_full_mode_runs),
                test(test_what_passes_now_may_be_read),
                test(test_they_are_replayed_in_order),
                test(test_senders_are_counted_the_newest_first),
        };
        return cmocka_run_group_tests_name("holds", tests, NULL, NULL);
}
