/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Judges many addresses, for a bench that compares ways to do so. First it writes what it and the
 * others are asked: FOLDER/urls, of which one of a hundred is somebody's, and FOLDER/rules, each
 * either the start of a profile's address or a domain. The first ten rules have all the hits.
 *
 * Then each line that it reads is "RULES EACH": so many rules, and every EACH-th address. Its
 * answer is the line "NANOSECONDS HITS SUM": of the processor for one address, how many were
 * somebody's, and a sum of which.
 *
 *   url-match FOLDER URLS RULES */

#include "core/judge.h"
#include "unit/random.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define PERSON "0190000000007000800000000000000a"

enum { HITTING = 10, DOMAIN_EVERY = 5 };

static void must(bool ok, const char *what) {
        if (ok)
                return;
        (void)fprintf(stderr, "url-match: %s\n", what);
        exit(1);
}

static double now_nsec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
        return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* --- what is asked --------------------------------------------------------------------------- */

static char *rule_text(unsigned n) {
        char *text;

        must(asprintf(&text, n % DOMAIN_EVERY ? "instagram.com/known.%u/" : "known-%u.example", n) >
                        0,
                "memory");
        return text;
}

static unsigned pick(Random *r, unsigned n) {
        return (unsigned)random_below(r, n);
}

static const char *word(Random *r) {
        static const char *const words[] = {"news", "north", "daily", "garden", "market", "photo",
                "music", "forum", "travel", "kitchen", "science", "weather", "library", "studio",
                "harbour", "letters", "sport", "maps", "archive", "school"};

        return words[pick(r, ARRAY_LEN(words))];
}

static char *make_path(Random *r, const char *start) {
        char *path = strdup(start), *longer;

        for (unsigned i = pick(r, 4); i > 0; i--) {
                must(asprintf(&longer, "%s%s-%u/", path, word(r), pick(r, 10000)) > 0, "memory");
                free(path);
                path = longer;
        }
        if (pick(r, 3) > 0)
                return path;
        must(asprintf(&longer, "%s?%s=%u&ref=%s", path, word(r), pick(r, 100000), word(r)) > 0,
                "memory");
        free(path);
        return longer;
}

static char *make_url(Random *r, unsigned i) {
        _cleanup_free_ char *theirs = rule_text(1 + pick(r, HITTING)), *start = NULL;
        unsigned n = pick(r, 100000);
        int made;

        if (i % 100 == 0)
                made = asprintf(&start, "https://%s%s", theirs, strchr(theirs, '/') ? "" : "/");
        else if (i % 10 == 1)
                made = asprintf(&start, "https://www.instagram.com/friend.%u/", n);
        else if (i % 10 == 2)
                made = asprintf(&start, "https://www.instagram.com/p/C%x/", n);
        else
                made = asprintf(&start, "https://www.%s%s-%u.example/", word(r), word(r), n % 500);
        must(made > 0, "memory");
        return make_path(r, start);
}

static void write_lines(const char *folder, const char *name, char **lines, unsigned n) {
        _cleanup_free_ char *path = NULL;
        FILE *f;

        must(asprintf(&path, "%s/%s", folder, name) > 0, "memory");
        f = fopen(path, "we");
        must(f, "a file");
        for (unsigned i = 0; i < n; i++)
                (void)fprintf(f, "%s\n", lines[i]);
        must(fclose(f) == 0, "a file");
}

/* --- the judge ------------------------------------------------------------------------------- */

static void tell(State *s, EventKind kind, json_t *data) {
        Event ev = {
                .seq = s->seq + 1, .kind = kind, .recorded_usec = 1, .at_usec = 1, .data = data};

        (void)snprintf(ev.uid, sizeof(ev.uid), "019000000000700080000000%08llx",
                (unsigned long long)ev.seq);
        (void)snprintf(ev.person, sizeof(ev.person), "%s", PERSON);
        must(data && state_apply(s, &ev) >= 0, "the state");
        event_done(&ev);
}

static void tell_identity(State *s, const char *rule) {
        bool domain = !strchr(rule, '/');
        _cleanup_free_ char *value = NULL;
        Identity id = {0};

        must(asprintf(&value, "%s%s", domain ? "" : "https://www.", rule) > 0, "memory");
        must(identity_parse(domain ? IDENTITY_DOMAIN : IDENTITY_PROFILE, value, &id, NULL) >= 0,
                "an identity");
        tell(s, EVENT_IDENTITY_ADDED,
                json_pack("{s:s, s:s}", "kind", identity_kind_name(id.kind), "value", id.value));
        identity_done(&id);
}

static Rules *make_rules(char **rules, unsigned n) {
        Rules *made = NULL;
        State *s;

        must(state_new(&s) >= 0, "memory");
        tell(s, EVENT_PERSON_ADDED, json_pack("{s:s, s:s}", "name", "Robin Vale", "mode", "full"));
        tell(s, EVENT_COMMITMENT_BEGUN,
                json_pack("{s:i, s:I}", "days", 30, "ends", (json_int_t)1 << 52));
        for (unsigned i = 0; i < n; i++)
                tell_identity(s, rules[i]);
        must(rules_new(s, &made) >= 0, "the rules");
        state_free(s);
        return made;
}

static void judge_all(const Rules *rules, char **urls, unsigned n, unsigned each) {
        unsigned long long hits = 0, sum = 0, judged = 0;
        double start = now_nsec();

        for (unsigned i = 0; i < n; i += each, judged++) {
                Verdict v = {0};

                if (judge_url(rules, urls[i], 2, EVIDENCE_STOPPED, &v) <= 0)
                        continue;
                verdict_done(&v);
                hits++;
                sum += i;
        }
        printf("%.1f %llu %llu\n", (now_nsec() - start) / (double)judged, hits, sum);
        (void)fflush(stdout);
}

int main(int argc, char *argv[]) {
        unsigned n_urls = argc > 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
        unsigned n_rules = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
        char **urls = calloc(n_urls + 1, sizeof(char *)),
             **rules = calloc(n_rules + 1, sizeof(char *));
        Random r = {1};
        char line[32];

        must(n_rules > 0 && urls && rules, "FOLDER URLS RULES");
        for (unsigned i = 0; i < n_rules; i++)
                rules[i] = rule_text(i + 1);
        for (unsigned i = 0; i < n_urls; i++)
                urls[i] = make_url(&r, i);
        write_lines(argv[1], "urls", urls, n_urls);
        write_lines(argv[1], "rules", rules, n_rules);
        printf("ready\n");
        (void)fflush(stdout);

        while (fgets(line, sizeof(line), stdin)) {
                char *rest;
                unsigned some = (unsigned)strtoul(line, &rest, 10);
                unsigned each = (unsigned)strtoul(rest, NULL, 10);
                Rules *made = make_rules(rules, MIN(some, n_rules));

                judge_all(made, urls, n_urls, MAX(each, 1U));
                rules_free(made);
        }
        for (unsigned i = 0; i < n_rules; i++)
                free(rules[i]);
        for (unsigned i = 0; i < n_urls; i++)
                free(urls[i]);
        free(rules);
        free(urls);
        return 0;
}
