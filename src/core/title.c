/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a window's title is made of. It decides nothing about people; the judge does. Cautious: a
 * title that names somebody by chance is worse than one that is missed. */

#include "core/title.h"

#include "common/buffer.h"
#include "core/catalogue.h"
#include "core/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* --- what was said --------------------------------------------------------------------------- */

static const struct {
        const char *open, *close;
} quotes[] = {
        {"\"", "\""},
        {"“", "”"},
        {"„", "“"},
        {"«", "»"},
        {"»", "«"},
        {"「", "」"},
};

static bool begins(const char *text, const char *what) {
        return strncmp(text, what, strlen(what)) == 0;
}

/* What comes after the quotation that `text` begins with; NULL when it begins with none. */
static const char *behind_quotation(const char *text) {
        for (size_t i = 0; i < ARRAY_LEN(quotes); i++) {
                const char *end;

                if (!begins(text, quotes[i].open))
                        continue;
                end = strstr(text + strlen(quotes[i].open), quotes[i].close);
                return end ? end + strlen(quotes[i].close) : text + strlen(text);
        }
        return NULL;
}

int title_fold(const char *title, char **ret) {
        _cleanup_(buffer_done) Buffer b = {0};
        _cleanup_free_ char *said = NULL;
        size_t len;

        while (*title) {
                const char *behind = behind_quotation(title);

                /* a line break separates words and belongs to none */
                (void)buffer_putc(&b, behind ? '\n' : *title);
                title = behind ? behind : title + 1;
        }
        said = buffer_take(&b);
        return said ? text_fold(said, strlen(said), TEXT_PLAIN, ret, &len) : -ENOMEM;
}

/* --- who says it ----------------------------------------------------------------------------- */

/* What sites put between the parts of their titles. */
static const char *const signs[] = {"|", "/", "·", "•", "-", "–", "—", ":", "(", ")", ","};

/* Does a sign end at `at`? A hyphen or a slash without a space joins words. */
static bool sign_before(const char *text, size_t at) {
        size_t end = at;

        while (end > 0 && text[end - 1] == ' ')
                end--;
        for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
                size_t len = strlen(signs[i]);

                if (end >= len && memcmp(text + end - len, signs[i], len) == 0)
                        return end < at || streq(signs[i], "(");
        }
        return false;
}

static bool sign_at(const char *text) {
        const char *sign = text + strspn(text, " ");

        if (*sign == '\0')
                return true;
        for (size_t i = 0; i < ARRAY_LEN(signs); i++)
                if (begins(sign, signs[i]))
                        return sign > text || (*sign != '-' && *sign != '/');
        return false;
}

/* Does the name that stands from `at` to `end` stand by itself? */
static bool is_signature(const char *text, size_t at, size_t end) {
        static const char on[] = " on ", photos[] = " photos";

        if (sign_before(text, at))
                return sign_at(text + end) || begins(text + end, photos);
        /* "Alex on Instagram: ..." */
        return at >= strlen(on) && begins(text + at - strlen(on), on) && text[end] == ':';
}

static bool is_signed(const char *folded, const char *name) {
        size_t len = strlen(folded), name_len = strlen(name);

        for (size_t at = 0; at + name_len <= len; at++)
                if (strncasecmp(folded + at, name, name_len) == 0 &&
                        is_signature(folded, at, at + name_len))
                        return true;
        return false;
}

bool title_names_platform(const char *folded) {
        for (size_t i = 0; i < catalogue_n_platforms; i++)
                if (is_signed(folded, catalogue_platforms[i].title))
                        return true;
        return false;
}
