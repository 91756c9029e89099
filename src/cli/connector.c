/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Finds browsers by the folders of their profiles, and writes native messaging manifests. Browsers
 * of snaps and flatpaks are left out: they start no program of the machine's. It changes no
 * setting of a browser's. Used by commands/browsers.c. */

#include "cli/connector.h"

#include "common/array.h"
#include "common/file.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST NC_WEBEXT_HOST ".json"

enum {
        MANIFEST_MAX = 65536, /* bytes of one that is read */
};

typedef enum PlaceBase { IN_HOME, IN_CONFIG } PlaceBase;

/* Sources: browser-profiles.c for the profiles. Manifests: developer.chrome.com "Native messaging",
 * MDN "Native manifests", and for the others the user data folder, in which Chromium looks. */
static const struct {
        const char *name, *label, *page;
        bool chromium;
        BrowserExtension extension;
        PlaceBase base;
        const char *profiles; /* a folder that is there when the browser was used */
        const char *hosts;    /* in the home or $XDG_CONFIG_HOME too */
        const char *system; /* the system's folder, which a package may fill; NULL: none of ours */
} places[] = {
        {"firefox", "Firefox", "about:addons", false, EXTENSION_COMES, IN_HOME, ".mozilla/firefox",
                ".mozilla/native-messaging-hosts", "/usr/lib/mozilla/native-messaging-hosts"},
        {"firefox", "Firefox", "about:addons", false, EXTENSION_COMES, IN_CONFIG, "mozilla/firefox",
                NULL, "/usr/lib/mozilla/native-messaging-hosts"},
        {"librewolf", "LibreWolf", "about:addons", false, EXTENSION_NONE, IN_HOME, ".librewolf",
                ".librewolf/native-messaging-hosts", NULL},
        {"waterfox", "Waterfox", "about:addons", false, EXTENSION_NONE, IN_HOME, ".waterfox",
                ".waterfox/native-messaging-hosts", NULL},
        {"chromium", "Chromium", "chrome://extensions", true, EXTENSION_COMES, IN_CONFIG,
                "chromium", "chromium/NativeMessagingHosts",
                "/etc/chromium/native-messaging-hosts"},
        {"chrome", "Chrome", "chrome://extensions", true, EXTENSION_ASKED, IN_CONFIG,
                "google-chrome", "google-chrome/NativeMessagingHosts", NULL},
        {"brave", "Brave", "brave://extensions", true, EXTENSION_ASKED, IN_CONFIG,
                "BraveSoftware/Brave-Browser", "BraveSoftware/Brave-Browser/NativeMessagingHosts",
                NULL},
        {"vivaldi", "Vivaldi", "vivaldi://extensions", true, EXTENSION_ASKED, IN_CONFIG, "vivaldi",
                "vivaldi/NativeMessagingHosts", NULL},
        {"edge", "Edge", "edge://extensions", true, EXTENSION_ASKED, IN_CONFIG, "microsoft-edge",
                "microsoft-edge/NativeMessagingHosts", NULL},
        {"opera", "Opera", "opera://extensions", true, EXTENSION_ASKED, IN_CONFIG, "opera",
                "opera/NativeMessagingHosts", NULL},
};

void user_browsers_done(UserBrowsers *b) {
        for (size_t i = 0; i < b->n; i++)
                free(b->items[i].folder);
        free(b->items);
        *b = (UserBrowsers){0};
}

/* --- manifests ------------------------------------------------------------------------------- */

/* What ours says. NULL when memory is out. */
static json_t *make_manifest(bool chromium, const char *host) {
        return json_pack("{s:s, s:s, s:s, s:s, s:[s]}", "name", NC_WEBEXT_HOST, "description",
                "nocontact: answers its extension's questions", "path", host, "type", "stdio",
                chromium ? "allowed_origins" : "allowed_extensions",
                chromium ? "chrome-extension://" NC_WEBEXT_CHROMIUM_ID "/" : NC_WEBEXT_FIREFOX_ID);
}

/* Does the folder hold a manifest of the same content? */
static bool is_connected(const char *folder, bool chromium, const char *host) {
        _cleanup_(json_decrefp) json_t *want = make_manifest(chromium, host), *got = NULL;
        _cleanup_close_ int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        FileMap map = {0};

        if (fd < 0 || !want || file_map(fd, MANIFEST, MANIFEST_MAX, &map) < 0)
                return false;
        got = json_loadb(map.data ? map.data : "", map.len, 0, NULL);
        file_map_done(&map);
        return json_equal(want, got);
}

static bool is_packaged(const char *root, const char *folder) {
        _cleanup_free_ char *path = NULL;

        if (!folder || asprintf(&path, "%s%s/" MANIFEST, root, folder) < 0) {
                path = NULL;
                return false;
        }
        return access(path, R_OK) == 0;
}

/* --- browsers -------------------------------------------------------------------------------- */

static bool is_folder(const char *path) {
        struct stat st;

        return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_known(const UserBrowsers *b, const char *name) {
        return b->n > 0 && streq(b->items[b->n - 1].name, name);
}

static int add(const char *home, const char *config_home, const char *root, const char *host,
        size_t place, UserBrowsers *ret) {
        const char *hosts = places[place].hosts;
        const char *base = places[place].base == IN_HOME || !hosts ? home : config_home;
        UserBrowser *b;
        int r;

        r = ARRAY_RESERVE(ret->items, ret->space, ret->n + 1);
        if (r < 0)
                return r;
        b = &ret->items[ret->n];
        *b = (UserBrowser){
                .name = places[place].name,
                .label = places[place].label,
                .page = places[place].page,
                .chromium = places[place].chromium,
                .extension = places[place].extension,
                /* Firefox looks there wherever its profiles are */
                .folder = path_join(base, hosts ? hosts : ".mozilla/native-messaging-hosts"),
        };
        if (!b->folder)
                return -ENOMEM;
        ret->n++;
        b->state = is_connected(b->folder, b->chromium, host) ? BROWSER_CONNECTED
                   : is_packaged(root, places[place].system)  ? BROWSER_PACKAGED
                                                              : BROWSER_UNCONNECTED;
        return 0;
}

int user_browsers_find(const char *home, const char *config_home, const char *root,
        const char *host, UserBrowsers *ret) {
        for (size_t i = 0; i < ARRAY_LEN(places); i++) {
                _cleanup_free_ char *profiles = path_join(
                        places[i].base == IN_HOME ? home : config_home, places[i].profiles);
                int r;

                if (!profiles)
                        return -ENOMEM;
                if (!is_folder(profiles) || is_known(ret, places[i].name))
                        continue;
                r = add(home, config_home, root, host, i, ret);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The folder and its parents. */
static int make_folder(const char *path) {
        _cleanup_free_ char *copy = strdup(path);

        if (!copy)
                return -ENOMEM;
        for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                if (mkdir(copy, 0755) < 0 && errno != EEXIST)
                        return -errno;
                *slash = '/';
        }
        return mkdir(copy, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int user_browser_connect(UserBrowser *b, const char *host) {
        _cleanup_(json_decrefp) json_t *manifest = make_manifest(b->chromium, host);
        _cleanup_free_ char *text = manifest ? json_dumps(manifest, JSON_INDENT(2)) : NULL;
        int r;

        if (!text)
                return -ENOMEM;
        r = make_folder(b->folder);
        if (r >= 0)
                r = file_replace(b->folder, MANIFEST, text, strlen(text));
        if (r < 0)
                return r;
        b->state = BROWSER_CONNECTED;
        return 0;
}
