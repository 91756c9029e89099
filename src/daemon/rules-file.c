/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keeps the file of rules in step with the state. What stands in it is core/snapshot.c's; when to
 * write it is the manager's. It is compared with what lies on the disk, not with what was written
 * last: a file that was lost or spoiled is made good with the next change. */

#include "daemon/rules-file.h"

#include "common/file.h"
#include "core/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

struct RulesFile {
        char *dir;
        char *probe; /* NULL: none */
};

int rules_file_new(const char *dir, RulesFile **ret) {
        _cleanup_(rules_file_freep) RulesFile *f = calloc(1, sizeof(*f));

        if (!f)
                return -ENOMEM;
        f->dir = strdup(dir);
        if (!f->dir)
                return -ENOMEM;
        *ret = TAKE_PTR(f);
        return 0;
}

RulesFile *rules_file_free(RulesFile *f) {
        if (!f)
                return NULL;
        free(f->probe);
        free(f->dir);
        free(f);
        return NULL;
}

int rules_file_probe(RulesFile *f, const char *word) {
        char *copy = word ? strdup(word) : NULL;

        if (word && !copy)
                return -ENOMEM;
        free(f->probe);
        f->probe = copy;
        return 0;
}

/* Does the file say just that, for nobody but the user? */
static bool says(const RulesFile *f, const char *text, size_t len) {
        _cleanup_close_ int folder = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(file_map_done) FileMap map = {0};
        struct stat st;

        if (folder < 0 || fstatat(folder, SNAPSHOT_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
                (st.st_mode & 07777) != 0600 ||
                file_map(folder, SNAPSHOT_FILE, SNAPSHOT_MAX, &map) < 0)
                return false;
        return map.len == len && memcmp(map.data, text, len) == 0;
}

int rules_file_follow(RulesFile *f, const State *s) {
        _cleanup_free_ char *text = NULL;
        size_t len;
        int r;

        r = snapshot_write(s, f->probe, &text);
        if (r < 0)
                return r;
        len = strlen(text);
        if (says(f, text, len))
                return 0;
        r = file_replace(f->dir, SNAPSHOT_FILE, text, len);
        return r < 0 ? r : 1;
}
