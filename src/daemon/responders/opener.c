/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Opens files and URIs through a transient unit of the user's service manager. The daemon's own
 * sandbox (no home, no new programs) would be the application's too if the daemon started it. It
 * starts no program itself and does not choose the application. Used by nudge.c. */

#include "daemon/responders/opener.h"

#include "common/array.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <systemd/sd-id128.h>

#define MANAGER_NAME      "org.freedesktop.systemd1"
#define MANAGER_PATH      "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"

/* One target on its way. */
typedef struct Errand {
        Opener *opener;
        char *target;
        char *unit;
        sd_bus_slot *match; /* of the end of the unit's job */
        sd_bus_slot *call;
} Errand;

struct Opener {
        sd_bus *bus;
        OpenerDone done;
        void *userdata;
        Errand **errands; /* oldest first */
        size_t n, space;
};

static Errand *errand_free(Errand *e) {
        if (!e)
                return NULL;
        sd_bus_slot_unref(e->match);
        sd_bus_slot_unref(e->call);
        free(e->target);
        free(e->unit);
        free(e);
        return NULL;
}
DEFINE_CLEANUP(Errand *, errand_free)

static void forget(Opener *o, Errand *e) {
        size_t i = 0;

        while (i < o->n && o->errands[i] != e)
                i++;
        if (i == o->n)
                return;
        o->n--;
        memmove(&o->errands[i], &o->errands[i + 1], (o->n - i) * sizeof(*o->errands));
}

static void finish(Errand *e, int error) {
        _cleanup_(errand_freep) Errand *ended = e;
        Opener *o = e->opener;

        forget(o, ended);
        o->done(o->userdata, ended->target, error);
}

static int on_started(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Errand *e = userdata;

        (void)ret_error;
        if (sd_bus_message_is_method_error(m, NULL))
                finish(e, -sd_bus_message_get_errno(m));
        return 0;
}

/* "done" is the success of a job; every other word is how it did not succeed. */
static int on_job_removed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Errand *e = userdata;
        const char *unit, *result;

        (void)ret_error;
        if (sd_bus_message_read(m, "uoss", NULL, NULL, &unit, &result) < 0 || !streq(unit, e->unit))
                return 0;
        finish(e, streq(result, "done") ? 0 : -EIO);
        return 0;
}

/* If the bus does not hand us the news, there are none; the target opens all the same. */
static int on_match_installed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        (void)m;
        (void)userdata;
        (void)ret_error;
        return 0;
}

/* The match is there only while the errand is, for every job of the manager's comes with it. (One
 * for the unit alone, by arg2, is lost on sd-bus: it reads no arguments behind a number.) */
static int follow_unit(Errand *e) {
        return sd_bus_match_signal_async(e->opener->bus, &e->match, MANAGER_NAME, MANAGER_PATH,
                MANAGER_INTERFACE, "JobRemoved", on_job_removed, on_match_installed, e);
}

/* oneshot: the job ends with xdg-open, so that its status is known. KillMode: what xdg-open started
 * and left behind is the user's application, and lives on. BROWSER: without an application for the
 * target, xdg-open falls back on the web browser, which is no help at such a moment. Nothing of the
 * target goes into the system's log. */
static int append_properties(sd_bus_message *m, const char *target) {
        int r;

        r = sd_bus_message_append(m, "(sv)(sv)(sv)(sv)(sv)(sv)(sv)", "Description", "s",
                "Open something for nocontact", "Type", "s", "oneshot", "KillMode", "s", "process",
                "CollectMode", "s", "inactive-or-failed", "StandardOutput", "s", "null",
                "StandardError", "s", "null", "Environment", "as", 1, "BROWSER=false");
        if (r < 0)
                return r;
        /* by way of env, for the manager wants an absolute path and xdg-open is where PATH says */
        return sd_bus_message_append(m, "(sv)", "ExecStartEx", "a(sasas)", 1, "/usr/bin/env", 3,
                "env", "xdg-open", target, 1, "no-env-expand");
}

static int new_start(Errand *e, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(e->opener->bus, &m, MANAGER_NAME, MANAGER_PATH,
                MANAGER_INTERFACE, "StartTransientUnit");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "ss", e->unit, "fail");
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'a', "(sv)");
        if (r < 0)
                return r;
        r = append_properties(m, e->target);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(m);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "a(sa(sv))", 0);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

static int errand_new(Opener *o, const char *target, Errand **ret) {
        _cleanup_(errand_freep) Errand *e = calloc(1, sizeof(*e));
        char id[SD_ID128_STRING_MAX];
        sd_id128_t random;
        int r;

        if (!e)
                return -ENOMEM;
        e->opener = o;
        e->target = strdup(target);
        if (!e->target)
                return -ENOMEM;
        r = sd_id128_randomize(&random);
        if (r < 0)
                return r;
        if (asprintf(&e->unit, "nocontact-open-%s.service", sd_id128_to_string(random, id)) < 0) {
                e->unit = NULL;
                return -ENOMEM;
        }
        *ret = TAKE_PTR(e);
        return 0;
}

/* An absolute path, or "scheme:..." (RFC 3986, section 3.1). */
static bool is_target(const char *s) {
        if (*s == '/')
                return true;
        if (!isalpha((unsigned char)*s))
                return false;
        while (isalnum((unsigned char)*s) || (*s && strchr("+-.", *s)))
                s++;
        return *s == ':';
}

int opener_open(Opener *o, const char *target) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_(errand_freep) Errand *e = NULL;
        int r;

        if (!is_target(target))
                return -EINVAL;
        if (ARRAY_RESERVE(o->errands, o->space, OPENER_MAX) < 0)
                return -ENOMEM;
        r = errand_new(o, target, &e);
        if (r < 0)
                return r;
        r = new_start(e, &m);
        if (r < 0)
                return r;
        r = follow_unit(e);
        if (r < 0)
                return r;
        r = sd_bus_call_async(o->bus, &e->call, m, on_started, e, 0);
        if (r < 0)
                return r;
        if (o->n == OPENER_MAX) {
                Errand *oldest = o->errands[0];

                forget(o, oldest);
                errand_free(oldest);
        }
        o->errands[o->n++] = TAKE_PTR(e);
        return 0;
}

int opener_new(sd_bus *bus, OpenerDone done, void *userdata, Opener **ret) {
        Opener *o = calloc(1, sizeof(*o));

        if (!o)
                return -ENOMEM;
        *o = (Opener){.bus = sd_bus_ref(bus), .done = done, .userdata = userdata};
        *ret = o;
        return 0;
}

Opener *opener_free(Opener *o) {
        if (!o)
                return NULL;
        for (size_t i = 0; i < o->n; i++)
                errand_free(o->errands[i]);
        free(o->errands);
        sd_bus_unref(o->bus);
        free(o);
        return NULL;
}
