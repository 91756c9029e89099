/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The words and the looks of the pause page. Like the nudge (nudge-texts.c) it says what held,
 * shows the user's own sentence, and makes leaving the easy thing to do: the link has the focus.
 * It knows nobody and no host, so that it tells nothing to who looks over a shoulder. In English
 * alone, since it says so in its `lang`. The manager makes it for the sinkhole. */

#include "daemon/pause-page.h"

#include "common/buffer.h"

#include <stdbool.h>
#include <utf8proc.h>

/* The breathing circle keeps the nudge's pace: in for four seconds, out for six. */
static const char head[] =
        "<!doctype html>\n"
        "<html lang=\"en\">\n"
        "<head>\n"
        "<meta charset=\"utf-8\">\n"
        "<title>Pause</title>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n"
        "<link rel=\"icon\" href=\"data:,\">\n"
        "<style>\n"
        ":root { color-scheme: light dark; --paper: #f7f4ee; --ink: #2c2a27; --soft: #65605a;\n"
        "  --circle: #cfe0d4; --core: #e6efe7; --leave: #2f5d4a; --on-leave: #ffffff; }\n"
        "@media (prefers-color-scheme: dark) {\n"
        "  :root { --paper: #1b1d1f; --ink: #ece8e1; --soft: #aaa49b;\n"
        "    --circle: #2d4238; --core: #24312b; --leave: #a9d3bb; --on-leave: #14241c; } }\n"
        "* { box-sizing: border-box; }\n"
        "body { margin: 0; min-height: 100vh; display: grid; place-items: center;\n"
        "  padding: 2rem 1.25rem; background: var(--paper); color: var(--ink);\n"
        "  font: 1.125rem/1.6 system-ui, -apple-system, \"Segoe UI\", \"Noto Sans\", "
        "\"DejaVu Sans\", sans-serif; }\n"
        "main { width: 100%; max-width: 34rem; text-align: center; }\n"
        "header { position: relative; display: grid; place-items: center; height: 15rem; }\n"
        ".breath { position: absolute; width: 13rem; height: 13rem; border-radius: 50%;\n"
        "  background: radial-gradient(circle, var(--core) 35%, var(--circle)); }\n"
        "h1 { position: relative; margin: 0; font-size: 2.5rem; font-weight: 600;\n"
        "  letter-spacing: -.01em; }\n"
        "p { margin: 0; }\n"
        ".days { margin-top: 1rem; font-size: 1.375rem; }\n"
        ".all, .hint { color: var(--soft); font-size: 1rem; text-wrap: balance; }\n"
        ".own { margin-top: 1.5rem; font-size: 1.25rem; line-height: 1.5; overflow-wrap: anywhere;\n"
        "  text-wrap: balance; }\n"
        ".leave { display: inline-block; margin: 2.25rem 0 .75rem; padding: .75rem 2rem;\n"
        "  border: 1px solid transparent; border-radius: 2rem; background: var(--leave);\n"
        "  color: var(--on-leave); font-weight: 600; text-decoration: none; }\n"
        ".leave:hover { filter: brightness(1.08); }\n"
        ".leave:focus-visible { outline: 2px solid var(--leave); outline-offset: 3px; }\n"
        ".hint + .hint { margin-top: 2.25rem; }\n"
        "@media (prefers-reduced-motion: no-preference) {\n"
        "  .breath { animation: breath 10s ease-in-out infinite; } }\n"
        "@keyframes breath { 0%, 100% { transform: scale(.84); } 40% { transform: scale(1); } }\n"
        "@media (max-height: 40rem) { header { height: 11rem; }\n"
        "  .breath { width: 10rem; height: 10rem; } }\n"
        "</style>\n"
        "</head>\n"
        "<body>\n"
        "<main>\n"
        "<header><div class=\"breath\" aria-hidden=\"true\"></div><h1>Pause.</h1></header>\n";

static const char tail[] =
        "<a class=\"leave\" href=\"about:blank\" autofocus aria-describedby=\"kept own\">"
        "Leave this page</a>\n"
        "<p class=\"hint\">Closing the tab does the same.</p>\n"
        "<p class=\"hint\">If you like, breathe first: in for four, out for six. "
        "Six of those make a minute.</p>\n"
        "</main>\n"
        "</body>\n"
        "</html>\n";

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

static const char *days_word(unsigned n) {
        return n == 1 ? "day" : "days";
}

/* No figure of zero. */
static void add_days(Buffer *b, unsigned days, unsigned total) {
        (void)buffer_puts(b, "<div id=\"kept\">");
        if (days > 0)
                (void)buffer_printf(
                        b, "<p class=\"days\">%u %s so far.</p>", days, days_word(days));
        else if (total == 0)
                (void)buffer_puts(b, "<p class=\"days\">The page stayed closed.</p>");
        if (total > days)
                (void)buffer_printf(b, "<p class=\"%s\">%u %s kept in all.</p>",
                        days > 0 ? "all" : "days", total, days_word(total));
        (void)buffer_puts(b, "</div>\n");
}

/* In whatever language and direction the user wrote it. */
static void add_sentence(Buffer *b, const char *sentence) {
        bool own = sentence && sentence[strspn(sentence, " \t\r\n")];

        if (!own) {
                (void)buffer_puts(b, "<p class=\"own\" id=\"own\">You can want to look and still "
                                     "leave it.</p>\n");
                return;
        }
        (void)buffer_puts(b, "<p class=\"own\" id=\"own\" lang=\"\" dir=\"auto\">");
        add_escaped(b, sentence);
        (void)buffer_puts(b, "</p>\n");
}

char *pause_page(unsigned days, unsigned total_days, const char *sentence) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)buffer_puts(&b, head);
        add_days(&b, days, total_days);
        add_sentence(&b, sentence);
        (void)buffer_puts(&b, tail);
        return buffer_take(&b);
}
