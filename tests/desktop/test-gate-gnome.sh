#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The name gate with the real shell of GNOME, headless and painted by software, on a bus of its own. The
# witness sits in the shell itself: gnome-probe@nocontact/ writes down what is shown, painted and played.
#
#   NOCONTACT_BUILD  where nocontact-relay and the tests' tools lie   (build/plain)

# shellcheck disable=SC2317 # most functions are called by check, wait_for or a trap

set -u

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${NOCONTACT_BUILD:-build/plain}
[[ $build = /* ]] || build=$root/$build
relay=$build/nocontact-relay

# shellcheck source=tests/tap.sh
. "$root/tests/tap.sh"

for tool in gnome-shell gjs notify-send busctl; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
done
for program in "$relay" "$build/tests/tools/notify-rules"; do
        [ -x "$program" ] || {
                echo "not ok 1 - $program is built"
                exit 1
        }
done

# --- the lab ---------------------------------------------------------------------------------------------

dir=$(mktemp -d)
bus_pid='' shell_pid='' gate_pid=''

finish() {
        for pid in $gate_pid $shell_pid $bus_pid; do
                kill -9 "$pid" 2>/dev/null
        done
        wait 2>/dev/null
        rm -rf "$dir"
}
trap finish EXIT

tap_diagnose() {
        tail -n 5 "$dir/gate.log" "$dir/shell.log" "$dir/probe" 2>/dev/null | sed 's/^/#   /'
}

mkdir -p "$dir"/{run,home,data/nocontact,data/applications,data/gnome-shell/extensions,cache,services} \
        "$dir/config/glib-2.0/settings"
chmod 700 "$dir/run" "$dir/data/nocontact"
export HOME=$dir/home XDG_RUNTIME_DIR=$dir/run XDG_DATA_HOME=$dir/data XDG_CONFIG_HOME=$dir/config \
        XDG_CACHE_HOME=$dir/cache DBUS_SESSION_BUS_ADDRESS=unix:path=$dir/bus \
        DBUS_SYSTEM_BUS_ADDRESS=unix:path=$dir/bus LIBGL_ALWAYS_SOFTWARE=1 GSETTINGS_BACKEND=keyfile \
        NOCONTACT_PROBE_LOG=$dir/probe
unset DISPLAY WAYLAND_DISPLAY

# the shell starts its helper through the bus, and nothing else is to be started
cp /usr/share/dbus-1/services/org.gnome.Shell.Notifications.service "$dir/services"
cat >"$dir/bus.conf" <<EOF
<busconfig><type>session</type><listen>unix:path=$dir/bus</listen><servicedir>$dir/services</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
EOF
cp -r "$root/tests/desktop/gnome-probe@nocontact" "$dir/data/gnome-shell/extensions"
cat >"$dir/config/glib-2.0/settings/keyfile" <<EOF
[org/gnome/shell]
enabled-extensions=['gnome-probe@nocontact']
disable-user-extensions=false
welcome-dialog-last-shown-version='999'
[org/gnome/desktop/interface]
enable-animations=false
EOF
# an application of GNOME's kind is known by its desktop file
printf '[Desktop Entry]\nType=Application\nName=Chat\nExec=true\n' >"$dir/data/applications/org.example.Chat.desktop"
# they hold "Robin Vale"
"$build/tests/tools/notify-rules" >"$dir/data/nocontact/notifications.rules" || exit 1

bus() { # a call of the bus itself
        busctl --address="$DBUS_SESSION_BUS_ADDRESS" -j call org.freedesktop.DBus /org/freedesktop/DBus \
                org.freedesktop.DBus "$@"
}

server() { # NAME METHOD ARGUMENT...: a call of the interface, by whichever name
        busctl --address="$DBUS_SESSION_BUS_ADDRESS" call "$1" /org/freedesktop/Notifications \
                org.freedesktop.Notifications "${@:2}"
}

owner_is() { # PID: has this process the name?
        [[ $(bus GetConnectionUnixProcessID s "${2-org.freedesktop.Notifications}") = *"[$1]"* ]]
}

helper_waits() {
        [[ $(bus ListQueuedOwners s org.freedesktop.Notifications) = *'",":'* ]]
}

helper_owns() {
        local pid
        pid=$(bus GetConnectionUnixProcessID s org.gnome.Shell.Notifications) || return
        [[ $pid =~ \[([0-9]+)\] ]] && owner_is "${BASH_REMATCH[1]}"
}

told() { # LINE...: has the witness written all of them?
        local line
        for line in "$@"; do
                grep -qxF "$line" "$dir/probe" || return
        done
}

shell_start() {
        : >"$dir/probe"
        gnome-shell --headless --virtual-monitor 800x600 --wayland --no-x11 >"$dir/shell.log" 2>&1 &
        shell_pid=$!
        wait_for 90 told "ready "
}

gate_start() {
        "$relay" --name-gate >"$dir/gate.log" 2>&1 &
        gate_pid=$!
        wait_for 60 grep -q 'come through the gate' "$dir/gate.log"
}

gate_end() { # SIGNAL
        kill "-$1" "$gate_pid"
        wait "$gate_pid" 2>/dev/null
        gate_pid=''
}

send() { # as an application does
        timeout 60 notify-send -t 60000 "$@"
}

kept() {
        find "$dir/data/nocontact/spool" -name '[0-9a-f]*' 2>/dev/null | wc -l
}

seen() { # PATTERN: how many lines of the witness have it
        grep -cE "$1" "$dir/probe"
}

dbus-daemon --config-file="$dir/bus.conf" --nofork 2>"$dir/bus.log" &
bus_pid=$!
wait_for 30 test -S "$dir/bus"

# --- without the gate: the witness sees ------------------------------------------------------------------

began=$SECONDS
shell_start || skip "this GNOME does not start here"
echo "# $(gnome-shell --version), $((SECONDS - began)) s until it was ready"
wait_for 60 helper_owns || skip "this GNOME has no helper to own the name"

id=$(send -p "Robin Vale" "ungated")
check "without the gate it is shown, painted and heard" \
        wait_for 30 told "add Robin Vale" "show Robin Vale" "paint Robin Vale" "sound Robin Vale"
server org.freedesktop.Notifications CloseNotification u "$id"
wait_for 30 told "gone Robin Vale"

# --- the gate, while the shell runs ----------------------------------------------------------------------

check "the gate takes the names of a shell that runs" gate_start
check "the bus knows it as the server" owner_is "$gate_pid"
check "the shell's helper waits behind it" wait_for 30 helper_waits

: >"$dir/probe"
failed=0
start=$(date +%s%N)
for ((i = 1; i <= 200; i++)); do
        send -a Chat "Robin Vale" "number $i" || failed=$((failed + 1))
done
echo "# 200 notify-send in $((($(date +%s%N) - start) / 1000000)) ms"
check "200 of theirs: no application hears of an error" test "$failed" = 0
check "all of them are kept" test "$(kept)" = 200

missing=0
for ((i = 1; i <= 50; i++)); do
        id=$(send -p "Mum $i" "number $i")
        wait_for 30 told "show Mum $i" "paint Mum $i" "sound Mum $i" || missing=$((missing + 1))
        # too much has failed to go on
        [ "$missing" -lt 3 ] || break
        server org.freedesktop.Notifications CloseNotification u "$id"
        wait_for 30 told "gone Mum $i"
done
check "50 of others are shown, painted and heard, and closed when their application says so" test "$missing" = 0
echo "# of theirs: shown $(seen '^show Robin'), painted $(seen '^paint Robin'), heard $(seen '^sound Robin')"
echo "# of others: shown $(seen '^show Mum'), frames painted $(seen '^paint Mum'), heard $(seen '^sound Mum')"
check "nothing of theirs was shown, painted, heard or put into the tray" test "$(seen 'Robin')" = 0
check "and none of the others was kept" test "$(kept)" = 200

# --- what applications do besides ------------------------------------------------------------------------

for method in GetCapabilities GetServerInformation; do
        check "$method is the shell's own answer" test \
                "$(server org.freedesktop.Notifications $method)" = "$(server org.gnome.Shell $method)"
done
check "who waits for one of theirs to be closed waits for nothing" send -w "Robin Vale" "wait"
check "nor does who waits for an answer to it" send -A yes=Yes "Robin Vale" "answer me"
check "a click comes back to the application" test "$(send -A default=Open "Press me" "now")" = default

id=$(send -p "First" "text")
wait_for 30 told "show First"
check "an update has the id of what it replaces" test "$(send -p -r "$id" "Second" "text")" = "$id"
check "and so has one of theirs" test "$(send -p -r "$id" "Robin Vale" "text")" = "$id"
check "what it takes the place of is gone" wait_for 30 told "gone Second"
id=$(send -p "Robin Vale" "text")
check "one of theirs can be closed" server org.freedesktop.Notifications CloseNotification u "$id"
check "and be replaced by what is shown" send -r "$id" "Third" "text"
check "which is seen" wait_for 30 told "show Third"
check "all the while nothing of theirs was" test "$(seen 'Robin')" = 0

# --- ends and beginnings ---------------------------------------------------------------------------------

gate_end KILL
check "killed, the gate leaves the name to the helper at once" helper_owns
id=$(send -p "Ungated" "text")
check "and notifications are shown" wait_for 30 told "add Ungated"
server org.freedesktop.Notifications CloseNotification u "$id"
check "the next gate takes the names again" gate_start
check "and has them" owner_is "$gate_pid"
send "Robin Vale" "text"
gate_end TERM
check "told to end, it gives them back" helper_owns
check "the next one has them" gate_start

kill -9 "$shell_pid"
wait "$shell_pid" 2>/dev/null
shell_pid=''
check "without a shell it holds no name: another desktop may want them" \
        wait_for 30 '! bus GetNameOwner s org.freedesktop.Notifications'
check "a new shell starts" shell_start
check "and is behind the gate" wait_for 60 owner_is "$gate_pid"
check "GNOME's own interface, too, as the gate was there first" owner_is "$gate_pid" org.gtk.Notifications

add() { # ID TITLE
        busctl --address="$DBUS_SESSION_BUS_ADDRESS" call org.gtk.Notifications /org/gtk/Notifications \
                org.gtk.Notifications AddNotification 'ssa{sv}' org.example.Chat "$1" 1 title s "$2"
}
before=$(kept)
check "one of theirs by that interface is taken without an error" add 1 "Robin Vale"
check "one of others, too" add 2 "Aunt"
check "which is shown" wait_for 30 told "show Aunt"
check "and becomes one of theirs: gone" add 2 "Robin Vale"
check "from the screen and the tray" wait_for 30 told "gone Aunt"
check "both of theirs are kept" test "$(kept)" = $((before + 2))
check "nothing of theirs was seen" test "$(seen 'Robin')" = 0

plan
