/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The parser of Firefox's preferences: any bytes. What it hands out is smaller than the text, and
 * what it handed out means the same when it is written and read again. */

#include "common/buffer.h"
#include "daemon/sensors/firefox-prefs.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Copy {
        Buffer text;
        size_t n;
        size_t left; /* bytes of the first text that are not accounted for */
} Copy;

static void add_quoted(Buffer *b, const char *s) {
        (void)buffer_putc(b, '"');
        for (; *s; s++) {
                if (*s == '"' || *s == '\\')
                        (void)buffer_putc(b, '\\');
                (void)buffer_putc(b, *s);
        }
        (void)buffer_putc(b, '"');
}

static int copy_pref(void *userdata, const FirefoxPref *pref) {
        Copy *c = userdata;
        size_t used = strlen(pref->name) + strlen("pref('',0);");

        if (pref->name[0] == '\0' || (pref->type == FIREFOX_PREF_STRING) != (pref->text != NULL))
                abort();
        if (pref->type == FIREFOX_PREF_BOOL && pref->number != 0 && pref->number != 1)
                abort();
        /* an escape is longer than what it stands for */
        used += pref->text ? strlen(pref->text) : 0;
        if (used > c->left)
                abort();
        c->left -= used;

        c->n++;
        (void)buffer_puts(&c->text, "pref(");
        add_quoted(&c->text, pref->name);
        (void)buffer_putc(&c->text, ',');
        if (pref->text)
                add_quoted(&c->text, pref->text);
        else if (pref->type == FIREFOX_PREF_BOOL)
                (void)buffer_puts(&c->text, pref->number ? "true" : "false");
        else
                (void)buffer_printf(&c->text, "%d", pref->number);
        return buffer_puts(&c->text, ");");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = malloc(MAX(size, (size_t)1));
        Copy first = {.left = size}, second = {0};

        if (!text)
                return 0;
        memcpy(text, data, size);
        if (firefox_prefs_parse(text, size, copy_pref, &first) == 0 && first.text.data) {
                second.left = first.text.len;
                if (firefox_prefs_parse(first.text.data, first.text.len, copy_pref, &second) != 0 ||
                        second.n != first.n || !streq(first.text.data, second.text.data))
                        abort();
        }
        buffer_done(&first.text);
        buffer_done(&second.text);
        return 0;
}
