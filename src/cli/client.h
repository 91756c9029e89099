/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one door to the daemon, on the session bus. Every figure comes from there; nothing here
 * knows what time it is.
 *
 * The bus is opened by the first call. Functions return 0 or a negative errno, and leave the
 * error's name and sentence in the client until the next call. Outputs are untouched on failure.
 * What they hand out is the caller's. */
typedef struct Client Client;

/* Returns 0 or -ENOMEM. */
int client_new(Client **ret);
/* Accepts NULL; returns NULL. */
Client *client_free(Client *c);
DEFINE_CLEANUP(Client *, client_free)

/* The name of the last call's D-Bus error and its sentence; "" when it failed without one (then
 * the errno says why). The client keeps both. */
const char *client_error_name(const Client *c);
const char *client_error_message(const Client *c);

/* The error name of a session bus that cannot be reached at all. */
#define CLIENT_ERROR_NO_BUS "client.no-bus"

/* --- people ---------------------------------------------------------------------------------- */

typedef struct Person {
        char *path; /* the object */
        char *name, *mode;
        char *hours; /* of limited contact, "": at any time; NULL from a daemon without them */
        uint64_t began_usec, ends_usec; /* 0 without a commitment */
        bool locked;                    /* the commitment runs */
        uint64_t streak_usec, since_usec, longest_usec, total_usec;
        double score;
        uint32_t streak_days, next_milestone_days;
        uint32_t incoming, urges, attempts, slips, relapses;
        uint64_t held; /* notifications, of all times; only after client_count_held() */
} Person;

typedef struct People {
        Person *items;
        size_t n, space;
} People;

void people_done(People *p);

/* The person's id: the last part of the object's path. */
const char *person_id(const char *path);

/* Everybody, in the order in which they were added. */
int client_list_people(Client *c, People *ret);

int client_add_person(Client *c, const char *name, const char *mode, char **ret_path);
int client_begin(Client *c, const char *person, uint32_t days);
int client_extend(Client *c, const char *person, uint32_t days);
int client_undo_extend(Client *c, const char *person);

/* `ret_due`: when it will be done, 0 when it is done already. */
int client_request_end(Client *c, const char *person, uint64_t *ret_due);
int client_remove_person(Client *c, const char *person, uint64_t *ret_due);
int client_set_hours(Client *c, const char *person, const char *hours, uint64_t *ret_due);

/* --- identities ------------------------------------------------------------------------------ */

typedef struct Identity {
        char *kind, *value;
} Identity;

typedef struct Identities {
        Identity *items;
        size_t n, space;
} Identities;

void identities_done(Identities *ids);

int client_list_identities(Client *c, const char *person, Identities *ret);
int client_check_identity(Client *c, const char *kind, const char *value, char **ret_canonical);
int client_add_identity(Client *c, const char *person, const char *kind, const char *value);
int client_remove_identity(
        Client *c, const char *person, const char *kind, const char *value, uint64_t *ret_due);

/* --- the daemon as a whole ------------------------------------------------------------------- */

typedef struct Layer {
        char *name, *state, *detail;
} Layer;

typedef struct Pending {
        uint64_t id;
        char *what;
        uint64_t asked_usec, due_usec;
} Pending;

typedef struct Overview {
        char *version, *state;
        Layer *layers;
        size_t n_layers, layers_space;
        Pending *pending;
        size_t n_pending, pending_space;
} Overview;

void overview_done(Overview *o);

int client_overview(Client *c, Overview *ret);
int client_cancel_pending(Client *c, uint64_t id);

/* --- how strict loosening is ----------------------------------------------------------------- */

typedef struct Exception {
        char *target;
        uint64_t until_usec;
} Exception;

typedef struct Regime {
        uint64_t cool_down_usec;
        bool key_set;
        bool policies;          /* the browsers' policies are turned on */
        uint64_t unlocked_usec; /* a loosening can be asked for until then; 0: not now */
        uint32_t exceptions_left;
        uint64_t next_exception_usec; /* when one more comes back; 0: none is missing */
        Exception *exceptions;        /* open now */
        size_t n_exceptions, exceptions_space;
} Regime;

void regime_done(Regime *r);

int client_regime(Client *c, Regime *ret);
/* `ret_due`: when it will be so, 0 when it is so already. */
int client_set_cool_down(Client *c, uint64_t usec, uint64_t *ret_due);
int client_set_policies(Client *c, bool on, uint64_t *ret_due);
int client_set_key(Client *c, const char *passphrase);
int client_clear_key(Client *c, uint64_t *ret_due);
int client_unlock(Client *c, const char *passphrase, uint64_t *ret_until);
int client_except(Client *c, const char *target, uint32_t minutes, uint64_t *ret_until);
int client_end_exception(Client *c, const char *target);

/* --- the ledger ------------------------------------------------------------------------------ */

typedef struct Entry {
        uint64_t event, at_usec;
        char *kind, *person, *grade, *channel, *target, *note; /* person: a path, "/" for none */
        bool corrected;
        char *tag; /* "": none */
} Entry;

typedef struct Entries {
        Entry *items;
        size_t n, space;
} Entries;

void entries_done(Entries *e);

/* What to list: zero everywhere lists all. */
typedef struct EntryFilter {
        const char *const *kinds; /* NULL-terminated, or NULL for all */
        const char *person;       /* a path, or NULL for everybody */
        bool (*wanted)(const Entry *entry);
        size_t limit; /* 0: no limit */
} EntryFilter;

/* Newest first. The ledger is asked for in parts, so its length has no limit. */
int client_list_entries(Client *c, const EntryFilter *filter, Entries *ret);

/* `intensity` is 1 to 10; `ret_event` is the id of what was recorded. */
int client_record_urge(Client *c, const char *person, uint8_t intensity, const char *note,
        const char *tag, uint64_t *ret_event);
int client_tag(Client *c, uint64_t event, const char *tag);
int client_record_relapse(
        Client *c, const char *person, const char *channel, const char *note, uint64_t *ret_event);
int client_correct(Client *c, uint64_t event, const char *grade, const char *note);

enum { HOURS = 24, WEEKDAYS = 7 };

typedef struct Histogram {
        uint32_t n;
        uint32_t hours[HOURS], weekdays[WEEKDAYS]; /* Monday first */
} Histogram;

/* `person` is a path, or NULL for everybody. */
int client_histogram(Client *c, const char *person, Histogram *ret);

/* A statistic that rests on fewer says more about chance than about anyone, and is not shown. */
enum { HISTOGRAM_LEAST = 10 };

/* A day by the calendar of the place where it was spent. */
typedef struct ReviewDay {
        unsigned year, month, day; /* month and day from 1 */
        unsigned weekday;          /* from Monday, 0 */
        uint32_t urges, attempts, slips, relapses;
} ReviewDay;

/* An answer or a tag: how often, and of answers after how many no visit followed for a while. */
typedef struct ReviewWord {
        char *word;
        uint32_t n, quiet;
} ReviewWord;

typedef struct ReviewWords {
        ReviewWord *items;
        size_t n, space;
} ReviewWords;

enum { WEEK_HOURS = WEEKDAYS * HOURS };

/* A look back over a commitment. */
typedef struct Review {
        uint64_t made_usec;
        ReviewDay *days; /* every one, in order */
        size_t n_days, days_space;
        uint32_t urges[WEEK_HOURS];  /* from Monday, 00:00 */
        uint32_t visits[WEEK_HOURS]; /* attempts, slips and relapses */
        ReviewWords answers, tags;   /* the most frequent first */
        uint32_t *milestones;        /* that the longest streak has behind it, ascending */
        size_t n_milestones;
        uint32_t incoming, held, corrected, exceptions, repairs, clock_jumps;
} Review;

void review_done(Review *r);

/* Of the last so many days; 0: of all since the begin. */
int client_review(Client *c, const char *person, uint32_t days, Review *ret);

/* --- what was held --------------------------------------------------------------------------- */

typedef struct Sender {
        char *person; /* a path, "/" for nobody who is known */
        char *app, *sender;
        uint32_t count;
        uint64_t newest_usec;
} Sender;

typedef struct Senders {
        Sender *items;
        size_t n, space;
} Senders;

void senders_done(Senders *s);

/* Who it came from, the newest first. */
int client_list_senders(Client *c, Senders *ret);

/* Fills in `held` of each person. */
int client_count_held(Client *c, People *people);

typedef struct Hold {
        uint64_t event, at_usec;
        char *person, *app, *sender, *via, *source; /* person: as above */
        bool leaked, passes;
} Hold;

typedef struct Holds {
        Hold *items;
        size_t n, space;
} Holds;

void holds_done(Holds *h);

/* The newest of them. `person` is a path, or NULL for everybody. */
int client_list_holds(Client *c, const char *person, uint32_t limit, Holds *ret);

/* One with everything that it says, as JSON. */
int client_show_hold(Client *c, uint64_t event, char **ret_json);

typedef struct Texts {
        char **items;
        size_t n, space;
} Texts;

void texts_done(Texts *t);

/* What client_show_hold() gives, for those after the event `after`, oldest first. *ret_next is the
 * next `after`, 0 at the end. */
int client_export_holds(Client *c, const char *person, uint64_t after, uint32_t limit, Texts *ret,
        uint64_t *ret_next);

/* `ret_due`: when it will be so, 0 when it is so already. */
int client_not_them(Client *c, uint64_t event, uint64_t *ret_due);
int client_add_pass(Client *c, const char *kind, const char *value, uint64_t *ret_due);
int client_remove_pass(Client *c, uint64_t id);

typedef struct Pass {
        uint64_t id;
        char *kind, *value;
} Pass;

typedef struct Passes {
        Pass *items;
        size_t n, space;
} Passes;

void passes_done(Passes *p);

int client_list_passes(Client *c, Passes *ret);

/* --- plans, reasons, support people ---------------------------------------------------------- */

typedef struct Item {
        uint64_t id;
        char *text;
} Item;

typedef struct Items {
        Item *items;
        size_t n, space;
} Items;

void items_done(Items *items);

/* `kind` is "plan", "reason" or "support". */
int client_list_support(Client *c, const char *kind, Items *ret);
int client_add_support(Client *c, const char *kind, const char *text, uint64_t *ret_id);
int client_remove_support(Client *c, uint64_t id);

/* --- what surrounds the daemon, for `nocontact doctor` --------------------------------------- */

/* Does the daemon own its name now? Starts nothing. Returns 1 or 0. */
int client_daemon_runs(Client *c);

/* What systemd's user manager says of the unit: "enabled", "disabled", "static", ...; the caller
 * frees. */
int client_unit_file_state(Client *c, const char *unit, char **ret);

/* How something stands: a browser to the hosts file, with `state` as of a layer; a step of a trial,
 * with "ok", "failed" or "skipped". */
typedef struct Standing {
        char *name, *state, *detail;
} Standing;

typedef struct Standings {
        Standing *items;
        size_t n, space;
} Standings;

void standings_done(Standings *b);

int client_list_browsers(Client *c, Standings *ret);

/* Has the daemon try the way that a notification takes, which takes some seconds. */
int client_probe_notifications(Client *c, Standings *ret);

typedef struct NotificationServer {
        char *name, *version;
        bool actions; /* it can show buttons */
} NotificationServer;

void notification_server_done(NotificationServer *s);

int client_notification_server(Client *c, NotificationServer *ret);
