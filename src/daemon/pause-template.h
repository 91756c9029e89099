/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* contrib/webext/pause.html and pause.css as they were at build time. */
extern const char pause_template_html[], pause_template_css[];
