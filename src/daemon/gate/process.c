/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads a process from /proc: what runs, how it was called, and in what environment. It ends and
 * starts nothing. */

#include "daemon/gate/process.h"

#include "common/array.h"
#include "common/buffer.h"
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define DELETED " (deleted)"

enum {
        PROCESS_TEXT_MAX = 4 << 20, /* bytes; the kernel allows 3/4 of 8 MiB, and nobody needs it */
};

void process_done(Process *p) {
        for (size_t i = 0; i < p->n_arguments; i++)
                free(p->arguments[i]);
        for (size_t i = 0; i < p->n_environment; i++)
                free(p->environment[i]);
        free(p->arguments);
        free(p->environment);
        free(p->executable);
        free(p->folder);
        *p = (Process){0};
}

static int read_link(pid_t pid, const char *name, char **ret) {
        char path[64], target[PATH_MAX];
        size_t len;
        ssize_t n;

        (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
        n = readlink(path, target, sizeof(target) - 1);
        if (n < 0)
                return errno == ENOENT ? -ESRCH : -errno;
        target[n] = '\0';
        len = (size_t)n;
        if (len > strlen(DELETED) && streq(target + len - strlen(DELETED), DELETED))
                target[len - strlen(DELETED)] = '\0';
        *ret = strdup(target);
        return *ret ? 0 : -ENOMEM;
}

/* A file of strings that each end with a NUL. */
static int read_strings(pid_t pid, const char *name, char ***list, size_t *n, size_t *space) {
        _cleanup_(buffer_done) Buffer b = {0};
        _cleanup_close_ int fd = -1;
        char path[64], piece[4096];
        ssize_t got;

        (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? -ESRCH : -errno;
        while ((got = TEMP_FAILURE_RETRY(read(fd, piece, sizeof(piece)))) > 0)
                if (b.len + (size_t)got > PROCESS_TEXT_MAX ||
                        buffer_add(&b, piece, (size_t)got) < 0)
                        return -EFBIG;
        if (got < 0)
                return -errno;
        for (size_t at = 0; at < b.len; at += strlen(b.data + at) + 1) {
                if (ARRAY_RESERVE(*list, *space, *n + 1) < 0)
                        return -ENOMEM;
                (*list)[*n] = strdup(b.data + at);
                if (!(*list)[(*n)++])
                        return -ENOMEM;
        }
        return 0;
}

int process_read(pid_t pid, Process *ret) {
        _cleanup_(process_done) Process p = {.pid = pid};
        int r;

        r = read_link(pid, "exe", &p.executable);
        if (r >= 0)
                r = read_link(pid, "cwd", &p.folder);
        if (r >= 0)
                r = read_strings(pid, "cmdline", &p.arguments, &p.n_arguments, &p.arguments_space);
        if (r >= 0)
                r = read_strings(
                        pid, "environ", &p.environment, &p.n_environment, &p.environment_space);
        if (r < 0)
                return r;
        if (p.n_arguments == 0)
                return -ESRCH; /* it is a zombie */
        *ret = TAKE_STRUCT(p);
        return 0;
}

int process_program(pid_t pid, char **ret) {
        _cleanup_free_ char *path = NULL;
        const char *base;
        int r;

        r = read_link(pid, "exe", &path);
        if (r < 0)
                return r;
        base = strrchr(path, '/');
        *ret = strdup(base ? base + 1 : path);
        return *ret ? 0 : -ENOMEM;
}
