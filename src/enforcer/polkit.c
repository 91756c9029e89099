/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The one door to polkit (its D-Bus API, org.freedesktop.PolicyKit1.Authority). It decides nothing:
 * what an action takes stands in the policy file, and no answer is a no. The face calls it. */

#include "enforcer/polkit.h"

#include "common/log.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

#include <errno.h>

/* CheckAuthorization: the flag, and how long a person may take to find the password */
#define POLKIT_ALLOW_INTERACTION 1U
#define POLKIT_PATIENCE_USEC     (120 * USEC_PER_SEC)

typedef struct Pending {
        struct Pending *next;
        Polkit *polkit;
        sd_bus_message *call; /* ref */
        sd_bus_slot *slot;
        sd_bus_message_handler_t handler;
        void *userdata;
        uid_t uid;
        bool allowed;
} Pending;

struct Polkit {
        sd_bus *bus; /* ref */
        Pending *pending;
        const Pending *answered; /* while its handler runs again */
};

int polkit_new(sd_bus *bus, Polkit **ret) {
        Polkit *p = calloc(1, sizeof(*p));

        if (!p)
                return -ENOMEM;
        p->bus = sd_bus_ref(bus);
        *ret = p;
        return 0;
}

static void pending_drop(Pending *q) {
        for (Pending **at = &q->polkit->pending; *at; at = &(*at)->next)
                if (*at == q) {
                        *at = q->next;
                        break;
                }
        sd_bus_slot_unref(q->slot);
        sd_bus_message_unref(q->call);
        free(q);
}

Polkit *polkit_free(Polkit *p) {
        if (!p)
                return NULL;
        while (p->pending)
                pending_drop(p->pending);
        sd_bus_unref(p->bus);
        free(p);
        return NULL;
}

bool polkit_busy(const Polkit *p) {
        return p->pending;
}

/* Whatever is no clear yes is a no: an error, no polkit at all, a reply of another shape. */
static bool answer_allows(sd_bus_message *reply) {
        int allowed = 0;

        if (sd_bus_message_is_method_error(reply, NULL)) {
                log_debug("polkit gave no answer: %s", sd_bus_message_get_error(reply)->message);
                return false;
        }
        return sd_bus_message_enter_container(reply, 'r', "bba{ss}") > 0 &&
               sd_bus_message_read(reply, "b", &allowed) > 0 && allowed;
}

static int on_answer(sd_bus_message *reply, void *userdata, sd_bus_error *unused) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Pending *q = userdata;
        int r;

        (void)unused;
        q->allowed = answer_allows(reply);
        q->polkit->answered = q;
        r = sd_bus_message_rewind(q->call, 1);
        if (r >= 0)
                r = q->handler(q->call, q->userdata, &error);
        q->polkit->answered = NULL;
        if (r < 0)
                r = sd_bus_reply_method_errno(q->call, r, &error);
        pending_drop(q);
        return r;
}

static int pending_ask(Pending *q, const char *action) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *ask = NULL;
        int r, interactive = sd_bus_message_get_allow_interactive_authorization(q->call) > 0;

        r = sd_bus_message_new_method_call(q->polkit->bus, &ask, "org.freedesktop.PolicyKit1",
                "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
                "CheckAuthorization");
        if (r < 0)
                return r;
        r = sd_bus_message_append(ask, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                sd_bus_message_get_sender(q->call), action, 0,
                interactive ? POLKIT_ALLOW_INTERACTION : 0, "");
        if (r < 0)
                return r;
        return sd_bus_call_async(q->polkit->bus, &q->slot, ask, on_answer, q,
                interactive ? POLKIT_PATIENCE_USEC : 0);
}

int polkit_check(Polkit *p, sd_bus_message *call, uid_t uid, const char *action,
        sd_bus_message_handler_t handler, void *userdata, sd_bus_error *error) {
        unsigned waiting = 0;
        Pending *q;
        int r;

        if (uid == 0)
                return 1;
        if (p->answered && p->answered->call == call)
                return p->answered->allowed
                               ? 1
                               : sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
                                         "This needs an active local session (polkit said no).");
        for (q = p->pending; q; q = q->next)
                waiting += q->uid == uid;
        if (waiting >= POLKIT_PENDING_MAX)
                return sd_bus_error_set(error, NC_ERROR_LIMIT_EXCEEDED,
                        "Earlier calls still wait for an answer from polkit.");

        q = calloc(1, sizeof(*q));
        if (!q)
                return -ENOMEM;
        *q = (Pending){
                .next = p->pending,
                .polkit = p,
                .call = sd_bus_message_ref(call),
                .handler = handler,
                .userdata = userdata,
                .uid = uid,
        };
        p->pending = q;
        r = pending_ask(q, action);
        if (r < 0)
                pending_drop(q);
        return r < 0 ? r : 0;
}
