/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stddef.h>
#include <sys/types.h>

/* A process of the user's own as it was started, so that it can be started the same way again. */
typedef struct Process {
        pid_t pid;
        char *executable, *folder; /* full paths; the folder it works in */
        char **arguments;          /* n_arguments, the program's name first */
        size_t n_arguments, arguments_space;
        char **environment; /* n_environment of "NAME=value" */
        size_t n_environment, environment_space;
} Process;

void process_done(Process *p);

/* Reads all of it. Returns 0; -ESRCH when it is gone; other negative errno. */
int process_read(pid_t pid, Process *ret);

/* The base name of what a process runs, also when its file was replaced meanwhile. Returns 0 and
 * what the caller frees, or a negative errno. */
int process_program(pid_t pid, char **ret);
