/* SPDX-License-Identifier: GPL-3.0-or-later */

/* All texts of the nudge. What they may be stands in nudge-texts.h. What they are comes from
 * research: a pause with an easy way out helps and a sermon does not (Grüning et al., PNAS 2023);
 * the best figure goes first after a slip, for a broken streak on display lowers persistence
 * (Silverman & Barasch 2023); a line that never changes wears off, and one that changes is
 * explained (Kovacs et al., CSCW 2018). It sends nothing. Used by nudge.c. */

#include "daemon/responders/nudge-texts.h"

#include "common/buffer.h"
#include "common/time.h"
#include "daemon/responders/notifier.h"

#include <assert.h>
#include <errno.h>
#include <libintl.h>
#include <utf8proc.h>

#define _(text)              dgettext(NUDGE_TEXT_DOMAIN, text)
#define count_(one, many, n) dngettext(NUDGE_TEXT_DOMAIN, one, many, n)

void nudge_words_done(NudgeWords *w) {
        free(w->summary);
        free(w->body);
        *w = (NudgeWords){0};
}

/* --- foreign text ---------------------------------------------------------------------------- */

/* Appends one line of what somebody wrote: control characters and line breaks become spaces, bytes
 * that are no UTF-8 become U+FFFD, and what is over `max` characters becomes an ellipsis. */
static void add_line(Buffer *b, const char *text, size_t max) {
        const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)text;

        for (size_t n = 0; *s; n++) {
                utf8proc_int32_t c;
                utf8proc_ssize_t len = utf8proc_iterate(s, -1, &c);

                if (n == max) {
                        (void)buffer_puts(b, "…");
                        return;
                }
                if (len <= 0) {
                        (void)buffer_puts(b, "\uFFFD");
                        s++;
                        continue;
                }
                if (utf8proc_category(c) == UTF8PROC_CATEGORY_CC)
                        (void)buffer_putc(b, ' ');
                else
                        (void)buffer_add(b, s, (size_t)len);
                s += len;
        }
}

static int take(Buffer *summary, Buffer *body, NudgeWords *ret) {
        _cleanup_(nudge_words_done)
                NudgeWords w = {.summary = buffer_take(summary), .body = buffer_take(body)};

        if (!w.summary || !w.body)
                return -ENOMEM;
        *ret = TAKE_STRUCT(w);
        return 0;
}

static int plain(const char *summary, const char *body, NudgeWords *ret) {
        _cleanup_(buffer_done) Buffer s = {0}, b = {0};

        (void)buffer_puts(&s, summary);
        (void)buffer_puts(&b, body);
        return take(&s, &b, ret);
}

/* --- the nudge ------------------------------------------------------------------------------- */

/* One for each week, in turn. None of them tells what to feel. */
static const char *const weekly[] = {
        N_("You can want to look and still leave it."),
        N_("One quiet minute first. After that, you choose."),
        N_("This can wait. Step outside, or put the kettle on."),
        N_("Nothing on that page needs you right now."),
};

uint64_t nudge_words_week(uint64_t wall_usec) {
        return (wall_usec / USEC_PER_DAY + 3) / 7; /* 1970-01-01 was a Thursday */
}

bool nudge_words_own(const NudgeText *text) {
        return text->sentence && text->sentence[strspn(text->sentence, " \t\r\n")];
}

/* The streak goes on, so it comes first; `none` is said while there is none. */
static void add_streak(Buffer *b, unsigned days, unsigned total, const char *none) {
        if (days > 0)
                (void)buffer_printf(
                        b, count_("Pause. %u day so far.", "Pause. %u days so far.", days), days);
        else if (total > 0)
                (void)buffer_printf(b,
                        count_("Pause. %u day kept in all.", "Pause. %u days kept in all.", total),
                        total);
        else
                (void)buffer_puts(b, none);
}

/* Seen: a new streak begins, so what held comes first. */
static void add_held(Buffer *b, unsigned days, unsigned total) {
        if (days > 1 && total > days)
                (void)buffer_printf(b, _("Pause. %u days kept, %u in a row."), total, days);
        else if (days > 0 && total == days)
                (void)buffer_printf(b,
                        count_("Pause. %u day kept. It stays yours.",
                                "Pause. %u days kept. They stay yours.", days),
                        days);
        else if (total > 0)
                (void)buffer_printf(b,
                        count_("Pause. %u day kept in all.", "Pause. %u days kept in all.", total),
                        total);
        else
                (void)buffer_puts(b, _("Pause. What comes next is yours."));
}

static const char *way_out(NudgeTone tone) {
        return tone == NUDGE_STOPPED ? _("Leaving it closed is enough.")
                                     : _("Closing the page is enough.");
}

int nudge_words_visit(const NudgeText *text, bool buttons, bool explain, NudgeWords *ret) {
        _cleanup_(buffer_done) Buffer summary = {0}, body = {0};
        unsigned total = MAX(text->days, text->total_days);

        switch (text->tone) {
        case NUDGE_STOPPED:
                add_streak(&summary, text->days, total, _("Pause. The page stayed closed."));
                break;
        case NUDGE_HINT:
                add_streak(&summary, text->days, total, _("Pause. What comes next is yours."));
                break;
        case NUDGE_SEEN: add_held(&summary, text->days, total); break;
        }

        if (nudge_words_own(text))
                add_line(&body, text->sentence, NUDGE_SENTENCE_CHARS);
        else {
                uint64_t week = nudge_words_week(text->wall_usec);

                (void)buffer_puts(&body, _(weekly[week % ARRAY_LEN(weekly)]));
                if (explain)
                        (void)buffer_printf(
                                &body, "\n%s", _("(A new line each week, to stay fresh.)"));
        }
        if (!buttons)
                (void)buffer_printf(&body, "\n%s", way_out(text->tone));
        return take(&summary, &body, ret);
}

/* --- buttons and what follows them ----------------------------------------------------------- */

char *nudge_words_button(NudgeAnswer answer, const char *name, bool mail) {
        static const char *const labels[NUDGE_ANSWERS] = {
                [NUDGE_LEAVE] = N_("Leave"),
                [NUDGE_BREATHE] = N_("Breathe"),
                [NUDGE_WRITE] = N_("Write instead"),
                [NUDGE_MEANT] = N_("I meant to"),
        };
        _cleanup_(buffer_done) Buffer b = {0}, shortened = {0};

        assert(answer < NUDGE_ANSWERS);
        if (answer != NUDGE_CALL)
                (void)buffer_puts(&b, _(labels[answer]));
        else if (!name || !*name)
                (void)buffer_puts(&b, mail ? _("Write to someone") : _("Call someone"));
        else {
                add_line(&shortened, name, NUDGE_NAME_CHARS);
                if (shortened.error)
                        return NULL;
                (void)buffer_printf(&b, mail ? _("Write to %s") : _("Call %s"), shortened.data);
        }
        return buffer_take(&b);
}

int nudge_words_call(const char *support, const char *name, bool mail, NudgeWords *ret) {
        _cleanup_free_ char *summary = nudge_words_button(NUDGE_CALL, name, mail);
        _cleanup_(buffer_done) Buffer s = {0}, b = {0};

        if (!summary)
                return -ENOMEM;
        (void)buffer_puts(&s, summary);
        add_line(&b, support, NUDGE_SENTENCE_CHARS);
        (void)buffer_printf(&b, "\n%s", _("A few words are enough."));
        return take(&s, &b, ret);
}

int nudge_words_meant(NudgeWords *ret) {
        return plain(_("Noted."), _("It is your call."), ret);
}

int nudge_words_page(const char *path, NudgeWords *ret) {
        _cleanup_(buffer_done) Buffer s = {0}, b = {0};
        const char *slash = path ? strrchr(path, '/') : NULL;

        if (!slash)
                return plain(_("The page could not be made."),
                        _("Any piece of paper does the same."), ret);
        (void)buffer_puts(&s, _("Your page is ready."));
        /* the file and its folder, each on a line of its own */
        (void)buffer_printf(&b, _("%s\nin %.*s"), slash + 1, (int)(slash - path), path);
        return take(&s, &b, ret);
}

const char *nudge_words_page_line(void) {
        return _("Write what you like. Nobody gets this, and you can delete it any time.");
}

int nudge_words_breath(unsigned step, NudgeWords *ret, unsigned *ret_sec) {
        static const struct {
                const char *summary;
                unsigned sec;
        } halves[] = {
                {N_("Breathe in"), 4},
                {N_("Breathe out"), 6},
        };
        unsigned breath = step / ARRAY_LEN(halves), half = step % ARRAY_LEN(halves);
        _cleanup_(buffer_done) Buffer s = {0}, b = {0};
        int r;

        if (breath >= NUDGE_BREATHS)
                return plain(
                        _("That was one minute."), _("Take your time with what comes next."), ret);
        (void)buffer_puts(&s, _(halves[half].summary));
        (void)buffer_printf(&b, _("%u of %u"), breath + 1, (unsigned)NUDGE_BREATHS);
        r = take(&s, &b, ret);
        if (r < 0)
                return r;
        *ret_sec = halves[half].sec;
        return 1;
}

/* --- milestones ------------------------------------------------------------------------------ */

static const struct {
        unsigned days;
        const char *line;
} milestones[] = {
        {1, N_("The first one is behind you.")},
        {3, N_("One at a time, and it adds up.")},
        {7, N_("A whole week, weekend and all.")},
        {14, N_("Two weeks. Worth something nice today.")},
        {21, N_("Three weeks, one evening after another.")},
        {30, N_("Thirty mornings, thirty evenings.")},
        {45, N_("Halfway into the second month.")},
        {60, N_("Twice thirty. Enjoy something small today.")},
        {90, N_("A whole season, more or less.")},
        {120, N_("Four times thirty, on your own feet.")},
        {180, N_("About half a year, and all of it yours.")},
        {270, N_("Nine times thirty. The start is a long way back.")},
        {365, N_("Every date of the year has come round once.")},
};

static void add_milestone_line(Buffer *b, unsigned days) {
        for (size_t i = 0; i < ARRAY_LEN(milestones); i++)
                if (milestones[i].days == days) {
                        (void)buffer_puts(b, _(milestones[i].line));
                        return;
                }
        if (days > 0 && days % 365 == 0)
                (void)buffer_printf(b,
                        count_("%u year, all the way round.", "%u years, all the way round.",
                                days / 365),
                        days / 365);
        else
                (void)buffer_puts(b, _("Each of them counts."));
}

int nudge_words_milestone(unsigned days, NudgeWords *ret) {
        _cleanup_(buffer_done) Buffer s = {0}, b = {0};

        (void)buffer_printf(&s, count_("%u day.", "%u days.", days), days);
        add_milestone_line(&b, days);
        return take(&s, &b, ret);
}

/* --- the digest ------------------------------------------------------------------------------ */

int nudge_words_digest(unsigned n, NudgeWords *ret) {
        _cleanup_(buffer_done) Buffer s = {0}, b = {0};

        (void)buffer_printf(&s,
                count_("%u message came outside of your hours.",
                        "%u messages came outside of your hours.", n),
                n);
        (void)buffer_puts(&b, count_("It is kept. To read it: nocontact holds",
                                      "They are kept. To read them: nocontact holds", n));
        return take(&s, &b, ret);
}

/* --- the layer's state ----------------------------------------------------------------------- */

const char *nudge_words_state(unsigned notifier_state) {
        static const char *const sentences[NOTIFIER_STATES] = {
                [NOTIFIER_UNKNOWN] = N_("The notification server has not answered yet."),
                [NOTIFIER_READY] = N_("The notification server shows nudges with buttons."),
                [NOTIFIER_ACTIVATABLE] = N_("A notification server starts when one is needed."),
                [NOTIFIER_NO_ACTIONS] =
                        N_("The notification server has no buttons, so nudges come without them."),
                [NOTIFIER_ABSENT] = N_("No notification server runs, so no nudge can be shown."),
                [NOTIFIER_SILENT] = N_("The notification server did not answer in time."),
                [NOTIFIER_REFUSES] = N_("The notification server refused to show a nudge."),
                [NOTIFIER_GARBLED] = N_("The notification server's answer could not be read."),
                [NOTIFIER_DEAF] =
                        N_("The bus does not pass on answers, so a nudge's buttons do nothing."),
        };

        assert(notifier_state < NOTIFIER_STATES);
        return _(sentences[notifier_state]);
}
