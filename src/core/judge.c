/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Decides whether something that was seen concerns a person, and what it counts as. It records
 * nothing and shows nothing. */

#include "core/judge.h"

#include "common/time.h"
#include "core/text.h"
#include "core/title.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <stdio.h>

void verdict_done(Verdict *v) {
        free(v->key);
        v->key = NULL;
}

/* --- sources --------------------------------------------------------------------------------- */

static const struct {
        const char *name;
        Evidence evidence;
} sources[] = {
        {"history", EVIDENCE_SHOWN},     /* the browser wrote it down */
        {"manual", EVIDENCE_SHOWN},      /* the user says so */
        {"extension", EVIDENCE_STOPPED}, /* stopped before it was painted */
        {"policy", EVIDENCE_STOPPED},    /* the browser's managed block list */
        {"sinkhole", EVIDENCE_STOPPED},  /* the connection ended at our own address */
};

static bool channel_valid(const char *channel) {
        size_t len = strspn(
                channel, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

        return channel[len] == '\0' && len <= NC_LIMIT_CHANNEL_LEN;
}

int source_parse(const char *text, Source *ret) {
        size_t len = strcspn(text, ":");
        const char *channel = text[len] == ':' ? text + len + 1 : text + len;

        for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
                if (strlen(sources[i].name) != len || strncmp(sources[i].name, text, len) != 0)
                        continue;
                if (!channel_valid(channel))
                        return -EINVAL;
                *ret = (Source){
                        .name = sources[i].name,
                        .channel = channel[0] != '\0' ? channel : sources[i].name,
                        .evidence = sources[i].evidence,
                };
                return 0;
        }
        return -EINVAL;
}

/* --- visits ---------------------------------------------------------------------------------- */

static const struct {
        const char *via, *why;
        const char *key; /* put before the index's key: another way is another visit */
} url_words[] = {
        [URL_VIA_PROFILE] = {"profile", N_("This is their profile, or a page that belongs to it."),
                ""},
        [URL_VIA_VIEWER] = {"viewer", N_("This shows their profile through another site."),
                "viewer:"},
        [URL_VIA_PAGE] = {"page", N_("This is a page of theirs."), ""},
        [URL_VIA_DOMAIN] = {"domain", N_("This is their own site."), ""},
        [URL_VIA_PLATFORM] = {"platform", N_("This is a platform that you shut."), ""},
};

/* Does the match name the person beyond doubt: a number, an address, a name of several words, or
 * a text that is nothing but the name? "Lex" alone is Alex; "lex luthor films" and "will call
 * you" are not. */
static bool names_surely(const TextMatch *m) {
        bool may_be_a_word = m->kind == IDENTITY_NAME || m->kind == IDENTITY_HANDLE ||
                             m->kind == IDENTITY_PROFILE;

        return !may_be_a_word || m->words > 1 || m->whole;
}

static char *search_key(const char *text) {
        _cleanup_free_ char *folded = NULL;
        size_t len;
        char *key;

        if (text_fold(text, strlen(text), TEXT_PLAIN, &folded, &len) < 0)
                return NULL;
        return asprintf(&key, "search:%s", folded) < 0 ? NULL : key;
}

static int find_search(const Rules *rules, const char *text, uint64_t at_usec, TextMatch *ret) {
        for (int mode = 0; mode < _MODE_MAX; mode++) {
                int r = matcher_find(rules->texts[mode], text, strlen(text), TEXT_PLAIN, ret);

                if (r < 0)
                        return r;
                if (r > 0 && at_usec >= ret->rule.since_usec && names_surely(ret))
                        return 1;
        }
        return 0;
}

static int judge_search(const Rules *rules, const Url *url, uint64_t at_usec, Verdict *ret) {
        _cleanup_free_ char *text = NULL;
        TextMatch match;
        char *key;
        int r;

        r = url_search_text(url, &text);
        if (r <= 0)
                return r;
        r = find_search(rules, text, at_usec, &match);
        if (r <= 0)
                return r;
        key = search_key(text);
        if (!key)
                return -ENOMEM;
        *ret = (Verdict){
                .person = match.rule.person,
                .grade = GRADE_ATTEMPT,
                .via = "search",
                .why = N_("This is a search for them."),
                .key = key,
        };
        return 1;
}

static int visit_verdict(const UrlMatch *match, Evidence evidence, Verdict *ret) {
        bool theirs = match->via != URL_VIA_PLATFORM;
        char *key;

        if (asprintf(&key, "%s%s", url_words[match->via].key, match->key) < 0)
                return -ENOMEM;
        *ret = (Verdict){
                .person = match->rule.person,
                .grade = theirs && evidence == EVIDENCE_SHOWN ? GRADE_SLIP : GRADE_ATTEMPT,
                .via = url_words[match->via].via,
                .why = url_words[match->via].why,
                .theirs = theirs,
                .key = key,
        };
        return 1;
}

/* Does an exception let the platform be? `key` is that of a match: "platform:instagram". */
static bool platform_open(const Rules *rules, const char *key, uint64_t at_usec) {
        const char *name = strchr(key, ':') + 1;

        for (size_t i = 0; i < rules->n_exceptions; i++)
                if (streq(rules->exceptions[i].target, name) &&
                        at_usec >= rules->exceptions[i].from_usec &&
                        at_usec < rules->exceptions[i].until_usec)
                        return true;
        return false;
}

/* A page that is in the rules. */
static int judge_match(const Rules *rules, const UrlMatch *match, uint64_t at_usec,
        Evidence evidence, Verdict *ret) {
        if (at_usec < match->rule.since_usec)
                return 0;
        if (match->via == URL_VIA_PLATFORM && platform_open(rules, match->key, at_usec))
                return 0;
        return visit_verdict(match, evidence, ret);
}

int judge_url(
        const Rules *rules, const char *text, uint64_t at_usec, Evidence evidence, Verdict *ret) {
        _cleanup_(url_freep) Url *url = NULL;
        UrlMatch match = {0};
        bool matched;
        int r;

        r = url_parse(text, &url);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = url_index_find(rules->urls, url, &match);
        if (r < 0)
                return r;
        matched = r > 0;
        /* on a blocked platform, that the search there is for them says more than where it is */
        r = matched && match.via != URL_VIA_PLATFORM ? 0 : judge_search(rules, url, at_usec, ret);
        if (r == 0 && matched)
                r = judge_match(rules, &match, at_usec, evidence, ret);
        url_match_done(&match);
        return r;
}

int judge_exposed_url(const Rules *rules, const char *url, uint64_t at_usec) {
        Verdict v = {0};
        int r = judge_url(rules, url, at_usec, EVIDENCE_STOPPED, &v);

        if (r <= 0)
                return r;
        verdict_done(&v);
        return v.theirs;
}

int judge_exposed_name(const Rules *rules, const char *text, uint64_t at_usec) {
        TextMatch match;

        for (int mode = 0; mode < _MODE_MAX; mode++) {
                int r = matcher_find(rules->texts[mode], text, strlen(text), TEXT_PLAIN, &match);

                if (r < 0)
                        return r;
                if (r > 0 && at_usec >= match.rule.since_usec && match.kind == IDENTITY_NAME &&
                        match.words > 1 && match.whole)
                        return 1;
        }
        return 0;
}

Grade judge_merge(Grade recorded, Evidence evidence) {
        return evidence == EVIDENCE_STOPPED && recorded == GRADE_SLIP ? GRADE_ATTEMPT : recorded;
}

/* --- titles ---------------------------------------------------------------------------------- */

typedef struct TitleReading {
        uint64_t at_usec;
        bool is_signed; /* by a platform */
        bool found;
        uint32_t person;
} TitleReading;

static void read_title(void *userdata, const TextMatch *match) {
        TitleReading *t = userdata;
        bool named = match->kind == IDENTITY_NAME && match->words > 1 && t->is_signed;

        if (t->found || t->at_usec < match->rule.since_usec || (!match->marked && !named))
                return;
        t->found = true;
        t->person = match->rule.person;
}

int judge_title(const Rules *rules, const char *title, uint64_t at_usec, Verdict *ret) {
        TitleReading reading = {.at_usec = at_usec};
        _cleanup_free_ char *folded = NULL;
        int r;

        r = title_fold(title, &folded);
        if (r < 0)
                return r;
        reading.is_signed = title_names_platform(folded);
        for (int mode = 0; mode < _MODE_MAX && r >= 0 && !reading.found; mode++)
                r = matcher_each(rules->texts[mode], folded, strlen(folded), TEXT_PLAIN, read_title,
                        &reading);
        if (r < 0 || !reading.found)
                return r;
        *ret = (Verdict){
                .person = reading.person,
                .via = "title",
                .why = N_("The title of the page names them."),
                .theirs = true,
        };
        return 1;
}

/* --- texts ----------------------------------------------------------------------------------- */

static const char *const text_whys[_IDENTITY_KIND_MAX] = {
        [IDENTITY_NAME] = N_("It names them."),
        [IDENTITY_PHONE] = N_("It holds their phone number."),
        [IDENTITY_EMAIL] = N_("It holds their e-mail address."),
        [IDENTITY_HANDLE] = N_("It holds their handle."),
        [IDENTITY_PROFILE] = N_("It holds the handle of their profile."),
        [IDENTITY_DOMAIN] = N_("It names their site."),
        [IDENTITY_APP] = N_("It comes from the conversation with them."),
};

/* By the specification a summary is plain text; some applications escape it like a body, and the
 * eye reads "Alex&nbsp;Doe" all the same. */
static int find_summary(const Matcher *m, const char *summary, TextMatch *ret) {
        int r = matcher_find(m, summary, strlen(summary), TEXT_PLAIN, ret);

        if ((r == 0 || (r > 0 && !names_surely(ret))) && strpbrk(summary, "&<"))
                r = matcher_find(m, summary, strlen(summary), TEXT_MARKUP, ret);
        return r;
}

/* The first of conversation, summary and body that names somebody beyond doubt. */
static int find_text(const Matcher *m, const Notice *n, TextMatch *ret) {
        int r;

        r = matcher_find_app(m, n->app, n->summary, ret);
        if (r == 0)
                r = matcher_find_app(m, n->desktop_entry, n->summary, ret);
        if (r == 0)
                r = find_summary(m, n->summary, ret);
        if (r == 0 || (r > 0 && !names_surely(ret)))
                r = matcher_find(m, n->body, strlen(n->body), TEXT_MARKUP, ret);
        return r > 0 && !names_surely(ret) ? 0 : r;
}

int judge_sender_passes(const Rules *rules, const char *app, const char *title) {
        TextMatch match;

        return rules->passes ? matcher_find_app(rules->passes, app, title, &match) : 0;
}

/* Does it pass, whomever it names? */
static int passes(const Rules *rules, const Notice *n) {
        TextMatch match;
        int r;

        if (!rules->passes)
                return 0;
        r = judge_sender_passes(rules, n->app, n->summary);
        if (r == 0)
                r = judge_sender_passes(rules, n->desktop_entry, n->summary);
        if (r == 0)
                r = matcher_find(rules->passes, n->summary, strlen(n->summary), TEXT_PLAIN, &match);
        if (r == 0)
                r = matcher_find(rules->passes, n->body, strlen(n->body), TEXT_MARKUP, &match);
        return r;
}

/* Does the matcher's text name somebody by a rule that reaches it? Returns 1 and a verdict to
 * deliver it, 0 or -ENOMEM. */
static int find_named(const Matcher *m, const Notice *n, uint64_t at_usec, Verdict *ret) {
        TextMatch match;
        int r = find_text(m, n, &match);

        if (r <= 0 || at_usec < match.rule.since_usec)
                return MIN(r, 0);
        *ret = (Verdict){
                .person = match.rule.person,
                .via = identity_kind_name(match.kind),
                .why = text_whys[match.kind],
        };
        return 1;
}

/* Does it name somebody whose hours are not now? */
static int find_closed(
        const Rules *rules, const Notice *n, uint64_t at_usec, LocalTime clock, Verdict *ret) {
        unsigned minute = local_week_minute(clock);
        int r = 0;

        for (size_t i = 0; i < rules->n_hours && r == 0; i++) {
                const RuleHours *h = &rules->hours[i];

                if (hours_contain(&h->hours, minute))
                        continue;
                r = find_named(h->texts, n, at_usec, ret);
                if (r > 0)
                        ret->until_usec = hours_next_opening(&h->hours, clock);
        }
        return r;
}

int judge_notice(
        const Rules *rules, const Notice *n, uint64_t at_usec, LocalTime clock, Verdict *ret) {
        int r = passes(rules, n);

        if (r != 0)
                return MIN(r, 0);
        r = find_named(rules->texts[MODE_FULL], n, at_usec, ret);
        if (r == 0)
                r = find_closed(rules, n, at_usec, clock, ret);
        if (r > 0)
                ret->hold = true;
        return r != 0 ? r : find_named(rules->texts[MODE_LIMITED], n, at_usec, ret);
}
