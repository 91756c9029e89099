/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of the hosts file share: some entries, the block that they make, and files of
 * foreign lines and lines of ours in which it is known which is which. */

#include "common/buffer.h"
#include "enforcer/hosts.h"
#include "unit/random.h"

#include <stdio.h>

static const HostsEntry ENTRIES[] = {
        {0x7f420001, "alexdoe.example"},
        {0x7f420001, "www.alexdoe.example"},
        {0x7f4203e8, "xn--bcher-kva.example"},
};

static int put_buffer(void *userdata, const void *data, size_t len) {
        return buffer_add(userdata, data, len);
}

static void fixture_block(size_t n, Buffer *to) {
        assert_int_equal(hosts_render(ENTRIES, n, put_buffer, to), 0);
}

#define assert_bytes(got, text, n)                                                                 \
        do {                                                                                       \
                assert_int_equal((got).len, n);                                                    \
                assert_memory_equal((got).len ? (got).data : "", (got).len ? (text) : "", n);      \
        } while (0)

/* Lines that look like ours and are not, with their line feed. */
static const char *const FOREIGN_LINES[] = {
        "127.0.0.1 localhost\n",
        "127.66.0.1 mine.example\n",
        "127.66.0.1 mine.example #nocontact\n",
        "# a note about # nocontact and how it works\n",
        "10.0.0.1 nocontact\n",
        "10.0.0.1 name# nocontact\n",
        "10.0.0.1 name # nocontacts\n",
        "# nocontact.\n",
        "0127.66.0.1 name # nocontact.\n",
        "# NoContact\n",
        "\n",
        "\r\n",
        "\t \n",
        "#\n",
        "192.168.1.10 caf\xe9 \xff\xfe\n",
};

/* What somebody may do to a line of ours; it stays one. The line comes without its line feed. */
typedef void (*tamper_func)(const char *line, Buffer *to);

static inline void tamper_not(const char *line, Buffer *to) {
        (void)buffer_printf(to, "%s\n", line);
}
static inline void tamper_drop(const char *line, Buffer *to) {
        (void)line;
        (void)to;
}
static inline void tamper_double(const char *line, Buffer *to) {
        (void)buffer_printf(to, "%s\n%s\n", line, line);
}
static inline void tamper_comment(const char *line, Buffer *to) {
        (void)buffer_printf(to, "#%s\n", line);
}
static inline void tamper_comment_twice(const char *line, Buffer *to) {
        (void)buffer_printf(to, " # \t# %s\n", line);
}
static inline void tamper_crlf(const char *line, Buffer *to) {
        (void)buffer_printf(to, "%s\r\n", line);
}
static inline void tamper_indent(const char *line, Buffer *to) {
        (void)buffer_printf(to, "\t %s \t\n", line);
}
static inline void tamper_note(const char *line, Buffer *to) {
        /* only a line with an address of ours is known by a tag in its middle */
        (void)buffer_printf(to, "%s%s\n", line, line[0] == '#' ? "" : ", why?");
}
static inline void tamper_address(const char *line, Buffer *to) {
        if (line[0] == '1')
                (void)buffer_printf(to, "127.66.9.9%s\n", strchr(line, ' '));
        else if (line[0] == ':')
                (void)buffer_printf(to, "::1%s\n", strchr(line, ' '));
        else
                (void)buffer_puts(to, "# nocontact\n");
}
static inline void tamper_name(const char *line, Buffer *to) {
        (void)buffer_printf(to, "%.12sother.example # nocontact\n", line);
}

static const struct {
        const char *what;
        tamper_func tamper;
} TAMPERS[] = {
        {"nothing", tamper_not},
        {"drop it", tamper_drop},
        {"double it", tamper_double},
        {"comment it out", tamper_comment},
        {"comment it out twice", tamper_comment_twice},
        {"give it a carriage return", tamper_crlf},
        {"indent it", tamper_indent},
        {"add a note", tamper_note},
        {"change its address", tamper_address},
        {"change its name", tamper_name},
};

/* The lines of our block, without their line feeds. Returns how many; `block` is cut up. */
static inline size_t fixture_lines(Buffer *block, const char **ret, size_t max) {
        size_t n = 0;

        for (char *line = strtok(block->data, "\n"); line; line = strtok(NULL, "\n")) {
                assert_true(n < max);
                ret[n++] = line;
        }
        return n;
}

/* One foreign line; `last` ones may lack a line feed. */
static inline void random_foreign(Random *random, bool last, Buffer *to) {
        size_t begin = to->len;

        if (random_once_in(random, 2)) {
                (void)buffer_puts(
                        to, FOREIGN_LINES[random_below(random, ARRAY_LEN(FOREIGN_LINES))]);
        } else if (random_once_in(random, 8)) {
                /* longer than a line of ours can be */
                (void)buffer_printf(to, "127.66.0.1 %0*d # nocontact\n",
                        HOSTS_LINE_MAX + (int)random_below(random, 700), 0);
        } else {
                for (size_t n = random_below(random, 90); n > 0; n--) {
                        char c = (char)random_next(random);

                        (void)buffer_putc(to, c == '\n' ? '#' : c);
                }
                (void)buffer_putc(to, '\n');
        }
        if (last && random_once_in(random, 2))
                buffer_cut(to, to->len - 1);
        if (to->len == begin && !last)
                (void)buffer_putc(to, '\n');
}

/* A file in which somebody was at work: our lines tampered with and in any order, foreign lines
 * between them. `foreign` is what has to be left of it. */
static inline void random_file(Random *random, Buffer *file, Buffer *foreign) {
        _cleanup_(buffer_done) Buffer block = {0}, line = {0};
        size_t n_entries = random_below(random, ARRAY_LEN(ENTRIES) + 1), n_ours = 0;
        size_t n = random_below(random, 12);
        const char *ours[32];

        fixture_block(n_entries, &block);
        if (n_entries > 0)
                n_ours = fixture_lines(&block, ours, ARRAY_LEN(ours));
        for (size_t i = n_ours; random_once_in(random, 2) && i > 1; i--) {
                size_t k = random_below(random, i);
                const char *swap = ours[i - 1];

                ours[i - 1] = ours[k];
                ours[k] = swap;
        }
        for (size_t i = 0, k = 0; i < n || k < n_ours;) {
                if (k < n_ours && (i == n || random_once_in(random, 2))) {
                        TAMPERS[random_below(random, ARRAY_LEN(TAMPERS))].tamper(ours[k++], file);
                        continue;
                }
                buffer_cut(&line, 0);
                random_foreign(random, i + 1 == n && k == n_ours, &line);
                (void)buffer_add(file, line.data, line.len);
                (void)buffer_add(foreign, line.data, line.len);
                i++;
        }
        /* the last line of ours may lack its line feed, too */
        if (file->len > 12 && memcmp(file->data + file->len - 12, "# nocontact\n", 12) == 0 &&
                n_ours > 0 && random_once_in(random, 2) && foreign->len == 0)
                buffer_cut(file, file->len - 1);
}
