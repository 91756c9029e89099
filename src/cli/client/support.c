/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The client: plans, reasons, support people. It prints nothing,
 * decides nothing, and asks no clock. Used by commands/. */

#include "cli/client/call.h"

void items_done(Items *items) {
        for (size_t i = 0; i < items->n; i++)
                free(items->items[i].text);
        free(items->items);
        *items = (Items){0};
}

static int read_item(Message *m, void *list) {
        Items *items = list;
        Item *item = LIST_ADD(items->items, items->n, items->space);
        int r;

        if (!item)
                return -ENOMEM;
        r = read_number(m, &item->id);
        return r < 0 ? r : read_text(m, "s", &item->text);
}

int client_list_support(Client *c, const char *kind, Items *ret) {
        _cleanup_(items_done) Items items = {0};
        int r;

        r = client_call_rows(c, SUPPORT("List"), &(Rows){"ts", read_item, &items}, "s", kind);
        if (r < 0)
                return r;
        *ret = TAKE_STRUCT(items);
        return 0;
}

int client_add_support(Client *c, const char *kind, const char *text, uint64_t *ret_id) {
        return client_call_number(c, SUPPORT("Add"), ret_id, "ss", kind, text);
}

int client_remove_support(Client *c, uint64_t id) {
        return client_call(c, SUPPORT("Remove"), NULL, "t", id);
}
