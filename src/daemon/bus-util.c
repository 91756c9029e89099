/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What every face needs: errors and paths. */

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
        {EACCES, NC_ERROR_LOCKED},
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
