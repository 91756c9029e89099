/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The client: what was recorded, and a look back on it. It prints nothing,
 * decides nothing, and asks no clock. Used by commands/. */

#include "cli/client/call.h"

enum {
        PAGE = 1000, /* rows of the ledger asked for at once */
};

static void entry_done(Entry *e) {
        free(e->kind);
        free(e->person);
        free(e->grade);
        free(e->channel);
        free(e->target);
        free(e->note);
        free(e->tag);
        *e = (Entry){0};
}

void entries_done(Entries *e) {
        for (size_t i = 0; i < e->n; i++)
                entry_done(&e->items[i]);
        free(e->items);
        *e = (Entries){0};
}

/* A page of the ledger on its way into the list. */
typedef struct Page {
        const EntryFilter *filter;
        Entries *entries;
        uint32_t rows;   /* that came */
        uint64_t before; /* the last of them, where the next page begins */
} Page;

static int read_entry(Message *m, void *list) {
        Page *page = list;
        Entries *entries = page->entries;
        Entry *e = LIST_ADD(entries->items, entries->n, entries->space);
        int corrected, r;

        if (!e)
                return -ENOMEM;
        r = sd_bus_message_read(m, "tt", &e->event, &e->at_usec);
        if (r >= 0)
                r = read_text(m, "s", &e->kind);
        if (r >= 0)
                r = read_text(m, "o", &e->person);
        if (r >= 0)
                r = READ_TEXTS(m, &e->grade, &e->channel, &e->target, &e->note);
        if (r >= 0)
                r = sd_bus_message_read(m, "b", &corrected);
        if (r >= 0)
                r = read_text(m, "s", &e->tag);
        if (r < 0)
                return r;
        e->corrected = corrected != 0;
        page->rows++;
        page->before = e->event;
        if (page->filter->wanted && !page->filter->wanted(e)) {
                entry_done(e);
                entries->n--;
        }
        return 0;
}

/* Asks for the next `rows` rows. */
static int list_page(Client *c, Page *page, uint32_t rows) {
        _cleanup_message_ Message *call = NULL, *m = NULL;
        static const char *const all[] = {NULL};
        const EntryFilter *f = page->filter;
        int r;

        r = client_make_call(c, LEDGER("List"), &call);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, (char **)(f->kinds ? f->kinds : all));
        if (r >= 0)
                r = sd_bus_message_append(
                        call, "otu", f->person ? f->person : "/", page->before, rows);
        if (r >= 0)
                r = client_send(c, call, &m);
        if (r < 0)
                return r;
        page->rows = 0;
        return read_rows(m, &(Rows){"ttsossssbs", read_entry, page});
}

int client_list_entries(Client *c, const EntryFilter *filter, Entries *ret) {
        _cleanup_(entries_done) Entries entries = {0};
        Page page = {.filter = filter, .entries = &entries};
        uint32_t rows = PAGE;
        int r;

        /* without `wanted` each row counts, so no more than the limit need be asked for */
        if (!filter->wanted && filter->limit > 0 && filter->limit < PAGE)
                rows = (uint32_t)filter->limit;
        do {
                r = list_page(c, &page, rows);
                if (r < 0)
                        return r;
        } while (page.rows == rows && (filter->limit == 0 || entries.n < filter->limit));

        while (filter->limit > 0 && entries.n > filter->limit)
                entry_done(&entries.items[--entries.n]);
        *ret = TAKE_STRUCT(entries);
        return 0;
}

int client_record_urge(Client *c, const char *person, uint8_t intensity, const char *note,
        const char *tag, uint64_t *ret_event) {
        return client_call_number(
                c, MANAGER("RecordUrge"), ret_event, "oyss", person, intensity, note, tag);
}

int client_record_relapse(
        Client *c, const char *person, const char *channel, const char *note, uint64_t *ret_event) {
        return client_call_number(
                c, MANAGER("RecordRelapse"), ret_event, "oss", person, channel, note);
}

int client_correct(Client *c, uint64_t event, const char *grade, const char *note) {
        return client_call(c, MANAGER("Correct"), NULL, "tss", event, grade, note);
}

int client_tag(Client *c, uint64_t event, const char *tag) {
        return client_call(c, MANAGER("TagEvent"), NULL, "ts", event, tag);
}

/* Reads an array of exactly `n` numbers. */
static int read_counts(Message *m, uint32_t *ret, size_t n) {
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_read_array(m, 'u', &data, &size);
        if (r < 0)
                return r;
        if (size != n * sizeof(*ret))
                return -EBADMSG;
        memcpy(ret, data, size);
        return 0;
}

int client_histogram(Client *c, const char *person, Histogram *ret) {
        _cleanup_message_ Message *m = NULL;
        Histogram h = {0};
        int r;

        r = client_call(c, LEDGER("Histogram"), &m, "o", person ? person : "/");
        if (r >= 0)
                r = sd_bus_message_read(m, "u", &h.n);
        if (r >= 0)
                r = read_counts(m, h.hours, HOURS);
        if (r >= 0)
                r = read_counts(m, h.weekdays, WEEKDAYS);
        if (r < 0)
                return r;
        *ret = h;
        return 0;
}

static void words_done(ReviewWords *w) {
        for (size_t i = 0; i < w->n; i++)
                free(w->items[i].word);
        free(w->items);
}

void review_done(Review *r) {
        free(r->days);
        free(r->milestones);
        words_done(&r->answers);
        words_done(&r->tags);
        *r = (Review){0};
}

/* A date that no calendar has would be put nowhere. */
static int read_day(Message *m, void *object) {
        static const unsigned months = 12, days = 31;
        Review *review = object;
        ReviewDay *d = LIST_ADD(review->days, review->n_days, review->days_space);
        uint8_t month, day, weekday;
        uint16_t year;
        int r;

        if (!d)
                return -ENOMEM;
        r = sd_bus_message_read(m, "qyyyuuuu", &year, &month, &day, &weekday, &d->urges,
                &d->attempts, &d->slips, &d->relapses);
        if (r < 0)
                return r;
        if (month < 1 || month > months || day < 1 || day > days || weekday >= WEEKDAYS)
                return -EBADMSG;
        d->year = year;
        d->month = month;
        d->day = day;
        d->weekday = weekday;
        return 0;
}

static int read_word(Message *m, void *list) {
        ReviewWords *words = list;
        ReviewWord *w = LIST_ADD(words->items, words->n, words->space);
        int r;

        if (!w)
                return -ENOMEM;
        r = read_text(m, "s", &w->word);
        return r < 0 ? r : sd_bus_message_read(m, "uu", &w->n, &w->quiet);
}

static int read_milestones(Message *m, Review *review) {
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_read_array(m, 'u', &data, &size);
        if (r < 0)
                return r;
        review->milestones = malloc(size + 1);
        if (!review->milestones)
                return -ENOMEM;
        if (size > 0)
                memcpy(review->milestones, data, size);
        review->n_milestones = size / sizeof(*review->milestones);
        return 0;
}

/* Those that are not known here are of a newer daemon. */
static int read_facts(Message *m, Review *review) {
        const struct {
                const char *name;
                uint32_t *to;
        } facts[] = {
                {"incoming", &review->incoming},
                {"held", &review->held},
                {"corrected", &review->corrected},
                {"exceptions", &review->exceptions},
                {"repairs", &review->repairs},
                {"clock-jumps", &review->clock_jumps},
        };
        const char *name;
        uint32_t n;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{su}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "{su}", &name, &n)) > 0)
                for (size_t i = 0; i < ARRAY_LEN(facts); i++)
                        if (streq(facts[i].name, name))
                                *facts[i].to = n;
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int client_review(Client *c, const char *person, uint32_t days, Review *ret) {
        _cleanup_message_ Message *m = NULL;
        _cleanup_(review_done) Review review = {0};
        int r;

        r = client_call(c, LEDGER("Review"), &m, "ou", person, days);
        if (r >= 0)
                r = read_number(m, &review.made_usec);
        if (r >= 0)
                r = read_rows(m, &(Rows){"qyyyuuuu", read_day, &review});
        if (r >= 0)
                r = read_counts(m, review.urges, WEEK_HOURS);
        if (r >= 0)
                r = read_counts(m, review.visits, WEEK_HOURS);
        if (r >= 0)
                r = read_rows(m, &(Rows){"suu", read_word, &review.answers});
        if (r >= 0)
                r = read_rows(m, &(Rows){"suu", read_word, &review.tags});
        if (r >= 0)
                r = read_milestones(m, &review);
        if (r >= 0)
                r = read_facts(m, &review);
        if (r >= 0 && review.n_days == 0)
                r = -EBADMSG;
        if (r < 0)
                return r;
        *ret = TAKE_STRUCT(review);
        return 0;
}
