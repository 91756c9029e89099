/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which browsers the hosts file holds, by their real settings. The profiles come from
 * browser-profiles.c, what a family's settings mean is known to firefox-settings.c and
 * chromium-settings.c; here are the packaging, the session's proxy, and the worst of all profiles
 * of a browser. It does not look at a desktop's proxy settings (dconf, kioslaverc), nor at a VPN of
 * the whole machine, which asks the hosts file. Used by the doctor and the hosts layer. */

#include "daemon/sensors/browser-settings.h"

#include "common/array.h"
#include "common/file.h"
#include "daemon/sensors/browser-profiles.h"
#include "daemon/sensors/chromium-settings.h"
#include "daemon/sensors/firefox-settings.h"

#include <dirent.h>
#include <errno.h>
#include <strings.h>

void browser_holds_done(BrowserHolds *h) {
        for (size_t i = 0; i < h->n; i++) {
                free(h->items[i].browser);
                free(h->items[i].detail);
        }
        free(h->items);
        *h = (BrowserHolds){0};
}

/* --- the session's proxy --------------------------------------------------------------------- */

static bool is_proxy_name(const char *name, size_t len) {
        static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy"};

        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
                        return true;
        return false;
}

/* "export http_proxy="http://proxy:3128"": pam_env takes the word, environment.d does not need it.
 */
static bool line_names_proxy(const char *line, size_t len) {
        static const char export[] = "export ";
        const char *end = line + len, *equals;

        while (line < end && strchr(" \t", *line))
                line++;
        if ((size_t)(end - line) > strlen(export) && memcmp(line, export, strlen(export)) == 0)
                line += strlen(export);
        equals = memchr(line, '=', (size_t)(end - line));
        if (!equals || !is_proxy_name(line, (size_t)(equals - line)))
                return false;
        for (const char *p = equals + 1; p < end; p++)
                if (!strchr("\"' \t\r", *p))
                        return true;
        return false;
}

/* A later line may take an earlier one back; who sets one at all has one somewhere. Returns 1, 0
 * when it names none or cannot be read, or -ENOMEM. */
static int file_names_proxy(const char *path) {
        _cleanup_(buffer_done) Buffer text = {0};
        int r = settings_read(path, &text);

        if (r < 0 || !text.data)
                return r == -ENOMEM ? r : 0;
        for (const char *line = text.data; line;) {
                const char *newline = strchr(line, '\n');

                if (line_names_proxy(line, newline ? (size_t)(newline - line) : strlen(line)))
                        return 1;
                line = newline ? newline + 1 : NULL;
        }
        return 0;
}

static int is_conf(const struct dirent *entry) {
        const char *dot = strrchr(entry->d_name, '.');

        return dot && streq(dot, ".conf");
}

/* Any of the folder's *.conf files, as environment.d(5) has them. */
static int folder_names_proxy(const char *folder) {
        struct dirent **entries = NULL;
        int n = scandir(folder, &entries, is_conf, alphasort), r = 0;

        for (int i = 0; i < n; i++) {
                _cleanup_free_ char *path = r == 0 ? path_join(folder, entries[i]->d_name) : NULL;

                if (r == 0)
                        r = path ? file_names_proxy(path) : -ENOMEM;
                free(entries[i]);
        }
        free(entries);
        return r;
}

static int session_names_proxy(const char *config_home, const char *root) {
        _cleanup_free_ char *own = path_join(config_home, "environment.d");
        _cleanup_(buffer_done) Buffer all = {0}, file = {0};
        int r;

        (void)buffer_printf(&all, "%s/etc/environment.d", root);
        (void)buffer_printf(&file, "%s/etc/environment", root);
        if (!own || all.error < 0 || file.error < 0)
                return -ENOMEM;
        r = folder_names_proxy(own);
        if (r == 0)
                r = folder_names_proxy(all.data);
        return r == 0 ? file_names_proxy(file.data) : r;
}

/* --- one profile ----------------------------------------------------------------------------- */

typedef struct Look {
        const char *home;
        const char *root;
        bool proxied;
} Look;

/* Another packaging sees another /etc: what reaches the hosts file there was not measured. */
static const struct Packaging {
        const char *below; /* the home folder */
        const char *suffix;
        const char *detail;
} packagings[] = {
        {"snap/", " (snap)", N_("It is a snap; whether the hosts file holds it was not measured.")},
        {".var/app/", " (flatpak)",
                N_("It is a flatpak; whether the hosts file holds it was not measured.")},
};

/* NULL: it is one of the system's own. */
static const struct Packaging *packaging_of(const char *home, const char *folder) {
        size_t len = strlen(home);

        if (strncmp(folder, home, len) != 0 || folder[len] != '/')
                return NULL;
        for (size_t i = 0; i < ARRAY_LEN(packagings); i++) {
                const char *below = packagings[i].below;

                if (strncmp(folder + len + 1, below, strlen(below)) == 0)
                        return &packagings[i];
        }
        return NULL;
}

/* Sources: support.google.com/chrome/a/answer/9027408; Debian's chromium; the vendors' policy
 * pages. Where Opera reads policies is not known. */
static const char *policies_of(const char *browser) {
        static const char *const folders[][2] = {
                {"chromium", "/etc/chromium/policies/managed"},
                {"chrome", "/etc/opt/chrome/policies/managed"},
                {"brave", "/etc/brave/policies/managed"},
                {"edge", "/etc/opt/edge/policies/managed"},
                {"vivaldi", "/etc/opt/vivaldi/policies/managed"},
        };

        for (size_t i = 0; i < ARRAY_LEN(folders); i++)
                if (streq(folders[i][0], browser))
                        return folders[i][1];
        return NULL;
}

static int check_firefox(const Look *l, const BrowserProfile *p, bool native, Finding *f) {
        const FirefoxProfile profile = {
                .folder = p->folder,
                .root = l->root,
                .policies = native && streq(p->browser, "firefox"),
                .proxied = l->proxied,
        };

        return firefox_settings_check(&profile, f);
}

static int check_chromium(const Look *l, const BrowserProfile *p, bool native, Finding *f) {
        const ChromiumProfile profile = {
                .folder = p->folder,
                .root = l->root,
                .policies = native ? policies_of(p->browser) : NULL,
                .proxied = l->proxied,
        };

        return chromium_settings_check(&profile, f);
}

/* --- all of them ----------------------------------------------------------------------------- */

/* One browser while its profiles are gone through. */
typedef struct Browser {
        const char *name, *suffix; /* static */
        Finding finding;
} Browser;

typedef struct Browsers {
        Browser *items;
        size_t n, space;
} Browsers;

static int add_finding(Browsers *b, const char *name, const char *suffix, Finding f) {
        for (size_t i = 0; i < b->n; i++) {
                if (!streq(b->items[i].name, name) || !streq(b->items[i].suffix, suffix))
                        continue;
                finding_worsen(&b->items[i].finding, f.hold, f.detail);
                return 0;
        }
        if (ARRAY_RESERVE(b->items, b->space, b->n + 1) < 0)
                return -ENOMEM;
        b->items[b->n++] = (Browser){name, suffix, f};
        return 0;
}

static int look_at(const Look *l, const BrowserProfile *p, Browsers *b) {
        static int (*const checks[])(const Look *, const BrowserProfile *, bool, Finding *) = {
                [BROWSER_FIREFOX] = check_firefox,
                [BROWSER_CHROMIUM] = check_chromium,
        };
        const struct Packaging *packaging = packaging_of(l->home, p->folder);
        Finding f = {0};
        int r = checks[p->family](l, p, !packaging, &f);

        if (r <= 0)
                return r;
        if (packaging)
                finding_worsen(&f, HOLD_DEGRADED, packaging->detail);
        return add_finding(b, p->browser, packaging ? packaging->suffix : "", f);
}

static int add_hold(BrowserHolds *h, const Browser *b) {
        static const char *const states[] = {
                [HOLD_ACTIVE] = "active",
                [HOLD_DEGRADED] = "degraded",
                [HOLD_UNAVAILABLE] = "unavailable",
        };
        _cleanup_(buffer_done) Buffer name = {0};
        BrowserHold *hold;

        if (ARRAY_RESERVE(h->items, h->space, h->n + 1) < 0 ||
                buffer_printf(&name, "%s%s", b->name, b->suffix) < 0)
                return -ENOMEM;
        hold = &h->items[h->n++];
        *hold = (BrowserHold){.browser = buffer_take(&name), .state = states[b->finding.hold]};
        if (!b->finding.detail)
                return 0;
        hold->detail = strdup(b->finding.detail);
        return hold->detail ? 0 : -ENOMEM;
}

static int compare_holds(const void *a, const void *b) {
        return strcmp(((const BrowserHold *)a)->browser, ((const BrowserHold *)b)->browser);
}

static int list_holds(const Browsers *b, BrowserHolds *ret) {
        _cleanup_(browser_holds_done) BrowserHolds h = {0};

        for (size_t i = 0; i < b->n; i++)
                if (add_hold(&h, &b->items[i]) < 0)
                        return -ENOMEM;
        if (h.n > 0)
                qsort(h.items, h.n, sizeof(*h.items), compare_holds);
        *ret = TAKE_STRUCT(h);
        return 0;
}

int browser_holds_find(
        const char *home, const char *config_home, const char *root, BrowserHolds *ret) {
        _cleanup_(browser_scan_done) BrowserScan scan = {0};
        Look look = {.home = home, .root = root};
        Browsers browsers = {0};
        int r;

        r = session_names_proxy(config_home, root);
        if (r < 0)
                return r;
        look.proxied = r > 0;
        r = browser_scan(home, config_home, &scan);
        for (size_t i = 0; i < scan.n_profiles && r >= 0; i++)
                r = look_at(&look, &scan.profiles[i], &browsers);
        if (r >= 0)
                r = list_holds(&browsers, ret);
        free(browsers.items);
        return r;
}
