/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The words of the pause page that depend on the day, and the page as the sinkhole serves it: the
 * extension's own (pause-template.c) with the facts filled in. In English alone, since it says so
 * in its `lang`. It knows nobody and no host, so that it tells nothing to who looks over a
 * shoulder. The manager makes it.
 *
 * What takes an answer is left out. The page comes from a TCP port, and any page on the web can
 * send to that port as well as this one can: an answer that comes that way would be anybody's. Only
 * the extension's page, which no page can reach, has buttons. */

#include "daemon/pause-page.h"

#include "common/buffer.h"
#include "daemon/pause-template.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <utf8proc.h>

/* --- words ----------------------------------------------------------------------------------- */

static int add_days(Buffer *b, unsigned n, const char *rest) {
        return buffer_printf(b, "%u %s %s", n, n == 1 ? "day" : "days", rest);
}

int pause_kept(const PauseFacts *f, char **ret_kept, char **ret_also) {
        _cleanup_(buffer_done) Buffer kept = {0}, also = {0};
        _cleanup_free_ char *first = NULL, *second = NULL;

        if (f->total_days > f->days)
                (void)add_days(&kept, f->total_days, "kept in all.");
        else if (f->days > 0)
                (void)add_days(&kept, f->days, "so far.");
        else
                (void)buffer_puts(&kept, "The page stayed closed.");
        if (f->total_days > f->days && f->days > 0)
                (void)add_days(&also, f->days, "in a row now.");
        first = buffer_take(&kept);
        second = buffer_take(&also);
        if (!first || !second)
                return -ENOMEM;
        *ret_kept = TAKE_PTR(first);
        *ret_also = TAKE_PTR(second);
        return 0;
}

/* Reasons alone make it worse; with something else to do they help (Langeslag and Sanchez, 2018).
 * Nothing here costs anything, needs anybody, or is out of place at night. */
const char *pause_thing(size_t i) {
        static const char *const things[PAUSE_THINGS] = {
                "Put the kettle on.",
                "Step outside for five minutes.",
                "Drink a glass of water.",
                "Put on a song that has nothing to do with this.",
                "Tidy one small corner of the room.",
                "Stretch, from head to foot.",
                "Read two pages of a book.",
                "Wash your face with cold water.",
                "Look out of the window for a while.",
                "Make yourself something small to eat.",
        };

        assert(i < PAUSE_THINGS);
        return things[i];
}

/* --- text ------------------------------------------------------------------------------------ */

/* Foreign text, in one line: control characters become spaces, bytes that are no UTF-8 become
 * U+FFFD. Escaped for text and for attribute values alike. */
static void add_escaped(Buffer *b, const char *text) {
        static const char *const escapes[128] = {
                ['&'] = "&amp;",
                ['<'] = "&lt;",
                ['>'] = "&gt;",
                ['"'] = "&quot;",
                ['\''] = "&#39;",
        };
        const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)text;

        while (*s) {
                utf8proc_int32_t c;
                utf8proc_ssize_t len = utf8proc_iterate(s, -1, &c);

                if (len <= 0) {
                        (void)buffer_puts(b, "\uFFFD");
                        s++;
                        continue;
                }
                if (utf8proc_category(c) == UTF8PROC_CATEGORY_CC)
                        (void)buffer_putc(b, ' ');
                else if (c < 128 && escapes[c])
                        (void)buffer_puts(b, escapes[c]);
                else
                        (void)buffer_add(b, s, (size_t)len);
                s += len;
        }
}

/* An element with what the user wrote, in whatever language and direction that is. Tells whether
 * there is anything. */
static bool add_own(Buffer *b, const char *open, const char *text, const char *close) {
        if (!text || text[strspn(text, " \t\r\n")] == '\0')
                return false;
        (void)buffer_printf(b, "%s lang=\"\" dir=\"auto\">", open);
        add_escaped(b, text);
        (void)buffer_puts(b, close);
        return true;
}

/* --- what is filled in ----------------------------------------------------------------------- */

/* Each writes what is to stand there, or returns false for what the template says. */

static bool fill_head(Buffer *b, const PauseFacts *f) {
        (void)f;
        (void)buffer_printf(b,
                "<meta name=\"robots\" content=\"noindex\">\n"
                "<link rel=\"icon\" href=\"data:,\">\n"
                "<style>\n%s</style>",
                pause_template_css);
        return true;
}

static bool fill_nothing(Buffer *b, const PauseFacts *f) {
        (void)b, (void)f;
        return true;
}

static bool fill_kept(Buffer *b, const PauseFacts *f) {
        _cleanup_free_ char *kept = NULL, *also = NULL;

        if (pause_kept(f, &kept, &also) < 0)
                return false;
        (void)buffer_printf(b, "<p class=\"days\">%s</p>", kept);
        if (also[0] != '\0')
                (void)buffer_printf(b, "\n<p class=\"all\">%s</p>", also);
        return true;
}

static bool fill_own(Buffer *b, const PauseFacts *f) {
        return add_own(b, "<p class=\"own\" id=\"own\"", f->plan, "</p>");
}

static bool fill_reason(Buffer *b, const PauseFacts *f) {
        (void)add_own(b, "<div><dt>Your reason</dt><dd", f->reason, "</dd></div>");
        return true;
}

static bool fill_instead(Buffer *b, const PauseFacts *f) {
        return add_own(b, "<dd", f->instead, "</dd>");
}

/* Without a script that is a link, and the tab stays. */
static bool fill_leave(Buffer *b, const PauseFacts *f) {
        (void)f;
        (void)buffer_puts(b, "<a class=\"leave\" href=\"about:blank\" autofocus "
                             "aria-describedby=\"kept own\">Leave this page</a>");
        return true;
}

static bool fill_answers(Buffer *b, const PauseFacts *f) {
        (void)f;
        (void)buffer_puts(b, "<p class=\"hint\">If you like, breathe first: in for four, out for "
                             "six. Six of those make a minute.</p>");
        return true;
}

static const struct {
        const char *name;
        bool (*fill)(Buffer *b, const PauseFacts *f);
} slots[] = {
        {"head", fill_head},
        {"words", fill_nothing},
        {"kept", fill_kept},
        {"own", fill_own},
        {"reason", fill_reason},
        {"instead", fill_instead},
        {"leave", fill_leave},
        {"answers", fill_answers},
};

/* --- the template ---------------------------------------------------------------------------- */

#define SLOT_BEGIN "<!--["
#define SLOT_END   "]-->\n"

/* Writes the slot whose name begins at `name`, and returns what comes after it. */
static const char *add_slot(Buffer *b, const char *name, const PauseFacts *f) {
        const char *inside = strstr(name, SLOT_END), *end, *after;
        size_t len, i = 0;

        assert(inside);
        len = (size_t)(inside - name);
        inside += strlen(SLOT_END);
        end = strstr(inside, SLOT_BEGIN "/");
        after = end ? strstr(end, SLOT_END) : NULL;
        assert(after);
        while (i < ARRAY_LEN(slots) &&
                (strlen(slots[i].name) != len || memcmp(slots[i].name, name, len) != 0))
                i++;
        assert(i < ARRAY_LEN(slots));
        if (slots[i].fill(b, f))
                (void)buffer_putc(b, '\n');
        else
                (void)buffer_add(b, inside, (size_t)(end - inside));
        return after + strlen(SLOT_END);
}

char *pause_page(const PauseFacts *f) {
        _cleanup_(buffer_done) Buffer b = {0};
        const char *at = pause_template_html, *slot;

        while ((slot = strstr(at, SLOT_BEGIN))) {
                (void)buffer_add(&b, at, (size_t)(slot - at));
                at = add_slot(&b, slot + strlen(SLOT_BEGIN), f);
        }
        (void)buffer_puts(&b, at);
        return buffer_take(&b);
}
