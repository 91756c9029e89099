/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What does it cost to know whether a notification names somebody? The judge and the matcher on a
 * notification of 300 bytes that names nobody, with 10 identities and with 10,000; beside them, in
 * the same rounds and on the same text: GNU grep -F on a file of such texts, PCRE2's JIT with an
 * alternation of the names, and fnmatch() over one pattern for each name, which is how dunst
 * matches its rules. The others fold no letters, decode no entities and know no word boundaries but
 * where said. It decides nothing. */

#include "bench/series.h"
#include "common/buffer.h"
#include "core/judge.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fcntl.h>
#include <fnmatch.h>
#include <pcre2.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
        ROUNDS = 21,
        TEXT_LEN = 300,
        GREP_LINES = 20000,
        PCRE_NAMES = 1000, /* in one alternation: what PCRE2 as Debian builds it compiles */
        PCRE_MAX = 10,
};

#define PERSON "0190000000007000800000000000000a"
#define ENOUGH 4.0 /* milliseconds that a round of one series takes at least */

extern char **environ;

typedef struct Field {
        unsigned n;   /* names */
        char **names; /* of n identities, none of which is in the text */
        char summary[40], body[TEXT_LEN];
        Rules *rules;
        pcre2_code *codes[PCRE_MAX];
        unsigned n_codes;
        pcre2_match_data *match;
        char **patterns; /* for fnmatch() */
        char names_file[64], texts_file[64];
} Field;

static void must(bool ok, const char *what) {
        if (ok)
                return;
        (void)fprintf(stderr, "bench-match: %s\n", what);
        exit(1);
}

/* --- the field ------------------------------------------------------------------------------- */

static char *name_make(unsigned i) {
        static const char *const first[] = {"Alexandra", "Robin", "Kim", "Samira", "Jonas", "Ines",
                "Theo", "Marla", "Yusuf", "Greta"};
        char *name;

        must(asprintf(&name, "%s Known%u", first[i % ARRAY_LEN(first)], i * 7919U % 100003U) > 0,
                "memory");
        return name;
}

static void tell(State *s, EventKind kind, json_t *data) {
        Event ev = {
                .seq = s->seq + 1, .kind = kind, .recorded_usec = 1, .at_usec = 1, .data = data};

        (void)snprintf(ev.uid, sizeof(ev.uid), "019000000000700080000000%08llx",
                (unsigned long long)ev.seq);
        (void)snprintf(ev.person, sizeof(ev.person), "%s", PERSON);
        must(data && state_apply(s, &ev) >= 0, "the state");
        event_done(&ev);
}

static void make_rules(Field *f) {
        State *s;

        must(state_new(&s) >= 0, "memory");
        tell(s, EVENT_PERSON_ADDED, json_pack("{s:s, s:s}", "name", f->names[0], "mode", "full"));
        tell(s, EVENT_COMMITMENT_BEGUN,
                json_pack("{s:i, s:I}", "days", 30, "ends", (json_int_t)1 << 52));
        for (unsigned i = 1; i < f->n; i++)
                tell(s, EVENT_IDENTITY_ADDED,
                        json_pack("{s:s, s:s}", "kind", "name", "value", f->names[i]));
        must(rules_new(s, &f->rules) >= 0, "the rules");
        state_free(s);
}

static pcre2_code *make_alternation(char **names, unsigned n) {
        _cleanup_(buffer_done) Buffer b = {0};
        PCRE2_SIZE offset;
        pcre2_code *code;
        int error;

        for (unsigned i = 0; i < n; i++)
                must(buffer_add(&b, i ? "|" : "", i ? 1 : 0) >= 0 &&
                                buffer_add(&b, names[i], strlen(names[i])) >= 0,
                        "memory");
        code = pcre2_compile(
                (PCRE2_SPTR)b.data, b.len, PCRE2_UTF | PCRE2_CASELESS, &error, &offset, NULL);
        must(code && pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0, "PCRE2");
        return code;
}

static void make_pcre(Field *f) {
        for (unsigned i = 0; i < f->n; i += PCRE_NAMES)
                f->codes[f->n_codes++] =
                        make_alternation(f->names + i, MIN((unsigned)PCRE_NAMES, f->n - i));
        f->match = pcre2_match_data_create(1, NULL);
        must(f->match, "memory");
}

static FILE *open_temporary(char name[static 64]) {
        int fd;

        (void)snprintf(name, 64, "/tmp/bench-match.XXXXXX");
        fd = mkstemp(name);
        must(fd >= 0, "a file");
        return fdopen(fd, "w");
}

static void make_files(Field *f) {
        FILE *names = open_temporary(f->names_file), *texts = open_temporary(f->texts_file);

        for (unsigned i = 0; i < f->n; i++)
                (void)fprintf(names, "%s\n", f->names[i]);
        for (unsigned i = 0; i < GREP_LINES; i++)
                (void)fprintf(texts, "%s %s\n", f->summary, f->body);
        must(fclose(names) == 0 && fclose(texts) == 0, "a file");
}

static void field_make(Field *f, unsigned n) {
        static const char prose[] =
                "The walk on Sunday begins at nine by the bridge; bring bread and "
                "a coat, since rain is likely. ";
        size_t len;

        *f = (Field){
                .n = n, .names = calloc(n, sizeof(char *)), .patterns = calloc(n, sizeof(char *))};
        must(f->names && f->patterns, "memory");
        (void)snprintf(f->summary, sizeof(f->summary), "Walking Group");
        len = TEXT_LEN - strlen(f->summary);
        for (size_t i = 0; i < len; i++)
                f->body[i] = prose[i % (sizeof(prose) - 1)];
        for (unsigned i = 0; i < n; i++) {
                f->names[i] = name_make(i);
                must(asprintf(&f->patterns[i], "*%s*", f->names[i]) > 0, "memory");
        }
        make_rules(f);
        make_pcre(f);
        make_files(f);
}

static void field_done(Field *f) {
        for (unsigned i = 0; i < f->n; i++) {
                free(f->names[i]);
                free(f->patterns[i]);
        }
        free(f->names);
        free(f->patterns);
        rules_free(f->rules);
        pcre2_match_data_free(f->match);
        for (unsigned i = 0; i < f->n_codes; i++)
                pcre2_code_free(f->codes[i]);
        (void)unlink(f->names_file);
        (void)unlink(f->texts_file);
}

/* --- what is measured: each finds nothing --------------------------------------------------------
 */

static int run_judge(Field *f) {
        Verdict v;

        return judge_notice(f->rules, &(Notice){"Messages", "org.example", f->summary, f->body}, 2,
                (LocalTime){0}, &v);
}

static int run_matcher(Field *f) {
        const Matcher *m = f->rules->texts[MODE_FULL];
        TextMatch match;

        return matcher_find(m, f->summary, strlen(f->summary), TEXT_PLAIN, &match) +
               matcher_find(m, f->body, strlen(f->body), TEXT_MARKUP, &match);
}

static bool pcre_finds(const Field *f, const pcre2_code *code, const char *text) {
        return pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, f->match, NULL) >= 0;
}

static int run_pcre(Field *f) {
        int found = 0;

        for (unsigned i = 0; i < f->n_codes; i++)
                found += pcre_finds(f, f->codes[i], f->summary) ||
                         pcre_finds(f, f->codes[i], f->body);
        return found;
}

static int run_fnmatch(Field *f) {
        int found = 0;

        for (unsigned i = 0; i < f->n; i++)
                found += fnmatch(f->patterns[i], f->summary, 0) == 0 ||
                         fnmatch(f->patterns[i], f->body, 0) == 0;
        return found;
}

/* Milliseconds of one call, from as many as take long enough to be measured. */
static double timed(int (*run)(Field *), Field *f) {
        double start = now_msec(), took = 0.0;
        unsigned calls = 0, batch = 1;

        while (took < ENOUGH) {
                for (unsigned i = 0; i < batch; i++)
                        must(run(f) == 0, "found what is not there");
                calls += batch;
                took = now_msec() - start;
                batch *= 2;
        }
        return took / calls;
}

/* The same of GNU grep: a whole run over the file of texts, less one over an empty file, which
 * reads the names and ends. */
static double grep_once(const Field *f, const char *flag, const char *texts) {
        char *argv[] = {(char *)"grep", (char *)flag, (char *)"-c", (char *)"-f",
                (char *)f->names_file, (char *)texts, NULL};
        posix_spawn_file_actions_t quiet;
        double start = now_msec();
        int status;
        pid_t pid;

        (void)posix_spawn_file_actions_init(&quiet);
        (void)posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        must(posix_spawnp(&pid, "grep", &quiet, NULL, argv, environ) == 0 &&
                        waitpid(pid, &status, 0) == pid,
                "grep");
        (void)posix_spawn_file_actions_destroy(&quiet);
        return now_msec() - start;
}

static double timed_grep(const Field *f, const char *flag) {
        double whole = grep_once(f, flag, f->texts_file), start = grep_once(f, flag, "/dev/null");

        return MAX(whole - start, 0.0) / GREP_LINES;
}

/* --- the table ------------------------------------------------------------------------------- */

enum { JUDGE, MATCHER, GREP, GREP_CASELESS, PCRE, FNMATCH, N_SERIES };

static const char *const titles[N_SERIES] = {
        [JUDGE] = "judge, title and body",
        [MATCHER] = "matcher, title and body",
        [GREP] = "grep -F",
        [GREP_CASELESS] = "grep -F -i",
        [PCRE] = "PCRE2 JIT, caseless",
        [FNMATCH] = "fnmatch, as dunst's rules",
};

static void measure(Field *f, Series series[N_SERIES]) {
        for (unsigned round = 0; round < ROUNDS; round++) {
                series[JUDGE].msec[round] = timed(run_judge, f);
                series[MATCHER].msec[round] = timed(run_matcher, f);
                series[GREP].msec[round] = timed_grep(f, "-F");
                series[GREP_CASELESS].msec[round] = timed_grep(f, "-Fi");
                series[PCRE].msec[round] = timed(run_pcre, f);
                series[FNMATCH].msec[round] = timed(run_fnmatch, f);
        }
        for (unsigned i = 0; i < N_SERIES; i++) {
                series[i].n = ROUNDS;
                /* microseconds from here on */
                for (unsigned round = 0; round < ROUNDS; round++)
                        series[i].msec[round] *= 1000.0;
        }
}

int main(void) {
        static const unsigned sizes[] = {10, 10000};
        static Series series[ARRAY_LEN(sizes)][N_SERIES];

        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
                Field f;

                field_make(&f, sizes[i]);
                measure(&f, series[i]);
                field_done(&f);
                printf("match: a notification of %d bytes against %u identities (us)\n"
                       "  %-34s %4s   %7s %7s %7s   %6s\n",
                        TEXT_LEN, sizes[i], "", "n", "p50", "p95", "max", "ratio");
                for (unsigned j = 0; j < N_SERIES; j++)
                        series_print(titles[j], &series[i][j], &series[i][MATCHER]);
        }
        printf("  matcher, 10,000 identities over 10: %.2f\n",
                series_quantile(&series[1][MATCHER], 0.5) /
                        series_quantile(&series[0][MATCHER], 0.5));
        return 0;
}
