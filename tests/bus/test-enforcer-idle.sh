#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Root's program is there when it is called and gone when it is not; a call that comes while it leaves is
# not lost. Here it leaves after no time at all, so that nearly every call meets it in the door.

# shellcheck source=tests/bus/enforcer.sh
. "$(dirname "$0")/enforcer.sh"
ENF_OPTIONS='--idle 0'
enf_enter

owned() {
        busctl --system --acquired --no-legend list | grep -q '^org.nocontact.Enforcer1 '
}

caller() { # NUMBER: a hundred calls, one after the other; the failures
        local failed=0
        for _ in $(seq 100); do
                dbus-send --system --print-reply --dest=org.nocontact.Enforcer1 /org/nocontact/Enforcer1 \
                        org.nocontact.Enforcer1.CancelRelease >/dev/null 2>>"$ENF_DIR/failures" || failed=$((failed + 1))
        done
        echo "$failed" >"$ENF_DIR/caller.$1"
}
callers=()
for n in 1 2 3; do
        caller "$n" &
        callers+=($!)
done
wait "${callers[@]}"
echo "# it was started $(wc -l <"$ENF_DIR/starts") times for 300 calls"
check "no call was lost" eval '[ "$(cat "$ENF_DIR"/caller.* | sort -u)" = 0 ] || { sort "$ENF_DIR/failures" | uniq -c | sed "s/^/# /"; false; }'
check "it had left many times" [ "$(wc -l <"$ENF_DIR/starts")" -gt 20 ]
check "it is gone when nobody calls" wait_for 30 '! owned'

# an exception is open: it stays to close it
call Hold array:string:alexdoe.example,www.alexdoe.example array:string: "uint64:$(in_days 30)"
check "a hold ends with it" wait_for 30 '! owned'
call Except array:string:alexdoe.example uint32:1
sleep 2
check "it stays while an exception is open" owned
check "and closes it when it is over" eval '! held alexdoe.example && wait_for 90 "held alexdoe.example"'
check "then it leaves" wait_for 30 '! owned'
check "it was no repair" [ "$(property Repairs)" = "(ut) 0 0" ]

# told to end, it ends
call CancelRelease
ENF_OPTIONS='--idle 60'
sed -i 's/--idle 0/--idle 60/' "$ENF_DIR/start"
wait_for 30 '! owned'
call CancelRelease
pid=$(busctl --system --acquired --no-legend list | awk '$1 == "org.nocontact.Enforcer1" { print $2 }')
check "it stays for a while after a call" owned
kill -TERM "$pid"
check "it ends when it is told to" wait_for 10 "! kill -0 $pid"
plan
