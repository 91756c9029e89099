/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The form in which a held notification lies on the disk. It opens no file. */

#include "core/held.h"

#include "core/utf8.h"

#include <errno.h>

void held_done(Held *h) {
        free(h->via);
        free(h->source);
        free(h->app);
        free(h->desktop_entry);
        free(h->summary);
        free(h->body);
        json_decref(h->more);
        *h = (Held){0};
}

/* A copy that is valid UTF-8: each byte that is not becomes U+FFFD. */
static char *valid_copy(const char *text) {
        _cleanup_(buffer_done) Buffer b = {0};
        size_t len = strlen(text);

        for (size_t i = 0; i < len;) {
                int32_t c;
                size_t step = utf8_next(text + i, len - i, &c);

                if (c >= 0)
                        (void)buffer_add(&b, text + i, step);
                else
                        (void)buffer_puts(&b, "\xef\xbf\xbd");
                i += step;
        }
        return buffer_take(&b);
}

int held_set_notice(Held *h, const Notice *n) {
        h->app = valid_copy(n->app);
        h->desktop_entry = valid_copy(n->desktop_entry);
        h->summary = valid_copy(n->summary);
        h->body = valid_copy(n->body);
        return h->app && h->desktop_entry && h->summary && h->body ? 0 : -ENOMEM;
}

/* --- writing --------------------------------------------------------------------------------- */

static int append(const char *data, size_t len, void *userdata) {
        return buffer_add(userdata, data, len);
}

int held_write_head(const Held *h, Buffer *b) {
        size_t before = b->len;
        json_t *head;
        int r;

        head = json_pack("{s:i, s:s, s:I, s:i, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:O?, s:I}",
                "held", 1, "id", h->id, "at", (json_int_t)h->at_usec, "zone", h->zone_minutes,
                "person", h->person, "via", h->via, "source", h->source, "leaked", h->leaked, "app",
                h->app, "desktop_entry", h->desktop_entry, "summary", h->summary, "body", h->body,
                "more", h->more, "bytes", (json_int_t)h->message_len);
        if (!head)
                return -ENOMEM;
        r = json_dump_callback(head, append, b, JSON_COMPACT) < 0 ? -ENOMEM : buffer_putc(b, '\n');
        json_decref(head);
        if (r < 0)
                return r;
        return b->len - before > HELD_HEAD_MAX ? -EMSGSIZE : 0;
}

/* --- reading --------------------------------------------------------------------------------- */

static int take_texts(json_t *head, Held *h, const char *id, const char *person) {
        const struct {
                const char *key;
                char **to;
        } texts[] = {
                {"via", &h->via},
                {"source", &h->source},
                {"app", &h->app},
                {"desktop_entry", &h->desktop_entry},
                {"summary", &h->summary},
                {"body", &h->body},
        };

        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                const char *text = json_string_value(json_object_get(head, texts[i].key));

                if (!text)
                        return -EBADMSG;
                *texts[i].to = strdup(text);
                if (!*texts[i].to)
                        return -ENOMEM;
        }
        if (strlen(id) != UUID_SPACE - 1 || strspn(id, "0123456789abcdef") != UUID_SPACE - 1)
                return -EBADMSG;
        memcpy(h->id, id, UUID_SPACE);
        return uid_copy(h->person, person);
}

static int take_head(json_t *head, Held *h, size_t message_len) {
        const char *id, *person;
        json_int_t at, bytes;
        json_t *more;
        int form, leaked;

        if (json_unpack(head, "{s:i, s:s, s:s, s:I, s:i, s:b, s:o, s:I}", "held", &form, "id", &id,
                    "person", &person, "at", &at, "zone", &h->zone_minutes, "leaked", &leaked,
                    "more", &more, "bytes", &bytes) < 0)
                return -EBADMSG;
        if (form != 1 || at < 0 || bytes < 0 || (size_t)bytes != message_len)
                return -EBADMSG;
        h->at_usec = (uint64_t)at;
        h->leaked = leaked;
        h->more = json_is_object(more) ? json_incref(more) : NULL;
        h->message_len = message_len;
        return take_texts(head, h, id, person);
}

int held_read(const void *data, size_t len, Held *ret) {
        const char *end = memchr(data, '\n', MIN(len, (size_t)HELD_HEAD_MAX));
        Held h = {0};
        json_t *head;
        size_t head_len;
        int r;

        if (!end)
                return -EBADMSG;
        head_len = (size_t)(end - (const char *)data) + 1;
        head = json_loadb(data, head_len, JSON_REJECT_DUPLICATES, NULL);
        if (!head)
                return -EBADMSG;
        r = take_head(head, &h, len - head_len);
        json_decref(head);
        if (r < 0) {
                held_done(&h);
                return r;
        }
        h.message = end + 1;
        *ret = h;
        return 0;
}
