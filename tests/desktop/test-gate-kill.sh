#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The relay, nocontactd and a real dunst are killed with SIGKILL, in every order, under a stream of notifications.
# They come back as under systemd: relay and daemon at once, the server with the next notification, through the bus
# and behind the relay. Nothing that names them is shown, nothing of others that was taken is lost, and what was
# held is in the ledger once. No sender tries again: what ends with an error was not taken, and its sender knows.

# shellcheck disable=SC2317 # functions are called by check, soon or a trap

# shellcheck source=tests/desktop/notify-lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/notify-lab.sh"

lab_needs Xvfb dunst dunstctl xev xwininfo jq sqlite3
lab_bus
lab_x11

# --- what systemd and the bus do --------------------------------------------------------------------------

# starts a program again whenever it ends
keep() { # NAME COMMAND...
        local name=$1 pid=
        shift

        trap 'kill "$pid" 2>/dev/null; wait "$pid"; exit 0' TERM
        while :; do
                "$@" >>"$dir/$name.log" 2>&1 &
                pid=$!
                echo "$pid" >"$dir/$name.pid"
                wait "$pid" 2>/dev/null
                sleep 0.1
        done
}

# Each notification that reaches dunst is written to server.log by it.
cat >"$dir/start-server" <<EOF
#!/bin/bash
export DBUS_SESSION_BUS_ADDRESS=$gated DISPLAY=$DISPLAY
for ((i = 0; i < 100; i++)); do
        busctl --user call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetId >/dev/null 2>&1 && break
        sleep 0.05
done
echo \$\$ >$dir/server.pid
exec stdbuf -oL dunst -conf $dir/dunstrc -print >>$dir/server.log 2>&1
EOF
chmod +x "$dir/start-server"
sed 's/^\( *notification_limit = \).*/\13/' /etc/xdg/dunst/dunstrc >"$dir/dunstrc"
: >"$dir/server.log"
cat >"$dir/services/server.service" <<EOF
[D-BUS Service]
Name=org.freedesktop.Notifications
Exec=$dir/start-server
EOF

ledger=$dir/data/nocontact/nocontact.db
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$dir/none

keep daemon "$build/nocontactd" &
pids+=($!)
soon "$build/nocontact" begin "Robin Vale" --days 30 --alias Robin || {
        check "the daemon starts" false
        exit 1
}
soon test -s "$dir/data/nocontact/notifications.rules"
keep relay "$relay" --listen "$dir/run/nocontact/server-bus" --bus "$direct" --data "$dir/data/nocontact" &
pids+=($!)
soon test -S "$dir/run/nocontact/server-bus"

server_end() {
        kill "$(cat "$dir/server.pid" 2>/dev/null)" 2>/dev/null
}
trap 'server_end; lab_end' EXIT

# --- the stream -------------------------------------------------------------------------------------------

lines() { # NAME
        wc -l <"$dir/$1.sent"
}

taken_since() { # NAME LINE: was one answered after so many lines?
        tail -n "+$(($2 + 1))" "$dir/$1.sent" | grep -qE '^[0-9]+ (held|plain) [0-9]+ '
}

kill_one() { # relay|server|daemon
        kill -KILL "$(cat "$dir/$1.pid")" 2>/dev/null
        kills=$((kills + 1))
}

# Kills in one order, at a moment of its own, and waits until a notification is taken again.
kill_order() { # NAME WHO...
        local name=$1 who
        shift
        for who in "$@"; do
                if [ "$who" = pause ]; then sleep 0.15; else kill_one "$who"; fi
        done
        wait_for 30 taken_since "$name" "$(lines "$name")" || return 1
        sleep "0.$((RANDOM % 5))"
}

orders=("relay" "server" "daemon"
        "relay server" "server relay" "relay daemon" "daemon relay" "server daemon" "daemon server"
        "relay server daemon" "relay daemon server" "server relay daemon" "server daemon relay"
        "daemon relay server" "daemon server relay"
        "relay pause server" "server pause relay" "relay pause relay" "server pause server" "daemon pause daemon"
        "daemon pause relay pause server" "relay pause relay pause server pause daemon")

killed_in_every_order() { # NAME
        local order

        kills=0
        wait_for 20 taken_since "$1" 0 || return 1
        for order in "${orders[@]}"; do
                # shellcheck disable=SC2086 # several words
                kill_order "$1" $order || return 1
        done
}

# A stream that lasts as long as the killing.
stream() { # NAME OPTION...
        local name=$1
        shift
        "$tools/notify-send-many" "$@" 100000 >"$dir/$name.sent" &
        stream_pid=$!
        pids+=("$stream_pid")
}

stream_end() {
        kill -TERM "$stream_pid"
        wait "$stream_pid" 2>/dev/null
}

# --- what became of them ----------------------------------------------------------------------------------

taken() { # NAME held|plain: their numbers
        sed -nE "s/^([0-9]+) $2 [0-9]+ .*/\1/p" "$dir/$1.sent"
}

failed() { # NAME held|plain
        sed -nE "s/^([0-9]+) $2 - .*/\1/p" "$dir/$1.sent"
}

few_failed() { # NAME
        echo "# $kills kills"
        [ "$(grep -c ' - ' "$dir/$1.sent")" -le "$kills" ]
}

spool_empty() {
        [ "$(spooled)" -eq 0 ]
}

entered() { # the ids in the ledger
        sqlite3 "$ledger" "SELECT data ->> 'held' FROM event WHERE kind = 'contact.incoming'"
}

# The numbers of what the ledger names: of the files' first lines.
entered_numbers() {
        local id

        entered | while read -r id; do head -n 1 "$dir/data/nocontact/held/$id"; done |
                jq -r .body | sed 's/number //'
}

shown_numbers() { # what reached dunst
        sed -nE "s/.*number ([0-9]+).*/\1/p" "$dir/server.log"
}

none_in() { # FILE: are none of the numbers on the standard input in it?
        [ -z "$(comm -12 <(sort -u "$1") <(sort -u))" ]
}

all_in() { # FILE: are all of them?
        [ -z "$(comm -13 <(sort -u "$1") <(sort -u))" ]
}

verdict() { # NAME
        check "all that was held is entered" soon spool_empty
        entered_numbers >"$dir/entered"
        shown_numbers >"$dir/shown"
        taken "$1" held >"$dir/held"
        taken "$1" plain >"$dir/plain"
        failed "$1" held >"$dir/held.failed"
        failed "$1" plain >"$dir/plain.failed"
        echo "# $1: $(wc -l <"$dir/held") held and $(wc -l <"$dir/plain") others were taken," \
                "$(wc -l <"$dir/held.failed") and $(wc -l <"$dir/plain.failed") ended with an error;" \
                "$(wc -l <"$dir/entered") are in the ledger"
        sed -nE 's/^[0-9]+ [a-z]+ - /#   /p' "$dir/$1.sent" | sort -u
        check "none that names them reached the server" test -z "$(grep Robin "$dir/server.log")"
        check "by its number neither" none_in "$dir/shown" < <(cat "$dir/held" "$dir/held.failed")
        check "every one that was taken as held is in the ledger" all_in "$dir/entered" <"$dir/held"
        check "none of them twice" test -z "$(sort "$dir/entered" | uniq -d)"
        check "and no other" none_in "$dir/entered" < <(cat "$dir/plain" "$dir/plain.failed")
        check "every other one that was taken reached the server" all_in "$dir/shown" <"$dir/plain"
}

stream only -f 1 -e 1 -i 2
screen_mark
check "in every order, with nothing but what names them" killed_in_every_order only
stream_end
check "a kill costs the answer of the one in hand at most" few_failed only
sleep 0.5
screen_look
echo "# only: $appearances appearances, $changed looks, $mapped mapped"
check "nothing was painted" test "$changed" -eq 0
check "nothing was mapped" test "$mapped" -eq 0
verdict only

screen_mark
stream mixed -f 200001 -e 3 -i 2 -t 200
check "in every order, with every third one that names them" killed_in_every_order mixed
stream_end
check "a kill costs the answer of the one in hand at most" few_failed mixed
check "the others were seen on the screen" soon seen
verdict mixed

send after -f 400001 -e 2 100
check "afterwards every one is answered" test "$(figure answered)" -eq 100
check "half of them by the relay" test "$(figure private)" -eq 50
verdict after

plan
