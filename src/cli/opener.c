/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Starts xdg-open. The daemon has its own way (responders/opener.c), out of its sandbox; here there
 * is none. It neither waits nor prints. Used by commands/report.c. */

#include "cli/opener.h"

#include "common/macro.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

static bool is_set(const char *name) {
        const char *value = getenv(name);

        return value && value[0] != '\0';
}

bool opener_has_screen(void) {
        return is_set("WAYLAND_DISPLAY") || is_set("DISPLAY");
}

/* It may last as long as the browser does: a session of its own, and none of our streams. */
static int spawn(
        const char *path, posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes) {
        char program[] = "xdg-open";
        _cleanup_free_ char *copy = strdup(path);
        char *const argv[] = {program, copy, NULL};
        pid_t pid;
        int r;

        if (!copy)
                return -ENOMEM;
        r = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDWR, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(files, STDIN_FILENO, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(files, STDIN_FILENO, STDERR_FILENO);
        if (r == 0)
                r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID);
        if (r == 0)
                r = posix_spawnp(&pid, program, files, attributes, argv, environ);
        return -r;
}

int opener_open(const char *path) {
        posix_spawn_file_actions_t files;
        posix_spawnattr_t attributes;
        int r;

        r = -posix_spawn_file_actions_init(&files);
        if (r < 0)
                return r;
        r = -posix_spawnattr_init(&attributes);
        if (r == 0) {
                r = spawn(path, &files, &attributes);
                (void)posix_spawnattr_destroy(&attributes);
        }
        (void)posix_spawn_file_actions_destroy(&files);
        return r;
}
