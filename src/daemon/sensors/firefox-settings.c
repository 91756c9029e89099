/* SPDX-License-Identifier: GPL-3.0-or-later */

/* DNS over HTTPS, proxy and VPN in the settings of Firefox's family. It reads the profile's
 * prefs.js and user.js and the system's policies; it does not ask a running browser, and an add-on
 * that sends each request through a proxy of its own (proxy.onRequest) is nowhere written down.
 * Used by browser-settings.c. */

#include "daemon/sensors/firefox-settings.h"

#include "common/file.h"
#include "daemon/sensors/firefox-prefs.h"

#include <errno.h>

/* --- the preferences that matter ------------------------------------------------------------- */

typedef enum Pref {
        PREF_TRR,     /* DNS over HTTPS: 2 first, 3 only; else off */
        PREF_ROLLOUT, /* the same as Mozilla chose it; counts while PREF_TRR is 0 */
        PREF_ASKS_HOSTS,
        PREF_PROXY, /* see proxy_check(); with all up to PREF_SOCKS5_DNS locked by one policy */
        PREF_HTTP,
        PREF_SSL,
        PREF_SOCKS,
        PREF_SOCKS_VERSION,
        PREF_SOCKS4_DNS, /* whether the proxy looks names up */
        PREF_SOCKS5_DNS,
        PREF_VPN, /* the browser's own; switched on last */
        _PREF_MAX,
} Pref;

/* Types and initial values are Firefox's (StaticPrefList.yaml, all.js and firefox.js of its source;
 * DNS over HTTPS is off in Debian's too). A value of another type is not taken there either. Of a
 * string it matters whether there is one. */
static const struct {
        const char *name;
        FirefoxPrefType type;
        int initial;
} prefs[_PREF_MAX] = {
        [PREF_TRR] = {"network.trr.mode", FIREFOX_PREF_INT, 0},
        [PREF_ROLLOUT] = {"doh-rollout.mode", FIREFOX_PREF_INT, 0},
        [PREF_ASKS_HOSTS] = {"network.trr.exclude-etc-hosts", FIREFOX_PREF_BOOL, 1},
        [PREF_PROXY] = {"network.proxy.type", FIREFOX_PREF_INT, 5},
        [PREF_HTTP] = {"network.proxy.http", FIREFOX_PREF_STRING, 0},
        [PREF_SSL] = {"network.proxy.ssl", FIREFOX_PREF_STRING, 0},
        [PREF_SOCKS] = {"network.proxy.socks", FIREFOX_PREF_STRING, 0},
        [PREF_SOCKS_VERSION] = {"network.proxy.socks_version", FIREFOX_PREF_INT, 5},
        [PREF_SOCKS4_DNS] = {"network.proxy.socks_remote_dns", FIREFOX_PREF_BOOL, 0},
        [PREF_SOCKS5_DNS] = {"network.proxy.socks5_remote_dns", FIREFOX_PREF_BOOL, 1},
        [PREF_VPN] = {"browser.ipProtection.userEnabled", FIREFOX_PREF_BOOL, 0},
};

typedef struct Settings {
        int values[_PREF_MAX];
} Settings;

static void set_pref(Settings *s, const char *name, FirefoxPrefType type, int value) {
        for (size_t i = 0; i < _PREF_MAX; i++)
                if (prefs[i].type == type && streq(prefs[i].name, name))
                        s->values[i] = value;
}

static int take_pref(void *userdata, const FirefoxPref *pref) {
        bool text = pref->type == FIREFOX_PREF_STRING;

        set_pref(userdata, pref->name, pref->type, text ? pref->text[0] != '\0' : pref->number);
        return 0;
}

/* Returns 1, 0 when there is no such file, or -ENOMEM. */
static int read_prefs(const char *folder, const char *name, Settings *s, Finding *f) {
        _cleanup_free_ char *path = path_join(folder, name);
        _cleanup_(buffer_done) Buffer text = {0};
        int r;

        if (!path)
                return -ENOMEM;
        r = settings_read(path, &text);
        if (r == -ENOENT || r == -ENOMEM)
                return r == -ENOENT ? 0 : r;
        if (r < 0)
                finding_worsen(f, HOLD_DEGRADED, settings_unreadable);
        else if (text.data)
                r = firefox_prefs_parse(text.data, text.len, take_pref, s);
        return r == -ENOMEM ? r : 1;
}

/* --- policies -------------------------------------------------------------------------------- */

/* A policy gives an initial value, or a locked one that wins over the user's. */
typedef enum Stage { STAGE_INITIAL, STAGE_LOCKED } Stage;

static Stage stage_of(const json_t *policy) {
        return json_is_true(settings_get(policy, "Locked")) ? STAGE_LOCKED : STAGE_INITIAL;
}

/* As in Policies.sys.mjs: without "Fallback" there is no other way, also when it is off. */
static void apply_doh(Settings *s, const json_t *policy) {
        const json_t *enabled = settings_get(policy, "Enabled");

        if (!json_is_boolean(enabled))
                return;
        s->values[PREF_TRR] = json_is_true(enabled) ? 2 : 5;
        if (json_is_false(settings_get(policy, "Fallback")))
                s->values[PREF_TRR] = 3;
}

static void apply_proxy(Settings *s, const json_t *policy) {
        static const char *const modes[] = {
                "none", "manual", "autoConfig", "", "autoDetect", "system"};
        static const struct {
                const char *key;
                Pref pref;
        } hosts[] = {{"HTTPProxy", PREF_HTTP}, {"SSLProxy", PREF_SSL}, {"SOCKSProxy", PREF_SOCKS}};
        const char *mode = json_string_value(settings_get(policy, "Mode"));
        bool locked = stage_of(policy) == STAGE_LOCKED;
        const json_t *dns = settings_get(policy, "UseProxyForDNS"),
                     *version = settings_get(policy, "SOCKSVersion");

        /* what is locked is so with its initial value when nothing else is said */
        for (size_t i = PREF_PROXY; i <= PREF_SOCKS5_DNS && locked; i++)
                s->values[i] = prefs[i].initial;
        for (size_t i = 0; i < ARRAY_LEN(modes) && mode; i++)
                if (streq(modes[i], mode))
                        s->values[PREF_PROXY] = (int)i;
        for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
                if (json_string_length(settings_get(policy, hosts[i].key)) > 0)
                        s->values[hosts[i].pref] = 1;
        if (json_is_boolean(dns))
                s->values[PREF_SOCKS4_DNS] = s->values[PREF_SOCKS5_DNS] = json_is_true(dns);
        if (json_is_integer(version))
                s->values[PREF_SOCKS_VERSION] = json_integer_value(version) == 4 ? 4 : 5;
}

/* Integers that do not fit are no modes anyway. */
static void apply_value(Settings *s, const char *name, const json_t *value) {
        json_int_t number = json_integer_value(value);

        if (json_is_boolean(value))
                set_pref(s, name, FIREFOX_PREF_BOOL, json_is_true(value));
        else if (json_is_integer(value))
                set_pref(s, name, FIREFOX_PREF_INT, number == (int)number ? (int)number : -1);
        else if (json_is_string(value))
                set_pref(s, name, FIREFOX_PREF_STRING, json_string_length(value) > 0);
}

/* {name: value}, which locks; or {name: {"Value": value, "Status": "default" or "locked" or "user"
 * or "clear"}}. */
static void apply_preferences(Settings *s, json_t *policy, Stage stage) {
        const char *name;
        json_t *item;

        json_object_foreach (policy, name, item) {
                const char *status = json_string_value(settings_get(item, "Status"));
                bool initial = json_is_object(item) && (!status || streq(status, "default"));

                if (initial == (stage == STAGE_INITIAL) && !(status && streq(status, "clear")))
                        apply_value(
                                s, name, json_is_object(item) ? settings_get(item, "Value") : item);
        }
}

static void apply_policies(Settings *s, const json_t *file, Stage stage) {
        const json_t *doh = settings_get(file, "policies.DNSOverHTTPS"),
                     *proxy = settings_get(file, "policies.Proxy");

        if (stage_of(doh) == stage)
                apply_doh(s, doh);
        if (stage_of(proxy) == stage)
                apply_proxy(s, proxy);
        apply_preferences(
                s, json_object_get(json_object_get(file, "policies"), "Preferences"), stage);
}

/* One file counts: that in /etc, else the one beside the program. NULL in *ret when there is
 * none. */
static int read_policies(const char *root, json_t **ret, Finding *f) {
        static const char *const places[] = {"etc/firefox", "usr/lib/firefox-esr/distribution",
                "usr/lib/firefox/distribution", "usr/lib64/firefox/distribution",
                "opt/firefox/distribution"};
        int r = -ENOENT;

        for (size_t i = 0; i < ARRAY_LEN(places) && r == -ENOENT; i++) {
                _cleanup_(buffer_done) Buffer path = {0};
                const char *below = i == 0 ? "policies/policies.json" : "policies.json";

                if (buffer_printf(&path, "%s/%s/%s", root, places[i], below) < 0)
                        return -ENOMEM;
                r = settings_read_json(path.data, ret);
        }
        if (r < 0 && r != -ENOENT && r != -ENOMEM)
                finding_worsen(f, HOLD_DEGRADED, settings_unreadable);
        return r == -ENOMEM ? r : 0;
}

/* --- what follows ---------------------------------------------------------------------------- */

/* Measured with Firefox ESR 153: names that were in the hosts file when the browser started are
 * left to it; one added while it ran was still asked for elsewhere 65 s later. */
static void doh_check(const Settings *s, Finding *f) {
        int mode = s->values[PREF_TRR] == 0 ? s->values[PREF_ROLLOUT] : s->values[PREF_TRR];

        if (mode != 2 && mode != 3)
                return;
        if (s->values[PREF_ASKS_HOSTS])
                finding_worsen(f, HOLD_DEGRADED,
                        N_("DNS over HTTPS is on: what is shut while it runs stays open until it "
                           "is started again."));
        else
                finding_worsen(f, HOLD_UNAVAILABLE,
                        N_("DNS over HTTPS is on, and set to pass the hosts file by."));
}

/* Manual: a SOCKS proxy may leave the looking up to the browser. Through it our own address is that
 * of the proxy's machine, so that nothing is seen of an attempt. */
static void manual_check(const Settings *s, Finding *f) {
        bool remote =
                s->values[s->values[PREF_SOCKS_VERSION] == 4 ? PREF_SOCKS4_DNS : PREF_SOCKS5_DNS];

        if (s->values[PREF_HTTP] || s->values[PREF_SSL] || (s->values[PREF_SOCKS] && remote))
                finding_worsen(f, HOLD_UNAVAILABLE, settings_proxy);
        else if (s->values[PREF_SOCKS])
                finding_worsen(f, HOLD_DEGRADED,
                        N_("It uses a SOCKS proxy: names are looked up here, but attempts are not "
                           "seen."));
}

static void proxy_check(const Settings *s, bool session, Finding *f) {
        switch (s->values[PREF_PROXY]) {
        case 1: manual_check(s, f); break;
        case 2:
        case 4: finding_worsen(f, HOLD_DEGRADED, settings_proxy_script); break;
        case 5:
                if (session)
                        finding_worsen(f, HOLD_DEGRADED, settings_proxy_session);
                break;
        default: break; /* none */
        }
}

int firefox_settings_check(const FirefoxProfile *profile, Finding *f) {
        _cleanup_(json_decrefp) json_t *policies = NULL;
        Settings s;
        int prefs_js, user_js, r;

        for (size_t i = 0; i < _PREF_MAX; i++)
                s.values[i] = prefs[i].initial;
        r = profile->policies ? read_policies(profile->root, &policies, f) : 0;
        if (r < 0)
                return r;
        apply_policies(&s, policies, STAGE_INITIAL);
        prefs_js = read_prefs(profile->folder, "prefs.js", &s, f);
        if (prefs_js < 0)
                return prefs_js;
        user_js = read_prefs(profile->folder, "user.js", &s, f);
        if (user_js < 0)
                return user_js;
        apply_policies(&s, policies, STAGE_LOCKED);

        doh_check(&s, f);
        proxy_check(&s, profile->proxied, f);
        if (s.values[PREF_VPN])
                finding_worsen(f, HOLD_DEGRADED,
                        N_("Its own VPN was switched on: while it is, names are looked up "
                           "elsewhere."));
        return prefs_js || user_js;
}
