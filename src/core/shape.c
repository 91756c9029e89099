/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads a URL by a shape of the catalogue. It deliberately knows nothing of platforms and users:
 * it says what stands in the slot, and profile.c says whether that is a user. The work depends on
 * the list and the URL alone. */

#include "core/shape.h"

#include "common/buffer.h"

#include <errno.h>
#include <strings.h>

/* A piece of a list or URL that is not a string of its own. */
typedef struct Span {
        const char *s;
        size_t len;
} Span;

void shape_hit_done(ShapeHit *hit) {
        free(hit->value);
        *hit = (ShapeHit){0};
}

bool words_have(const char *words, const char *text, size_t len) {
        while (words && *words) {
                const char *end = strchrnul(words, ' ');

                if ((size_t)(end - words) == len && strncasecmp(words, text, len) == 0)
                        return true;
                words = end + (*end == ' ');
        }
        return false;
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_locale(const char *s, size_t len) {
        if (len != 2 && len != 5)
                return false;
        if (!is_letter(s[0]) || !is_letter(s[1]))
                return false;
        return len == 2 || ((s[2] == '-' || s[2] == '_') && is_letter(s[3]) && is_letter(s[4]));
}

/* Records what stands in the slot. `pattern` begins at its "{". Returns 1, 0 when nothing stands
 * there, -ENOMEM. */
static int hit_take(ShapeHit *hit, Span pattern, const char *value, size_t len, bool bare) {
        const char *close = memchr(pattern.s, '}', pattern.len);

        if (len == 0)
                return 0;
        hit->value = strndup(value, len);
        if (!hit->value)
                return -ENOMEM;
        hit->slot = pattern.s + 1;
        hit->slot_len = (size_t)(close - pattern.s) - 1;
        hit->bare = bare;
        return 1;
}

/* Compares one segment or value with its pattern. Returns 1 when it fits, 0 or -ENOMEM. */
static int match_text(Span pattern, const char *text, ShapeHit *hit) {
        const char *begin = text;

        if (pattern.len == 6 && memcmp(pattern.s, "[lang]", 6) == 0)
                return is_locale(text, strlen(text));
        while (pattern.len > 0 && *pattern.s != '{') {
                if (*pattern.s == '*') {
                        const char *next =
                                pattern.len > 1 ? strchr(text, pattern.s[1]) : text + strlen(text);

                        if (!next || next == text)
                                return 0;
                        text = next;
                } else {
                        if (strncasecmp(pattern.s, text, 1) != 0)
                                return 0;
                        text++;
                }
                pattern.s++;
                pattern.len--;
        }
        if (pattern.len == 0)
                return *text == '\0';
        return hit_take(hit, pattern, text, strlen(text), text == begin);
}

static void add_query(Buffer *b, const Url *url, char first) {
        for (size_t i = 0; i < url->n_params; i++) {
                const UrlParam *param = &url->params[i];

                if (i > 0 || first != '\0')
                        (void)buffer_putc(b, i == 0 ? first : '&');
                (void)buffer_puts(b, param->name);
                if (param->value[0] != '\0')
                        (void)buffer_printf(b, "=%s", param->value);
        }
}

/* Puts together again what {url} stands for: from the segment `from` on, or the query alone when
 * `path` is false. The parts are decoded and stay so: sites write the inner URL both ways. */
static int match_rest(Span pattern, const Url *url, size_t from, bool path, ShapeHit *hit) {
        _cleanup_(buffer_done) Buffer b = {0};

        for (size_t i = from; path && i < url->n_segments; i++) {
                if (i > from)
                        (void)buffer_putc(&b, '/');
                (void)buffer_puts(&b, url->segments[i]);
        }
        if (path && b.len == 0)
                return b.error;
        add_query(&b, url, path ? '?' : '\0');
        if (url->fragment)
                (void)buffer_printf(&b, "#%s", url->fragment);
        if (b.error < 0)
                return b.error;
        return hit_take(hit, pattern, b.data ? b.data : "", b.len, true);
}

static bool is_rest(Span pattern) {
        return pattern.len == 5 && memcmp(pattern.s, "{url}", 5) == 0;
}

/* Cuts the part up to one of `stops` off the shape. */
static Span span_cut(Span *shape, const char *stops) {
        Span part = {shape->s, 0};

        while (part.len < shape->len && !strchr(stops, shape->s[part.len]))
                part.len++;
        shape->s += part.len;
        shape->len -= part.len;
        return part;
}

static bool span_next(Span *shape, char c) {
        if (shape->len == 0 || *shape->s != c)
                return false;
        shape->s++;
        shape->len--;
        return true;
}

static int match_label(Span *shape, Span sub, ShapeHit *hit) {
        Span pattern = *shape;
        const char *dot;

        if (shape->len == 0 || *shape->s != '{')
                return sub.len == 0;
        (void)span_cut(shape, ".");
        (void)span_next(shape, '.');
        dot = sub.len > 0 ? memrchr(sub.s, '.', sub.len) : NULL;
        if (dot) {
                sub.len -= (size_t)(dot + 1 - sub.s);
                sub.s = dot + 1;
        }
        return hit_take(hit, pattern, sub.s, sub.len, true);
}

static int match_path(Span *shape, const Url *url, ShapeHit *hit) {
        size_t i = 0;

        while (span_next(shape, '/')) {
                Span pattern = span_cut(shape, "/?#$");
                int r;

                /* "${user}" is a sign before a name and does not end the path */
                if (pattern.len == 0 && shape->len > 1 && memcmp(shape->s, "${", 2) == 0) {
                        const char *sign = shape->s++;

                        shape->len--;
                        pattern = (Span){sign, span_cut(shape, "/?#$").len + 1};
                }
                if (pattern.len == 0)
                        continue;
                if (i >= url->n_segments)
                        return 0;
                r = is_rest(pattern) ? match_rest(pattern, url, i, true, hit)
                                     : match_text(pattern, url->segments[i], hit);
                if (r <= 0)
                        return r;
                i++;
        }
        return span_next(shape, '$') ? i == url->n_segments : 1;
}

static int match_param(Span pattern, const Url *url, ShapeHit *hit) {
        const char *eq = memchr(pattern.s, '=', pattern.len);
        size_t name_len = eq ? (size_t)(eq - pattern.s) : pattern.len;
        Span value = {pattern.s + name_len + 1, pattern.len - name_len - (eq ? 1 : 0)};

        if (is_rest(pattern))
                return match_rest(pattern, url, 0, false, hit);
        for (size_t i = 0; i < url->n_params; i++) {
                const UrlParam *param = &url->params[i];
                int r;

                if (strlen(param->name) != name_len ||
                        strncasecmp(param->name, pattern.s, name_len) != 0)
                        continue;
                r = eq ? match_text(value, param->value, hit) : 1;
                if (r != 0)
                        return r;
        }
        return 0;
}

/* Returns 1, 0 or -ENOMEM; a hit that was begun may stay in `hit` either way. */
static int shape_match(Span shape, const Url *url, Span sub, ShapeHit *hit) {
        int r;

        r = match_label(&shape, sub, hit);
        if (r > 0)
                r = match_path(&shape, url, hit);
        while (r > 0 && (span_next(&shape, '?') || span_next(&shape, '&')))
                r = match_param(span_cut(&shape, "&#"), url, hit);
        if (r > 0 && span_next(&shape, '#'))
                r = url->fragment ? match_text(shape, url->fragment, hit) : 0;
        return r > 0 ? hit->value != NULL : r;
}

int shape_next(
        const char **cursor, const Url *url, const char *sub, size_t sub_len, ShapeHit *ret) {
        while (*cursor && **cursor) {
                _cleanup_(shape_hit_done) ShapeHit hit = {0};
                Span shape = {*cursor, strcspn(*cursor, " ")};
                int r;

                *cursor += shape.len + strspn(*cursor + shape.len, " ");
                r = shape_match(shape, url, (Span){sub, sub_len}, &hit);
                if (r > 0) {
                        *ret = hit;
                        hit.value = NULL;
                }
                if (r != 0)
                        return r;
        }
        return 0;
}
