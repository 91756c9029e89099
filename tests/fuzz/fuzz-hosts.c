/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a hosts file, in pieces of any size. Checked beside memory: pieces make no
 * difference; what is left has no line of ours; it is what a plain reading of the rule in hosts.h
 * leaves; and our block before it goes away without a trace. */

#include "common/buffer.h"
#include "enforcer/hosts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
        if (!condition)
                abort();
}

static int put_buffer(void *userdata, const void *data, size_t len) {
        return buffer_add(userdata, data, len);
}

static void filter(const char *data, size_t len, size_t piece, Buffer *to) {
        HostsFilter f = {0};
        size_t at = 0;

        buffer_cut(to, 0);
        do {
                size_t n = MIN(piece, len - at);

                require(hosts_filter_feed(&f, data + at, n, at + n == len, put_buffer, to) == 0);
                at += n;
        } while (at < len);
        require(f.len == 0 && !f.foreign);
}

static int is_white(char c) {
        return c && strchr(" \t\n\v\f\r", c) != NULL;
}

static int holds(const char *s, size_t n, const char *word) {
        for (size_t i = 0; i + strlen(word) <= n; i++)
                if (memcmp(s + i, word, strlen(word)) == 0)
                        return 1;
        return 0;
}

/* The rule, as plainly as it can be written. */
static int is_ours(const char *s, size_t n) {
        size_t tag = strlen("# nocontact"), i = 0;

        if (n > HOSTS_LINE_MAX)
                return 0;
        while (n > 0 && is_white(s[n - 1]))
                n--;
        if (n < tag || !holds(s, n, "# nocontact"))
                return 0;
        if (holds(s + n - tag, tag, "# nocontact") && (n == tag || is_white(s[n - tag - 1])))
                return 1;
        while (i < n && (s[i] == '#' || is_white(s[i])))
                i++;
        return holds(s + i, MIN(n - i, (size_t)7), "127.66.") ||
               holds(s + i, MIN(n - i, (size_t)14), "::ffff:127.66.");
}

static void filter_plainly(const char *data, size_t len, Buffer *to) {
        for (size_t at = 0, n; at < len; at += n) {
                for (n = 1; at + n < len && data[at + n - 1] != '\n';)
                        n++;
                if (!is_ours(data + at, n))
                        (void)buffer_add(to, data + at, n);
        }
}

static void require_same(const Buffer *a, const Buffer *b) {
        require(a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const HostsEntry ENTRIES[] = {
                {0x7f420001, "alexdoe.example"}, {0x7f42ffff, "www.alexdoe.example"}};
        _cleanup_(buffer_done) Buffer whole = {0}, pieces = {0}, plain = {0}, again = {0};
        _cleanup_(buffer_done) Buffer held = {0};
        const char *text = (const char *)data;

        if (size == 0)
                return 0;
        filter(text + 1, size - 1, size, &whole);
        filter(text + 1, size - 1, 1 + data[0] * 3U, &pieces);
        require_same(&whole, &pieces);
        filter_plainly(text + 1, size - 1, &plain);
        require_same(&whole, &plain);
        filter(whole.data ? whole.data : "", whole.len, 64, &again);
        require_same(&whole, &again);

        require(hosts_render(ENTRIES, 2, put_buffer, &held) == 0);
        (void)buffer_add(&held, text + 1, size - 1);
        filter(held.data, held.len, 1 + data[0], &again);
        require_same(&whole, &again);
        return 0;
}
