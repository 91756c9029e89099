/* SPDX-License-Identifier: GPL-3.0-or-later */

/* org.nocontact.Daemon1.Holds. */

#include "common/buffer.h"
#include "common/time.h"
#include "core/judge.h"
#include "daemon/bus.h"
#include "daemon/holds.h"
#include "daemon/kept.h"
#include "daemon/passes.h"
#include "nocontact/bus-names.h"

#include <errno.h>

/* --- what is shown at any time --------------------------------------------------------------- */

static int append_sender(void *userdata, const StoreSender *sender) {
        _cleanup_free_ char *path = bus_person_path(sender->person);

        if (!path)
                return -ENOMEM;
        return sd_bus_message_append(userdata, "(ossut)", path, sender->app, sender->sender,
                (uint32_t)MIN(sender->n, (uint64_t)UINT32_MAX), sender->newest_usec);
}

static int method_summary(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "(ossut)");
        if (r < 0)
                return r;
        r = store_list_senders(
                ledger_store(manager_ledger(userdata)), NC_LIMIT_LIST, append_sender, reply);
        if (r < 0)
                return bus_refuse(error, r, NULL);
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

typedef struct Listing {
        sd_bus_message *reply;
        const Rules *rules;
} Listing;

static int append_hold(void *userdata, const StoreEntry *entry) {
        const Listing *listing = userdata;
        const Event *ev = &entry->event;
        const char *app = event_string(ev, "app"), *sender = event_string(ev, "sender");
        _cleanup_free_ char *path = bus_person_path(ev->person);
        int passes = judge_sender_passes(listing->rules, app, sender);

        if (!path || passes < 0)
                return -ENOMEM;
        return sd_bus_message_append(listing->reply, "(ttossssbb)", ev->seq, ev->at_usec, path, app,
                sender, event_string(ev, "via"), event_string(ev, "source"),
                json_is_true(json_object_get(ev->data, "leaked")), passes);
}

/* Reads a person's path, "/" for everybody, who need not be there any more: what was held of them
 * still is. */
static int read_page(sd_bus_message *message, char **ret_id, uint64_t *ret_from,
        uint32_t *ret_limit, sd_bus_error *error) {
        const char *path;
        int r;

        r = sd_bus_message_read(message, "otu", &path, ret_from, ret_limit);
        if (r < 0)
                return r;
        r = bus_person_id(path, true, ret_id, error);
        if (r < 0)
                return r;
        if (*ret_limit < 1 || *ret_limit > NC_LIMIT_LIST)
                return bus_refuse(error, -EINVAL, N_("The limit is a number from 1 to 10000."));
        return 0;
}

static int method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ char *id = NULL;
        Ledger *l = manager_ledger(userdata);
        uint64_t before;
        uint32_t limit;
        int r;

        r = read_page(message, &id, &before, &limit, error);
        if (r < 0)
                return r;
        r = sd_bus_message_new_method_return(message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "(ttossssbb)");
        if (r < 0)
                return r;
        r = holds_list(l, id, before, limit, append_hold,
                &(Listing){.reply = reply, .rules = ledger_rules(l)});
        if (r < 0)
                return bus_refuse(error, r, NULL);
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* --- what is shown when no promise is against it --------------------------------------------- */

static int refuse_locked(sd_bus_error *error, uint64_t until) {
        char when[TIME_TEXT_SPACE];

        return sd_bus_error_setf(error, NC_ERROR_LOCKED,
                N_("What they sent can be read after %s. Until then it is kept, and nothing of it is "
                   "lost."),
                time_format_local(when, sizeof(when), until));
}

static int describe(Manager *m, const Event *ev, char **ret) {
        const Person *p = state_person(ledger_state(manager_ledger(m)), ev->person);
        json_t *object;
        char *text;
        int r;

        r = kept_describe(manager_data_dir(m), ev, p ? p->name : NULL, &object);
        if (r < 0)
                return r;
        /* in ASCII: the bus does not take every character that an application may send */
        text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
        json_decref(object);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}

static int method_show(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_free_ char *text = NULL;
        const char *why = NULL;
        StoreEntry entry = {0};
        uint64_t event, until;
        int r;

        r = sd_bus_message_read(message, "t", &event);
        if (r < 0)
                return r;
        r = holds_get(manager_ledger(userdata), event, &entry, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        until = holds_locked_until(
                manager_ledger(userdata), &entry.event, manager_promise_now(userdata));
        r = until == 0 ? describe(userdata, &entry.event, &text) : 0;
        event_done(&entry.event);
        if (until > 0)
                return refuse_locked(error, until);
        if (r < 0)
                return bus_refuse(error, r, NULL);
        return sd_bus_reply_method_return(message, "s", text);
}

/* One answer to Export on its way. */
typedef struct Page {
        Manager *m;
        sd_bus_message *reply;
        uint64_t now;
        uint64_t locked_until; /* of one that may not be read */
        uint32_t left;         /* so many more entries */
        size_t bytes;          /* of those that are in it */
        uint64_t next;         /* the last of them, when there may be more behind it */
} Page;

static int append_entry(void *userdata, const Event *ev) {
        _cleanup_free_ char *text = NULL;
        Page *page = userdata;
        int r;

        page->locked_until = holds_locked_until(manager_ledger(page->m), ev, page->now);
        if (page->locked_until > 0)
                return -ECANCELED;
        r = describe(page->m, ev, &text);
        if (r == 0)
                r = sd_bus_message_append(page->reply, "s", text);
        if (r < 0)
                return r;
        page->bytes += strlen(text);
        if (--page->left > 0 && page->bytes < NC_LIMIT_EXPORT_LEN)
                return 0;
        page->next = ev->seq;
        return -ECANCELED;
}

static int method_export(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Page page = {.m = userdata, .now = manager_promise_now(userdata)};
        _cleanup_free_ char *id = NULL;
        uint64_t after;
        int r;

        r = read_page(message, &id, &after, &page.left, error);
        if (r < 0)
                return r;
        r = sd_bus_message_new_method_return(message, &reply);
        if (r < 0)
                return r;
        page.reply = reply;
        r = sd_bus_message_open_container(reply, 'a', "s");
        if (r < 0)
                return r;
        r = holds_replay(manager_ledger(userdata), id, after, append_entry, &page);
        if (page.locked_until > 0)
                return refuse_locked(error, page.locked_until);
        if (r < 0 && page.next == 0)
                return bus_refuse(error, r, NULL);
        r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "t", page.next);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* --- what passes ----------------------------------------------------------------------------- */

static int method_not_them(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *why = NULL;
        uint64_t event, due;
        int r;

        r = sd_bus_message_read(message, "t", &event);
        if (r < 0)
                return r;
        r = passes_not_them(manager_ledger(userdata), manager_promise_now(userdata), event,
                manager_key_given(userdata), &due, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", manager_promise_wall(userdata, due));
}

static int method_add_pass(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *kind, *value, *why = NULL;
        uint64_t due;
        int r;

        r = sd_bus_message_read(message, "ss", &kind, &value);
        if (r < 0)
                return r;
        r = passes_add(manager_ledger(userdata), manager_promise_now(userdata), kind, value,
                manager_key_given(userdata), &due, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", manager_promise_wall(userdata, due));
}

static int method_remove_pass(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *why = NULL;
        uint64_t id;
        int r;

        r = sd_bus_message_read(message, "t", &id);
        if (r < 0)
                return r;
        r = passes_remove(manager_ledger(userdata), manager_promise_now(userdata), id, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

static int method_list_passes(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const State *s = ledger_state(manager_ledger(userdata));
        int r;

        (void)error;
        r = sd_bus_message_new_method_return(message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "(tss)");
        for (size_t i = 0; i < s->n_passes && r >= 0; i++)
                r = sd_bus_message_append(reply, "(tss)", s->passes[i].seq,
                        pass_kind_name(s->passes[i].kind), s->passes[i].identity.value);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* --- the interface --------------------------------------------------------------------------- */

static const sd_bus_vtable holds_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Summary", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ossut)", senders),
                method_summary, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("o", person, "t", before, "u", limit),
                SD_BUS_RESULT("a(ttossssbb)", rows), method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Show", SD_BUS_ARGS("t", event), SD_BUS_RESULT("s", json),
                method_show, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Export", SD_BUS_ARGS("o", person, "t", after, "u", limit),
                SD_BUS_RESULT("as", entries, "t", next), method_export, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("NotThem", SD_BUS_ARGS("t", event), SD_BUS_RESULT("t", due_usec),
                method_not_them, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("AddPass", SD_BUS_ARGS("s", kind, "s", value),
                SD_BUS_RESULT("t", due_usec), method_add_pass, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RemovePass", SD_BUS_ARGS("t", id), SD_BUS_NO_RESULT,
                method_remove_pass, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListPasses", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(tss)", passes),
                method_list_passes, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int holds_bus_add(sd_bus *bus, Manager *m) {
        return sd_bus_add_object_vtable(
                bus, NULL, NC_OBJECT_ROOT, NC_INTERFACE_HOLDS, holds_vtable, m);
}
