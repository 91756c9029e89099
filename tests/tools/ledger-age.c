/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Makes a ledger older, for tests that need days to have passed: every time in it moves back by so
 * many seconds, and the saved state goes, so that the daemon folds it anew. The daemon must not
 * run.
 *
 *   ledger-age FILE SECONDS */

#include "common/macro.h"

#include <sqlite3.h>
#include <stdio.h>

/* The ledger refuses every update; here alone its guard is set aside and put back as it was. */
static const char script[] =
        "BEGIN IMMEDIATE;"
        "CREATE TEMP TABLE guard AS"
        "  SELECT sql FROM main.sqlite_schema WHERE name = 'event_keep_update';"
        "DROP TRIGGER event_keep_update;"
        "UPDATE event SET at_usec = max(at_usec - :usec, 0),"
        "  recorded_usec = max(recorded_usec - :usec, 0);"
        "UPDATE event SET data = json_set(data, '$.ends', (data ->> 'ends') - :usec)"
        "  WHERE data ->> 'ends' IS NOT NULL;"
        "UPDATE event SET data = json_set(data, '$.due', (data ->> 'due') - :usec)"
        "  WHERE data ->> 'due' IS NOT NULL;"
        "UPDATE event SET data = json_set(data, '$.full', (data ->> 'full') - :usec)"
        "  WHERE data ->> 'full' IS NOT NULL;"
        "UPDATE event SET data = json_set(data, '$.until', (data ->> 'until') - :usec)"
        "  WHERE data ->> 'until' IS NOT NULL;"
        "UPDATE event SET data = json_set(data, '$.at', (data ->> 'at') - :usec)"
        "  WHERE data ->> 'at' IS NOT NULL;"
        "DELETE FROM state;";

static int run(sqlite3 *db, const char *sql, sqlite3_int64 usec) {
        while (*sql) {
                sqlite3_stmt *statement = NULL;
                int place;

                if (sqlite3_prepare_v2(db, sql, -1, &statement, &sql) != SQLITE_OK)
                        return -1;
                place = sqlite3_bind_parameter_index(statement, ":usec");
                if (place > 0)
                        (void)sqlite3_bind_int64(statement, place, usec);
                while (sqlite3_step(statement) == SQLITE_ROW)
                        ;
                if (sqlite3_finalize(statement) != SQLITE_OK)
                        return -1;
        }
        return 0;
}

static int restore_guard(sqlite3 *db) {
        sqlite3_stmt *statement = NULL;
        char *sql = NULL;
        int r = -1;

        if (sqlite3_prepare_v2(db, "SELECT sql FROM temp.guard", -1, &statement, NULL) ==
                        SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW)
                sql = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
        (void)sqlite3_finalize(statement);
        if (sql)
                r = run(db, sql, 0);
        sqlite3_free(sql);
        return r;
}

int main(int argc, char **argv) {
        sqlite3 *db = NULL;
        int failed = 1;

        if (argc != 3) {
                fprintf(stderr, "usage: ledger-age FILE SECONDS\n");
                return 2;
        }
        if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
                run(db, script, strtoll(argv[2], NULL, 10) * 1000000) == 0 &&
                restore_guard(db) == 0 && run(db, "COMMIT;", 0) == 0)
                failed = 0;
        if (failed)
                fprintf(stderr, "%s\n", sqlite3_errmsg(db));
        (void)sqlite3_close(db);
        return failed;
}
