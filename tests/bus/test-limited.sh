#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Limited contact with hours, whole: the real daemon, the real relay, a notification server behind it. What comes
# outside of the hours is held and never reaches the server; when they begin, one digest does. A library of the
# test's sets the wall clock of daemon and relay.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter

data=$XDG_DATA_HOME/nocontact
ledger=$data/nocontact.db
socket=$XDG_RUNTIME_DIR/nocontact/server-bus
first_held=1073741824 # NC_RELAY_FIRST_ID

# at SECONDS COMMAND...: in the background, with a wall clock that shows Monday, so long after midnight; $! is its pid
at() {
        local midnight now ahead
        now=$(date +%s)
        midnight=$(date -d "next monday" +%s) # TZ is UTC
        ahead=$((midnight + $1 - now))
        # a sanitizer wants to be the first library, and need not be
        env ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" WALL_CLOCK_AHEAD="$ahead" \
                LD_PRELOAD="$NOCONTACT_BUILD/tests/tools/wall-clock.so" "${@:2}" >>"$CLI_DIR/daemon.log" 2>&1 &
}

daemon="" relay="" server=""
end() { # PID...
        local pid
        for pid; do
                [ -z "$pid" ] || kill "$pid" 2>/dev/null
                [ -z "$pid" ] || wait "$pid" 2>/dev/null
        done
        return 0
}

# again SECONDS: all of them anew, under that clock
again() {
        end "$server" "$relay" "$daemon"
        at "$1" "$NOCONTACT_BUILD/nocontactd"
        daemon=$!
        wait_for 60 "'$NOCONTACT' list >/dev/null 2>&1" || return 1
        at "$1" "$NOCONTACT_BUILD/nocontact-relay"
        relay=$!
        wait_for 60 "[ -S '$socket' ]" || return 1
        DBUS_SESSION_BUS_ADDRESS=unix:path=$socket "$NOCONTACT_BUILD/tests/tools/notify-null" \
                org.freedesktop.Notifications 2>>"$CLI_DIR/daemon.log" &
        server=$!
        wait_for 60 "busctl --user status org.freedesktop.Notifications >/dev/null 2>&1"
}

notify() { # TITLE: sends a notification; its id, as the application hears it, is in $id
        id=$(busctl --user call org.freedesktop.Notifications /org/freedesktop/Notifications \
                org.freedesktop.Notifications Notify susssasa\{sv\}i -- Mail 0 "" "$1" "hello" 0 0 -1)
        id=${id#u }
}

count=0 # of those that were held
held() { notify "$1" && [ "$id" -ge "$first_held" ] && count=$((count + 1)); }
delivered() { notify "$1" && [ "$id" -lt "$first_held" ]; }

verdict() { # TITLE
        busctl --user call org.nocontact.Daemon1 /org/nocontact/Daemon1 org.nocontact.Daemon1.Manager CheckText sss \
                Mail "$1" "" | cut -d '"' -f 2
}

recorded() { # KIND
        sqlite3 "$ledger" "SELECT count(*) FROM event WHERE kind = '$1'"
}

newest() { # the event of what was held last
        sqlite3 "$ledger" "SELECT max(seq) FROM event WHERE kind = 'contact.incoming'"
}

digests() { # how many came so far
        grep -c 'outside of your hours' "$CLI_DIR/notifications"
}

layer() { # the state of the filter
        run status --json
        jq -r '.layers[] | select(.name == "notifications").state' "$CLI_DIR/out"
}

dbus-monitor "interface='org.freedesktop.Notifications',member='Notify'" >"$CLI_DIR/notifications" 2>/dev/null &
monitor=$!

# --- the hours --------------------------------------------------------------------------------------

hour=3600
check "the daemon starts, on a Monday at eight" again $((8 * hour))
check "limited contact begins" ended 0 begin "Alex Doe" --mode limited --alias Lex
check "it has no hours at first" eval 'ended 0 limited "Alex Doe" && said "at any time"'
check "nothing is to be held for it" eval '[ "$(layer)" = off ]'
check "what comes is shown" delivered "Alex Doe"
check "hours are set at once" ended 0 limited alex "Mon-Fri 9:00-18:00"
check "they are shown" eval 'ended 0 limited alex && said "mon-fri 09:00-18:00"'
check "as JSON" eval 'ended 0 limited alex --json && json_is hours "mon-fri 09:00-18:00" && json_is person "Alex Doe"'
check "in status as well" eval 'ended 0 status && said "mon-fri 09:00-18:00" && ended 0 status --json && json_is people.0.hours "mon-fri 09:00-18:00"'
check "now a filter is wanted" wait_for 20 '[ "$(layer)" != off ]'
check "a night has two parts" eval 'ended 2 limited alex 22:00-06:00 && complained midnight'
check "what are no hours is refused" eval 'ended 2 limited alex by day && complained "mon-fri 09:00-18:00"'
check "for somebody in full mode there are none" eval \
        'ended 0 begin "Kim Low" && ended 2 limited Kim 09:00-18:00 && complained limited; ended 0 limited Kim && said "no contact"'
check "it was begun by mistake" ended 0 remove Kim

# --- outside of them --------------------------------------------------------------------------------

check "at eight the daemon would hold it" eval '[ "$(verdict Lex)" = hold ]'
check "and the relay does, by their name" wait_for 20 'held "Alex Doe"'
check "and by their alias" held Lex
check "others pass" delivered "Anna Other"
check "it is in the ledger" wait_for 20 '[ "$(recorded contact.incoming)" -eq "$count" ]'
check "and can be read at once" eval 'ended 0 holds show "$(newest)" && said hello'
check "no digest came" eval '[ "$(digests)" = 0 ]'

# --- when they begin --------------------------------------------------------------------------------

check "it is five seconds before nine" again $((9 * hour - 5))
check "at nine a digest comes" wait_for 60 '[ "$(digests)" = 1 ]'
check "of all that was held" grep -q "\"$count messages came" "$CLI_DIR/notifications"
check "that is written down" wait_for 20 '[ "$(recorded digest.shown)" = 1 ]'
check "now what comes is shown" delivered Lex
check "as the daemon says" eval '[ "$(verdict Lex)" = deliver ]'

check "it is ten, and all starts again" again $((10 * hour))
check "what comes is shown then, too" delivered "Alex Doe"
check "the digest is not told twice" eval '[ "$(digests)" = 1 ] && [ "$(recorded digest.shown)" = 1 ]'
check "it names nobody" eval '! grep -B 3 -A 3 "outside of your hours" "$CLI_DIR/notifications" | grep -q "Alex\|Lex"'

# --- other hours ------------------------------------------------------------------------------------

end "$server" "$relay" "$daemon"
"$NOCONTACT_BUILD/tests/tools/ledger-age" "$ledger" 900
check "the mistake's ten minutes are over" again $((10 * hour))
check "wider hours wait" eval 'ended 3 limited alex 08:00-20:00 && [ "$(verdict Lex)" = deliver ]'
check "so they do, and say what they are" eval 'ended 0 pending && said "Let what comes from Alex Doe pass 08:00-20:00"'
check "others are no way round it" eval 'ended 1 limited alex always && complained "waiting already"; ended 1 limited alex sat 10:00-12:00'
check "they are what they were" eval 'ended 0 limited alex && said "mon-fri 09:00-18:00"'
check "fewer count at once" eval 'ended 0 limited alex tue 09:00-18:00 && [ "$(verdict Lex)" = hold ]'
check "and what waited is taken back" eval 'ended 0 pending --json && json_is "#" 0'
check "that was a mistake" eval 'ended 0 limited alex "mon-fri 09:00-18:00" && [ "$(verdict Lex)" = deliver ]'

end "$server" "$relay" "$daemon" "$monitor"
cli_leave
