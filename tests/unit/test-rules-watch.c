/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The rules as they change on the disk: a new file is read at once, a damaged one changes nothing.
 */

#include "relay/rules-watch.h"

#include "core/snapshot.h"
#include "unit/spool-fixture.h"
#include "unit/state-fixture.h"

typedef struct Fixture {
        SpoolDir *dir;
        sd_event *event;
        RulesWatch *file;
        char *path, *text; /* of the file, and what is in it when it is good */
        unsigned told;
        size_t people; /* in the last rules told */
        bool none;     /* they were none */
        int refuses;   /* what the owner says to them */
} Fixture;

static int on_rules(void *userdata, const State *rules) {
        Fixture *f = userdata;

        f->told++;
        f->none = !rules;
        f->people = rules ? rules->n_people : 0;
        return f->refuses;
}

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));
        State *s;

        assert_non_null(f);
        (void)spool_dir_setup((void **)&f->dir);
        f->path = path_join(f->dir->data, SNAPSHOT_FILE);
        assert_int_equal(sd_event_new(&f->event), 0);
        assert_int_equal(state_new(&s), 0);
        tell_a_rich_story(s);
        assert_int_equal(snapshot_write(s, NULL, &f->text), 0);
        state_free(s);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        rules_watch_free(f->file);
        sd_event_unref(f->event);
        (void)spool_dir_teardown((void **)&f->dir);
        free(f->path);
        free(f->text);
        free(f);
        return 0;
}

static void write_file(const Fixture *f, const char *text) {
        _cleanup_free_ char *second = path_join(f->dir->data, "rules.new");
        FILE *file = fopen(second, "we");

        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(rename(second, f->path), 0);
}

static void watch(Fixture *f) {
        assert_int_equal(rules_watch_new(f->event, f->dir->data, on_rules, f, &f->file), 0);
}

/* Everything that inotify has to say. */
static void settle(Fixture *f) {
        int r;

        while ((r = sd_event_run(f->event, 100 * USEC_PER_MSEC)) > 0)
                ;
        assert_int_equal(r, 0);
}

static void test_no_file_is_no_rules(void **state) {
        Fixture *f = *state;

        watch(f);
        assert_int_equal(f->told, 1);
        assert_true(f->none);
}

static void test_what_is_there_is_read_at_once(void **state) {
        Fixture *f = *state;

        write_file(f, f->text);
        watch(f);
        assert_int_equal(f->told, 1);
        assert_int_equal(f->people, 1);
}

static void test_a_new_file_is_read(void **state) {
        Fixture *f = *state;

        watch(f);
        write_file(f, f->text);
        settle(f);
        assert_int_equal(f->told, 2);
        assert_int_equal(f->people, 1);
        assert_int_equal(unlink(f->path), 0);
        settle(f);
        assert_int_equal(f->told, 3);
        assert_true(f->none);
}

static void test_a_damaged_file_changes_nothing(void **state) {
        Fixture *f = *state;
        size_t len = strlen(f->text);

        write_file(f, f->text);
        watch(f);
        write_file(f, "");
        settle(f);
        write_file(f, "no rules");
        settle(f);
        f->text[len / 2] = '\0';
        write_file(f, f->text);
        settle(f);
        assert_int_equal(unlink(f->path), 0);
        assert_int_equal(mkdir(f->path, 0700), 0);
        settle(f);
        assert_false(f->none);
        assert_int_equal(f->people, 1);
}

static void test_other_files_are_not_its_business(void **state) {
        Fixture *f = *state;
        _cleanup_free_ char *other = path_join(f->dir->data, "other");
        FILE *file;

        watch(f);
        file = fopen(other, "we");
        assert_non_null(file);
        (void)fclose(file);
        settle(f);
        assert_int_equal(f->told, 1);
}

static void test_a_folder_that_comes_back_is_watched_again(void **state) {
        Fixture *f = *state;
        _cleanup_free_ char *moved = NULL;

        assert_true(asprintf(&moved, "%s-moved", f->dir->data) > 0);
        write_file(f, f->text);
        watch(f);
        assert_int_equal(rename(f->dir->data, moved), 0);
        settle(f);
        assert_true(f->none);
        write_file(f, f->text);
        settle(f);
        assert_int_equal(f->people, 1);
        assert_int_equal(nftw(moved, spool_dir_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(test_no_file_is_no_rules),
                T(test_what_is_there_is_read_at_once),
                T(test_a_new_file_is_read),
                T(test_a_damaged_file_changes_nothing),
                T(test_other_files_are_not_its_business),
                T(test_a_folder_that_comes_back_is_watched_again),
        };
        return cmocka_run_group_tests_name("rules-watch", tests, NULL, NULL);
}
