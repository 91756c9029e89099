/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The nudge: who is met by one, when it rests, and what each answer does. The words are in
 * nudge-texts.c, the screen is behind notifier.c. It knows no people, no ledger and no clock; it
 * judges no answer. Used by the manager. */

#include "daemon/responders/nudge.h"

#include "common/array.h"
#include "common/time.h"
#include "daemon/responders/notifier.h"
#include "daemon/responders/nudge-texts.h"
#include "daemon/responders/opener.h"
#include "daemon/responders/support-person.h"
#include "daemon/responders/unsent.h"
#include "nocontact/bus-names.h"

#include <assert.h>
#include <errno.h>

enum {
        /* how long each kind stays up, in ms */
        STAY_NUDGE = 20000,
        STAY_BREATH = 15000, /* each step is replaced by the next one before that */
        STAY_CALL = 60000,   /* long enough to dial */
        STAY_WORD = 8000,
        STAY_PAGE = 20000,
        STAY_MILESTONE = 15000,

        BREATH_ACCURACY_USEC = 20000,
        MEETINGS_MAX = NC_LIMIT_PEOPLE,
        ACTIONS_MAX = NUDGE_ANSWERS + 1, /* Leave stands there twice */
};

/* What is up for one person. */
typedef enum Scene {
        SCENE_NONE,
        SCENE_NUDGE,
        SCENE_BREATH, /* asked for by the user, so nothing talks over it */
        SCENE_CALM,   /* the word that ends the guide */
        SCENE_CALL,
        SCENE_WORD,
} Scene;

/* One person and what meets the visits to them. It stays for as long as its slot is not needed, so
 * that an event told late is known. */
typedef struct Meeting {
        Nudge *nudge;
        char *person_id;
        Popup *popup;
        sd_event_source *timer; /* of the breathing guide */

        Scene scene;
        bool met;   /* `event` and `popped_usec` are of a nudge that was sent */
        bool hint;  /* what is up, or was last, is about no event */
        bool stale; /* changed while the server had not answered yet: to be sent again */
        bool explain;
        unsigned step;        /* of the breathing guide */
        uint64_t popped_usec; /* when the last new popup was sent, CLOCK_MONOTONIC */
        uint64_t sent_event;  /* the event of the nudge that was sent last */
        bool sent_hint;       /* it was a hint, and `sent_event` is an older one's */
        uint64_t shown_event; /* the last one told as shown */
        unsigned milestone;   /* the last one told */

        /* the text, owned */
        uint64_t event, wall_usec;
        NudgeTone tone;
        unsigned days, total_days;
        char *sentence;
        char *support;
        SupportPerson person; /* of `support`; all NULL without one */
} Meeting;

struct Nudge {
        sd_event *event;
        char *data_dir;
        const NudgeListener *listener;
        void *userdata;
        Notifier *notifier;
        Opener *opener;
        Meeting **meetings;
        size_t n, space;
        uint64_t explained_week; /* in which the weekly line was explained, or 0 */
};

/* --- meetings -------------------------------------------------------------------------------- */

static Meeting *meeting_free(Meeting *m) {
        if (!m)
                return NULL;
        sd_event_source_disable_unref(m->timer);
        popup_free(m->popup);
        support_person_done(&m->person);
        free(m->person_id);
        free(m->sentence);
        free(m->support);
        free(m);
        return NULL;
}
DEFINE_CLEANUP(Meeting *, meeting_free)

static bool meeting_is_mail(const Meeting *m) {
        return m->person.uri && strncmp(m->person.uri, "mailto:", strlen("mailto:")) == 0;
}

static NudgeText meeting_text(const Meeting *m) {
        return (NudgeText){
                .person_id = m->person_id,
                .event = m->event,
                .wall_usec = m->wall_usec,
                .tone = m->tone,
                .days = m->days,
                .total_days = m->total_days,
                .sentence = m->sentence,
                .support = m->support,
        };
}

static int copy_text(const char *text, char **ret) {
        char *copy = NULL;

        if (text && *text) {
                copy = strdup(text);
                if (!copy)
                        return -ENOMEM;
        }
        *ret = copy;
        return 0;
}

/* Takes over all of the text, or nothing. */
static int meeting_set_text(Meeting *m, const NudgeText *text) {
        _cleanup_(support_person_done) SupportPerson person = {0};
        _cleanup_free_ char *sentence = NULL, *support = NULL;
        int r;

        r = copy_text(text->sentence, &sentence);
        if (r < 0)
                return r;
        r = copy_text(text->support, &support);
        if (r < 0)
                return r;
        if (support) {
                r = support_person_parse(support, &person);
                if (r < 0)
                        return r;
        }
        free(m->sentence);
        free(m->support);
        support_person_done(&m->person);
        m->sentence = TAKE_PTR(sentence);
        m->support = TAKE_PTR(support);
        m->person = TAKE_STRUCT(person);
        /* a hint is about none, and those before it are known all the same */
        m->event = MAX(m->event, text->event);
        m->hint = text->tone == NUDGE_HINT;
        m->wall_usec = text->wall_usec;
        m->tone = text->tone;
        m->days = text->days;
        m->total_days = text->total_days;
        return 0;
}

/* --- what is shown --------------------------------------------------------------------------- */

typedef struct Buttons {
        PopupAction actions[ACTIONS_MAX];
        char *labels[NUDGE_ANSWERS];
        size_t n;
} Buttons;

static void buttons_done(Buttons *b) {
        for (size_t i = 0; i < NUDGE_ANSWERS; i++)
                free(b->labels[i]);
}

static int on_leave(Meeting *m);
static int on_breathe(Meeting *m);
static int on_write(Meeting *m);
static int on_call(Meeting *m);
static int on_meant(Meeting *m);

/* In the order in which they are offered. The word of an answer is its key on the bus too. */
static const struct {
        const char *key;
        int (*follow)(Meeting *m);
} answers[NUDGE_ANSWERS] = {
        [NUDGE_LEAVE] = {"leave", on_leave},
        [NUDGE_BREATHE] = {"breathe", on_breathe},
        [NUDGE_WRITE] = {"write", on_write},
        [NUDGE_CALL] = {"call", on_call},
        [NUDGE_MEANT] = {"meant", on_meant},
};

static bool is_offered(const Meeting *m, size_t answer) {
        return answer != NUDGE_CALL || m->support;
}

/* Leave is what a click anywhere on the popup means, and the first button. */
static int fill_buttons(const Meeting *m, Buttons *b) {
        for (size_t i = 0; i < NUDGE_ANSWERS; i++) {
                if (!is_offered(m, i))
                        continue;
                b->labels[i] =
                        nudge_words_button((NudgeAnswer)i, m->person.name, meeting_is_mail(m));
                if (!b->labels[i])
                        return -ENOMEM;
                if (i == NUDGE_LEAVE)
                        b->actions[b->n++] = (PopupAction){"default", b->labels[i]};
                b->actions[b->n++] = (PopupAction){answers[i].key, b->labels[i]};
        }
        return 0;
}

static int nudge_words(const Meeting *m, NudgeWords *ret) {
        NudgeText text = meeting_text(m);

        return nudge_words_visit(&text, notifier_caps(m->nudge->notifier).actions, m->explain, ret);
}

static int breath_words(const Meeting *m, NudgeWords *ret) {
        unsigned sec;

        return nudge_words_breath(m->step, ret, &sec);
}

static int call_words(const Meeting *m, NudgeWords *ret) {
        return nudge_words_call(m->support, m->person.name, meeting_is_mail(m), ret);
}

static int meant_words(const Meeting *m, NudgeWords *ret) {
        (void)m;
        return nudge_words_meant(ret);
}

static const struct {
        int (*words)(const Meeting *m, NudgeWords *ret);
        int stay_msec;
} scenes[] = {
        [SCENE_NUDGE] = {nudge_words, STAY_NUDGE},
        [SCENE_BREATH] = {breath_words, STAY_BREATH},
        [SCENE_CALM] = {breath_words, STAY_WORD},
        [SCENE_CALL] = {call_words, STAY_CALL},
        [SCENE_WORD] = {meant_words, STAY_WORD},
};

/* Brings the scene to the screen, now or when the server has answered the last call. Returns 1, or
 * a negative errno. */
static int meeting_render(Meeting *m) {
        _cleanup_(nudge_words_done) NudgeWords words = {0};
        _cleanup_(buttons_done) Buttons buttons = {0};
        PopupContent content;
        int r;

        r = scenes[m->scene].words(m, &words);
        if (r < 0)
                return r;
        if (m->scene == SCENE_NUDGE) {
                r = fill_buttons(m, &buttons);
                if (r < 0)
                        return r;
        }
        content = (PopupContent){
                .summary = words.summary,
                .body = words.body,
                .actions = buttons.actions,
                .n_actions = buttons.n,
                .timeout_msec = scenes[m->scene].stay_msec,
        };
        r = popup_show(m->popup, &content);
        m->stale = r == -EBUSY;
        if (m->stale)
                return 1;
        if (r >= 0 && m->scene == SCENE_NUDGE) {
                m->sent_event = m->event;
                m->sent_hint = m->hint;
        }
        return r;
}

static void meeting_end(Meeting *m) {
        m->timer = sd_event_source_disable_unref(m->timer);
        m->scene = SCENE_NONE;
        m->stale = false;
}

/* --- answers --------------------------------------------------------------------------------- */

static int change_scene(Meeting *m, Scene scene) {
        int r;

        m->scene = scene;
        r = meeting_render(m);
        if (r < 0)
                meeting_end(m);
        return r;
}

static int on_leave(Meeting *m) {
        popup_close(m->popup);
        meeting_end(m);
        return 0;
}

static int on_meant(Meeting *m) {
        return change_scene(m, SCENE_WORD);
}

static int on_call(Meeting *m) {
        /* the popup alone is enough to dial; an application for it is a comfort */
        if (m->person.uri)
                (void)opener_open(m->nudge->opener, m->person.uri);
        return change_scene(m, SCENE_CALL);
}

static int tell_words(Nudge *n, const NudgeWords *words, int stay_msec) {
        PopupContent content = {
                .summary = words->summary,
                .body = words->body,
                .timeout_msec = stay_msec,
        };

        return notifier_tell(n->notifier, &content);
}

/* `path` NULL: there is no page. */
static int tell_page(Nudge *n, const char *path) {
        _cleanup_(nudge_words_done) NudgeWords words = {0};
        int r;

        r = nudge_words_page(path, &words);
        return r < 0 ? r : tell_words(n, &words, STAY_PAGE);
}

int nudge_write(Nudge *n, uint64_t wall_usec) {
        _cleanup_free_ char *path = NULL;

        if (unsent_make(n->data_dir, wall_usec, nudge_words_page_line(), &path) < 0)
                return tell_page(n, NULL);
        return opener_open(n->opener, path) < 0 ? tell_page(n, path) : 0;
}

static int on_write(Meeting *m) {
        uint64_t wall_usec = m->wall_usec;
        Nudge *n = m->nudge;

        on_leave(m);
        return nudge_write(n, wall_usec);
}

static void on_opened(void *userdata, const char *target, int error) {
        /* a number or address is on the screen anyway */
        if (error < 0 && *target == '/')
                (void)tell_page(userdata, target);
}

static int on_breath_over(sd_event_source *source, uint64_t usec, void *userdata) {
        _cleanup_(nudge_words_done) NudgeWords words = {0};
        Meeting *m = userdata;
        unsigned sec = 0;
        int r;

        m->step++;
        r = nudge_words_breath(m->step, &words, &sec);
        if (r == 0)
                m->scene = SCENE_CALM;
        if (r > 0) {
                /* from when it was due, so that the guide keeps its minute */
                r = sd_event_source_set_time(source, usec + sec * USEC_PER_SEC);
                if (r >= 0)
                        r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        }
        if (r < 0 || meeting_render(m) < 0)
                meeting_end(m);
        return 0;
}

static int on_breathe(Meeting *m) {
        _cleanup_(nudge_words_done) NudgeWords words = {0};
        unsigned sec = 0;
        int r;

        m->step = 0;
        r = nudge_words_breath(m->step, &words, &sec);
        if (r < 0)
                return r;
        m->timer = sd_event_source_disable_unref(m->timer);
        r = sd_event_add_time_relative(m->nudge->event, &m->timer, CLOCK_MONOTONIC,
                sec * USEC_PER_SEC, BREATH_ACCURACY_USEC, on_breath_over, m);
        if (r < 0)
                return r;
        return change_scene(m, SCENE_BREATH);
}

/* --- news of the popup ----------------------------------------------------------------------- */

static void on_taken(void *userdata) {
        Meeting *m = userdata;
        Nudge *n = m->nudge;
        uint64_t event = m->sent_event;
        bool news = m->scene == SCENE_NUDGE && !m->sent_hint && event != m->shown_event;

        if (m->stale && m->scene != SCENE_NONE && meeting_render(m) < 0)
                meeting_end(m);
        if (news) {
                m->shown_event = event;
                n->listener->shown(n->userdata, event);
        }
}

static void on_failed(void *userdata, bool maybe) {
        Meeting *m = userdata;

        if (popup_is_up(m->popup))
                return; /* an update was refused: what is up stays */
        /* nothing was shown, so the next visit, or the next sensor to tell of this one, may try */
        if (!maybe && (m->hint || m->shown_event != m->event)) {
                m->met = false;
                if (m->explain)
                        m->nudge->explained_week = 0;
        }
        meeting_end(m);
}

static bool on_chosen(void *userdata, const char *key) {
        Meeting *m = userdata;
        Nudge *n = m->nudge;
        uint64_t event = m->event;
        bool hint = m->hint;

        if (m->scene != SCENE_NUDGE)
                return false;
        if (streq(key, "default"))
                key = answers[NUDGE_LEAVE].key;
        for (size_t i = 0; i < NUDGE_ANSWERS; i++) {
                if (!is_offered(m, i) || !streq(key, answers[i].key))
                        continue;
                if (answers[i].follow(m) < 0) {
                        popup_close(m->popup);
                        meeting_end(m);
                }
                if (!hint)
                        n->listener->answered(n->userdata, event, answers[i].key);
                return true;
        }
        return false;
}

static void on_closed(void *userdata, bool by_user) {
        Meeting *m = userdata;
        Nudge *n = m->nudge;
        bool dismissed = m->scene == SCENE_NUDGE && by_user && !m->hint;
        uint64_t event = m->event;

        meeting_end(m);
        if (dismissed)
                n->listener->answered(n->userdata, event, "dismissed");
}

static const PopupListener popup_listener = {
        .taken = on_taken,
        .failed = on_failed,
        .chosen = on_chosen,
        .closed = on_closed,
};

/* --- news of the server ---------------------------------------------------------------------- */

static void on_caps(void *userdata) {
        Nudge *n = userdata;

        for (size_t i = 0; i < n->n; i++)
                if (n->meetings[i]->scene == SCENE_NUDGE)
                        (void)meeting_render(n->meetings[i]);
}

static void on_state(void *userdata, NotifierState state) {
        Nudge *n = userdata;
        bool active = state == NOTIFIER_READY || state == NOTIFIER_ACTIVATABLE;

        n->listener->state(n->userdata, active, nudge_words_state(state));
}

static const NotifierListener notifier_listener = {.caps = on_caps, .state = on_state};

/* --- the way in ------------------------------------------------------------------------------ */

/* Has the meeting nothing to do, so that its slot can be given to another person? */
static bool is_idle(const Meeting *m) {
        return m->scene == SCENE_NONE && !popup_is_up(m->popup);
}

static int make_room(Nudge *n) {
        size_t oldest = n->n;

        if (n->n < MEETINGS_MAX)
                return 0;
        for (size_t i = 0; i < n->n; i++)
                if (is_idle(n->meetings[i]) &&
                        (oldest == n->n ||
                                n->meetings[i]->popped_usec < n->meetings[oldest]->popped_usec))
                        oldest = i;
        if (oldest == n->n)
                return -ENOBUFS;
        meeting_free(n->meetings[oldest]);
        n->meetings[oldest] = n->meetings[--n->n];
        return 0;
}

static Meeting *known_meeting(const Nudge *n, const char *person_id) {
        for (size_t i = 0; i < n->n; i++)
                if (streq(n->meetings[i]->person_id, person_id))
                        return n->meetings[i];
        return NULL;
}

/* The person's meeting, made when there is none. */
static int find_meeting(Nudge *n, const char *person_id, Meeting **ret) {
        _cleanup_(meeting_freep) Meeting *m = NULL;
        int r;

        *ret = known_meeting(n, person_id);
        if (*ret)
                return 0;
        r = make_room(n);
        if (r < 0)
                return r;
        if (ARRAY_RESERVE(n->meetings, n->space, n->n + 1) < 0)
                return -ENOMEM;
        m = calloc(1, sizeof(*m));
        if (!m)
                return -ENOMEM;
        m->nudge = n;
        m->person_id = strdup(person_id);
        if (!m->person_id)
                return -ENOMEM;
        r = popup_new(n->notifier, &popup_listener, m, &m->popup);
        if (r < 0)
                return r;
        n->meetings[n->n++] = m;
        *ret = TAKE_PTR(m);
        return 0;
}

/* Is there nothing to be done about this visit? */
static bool rests(const Meeting *m, const NudgeText *text, uint64_t now_usec) {
        bool up = popup_is_up(m->popup);
        bool resting = m->met && now_usec < m->popped_usec + NUDGE_REST_SEC * USEC_PER_SEC;

        if (text->tone == NUDGE_HINT)
                return up || resting;
        /* told before, or older than what was: only another grade of the same visit changes what is
         * up */
        if (m->met && text->event <= m->event)
                return !up || m->scene != SCENE_NUDGE || m->hint || text->event < m->event ||
                       m->tone == text->tone;
        if (m->scene == SCENE_BREATH)
                return true;
        return resting && (!up || m->scene != SCENE_NUDGE);
}

/* The weekly line is explained once in its week. */
static bool wants_explaining(Nudge *n, const NudgeText *text) {
        uint64_t week = nudge_words_week(text->wall_usec);

        if (nudge_words_own(text) || week == n->explained_week)
                return false;
        n->explained_week = week;
        return true;
}

int nudge_show(Nudge *n, const NudgeText *text, uint64_t now_usec) {
        Meeting *m;
        int r;

        r = find_meeting(n, text->person_id, &m);
        if (r < 0)
                return r;
        if (rests(m, text, now_usec))
                return 0;
        r = meeting_set_text(m, text);
        if (r < 0)
                return r;
        if (!m->met || !popup_is_up(m->popup) ||
                now_usec >= m->popped_usec + NUDGE_REST_SEC * USEC_PER_SEC)
                m->popped_usec = now_usec;
        m->explain = wants_explaining(n, text);
        m->met = true;
        m->scene = SCENE_NUDGE;
        r = meeting_render(m);
        if (r < 0) {
                m->met = false;
                meeting_end(m);
        }
        return r;
}

int nudge_correct(Nudge *n, const NudgeText *text) {
        const Meeting *m = known_meeting(n, text->person_id);

        if (!m || !m->met || m->hint || m->event != text->event)
                return 0;
        return nudge_show(n, text, m->popped_usec);
}

int nudge_milestone(Nudge *n, const char *person_id, unsigned days) {
        _cleanup_(nudge_words_done) NudgeWords words = {0};
        Meeting *m;
        int r;

        if (days == 0)
                return 0;
        r = find_meeting(n, person_id, &m);
        if (r < 0)
                return r;
        if (m->milestone == days)
                return 0;
        r = nudge_words_milestone(days, &words);
        if (r < 0)
                return r;
        r = tell_words(n, &words, STAY_MILESTONE);
        if (r >= 0)
                m->milestone = days;
        return r;
}

/* --- life ------------------------------------------------------------------------------------ */

int nudge_new(sd_event *event, sd_bus *bus, const char *data_dir, const NudgeListener *listener,
        void *userdata, Nudge **ret) {
        _cleanup_(nudge_freep) Nudge *n = NULL;
        int r;

        n = calloc(1, sizeof(*n));
        if (!n)
                return -ENOMEM;
        n->event = sd_event_ref(event);
        n->listener = listener;
        n->userdata = userdata;
        n->data_dir = strdup(data_dir);
        if (!n->data_dir)
                return -ENOMEM;
        r = notifier_new(bus, &notifier_listener, n, &n->notifier);
        if (r < 0)
                return r;
        r = opener_new(bus, on_opened, n, &n->opener);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(n);
        return 0;
}

Nudge *nudge_free(Nudge *n) {
        if (!n)
                return NULL;
        opener_free(n->opener);
        for (size_t i = 0; i < n->n; i++)
                meeting_free(n->meetings[i]);
        free(n->meetings);
        notifier_free(n->notifier);
        free(n->data_dir);
        sd_event_unref(n->event);
        free(n);
        return NULL;
}
