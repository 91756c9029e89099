/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Makes a hosts file agree with some names, once: what the tests inject faults into and what the
 * bench measures.
 *
 *     hosts-apply FILE STATE_DIR COUNT [PREFIX]
 *
 * The names are PREFIX0.example, PREFIX1.example, ... ("name" when no prefix is given), all at
 * 127.66.0.1. Prints "agreed" or "written"; on failure the error's number and sentence, and the
 * exit status is 1. */

#include "enforcer/hosts-file.h"

#include <stdio.h>

int main(int argc, char **argv) {
        static const char *const OUTCOMES[] = {
                [HOSTS_AGREED] = "agreed", [HOSTS_WRITTEN] = "written"};
        size_t n = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
        _cleanup_free_ HostsEntry *entries = calloc(n + 1, sizeof(*entries));
        const char *why = "";
        int r;

        if (argc < 4 || !entries)
                return 2;
        for (size_t i = 0; i < n; i++) {
                char *name;

                if (asprintf(&name, "%s%zu.example", argc > 4 ? argv[4] : "name", i) < 0)
                        return 2;
                entries[i] = (HostsEntry){.address = 0x7f420001, .name = name};
        }
        r = hosts_file_apply(argv[1], argv[2], entries, n, &why);
        for (size_t i = 0; i < n; i++)
                free((char *)entries[i].name);
        if (r < 0)
                printf("%d %s\n", r, why);
        else
                puts(OUTCOMES[r]);
        return r < 0 ? 1 : 0;
}
