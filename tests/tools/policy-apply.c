/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Makes the browsers' policies below a folder agree with some pages, once: what the tests inject
 * faults into.
 *
 *     policy-apply ROOT STATE_DIR COUNT
 *
 * The pages are site.example/user1, site.example/user2, ... (nine at most). Prints "agreed" or
 * "written", and the exit status is 1 on failure. */

#include "enforcer/policy-file.h"

#include <stdio.h>

int main(int argc, char **argv) {
        static const char *const pages[] = {"site.example/user1", "site.example/user2",
                "site.example/user3", "site.example/user4", "site.example/user5",
                "site.example/user6", "site.example/user7", "site.example/user8",
                "site.example/user9"};
        PolicyReport reports[POLICY_BROWSERS];
        int r;

        if (argc != 4)
                return 2;
        r = policy_files_apply(argv[1], argv[2], pages,
                MIN(strtoul(argv[3], NULL, 10), ARRAY_LEN(pages)), reports);
        if (r < 0)
                printf("%d\n", r);
        else
                puts(r > 0 ? "written" : "agreed");
        return r < 0 ? 1 : 0;
}
