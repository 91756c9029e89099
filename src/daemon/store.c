/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The ledger on disk: append-only events, the state folded from them, the cursors of sensors. The
 * only file that calls SQLite on our database; its SQL is in store-sql.h. It reads no clock, logs
 * nothing and does not know what an event means. Used by daemon/ledger.c.
 *
 * Power may fail at any instruction, so:
 * - A new ledger is made whole under another name and renamed. An empty or headless nocontact.db is
 *   therefore never ours to fill: it is damage, and left alone.
 * - Until an existing file is known to be sound and of a version we know, nothing is written to it,
 * and closing does not fold a write-ahead log into it.
 * - The lock is flock() on the folder: the kernel drops it with the process, and readers such as
 * the sqlite3 tool are not shut out. */

#include "daemon/store.h"

#include "common/buffer.h"
#include "common/file.h"
#include "common/uuid.h"
#include "daemon/store-sql.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FILE_NAME    "nocontact.db"
#define FILE_WAL     FILE_NAME "-wal"
#define FILE_JOURNAL FILE_NAME "-journal"
#define FILE_SHM     FILE_NAME "-shm"
#define FILE_NEW     FILE_NAME ".new"

enum {
        STORE_NEWEST = ARRAY_LEN(store_migrations),
        BUSY_MSEC = 1000, /* how long to wait for another connection, such as the sqlite3 tool */
        /* The header, https://www.sqlite.org/fileformat.html#the_database_header */
        HEADER_SIZE = 100,
        HEADER_APPLICATION = 68,
};

static_assert((int)UID_SPACE == (int)UUID_SPACE, "an event's uid is a uuid");

struct Store {
        int folder; /* holds the lock */
        sqlite3 *db;
        sqlite3_stmt *statements[_STATEMENT_MAX];
        char device[UID_SPACE];
        bool open;  /* a transaction is, for our caller; SQLite may have rolled it back already */
        int failed; /* the first failure of a write in it, or 0 */
};

/* --- errors ---------------------------------------------------------------------------------- */

/* Extended codes are looked for before the primary ones that they extend. All our SQL is fixed, so
 * SQLITE_ERROR (no such table, malformed JSON) says that the file is not what we wrote. A sector
 * that cannot be read is damage to SQLite (SQLITE_IOERR_CORRUPTFS), not SQLITE_IOERR_READ. */
static const struct {
        int code;
        int error;
} sqlite_errors[] = {
        {SQLITE_IOERR_NOMEM, -ENOMEM},
        {SQLITE_IOERR_CORRUPTFS, -EBADMSG},
        {SQLITE_IOERR_DATA, -EBADMSG},
        {SQLITE_NOMEM, -ENOMEM},
        {SQLITE_FULL, -ENOSPC},
        {SQLITE_READONLY, -EROFS},
        {SQLITE_CORRUPT, -EBADMSG},
        {SQLITE_NOTADB, -EBADMSG},
        {SQLITE_FORMAT, -EBADMSG},
        {SQLITE_SCHEMA, -EBADMSG},
        {SQLITE_ERROR, -EBADMSG},
        {SQLITE_BUSY, -EBUSY},
        {SQLITE_LOCKED, -EBUSY},
        {SQLITE_PROTOCOL, -EBUSY},
        {SQLITE_PERM, -EPERM},
        {SQLITE_AUTH, -EPERM},
        {SQLITE_TOOBIG, -EMSGSIZE},
        {SQLITE_CONSTRAINT, -EINVAL},
        {SQLITE_MISMATCH, -EINVAL},
};

/* What the system said beneath SQLITE_IOERR and SQLITE_CANTOPEN; all else is -EIO. */
static const struct {
        int code;
        int error;
} system_errors[] = {
        {ENOSPC, -ENOSPC},
        {EDQUOT, -ENOSPC},
        {EROFS, -EROFS},
        {EACCES, -EPERM},
        {ENOMEM, -ENOMEM},
};

static int error_from_system(int code) {
        for (size_t i = 0; i < ARRAY_LEN(system_errors); i++)
                if (system_errors[i].code == code)
                        return system_errors[i].error;
        return -EIO;
}

static int error_from_sqlite(sqlite3 *db, int code) {
        const int codes[] = {code, code & 0xff};

        for (size_t n = 0; n < ARRAY_LEN(codes); n++)
                for (size_t i = 0; i < ARRAY_LEN(sqlite_errors); i++)
                        if (sqlite_errors[i].code == codes[n])
                                return sqlite_errors[i].error;
        return error_from_system(sqlite3_system_errno(db));
}

/* --- statements ------------------------------------------------------------------------------ */

typedef struct Bind {
        const char *name;
        bool is_text;
        const char *text; /* NULL binds NULL; the caller keeps it until the statement has ended */
        int64_t number;
} Bind;

#define BIND_TEXT(n, v)   ((Bind){.name = (n), .is_text = true, .text = (v)})
#define BIND_NUMBER(n, v) ((Bind){.name = (n), .number = (int64_t)(v)})

static void statement_endp(sqlite3_stmt **stmt) {
        if (!*stmt)
                return;
        (void)sqlite3_reset(*stmt);
        (void)sqlite3_clear_bindings(*stmt);
}
#define _cleanup_statement_ _cleanup_(statement_endp)

/* Gives the statement with every parameter of it bound; the caller ends it. */
static int statement_start(
        Store *s, Statement id, const Bind *binds, size_t n_binds, sqlite3_stmt **ret) {
        _cleanup_statement_ sqlite3_stmt *stmt = s->statements[id];

        assert(!sqlite3_stmt_busy(stmt));
        assert((size_t)sqlite3_bind_parameter_count(stmt) == n_binds);
        for (size_t i = 0; i < n_binds; i++) {
                const Bind *b = &binds[i];
                int index = sqlite3_bind_parameter_index(stmt, b->name), rc;

                assert(index > 0);
                rc = b->is_text ? sqlite3_bind_text(stmt, index, b->text, -1, SQLITE_STATIC)
                                : sqlite3_bind_int64(stmt, index, b->number);
                if (rc != SQLITE_OK)
                        return error_from_sqlite(s->db, rc);
        }
        *ret = TAKE_PTR(stmt);
        return 0;
}

/* Returns 1 with a row, 0 after the last, or a negative errno. */
static int statement_step(Store *s, sqlite3_stmt *stmt) {
        int rc = sqlite3_step(stmt);

        if (rc == SQLITE_ROW)
                return 1;
        return rc == SQLITE_DONE ? 0 : error_from_sqlite(s->db, rc);
}

/* For statements that give no rows. */
static int statement_run(Store *s, Statement id, const Bind *binds, size_t n_binds) {
        _cleanup_statement_ sqlite3_stmt *stmt = NULL;
        int r;

        r = statement_start(s, id, binds, n_binds, &stmt);
        if (r < 0)
                return r;
        return statement_step(s, stmt);
}

static int sql_run(sqlite3 *db, const char *sql) {
        int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

        return rc == SQLITE_OK ? 0 : error_from_sqlite(db, rc);
}

static void statement_finalizep(sqlite3_stmt **stmt) {
        (void)sqlite3_finalize(*stmt);
}

/* The one value that a pragma answers; the caller frees the text. What a pragma changes is
 * committed, or fails to be, only after its row. */
static int sql_ask(sqlite3 *db, const char *sql, char **ret) {
        _cleanup_(statement_finalizep) sqlite3_stmt *stmt = NULL;
        _cleanup_free_ char *copy = NULL;
        const char *text;
        int rc;

        rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
        if (rc == SQLITE_OK)
                rc = sqlite3_step(stmt);
        if (rc != SQLITE_ROW)
                return rc == SQLITE_DONE ? -EBADMSG : error_from_sqlite(db, rc);
        text = (const char *)sqlite3_column_text(stmt, 0);
        copy = text ? strdup(text) : NULL;
        if (!copy)
                return -ENOMEM;
        rc = sqlite3_step(stmt);
        if (rc != SQLITE_DONE)
                return rc == SQLITE_ROW ? -EBADMSG : error_from_sqlite(db, rc);
        *ret = TAKE_PTR(copy);
        return 0;
}

/* --- files ----------------------------------------------------------------------------------- */

static int folder_lock(const char *dir, int *ret) {
        _cleanup_close_ int fd = -1;
        struct stat st;
        int r;

        r = folder_make_private(dir);
        if (r < 0)
                return r;
        fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
                return -EPERM;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? -EBUSY : -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

/* Brings a file in the folder to 0600. Returns 1 and its size, or 0 when there is none. It is not
 * opened: closing it again would drop SQLite's own locks on it. */
static int file_make_private(int folder, const char *name, off_t *ret_size) {
        struct stat st;

        if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
                return -EPERM;
        if ((st.st_mode & 07777) != 0600) {
                if (fchmodat(folder, name, 0600, 0) < 0 ||
                        fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return -errno;
                if ((st.st_mode & 077) != 0)
                        return -EPERM;
        }
        *ret_size = st.st_size;
        return 1;
}

/* Whether the file begins as a ledger does. SQLite would take an empty file for a new database and
 * another program's for ours. The header lies in one sector, so that no power cut tears it. */
static int file_check_header(int folder) {
        _cleanup_close_ int fd = -1;
        uint8_t header[HEADER_SIZE];
        uint32_t application = 0;
        ssize_t n;

        fd = openat(folder, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        n = pread(fd, header, sizeof(header), 0);
        if (n < 0)
                return errno == EIO ? -EBADMSG : -errno; /* as SQLite has it, see above */
        if (n != (ssize_t)sizeof(header) || memcmp(header, "SQLite format 3", 16) != 0)
                return -EBADMSG;
        for (unsigned i = 0; i < 4; i++)
                application = application << 8 | header[HEADER_APPLICATION + i];
        return application == STORE_APPLICATION ? 0 : -EBADMSG;
}

static int file_remove(int folder, const char *name) {
        return unlinkat(folder, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* --- opening --------------------------------------------------------------------------------- */

static void connection_closep(sqlite3 **db) {
        (void)sqlite3_close(*db);
}

/* `keep_wal`: closing leaves the database and its log as they are, until connection_settle(). */
static int connection_open(const char *dir, const char *name, bool keep_wal, sqlite3 **ret) {
        const int options[][2] = {
                {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep_wal},
                {SQLITE_DBCONFIG_DEFENSIVE, 1},
        };
        _cleanup_(connection_closep) sqlite3 *db = NULL;
        _cleanup_free_ char *path = path_join(dir, name);
        int rc, r;

        if (!path)
                return -ENOMEM;
        rc = sqlite3_open_v2(path, &db,
                SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                        SQLITE_OPEN_EXRESCODE,
                NULL);
        if (rc != SQLITE_OK)
                return error_from_sqlite(db, rc);
        for (size_t i = 0; i < ARRAY_LEN(options); i++) {
                rc = sqlite3_db_config(db, options[i][0], options[i][1], NULL);
                if (rc != SQLITE_OK)
                        return error_from_sqlite(db, rc);
        }
        (void)sqlite3_busy_timeout(db, BUSY_MSEC);
        if (sqlite3_db_readonly(db, NULL) == 1)
                return -EROFS;
        r = sql_run(db, store_sql_connection);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(db);
        return 0;
}

static void connection_settle(sqlite3 *db) {
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
}

static int connection_migrate(sqlite3 *db, long version) {
        for (; version < STORE_NEWEST; version++) {
                int r;

                r = sql_run(db, store_statements[STATEMENT_BEGIN]);
                if (r >= 0)
                        r = sql_run(db, store_migrations[version]);
                if (r >= 0)
                        r = sql_run(db, store_statements[STATEMENT_COMMIT]);
                if (r < 0) {
                        if (!sqlite3_get_autocommit(db))
                                (void)sql_run(db, store_statements[STATEMENT_ROLLBACK]);
                        return r;
                }
        }
        return 0;
}

/* Reads without writing: is it a sound ledger of a version that we know? */
static int connection_check(sqlite3 *db, long *ret_version) {
        _cleanup_free_ char *text = NULL, *verdict = NULL;
        long version;
        int r;

        r = sql_ask(db, store_sql_version, &text);
        if (r < 0)
                return r;
        version = strtol(text, NULL, 10);
        if (version > STORE_NEWEST)
                return -EPROTO;
        if (version < 0)
                return -EBADMSG;
        r = sql_ask(db, store_sql_check, &verdict);
        if (r < 0)
                return r;
        if (!streq(verdict, "ok"))
                return -EBADMSG;
        *ret_version = version;
        return 0;
}

/* SQLite makes the log in the folder but does not tell when syncing the folder failed; a log whose
 * name is lost with the power would take committed events along. */
static int connection_use_wal(sqlite3 *db, int folder) {
        _cleanup_free_ char *mode = NULL;
        int r;

        r = sql_ask(db, store_sql_wal, &mode);
        if (r < 0)
                return r;
        if (!streq(mode, "wal"))
                return -EIO;
        return fsync(folder) < 0 ? -errno : 0;
}

/* Fills FILE_NEW, which is there and empty. Its journal may be in memory: it has no reader before
 * it is whole. */
static int ledger_fill(const char *dir) {
        _cleanup_(connection_closep) sqlite3 *db = NULL;
        int r;

        r = connection_open(dir, FILE_NEW, false, &db);
        if (r < 0)
                return r;
        r = sql_run(db, store_sql_new);
        if (r < 0)
                return r;
        return connection_migrate(db, 0);
}

static int folder_sync(int folder) {
        _cleanup_close_ int parent = -1;

        if (fsync(folder) < 0)
                return -errno;
        /* the folder itself may be new; a parent that may not be read was there before us */
        parent = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (parent >= 0 && fsync(parent) < 0)
                return -errno;
        return 0;
}

static int ledger_make(const char *dir, int folder) {
        _cleanup_close_ int fd = -1;
        int r;

        r = file_remove(folder, FILE_NEW); /* from a power cut */
        if (r < 0)
                return r;
        fd = openat(folder, FILE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 || fchmod(fd, 0600) < 0)
                return -errno;
        r = ledger_fill(dir);
        if (r >= 0 && renameat(folder, FILE_NEW, folder, FILE_NAME) < 0)
                r = -errno;
        if (r < 0) {
                (void)file_remove(folder, FILE_NEW);
                return r;
        }
        return folder_sync(folder);
}

/* Makes or examines the files. Returns 1 when the log holds what the database does not have yet. */
static int ledger_prepare(const char *dir, int folder) {
        off_t db = 0, wal = 0, journal = 0, shm = 0;
        const struct {
                const char *name;
                off_t *size;
        } beside[] = {{FILE_WAL, &wal}, {FILE_JOURNAL, &journal}, {FILE_SHM, &shm}};
        int present, r;

        present = file_make_private(folder, FILE_NAME, &db);
        if (present < 0)
                return present;
        for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
                r = file_make_private(folder, beside[i].name, beside[i].size);
                if (r < 0)
                        return r;
        }
        if (!present) {
                /* a log without its database: a new one in its place would get the log's pages */
                if (wal > 0 || journal > 0)
                        return -EBADMSG;
                return ledger_make(dir, folder);
        }
        r = file_check_header(folder);
        if (r < 0)
                return r;
        return wal > 0;
}

static int store_prepare(Store *s) {
        for (int i = 0; i < _STATEMENT_MAX; i++) {
                int rc = sqlite3_prepare_v3(s->db, store_statements[i], -1,
                        SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL);

                if (rc != SQLITE_OK)
                        return error_from_sqlite(s->db, rc);
        }
        return 0;
}

static int copy_id(char dest[static UID_SPACE], sqlite3_stmt *stmt, int column) {
        const char *text = (const char *)sqlite3_column_text(stmt, column);

        if (!text)
                return -ENOMEM; /* no column of an id is ever NULL */
        return uid_copy(dest, text);
}

static int store_load_device(Store *s) {
        _cleanup_statement_ sqlite3_stmt *stmt = NULL;
        int r;

        r = statement_start(s, STATEMENT_DEVICE, NULL, 0, &stmt);
        if (r < 0)
                return r;
        r = statement_step(s, stmt);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        return copy_id(s->device, stmt, 0);
}

int store_open(const char *dir, Store **ret) {
        _cleanup_(store_freep) Store *s = calloc(1, sizeof(*s));
        long version = 0;
        int keep_wal, r;

        if (!s)
                return -ENOMEM;
        s->folder = -1;
        r = folder_lock(dir, &s->folder);
        if (r < 0)
                return r;
        keep_wal = ledger_prepare(dir, s->folder);
        if (keep_wal < 0)
                return keep_wal;
        r = connection_open(dir, FILE_NAME, keep_wal, &s->db);
        if (r < 0)
                return r;
        r = connection_check(s->db, &version);
        if (r < 0)
                return r;
        r = connection_use_wal(s->db, s->folder);
        if (r < 0)
                return r;
        r = connection_migrate(s->db, version);
        if (r < 0)
                return r;
        r = store_prepare(s);
        if (r < 0)
                return r;
        r = store_load_device(s);
        if (r < 0)
                return r;
        connection_settle(s->db);
        *ret = TAKE_PTR(s);
        return 0;
}

Store *store_free(Store *s) {
        if (!s)
                return NULL;
        store_rollback(s);
        for (int i = 0; i < _STATEMENT_MAX; i++)
                (void)sqlite3_finalize(s->statements[i]);
        (void)sqlite3_close(s->db);
        closep(&s->folder); /* last: the lock covers the closing too */
        free(s);
        return NULL;
}

const char *store_device(const Store *s) {
        return s->device;
}

/* --- writing --------------------------------------------------------------------------------- */

int store_begin(Store *s) {
        int r;

        if (s->open)
                return -EINVAL;
        r = statement_run(s, STATEMENT_BEGIN, NULL, 0);
        if (r < 0)
                return r;
        s->open = true;
        return 0;
}

int store_commit(Store *s) {
        int r;

        if (!s->open)
                return -EINVAL;
        r = s->failed;
        if (r == 0)
                r = statement_run(s, STATEMENT_COMMIT, NULL, 0);
        if (r < 0) {
                store_rollback(s);
                return r;
        }
        s->open = false;
        return 0;
}

void store_rollback(Store *s) {
        if (!s->open)
                return;
        if (!sqlite3_get_autocommit(s->db))
                (void)statement_run(s, STATEMENT_ROLLBACK, NULL, 0);
        s->open = false;
        s->failed = 0;
}

/* Whether the transaction can take a write. Also guards against SQLite having rolled back by
 * itself: the write would then be a transaction of its own. */
static int store_writable(const Store *s) {
        if (!s->open)
                return -EINVAL;
        return s->failed;
}

static int store_write(Store *s, Statement id, const Bind *binds, size_t n_binds) {
        int r;

        r = store_writable(s);
        if (r < 0)
                return r;
        r = statement_run(s, id, binds, n_binds);
        if (r < 0)
                s->failed = r;
        return r;
}

/* The uid for the next event. Asked of the table each time, so that a rollback needs no undoing. */
static int store_next_uid(Store *s, uint64_t now_usec, char ret[static UID_SPACE]) {
        _cleanup_statement_ sqlite3_stmt *stmt = NULL;
        char last[UID_SPACE];
        int r;

        r = statement_start(s, STATEMENT_LAST_UID, NULL, 0, &stmt);
        if (r < 0)
                return r;
        r = statement_step(s, stmt);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        if (sqlite3_column_type(stmt, 0) == SQLITE_NULL)
                return uuid_v7_after(now_usec, NULL, ret);
        r = copy_id(last, stmt, 0);
        if (r < 0)
                return r;
        return uuid_v7_after(now_usec, last, ret);
}

/* Reads a payload. A NUL within a string is data like any other. */
static int data_parse(const char *text, size_t len, json_t **ret) {
        json_error_t error;
        json_t *data = json_loadb(text, len, JSON_ALLOW_NUL, &error);

        if (!data)
                return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
        *ret = data;
        return 0;
}

/* Writes a payload as canonical JSON, and makes sure that what is written can be read: an event
 * that cannot would stop every replay. */
static int data_format(const json_t *data, char **ret) {
        _cleanup_free_ char *text = NULL;
        json_t *again;
        size_t len;

        if (!json_is_object(data))
                return -EINVAL;
        text = json_dumps(data, JSON_COMPACT | JSON_SORT_KEYS);
        if (!text)
                return -EINVAL;
        len = strlen(text);
        if (len > STORE_DATA_MAX)
                return -EMSGSIZE;
        if (data_parse(text, len, &again) < 0)
                return -EINVAL;
        json_decref(again);
        *ret = TAKE_PTR(text);
        return 0;
}

int store_append(Store *s, Event *ev, uint64_t now_usec) {
        _cleanup_free_ char *data = NULL;
        char uid[UID_SPACE];
        int r;

        r = store_writable(s);
        if (r < 0)
                return r;
        if (ev->at_usec > INT64_MAX || now_usec > INT64_MAX)
                return -EINVAL;
        r = data_format(ev->data, &data);
        if (r < 0)
                return r;
        r = store_next_uid(s, now_usec, uid);
        if (r < 0)
                return r;

        const Bind binds[] = {
                BIND_TEXT(":uid", uid),
                BIND_TEXT(":device", s->device),
                BIND_NUMBER(":recorded", now_usec),
                BIND_NUMBER(":at", ev->at_usec),
                BIND_NUMBER(":zone", ev->zone_minutes),
                BIND_TEXT(":kind", event_kind_name(ev->kind)),
                BIND_TEXT(":person", ev->person),
                BIND_TEXT(":data", data),
        };
        r = store_write(s, STATEMENT_APPEND, binds, ARRAY_LEN(binds));
        if (r < 0)
                return r;
        ev->seq = (uint64_t)sqlite3_last_insert_rowid(s->db);
        ev->recorded_usec = now_usec;
        (void)uid_copy(ev->uid, uid);
        return uid_copy(ev->device, s->device);
}

int store_save_state(Store *s, const char *json, uint64_t seq) {
        const Bind binds[] = {BIND_TEXT(":json", json), BIND_NUMBER(":seq", seq)};

        return store_write(s, STATEMENT_SAVE_STATE, binds, ARRAY_LEN(binds));
}

int store_save_cursor(Store *s, const char *profile, const Cursor *cursor) {
        const Bind binds[] = {
                BIND_TEXT(":profile", profile),
                BIND_NUMBER(":row", cursor->row),
                BIND_NUMBER(":newest", cursor->newest_usec),
        };

        return store_write(s, STATEMENT_SAVE_CURSOR, binds, ARRAY_LEN(binds));
}

/* --- reading --------------------------------------------------------------------------------- */

/* The columns of STORE_ENTRY_COLUMNS. */
enum {
        COLUMN_SEQ,
        COLUMN_UID,
        COLUMN_DEVICE,
        COLUMN_RECORDED,
        COLUMN_AT,
        COLUMN_ZONE,
        COLUMN_KIND,
        COLUMN_PERSON,
        COLUMN_DATA,
        COLUMN_CORRECTION,
        COLUMN_TAG,
        _COLUMN_MAX,
};

static void row_read_grade(sqlite3_stmt *stmt, StoreEntry *entry) {
        const char *to = (const char *)sqlite3_column_text(stmt, COLUMN_CORRECTION);
        int grade = to ? grade_from_name(to) : -EINVAL;

        entry->corrected = sqlite3_column_type(stmt, COLUMN_CORRECTION) != SQLITE_NULL;
        /* a newer version may know more grades than we do */
        entry->grade = grade >= 0 ? (Grade)grade : event_grade(entry->event.kind);
}

static void row_read_tag(sqlite3_stmt *stmt, StoreEntry *entry) {
        const char *name = (const char *)sqlite3_column_text(stmt, COLUMN_TAG);
        int tag = name ? tag_from_name(name) : TAG_NONE;

        /* a newer version may know more tags than we do */
        entry->tag = tag >= 0 ? (Tag)tag : TAG_OTHER;
}

/* Reads the row that the statement stands on. Returns 1; 0 for a kind that we do not know. */
static int row_read(sqlite3_stmt *stmt, StoreEntry *ret) {
        const char *kind_name = (const char *)sqlite3_column_text(stmt, COLUMN_KIND);
        const char *data = (const char *)sqlite3_column_text(stmt, COLUMN_DATA);
        StoreEntry entry = {0};
        Event *ev = &entry.event;
        int kind, r;

        assert(sqlite3_column_count(stmt) == _COLUMN_MAX);
        if (!kind_name || !data)
                return -ENOMEM;
        kind = event_kind_from_name(kind_name);
        if (kind < 0)
                return 0;

        ev->seq = (uint64_t)sqlite3_column_int64(stmt, COLUMN_SEQ);
        ev->recorded_usec = (uint64_t)sqlite3_column_int64(stmt, COLUMN_RECORDED);
        ev->at_usec = (uint64_t)sqlite3_column_int64(stmt, COLUMN_AT);
        ev->zone_minutes = sqlite3_column_int(stmt, COLUMN_ZONE);
        ev->kind = (EventKind)kind;
        row_read_grade(stmt, &entry);
        row_read_tag(stmt, &entry);
        r = copy_id(ev->uid, stmt, COLUMN_UID);
        if (r < 0)
                return r;
        r = copy_id(ev->device, stmt, COLUMN_DEVICE);
        if (r < 0)
                return r;
        r = copy_id(ev->person, stmt, COLUMN_PERSON);
        if (r < 0)
                return r;
        r = data_parse(data, (size_t)sqlite3_column_bytes(stmt, COLUMN_DATA), &ev->data);
        if (r < 0)
                return r;
        *ret = entry;
        return 1;
}

/* Hands each row on, at most `limit` of them; 0: all. One of a kind that we do not know is passed
 * over. */
static int each_row(
        Store *s, sqlite3_stmt *stmt, unsigned limit, store_entry_func func, void *userdata) {
        int r;

        while ((r = statement_step(s, stmt)) > 0) {
                StoreEntry entry;

                r = row_read(stmt, &entry);
                if (r == 0)
                        continue;
                if (r < 0)
                        return r;
                r = func(userdata, &entry);
                event_done(&entry.event);
                if (r < 0)
                        return r;
                if (limit > 0 && --limit == 0)
                        break;
        }
        return r < 0 ? r : 0;
}

typedef struct Replay {
        store_event_func func;
        void *userdata;
} Replay;

static int replay_entry(void *userdata, const StoreEntry *entry) {
        const Replay *replay = userdata;

        return replay->func(replay->userdata, &entry->event);
}

int store_replay(Store *s, uint64_t after_seq, store_event_func func, void *userdata) {
        _cleanup_statement_ sqlite3_stmt *stmt = NULL;
        const Bind binds[] = {BIND_NUMBER(":after", MIN(after_seq, (uint64_t)INT64_MAX))};
        Replay replay = {func, userdata};
        int r;

        r = statement_start(s, STATEMENT_REPLAY, binds, ARRAY_LEN(binds), &stmt);
        return r < 0 ? r : each_row(s, stmt, 0, replay_entry, &replay);
}

/* The kinds as a JSON array of their names, NULL for no restriction. */
static int kinds_format(const StoreFilter *filter, char **ret) {
        _cleanup_(buffer_done) Buffer b = {0};
        char *text;

        if (filter->n_kinds == 0) {
                *ret = NULL;
                return 0;
        }
        for (size_t i = 0; i < filter->n_kinds; i++)
                (void)buffer_printf(
                        &b, "%c\"%s\"", i ? ',' : '[', event_kind_name(filter->kinds[i]));
        (void)buffer_putc(&b, ']');
        text = buffer_take(&b);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}

int store_list(Store *s, const StoreFilter *filter, store_entry_func func, void *userdata) {
        _cleanup_free_ char *kinds = NULL;
        _cleanup_statement_ sqlite3_stmt *stmt = NULL;
        uint64_t before = filter->before_seq ? filter->before_seq : INT64_MAX;
        int r;

        r = kinds_format(filter, &kinds);
        if (r < 0)
                return r;
        const Bind binds[] = {
                BIND_TEXT(":kinds", kinds),
                BIND_TEXT(":person", filter->person),
                BIND_NUMBER(":before", MIN(before, (uint64_t)INT64_MAX)),
        };
        r = statement_start(s, STATEMENT_LIST, binds, ARRAY_LEN(binds), &stmt);
        return r < 0 ? r : each_row(s, stmt, filter->limit, func, userdata);
}

/* Returns 1 and the first row of the statement, 0 when there is none that we know. */
static int store_read_one(
        Store *s, Statement id, const Bind *binds, size_t n_binds, StoreEntry *ret) {
        _cleanup_statement_ sqlite3_stmt *stmt = NULL;
        int r;

        r = statement_start(s, id, binds, n_binds, &stmt);
        if (r < 0)
                return r;
        r = statement_step(s, stmt);
        if (r <= 0)
                return r;
        return row_read(stmt, ret);
}

int store_get(Store *s, uint64_t seq, StoreEntry *ret) {
        const Bind binds[] = {BIND_NUMBER(":seq", MIN(seq, (uint64_t)INT64_MAX))};
        int r;

        r = store_read_one(s, STATEMENT_GET, binds, ARRAY_LEN(binds), ret);
        if (r < 0)
                return r;
        return r > 0 ? 0 : -ENOENT;
}

int store_find_twin(Store *s, const char *person, const char *key, const char *source,
        const char *channel, uint64_t at_usec, uint64_t window_usec, StoreEntry *ret) {
        uint64_t at = MIN(at_usec, (uint64_t)INT64_MAX);
        uint64_t room = (uint64_t)INT64_MAX - at;
        const Bind binds[] = {
                BIND_TEXT(":person", person),
                BIND_TEXT(":key", key),
                BIND_TEXT(":source", source),
                BIND_TEXT(":channel", channel),
                BIND_NUMBER(":at", at),
                BIND_NUMBER(":from", at - MIN(window_usec, at)),
                BIND_NUMBER(":to", at + MIN(window_usec, room)),
        };

        return store_read_one(s, STATEMENT_TWIN, binds, ARRAY_LEN(binds), ret);
}

int store_find_held(Store *s, const char *id) {
        _cleanup_statement_ sqlite3_stmt *stmt = NULL;
        const Bind binds[] = {BIND_TEXT(":held", id)};
        int r;

        r = statement_start(s, STATEMENT_HELD, binds, ARRAY_LEN(binds), &stmt);
        return r < 0 ? r : statement_step(s, stmt);
}

int store_list_senders(Store *s, unsigned limit, store_sender_func func, void *userdata) {
        _cleanup_statement_ sqlite3_stmt *stmt = NULL;
        const Bind binds[] = {BIND_NUMBER(":limit", limit)};
        int r;

        r = statement_start(s, STATEMENT_SENDERS, binds, ARRAY_LEN(binds), &stmt);
        if (r < 0)
                return r;
        while ((r = statement_step(s, stmt)) > 0) {
                StoreSender sender = {
                        .person = (const char *)sqlite3_column_text(stmt, 0),
                        .app = (const char *)sqlite3_column_text(stmt, 1),
                        .sender = (const char *)sqlite3_column_text(stmt, 2),
                        .n = (uint64_t)sqlite3_column_int64(stmt, 3),
                        .newest_usec = (uint64_t)sqlite3_column_int64(stmt, 4),
                };

                if (!sender.person || !sender.app || !sender.sender)
                        return -ENOMEM;
                r = func(userdata, &sender);
                if (r < 0)
                        return r;
        }
        return r;
}

int store_load_state(Store *s, char **ret_json, uint64_t *ret_seq) {
        _cleanup_statement_ sqlite3_stmt *stmt = NULL;
        const char *text;
        char *json;
        int r;

        r = statement_start(s, STATEMENT_LOAD_STATE, NULL, 0, &stmt);
        if (r < 0)
                return r;
        r = statement_step(s, stmt);
        if (r <= 0)
                return r;
        text = (const char *)sqlite3_column_text(stmt, 0);
        json = text ? strdup(text) : NULL;
        if (!json)
                return -ENOMEM;
        *ret_json = json;
        *ret_seq = (uint64_t)sqlite3_column_int64(stmt, 1);
        return 1;
}

int store_load_cursor(Store *s, const char *profile, Cursor *ret) {
        _cleanup_statement_ sqlite3_stmt *stmt = NULL;
        const Bind binds[] = {BIND_TEXT(":profile", profile)};
        int r;

        r = statement_start(s, STATEMENT_LOAD_CURSOR, binds, ARRAY_LEN(binds), &stmt);
        if (r < 0)
                return r;
        r = statement_step(s, stmt);
        if (r <= 0)
                return r;
        ret->row = sqlite3_column_int64(stmt, 0);
        ret->newest_usec = (uint64_t)sqlite3_column_int64(stmt, 1);
        return 1;
}
