/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <syslog.h>

/* The log of programs: to the journal with fields when it is our standard error, else to standard
 * error in plain lines. It never carries a name or identity; people are named by their id. */

/* One line. `priority` is LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG; debug lines
 * appear only after log_set_debug(1). */
void log_line(int priority, const char *fmt, ...) printf_like(2, 3);

/* One line with one more journal field, such as "NOCONTACT_PERSON" and the person's id. */
void log_field(int priority, const char *field, const char *value, const char *fmt, ...)
        printf_like(4, 5);

void log_set_debug(int on);

#define log_error(...)   log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)
