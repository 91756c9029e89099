/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Looks which server the bus would start, and writes what leads it to the relay. It tells nobody to
 * read the files again and restarts nothing; the gate does. */

#include "daemon/gate/wiring.h"

#include "common/array.h"
#include "common/buffer.h"
#include "common/file.h"
#include "daemon/gate/servers.h"
#include "nocontact/bus-names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A server that starts at the moment at which the relay is being started again finds no bus and
 * fails; the session bus would wait two minutes for it before it tries another. */
#define PATIENT_UNIT    "StartLimitIntervalSec=30\nStartLimitBurst=20\n"
#define PATIENT_SERVICE "Restart=on-failure\nRestartSec=200ms\n"

#define UNITS    "systemd/user"
#define SERVICES "dbus-1/services"
#define DROP_IN  "50-nocontact.conf"
#define OVERRIDE NC_NOTIFICATIONS ".service"

/* Plasma's: it starts nothing, and waits for plasmashell to take the name. */
#define WAITER "plasma_waitforname"

enum {
        SERVICE_FILE_MAX = 64 << 10, /* bytes */
};

/* What one file says that the bus may start. */
typedef struct Service {
        char *exec, *unit; /* unit: NULL for none */
} Service;

struct Wiring {
        char *runtime;
        char **shares;
        size_t n_shares, shares_space;
        char **units;
        size_t n_units, units_space;
        Service first;    /* what the bus would start; exec NULL: nothing */
        size_t n_found;   /* how many files offer a server */
        bool plain_found; /* one of them has no unit */
        char *program;
};

static void service_done(Service *s) {
        free(s->exec);
        free(s->unit);
        *s = (Service){0};
}

/* --- small things ---------------------------------------------------------------------------- */

static int list_add(char ***list, size_t *n, size_t *space, const char *text) {
        char *copy;

        for (size_t i = 0; i < *n; i++)
                if (streq((*list)[i], text))
                        return 0;
        if (ARRAY_RESERVE(*list, *space, *n + 1) < 0)
                return -ENOMEM;
        copy = strdup(text);
        if (!copy)
                return -ENOMEM;
        (*list)[(*n)++] = copy;
        return 0;
}

static void list_free(char **list, size_t n) {
        for (size_t i = 0; i < n; i++)
                free(list[i]);
        free(list);
}

int wiring_add_unit(Wiring *w, const char *unit) {
        return list_add(&w->units, &w->n_units, &w->units_space, unit);
}

/* The folder of a unit's drop-ins; the caller frees. */
static char *drop_in_folder(const Wiring *w, const char *unit) {
        char *path;

        return asprintf(&path, "%s/" UNITS "/%s.d", w->runtime, unit) < 0 ? NULL : path;
}

/* --- what the bus would start ---------------------------------------------------------------- */

/* The value of `key` when the line gives it; the caller frees. */
static char *value_of(const char *line, size_t len, const char *key) {
        size_t n = strlen(key);

        if (len <= n || strncmp(line, key, n) != 0 || line[n] != '=')
                return NULL;
        return strndup(line + n + 1, len - n - 1);
}

/* Reads a service file. Returns 1 when it offers a notification server, 0 when not, -ENOMEM. */
static int service_read(const char *text, size_t len, Service *ret) {
        _cleanup_(service_done) Service s = {0};
        bool ours = false;

        for (size_t at = 0, n; at < len; at += n + 1) {
                _cleanup_free_ char *name = NULL;
                const char *end = memchr(text + at, '\n', len - at);
                char *exec, *unit;

                n = end ? (size_t)(end - (text + at)) : len - at;
                name = value_of(text + at, n, "Name");
                ours = ours || (name && streq(name, NC_NOTIFICATIONS));
                exec = value_of(text + at, n, "Exec");
                if (exec) {
                        free(s.exec);
                        s.exec = exec;
                }
                unit = value_of(text + at, n, "SystemdService");
                if (unit) {
                        free(s.unit);
                        s.unit = unit;
                }
        }
        if (!ours || !s.exec || s.exec[0] != '/')
                return 0;
        *ret = TAKE_STRUCT(s);
        return 1;
}

static int take_service(Wiring *w, Service *s) {
        int r = s->unit ? wiring_add_unit(w, s->unit) : 0;

        w->n_found++;
        w->plain_found = w->plain_found || !s->unit;
        if (w->n_found == 1) {
                w->first = *s;
                *s = (Service){0};
        }
        service_done(s);
        return r;
}

/* Follows links, as the bus does. */
static int read_service_file(int folder, const char *name, Buffer *text) {
        _cleanup_close_ int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        char piece[4096];
        ssize_t n;

        if (fd < 0)
                return -errno;
        while ((n = TEMP_FAILURE_RETRY(read(fd, piece, sizeof(piece)))) > 0)
                if (text->len + (size_t)n > SERVICE_FILE_MAX ||
                        buffer_add(text, piece, (size_t)n) < 0)
                        return -EFBIG;
        return n < 0 ? -errno : 0;
}

static int look_into(Wiring *w, const char *share) {
        _cleanup_free_ char *path = path_join(share, SERVICES);
        struct dirent *entry;
        int r = 0;
        DIR *dir;

        if (!path)
                return -ENOMEM;
        dir = opendir(path);
        if (!dir)
                return 0; /* as the bus does */
        while (r >= 0 && (entry = readdir(dir))) {
                size_t len = strlen(entry->d_name);
                _cleanup_(buffer_done) Buffer text = {0};
                Service s = {0};

                if (len < 8 || !streq(entry->d_name + len - 8, ".service") ||
                        read_service_file(dirfd(dir), entry->d_name, &text) < 0)
                        continue;
                r = text.data ? service_read(text.data, text.len, &s) : 0;
                if (r > 0)
                        r = take_service(w, &s);
        }
        (void)closedir(dir);
        return r < 0 ? r : 0;
}

/* The base name of what a command line runs; the caller frees. */
static char *program_of(const char *exec) {
        size_t len = strcspn(exec, " \t"), at = len;

        while (at > 0 && exec[at - 1] != '/')
                at--;
        return strndup(exec + at, len - at);
}

/* The first folder decides, and within it the file that is read first, as on both buses. */
static int look(Wiring *w) {
        int r = 0;

        service_done(&w->first);
        w->n_found = 0;
        w->plain_found = false;
        free(TAKE_PTR(w->program));
        for (size_t i = 0; i < w->n_shares && r >= 0; i++)
                r = look_into(w, w->shares[i]);
        if (r < 0 || !w->first.exec)
                return r;
        w->program = program_of(w->first.exec);
        return w->program ? 0 : -ENOMEM;
}

const char *wiring_program(const Wiring *w) {
        return w->program && !streq(w->program, WAITER) ? w->program : NULL;
}

/* Does the bus need another file than it has? When it knows one server with a unit, or several that
 * all have one, whatever it starts is led to the relay by the units' drop-ins. */
static bool override_wanted(const Wiring *w) {
        return w->plain_found && wiring_program(w);
}

/* --- files ----------------------------------------------------------------------------------- */

/* Returns 1 when it was written, 0 when it said so already. The folder may be missing. */
static int write_file(const char *folder, const char *name, const char *text) {
        _cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        FileMap map;
        bool same;
        int r;

        if (fd < 0) {
                r = folder_make_private(folder);
                if (r < 0)
                        return r;
        } else if (file_map(fd, name, SERVICE_FILE_MAX, &map) == 0) {
                same = map.data && map.len == strlen(text) && memcmp(map.data, text, map.len) == 0;
                file_map_done(&map);
                if (same)
                        return 0;
        }
        r = file_replace(folder, name, text, strlen(text));
        return r < 0 ? r : 1;
}

/* Returns 1 when it was there. */
static int remove_file(const char *folder, const char *name) {
        _cleanup_free_ char *path = path_join(folder, name);

        if (!path)
                return -ENOMEM;
        if (unlink(path) < 0)
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        return 1;
}

/* Requires= and not BindsTo=: when a relay that died comes back, the service manager starts again
 * what requires it, also Plasma's shell, which lives on without its bus. What is bound it stops at
 * once instead, and nothing would start the shell again. */
#define DROP_IN_TEXT                                                                               \
        "# written by nocontactd, and gone with its last commitment or the session\n"              \
        "[Unit]\nRequires=" NC_RELAY_UNIT "\nAfter=" NC_RELAY_UNIT "\n" PATIENT_UNIT               \
        "[Service]\n" PATIENT_SERVICE                                                              \
        "Environment=DBUS_SESSION_BUS_ADDRESS=unix:path=%t/nocontact/" NC_RELAY_SOCKET "\n"

static int write_drop_in(const Wiring *w, const char *unit) {
        _cleanup_free_ char *folder = drop_in_folder(w, unit);

        return folder ? write_file(folder, DROP_IN, DROP_IN_TEXT) : -ENOMEM;
}

/* A command line of the bus's as systemd reads it: '%' and '$' mean nothing. */
static int add_command(Buffer *b, const char *exec) {
        int r = 0;

        for (const char *c = exec; *c && r >= 0; c++)
                r = buffer_printf(b, *c == '%' || *c == '$' ? "%c%c" : "%c", *c, *c);
        return r;
}

static int write_server_unit(const Wiring *w) {
        _cleanup_free_ char *folder = path_join(w->runtime, UNITS);
        _cleanup_(buffer_done) Buffer b = {0};

        (void)buffer_puts(&b,
                "# written by nocontactd, and gone with its last commitment or the "
                "session\n[Unit]\n"
                "Description=The notification server, behind nocontact's relay\n"
                "Requires=" NC_RELAY_UNIT "\nAfter=" NC_RELAY_UNIT "\n"
                "CollectMode=inactive-or-failed\n" PATIENT_UNIT "[Service]\n" PATIENT_SERVICE
                "Environment=DBUS_SESSION_BUS_ADDRESS=unix:path=%t/nocontact/" NC_RELAY_SOCKET
                "\nExecStart=");
        (void)add_command(&b, w->first.exec);
        (void)buffer_putc(&b, '\n');
        return folder && b.error == 0 ? write_file(folder, WIRING_SERVER_UNIT, b.data) : -ENOMEM;
}

static int write_override(const Wiring *w) {
        _cleanup_free_ char *folder = path_join(w->runtime, SERVICES), *text = NULL;

        if (asprintf(&text,
                    "[D-BUS Service]\nName=" NC_NOTIFICATIONS "\n"
                    "Exec=/usr/bin/env DBUS_SESSION_BUS_ADDRESS=unix:path=%s/nocontact/" NC_RELAY_SOCKET
                    " %s\nSystemdService=%s\n",
                    w->runtime, w->first.exec,
                    w->first.unit ? w->first.unit : WIRING_SERVER_UNIT) < 0)
                text = NULL;
        return folder && text ? write_file(folder, OVERRIDE, text) : -ENOMEM;
}

static int remove_override(const Wiring *w) {
        _cleanup_free_ char *services = path_join(w->runtime, SERVICES);
        _cleanup_free_ char *units = path_join(w->runtime, UNITS);
        int bus, unit;

        if (!services || !units)
                return -ENOMEM;
        unit = remove_file(units, WIRING_SERVER_UNIT);
        bus = remove_file(services, OVERRIDE);
        if (unit < 0 || bus < 0)
                return unit < 0 ? unit : bus;
        return (unit ? WIRING_UNITS : 0) | (bus ? WIRING_BUS : 0);
}

int wiring_on(Wiring *w) {
        int changed = 0, r;

        r = look(w);
        for (size_t i = 0; i < w->n_units && r >= 0; i++) {
                r = write_drop_in(w, w->units[i]);
                changed |= r > 0 ? WIRING_UNITS : 0;
        }
        if (r < 0)
                return r;
        if (!override_wanted(w)) {
                r = remove_override(w);
                return r < 0 ? r : changed | r;
        }
        r = w->first.unit ? 0 : write_server_unit(w);
        changed |= r > 0 ? WIRING_UNITS : 0;
        if (r >= 0)
                r = write_override(w);
        changed |= r > 0 ? WIRING_BUS : 0;
        return r < 0 ? r : changed;
}

static int remove_drop_in(const Wiring *w, const char *unit) {
        _cleanup_free_ char *folder = drop_in_folder(w, unit);
        int r = folder ? remove_file(folder, DROP_IN) : -ENOMEM;

        /* somebody else's drop-in beside ours keeps the folder */
        if (r > 0)
                (void)rmdir(folder);
        return r;
}

int wiring_off(Wiring *w) {
        int changed = 0, r, failed = 0;

        for (size_t i = 0; i < w->n_units; i++) {
                r = remove_drop_in(w, w->units[i]);
                changed |= r > 0 ? WIRING_UNITS : 0;
                failed = r < 0 ? r : failed;
        }
        r = remove_override(w);
        if (r < 0 || failed < 0)
                return r < 0 ? r : failed;
        return changed | r;
}

/* --- what is there --------------------------------------------------------------------------- */

static bool is_there(const char *folder, const char *name) {
        _cleanup_free_ char *path = folder ? path_join(folder, name) : NULL;

        return path && access(path, F_OK) == 0;
}

bool wiring_present(const Wiring *w) {
        _cleanup_free_ char *services = path_join(w->runtime, SERVICES);
        bool there = is_there(services, OVERRIDE);

        for (size_t i = 0; i < w->n_units && !there; i++) {
                _cleanup_free_ char *folder = drop_in_folder(w, w->units[i]);

                there = is_there(folder, DROP_IN);
        }
        return there;
}

size_t wiring_units(const Wiring *w, const char *const **ret) {
        *ret = (const char *const *)w->units;
        return w->n_units;
}

bool wiring_has_unit(const Wiring *w, const char *unit) {
        for (size_t i = 0; i < w->n_units; i++)
                if (streq(w->units[i], unit))
                        return true;
        return streq(unit, WIRING_SERVER_UNIT);
}

/* Units that were led to the relay in an earlier life, whatever they are. */
static int find_wired(Wiring *w) {
        _cleanup_free_ char *units = path_join(w->runtime, UNITS);
        struct dirent *entry;
        int r = 0;
        DIR *dir;

        if (!units)
                return -ENOMEM;
        dir = opendir(units);
        if (!dir)
                return 0;
        while (r >= 0 && (entry = readdir(dir))) {
                _cleanup_free_ char *folder = path_join(units, entry->d_name);
                size_t len = strlen(entry->d_name);

                if (len < 3 || !streq(entry->d_name + len - 2, ".d") || !is_there(folder, DROP_IN))
                        continue;
                entry->d_name[len - 2] = '\0';
                r = wiring_add_unit(w, entry->d_name);
        }
        (void)closedir(dir);
        return r;
}

/* All known units, also those that are not installed: whichever is later starts behind the relay
 * from its first moment, and a drop-in for nothing does nothing. */
int wiring_new(const char *runtime, const char *const *shares, Wiring **ret) {
        _cleanup_(wiring_freep) Wiring *w = calloc(1, sizeof(*w));
        int r = 0;

        if (!w)
                return -ENOMEM;
        w->runtime = strdup(runtime);
        if (!w->runtime)
                return -ENOMEM;
        for (; *shares && r >= 0; shares++)
                r = list_add(&w->shares, &w->n_shares, &w->shares_space, *shares);
        for (size_t i = 0; i < SERVERS && r >= 0; i++)
                if (servers[i].unit)
                        r = wiring_add_unit(w, servers[i].unit);
        if (r >= 0)
                r = find_wired(w);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(w);
        return 0;
}

Wiring *wiring_free(Wiring *w) {
        if (!w)
                return NULL;
        list_free(w->shares, w->n_shares);
        list_free(w->units, w->n_units);
        service_done(&w->first);
        free(w->program);
        free(w->runtime);
        free(w);
        return NULL;
}
