# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the tests in shell share: results as TAP, and waits that end as soon as they can. It knows no
# program of ours. A test sources it, says `check SENTENCE COMMAND...`, and closes with `plan`.

TAP_COUNT=0
TAP_FAILED=0
# after so many failures the rest would only wait out its patience for what cannot come; 0: never
TAP_ENOUGH=${TAP_ENOUGH:-0}

# What helps to understand a failure; a test may define its own.
tap_diagnose() {
        :
}

# check SENTENCE COMMAND...: one result, which is the command's.
check() {
        local sentence=$1
        shift
        TAP_COUNT=$((TAP_COUNT + 1))
        if "$@"; then
                echo "ok $TAP_COUNT - $sentence"
                return 0
        fi
        TAP_FAILED=$((TAP_FAILED + 1))
        echo "not ok $TAP_COUNT - $sentence"
        echo "# failed: $*"
        tap_diagnose
        if [ "$TAP_ENOUGH" -gt 0 ] && [ "$TAP_FAILED" -ge "$TAP_ENOUGH" ]; then
                echo "# too much has failed to go on"
                exit 1
        fi
        return 1
}

# plan: how many results there were; fails when one was bad.
plan() {
        echo "1..$TAP_COUNT"
        [ "$TAP_FAILED" -eq 0 ]
}

# skip REASON: nothing of this test can be tried here.
skip() {
        echo "ok 1 - # SKIP $1"
        echo "1..1"
        exit 0
}

# wait_for SECONDS COMMAND...: until it succeeds; a single word is a line of shell. It fails, and says what
# it waited for, when the time is over.
wait_for() {
        local patience=$1 end=$((SECONDS + $1))
        shift
        while ! { if [ $# -eq 1 ]; then eval "$1"; else "$@"; fi; } >/dev/null 2>&1; do
                if [ "$SECONDS" -ge "$end" ]; then
                        echo "# waited $patience s for: $*"
                        return 1
                fi
                sleep 0.1
        done
}
