/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The syntax of /etc/hosts (hosts(5)), as far as it is ours: it renders the block and takes our
 * lines out of a stream. Pure; it never looks at a name or an address that is not ours. Called by
 * hosts-file.c alone. */

#include "enforcer/hosts.h"

#include "common/host-name.h"

#include <errno.h>
#include <stdio.h>

#define TAG     "# nocontact"
#define TAG_LEN (sizeof(TAG) - 1)

static const char BEGIN_LINE[] = "# nocontact holds these names shut, see nocontact-enforcer(8); "
                                 "lines of your own are kept. " TAG "\n";
static const char END_LINE[] = "# End of what nocontact holds. " TAG "\n";

/* Where the lines of a name begin. */
static const char *const PREFIXES[] = {"127.66.", "::ffff:127.66."};

/* --- rendering ------------------------------------------------------------------------------- */

static int render_entry(const HostsEntry *e, hosts_put_func put, void *userdata) {
        char lines[2 * HOSTS_LINE_MAX];
        unsigned a = e->address >> 24, b = e->address >> 16 & 255, c = e->address >> 8 & 255,
                 d = e->address & 255;
        int n;

        if (strlen(e->name) > HOST_NAME_MAX_LEN) /* such a line could not be known again */
                return -ENAMETOOLONG;
        n = snprintf(lines, sizeof(lines),
                "%u.%u.%u.%u %s " TAG "\n::ffff:%u.%u.%u.%u %s " TAG "\n", a, b, c, d, e->name, a,
                b, c, d, e->name);
        return n < 0 ? -EINVAL : put(userdata, lines, (size_t)n);
}

int hosts_render(const HostsEntry *entries, size_t n, hosts_put_func put, void *userdata) {
        int r;

        if (n == 0)
                return 0;
        r = put(userdata, BEGIN_LINE, sizeof(BEGIN_LINE) - 1);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = render_entry(&entries[i], put, userdata);
        return r < 0 ? r : put(userdata, END_LINE, sizeof(END_LINE) - 1);
}

/* --- filtering ------------------------------------------------------------------------------- */

static bool is_white(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Is the line of `len` bytes, with or without its line feed, one of ours? */
static bool line_is_ours(const char *line, size_t len) {
        if (len > HOSTS_LINE_MAX)
                return false;
        while (len > 0 && is_white(line[len - 1]))
                len--;
        if (len < TAG_LEN)
                return false;
        if (memcmp(line + len - TAG_LEN, TAG, TAG_LEN) == 0 &&
                (len == TAG_LEN || is_white(line[len - TAG_LEN - 1])))
                return true;
        if (!memmem(line, len, TAG, TAG_LEN))
                return false;

        while (len > 0 && (*line == '#' || is_white(*line))) {
                line++;
                len--;
        }
        for (size_t i = 0; i < ARRAY_LEN(PREFIXES); i++)
                if (len > strlen(PREFIXES[i]) &&
                        memcmp(line, PREFIXES[i], strlen(PREFIXES[i])) == 0)
                        return true;
        return false;
}

/* The line that began in an earlier piece takes in `len` more bytes; `ended`: there are no more. */
static int feed_line(HostsFilter *f, const char *data, size_t len, bool ended, hosts_put_func put,
        void *userdata) {
        int r = 0;

        if (!f->foreign && len > HOSTS_LINE_MAX - f->len) {
                r = f->len > 0 ? put(userdata, f->line, f->len) : 0;
                f->foreign = true;
                f->len = 0;
        }
        if (f->foreign) {
                if (r >= 0 && len > 0)
                        r = put(userdata, data, len);
        } else if (len > 0) {
                memcpy(f->line + f->len, data, len);
                f->len += len;
        }
        if (!ended || r < 0)
                return r;
        if (f->len > 0 && !line_is_ours(f->line, f->len))
                r = put(userdata, f->line, f->len);
        f->len = 0;
        f->foreign = false;
        return r;
}

/* Lines that are all there. Whatever stands between two of ours passes as one piece. */
static int feed_lines(const char *data, const char *end, hosts_put_func put, void *userdata) {
        const char *kept = data; /* what has not been passed yet begins here */
        int r;

        while (data < end) {
                const char *hit = memmem(data, (size_t)(end - data), TAG, TAG_LEN);
                const char *line, *next;

                if (!hit)
                        break;
                line = memrchr(data, '\n', (size_t)(hit - data));
                line = line ? line + 1 : data;
                next = (const char *)memchr(hit, '\n', (size_t)(end - hit)) + 1;
                if (line_is_ours(line, (size_t)(next - line))) {
                        r = line > kept ? put(userdata, kept, (size_t)(line - kept)) : 0;
                        if (r < 0)
                                return r;
                        kept = next;
                }
                data = next;
        }
        return end > kept ? put(userdata, kept, (size_t)(end - kept)) : 0;
}

int hosts_filter_feed(HostsFilter *f, const char *data, size_t len, bool end, hosts_put_func put,
        void *userdata) {
        const char *last, *stop = data + len;
        int r;

        if (len > 0 && (f->len > 0 || f->foreign)) {
                const char *feed = memchr(data, '\n', len);
                const char *next = feed ? feed + 1 : stop;

                r = feed_line(f, data, (size_t)(next - data), feed, put, userdata);
                if (r < 0)
                        return r;
                data = next;
        }
        last = data < stop ? memrchr(data, '\n', (size_t)(stop - data)) : NULL;
        if (last) {
                r = feed_lines(data, last + 1, put, userdata);
                if (r < 0)
                        return r;
                data = last + 1;
        }
        return feed_line(f, data, (size_t)(stop - data), end, put, userdata);
}
