/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/sensors/browser-profiles.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* Histories as the browsers write them, for tests: the tables of Chromium 156 (version 70) and
 * Firefox ESR 153 (version 86), with their ways of locking. Everything aborts the process on
 * failure, so that it may be used in children too. */

typedef struct BrowserDb {
        sqlite3 *db;
        BrowserFamily family;
        int64_t epoch_usec;
} BrowserDb;

/* A visit; zero is what the browsers write for an ordinary one. */
typedef struct BrowserVisit {
        int64_t id;       /* 0: the next one */
        uint64_t at_usec; /* UTC */
        const char *url;
        int64_t type; /* transition or visit_type; 0: a link */
        int64_t from;
        const char *machine; /* Chromium's originator_cache_guid, or NULL */
} BrowserVisit;

/* Opens, or makes, the history at `path` and keeps it locked as the browser does: Firefox with a
 * write-ahead log, Chromium with a rollback journal, both in exclusive mode. */
void browser_db_open(const char *path, BrowserFamily family, BrowserDb *ret);
void browser_db_close(BrowserDb *b);

void browser_db_exec(BrowserDb *b, const char *sql);
/* Returns the id of the row. */
int64_t browser_db_visit(BrowserDb *b, const BrowserVisit *v);
/* An ordinary visit. */
int64_t browser_db_add(BrowserDb *b, uint64_t at_usec, const char *url);
int64_t browser_db_number(BrowserDb *b, const char *sql);

/* Makes the history at least so many bytes large, with old visits. */
void browser_db_fill(BrowserDb *b, uint64_t at_usec, int64_t bytes);
