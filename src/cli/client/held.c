/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The client: what was held, and what passes. It prints nothing,
 * decides nothing, and asks no clock. Used by commands/. */

#include "cli/client/call.h"

void senders_done(Senders *s) {
        for (size_t i = 0; i < s->n; i++) {
                free(s->items[i].person);
                free(s->items[i].app);
                free(s->items[i].sender);
        }
        free(s->items);
        *s = (Senders){0};
}

static int read_sender(Message *m, void *list) {
        Senders *senders = list;
        Sender *s = LIST_ADD(senders->items, senders->n, senders->space);
        int r;

        if (!s)
                return -ENOMEM;
        r = read_text(m, "o", &s->person);
        if (r >= 0)
                r = READ_TEXTS(m, &s->app, &s->sender);
        return r < 0 ? r : sd_bus_message_read(m, "ut", &s->count, &s->newest_usec);
}

int client_list_senders(Client *c, Senders *ret) {
        _cleanup_(senders_done) Senders senders = {0};
        int r;

        r = client_call_rows(c, HOLDS("Summary"), &(Rows){"ossut", read_sender, &senders}, NULL);
        if (r < 0)
                return r;
        *ret = TAKE_STRUCT(senders);
        return 0;
}

int client_count_held(Client *c, People *people) {
        _cleanup_(senders_done) Senders senders = {0};
        int r;

        r = client_list_senders(c, &senders);
        if (r < 0)
                return r;
        for (size_t i = 0; i < people->n; i++) {
                people->items[i].held = 0;
                for (size_t k = 0; k < senders.n; k++)
                        if (streq(senders.items[k].person, people->items[i].path))
                                people->items[i].held += senders.items[k].count;
        }
        return 0;
}

void holds_done(Holds *h) {
        for (size_t i = 0; i < h->n; i++) {
                free(h->items[i].person);
                free(h->items[i].app);
                free(h->items[i].sender);
                free(h->items[i].via);
                free(h->items[i].source);
        }
        free(h->items);
        *h = (Holds){0};
}

static int read_hold(Message *m, void *list) {
        Holds *holds = list;
        Hold *h = LIST_ADD(holds->items, holds->n, holds->space);
        int leaked, passes, r;

        if (!h)
                return -ENOMEM;
        r = sd_bus_message_read(m, "tt", &h->event, &h->at_usec);
        if (r >= 0)
                r = read_text(m, "o", &h->person);
        if (r >= 0)
                r = READ_TEXTS(m, &h->app, &h->sender, &h->via, &h->source);
        if (r >= 0)
                r = sd_bus_message_read(m, "bb", &leaked, &passes);
        if (r < 0)
                return r;
        h->leaked = leaked != 0;
        h->passes = passes != 0;
        return 0;
}

int client_list_holds(Client *c, const char *person, uint32_t limit, Holds *ret) {
        _cleanup_(holds_done) Holds holds = {0};
        int r;

        r = client_call_rows(c, HOLDS("List"), &(Rows){"ttossssbb", read_hold, &holds}, "otu",
                person ? person : "/", (uint64_t)0, limit);
        if (r < 0)
                return r;
        *ret = TAKE_STRUCT(holds);
        return 0;
}

int client_show_hold(Client *c, uint64_t event, char **ret_json) {
        return client_call_text(c, HOLDS("Show"), ret_json, "t", event);
}

void texts_done(Texts *t) {
        for (size_t i = 0; i < t->n; i++)
                free(t->items[i]);
        free(t->items);
        *t = (Texts){0};
}

/* Reads an array of strings. */
static int read_text_array(Message *m, Texts *texts) {
        const char *text;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "s", &text)) > 0) {
                char **item = LIST_ADD(texts->items, texts->n, texts->space);

                if (!item)
                        return -ENOMEM;
                *item = strdup(text);
                if (!*item)
                        return -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int client_export_holds(Client *c, const char *person, uint64_t after, uint32_t limit, Texts *ret,
        uint64_t *ret_next) {
        _cleanup_message_ Message *m = NULL;
        _cleanup_(texts_done) Texts texts = {0};
        int r;

        r = client_call(c, HOLDS("Export"), &m, "otu", person ? person : "/", after, limit);
        if (r >= 0)
                r = read_text_array(m, &texts);
        if (r >= 0)
                r = read_number(m, ret_next);
        if (r < 0)
                return r;
        *ret = TAKE_STRUCT(texts);
        return 0;
}

int client_not_them(Client *c, uint64_t event, uint64_t *ret_due) {
        return client_call_number(c, HOLDS("NotThem"), ret_due, "t", event);
}

int client_add_pass(Client *c, const char *kind, const char *value, uint64_t *ret_due) {
        return client_call_number(c, HOLDS("AddPass"), ret_due, "ss", kind, value);
}

int client_remove_pass(Client *c, uint64_t id) {
        return client_call(c, HOLDS("RemovePass"), NULL, "t", id);
}

void passes_done(Passes *p) {
        for (size_t i = 0; i < p->n; i++) {
                free(p->items[i].kind);
                free(p->items[i].value);
        }
        free(p->items);
        *p = (Passes){0};
}

static int read_pass(Message *m, void *list) {
        Passes *passes = list;
        Pass *p = LIST_ADD(passes->items, passes->n, passes->space);
        int r;

        if (!p)
                return -ENOMEM;
        r = read_number(m, &p->id);
        return r < 0 ? r : READ_TEXTS(m, &p->kind, &p->value);
}

int client_list_passes(Client *c, Passes *ret) {
        _cleanup_(passes_done) Passes passes = {0};
        int r;

        r = client_call_rows(c, HOLDS("ListPasses"), &(Rows){"tss", read_pass, &passes}, NULL);
        if (r < 0)
                return r;
        *ret = TAKE_STRUCT(passes);
        return 0;
}
