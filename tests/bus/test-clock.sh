#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Setting the clock shortens no promise: the daemon is started again under another date, and what waits goes on
# waiting; when the time has really passed, it is done. A library of the test's sets the wall clock of one process, a
# time name space lets the time since boot run ahead.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter
unshare --time true 2>/dev/null || skip "no time name space can be had here"

stop() { # the daemon itself: what it was started under may not pass a signal on
        kill "$(busctl --user status org.nocontact.Daemon1 | sed -n 's/^PID=//p')"
        wait "$daemon"
}

# again ELAPSED WALL: the daemon is started again when so many hours have passed since the boot, and the wall clock shows
# so many more than now.
again() {
        local elapsed=$(($1 * 3600))
        stop
        # a sanitizer wants to be the first library, and need not be
        unshare --time --boottime "$elapsed" --monotonic "$elapsed" --fork --kill-child -- \
                env ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
                WALL_CLOCK_AHEAD=$(($2 * 3600)) LD_PRELOAD="$NOCONTACT_BUILD/tests/tools/wall-clock.so" \
                "$NOCONTACT_BUILD/nocontactd" >>"$CLI_DIR/daemon.log" 2>&1 &
        daemon=$!
        wait_for 60 "'$NOCONTACT' list >/dev/null 2>&1" || sed 's/^/#   /' "$CLI_DIR/daemon.log"
}

waiting() { # how many changes
        run pending --json
        jq length "$CLI_DIR/out"
}

jumps() {
        sqlite3 "$XDG_DATA_HOME/nocontact/nocontact.db" \
                "SELECT round((data ->> 'by') / 3600e6) FROM event WHERE kind = 'clock.jumped' ORDER BY seq" | paste -s -d ' '
}

locked() {
        run status --json
        json_is 'people.0.locked' "$1"
}

check "the daemon starts" daemon_start
check "a commitment of two days" ended 0 begin "Alex Doe" --days 2 --alias Lex
check "an hour later" again 1 1
check "a name is to be taken away: that waits a day" ended 3 remove "Alex Doe" --alias Lex
check "so it does" eval '[ "$(waiting)" = 1 ]'
check "the clock is set three days ahead" again 1 73
check "it waits all the same" eval '[ "$(waiting)" = 1 ]'
check "and the promise holds" locked true
check "that the clock was set is written down" eval '[ "$(jumps)" = 72.0 ]'
check "it is set right again" again 1 1
check "it waits as before" eval '[ "$(waiting)" = 1 ]'
check "that is written down too" eval '[ "$(jumps)" = "72.0 -72.0" ]'
check "24 hours have passed, by every clock" again 26 26
check "now it was done" eval '[ "$(waiting)" = 0 ]'
check "the promise still holds" locked true
check "two days have passed" again 50 50
check "and it holds no longer" locked false
check "nothing more was written down about the clock" eval '[ "$(jumps)" = "72.0 -72.0" ]'
stop
cli_leave
