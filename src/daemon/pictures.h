/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* Describes the pictures that a call of Notify, as it came over the bus, has among its hints: an
 * array of {"hint", "width", "height"}, which the caller unrefs; empty when there is none, or the
 * bytes are no such call. Returns 0 or -ENOMEM. */
int pictures_describe(const void *message, size_t len, json_t **ret);
