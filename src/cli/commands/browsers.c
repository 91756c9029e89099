/* SPDX-License-Identifier: GPL-3.0-or-later */

/* browsers: which browsers there are, whether the extension could reach the daemon from them, and
 * what is left to do. It asks no daemon; of policies it does (policies.c). */

#include "cli/commands/commands.h"
#include "cli/connector.h"
#include "common/file.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

/* Where the rest of nocontact is: beside this program when it was built and not installed, else by
 * its prefix. */
typedef struct Parts {
        char *host;      /* the program that browsers start */
        char *extension; /* the folder of Chromium's family */
} Parts;

static void parts_done(Parts *p) {
        free(p->host);
        free(p->extension);
}

static int find_parts(Parts *ret) {
        static const char name[] = "nocontact-webext-host";
        char self[PATH_MAX], *slash;
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
        int r;

        if (n < 0)
                return -errno;
        self[n] = '\0';
        slash = strrchr(self, '/');
        if (!slash)
                return -EINVAL;
        *slash = '\0';
        ret->host = path_join(self, name);
        if (!ret->host)
                return -ENOMEM;
        if (access(ret->host, X_OK) == 0)
                return 0;

        free(ret->host);
        ret->host = NULL;
        slash = strrchr(self, '/');
        if (slash)
                *slash = '\0';
        r = asprintf(&ret->host, "%s/libexec/%s", self, name);
        if (r < 0) {
                ret->host = NULL;
                return -ENOMEM;
        }
        ret->extension = path_join(self, "share/chromium/extensions/nocontact");
        return ret->extension ? access(ret->host, X_OK) < 0 ? -errno : 0 : -ENOMEM;
}

/* An absolute path in the environment; others are to be ignored (XDG Base Directory Specification
 * 0.8). */
static int find_browsers(const Parts *parts, UserBrowsers *ret) {
        const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
        _cleanup_free_ char *made = NULL;

        if (!home || home[0] != '/')
                return -ENOENT;
        if (!config || config[0] != '/') {
                made = path_join(home, ".config");
                if (!made)
                        return -ENOMEM;
                config = made;
        }
        return user_browsers_find(home, config, "", parts->host, ret);
}

static const char *state_word(BrowserState state) {
        static const char *const words[] = {
                [BROWSER_PACKAGED] = "connected, by the package",
                [BROWSER_CONNECTED] = "connected",
                [BROWSER_UNCONNECTED] = "not connected",
        };

        return words[state];
}

/* Debian's browsers load what packages lay there; /usr/local is none of their folders. */
static bool comes_with_package(const Parts *parts) {
        return parts->extension && strncmp(parts->extension, "/usr/share/", 11) == 0;
}

static void tell_next(Call *call, const Parts *parts, const UserBrowser *b) {
        BrowserExtension way = b->extension;

        if (way == EXTENSION_COMES && !comes_with_package(parts))
                way = b->chromium ? EXTENSION_ASKED : EXTENSION_NONE;
        switch (way) {
        case EXTENSION_COMES:
                output_line(call->out, STYLE_PLAIN,
                        "%s: start it anew. The extension came with the package; %s shows it.",
                        b->label, b->page);
                break;
        case EXTENSION_ASKED:
                output_line(call->out, STYLE_PLAIN,
                        "%s: open %s, switch on the developer mode, choose \"Load unpacked\" and %s.",
                        b->label, b->page, parts->extension ? parts->extension : "contrib/webext");
                break;
        case EXTENSION_NONE:
                output_line(call->out, STYLE_NOTE,
                        "%s takes no extension from a package: a profile is noticed there, not stopped.",
                        b->label);
                break;
        }
}

static void print_browsers(Call *call, const UserBrowsers *browsers) {
        _cleanup_(grid_done) Grid grid = {.columns = 2};

        for (size_t i = 0; i < browsers->n; i++) {
                const UserBrowser *b = &browsers->items[i];

                grid_cell(&grid, STYLE_PLAIN, "%s", b->label);
                grid_cell(&grid, b->state == BROWSER_UNCONNECTED ? STYLE_NOTE : STYLE_GOOD, "%s",
                        state_word(b->state));
        }
        output_grid(call->out, &grid);
}

static void print_json(Call *call, const UserBrowsers *browsers) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < browsers->n; i++) {
                const UserBrowser *b = &browsers->items[i];

                (void)json_array_append_new(
                        list, json_pack("{s:s, s:b, s:s}", "browser", b->name, "connected",
                                      b->state != BROWSER_UNCONNECTED, "folder", b->folder));
        }
        output_json(call->out, list);
        json_decref(list);
}

/* Those that the package connects need nothing of their own. */
static Status connect_all(Call *call, const Parts *parts, UserBrowsers *browsers) {
        for (size_t i = 0; i < browsers->n; i++) {
                UserBrowser *b = &browsers->items[i];
                int r;

                if (b->state != BROWSER_UNCONNECTED)
                        continue;
                r = user_browser_connect(b, parts->host);
                if (r < 0) {
                        output_error(
                                call->out, "%s cannot be written: %s", b->folder, strerror(-r));
                        return STATUS_FAILED;
                }
        }
        return STATUS_DONE;
}

static Status browsers_run(Call *call) {
        _cleanup_(user_browsers_done) UserBrowsers browsers = {0};
        const char *word = call_word(call, 0);
        _cleanup_(parts_done) Parts parts = {0};
        Status status = STATUS_DONE;
        int r;

        if (word && streq(word, "policies"))
                return browsers_policies(call);
        if (word && (!streq(word, "connect") || call_word(call, 1)))
                return call_misused(call, "browsers can connect, and have policies, not \"%s\".",
                        call_word(call, streq(word, "connect") ? 1 : 0));
        r = find_parts(&parts);
        if (r == -ENOENT) {
                output_error(call->out, "%s is missing.", parts.host);
                return STATUS_FAILED;
        }
        if (r >= 0)
                r = find_browsers(&parts, &browsers);
        if (r < 0)
                return call_failed(call, r);
        if (word)
                status = connect_all(call, &parts, &browsers);
        if (status != STATUS_DONE)
                return status;
        if (call_has(call, "json")) {
                print_json(call, &browsers);
                return STATUS_DONE;
        }
        if (browsers.n == 0)
                output_line(call->out, STYLE_PLAIN, "No browser was used here yet.");
        print_browsers(call, &browsers);
        for (size_t i = 0; word && i < browsers.n; i++)
                tell_next(call, &parts, &browsers.items[i]);
        return STATUS_DONE;
}

static const Option browsers_options[] = {
        {"yes", NULL, "turn policies on without being asked", NULL},
        OPTION_JSON,
        {0},
};

const Command command_browsers = {
        .name = "browsers",
        .usage = "[connect | policies [on|off|status]] [--yes] [--json]",
        .summary = "Show your browsers, connect the extension in them, or their policies.",
        .about =
                "A browser that is connected lets its extension ask nocontact about a page before it opens. "
                "\"connect\" tells each of them where nocontact is, and says what is left to do.\n"
                "`nocontact status` says in which the extension is at work.\n"
                "\"policies on\" has browsers block profiles by managed policies, also in private windows and without the extension. They are written to /etc, where everybody on this computer can read them.\n"
                "\"policies off\" waits for the cool-down while a commitment runs.",
        .options = browsers_options,
        .max_words = 2,
        .run = browsers_run,
};
