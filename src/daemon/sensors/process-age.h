/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* For how long the oldest process of the user's own with one of these names runs, µs; 0 when there
 * is none, or it cannot be known. Names as the kernel knows them, 15 bytes at most. */
uint64_t process_age(const char *const *names, size_t n);
