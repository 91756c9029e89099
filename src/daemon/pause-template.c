/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The extension's pause page, taken into the program byte by byte, so that there is one page. It
 * knows nothing of what stands there; pause-page.c does. The Makefile says what it is made of. */

#include "daemon/pause-template.h"

__asm__(".pushsection .rodata\n"
        ".global pause_template_html, pause_template_css\n"
        "pause_template_html:\n"
        ".incbin \"contrib/webext/pause.html\"\n"
        ".byte 0\n"
        "pause_template_css:\n"
        ".incbin \"contrib/webext/pause.css\"\n"
        ".byte 0\n"
        ".popsection\n");
