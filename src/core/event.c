/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The words of the ledger: its kinds of events, the grades, and access to an event's payload. What
 * an event means for a streak is streak.c's and state.c's; how it is kept is store.c's. */

#include "core/event.h"

#include <assert.h>
#include <errno.h>

static const struct {
        const char *name;
        Grade grade;
} kinds[_EVENT_KIND_MAX] = {
        [EVENT_PERSON_ADDED] = {"person.added", GRADE_NONE},
        [EVENT_PERSON_CHANGED] = {"person.changed", GRADE_NONE},
        [EVENT_PERSON_REMOVED] = {"person.removed", GRADE_NONE},
        [EVENT_PERSON_HOURS] = {"person.hours", GRADE_NONE},
        [EVENT_IDENTITY_ADDED] = {"identity.added", GRADE_NONE},
        [EVENT_IDENTITY_REMOVED] = {"identity.removed", GRADE_NONE},
        [EVENT_COMMITMENT_BEGUN] = {"commitment.begun", GRADE_NONE},
        [EVENT_COMMITMENT_EXTENDED] = {"commitment.extended", GRADE_NONE},
        [EVENT_COMMITMENT_UNDONE] = {"commitment.undone", GRADE_NONE},
        [EVENT_COMMITMENT_ENDED] = {"commitment.ended", GRADE_NONE},
        [EVENT_CHANGE_PENDING] = {"change.pending", GRADE_NONE},
        [EVENT_CHANGE_CANCELLED] = {"change.cancelled", GRADE_NONE},
        [EVENT_CHANGE_APPLIED] = {"change.applied", GRADE_NONE},
        [EVENT_REGIME_CHANGED] = {"regime.changed", GRADE_NONE},
        [EVENT_KEY_SET] = {"key.set", GRADE_NONE},
        [EVENT_KEY_CLEARED] = {"key.cleared", GRADE_NONE},
        [EVENT_POLICIES_ON] = {"policies.on", GRADE_NONE},
        [EVENT_POLICIES_OFF] = {"policies.off", GRADE_NONE},
        [EVENT_OVERRIDE] = {"override", GRADE_NONE},
        [EVENT_OVERRIDE_ENDED] = {"override.ended", GRADE_NONE},
        [EVENT_PASS_ADDED] = {"pass.added", GRADE_NONE},
        [EVENT_PASS_REMOVED] = {"pass.removed", GRADE_NONE},
        [EVENT_INCOMING] = {"contact.incoming", GRADE_INCOMING},
        [EVENT_URGE] = {"urge", GRADE_URGE},
        [EVENT_ATTEMPT] = {"attempt", GRADE_ATTEMPT},
        [EVENT_SLIP] = {"slip", GRADE_SLIP},
        [EVENT_RELAPSE] = {"relapse", GRADE_RELAPSE},
        [EVENT_CORRECTED] = {"corrected", GRADE_NONE},
        [EVENT_TAGGED] = {"tagged", GRADE_NONE},
        [EVENT_SUPPORT_ADDED] = {"support.added", GRADE_NONE},
        [EVENT_SUPPORT_REMOVED] = {"support.removed", GRADE_NONE},
        [EVENT_NUDGE_SHOWN] = {"nudge.shown", GRADE_NONE},
        [EVENT_NUDGE_ANSWERED] = {"nudge.answered", GRADE_NONE},
        [EVENT_MILESTONE] = {"milestone", GRADE_NONE},
        [EVENT_DIGEST_SHOWN] = {"digest.shown", GRADE_NONE},
        [EVENT_LAYER_CHANGED] = {"layer.changed", GRADE_NONE},
        [EVENT_ENFORCEMENT_REPAIRED] = {"enforcement.repaired", GRADE_NONE},
        [EVENT_CLOCK_JUMPED] = {"clock.jumped", GRADE_NONE},
        [EVENT_DAEMON_STARTED] = {"daemon.started", GRADE_NONE},
        [EVENT_DAEMON_STOPPED] = {"daemon.stopped", GRADE_NONE},
};

static const char *const grades[_GRADE_MAX] = {
        [GRADE_NONE] = "none",
        [GRADE_INCOMING] = "incoming",
        [GRADE_URGE] = "urge",
        [GRADE_ATTEMPT] = "attempt",
        [GRADE_SLIP] = "slip",
        [GRADE_RELAPSE] = "relapse",
};

int uid_copy(char to[static UID_SPACE], const char *from) {
        size_t len = strlen(from);

        if (len >= UID_SPACE)
                return -EBADMSG;
        memcpy(to, from, len + 1);
        return 0;
}

void event_done(Event *ev) {
        json_decref(ev->data);
        ev->data = NULL;
}

const char *event_kind_name(EventKind kind) {
        assert(kind < _EVENT_KIND_MAX);
        return kinds[kind].name;
}

int event_kind_from_name(const char *name) {
        for (int i = 0; i < _EVENT_KIND_MAX; i++)
                if (streq(kinds[i].name, name))
                        return i;
        return -EINVAL;
}

const char *grade_name(Grade grade) {
        assert(grade < _GRADE_MAX);
        return grades[grade];
}

int grade_from_name(const char *name) {
        for (int i = 0; i < _GRADE_MAX; i++)
                if (streq(grades[i], name))
                        return i;
        return -EINVAL;
}

Grade event_grade(EventKind kind) {
        assert(kind < _EVENT_KIND_MAX);
        return kinds[kind].grade;
}

int event_kind_for_grade(Grade grade) {
        if (grade != GRADE_NONE)
                for (int i = 0; i < _EVENT_KIND_MAX; i++)
                        if (kinds[i].grade == grade)
                                return i;
        return -EINVAL;
}

const char *event_string(const Event *ev, const char *field) {
        const char *text = json_string_value(json_object_get(ev->data, field));

        return text ? text : "";
}

uint64_t event_uint(const Event *ev, const char *field) {
        json_int_t value = json_integer_value(json_object_get(ev->data, field));

        return value > 0 ? (uint64_t)value : 0;
}
