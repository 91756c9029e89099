/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The hosts file on a real disk: whatever somebody did to it, it is made right, and the bytes that
 * are not ours stay as they are. Mounts are made in a name space of this process; they need root.
 */

#include "common/file.h"
#include "enforcer/hosts-file.h"
#include "unit/hosts-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define FIXTURES "tests/unit/hosts/"

enum { N = ARRAY_LEN(ENTRIES) };

typedef struct Place {
        char *dir, *hosts, *state;
        const char *why; /* of the last call */
} Place;

static bool may_mount;

/* --- files ----------------------------------------------------------------------------------- */

static int place_setup(void **state) {
        Place *p = calloc(1, sizeof(*p));

        assert_non_null(p);
        p->dir = strdup("/tmp/nocontact-hosts-XXXXXX");
        assert_non_null(p->dir ? mkdtemp(p->dir) : NULL);
        p->hosts = path_join(p->dir, "hosts");
        p->state = path_join(p->dir, "state");
        assert_int_equal(mkdir(p->state, 0700), 0);
        *state = p;
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static int unmount_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st;
        (void)type;
        (void)ftw;
        (void)umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
        return 0;
}

static int place_teardown(void **state) {
        Place *p = *state;
        int r;

        (void)nftw(p->dir, unmount_one, 16, FTW_PHYS);
        r = nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(p->dir);
        free(p->hosts);
        free(p->state);
        free(p);
        return r;
}

static void file_write(const char *path, const char *data, size_t len) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        while (len > 0) {
                ssize_t n = write(fd, data, len);

                assert_true(n > 0);
                data += n;
                len -= (size_t)n;
        }
        assert_int_equal(close(fd), 0);
}

static void file_read(const char *path, Buffer *ret) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        char data[65536];
        ssize_t n;

        assert_true(fd >= 0);
        buffer_cut(ret, 0);
        while ((n = read(fd, data, sizeof(data))) > 0)
                assert_int_equal(buffer_add(ret, data, (size_t)n), 0);
        assert_int_equal(n, 0);
        assert_int_equal(close(fd), 0);
}

static void assert_file(const char *path, const Buffer *want) {
        _cleanup_(buffer_done) Buffer got = {0};

        file_read(path, &got);
        if (got.len != want->len || (got.len && memcmp(got.data, want->data, got.len) != 0))
                fail_msg("%s holds %zu bytes that are not the %zu expected", path, got.len,
                        want->len);
}

static int apply(Place *p, size_t n) {
        p->why = NULL;
        return hosts_file_apply(p->hosts, p->state, ENTRIES, n, &p->why);
}

/* The file is the block of `n` names before the foreign bytes. */
static void assert_applied(const Place *p, size_t n, const Buffer *foreign) {
        _cleanup_(buffer_done) Buffer want = {0};

        fixture_block(n, &want);
        (void)buffer_add(&want, foreign->data, foreign->len);
        assert_file(p->hosts, &want);
}

/* Nothing lies about: beside the file is what the test put there, the state folder is empty. */
static void assert_no_litter(const Place *p, const char *folder) {
        _cleanup_free_ char *beside = path_join(folder, ".hosts.nocontact");

        assert_int_equal(access(beside, F_OK), -1);
        assert_int_equal(rmdir(p->state), 0);
        assert_int_equal(mkdir(p->state, 0700), 0);
}

/* From any state of the file to applied, and by lifting to the foreign bytes alone. */
static void assert_made_right(Place *p, const Buffer *foreign) {
        assert_int_equal(apply(p, N), HOSTS_WRITTEN);
        assert_applied(p, N, foreign);
        assert_int_equal(apply(p, N), HOSTS_AGREED);
        assert_int_equal(apply(p, 1), HOSTS_WRITTEN);
        assert_applied(p, 1, foreign);
        assert_int_equal(apply(p, 0), HOSTS_WRITTEN);
        assert_file(p->hosts, foreign);
        assert_int_equal(apply(p, 0), HOSTS_AGREED);
        assert_no_litter(p, p->dir);
}

/* --- what it is made to agree with ----------------------------------------------------------- */

static void test_the_hosts_files_of_distributions_come_back_byte_for_byte(void **state) {
        static const char *const NAMES[] = {"debian", "ubuntu", "fedora", "arch", "nixos", "docker",
                "crlf", "nul", "no-final-newline", "invalid-utf8", "empty"};
        Place *p = *state;

        for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
                _cleanup_free_ char *path = path_join(FIXTURES, NAMES[i]);
                _cleanup_(buffer_done) Buffer foreign = {0};

                file_read(path, &foreign);
                file_write(p->hosts, foreign.data, foreign.len);
                assert_made_right(p, &foreign);
        }
}

static void test_a_file_that_agrees_is_not_touched(void **state) {
        Place *p = *state;
        struct stat before, after;

        file_write(p->hosts, "a\n", 2);
        assert_int_equal(apply(p, 0), HOSTS_AGREED);
        assert_int_equal(apply(p, N), HOSTS_WRITTEN);
        assert_int_equal(stat(p->hosts, &before), 0);
        assert_int_equal(apply(p, N), HOSTS_AGREED);
        assert_int_equal(stat(p->hosts, &after), 0);
        assert_memory_equal(&before.st_ino, &after.st_ino, sizeof(ino_t));
        assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof(struct timespec));
        assert_int_equal(hosts_file_apply(p->hosts, p->state, NULL, 0, NULL), HOSTS_WRITTEN);
}

/* failures.md, row 4: each thing that may be done to each single line is seen and repaired. */
static void test_every_change_of_every_line_is_repaired(void **state) {
        _cleanup_(buffer_done) Buffer block = {0}, whole = {0}, foreign = {0};
        Place *p = *state;
        const char *lines[16];
        size_t n;

        fixture_block(N, &block);
        (void)buffer_add(&whole, block.data, block.len);
        n = fixture_lines(&block, lines, ARRAY_LEN(lines));
        (void)buffer_puts(&foreign, "127.0.0.1 localhost\n10.0.0.1 nas");
        for (size_t t = 1; t < ARRAY_LEN(TAMPERS); t++)
                for (size_t at = 0; at < n; at++) {
                        _cleanup_(buffer_done) Buffer file = {0};

                        for (size_t i = 0; i < n; i++)
                                (i == at ? TAMPERS[t].tamper : tamper_not)(lines[i], &file);
                        if (file.len == whole.len && !memcmp(file.data, whole.data, file.len))
                                continue; /* it made no difference */
                        (void)buffer_add(&file, foreign.data, foreign.len);
                        file_write(p->hosts, file.data, file.len);
                        if (apply(p, N) != HOSTS_WRITTEN)
                                fail_msg("not seen: %s, line %zu", TAMPERS[t].what, at);
                        assert_applied(p, N, &foreign);
                }
}

static void test_lines_in_another_order_are_repaired(void **state) {
        _cleanup_(buffer_done) Buffer block = {0}, foreign = {0};
        Place *p = *state;
        const char *lines[16];
        size_t n;

        fixture_block(N, &block);
        n = fixture_lines(&block, lines, ARRAY_LEN(lines));
        (void)buffer_puts(&foreign, "127.0.0.1 localhost\n");
        for (size_t a = 0; a < n; a++)
                for (size_t b = a + 1; b < n; b++) {
                        _cleanup_(buffer_done) Buffer file = {0};

                        for (size_t i = 0; i < n; i++)
                                tamper_not(lines[i == a ? b : i == b ? a : i], &file);
                        (void)buffer_add(&file, foreign.data, foreign.len);
                        file_write(p->hosts, file.data, file.len);
                        assert_int_equal(apply(p, N), HOSTS_WRITTEN);
                        assert_applied(p, N, &foreign);
                }
}

static void test_a_block_that_somebody_moved_or_doubled_is_repaired(void **state) {
        _cleanup_(buffer_done) Buffer block = {0}, foreign = {0}, file = {0};
        Place *p = *state;

        fixture_block(N, &block);
        (void)buffer_puts(&foreign, "127.0.0.1 localhost\n10.0.0.1 nas\n");
        (void)buffer_printf(&file, "%s%s", foreign.data, block.data);
        file_write(p->hosts, file.data, file.len);
        assert_made_right(p, &foreign);
        buffer_cut(&file, 0);
        (void)buffer_printf(&file, "%s%s%s", block.data, foreign.data, block.data);
        file_write(p->hosts, file.data, file.len - 1);
        assert_made_right(p, &foreign);
}

/* failures.md, row 2: the user's own edits. */
static void test_edits_above_between_and_below_our_lines_are_kept(void **state) {
        _cleanup_(buffer_done) Buffer block = {0}, file = {0}, foreign = {0};
        Place *p = *state;
        const char *lines[16];
        size_t n;

        fixture_block(N, &block);
        n = fixture_lines(&block, lines, ARRAY_LEN(lines));
        for (size_t i = 0; i < n; i++) {
                (void)buffer_printf(&file, "10.0.0.%zu mine\xff%zu\r\n%s\n", i, i, lines[i]);
                (void)buffer_printf(&foreign, "10.0.0.%zu mine\xff%zu\r\n", i, i);
        }
        (void)buffer_add(&file, "below\0\n\tlast", 12);
        (void)buffer_add(&foreign, "below\0\n\tlast", 12);
        file_write(p->hosts, file.data, file.len);
        assert_made_right(p, &foreign);
}

static void test_a_random_file_is_its_foreign_bytes_after_apply_and_lift(void **state) {
        Random random = random_start(0x686f737473);
        Place *p = *state;

        for (unsigned round = 0; round < 150; round++) {
                _cleanup_(buffer_done) Buffer file = {0}, foreign = {0};
                size_t n = random_below(&random, N + 1);

                random_file(&random, &file, &foreign);
                file_write(p->hosts, file.data, file.len);
                assert_true(apply(p, n) >= 0);
                assert_applied(p, n, &foreign);
                assert_true(apply(p, 0) >= 0);
                assert_file(p->hosts, &foreign);
        }
}

static void make_big(Random *random, size_t bytes, Buffer *file, Buffer *foreign) {
        _cleanup_(buffer_done) Buffer f = {0}, g = {0};

        while (foreign->len < bytes) {
                buffer_cut(&f, 0);
                buffer_cut(&g, 0);
                if (random_once_in(random, 50))
                        random_file(random, &f, &g);
                for (unsigned i = 0; i < 200; i++) {
                        (void)buffer_printf(file, "0.0.0.0 ad%u.example # list\n", i);
                        (void)buffer_printf(foreign, "0.0.0.0 ad%u.example # list\n", i);
                }
                (void)buffer_add(file, f.data, f.len);
                (void)buffer_add(foreign, g.data, g.len);
                if (f.len > 0 && f.data[f.len - 1] != '\n') {
                        (void)buffer_putc(file, '\n');
                        if (g.len > 0)
                                (void)buffer_putc(foreign, '\n');
                }
        }
}

static void test_ten_megabytes_with_our_lines_strewn_about_come_back(void **state) {
        Random random = random_start(0x3130204d42);
        _cleanup_(buffer_done) Buffer file = {0}, foreign = {0};
        Place *p = *state;

        make_big(&random, 10000000, &file, &foreign);
        file_write(p->hosts, file.data, file.len);
        assert_made_right(p, &foreign);

        /* and in one line */
        buffer_cut(&foreign, 0);
        for (unsigned i = 0; i < 400000; i++)
                (void)buffer_puts(&foreign, "0.0.0.0 # nocontact x    ");
        file_write(p->hosts, foreign.data, foreign.len);
        assert_made_right(p, &foreign);
}

static void test_a_file_that_is_not_there_is_made_when_there_is_something_to_hold(void **state) {
        _cleanup_(buffer_done) Buffer none = {0};
        Place *p = *state;
        mode_t mask = umask(077);
        struct stat st;

        assert_int_equal(apply(p, 0), HOSTS_AGREED);
        assert_int_equal(access(p->hosts, F_OK), -1);
        assert_int_equal(apply(p, N), HOSTS_WRITTEN);
        (void)umask(mask);
        assert_applied(p, N, &none);
        assert_int_equal(stat(p->hosts, &st), 0);
        assert_int_equal(st.st_mode, S_IFREG | 0644);
}

/* --- failures.md, row 3: what a file is beside its bytes -------------------------------------- */

static void test_owner_mode_and_attributes_are_kept(void **state) {
        /* version 2; user::rw- user:1000:r-- group::r-- mask::rw- other::--- */
        static const unsigned char ACL[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0,
                0xe8, 3, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255, 0x10, 0, 6, 0, 255, 255, 255, 255,
                0x20, 0, 0, 0, 255, 255, 255, 255};
        static const struct {
                const char *name, *value;
                size_t len;
        } ATTRIBUTES[] = {
                {"user.note", "mine", 4},
                {"user.empty", "", 0},
                {"security.selinux", "system_u:object_r:net_conf_t:s0", 32},
                {"trusted.note", "\0\1", 2},
                {"system.posix_acl_access", (const char *)ACL, sizeof(ACL)},
        };
        bool given[ARRAY_LEN(ATTRIBUTES)];
        struct stat before, after;
        Place *p = *state;
        char value[256];

        file_write(p->hosts, "a\n", 2);
        if (geteuid() == 0)
                assert_int_equal(chown(p->hosts, 1234, 2345), 0);
        assert_int_equal(chmod(p->hosts, 0640), 0);
        for (size_t i = 0; i < ARRAY_LEN(ATTRIBUTES); i++)
                given[i] = setxattr(p->hosts, ATTRIBUTES[i].name, ATTRIBUTES[i].value,
                                   ATTRIBUTES[i].len, 0) == 0;
        assert_int_equal(stat(p->hosts, &before), 0);
        assert_int_equal(apply(p, N), HOSTS_WRITTEN);
        assert_int_equal(stat(p->hosts, &after), 0);
        assert_int_not_equal(before.st_ino, after.st_ino);
        assert_int_equal(before.st_mode, after.st_mode);
        assert_int_equal(before.st_uid, after.st_uid);
        assert_int_equal(before.st_gid, after.st_gid);
        for (size_t i = 0; i < ARRAY_LEN(ATTRIBUTES); i++) {
                if (!given[i]) {
                        print_message("# %s: not on this file system\n", ATTRIBUTES[i].name);
                        continue;
                }
                assert_int_equal(getxattr(p->hosts, ATTRIBUTES[i].name, value, sizeof(value)),
                        ATTRIBUTES[i].len);
                assert_memory_equal(value, ATTRIBUTES[i].value, ATTRIBUTES[i].len);
        }
}

static void test_the_folders_default_acl_is_not_given_to_the_file(void **state) {
        /* user::rwx user:1000:rwx group::r-x mask::rwx other::r-x */
        static const unsigned char ACL[] = {2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 7, 0,
                0xe8, 3, 0, 0, 4, 0, 5, 0, 255, 255, 255, 255, 0x10, 0, 7, 0, 255, 255, 255, 255,
                0x20, 0, 5, 0, 255, 255, 255, 255};
        Place *p = *state;
        struct stat st;

        file_write(p->hosts, "a\n", 2);
        if (setxattr(p->dir, "system.posix_acl_default", ACL, sizeof(ACL), 0) < 0)
                skip();
        assert_int_equal(apply(p, N), HOSTS_WRITTEN);
        assert_int_equal(getxattr(p->hosts, "system.posix_acl_access", NULL, 0), -1);
        assert_int_equal(stat(p->hosts, &st), 0);
        assert_int_equal(st.st_mode, S_IFREG | 0644);
}

static void test_a_symbolic_link_stays_one_and_its_target_is_written(void **state) {
        Place *p = *state;
        _cleanup_free_ char *etc = path_join(p->dir, "etc"),
                            *store = path_join(p->dir, "etc/store");
        _cleanup_free_ char *target = path_join(store, "hosts-1");
        _cleanup_free_ char *middle = path_join(etc, "static");
        _cleanup_(buffer_done) Buffer foreign = {0};
        char link[64];
        ssize_t n;

        file_read(FIXTURES "nixos", &foreign);
        assert_int_equal(mkdir(etc, 0755), 0);
        assert_int_equal(mkdir(store, 0755), 0);
        file_write(target, foreign.data, foreign.len);
        assert_int_equal(symlink("store/hosts-1", middle), 0);
        assert_int_equal(symlink("etc/static", p->hosts), 0);
        assert_made_right(p, &foreign);
        assert_no_litter(p, store);
        n = readlink(p->hosts, link, sizeof(link));
        assert_int_equal(n, 10);
        assert_memory_equal(link, "etc/static", 10);
        assert_int_equal(readlink(middle, link, sizeof(link)), 13);
}

static void assert_refused(Place *p, int error, const char *word) {
        assert_int_equal(apply(p, N), error);
        assert_non_null(p->why);
        if (!strstr(p->why, word))
                fail_msg("\"%s\" does not say \"%s\"", p->why, word);
        assert_no_litter(p, p->dir);
}

static void test_what_is_no_file_is_told_and_left_alone(void **state) {
        Place *p = *state;
        struct stat st;

        assert_int_equal(mkdir(p->hosts, 0755), 0);
        assert_refused(p, -EISDIR, "folder");
        assert_int_equal(rmdir(p->hosts), 0);
        assert_int_equal(mkfifo(p->hosts, 0644), 0);
        assert_refused(p, -EINVAL, "ordinary");
        assert_int_equal(stat(p->hosts, &st), 0);
        assert_true(S_ISFIFO(st.st_mode));
        assert_int_equal(unlink(p->hosts), 0);
        assert_int_equal(symlink("/dev/null", p->hosts), 0);
        assert_refused(p, -EINVAL, "ordinary");
        assert_int_equal(unlink(p->hosts), 0);
        assert_int_equal(symlink("nowhere", p->hosts), 0);
        assert_refused(p, -ENOENT, "nowhere");
        assert_int_equal(unlink(p->hosts), 0);
        assert_int_equal(symlink("hosts", p->hosts), 0);
        assert_refused(p, -ELOOP, "circle");
}

static void test_a_stale_file_of_ours_does_not_stand_in_the_way(void **state) {
        Place *p = *state;
        _cleanup_free_ char *stale = path_join(p->dir, ".hosts.nocontact");
        _cleanup_free_ char *saving = path_join(p->state, "hosts.saving");
        _cleanup_(buffer_done) Buffer foreign = {0};

        (void)buffer_puts(&foreign, "a");
        file_write(p->hosts, "a", 1);
        file_write(stale, "torn", 4);
        file_write(saving, "torn", 4);
        assert_int_equal(apply(p, N), HOSTS_WRITTEN);
        assert_int_equal(apply(p, 0), HOSTS_WRITTEN);
        assert_int_equal(unlink(saving), 0); /* only a write in place would have removed it */
        assert_file(p->hosts, &foreign);
        assert_no_litter(p, p->dir);

        /* nor does a link that somebody laid there lead us away */
        assert_int_equal(symlink("elsewhere", stale), 0);
        assert_made_right(p, &foreign);
        assert_no_litter(p, p->dir);
}

/* --- mounts ---------------------------------------------------------------------------------- */

static void bind(const char *from, const char *to) {
        assert_int_equal(mount(from, to, "none", MS_BIND, NULL), 0);
}

/* As Docker gives it to a container. */
static void test_a_bind_mount_is_written_in_place(void **state) {
        Place *p = *state;
        _cleanup_free_ char *outside = path_join(p->dir, "outside");
        _cleanup_(buffer_done) Buffer foreign = {0};
        struct stat before, after;

        if (!may_mount)
                skip();
        file_read(FIXTURES "docker", &foreign);
        file_write(outside, foreign.data, foreign.len);
        file_write(p->hosts, "", 0);
        bind(outside, p->hosts);
        assert_int_equal(stat(p->hosts, &before), 0);
        assert_made_right(p, &foreign);
        assert_int_equal(stat(p->hosts, &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        assert_file(outside, &foreign);
}

/* As ReadWritePaths= and `docker run --read-only` make it: the folder cannot be written. */
static void test_a_writable_file_in_a_read_only_folder_is_written_in_place(void **state) {
        Place *p = *state;
        _cleanup_free_ char *etc = path_join(p->dir, "etc"), *hosts = path_join(etc, "hosts");
        _cleanup_(buffer_done) Buffer foreign = {0};

        if (!may_mount)
                skip();
        (void)buffer_puts(&foreign, "a\nb");
        assert_int_equal(mkdir(etc, 0755), 0);
        file_write(hosts, foreign.data, foreign.len);
        free(p->hosts);
        p->hosts = strdup(hosts);
        bind(etc, etc);
        bind(hosts, hosts);
        assert_int_equal(mount(NULL, etc, "none", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
        assert_made_right(p, &foreign);
}

static void test_a_read_only_file_system_is_told_and_read_all_the_same(void **state) {
        Place *p = *state;
        _cleanup_free_ char *store = path_join(p->dir, "store"), *file = path_join(store, "hosts");
        _cleanup_(buffer_done) Buffer foreign = {0};

        if (!may_mount)
                skip();
        file_read(FIXTURES "nixos", &foreign);
        assert_int_equal(mkdir(store, 0755), 0);
        file_write(file, foreign.data, foreign.len);
        bind(store, store);
        assert_int_equal(mount(NULL, store, "none", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
        assert_int_equal(symlink("store/hosts", p->hosts), 0);
        assert_refused(p, -EROFS, "read-only");
        assert_file(file, &foreign);
        assert_int_equal(apply(p, 0), HOSTS_AGREED);
}

/* A disk of 32 pages with a hosts file of 16, to which the path leads; its folder. */
static char *make_small_disk(Place *p, Buffer *foreign) {
        char *small = path_join(p->dir, "small");
        _cleanup_free_ char *file = path_join(small, "hosts");

        assert_int_equal(mkdir(small, 0755), 0);
        assert_int_equal(mount("none", small, "tmpfs", 0, "size=128k"), 0);
        while (foreign->len < 65300)
                (void)buffer_puts(foreign, "0.0.0.0 ads.example\n");
        file_write(file, foreign->data, foreign->len);
        assert_int_equal(symlink("small/hosts", p->hosts), 0);
        return small;
}

/* The last write of the new file is a short one. */
static void test_a_full_disk_is_told_and_changes_nothing(void **state) {
        _cleanup_(buffer_done) Buffer foreign = {0};
        _cleanup_free_ char *small = NULL;
        Place *p = *state;

        if (!may_mount)
                skip();
        small = make_small_disk(p, &foreign);
        assert_refused(p, -ENOSPC, "full");
        assert_no_litter(p, small);
        assert_file(p->hosts, &foreign);
}

/* There is room for the saved copy, and none in the file. */
static void test_a_full_disk_changes_nothing_in_place(void **state) {
        _cleanup_(buffer_done) Buffer foreign = {0}, filler = {0};
        _cleanup_free_ char *small = NULL, *path = NULL, *file = NULL;
        HostsEntry many[200];
        Place *p = *state;

        if (!may_mount)
                skip();
        small = make_small_disk(p, &foreign);
        file = path_join(small, "hosts");
        path = path_join(small, "filler");
        (void)buffer_add(&filler, foreign.data, 61440);
        file_write(path, filler.data, filler.len);
        assert_int_equal(unlink(p->hosts), 0);
        file_write(p->hosts, "", 0);
        bind(file, p->hosts);
        for (size_t i = 0; i < ARRAY_LEN(many); i++)
                many[i] = ENTRIES[0];
        assert_int_equal(
                hosts_file_apply(p->hosts, p->state, many, ARRAY_LEN(many), &p->why), -ENOSPC);
        assert_no_litter(p, p->dir);
        assert_file(file, &foreign);
}

/* --- others at the same file ------------------------------------------------------------------ */

static void rest(long usec) {
        (void)nanosleep(&(struct timespec){.tv_nsec = usec * 1000}, NULL);
}

/* Reads it over and over; each time it has to be one of the two. Ends by SIGTERM's flag file. */
static void reader(const Place *p, const Buffer *one, const Buffer *other) {
        _cleanup_free_ char *stop = path_join(p->dir, "stop");
        unsigned reads = 0;

        while (access(stop, F_OK) < 0) {
                _cleanup_(buffer_done) Buffer got = {0};

                file_read(p->hosts, &got);
                reads++;
                if ((got.len != one->len || memcmp(got.data, one->data, got.len) != 0) &&
                        (got.len != other->len || memcmp(got.data, other->data, got.len) != 0))
                        _exit(1);
        }
        _exit(reads > 10 ? 0 : 2);
}

static void test_a_reader_never_sees_a_part_of_the_file(void **state) {
        _cleanup_(buffer_done) Buffer foreign = {0}, with = {0};
        Place *p = *state;
        _cleanup_free_ char *stop = path_join(p->dir, "stop");
        pid_t pids[2];
        int status;

        while (foreign.len < 1000000)
                (void)buffer_puts(&foreign, "0.0.0.0 ads.example\n");
        file_write(p->hosts, foreign.data, foreign.len);
        fixture_block(N, &with);
        (void)buffer_add(&with, foreign.data, foreign.len);
        for (int i = 0; i < 2; i++)
                if ((pids[i] = fork()) == 0)
                        reader(p, &foreign, &with);
        for (unsigned i = 0; i < 60; i++)
                assert_int_equal(apply(p, i % 2 ? 0 : N), HOSTS_WRITTEN);
        rest(100000);
        file_write(stop, "", 0);
        for (int i = 0; i < 2; i++) {
                assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
                assert_int_equal(status, 0);
        }
}

enum { EDITS = 2000 };

/* A program of the user's: `echo >> hosts`, over and over. */
static void append_lines(const Place *p) {
        for (int i = 0; i < EDITS; i++) {
                int fd = open(p->hosts, O_WRONLY | O_APPEND | O_CLOEXEC);

                if (fd < 0 || dprintf(fd, "10.0.0.1 edit%d\n", i) < 0 || close(fd) < 0)
                        _exit(1);
                rest(500);
        }
        _exit(0);
}

/* And an editor that saves by rename. */
static void rename_lines(const Place *p) {
        _cleanup_free_ char *temp = path_join(p->dir, "temp");
        _cleanup_(buffer_done) Buffer text = {0};

        for (int i = 0; i < EDITS; i++) {
                file_read(p->hosts, &text);
                (void)buffer_printf(&text, "10.0.0.1 edit%d\n", i);
                file_write(temp, text.data, text.len);
                if (rename(temp, p->hosts) < 0)
                        _exit(1);
                rest(500);
        }
        _exit(0);
}

static unsigned count_lost(Place *p, void (*edit)(const Place *)) {
        _cleanup_(buffer_done) Buffer file = {0};
        unsigned rounds = 0, lost = 0;
        int status = 1;
        pid_t pid;

        file_write(p->hosts, "a\n", 2);
        pid = fork();
        if (pid == 0)
                edit(p);
        for (int r; waitpid(pid, &status, WNOHANG) == 0; rounds++) {
                r = apply(p, rounds % 2 ? 0 : N);
                assert_true(r >= 0 || r == -EAGAIN);
        }
        assert_int_equal(status, 0);
        assert_true(apply(p, 0) >= 0);
        file_read(p->hosts, &file);
        for (int i = 0; i < EDITS; i++) {
                char line[64];

                (void)snprintf(line, sizeof(line), "10.0.0.1 edit%d\n", i);
                lost += !strstr(file.data, line);
        }
        print_message("# %u rounds, %u of %d lines lost\n", rounds, lost, EDITS);
        return lost;
}

static void test_what_somebody_writes_meanwhile_is_not_lost(void **state) {
        assert_int_equal(count_lost(*state, append_lines), 0);
        assert_int_equal(count_lost(*state, rename_lines), 0);
}

static void test_one_who_never_closes_the_file_does_not_keep_it_shut(void **state) {
        _cleanup_(buffer_done) Buffer foreign = {0};
        _cleanup_close_ int fd = -1;
        Place *p = *state;

        (void)buffer_puts(&foreign, "a\n");
        file_write(p->hosts, "a\n", 2);
        fd = open(p->hosts, O_WRONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(apply(p, N), HOSTS_WRITTEN);
        assert_applied(p, N, &foreign);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                PLACE_TEST(test_the_hosts_files_of_distributions_come_back_byte_for_byte),
                PLACE_TEST(test_a_file_that_agrees_is_not_touched),
                PLACE_TEST(test_every_change_of_every_line_is_repaired),
                PLACE_TEST(test_lines_in_another_order_are_repaired),
                PLACE_TEST(test_a_block_that_somebody_moved_or_doubled_is_repaired),
                PLACE_TEST(test_edits_above_between_and_below_our_lines_are_kept),
                PLACE_TEST(test_a_random_file_is_its_foreign_bytes_after_apply_and_lift),
                PLACE_TEST(test_ten_megabytes_with_our_lines_strewn_about_come_back),
                PLACE_TEST(test_a_file_that_is_not_there_is_made_when_there_is_something_to_hold),
                PLACE_TEST(test_owner_mode_and_attributes_are_kept),
                PLACE_TEST(test_the_folders_default_acl_is_not_given_to_the_file),
                PLACE_TEST(test_a_symbolic_link_stays_one_and_its_target_is_written),
                PLACE_TEST(test_what_is_no_file_is_told_and_left_alone),
                PLACE_TEST(test_a_stale_file_of_ours_does_not_stand_in_the_way),
                PLACE_TEST(test_a_bind_mount_is_written_in_place),
                PLACE_TEST(test_a_writable_file_in_a_read_only_folder_is_written_in_place),
                PLACE_TEST(test_a_read_only_file_system_is_told_and_read_all_the_same),
                PLACE_TEST(test_a_full_disk_is_told_and_changes_nothing),
                PLACE_TEST(test_a_full_disk_changes_nothing_in_place),
                PLACE_TEST(test_a_reader_never_sees_a_part_of_the_file),
                PLACE_TEST(test_what_somebody_writes_meanwhile_is_not_lost),
                PLACE_TEST(test_one_who_never_closes_the_file_does_not_keep_it_shut),
        };

        may_mount = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
                    mount(NULL, "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
        if (!may_mount)
                print_message("# mounts need root: their tests are left out\n");
        return cmocka_run_group_tests_name("hosts-file", tests, NULL, NULL);
}
