/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "enforcer/policy.h"

#include <stdint.h>

/* The browsers' policy files on the disk: the only place that opens them. Each of ours is replaced
 * by rename, so that a browser finds the old one or the new one whole. What somebody else wrote is
 * never written to. */

enum {
        POLICY_BROWSERS = 6, /* that are known */
};

typedef enum PolicyStanding {
        POLICY_NONE,    /* the browser is not there, or nothing is to be blocked */
        POLICY_HELD,    /* as it should be */
        POLICY_PARTLY,  /* some pages could not be said in full */
        POLICY_BESIDE,  /* likewise, since other files have lists of pages, too */
        POLICY_FOREIGN, /* policies that are not ours are there, and left alone */
        POLICY_FAILED,  /* it could not be written */
        _POLICY_STANDING_MAX,
} PolicyStanding;

typedef struct PolicyReport {
        const char *browser; /* its name, static */
        PolicyStanding standing;
        uint64_t since_usec; /* when our file became what it is, wall time; 0: there is none */
} PolicyReport;

/* The word for it on the bus, "" for POLICY_NONE. */
const char *policy_standing_name(PolicyStanding standing);

/* Makes the files of all installed browsers agree with the patterns, as policy_render() takes them;
 * with none, removes ours and the folders that were made for them. `root` goes before each path, ""
 * but in tests; `state_dir` is a folder of ours. One call at a time. Returns 1 when something was
 * written, 0 when not; a negative errno when a file could not be written or removed, after which
 * the others are done all the same. *ret is filled in any case. */
int policy_files_apply(const char *root, const char *state_dir, const char *const *patterns,
        size_t n, PolicyReport ret[static POLICY_BROWSERS]);

/* The same without writing: how they stand. */
void policy_files_look(const char *root, const char *const *patterns, size_t n,
        PolicyReport ret[static POLICY_BROWSERS]);
