/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/manager.h"

#include <systemd/sd-bus.h>

/* The faces: D-Bus in and out. They read, validate, call, and answer; they decide nothing. The
 * interfaces are written down in dbus/. */

/* Puts all interfaces on the bus. Returns 0 or a negative errno. The manager outlives the bus. */
int bus_add_faces(sd_bus *bus, Manager *m);

/* The news for manager_start(); its userdata is the bus. */
extern const ManagerListener bus_listener;

/* --- for the faces among themselves ---------------------------------------------------------- */

int manager_bus_add(sd_bus *bus, Manager *m);
int person_bus_add(sd_bus *bus, Manager *m);
int ledger_bus_add(sd_bus *bus, Manager *m);
int support_bus_add(sd_bus *bus, Manager *m);
int regime_bus_add(sd_bus *bus, Manager *m);
int holds_bus_add(sd_bus *bus, Manager *m);

/* The handler of Ledger.Review. */
int review_bus_answer(sd_bus_message *message, void *userdata, sd_bus_error *error);

/* Announces that a person's figures may have changed. */
void person_bus_changed(sd_bus *bus, const char *id);

/* Turns a refusal (see refusal.h) into the named D-Bus error; `why` NULL gives a sentence from the
 * errno. Returns a negative errno to return from the handler. */
int bus_refuse(sd_bus_error *error, int r, const char *why);

/* The object path of a person, or "/" for an empty id. The caller frees; NULL: no memory. */
char *bus_person_path(const char *id);

/* The id in a person's path. Returns 0 and the id, which the caller frees; when `may_be_all` "/"
 * gives NULL. -ENOENT and the D-Bus error set when it is no person's path. */
int bus_person_id(const char *path, bool may_be_all, char **ret, sd_bus_error *error);
