/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/buffer.h"

/* Appends text of others, escaped for the inside of elements and of attribute values alike. Control
 * characters become spaces; what is no UTF-8 is left to whoever reads it, since the bus carries
 * none. Returns 0 or -ENOMEM. */
int html_add(Buffer *b, const char *text);
