/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Finds the profiles of every browser that we know, however it was installed: one table of places,
 * and two ways in which a place names its profiles. It reads no history and watches nothing; the
 * history sensor does. A profile that is started by path alone (--profile, --user-data-dir) is
 * nowhere written down and is not found. */

#include "daemon/sensors/browser-profiles.h"

#include "common/array.h"
#include "common/buffer.h"
#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* --- the places ------------------------------------------------------------------------------ */

typedef enum PlaceBase { IN_HOME, IN_CONFIG } PlaceBase;

typedef struct Place {
        const char *browser;
        const char *label;
        BrowserFamily family;
        PlaceBase base;
        const char *path;
        bool in_root; /* Chromium family: a history may lie in the root folder itself */
} Place;

/* Sources. Firefox: support.mozilla.org "Profiles - Where Firefox stores user data"; since version
 * 147 new profiles are in $XDG_CONFIG_HOME (bug 259356; seen with ESR 153). Chromium and Chrome:
 * the file docs/user_data_dir.md of the Chromium source. LibreWolf in $XDG_CONFIG_HOME:
 * largestgithubuseronearth/addwater#105, netblue30/firejail#7233. The forks and other vendors: the
 * lists of firejail (etc/inc/disable-programs.inc), 64-bitman/browser-on-ram and
 * graysky2/profile-sync-daemon. A flatpak has ~/.var/app/<id>/config for $XDG_CONFIG_HOME and keeps
 * a dot folder of the home in
 * ~/.var/app/<id> (docs.flatpak.org, "Sandbox permissions"); a snap has its own home in
 * ~/snap/<name>/current, or common where its author said so. Two places that are one folder count
 * once: the earlier row wins. */
static const Place PLACES[] = {
        {"firefox", "Firefox", BROWSER_FIREFOX, IN_HOME, ".mozilla/firefox", false},
        {"firefox", "Firefox", BROWSER_FIREFOX, IN_CONFIG, "mozilla/firefox", false},
        {"firefox", "Firefox", BROWSER_FIREFOX, IN_HOME, "snap/firefox/common/.mozilla/firefox",
                false},
        {"firefox", "Firefox", BROWSER_FIREFOX, IN_HOME,
                "snap/firefox/common/.config/mozilla/firefox", false},
        {"firefox", "Firefox", BROWSER_FIREFOX, IN_HOME,
                ".var/app/org.mozilla.firefox/.mozilla/firefox", false},
        {"firefox", "Firefox", BROWSER_FIREFOX, IN_HOME,
                ".var/app/org.mozilla.firefox/config/mozilla/firefox", false},

        {"librewolf", "LibreWolf", BROWSER_FIREFOX, IN_HOME, ".librewolf", false},
        {"librewolf", "LibreWolf", BROWSER_FIREFOX, IN_CONFIG, "librewolf/librewolf", false},
        {"librewolf", "LibreWolf", BROWSER_FIREFOX, IN_HOME,
                ".var/app/io.gitlab.librewolf-community/.librewolf", false},
        {"librewolf", "LibreWolf", BROWSER_FIREFOX, IN_HOME,
                ".var/app/io.gitlab.librewolf-community/config/librewolf/librewolf", false},

        {"waterfox", "Waterfox", BROWSER_FIREFOX, IN_HOME, ".waterfox", false},
        {"waterfox", "Waterfox", BROWSER_FIREFOX, IN_CONFIG, "waterfox", false},
        {"waterfox", "Waterfox", BROWSER_FIREFOX, IN_HOME,
                ".var/app/net.waterfox.waterfox/.waterfox", false},
        {"waterfox", "Waterfox", BROWSER_FIREFOX, IN_HOME,
                ".var/app/net.waterfox.waterfox/config/waterfox", false},

        {"floorp", "Floorp", BROWSER_FIREFOX, IN_HOME, ".floorp", false},
        {"floorp", "Floorp", BROWSER_FIREFOX, IN_CONFIG, "floorp", false},
        {"floorp", "Floorp", BROWSER_FIREFOX, IN_HOME, ".var/app/one.ablaze.floorp/.floorp", false},
        {"floorp", "Floorp", BROWSER_FIREFOX, IN_HOME, ".var/app/one.ablaze.floorp/config/floorp",
                false},

        {"zen", "Zen", BROWSER_FIREFOX, IN_HOME, ".zen", false},
        {"zen", "Zen", BROWSER_FIREFOX, IN_CONFIG, "zen", false},
        {"zen", "Zen", BROWSER_FIREFOX, IN_HOME, ".var/app/app.zen_browser.zen/.zen", false},
        {"zen", "Zen", BROWSER_FIREFOX, IN_HOME, ".var/app/app.zen_browser.zen/config/zen", false},

        {"chromium", "Chromium", BROWSER_CHROMIUM, IN_CONFIG, "chromium", false},
        {"chromium", "Chromium", BROWSER_CHROMIUM, IN_HOME, "snap/chromium/common/chromium", false},
        {"chromium", "Chromium", BROWSER_CHROMIUM, IN_HOME,
                ".var/app/org.chromium.Chromium/config/chromium", false},
        {"chromium", "Chromium", BROWSER_CHROMIUM, IN_HOME,
                ".var/app/io.github.ungoogled_software.ungoogled_chromium/config/chromium", false},

        {"chrome", "Chrome", BROWSER_CHROMIUM, IN_CONFIG, "google-chrome", false},
        {"chrome", "Chrome", BROWSER_CHROMIUM, IN_CONFIG, "google-chrome-beta", false},
        {"chrome", "Chrome", BROWSER_CHROMIUM, IN_CONFIG, "google-chrome-unstable", false},
        {"chrome", "Chrome", BROWSER_CHROMIUM, IN_CONFIG, "google-chrome-canary", false},
        {"chrome", "Chrome", BROWSER_CHROMIUM, IN_HOME,
                ".var/app/com.google.Chrome/config/google-chrome", false},
        {"chrome", "Chrome", BROWSER_CHROMIUM, IN_HOME,
                ".var/app/com.google.ChromeDev/config/google-chrome-unstable", false},

        {"brave", "Brave", BROWSER_CHROMIUM, IN_CONFIG, "BraveSoftware/Brave-Browser", false},
        {"brave", "Brave", BROWSER_CHROMIUM, IN_CONFIG, "BraveSoftware/Brave-Browser-Beta", false},
        {"brave", "Brave", BROWSER_CHROMIUM, IN_CONFIG, "BraveSoftware/Brave-Browser-Nightly",
                false},
        {"brave", "Brave", BROWSER_CHROMIUM, IN_CONFIG, "BraveSoftware/Brave-Origin", false},
        {"brave", "Brave", BROWSER_CHROMIUM, IN_HOME,
                "snap/brave/current/.config/BraveSoftware/Brave-Browser", false},
        {"brave", "Brave", BROWSER_CHROMIUM, IN_HOME,
                ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser", false},

        {"vivaldi", "Vivaldi", BROWSER_CHROMIUM, IN_CONFIG, "vivaldi", false},
        {"vivaldi", "Vivaldi", BROWSER_CHROMIUM, IN_CONFIG, "vivaldi-snapshot", false},
        {"vivaldi", "Vivaldi", BROWSER_CHROMIUM, IN_HOME, "snap/vivaldi/current/.config/vivaldi",
                false},
        {"vivaldi", "Vivaldi", BROWSER_CHROMIUM, IN_HOME,
                ".var/app/com.vivaldi.Vivaldi/config/vivaldi", false},

        {"edge", "Edge", BROWSER_CHROMIUM, IN_CONFIG, "microsoft-edge", false},
        {"edge", "Edge", BROWSER_CHROMIUM, IN_CONFIG, "microsoft-edge-beta", false},
        {"edge", "Edge", BROWSER_CHROMIUM, IN_CONFIG, "microsoft-edge-dev", false},
        {"edge", "Edge", BROWSER_CHROMIUM, IN_HOME,
                ".var/app/com.microsoft.Edge/config/microsoft-edge", false},
        {"edge", "Edge", BROWSER_CHROMIUM, IN_HOME,
                ".var/app/com.microsoft.EdgeDev/config/microsoft-edge-dev", false},

        {"opera", "Opera", BROWSER_CHROMIUM, IN_CONFIG, "opera", true},
        {"opera", "Opera", BROWSER_CHROMIUM, IN_CONFIG, "opera-beta", true},
        {"opera", "Opera", BROWSER_CHROMIUM, IN_CONFIG, "opera-developer", true},
        {"opera", "Opera", BROWSER_CHROMIUM, IN_HOME, "snap/opera/current/.config/opera", true},
        {"opera", "Opera", BROWSER_CHROMIUM, IN_HOME, ".var/app/com.opera.Opera/config/opera",
                true},
};

/* The history's file name, by family. */
static const char *const DATABASES[] = {
        [BROWSER_FIREFOX] = "places.sqlite",
        [BROWSER_CHROMIUM] = "History",
};

/* Folders of a Firefox root that are never a profile. */
static const char *const FIREFOX_OTHERS[] = {
        "Crash Reports", "Pending Pings", "Profile Groups", "native-messaging-hosts"};

/* --- profiles.ini ---------------------------------------------------------------------------- */

/* One section while it is read. */
typedef struct IniSection {
        bool profile; /* its name begins with "Profile" */
        char *path;
        int relative; /* what IsRelative said: 1, 0, or -1 for nothing */
} IniSection;

static void ini_section_begin(IniSection *s, bool profile) {
        free(s->path);
        *s = (IniSection){.profile = profile, .relative = -1};
}

static int ini_section_end(IniSection *s, profiles_ini_func func, void *userdata) {
        bool relative;

        if (!s->profile || !s->path || s->path[0] == '\0')
                return 0;
        relative = s->relative < 0 ? s->path[0] != '/' : s->relative == 1;
        if (!relative && s->path[0] != '/')
                return 0;
        return func(userdata, s->path, relative);
}

static bool begins(const char *text, size_t len, const char *with) {
        return len >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static int ini_line(IniSection *s, const char *line, size_t len) {
        static const char PATH[] = "Path=", RELATIVE[] = "IsRelative=";

        if (begins(line, len, PATH)) {
                const char *value = line + strlen(PATH);
                size_t n = len - strlen(PATH);
                char *path;

                if (memchr(value, '\0', n))
                        return 0;
                path = strndup(value, n);
                if (!path)
                        return -ENOMEM;
                free(s->path);
                s->path = path;
        } else if (begins(line, len, RELATIVE)) {
                s->relative = len > strlen(RELATIVE) && line[strlen(RELATIVE)] == '1';
        }
        return 0;
}

int profiles_ini_parse(const char *text, size_t len, profiles_ini_func func, void *userdata) {
        static const char BOM[] = "\xef\xbb\xbf";
        IniSection section = {.relative = -1};
        size_t at = begins(text, len, BOM) ? strlen(BOM) : 0;
        int r = 0;

        while (at < len && r >= 0) {
                const char *line = text + at;
                size_t n = 0;

                while (at + n < len && line[n] != '\n' && line[n] != '\r')
                        n++;
                at += n + 1;
                for (; n > 0 && (*line == ' ' || *line == '\t'); n--)
                        line++;
                if (n > 0 && *line == '[') {
                        r = ini_section_end(&section, func, userdata);
                        ini_section_begin(&section, begins(line, n, "[Profile"));
                } else {
                        r = ini_line(&section, line, n);
                }
        }
        if (r >= 0)
                r = ini_section_end(&section, func, userdata);
        free(section.path);
        return MIN(r, 0);
}

/* --- looking --------------------------------------------------------------------------------- */

/* The state of one scan. */
typedef struct Scanner {
        const char *home;
        const char *config_home;
        BrowserScan *scan;
        const Place *place; /* the one that is being looked at */
        const char *root;   /* its path */
} Scanner;

void browser_profile_done(BrowserProfile *profile) {
        free(profile->folder);
        free(profile->database);
        *profile = (BrowserProfile){0};
}

static void free_strings(char **strings, size_t n) {
        for (size_t i = 0; i < n; i++)
                free(strings[i]);
        free(strings);
}

void browser_scan_done(BrowserScan *scan) {
        for (size_t i = 0; i < scan->n_profiles; i++)
                browser_profile_done(&scan->profiles[i]);
        free(scan->profiles);
        for (size_t i = 0; i < scan->n_roots; i++)
                free(scan->roots[i].path);
        free(scan->roots);
        free_strings(scan->folders, scan->n_folders);
        free_strings(scan->targets, scan->n_targets);
        *scan = (BrowserScan){0};
}

static bool is_folder(const char *path) {
        struct stat st;

        return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Adds a copy of the first `len` bytes of `s`, unless it is there already. */
static int add_string(char ***strings, size_t *n, size_t *space, const char *s, size_t len) {
        char *copy;

        for (size_t i = 0; i < *n; i++)
                if (strncmp((*strings)[i], s, len) == 0 && (*strings)[i][len] == '\0')
                        return 0;
        if (ARRAY_RESERVE(*strings, *space, *n + 1) < 0)
                return -ENOMEM;
        copy = strndup(s, len);
        if (!copy)
                return -ENOMEM;
        (*strings)[(*n)++] = copy;
        return 1;
}

static int add_folder(BrowserScan *scan, const char *path, size_t len) {
        return add_string(&scan->folders, &scan->n_folders, &scan->folders_space, path, len);
}

/* Adds `target` and the folders on the way to it: its existing ancestors below `floor_len` bytes of
 * the path, or the nearest existing one when there is none that deep. */
static int add_target(BrowserScan *scan, const char *target, size_t floor_len) {
        _cleanup_free_ char *path = strdup(target);
        bool nearest = true;
        size_t len;

        if (!path)
                return -ENOMEM;
        if (add_string(&scan->targets, &scan->n_targets, &scan->targets_space, target,
                    strlen(target)) < 0)
                return -ENOMEM;
        for (;;) {
                char *slash = strrchr(path, '/');

                if (!slash || slash == path)
                        break;
                *slash = '\0';
                len = (size_t)(slash - path);
                if (len < floor_len && !nearest)
                        break;
                if (!is_folder(path))
                        continue;
                nearest = false;
                if (add_folder(scan, path, len) < 0)
                        return -ENOMEM;
        }
        return nearest ? add_folder(scan, "/", 1) : 0;
}

static int add_root(Scanner *s, const char *path) {
        BrowserScan *scan = s->scan;
        char *copy;

        if (ARRAY_RESERVE(scan->roots, scan->roots_space, scan->n_roots + 1) < 0)
                return -ENOMEM;
        copy = strdup(path);
        if (!copy)
                return -ENOMEM;
        scan->roots[scan->n_roots++] = (BrowserRoot){copy, s->place->family, s->place->in_root};
        return is_folder(path) ? add_folder(scan, path, strlen(path)) : 0;
}

static bool known(const BrowserScan *scan, const struct stat *st) {
        for (size_t i = 0; i < scan->n_profiles; i++)
                if (scan->profiles[i].dev == st->st_dev && scan->profiles[i].ino == st->st_ino)
                        return true;
        return false;
}

/* Adds `folder` as a profile if it is a folder and no profile yet. With `present_only` also its
 * history has to be there. */
static int add_profile(Scanner *s, const char *folder, bool present_only) {
        BrowserProfile p = {
                .browser = s->place->browser, .label = s->place->label, .family = s->place->family};
        struct stat st, history;

        if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode) || known(s->scan, &st))
                return 0;
        if (s->scan->n_profiles == BROWSER_PROFILES_MAX) {
                s->scan->crowded = true;
                return 0;
        }
        p.dev = st.st_dev;
        p.ino = st.st_ino;
        p.folder = strdup(folder);
        p.database = path_join(folder, DATABASES[p.family]);
        if (!p.folder || !p.database ||
                ARRAY_RESERVE(s->scan->profiles, s->scan->profiles_space, s->scan->n_profiles + 1) <
                        0) {
                browser_profile_done(&p);
                return -ENOMEM;
        }
        /* a folder that may not be searched has an unreadable history rather than none */
        p.present = stat(p.database, &history) == 0 || errno == EACCES;
        if (present_only && !p.present) {
                browser_profile_done(&p);
                return 0;
        }
        s->scan->profiles[s->scan->n_profiles++] = p;
        return 1;
}

/* "Default" or "Profile 12". */
static bool chromium_profile_name(const char *name) {
        static const char NUMBERED[] = "Profile ";

        if (streq(name, "Default"))
                return true;
        if (!begins(name, strlen(name), NUMBERED))
                return false;
        name += strlen(NUMBERED);
        return *name != '\0' && name[strspn(name, "0123456789")] == '\0';
}

/* Profiles of a Firefox root are what profiles.ini names, and every other folder: those of the
 * newer profile groups (version 138 and later) are in no profiles.ini. */
static bool firefox_profile_name(const char *name) {
        for (size_t i = 0; i < ARRAY_LEN(FIREFOX_OTHERS); i++)
                if (streq(name, FIREFOX_OTHERS[i]))
                        return false;
        return name[0] != '.';
}

/* Adds the folders in `path` whose name passes `fits`, in the order of their names. */
static int add_profiles_in(Scanner *s, const char *path, bool (*fits)(const char *name)) {
        struct dirent **entries = NULL;
        int n = scandir(path, &entries, NULL, alphasort);
        int r = 0;

        for (int i = 0; i < n; i++) {
                if (r >= 0 && fits(entries[i]->d_name) &&
                        (entries[i]->d_type == DT_DIR || entries[i]->d_type == DT_LNK ||
                                entries[i]->d_type == DT_UNKNOWN)) {
                        _cleanup_free_ char *folder = path_join(path, entries[i]->d_name);

                        r = folder ? add_profile(s, folder, false) : -ENOMEM;
                }
                free(entries[i]);
        }
        free(entries);
        return MIN(r, 0);
}

static int ini_profile(void *userdata, const char *path, bool relative) {
        Scanner *s = userdata;
        _cleanup_free_ char *folder = relative ? path_join(s->root, path) : strdup(path);
        size_t len;
        int r;

        if (!folder)
                return -ENOMEM;
        for (len = strlen(folder); len > 1 && folder[len - 1] == '/';)
                folder[--len] = '\0';
        r = add_profile(s, folder, false);
        if (r < 0 || s->scan->n_targets >= 2 * BROWSER_PROFILES_MAX)
                return r;
        /* within the root its own watch tells; elsewhere the way there has to be watched */
        return add_target(s->scan, folder, len);
}

/* Reads root/profiles.ini if it is there and of sane size. Returns 0 or -ENOMEM. */
static int read_ini(Scanner *s) {
        _cleanup_free_ char *path = path_join(s->root, "profiles.ini");
        _cleanup_(buffer_done) Buffer text = {0};
        _cleanup_close_ int fd = -1;
        char block[4096];
        ssize_t n;

        if (!path)
                return -ENOMEM;
        fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return 0;
        while ((n = read(fd, block, sizeof(block))) > 0) {
                if (text.len + (size_t)n > BROWSER_PROFILES_INI_MAX)
                        return 0;
                if (buffer_add(&text, block, (size_t)n) < 0)
                        return -ENOMEM;
        }
        return text.data ? profiles_ini_parse(text.data, text.len, ini_profile, s) : 0;
}

static int scan_firefox(Scanner *s) {
        _cleanup_free_ char *nested = path_join(s->root, "Profiles");
        int r;

        if (!nested)
                return -ENOMEM;
        r = read_ini(s);
        if (r < 0)
                return r;
        r = add_root(s, nested);
        if (r >= 0)
                r = add_profiles_in(s, nested, firefox_profile_name);
        return r < 0 ? r : add_profiles_in(s, s->root, firefox_profile_name);
}

static int scan_chromium(Scanner *s) {
        if (s->place->in_root) {
                int r = add_profile(s, s->root, true);

                if (r < 0)
                        return r;
        }
        return add_profiles_in(s, s->root, chromium_profile_name);
}

static int scan_place(Scanner *s) {
        static int (*const SCANS[])(Scanner * s) = {
                [BROWSER_FIREFOX] = scan_firefox,
                [BROWSER_CHROMIUM] = scan_chromium,
        };
        const char *base = s->place->base == IN_HOME ? s->home : s->config_home;
        _cleanup_free_ char *root = path_join(base, s->place->path);
        int r;

        if (!root)
                return -ENOMEM;
        r = add_target(s->scan, root, strlen(root) - strlen(s->place->path) - 1);
        if (r >= 0)
                r = add_root(s, root);
        if (r < 0 || !is_folder(root))
                return MIN(r, 0);
        s->root = root;
        r = SCANS[s->place->family](s);
        s->root = NULL;
        return MIN(r, 0);
}

int browser_scan(const char *home, const char *config_home, BrowserScan *ret) {
        BrowserScan scan = {0};
        Scanner s = {.home = home, .config_home = config_home, .scan = &scan};

        for (size_t i = 0; i < ARRAY_LEN(PLACES); i++) {
                int r;

                s.place = &PLACES[i];
                r = scan_place(&s);
                if (r < 0) {
                        browser_scan_done(&scan);
                        return r;
                }
        }
        *ret = scan;
        return 0;
}

/* --- what may change it ---------------------------------------------------------------------- */

/* Is `folder`/`name` the path `target`, or a folder on the way to it? */
static bool on_the_way(const char *target, const char *folder, const char *name) {
        size_t folder_len = streq(folder, "/") ? 0 : strlen(folder);
        size_t name_len = strlen(name);

        return strncmp(target, folder, folder_len) == 0 && target[folder_len] == '/' &&
               strncmp(target + folder_len + 1, name, name_len) == 0 &&
               (target[folder_len + 1 + name_len] == '/' ||
                       target[folder_len + 1 + name_len] == '\0');
}

/* Does `name` in a root look like a profile or like what names one? A Chromium root gets a new file
 * every few seconds, a Firefox root hardly ever. */
static bool root_concerns(const BrowserRoot *root, const char *name) {
        if (root->family == BROWSER_FIREFOX)
                return streq(name, "profiles.ini") || firefox_profile_name(name);
        return chromium_profile_name(name) ||
               (root->itself && streq(name, DATABASES[root->family]));
}

bool browser_scan_concerns(const BrowserScan *scan, const char *folder, const char *name) {
        for (size_t i = 0; i < scan->n_targets; i++)
                if (on_the_way(scan->targets[i], folder, name))
                        return true;
        for (size_t i = 0; i < scan->n_roots; i++)
                if (streq(scan->roots[i].path, folder) && root_concerns(&scan->roots[i], name))
                        return true;
        return false;
}
