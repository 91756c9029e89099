/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/holding.h"

/* What to ask of nocontact-enforcer next: the rules' wish, root's last word, and one call at a time
 * until both agree. It makes no call and reads no clock; the enforcer client does, and tells it
 * here what came of it.
 *
 * `elapsed` is CLOCK_BOOTTIME in µs, and never goes back. Wall times (..._usec) are UTC. */

typedef enum PlanStep {
        PLAN_READ_LEASE,
        PLAN_CLOSE,   /* the connections to where newly held names led */
        PLAN_LOOK_UP, /* where the new names lead, before they are held */
        PLAN_HOLD,
        PLAN_CANCEL_RELEASE,
        PLAN_RELEASE,
        PLAN_REQUEST_RELEASE,
        PLAN_OPEN_SINKHOLE,
        PLAN_EXCEPT,
        PLAN_READ_REPAIRS,
        PLAN_READ_BROWSERS,
        _PLAN_STEP_MAX,
        PLAN_REST = _PLAN_STEP_MAX, /* nothing to do now */
} PlanStep;

/* How a call ended when it did not end well. */
typedef enum PlanFailure {
        PLAN_FAILED,  /* try again after a pause */
        PLAN_LOCKED,  /* org.nocontact.Error.Locked */
        PLAN_REFUSED, /* the same call would be refused again */
        PLAN_ABSENT,  /* there is no enforcer, and it left nothing behind */
} PlanFailure;

/* The property Lease. */
typedef struct RootLease {
        uint64_t generation, until_usec, due_usec;
        uint32_t hosts, patterns;
        bool running;
} RootLease;

enum {
        PLAN_LOOK_UP_MAX = 64, /* names of one look-up */
        PLAN_CALLS_MAX = 32,   /* calls without a rest: whatever goes round is slowed down */
        PLAN_REPAIRS_MANY = 6, /* in an hour */
};

#define PLAN_RETRY_USEC     (5 * USEC_PER_SEC) /* doubled with each failure */
#define PLAN_RETRY_MAX_USEC (600 * USEC_PER_SEC)
#define PLAN_NOTE_USEC      (60 * USEC_PER_SEC) /* network.dnsCacheExpiration of Firefox */

/* Start with plan_init(). The fields are for enforcer-plan.c; the client's texts read some. */
typedef struct Plan {
        Holding wanted;
        uint64_t wall_usec, wall_elapsed; /* the wall clock, and `elapsed` when it read so */
        uint64_t start_usec;              /* the first plan_want(); wall, 0 before */
        bool maybe_held;                  /* root may hold something for us */

        RootLease lease; /* root's last word */
        bool lease_known;
        bool lease_ours;   /* what changed since is our own call's doing */
        uint64_t check_at; /* when to read it again though we know it; elapsed */

        Holding held;    /* the last Hold that went well; open_usec: the exceptions asked for */
        bool held_known; /* root's lease is that one still */
        uint64_t held_generation, held_at;
        Holding asked; /* the Hold that is out */
        bool locked; /* root does not let go of names yet: `held` stays, and what is new is added */
        bool looked; /* the new names were looked up */
        bool found;  /* they led somewhere */
        bool close;  /* there are connections to close */
        uint64_t note_until; /* names were added until a minute ago; elapsed */

        HeldHost **group; /* in `held`: the names of the exception that is asked for */
        size_t n_group, space;
        uint64_t group_usec; /* its end; 0: it is being closed */
        bool except_refused;

        bool sinkhole; /* handed up */
        unsigned sinkhole_failures;
        uint64_t sinkhole_at;

        bool browsers_known; /* how their policies stand, since the last Hold or hint */

        bool repairs_hint; /* somebody says that there was a repair */
        uint64_t repairs_at;
        uint32_t repairs; /* in the last hour, as root says */
        uint64_t repaired_usec;

        unsigned failures, calls; /* since it rested the last time */
        uint64_t retry_at;
} Plan;

/* `maybe_held`: root may hold something from before. Until names are wanted nothing else is a
 * reason to ask root at all. */
void plan_init(Plan *p, bool maybe_held);
void plan_done(Plan *p);

/* What is wanted from now on; copied. Returns 1 when it is news, 0 when not, -ENOMEM. */
int plan_want(Plan *p, const Holding *wanted, uint64_t wall_usec, uint64_t elapsed);

/* The next step, or PLAN_REST. */
PlanStep plan_next(Plan *p, uint64_t elapsed);

/* When to ask plan_next() again though nothing happened; UINT64_MAX for never. */
uint64_t plan_wake(const Plan *p, uint64_t elapsed);

/* Does the machine agree, as far as root lets it, so that only time can bring something to do? */
bool plan_agrees(const Plan *p, uint64_t elapsed);

/* Is anything wanted at all? */
bool plan_wants(const Plan *p);

/* The wall clock, as far as it is known from the last plan_want(). */
uint64_t plan_wall(const Plan *p, uint64_t elapsed);

/* --- what a step takes ------------------------------------------------------------------------ */

/* The names to look up, borrowed: at most PLAN_LOOK_UP_MAX of them. Returns how many. */
size_t plan_new_names(const Plan *p, const char *names[static PLAN_LOOK_UP_MAX]);

/* For PLAN_HOLD: what to hold, good until the call has ended. Returns 0 or -ENOMEM. */
int plan_begin_hold(Plan *p, const Holding **ret);

/* For PLAN_EXCEPT: the hosts, borrowed until the call has ended, and the minutes; 0 closes what is
 * open. Returns 0 or -ENOMEM. */
int plan_begin_except(
        Plan *p, uint64_t elapsed, HeldHost *const **ret, size_t *ret_n, unsigned *ret_minutes);

/* --- what came of it -------------------------------------------------------------------------- */

void plan_lease(Plan *p, const RootLease *lease, uint64_t elapsed);
/* `found`: there are addresses, so that PLAN_CLOSE follows the Hold. */
void plan_looked(Plan *p, bool found);
void plan_held(Plan *p, uint64_t generation, uint64_t elapsed);
/* PLAN_CLOSE, PLAN_CANCEL_RELEASE, PLAN_REQUEST_RELEASE, PLAN_RELEASE, PLAN_OPEN_SINKHOLE,
 * PLAN_EXCEPT, PLAN_READ_BROWSERS went well. */
void plan_went_well(Plan *p, PlanStep step);
/* Returns true when the repair is news. */
bool plan_repairs(Plan *p, uint32_t n, uint64_t last_usec, uint64_t elapsed);
/* Returns true when it hinders: the block is not known to be what it should be. */
bool plan_failed(Plan *p, PlanStep step, PlanFailure failure, uint64_t elapsed);

/* Somebody says that the block was repaired. */
void plan_hint(Plan *p);
/* The bus is gone: another is to be opened after a while, and what is known may be old then. */
void plan_lost(Plan *p, uint64_t elapsed);
