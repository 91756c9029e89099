/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The log of programs; libraries and core/ do not log, they return. */

#include "common/log.h"

#include "common/buffer.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* sd_journal_send() would otherwise add this file's own line to each entry */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

static int debug_on;

void log_set_debug(int on) {
        debug_on = on;
}

/* Is standard error the journal's stream? systemd gives its device and inode (systemd.exec(5)). */
static int stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long dev, ino;
        struct stat st;
        char *end;

        if (!stream)
                return 0;
        dev = strtoull(stream, &end, 10);
        if (*end != ':')
                return 0;
        ino = strtoull(end + 1, &end, 10);
        if (*end != '\0')
                return 0;
        return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

static void log_text(int priority, const char *field, const char *value, const char *text) {
        _cleanup_(buffer_done) Buffer message = {0}, level = {0}, extra = {0};
        struct iovec iov[3];
        int n = 0;

        if (!stderr_is_journal()) {
                (void)fprintf(stderr, "nocontact: %s\n", text);
                return;
        }

        if (buffer_printf(&message, "MESSAGE=%s", text) < 0 ||
                buffer_printf(&level, "PRIORITY=%d", priority) < 0)
                return;
        iov[n++] = (struct iovec){message.data, message.len};
        iov[n++] = (struct iovec){level.data, level.len};
        if (field && buffer_printf(&extra, "%s=%s", field, value) == 0)
                iov[n++] = (struct iovec){extra.data, extra.len};
        (void)sd_journal_sendv(iov, n);
}

static void log_va(
        int priority, const char *field, const char *value, const char *fmt, va_list ap) {
        _cleanup_free_ char *text = NULL;

        if (priority == LOG_DEBUG && !debug_on)
                return;
        if (vasprintf(&text, fmt, ap) < 0) {
                text = NULL;
                return;
        }
        log_text(priority, field, value, text);
}

void log_line(int priority, const char *fmt, ...) {
        va_list ap;

        va_start(ap, fmt);
        log_va(priority, NULL, NULL, fmt, ap);
        va_end(ap);
}

void log_field(int priority, const char *field, const char *value, const char *fmt, ...) {
        va_list ap;

        va_start(ap, fmt);
        log_va(priority, field, value, fmt, ap);
        va_end(ap);
}
