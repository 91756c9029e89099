/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The arguments with which org.freedesktop.systemd1 starts a process as it was started before, on
 * another bus address. It calls nobody; the gate does. */

#include "daemon/gate/transient.h"

#include "common/time.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <utf8proc.h>

#define ADDRESS "DBUS_SESSION_BUS_ADDRESS"

/* A bus lost with the relay ends the server; it is to come back after it. */
#define RESTART_USEC (200 * USEC_PER_MSEC)

#define LIMIT_USEC  (30 * USEC_PER_SEC)
#define LIMIT_BURST 20

static bool is_text(const char *text) {
        const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
        utf8proc_int32_t c;

        while (*at) {
                utf8proc_ssize_t n = utf8proc_iterate(at, -1, &c);

                if (n <= 0)
                        return false;
                at += n;
        }
        return true;
}

/* What systemd takes as Environment=, less the address of the bus, which is given anew. */
static bool is_kept(const char *assignment) {
        size_t name = strcspn(assignment, "=");

        if (name == 0 || assignment[name] != '=' || isdigit((unsigned char)assignment[0]) ||
                strncmp(assignment, ADDRESS "=", sizeof(ADDRESS)) == 0)
                return false;
        for (size_t i = 0; i < name; i++)
                if (!isalnum((unsigned char)assignment[i]) && assignment[i] != '_')
                        return false;
        for (const char *c = assignment + name; *c; c++)
                if (((unsigned char)*c < ' ' && *c != '\t' && *c != '\n') || *c == 0x7f)
                        return false;
        return is_text(assignment);
}

bool transient_possible(const Process *p) {
        for (size_t i = 0; i < p->n_arguments; i++)
                if (!is_text(p->arguments[i]))
                        return false;
        return is_text(p->executable) && is_text(p->folder);
}

static int append_environment(sd_bus_message *m, const Transient *t) {
        const Process *p = t->process;
        _cleanup_free_ char *address = NULL;
        int r;

        if (asprintf(&address, ADDRESS "=%s", t->address) < 0) {
                address = NULL;
                return -ENOMEM;
        }
        r = sd_bus_message_open_container(m, 'r', "sv");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", "Environment");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; i < p->n_environment && r >= 0; i++)
                if (is_kept(p->environment[i]))
                        r = sd_bus_message_append(m, "s", p->environment[i]);
        if (r >= 0)
                r = sd_bus_message_append(m, "s", address);
        for (int level = 0; level < 3 && r >= 0; level++)
                r = sd_bus_message_close_container(m);
        return r;
}

static int append_command(sd_bus_message *m, const Process *p) {
        int r;

        r = sd_bus_message_open_container(m, 'r', "sv");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", "ExecStart");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "a(sasb)");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "(sasb)");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'r', "sasb");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", p->executable);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; i < p->n_arguments && r >= 0; i++)
                r = sd_bus_message_append(m, "s", p->arguments[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_append(m, "b", 0);
        for (int level = 0; level < 4 && r >= 0; level++)
                r = sd_bus_message_close_container(m);
        return r;
}

int transient_append(sd_bus_message *m, const Transient *t) {
        int r;

        r = sd_bus_message_append(m, "ss", t->unit, "fail");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "(sv)");
        if (r >= 0)
                r = sd_bus_message_append(m, "(sv)(sv)(sv)(sv)(sv)(sv)(sv)(sv)",
                        "StartLimitIntervalUSec", "t", (uint64_t)LIMIT_USEC, "StartLimitBurst", "u",
                        (uint32_t)LIMIT_BURST, "Description", "s", t->description, "CollectMode",
                        "s", "inactive-or-failed", "Restart", "s", "on-failure", "RestartUSec", "t",
                        (uint64_t)RESTART_USEC, "WorkingDirectory", "s", t->process->folder,
                        "Conflicts", "as", 1, t->instead_of);
        if (r >= 0 && t->behind)
                r = sd_bus_message_append(m, "(sv)(sv)", "Requires", "as", 1, t->behind, "After",
                        "as", 2, t->behind, t->instead_of);
        else if (r >= 0)
                r = sd_bus_message_append(m, "(sv)", "After", "as", 1, t->instead_of);
        if (r >= 0)
                r = append_environment(m, t);
        if (r >= 0)
                r = append_command(m, t->process);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_append(m, "a(sa(sv))", 0);
}
