/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Sources that many rows of the catalogue name. */

#define SHERLOCK    "https://github.com/sherlock-project/sherlock (data.json)"
#define WMN         "https://github.com/WebBreacher/WhatsMyName (wmn-data.json)"
#define LIBREDIRECT "https://github.com/libredirect/browser_extension (config.json, services.js)"
#define CLEARURLS   "https://github.com/ClearURLs/Rules (data.min.json, redirections)"
#define SITE        "links on the site itself"
