/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <jansson.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

/* The bridge between the extension and nocontactd. What the extension may say, each an object with
 * an `id` of its own choice, an integer from 0 to 2^53, which comes back with the answer:
 *
 *   {"id", "check": URL}       {"id", "blocked": bool}: would a visit to it count?
 *   {"id", "report": URL}      {"id", "grade": "attempt" | "slip" | "none"}: a visit was stopped
 *   {"id", "exposed": [URL, ...], "names": [text, ...]}
 *                              {"id", "exposed": [bool, ...], "names": [bool, ...]}: what of a feed
 *                                                     is theirs? Nothing is recorded
 *   {"id", "private": word}    {"id", "done": true}: private windows are "covered" or "open"
 *   {"id", "pause": true}      {"id", "kept", "also", "plan", "reason", "instead", "support",
 *                            "event"}: for the pause page, what PausePage gives
 *   {"id", "answer": word}     {"id", "done": true}: "leave", "breathe", "write" or "call"
 *   {"id", "tag": word, "event"}  {"id", "done": true}: why now; `event` as pause gave it
 *
 * and {"id", "error"} for each of them: "away" (nocontactd does not run) or "refused". What the
 * host says by itself:
 *
 *   {"hello": 1, "active", "elsewhere"}        once, first of all
 *   {"changed": true, "active", "elsewhere"}   rules have changed or nocontactd has come back
 *
 * `active` is false when there is nobody to be kept from, and then nothing need be asked;
 * `elsewhere` when they can be met on the catalogue's sites alone. Questions rather than a list:
 * the browser learns of what it is shown anyway, and keeps nothing. */
typedef struct Bridge Bridge;

enum {
        BRIDGE_PROTOCOL = 1,
        BRIDGE_OPEN_MAX = 100, /* questions at once; buses allow from 128 calls upwards */
};

/* A message for the extension, which stays the bridge's. */
typedef void (*bridge_say_func)(void *userdata, const json_t *message);

/* Connects to the session bus and says hello to nocontactd for `browser`, which is copied. When the
 * bus ends, the loop does, with EXIT_FAILURE. Returns 0 or a negative errno. */
int bridge_new(
        sd_event *event, const char *browser, bridge_say_func say, void *userdata, Bridge **ret);
/* Accepts NULL; returns NULL. What is still open is not answered. */
Bridge *bridge_free(Bridge *b);
DEFINE_CLEANUP(Bridge *, bridge_free)

/* Are so many questions open that no more is to be heard until one is answered? */
bool bridge_is_full(const Bridge *b);

/* Takes what the extension said. Returns 0; -EPROTO when it is none of the above; -ENOMEM. */
int bridge_hear(Bridge *b, const json_t *request);
