/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What every face needs: errors, paths, and the news from the manager as signals. */

#include "common/log.h"
#include "daemon/bus.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <stdio.h>

static const struct {
        int error;
        const char *name;
} refusals[] = {
        {EINVAL, NC_ERROR_INVALID_ARGUMENT},
        {E2BIG, NC_ERROR_INVALID_ARGUMENT},
        {ENOENT, NC_ERROR_NOT_FOUND},
        {EEXIST, NC_ERROR_ALREADY_EXISTS},
        {EDQUOT, NC_ERROR_LIMIT_EXCEEDED},
        {ETIME, NC_ERROR_TOO_LATE},
};

int bus_refuse(sd_bus_error *error, int r, const char *why) {
        for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
                if (refusals[i].error == -r && why)
                        return sd_bus_error_set(error, refusals[i].name, why);

        /* not a refusal: the ledger or the memory failed */
        log_error("A request could not be carried out: %s", strerror(-r));
        return sd_bus_error_setf(error, NC_ERROR_STORAGE,
                "It could not be written down (%s); nothing was changed.", strerror(-r));
}

char *bus_person_path(const char *id) {
        char *path;

        if (!id || id[0] == '\0')
                return strdup("/");
        /* ids are hex digits, which an object path takes as they are: it can be typed */
        return asprintf(&path, "%s/%s", NC_OBJECT_PERSON_PREFIX, id) < 0 ? NULL : path;
}

int bus_person_id(const char *path, bool may_be_all, char **ret, sd_bus_error *error) {
        if (may_be_all && streq(path, "/")) {
                *ret = NULL;
                return 0;
        }
        if (sd_bus_path_decode(path, NC_OBJECT_PERSON_PREFIX, ret) <= 0)
                return sd_bus_error_set(error, NC_ERROR_NOT_FOUND, "There is no such person.");
        return 0;
}

int bus_add_faces(sd_bus *bus, Manager *m) {
        static int (*const faces[])(sd_bus *, Manager *) = {
                manager_bus_add,
                person_bus_add,
                ledger_bus_add,
                support_bus_add,
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

const ManagerListener bus_listener = {
        .recorded = on_recorded,
        .milestone = on_milestone,
        .person_added = on_person_added,
        .person_removed = on_person_removed,
        .person_changed = on_person_changed,
        .property_changed = on_property_changed,
};
