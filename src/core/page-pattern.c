/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From a person's handles and profiles to what a browser's policy can block. Each pattern is read
 * again as a URL and must be the same user's page: better one too few than a stranger's. It knows
 * no browser; used by holding.c. */

#include "core/page-pattern.h"

#include "common/buffer.h"
#include "common/url-pattern.h"
#include "core/catalogue.h"
#include "core/profile.h"

#include <errno.h>

typedef struct Teller {
        page_pattern_func func;
        void *userdata;
} Teller;

static bool is_pattern(const char *text) {
        const char *why;

        return url_pattern_check(text, NULL, 0, &why) >= 0;
}

/* The site, without what nobody uses for another one. */
static const char *site_of(const Url *url) {
        return strncmp(url->host, "www.", 4) == 0 ? url->host + 4 : url->host;
}

/* The page as a pattern; "" when it is none. NULL when memory is out. */
static char *pattern_of_url(const Url *url) {
        _cleanup_(buffer_done) Buffer b = {0};

        if (url->port != 0 || url->n_segments == 0 || url->n_params > 1)
                return strdup("");
        (void)buffer_puts(&b, site_of(url));
        for (size_t i = 0; i < url->n_segments; i++)
                (void)buffer_printf(&b, "/%s", url->segments[i]);
        if (url->n_params > 0)
                (void)buffer_printf(&b, "?%s=%s", url->params[0].name, url->params[0].value);
        if (b.error == 0 && !is_pattern(b.data))
                buffer_cut(&b, 0);
        return buffer_take(&b);
}

/* Is a page of the pattern one of this user's? Returns 1, 0 or -ENOMEM. */
static int is_theirs(const Profile *p, const char *pattern) {
        _cleanup_(profile_done) Profile found = {0};
        _cleanup_(buffer_done) Buffer text = {0};
        _cleanup_(url_freep) Url *url = NULL;
        int r;

        if (buffer_printf(&text, "https://%s", pattern) < 0)
                return -ENOMEM;
        r = url_parse(text.data, &url);
        if (r >= 0)
                r = profile_from_url(url, &found);
        if (r <= 0)
                return r == -ENOMEM ? r : 0;
        return found.platform == p->platform && !found.viewer && streq(found.user, p->user);
}

/* Writes a shape for the user; "" for one that no pattern can say. A path stands for what is below
 * it: the page itself leads to the platform's own in these shapes, and an exact one is dear. */
static int expand(const char *shape, size_t len, const char *slot, const char *site,
        const char *user, size_t user_len, Buffer *to) {
        const char *open = memchr(shape, '{', len), *end = shape + len;
        size_t name = strlen(slot);
        const char *rest = open ? open + name + 2 : NULL;

        if (!open || rest > end || strncmp(open + 1, slot, name) != 0 || rest[-1] != '}')
                return 0;
        if (open == shape) /* a name before the site's */
                return rest + 1 == end && *rest == '.'
                               ? buffer_printf(to, "%.*s.%s", (int)user_len, user, site)
                               : 0;
        if (*rest == '$')
                rest++;
        if (rest < end)
                return 0;
        return buffer_printf(to, "%s%.*s%.*s%s", site, (int)(open - shape), shape, (int)user_len,
                user, memchr(shape, '?', len) ? "" : "/");
}

static int tell_shape(const Teller *t, const Profile *p, const char *shape, size_t len,
        const char *slot, const char *site, const char *user, size_t user_len, const char *page) {
        _cleanup_(buffer_done) Buffer b = {0};
        size_t own = strlen(page);
        int r;

        r = expand(shape, len, slot, site, user, user_len, &b);
        if (r < 0 || !b.data || !is_pattern(b.data))
                return r;
        if (own > 0 && strncmp(b.data, page, own) == 0 &&
                (b.data[own] == '/' || b.data[own] == '\0'))
                return 0;
        r = is_theirs(p, b.data);
        return r <= 0 ? r : t->func(t->userdata, b.data);
}

static int tell_profile(const Teller *t, const Profile *p) {
        _cleanup_free_ char *text = NULL, *page = NULL;
        _cleanup_(url_freep) Url *url = NULL;
        const UserForm *form;
        const char *user;
        size_t user_len;
        int r;

        form = profile_form(p, &user, &user_len);
        text = form ? profile_format_url(p) : NULL;
        r = text ? url_parse(text, &url) : 0;
        if (r < 0 || !url)
                return r == -ENOMEM ? r : 0;
        page = pattern_of_url(url);
        if (!page)
                return -ENOMEM;
        if (*page)
                r = is_theirs(p, page);
        if (r > 0)
                r = t->func(t->userdata, page);
        for (const char *s = p->platform->shapes; r == 0 && s && *s; s += strspn(s, " ")) {
                size_t len = strcspn(s, " ");

                r = tell_shape(t, p, s, len, form->slot, site_of(url), user, user_len, page);
                s += len;
        }
        return r;
}

/* The user, also on the platforms where the same name is the same person. */
static int tell_user(const Teller *t, const Platform *platform, char *user) {
        int r = tell_profile(t, &(Profile){.platform = platform, .user = user});

        for (const char *twin = platform->twins; r == 0 && twin && *twin;) {
                size_t len = strcspn(twin, " ");
                const Platform *other = catalogue_find_row(twin, len);

                if (other)
                        r = tell_profile(t, &(Profile){.platform = other, .user = user});
                twin += len + strspn(twin + len, " ");
        }
        return r;
}

static int tell_handle(const Teller *t, const char *value) {
        _cleanup_free_ char *copy = strdup(value);
        size_t len = strcspn(value, ":");
        const Platform *platform = catalogue_find_row(value, len);

        if (!copy)
                return -ENOMEM;
        return platform && value[len] ? tell_user(t, platform, copy + len + 1) : 0;
}

/* As url_index_add() takes it: on a host of which nothing is known it is also just a page. */
static int tell_page(const Teller *t, const char *value) {
        _cleanup_(profile_done) Profile p = {0};
        _cleanup_(url_freep) Url *url = NULL;
        _cleanup_free_ char *page = NULL;
        int r;

        r = url_parse(value, &url);
        if (r >= 0)
                r = profile_from_url(url, &p);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        if (r > 0) {
                r = tell_user(t, p.platform, p.user);
                if (r != 0 || !(p.platform->users[0].flags & USER_AT_HOST))
                        return r;
        }
        page = pattern_of_url(url);
        if (!page)
                return -ENOMEM;
        return *page ? t->func(t->userdata, page) : 0;
}

int page_patterns_each(const Identity *id, page_pattern_func func, void *userdata) {
        const Teller t = {func, userdata};

        switch (id->kind) {
        case IDENTITY_HANDLE: return tell_handle(&t, id->value);
        case IDENTITY_PROFILE: return tell_page(&t, id->value);
        case IDENTITY_NAME:
        case IDENTITY_PHONE:
        case IDENTITY_EMAIL:
        case IDENTITY_DOMAIN:
        case IDENTITY_APP:
        case IDENTITY_PLATFORM:
        case _IDENTITY_KIND_MAX: break;
        }
        return 0;
}
