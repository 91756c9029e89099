/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The file of rules that the relay reads: it says what the state says, is the user's alone, is
 * written only when it must be, and is whole whatever fails. */

#include "daemon/rules-file.h"

#include "core/snapshot.h"
#include "unit/held-fixture.h"
#include "unit/ledger-fixture.h"

#include <errno.h>
#include <sys/wait.h>

typedef struct Room {
        char *dir;
        State *s;
        RulesFile *f;
} Room;

static int room_setup(void **state) {
        Room *room = calloc(1, sizeof(*room));

        assert_non_null(room);
        room->dir = fixture_folder();
        assert_int_equal(state_new(&room->s), 0);
        assert_int_equal(rules_file_new(room->dir, &room->f), 0);
        story_begin(room->s, ALEX, NOON, 30);
        *state = room;
        return 0;
}

static int room_teardown(void **state) {
        Room *room = *state;

        rules_file_free(room->f);
        state_free(room->s);
        (void)chmod(room->dir, 0700);
        held_remove_tree(room->dir);
        free(room->dir);
        free(room);
        return 0;
}

static char *file_of(const Room *room) {
        return path_join(room->dir, SNAPSHOT_FILE);
}

static struct stat stat_of(const Room *room) {
        _cleanup_free_ char *path = file_of(room);
        struct stat st;

        assert_int_equal(lstat(path, &st), 0);
        return st;
}

/* What the relay would make of it; the caller frees. */
static State *read_back(const Room *room) {
        _cleanup_close_ int folder = open(room->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(file_map_done) FileMap map = {0};
        State *s = NULL;

        assert_int_equal(file_map(folder, SNAPSHOT_FILE, SNAPSHOT_MAX, &map), 0);
        assert_int_equal(snapshot_read(map.data, map.len, &s), 0);
        return s;
}

static void assert_file_names(const Room *room, size_t people) {
        State *s = read_back(room);

        assert_int_equal(s->n_people, people);
        state_free(s);
}

static void test_it_is_written_for_the_user_alone(void **state) {
        Room *room = *state;
        mode_t mask = umask(0);
        int r = rules_file_follow(room->f, room->s);

        (void)umask(mask);
        assert_int_equal(r, 1);
        assert_int_equal(stat_of(room).st_mode & 07777, 0600);
        assert_file_names(room, 1);
        assert_int_equal(held_count(room->dir, ""), 1);
}

static void test_it_is_written_when_the_rules_change_and_only_then(void **state) {
        Room *room = *state;
        ino_t before;

        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        before = stat_of(room).st_ino;
        assert_int_equal(rules_file_follow(room->f, room->s), 0);
        (void)story_tell(room->s, EVENT_SLIP, ALEX, NOON + DAY, json_object());
        assert_int_equal(rules_file_follow(room->f, room->s), 0);
        assert_int_equal(stat_of(room).st_ino, before);

        (void)story_tell(
                room->s, EVENT_IDENTITY_ADDED, ALEX, NOON + DAY, identity_data("name", "Lex"));
        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        (void)story_tell(room->s, EVENT_COMMITMENT_ENDED, ALEX, NOON + 40 * DAY,
                json_pack("{s:s}", "reason", "completed"));
        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        assert_file_names(room, 0);
}

/* As after a start of the daemon: what lies there is what counts. */
static void test_what_was_spoiled_or_opened_is_made_good(void **state) {
        Room *room = *state;
        _cleanup_free_ char *path = file_of(room);

        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        assert_int_equal(chmod(path, 0644), 0);
        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        assert_int_equal(stat_of(room).st_mode & 07777, 0600);
        assert_int_equal(truncate(path, 10), 0);
        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink("/etc/passwd", path), 0);
        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        assert_true(S_ISREG(stat_of(room).st_mode));
        assert_file_names(room, 1);
}

static void test_the_probe_comes_and_goes(void **state) {
        Room *room = *state;

        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        assert_int_equal(rules_file_probe(room->f, "probe-7f3a91"), 0);
        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        assert_file_names(room, 2);
        assert_int_equal(rules_file_probe(room->f, NULL), 0);
        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        assert_file_names(room, 1);
}

static void test_a_full_disk_leaves_the_older_rules(void **state) {
        Room *room = *state;

        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        (void)story_tell(
                room->s, EVENT_IDENTITY_ADDED, ALEX, NOON + DAY, identity_data("name", "Lex"));
        disk_is_full(true);
        assert_int_equal(rules_file_follow(room->f, room->s), -EFBIG);
        disk_is_full(false);
        assert_file_names(room, 1);
        assert_int_equal(held_count(room->dir, ""), 1);
        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        assert_file_names(room, 1);
}

/* kill -9 while it is written, again and again: what lies there can always be read. */
static void test_a_crash_leaves_whole_rules(void **state) {
        Room *room = *state;

        assert_int_equal(rules_file_follow(room->f, room->s), 1);
        for (unsigned i = 0; i < 40; i++) {
                pid_t pid = fork();

                assert_true(pid >= 0);
                if (pid == 0) {
                        char word[16];

                        for (unsigned n = 0;; n++) {
                                (void)snprintf(word, sizeof(word), "probe-%u", n);
                                if (rules_file_probe(room->f, word) < 0 ||
                                        rules_file_follow(room->f, room->s) < 0)
                                        _exit(1);
                        }
                }
                (void)usleep(200 + i * 137 % 3000);
                assert_int_equal(kill(pid, SIGKILL), 0);
                assert_int_equal(waitpid(pid, NULL, 0), pid);
                state_free(read_back(room));
        }
        assert_true(rules_file_follow(room->f, room->s) >= 0);
        assert_file_names(room, 1);
}

#define test(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(test_it_is_written_for_the_user_alone),
                test(test_it_is_written_when_the_rules_change_and_only_then),
                test(test_what_was_spoiled_or_opened_is_made_good),
                test(test_the_probe_comes_and_goes),
                test(test_a_full_disk_leaves_the_older_rules),
                test(test_a_crash_leaves_whole_rules),
        };
        return cmocka_run_group_tests_name("rules-file", tests, NULL, NULL);
}
