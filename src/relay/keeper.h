/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/judge.h"
#include "core/notice.h"
#include "core/state.h"

#include <jansson.h>
#include <systemd/sd-event.h>

/* Whoever stands in front of a notification server has a keeper: it knows the rules, says of a
 * notification whether it is to be kept, and writes down what is kept, before anybody is told so.
 * What it keeps lies in the spool as core/held.h says. */
typedef struct Keeper Keeper;

enum {
        KEEPER_WAITING_MAX = 64 << 20, /* bytes that may wait for the disk; of what comes
                                        * then the head alone waits, without the message */
        KEEPER_HEADS_MAX = 16 << 20,   /* bytes of such heads; what comes then is not shown, and
                                        * not written down either */
        KEEPER_RETRY_MSEC = 2000,      /* how often the disk is tried again */
        KEEPER_TEXT_MAX = 1 << 20, /* bytes of a text in a head that would be too long otherwise */
};

/* `data_dir` is the ledger's folder, `source` the word for who holds: "relay". Without rules
 * nothing is kept. That the spool cannot be made is told in the log and is no failure. Returns 0 or
 * a negative errno. */
int keeper_new(sd_event *event, const char *data_dir, const char *source, Keeper **ret);
/* Tries the disk once more for what waits. Accepts NULL; returns NULL. */
Keeper *keeper_free(Keeper *k);
DEFINE_CLEANUP(Keeper *, keeper_free)

/* From now on the rules are those of this state, of which nothing is referred to; NULL: none.
 * Returns 0, or -ENOMEM and the rules stay as they were. */
int keeper_set_rules(Keeper *k, const State *s);

/* Is what comes now to be kept out of sight? A clock that is behind the rules changes nothing.
 * Returns 1 and a verdict for keeper_keep(), 0 for a notification that is delivered; -ENOMEM:
 * nobody knows, so that it must not be delivered. */
int keeper_judge(const Keeper *k, const Notice *n, uint64_t now_usec, Verdict *ret);

/* Writes a notification down of which keeper_judge() just returned `v`. `more` is as in a Held and
 * stays the caller's; `message` is the whole message. It is not to be shown, whatever is returned:
 * 0 when it is on the disk; 1 when it waits in memory until the disk takes it; -ENOMEM or -ENOBUFS
 * when it is lost. */
int keeper_keep(Keeper *k, const Notice *n, const Verdict *v, json_t *more, const void *message,
        size_t message_len, uint64_t now_usec);

/* A new id for a notification that was held: NC_RELAY_FIRST_ID or above. */
uint32_t keeper_new_id(Keeper *k);

/* How many wait for the disk. */
size_t keeper_waiting(const Keeper *k);
