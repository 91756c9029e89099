/* SPDX-License-Identifier: GPL-3.0-or-later */

/* DNS over HTTPS, proxy and VPN in the settings of Chromium's family. It reads Preferences of the
 * profile, Local State beside it and the system's policies; it does not ask a running browser. A
 * proxy given on the command line or set by an extension, a VPN extension such as Vivaldi's
 * included, is not seen, nor is Brave's VPN, which has no Linux version. Used by
 * browser-settings.c. */

#include "daemon/sensors/chromium-settings.h"

#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

/* What counts in the end: a policy, else the user's choice. NULL: neither says anything. */
typedef struct Settings {
        json_t *doh, *proxy; /* references of our own */
} Settings;

static void settings_done(Settings *s) {
        json_decref(s->doh);
        json_decref(s->proxy);
}

/* Keeps a string, if it is one, instead of what was there. */
static void keep(json_t **slot, const json_t *value) {
        if (!json_is_string(value))
                return;
        json_decref(*slot);
        *slot = json_string(json_string_value(value));
}

static bool is(const json_t *value, const char *text) {
        return json_is_string(value) && streq(json_string_value(value), text);
}

/* --- files ----------------------------------------------------------------------------------- */

/* Returns 1 and the object, or NULL when it cannot be read, which is a finding; 0 when there is
 * none; or -ENOMEM. */
static int read_object(const char *path, json_t **ret, Finding *f) {
        int r = settings_read_json(path, ret);

        if (r == -ENOENT || r == -ENOMEM)
                return r == -ENOENT ? 0 : r;
        if (r < 0)
                finding_worsen(f, HOLD_DEGRADED, settings_unreadable);
        return 1;
}

static int is_json(const struct dirent *entry) {
        const char *dot = strrchr(entry->d_name, '.');

        return dot && streq(dot, ".json");
}

static int read_policy(const char *folder, const char *name, Settings *s, Finding *f) {
        _cleanup_free_ char *path = path_join(folder, name);
        _cleanup_(json_decrefp) json_t *o = NULL;
        int r;

        if (!path)
                return -ENOMEM;
        r = read_object(path, &o, f);
        if (r <= 0)
                return r;
        keep(&s->doh, settings_get(o, "DnsOverHttpsMode"));
        keep(&s->proxy, settings_get(o, "ProxyMode"));
        keep(&s->proxy, settings_get(o, "ProxySettings.ProxyMode"));
        return 0;
}

/* In the order of their names: the last file that says something wins. */
static int read_policies(const ChromiumProfile *profile, Settings *s, Finding *f) {
        _cleanup_(buffer_done) Buffer folder = {0};
        struct dirent **entries = NULL;
        int n, r = 0;

        if (!profile->policies)
                return 0;
        if (buffer_printf(&folder, "%s%s", profile->root, profile->policies) < 0)
                return -ENOMEM;
        n = scandir(folder.data, &entries, is_json, alphasort);
        for (int i = 0; i < n; i++) {
                if (r == 0)
                        r = read_policy(folder.data, entries[i]->d_name, s, f);
                free(entries[i]);
        }
        free(entries);
        return r;
}

/* It lies in the folder of all profiles, which of Opera is the profile itself. Returns 0 or
 * -ENOMEM. */
static int read_local_state(const char *folder, Settings *s, Finding *f) {
        static const char *const places[] = {"../Local State", "Local State"};
        int r = 0;

        for (size_t i = 0; i < ARRAY_LEN(places) && r == 0; i++) {
                _cleanup_free_ char *path = path_join(folder, places[i]);
                _cleanup_(json_decrefp) json_t *o = NULL;

                if (!path)
                        return -ENOMEM;
                r = read_object(path, &o, f);
                if (r > 0)
                        keep(&s->doh, settings_get(o, "dns_over_https.mode"));
        }
        return MIN(r, 0);
}

/* --- what follows ---------------------------------------------------------------------------- */

/* Measured with Chromium 156: names in the hosts file are left to it in all modes, and new ones at
 * once. Over HTTPS alone a file of 100,000 lines (4.8 MB) was read too late for a new name, and one
 * of a million (49 MB) not at all: there is a bound of 32 MiB. Other browsers of the family have
 * the same code and were not measured. */
static void doh_check(const ChromiumProfile *profile, const Settings *s, Finding *f) {
        enum { HOSTS_LATE = 4 * 1024 * 1024, HOSTS_IGNORED = 32 * 1024 * 1024 };
        _cleanup_(buffer_done) Buffer path = {0};
        struct stat st;

        if (!is(s->doh, "secure") || buffer_printf(&path, "%s/etc/hosts", profile->root) < 0 ||
                stat(path.data, &st) < 0)
                return;
        if (st.st_size > HOSTS_IGNORED)
                finding_worsen(f, HOLD_UNAVAILABLE,
                        N_("DNS over HTTPS is on, and the hosts file is too large for it."));
        else if (st.st_size > HOSTS_LATE)
                finding_worsen(f, HOLD_DEGRADED,
                        N_("DNS over HTTPS is on, and the hosts file so large that it may be read "
                           "too late."));
}

static void proxy_check(const json_t *mode, bool session, Finding *f) {
        if (is(mode, "fixed_servers"))
                finding_worsen(f, HOLD_UNAVAILABLE, settings_proxy);
        else if (is(mode, "pac_script") || is(mode, "auto_detect"))
                finding_worsen(f, HOLD_DEGRADED, settings_proxy_script);
        else if (session && !is(mode, "direct"))
                finding_worsen(f, HOLD_DEGRADED, settings_proxy_session);
}

/* Opera's VPN is a proxy; its switch stood in two places over time. */
static void vpn_check(const json_t *preferences, Finding *f) {
        static const char *const switches[] = {
                "freedom.proxy_switcher.enabled", "proxy_switcher.enabled"};

        for (size_t i = 0; i < ARRAY_LEN(switches); i++)
                if (json_is_true(settings_get(preferences, switches[i])))
                        finding_worsen(f, HOLD_UNAVAILABLE,
                                N_("Its own VPN is on, which looks names up elsewhere."));
}

int chromium_settings_check(const ChromiumProfile *profile, Finding *f) {
        _cleanup_free_ char *path = path_join(profile->folder, "Preferences");
        _cleanup_(json_decrefp) json_t *preferences = NULL;
        _cleanup_(settings_done) Settings s = {0};
        int r;

        if (!path)
                return -ENOMEM;
        r = read_object(path, &preferences, f);
        if (r <= 0)
                return r;
        keep(&s.proxy, settings_get(preferences, "proxy.mode"));
        r = read_local_state(profile->folder, &s, f);
        if (r == 0)
                r = read_policies(profile, &s, f);
        if (r < 0)
                return r;

        doh_check(profile, &s, f);
        proxy_check(s.proxy, profile->proxied, f);
        vpn_check(preferences, f);
        return 1;
}
