/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Writes and checks files of evidence. The entries are the daemon's; nothing is added to them. That
 * the whole file was not made anew by somebody else is shown by its last link alone, kept
 * elsewhere.
 */

#include "cli/evidence.h"

#include "common/buffer.h"
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#define MARK "nocontact_export" /* in the first entry: the form, 1 */

enum {
        DUMP = JSON_COMPACT | JSON_SORT_KEYS,
};

#define FILE_MAX ((size_t)4 << 30)

/* --- a line ---------------------------------------------------------------------------------- */

static int dump_to(const char *data, size_t len, void *userdata) {
        return buffer_add(userdata, data, len);
}

/* The line of an entry behind the link `link`, which becomes its own. The caller ends it. */
static int line_of(const json_t *entry, char link[static DIGEST_SPACE], Buffer *ret) {
        _cleanup_(buffer_done) Buffer text = {0};

        if (json_dump_callback(entry, dump_to, &text, DUMP) < 0)
                return -ENOMEM;
        digest_link(link, text.data, text.len, link);
        (void)buffer_puts(ret, "{\"entry\":");
        (void)buffer_add(ret, text.data, text.len);
        return buffer_printf(ret, ",\"link\":\"%s\"}\n", link);
}

/* --- writing --------------------------------------------------------------------------------- */

static int write_entry(Evidence *e, const json_t *entry) {
        _cleanup_(buffer_done) Buffer line = {0};
        int r;

        if (!json_is_object(entry))
                return -EBADMSG;
        r = line_of(entry, e->link, &line);
        return r < 0 ? r : fd_write_all(e->fd, line.data, line.len);
}

/* Takes the entry over. */
static int write_own(Evidence *e, json_t *entry) {
        int r = entry ? write_entry(e, entry) : -ENOMEM;

        json_decref(entry);
        return r;
}

int evidence_create(const char *path, json_t *head, Evidence *ret) {
        Evidence e = {.fd = -1};
        int r = 0;

        if (!head || json_object_set_new(head, MARK, json_integer(1)) < 0)
                r = -ENOMEM;
        if (r == 0) {
                e.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
                r = e.fd < 0 ? -errno : 0;
        }
        if (r < 0) {
                json_decref(head);
                return r;
        }
        e.path = strdup(path);
        r = write_own(&e, head);
        if (r == 0 && !e.path)
                r = -ENOMEM;
        if (r < 0) {
                (void)unlink(path);
                evidence_done(&e);
                return r;
        }
        *ret = e;
        return 0;
}

int evidence_add(Evidence *e, const char *entry) {
        json_t *object = json_loads(entry, JSON_REJECT_DUPLICATES, NULL);
        int r = object ? write_own(e, object) : -EBADMSG;

        e->n += r == 0;
        return r;
}

int evidence_finish(Evidence *e) {
        int r = write_own(e, json_pack("{s:I}", "entries", (json_int_t)e->n));

        if (r == 0)
                r = fd_sync(e->fd);
        if (r < 0)
                return r;
        free(TAKE_PTR(e->path));
        return 0;
}

void evidence_done(Evidence *e) {
        closep(&e->fd);
        if (e->path)
                (void)unlink(e->path);
        free(e->path);
        *e = (Evidence){.fd = -1};
}

/* --- checking -------------------------------------------------------------------------------- */

/* Where the check of a file stands. */
typedef struct Chain {
        char link[DIGEST_SPACE];
        uint64_t lines;
        json_int_t entries; /* as the last line says; -1: it was none yet */
} Chain;

static bool entry_fits(Chain *chain, const json_t *entry) {
        const json_t *mark = json_object_get(entry, MARK),
                     *last = json_object_get(entry, "entries");

        if (chain->entries >= 0) /* there was a last one */
                return false;
        if (chain->lines == 0)
                return json_integer_value(mark) == 1;
        if (json_object_size(entry) == 1 && json_is_integer(last)) {
                chain->entries = json_integer_value(last);
                return chain->entries >= 0 && (uint64_t)chain->entries == chain->lines - 1;
        }
        return true;
}

/* Is it just the line that its entry gives behind the one before? */
static bool line_fits(Chain *chain, const char *line, size_t len) {
        json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
        const json_t *entry = json_object_get(object, "entry");
        _cleanup_(buffer_done) Buffer again = {0};
        bool fits;

        fits = json_is_object(entry) && line_of(entry, chain->link, &again) == 0 &&
               again.len == len && memcmp(again.data, line, len) == 0 && entry_fits(chain, entry);
        json_decref(object);
        chain->lines += fits;
        return fits;
}

int evidence_check(const char *path, EvidenceCheck *ret) {
        _cleanup_(file_map_done) FileMap map = {0};
        Chain chain = {.entries = -1};
        const char *at, *end;
        int r;

        r = file_map(AT_FDCWD, path, FILE_MAX, &map);
        if (r < 0)
                return r;
        at = map.data;
        end = map.len > 0 ? at + map.len : at;
        while (at < end) {
                const char *line_end = memchr(at, '\n', (size_t)(end - at));
                size_t len = line_end ? (size_t)(line_end - at) + 1 : (size_t)(end - at);

                if (!line_fits(&chain, at, len))
                        break;
                at += len;
        }
        if (at < end || chain.entries < 0) {
                ret->n = chain.lines + 1;
                return -EBADMSG;
        }
        ret->n = (uint64_t)chain.entries;
        memcpy(ret->link, chain.link, DIGEST_SPACE);
        return 0;
}
