# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A lab for the gate in front of real notification servers: a private bus, a screen of its own (Xvfb, or
# headless sway), the real nocontact-relay, and a witness of what is mapped or painted. It knows no server: a
# test sources it, says how its server is started and asked, and runs gate_table.
#
# The test defines
#   server_start       starts the server on $DBUS_SESSION_BUS_ADDRESS in the background (lab_spawn)
#   server_history     prints how many notifications the server keeps
#   keeps              "open" when those are the open ones; then also server_clear, which closes them all;
#                      "unasked" when nobody can ask, and there is no server_history
#   server_settle      waits until the server has painted what it paints without a notification   (optional)
#   server_tools       further checks with the server's own tools   (optional)
#   open_msec          how long one of many stays open              (100)
#   rest_msec          and how long nothing is there after it       (50)
#
#   NOCONTACT_BUILD  where the programs lie   (build/plain)
#   LAB_OUTPUT       a folder that keeps the lab's logs

# shellcheck disable=SC2317,SC2034 # functions are called by check, wait_for or a trap; the tests read the rest

set -u

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${NOCONTACT_BUILD:-build/plain}
[[ $build = /* ]] || build=$root/$build
tools=$build/tests/tools
relay=$build/nocontact-relay

# shellcheck source=tests/tap.sh
. "$root/tests/tap.sh"

dir=$(mktemp -d)
chmod 700 "$dir"
pids=()
server_pid=
relay_pid=

soon() { # COMMAND...: does it succeed before long?
        wait_for 20 "$@"
}

lab_end() {
        local i

        for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
                kill "${pids[i]}" 2>/dev/null
        done
        for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
                wait "${pids[i]}" 2>/dev/null
        done
        if [ -n "${LAB_OUTPUT-}" ]; then
                mkdir -p "$LAB_OUTPUT"
                cp "$dir"/*.log "$dir"/*.sent "$LAB_OUTPUT" 2>/dev/null
        fi
        rm -rf "$dir"
}
trap lab_end EXIT

tap_diagnose() {
        tail -n 3 "$dir/relay.log" "$dir/server.log" 2>/dev/null | cut -c 1-200 | sed 's/^/#   /'
}

lab_needs() { # TOOL...
        local tool

        for tool in "$@" dbus-daemon busctl; do
                command -v "$tool" >/dev/null || skip "$tool is not installed"
        done
        for tool in "$relay" "$tools"/notify-{rules,send-many} "$tools/screen-witness"; do
                [ -x "$tool" ] && continue
                echo "not ok 1 - $tool is built"
                exit 1
        done
}

lab_spawn() { # NAME COMMAND...: in the background, its words in NAME.log; sets spawned
        local name=$1
        shift
        "$@" >>"$dir/$name.log" 2>&1 &
        spawned=$!
        pids+=("$spawned")
}

lab_stop() { # PID: ends it, however it takes that
        local waited

        [ -n "$1" ] || return 0
        kill "$1" 2>/dev/null
        for ((waited = 0; waited < 30; waited++)); do
                kill -0 "$1" 2>/dev/null || break
                sleep 0.1
        done
        kill -KILL "$1" 2>/dev/null
        wait "$1" 2>/dev/null
}

# --- the bus ---------------------------------------------------------------------------------------------

lab_bus() {
        mkdir -p "$dir/services" "$dir/data/nocontact" "$dir/config" "$dir/cache" "$dir/run/nocontact"
        chmod 700 "$dir/run" "$dir/run/nocontact"
        export HOME=$dir XDG_CONFIG_HOME=$dir/config XDG_CACHE_HOME=$dir/cache XDG_RUNTIME_DIR=$dir/run
        export XDG_DATA_HOME=$dir/data NO_AT_BRIDGE=1 GSETTINGS_BACKEND=memory GIO_USE_VFS=local
        unset DISPLAY WAYLAND_DISPLAY XDG_CURRENT_DESKTOP
        cat >"$dir/bus.conf" <<-END
		<busconfig>
		  <type>session</type>
		  <listen>unix:path=$dir/bus</listen>
		  <servicedir>$dir/services</servicedir>
		  <auth>EXTERNAL</auth>
		  <policy context="default">
		    <allow send_destination="*" eavesdrop="true"/>
		    <allow eavesdrop="true"/>
		    <allow own="*"/>
		  </policy>
		</busconfig>
	END
        lab_spawn bus dbus-daemon --config-file="$dir/bus.conf" --nofork
        soon test -S "$dir/bus" || skip "dbus-daemon does not start here"
        direct=unix:path=$dir/bus
        gated=unix:path=$dir/run/nocontact/server-bus
        export DBUS_SESSION_BUS_ADDRESS=$direct
}

server_owns() {
        busctl --user call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus NameHasOwner s \
                org.freedesktop.Notifications | grep -qx 'b true'
}

server_gone() {
        ! server_owns
}

# --- relay and server ------------------------------------------------------------------------------------

rules_write() { # COUNT: replaces the rules, as nocontactd does
        "$tools/notify-rules" "$1" >"$dir/data/nocontact/rules.new" &&
                mv "$dir/data/nocontact/rules.new" "$dir/data/nocontact/notifications.rules"
}

relay_start() {
        lab_spawn relay "$relay" --listen "$dir/run/nocontact/server-bus" --bus "$direct" \
                --data "$dir/data/nocontact"
        relay_pid=$spawned
        soon test -S "$dir/run/nocontact/server-bus"
}

server_run() { # ADDRESS: starts the server on it, and waits until it can be asked
        DBUS_SESSION_BUS_ADDRESS=$1
        server_start
        server_pid=$spawned
        DBUS_SESSION_BUS_ADDRESS=$direct
        soon server_owns && { [ "$(type -t server_settle)" != function ] || server_settle; }
}

server_stop() {
        lab_stop "$server_pid"
        server_pid=
        soon server_gone
}

spooled() { # how many are in the spool
        find "$dir/data/nocontact/spool" -type f ! -name '.*' 2>/dev/null | wc -l
}

# --- the screens and their witnesses ----------------------------------------------------------------------

# Since screen_mark, as of the last screen_look: how often something appeared, in how many looks or pictures
# something was there, and how many windows or surfaces came up.
appearances=0
changed=0
mapped=0

lab_x11() {
        # enough to see, little to compare; whoever is its last guest for a moment does not start it anew,
        # which would end the witness of what is mapped
        Xvfb -displayfd 3 -screen 0 400x300x24 -fbdir "$dir" -nolisten tcp -noreset 3>"$dir/display" \
                2>"$dir/screen.log" &
        pids+=($!)
        soon test -s "$dir/display" || skip "Xvfb does not start here"
        DISPLAY=:$(cat "$dir/display")
        export DISPLAY
        soon xwininfo -root || skip "the screen cannot be asked"
        : >"$dir/windows.log"
        lab_spawn windows stdbuf -oL xev -root -event substructure
        coproc WITNESS { exec "$tools/screen-witness" "$dir/Xvfb_screen0"; }
        pids+=("$WITNESS_PID")
        read_screen=read_x11
        screen_mark
}

# What is there now is the background from here on.
background_x11() {
        local line

        echo b >&"${WITNESS[1]}"
        read -r -u "${WITNESS[0]}" line
}

read_x11() { # sets saw: appearances, changed, mapped since the last time
        local line windows

        echo >&"${WITNESS[1]}"
        read -r -u "${WITNESS[0]}" line
        windows=$(grep -c '^MapNotify' "$dir/windows.log")
        saw=("$(expr "$line" : '.*appearances=\([0-9]*\)')" "$(expr "$line" : '.*changed=\([0-9]*\)')"
                $((windows - windows_before)))
        windows_before=$windows
        looks="$(expr "$line" : '.*looks=\([0-9]*\)') looks, the longest time between two $(
                expr "$line" : '.*gap_usec=\([0-9]*\)') us"
}
windows_before=0

lab_wayland() {
        cat >"$dir/sway.conf" <<-END
		output HEADLESS-1 resolution 800x600
		xwayland disable
	END
        # sway will not run as root
        if [ "$(id -u)" -eq 0 ]; then
                as_somebody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
                install -d -m 700 -o 65534 -g 65534 "$dir/screen"
                chmod 711 "$dir"
        else
                as_somebody=()
                mkdir -m 700 "$dir/screen"
        fi
        lab_spawn screen env XDG_RUNTIME_DIR="$dir/screen" HOME="$dir/screen" WLR_BACKENDS=headless \
                WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1 \
                "${as_somebody[@]}" sway --config "$dir/sway.conf"
        soon test -S "$dir/screen/wayland-1" || skip "sway does not start here"
        export WAYLAND_DISPLAY=$dir/screen/wayland-1 GDK_BACKEND=wayland
        : >"$dir/server.log"
        read_screen=read_wayland
        screen_mark
}

# From the server's own record of the protocol (WAYLAND_DEBUG): surfaces asked for, and pictures attached.
read_wayland() {
        local lines part surfaces

        lines=$(wc -l <"$dir/server.log")
        part=$(sed -n "$((lines_before + 1)),${lines}p" "$dir/server.log")
        surfaces=$(grep -c -- '-> zwlr_layer_shell_v1@[0-9]*\.get_layer_surface(' <<<"$part")
        saw=("$surfaces" "$(grep -c -- '-> wl_surface@[0-9]*\.attach(wl_buffer@' <<<"$part")" "$surfaces")
        lines_before=$lines
}
lines_before=0

screen_look() {
        "$read_screen"
        appearances=$((appearances + saw[0]))
        changed=$((changed + saw[1]))
        mapped=$((mapped + saw[2]))
}

screen_mark() {
        screen_look
        appearances=0 changed=0 mapped=0
}

screen_clear() { # is nothing there, and was nothing since the last look?
        screen_look
        [ "${saw[*]}" = "0 0 0" ]
}

# --- what every server is put through ---------------------------------------------------------------------

send() { # NAME OPTION...: notify-send-many, what it prints into NAME.sent; its last line into $sent
        local name=$1
        shift
        timeout 120 "$tools/notify-send-many" "$@" >"$dir/$name.sent"
        sent=$(tail -n 1 "$dir/$name.sent")
        echo "# $name: $sent"
}

figure() { # NAME: of $sent
        expr "$sent" : ".*$1=\([0-9]*\)"
}

# Notify with a hint of any type, which notify-send does not give.
notify_hint() { # SUMMARY HINT TYPE VALUE: prints "u ID"
        busctl --user call org.freedesktop.Notifications /org/freedesktop/Notifications \
                org.freedesktop.Notifications Notify 'susssasa{sv}i' Messages 0 "" "$1" "a hint" 0 \
                1 "$2" "$3" "$4" -- 300
}

close_id() {
        busctl --user call org.freedesktop.Notifications /org/freedesktop/Notifications \
                org.freedesktop.Notifications CloseNotification u "$1"
}

# where the ids of held ones begin
first_private=$(($(sed -n 's/^#define NC_RELAY_FIRST_ID \(0x[0-9a-f]*\)U.*/\1/p' "$root/include/nocontact/bus-names.h")))

is_private() { # ID
        [ "$1" -ge "$first_private" ]
}

is_the_servers() { # ID
        [ "$1" -gt 0 ] && [ "$1" -lt "$first_private" ]
}

# Without the gate, so that the witness is known to see.
table_witness() {
        server_run "$direct" || skip "the server does not start here"
        screen_mark
        send ungated -c $((2 * open_msec)) -i $((2 * rest_msec)) 5
        soon screen_clear
        echo "# ungated: $appearances appearances, $changed looks, $mapped mapped"
        check "ungated, five are answered" test "$(figure answered)" -eq 5
        check "with the server's own ids" test "$(figure private)" -eq 0
        check "and the witness sees each" test "$appearances" -ge 5 -a "$changed" -ge 5
        check "and sees that they were mapped" test "$mapped" -ge 5
        server_stop
}

table_held() {
        local kept

        kept=$(history_of_server)
        soon screen_clear
        screen_mark
        send held 200
        sleep 0.5
        screen_look
        echo "# held: $appearances appearances, $changed looks, $mapped mapped${looks:+; of $looks}"
        check "200 that name them are answered" test "$(figure answered)" -eq 200
        check "all by the relay" test "$(figure private)" -eq 200
        check "and closed, so that nobody waits" test "$(figure closed)" -eq 200
        check "no window was mapped" test "$mapped" -eq 0
        check "nothing was painted" test "$changed" -eq 0
        [ "$keeps" = unasked ] || check "the server keeps none of them" test "$(server_history)" = "$kept"
        check "200 lie in the spool" test "$(spooled)" -eq 200
}

# One after the other, each alone on the screen; and then, for a server that keeps what is open, all at once.
table_shown() {
        local kept

        kept=$(history_of_server)
        screen_mark
        send shown -e 0 -c "$open_msec" -i "$rest_msec" 50
        soon screen_clear
        echo "# shown: $appearances appearances, $changed looks, $mapped mapped"
        check "50 others are answered" test "$(figure answered)" -eq 50
        check "by the server" test "$(figure private)" -eq 0
        check "each of them was seen" test "$appearances" -ge 50
        [ "$keeps" = open ] && send open -e 0 -t 60000 50
        [ "$keeps" = unasked ] || check "the server keeps all of them" soon kept_more "$kept" 50
        check "and the spool has none of them" test "$(spooled)" -eq 200
        [ "$keeps" = open ] && server_clear
        soon screen_clear
}
keeps=closed
open_msec=100
rest_msec=50

history_of_server() {
        [ "$keeps" = unasked ] || server_history
}

kept_more() { # BEFORE MORE
        [ "$(server_history)" -eq $(($1 + $2)) ]
}

table_replaced() {
        local id again

        id=$(notify-send -t 60000 -p "Kim Park" "first")
        check "notify-send -p has the server's id" is_the_servers "$id"
        again=$(notify-send -t 60000 -p -r "$id" "Kim Park" "second")
        check "-r replaces it" test "$again" = "$id"
        again=$(notify-send -p -r "$id" "Robin Vale" "third")
        check "one that names them takes no other's place, but is answered as if" test "$again" = "$id"
        close_id "$id"
        id=$(notify-send -p "Robin Vale" "fourth")
        check "a held one has an id of the relay's" is_private "$id"
        check "which can be closed" close_id "$id"
        soon screen_clear
        screen_mark
        again=$(notify-send -t 60000 -p -r "$id" "Kim Park" "fifth")
        check "and is replaced by one of the server's" is_the_servers "$again"
        check "that is seen" soon seen
        close_id "$again"
        soon screen_clear
}

seen() {
        screen_look
        [ "$appearances" -gt 0 ]
}

table_waiting() {
        local waiter id

        check "notify-send -w returns from a held one" timeout 10 notify-send -w "Robin Vale" "waits"
        check "-A too" timeout 10 notify-send -A yes=Yes -A no=No "Robin Vale" "asks"
        stdbuf -oL notify-send -w -p -t 60000 "Kim Park" "waits" >"$dir/waiter" &
        waiter=$!
        soon test -s "$dir/waiter"
        id=$(head -n 1 "$dir/waiter")
        check "it waits for one that is shown" kill -0 "$waiter"
        close_id "$id"
        check "until that is closed" soon ended "$waiter"
        wait "$waiter"
        soon screen_clear
}

ended() { # PID
        ! kill -0 "$1" 2>/dev/null
}

table_odd() {
        local kind before

        before=$(spooled)
        for kind in "u 2" "i 1" "s high" "x 2" "d 1.5"; do
                # shellcheck disable=SC2086 # a type and a value
                check "urgency may be '$kind': held" is_private "$(notify_hint "Robin Vale" urgency $kind | cut -c 3-)"
        done
        check "all are in the spool" test "$(spooled)" -eq $((before + 5))
        send picture-held -s 1024 1
        check "with a picture of 4 MiB: held" test "$(figure private)" -eq 1
        check "and the picture with it" test -n "$(find "$dir/data/nocontact/spool" -type f -size +4096k)"
        screen_mark
        send picture-shown -e 0 -s 1024 -c 300 1
        check "one of another is shown with its picture" test "$(figure answered)" -eq 1
        check "and is seen" soon seen
        soon screen_clear
}

# Puts the server that the test describes through everything.
gate_table() {
        table_witness
        rules_write 0
        relay_start || { check "the relay starts" false; plan; exit 1; }
        server_run "$gated"
        check "the server starts behind the relay" server_owns
        table_held
        table_shown
        table_replaced
        table_waiting
        table_odd
        [ "$(type -t server_tools)" = function ] && server_tools
        check "the relay still runs" kill -0 "$relay_pid"
        check "and so does the server" kill -0 "$server_pid"
        plan
}
