/* SPDX-License-Identifier: GPL-3.0-or-later */

/* All faces together: it puts the interfaces on the bus, and sends the manager's news as signals.
 */

#include "daemon/bus.h"

#include "common/log.h"
#include "nocontact/bus-names.h"

int bus_add_faces(sd_bus *bus, Manager *m) {
        static int (*const faces[])(sd_bus *, Manager *) = {
                manager_bus_add,
                person_bus_add,
                ledger_bus_add,
                support_bus_add,
                regime_bus_add,
                holds_bus_add,
        };

        for (size_t i = 0; i < ARRAY_LEN(faces); i++) {
                int r = faces[i](bus, m);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- news ------------------------------------------------------------------------------------ */

/* A signal that cannot be sent is lost with the bus; the ledger has it all. */
static void said(int r) {
        if (r < 0)
                log_debug("A signal could not be sent: %s", strerror(-r));
}

static void on_recorded(
        void *userdata, uint64_t event, const char *person, Grade grade, const char *channel) {
        _cleanup_free_ char *path = bus_person_path(person);

        if (path)
                said(sd_bus_emit_signal(userdata, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, "Recorded",
                        "toss", event, path, grade_name(grade), channel));
}

static void on_milestone(void *userdata, const char *person, unsigned days) {
        _cleanup_free_ char *path = bus_person_path(person);

        if (path)
                said(sd_bus_emit_signal(userdata, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER,
                        "MilestoneReached", "ou", path, days));
        person_bus_changed(userdata, person);
}

static void on_person_added(void *userdata, const char *person) {
        _cleanup_free_ char *path = bus_person_path(person);

        if (path)
                said(sd_bus_emit_object_added(userdata, path));
}

static void on_person_removed(void *userdata, const char *person) {
        _cleanup_free_ char *path = bus_person_path(person);

        /* the object is gone and cannot be asked for its interfaces any more */
        if (path)
                said(sd_bus_emit_signal(userdata, NC_OBJECT_ROOT,
                        "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", "oas", path, 4,
                        "org.freedesktop.DBus.Peer", "org.freedesktop.DBus.Introspectable",
                        "org.freedesktop.DBus.Properties", NC_INTERFACE_PERSON));
}

static void on_person_changed(void *userdata, const char *person) {
        person_bus_changed(userdata, person);
}

static void on_property_changed(void *userdata, const char *property) {
        said(sd_bus_emit_properties_changed(
                userdata, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, property, NULL));
}

static void on_regime_changed(void *userdata, const char *property) {
        said(sd_bus_emit_properties_changed(
                userdata, NC_OBJECT_ROOT, NC_INTERFACE_REGIME, property, NULL));
}

static void on_rules_changed(void *userdata) {
        said(sd_bus_emit_signal(
                userdata, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, "RulesChanged", NULL));
}

const ManagerListener bus_listener = {
        .recorded = on_recorded,
        .milestone = on_milestone,
        .person_added = on_person_added,
        .person_removed = on_person_removed,
        .person_changed = on_person_changed,
        .property_changed = on_property_changed,
        .regime_changed = on_regime_changed,
        .rules_changed = on_rules_changed,
};
