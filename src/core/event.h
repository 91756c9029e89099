/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <jansson.h>
#include <stdint.h>

/* One entry of the ledger. Events are never changed; a wrong one is corrected by another. */

typedef enum EventKind {
        EVENT_PERSON_ADDED,        /* {name, mode} */
        EVENT_PERSON_CHANGED,      /* {name?, mode?} */
        EVENT_PERSON_REMOVED,      /* {} */
        EVENT_PERSON_HOURS,        /* {hours} as hours_write() writes them */
        EVENT_IDENTITY_ADDED,      /* {kind, value} */
        EVENT_IDENTITY_REMOVED,    /* {kind, value} */
        EVENT_COMMITMENT_BEGUN,    /* {days, ends} ends in µs UTC */
        EVENT_COMMITMENT_EXTENDED, /* {days, ends} */
        EVENT_COMMITMENT_UNDONE,   /* {ends} the last extension was taken back */
        EVENT_COMMITMENT_ENDED,    /* {reason: "requested" or "completed"} */
        EVENT_CHANGE_PENDING,   /* {change, kind?, value?, cool_down?, hours?, due, full} full: when
                                 * it   would be due if no promise ended before */
        EVENT_CHANGE_CANCELLED, /* {of: uid} */
        EVENT_CHANGE_APPLIED,   /* {of: uid} */
        EVENT_REGIME_CHANGED,   /* {cool_down} in µs */
        EVENT_KEY_SET,          /* {hash} as crypt(5) writes it */
        EVENT_KEY_CLEARED,      /* {} */
        EVENT_POLICIES_ON,      /* {} browsers are told to block pages, too */
        EVENT_POLICIES_OFF,     /* {} */
        EVENT_OVERRIDE,         /* {target, until} an exception */
        EVENT_OVERRIDE_ENDED,   /* {target} before its time */
        EVENT_PASS_ADDED,       /* {kind: word or sender, value} */
        EVENT_PASS_REMOVED,     /* {of: uid} */
        EVENT_INCOMING,         /* {channel, source, via, held, app, sender, leaked} held: the
                                 * id of its file; all but the channel may be missing */
        EVENT_URGE,             /* {intensity, note, tag?} */
        EVENT_ATTEMPT,          /* {channel, source, target, key, via} */
        EVENT_SLIP,             /* as attempt */
        EVENT_RELAPSE,          /* {channel, note} */
        EVENT_CORRECTED,        /* {of: uid, from, to, at, note} at: when the corrected event was */
        EVENT_TAGGED,           /* {of: uid, tag} the last one counts; tag "": taken back */
        EVENT_SUPPORT_ADDED,    /* {kind: plan, reason or support; text} */
        EVENT_SUPPORT_REMOVED,  /* {of: uid} */
        EVENT_NUDGE_SHOWN,      /* {of: uid} */
        EVENT_NUDGE_ANSWERED,   /* {of: uid, answer} */
        EVENT_MILESTONE,        /* {days} */
        EVENT_DIGEST_SHOWN,     /* {n} so many that were held in limited mode */
        EVENT_LAYER_CHANGED,    /* {name, state, detail} */
        EVENT_ENFORCEMENT_REPAIRED, /* {} what root holds was found changed, and is whole again */
        EVENT_CLOCK_JUMPED,         /* {by} µs that the wall clock was set forward, or back if
                                     * negative; no promise is shorter for it */
        EVENT_DAEMON_STARTED,       /* {version} */
        EVENT_DAEMON_STOPPED,       /* {} */
        _EVENT_KIND_MAX,
} EventKind;

typedef enum Grade {
        GRADE_NONE, /* innocent, or corrected to "that was not it" */
        GRADE_INCOMING,
        GRADE_URGE,
        GRADE_ATTEMPT,
        GRADE_SLIP,
        GRADE_RELAPSE,
        _GRADE_MAX,
} Grade;

enum {
        UID_SPACE = 33, /* 32 hex digits of a UUIDv7 (RFC 9562, section 5.7) and the NUL */
};

typedef struct Event {
        uint64_t seq; /* position in this ledger from 1, the `t event` of the bus; 0: not stored */
        char uid[UID_SPACE];    /* globally unique, sorts by time */
        char device[UID_SPACE]; /* which machine recorded it */
        uint64_t recorded_usec; /* when it was written down: corrections count from it */
        uint64_t at_usec;       /* when it happened, UTC since the epoch */
        int zone_minutes;       /* east of UTC at that place and time: for weekdays and hours */
        EventKind kind;
        char person[UID_SPACE]; /* "" when it concerns no person */
        json_t *data;           /* an object, owned; fields per kind as above */
} Event;

/* Copies an id. Returns 0, or -EBADMSG with nothing copied when it is longer than an id can be. */
int uid_copy(char to[static UID_SPACE], const char *from);

/* Releases the payload; the struct itself is the caller's. */
void event_done(Event *ev);

/* The name of a kind ("contact.incoming"), and back; event_kind_from_name() gives -EINVAL for no
 * such kind. A ledger written by a newer version may hold kinds that this one does not know. */
const char *event_kind_name(EventKind kind);
int event_kind_from_name(const char *name);

/* The word for a grade ("slip", "none"), and back, or -EINVAL. */
const char *grade_name(Grade grade);
int grade_from_name(const char *name);

/* The grade that an event has by its kind; GRADE_NONE for those that are no contact of any sort. */
Grade event_grade(EventKind kind);

/* The kind that records a grade; GRADE_NONE has none and gives -EINVAL. */
int event_kind_for_grade(Grade grade);

/* The string field of the payload, or "" when it is absent or no string. The event keeps it. */
const char *event_string(const Event *ev, const char *field);

/* The integer field of the payload, or 0 when it is absent, no integer or negative. */
uint64_t event_uint(const Event *ev, const char *field);
