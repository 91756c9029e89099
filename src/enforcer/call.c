/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the methods of both faces need: who calls, lists of a bounded length, and refusals. */

#include "enforcer/call.h"

#include "common/array.h"
#include "common/log.h"
#include "nocontact/bus-names.h"

#include <errno.h>

static const struct {
        int error;
        const char *name;
} refusals[] = {
        {EINVAL, NC_ERROR_INVALID_ARGUMENT},
        {EPERM, NC_ERROR_LOCKED},
        {ENOENT, NC_ERROR_NOT_FOUND},
        {E2BIG, NC_ERROR_LIMIT_EXCEEDED},
        {EDQUOT, NC_ERROR_LIMIT_EXCEEDED},
        {EAGAIN, NC_ERROR_LIMIT_EXCEEDED},
        {EADDRINUSE, SD_BUS_ERROR_ADDRESS_IN_USE},
        {EOPNOTSUPP, SD_BUS_ERROR_NOT_SUPPORTED},
};

int call_refuse(sd_bus_error *error, int r, const char *why) {
        for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
                if (refusals[i].error == -r && why)
                        return sd_bus_error_set(error, refusals[i].name, why);

        log_error("A request could not be carried out: %s", strerror(-r));
        return sd_bus_error_setf(error, NC_ERROR_STORAGE, "%s (%s)",
                why ? why : N_("It could not be done; nothing was changed."), strerror(-r));
}

int call_uid(sd_bus_message *call, uid_t *ret) {
        _cleanup_(sd_bus_creds_unrefp) sd_bus_creds *creds = NULL;
        int r;

        r = sd_bus_query_sender_creds(call, SD_BUS_CREDS_EUID, &creds);
        if (r < 0)
                return r;
        return sd_bus_creds_get_euid(creds, ret);
}

void strings_done(Strings *s) {
        free(s->items);
}

int strings_read(sd_bus_message *call, size_t max, Strings *ret) {
        const char *item;
        int r;

        r = sd_bus_message_enter_container(call, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read_basic(call, 's', &item)) > 0) {
                if (ret->n == max)
                        return -E2BIG;
                r = ARRAY_RESERVE(ret->items, ret->space, ret->n + 1);
                if (r < 0)
                        return r;
                ret->items[ret->n++] = item;
        }
        if (r < 0)
                return r;
        return sd_bus_message_exit_container(call);
}
