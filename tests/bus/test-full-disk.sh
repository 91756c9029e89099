#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A change is due and the disk is full: the daemon rests between two tries instead of trying without end, and
# carries the change out when there is room again. No file of the daemon's may grow beyond its first byte,
# which to the ledger is a full disk.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter

ledger=$XDG_DATA_HOME/nocontact/nocontact.db
# a full disk sends no signal; this limit does, and what is ignored here is so in the daemon
trap '' XFSZ

age() { # SECONDS
        daemon_stop
        "$NOCONTACT_BUILD/tests/tools/ledger-age" "$ledger" "$1"
        daemon_start || exit 1
}

state() {
        busctl --user get-property org.nocontact.Daemon1 /org/nocontact/Daemon1 org.nocontact.Daemon1.Manager State
}

room() { # BYTES: how large a file may become; "unlimited"
        prlimit --pid "$daemon" --fsize="$1:"
}

daemon_start || exit 1
"$NOCONTACT" begin "Alex Doe" --days 30 --alias Lex >/dev/null || exit 1
age 700
"$NOCONTACT" end Alex >/dev/null
check "an end waits" [ "$(sqlite3 "$ledger" "SELECT count(*) FROM event WHERE kind = 'change.pending'")" = 1 ]

# it becomes due in some seconds, when the disk is full
age $((86400 - 8))
room 1
check "nothing can be written" eval '! "$NOCONTACT" urge 5 >/dev/null 2>&1'

timeout 30 strace -f -p "$daemon" -o "$CLI_DIR/trace" 2>/dev/null
wakeups=$(grep -cE 'epoll_wait.* = [0-9]+$' "$CLI_DIR/trace")
failures=$(grep -c EFBIG "$CLI_DIR/trace")
echo "# in 30 s: $wakeups wakeups, $failures writes that failed"
check "what is due is tried" [ "$failures" -ge 1 ]
check "it does not spin" [ "$wakeups" -le 5 ]
check "nothing has happened yet" [ "$(state)" = 's "active"' ]

room unlimited
check "with room it is carried out" wait_for 90 '[ "$(state)" = "s \"idle\"" ]'
check "and written down once" [ "$(sqlite3 "$ledger" "SELECT count(*) FROM event WHERE kind = 'commitment.ended'")" = 1 ]
daemon_stop
check "the state makes anew without a difference" eval '"$NOCONTACT_BUILD/nocontactd" --rebuild | grep -q "no difference"'
cli_leave
