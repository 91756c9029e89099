/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Writes one file into a spool and says so: spool-put FOLDER NAME. For a test that lets the machine
 * fail meanwhile. */

#include "relay/spooler.h"

#include <errno.h>
#include <stdio.h>

int main(int argc, char **argv) {
        static char message[200000];
        _cleanup_(buffer_done) Buffer head = {0};
        int r;

        if (argc != 3)
                return 2;
        memset(message, 'm', sizeof(message));
        if (buffer_puts(&head, "{\"held\":1}\n") < 0)
                return 1;
        r = spooler_write(argv[1], argv[2], &head, message, sizeof(message));
        if (r < 0) {
                (void)fprintf(stderr, "%s\n", strerror(-r));
                return 1;
        }
        (void)puts("written");
        return 0;
}
