#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The nudge in a real dunst on a virtual screen and a private session bus: it is found on screenshots, and
# answered by mouse, by dunstctl and from dunst's own menu of actions. Takes about two minutes, one of which is
# the breathing guide.
#
#   NOCONTACT_BUILD  where tests/tools/nudge-show lies   (build/plain)
#   DUNST_OUTPUT     a folder that keeps the screenshots

# shellcheck disable=SC2317 # most functions are called by check, soon or a trap

set -u

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${NOCONTACT_BUILD:-build/plain}
[[ $build = /* ]] || build=$root/$build
nudge_show=$build/tests/tools/nudge-show

dir=$(mktemp -d)
pids=()

# shellcheck source=tests/tap.sh
. "$root/tests/tap.sh"

tidy_up() {
        local i

        for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
                kill "${pids[i]}" 2>/dev/null
                wait "${pids[i]}" 2>/dev/null
        done
        rm -rf "$dir"
}
trap tidy_up EXIT

tap_diagnose() {
        sed 's/^/#   /' "$dir/out"
}

soon() { # COMMAND...: does it succeed before long?
        wait_for 60 "$@"
}

# --- the screen, the bus, and dunst behind it ----------------------------------------------------------

for tool in Xvfb dbus-daemon dbus-monitor dunst dunstctl import convert compare xdotool busctl; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
done
[ -x "$nudge_show" ] || {
        echo "not ok 1 - $nudge_show is built"
        exit 1
}

mkdir -p "$dir/services" "$dir/data" "$dir/config"
export HOME=$dir XDG_CONFIG_HOME=$dir/config XDG_RUNTIME_DIR=$dir

Xvfb -displayfd 3 -screen 0 640x400x24 -nolisten tcp 3>"$dir/display" 2>/dev/null &
pids+=($!)
soon test -s "$dir/display" || skip "Xvfb does not start here"
DISPLAY=:$(cat "$dir/display")
export DISPLAY

# dunst as it comes, but for the program that shows its menu of actions: ours picks the line with the words
# in the file "pick"
cat >"$dir/menu" <<EOF
#!/bin/sh
exec grep -F -m 1 -f "$dir/pick"
EOF
chmod +x "$dir/menu"
sed "s|^\( *dmenu = \).*|\1$dir/menu|" /etc/xdg/dunst/dunstrc >"$dir/dunstrc"

cat >"$dir/services/dunst.service" <<EOF
[D-BUS Service]
Name=org.freedesktop.Notifications
Exec=$(command -v dunst) -conf $dir/dunstrc
EOF
cat >"$dir/bus.conf" <<EOF
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
EOF
dbus-daemon --config-file="$dir/bus.conf" --nofork 2>"$dir/bus.log" &
pids+=($!)
soon test -S "$dir/bus" || skip "dbus-daemon does not start here"
export DBUS_SESSION_BUS_ADDRESS=unix:path=$dir/bus

dbus-monitor --session "interface='org.freedesktop.Notifications'" >"$dir/monitor" 2>/dev/null &
pids+=($!)
soon test -s "$dir/monitor"

dunst_pid() { # of the one that owns the name
        busctl --address="$DBUS_SESSION_BUS_ADDRESS" call org.freedesktop.DBus /org/freedesktop/DBus \
                org.freedesktop.DBus GetConnectionUnixProcessID s org.freedesktop.Notifications |
                cut -d ' ' -f 2
}

displayed() { # NUMBER: are there so many popups?
        [ "$(dunstctl count displayed)" = "$1" ]
}

# --- the nudge ------------------------------------------------------------------------------------------

show() { # ARGUMENT...: starts nudge-show anew; its input is the file descriptor 4
        rm -f "$dir/in"
        mkfifo "$dir/in"
        : >"$dir/out"
        "$nudge_show" "$dir/data" "$@" <"$dir/in" >"$dir/out" 4>&- &
        show_pid=$!
        exec 4>"$dir/in"
}

finish() { # ends nudge-show, and takes down what is up
        exec 4>&-
        wait "$show_pid"
        dunstctl close-all
        soon displayed 0
}

heard() { # LINE: did the listener hear it?
        grep -q -x -F -- "$1" "$dir/out"
}

answers() { # how many there were
        grep -c '^answered' "$dir/out"
}

# The region of the screen that is not background, as WIDTHxHEIGHT+X+Y; empty when there is none.
region() {
        import -window root "$dir/shot.png"
        compare -metric AE "$dir/background.png" "$dir/shot.png" null: 2>"$dir/differs"
        [ "$(cat "$dir/differs")" = 0 ] && return 0
        convert "$dir/background.png" "$dir/shot.png" -compose difference -composite -trim info: |
                sed -n 's/.* \([0-9]*x[0-9]*\) [0-9]*x[0-9]*\(+[0-9]*+[0-9]*\) .*/\1\2/p'
}

on_screen() { # is there a popup of a readable size? Sets x, y, width and height.
        local found

        found=$(region)
        [ -n "$found" ] || return 1
        IFS='x+' read -r width height x y <<<"$found"
        [ "$width" -ge 200 ] && [ "$height" -ge 40 ]
}

off_screen() {
        import -window root "$dir/shot.png"
        compare -metric AE "$dir/background.png" "$dir/shot.png" null: 2>/dev/null
}

picture() { # NAME: keeps the last screenshot, cut to the popup
        [ -n "${DUNST_OUTPUT-}" ] || return 0
        mkdir -p "$DUNST_OUTPUT"
        convert "$dir/shot.png" -crop "$((width + 20))x$((height + 20))+$((x - 10))+$((y - 10))" \
                +repage -scale 200% "$DUNST_OUTPUT/$1.png"
}

click() { # BUTTON: into the middle of the popup
        xdotool mousemove $((x + width / 2)) $((y + height / 2)) click "$1"
}

choose() { # LABEL: from dunst's menu
        echo "$1" >"$dir/pick"
        dunstctl context
}

last_body_has() { # TEXT: was it sent to the server?
        grep -q -F -- "$1" "$dir/monitor"
}

sentence="If it is late and I want to look, I call Sam."
import -window root "$dir/background.png"

show stopped 12 14 "$sentence" "Sam +1 555 0100"
check "the first nudge starts the server and is taken" soon heard "shown 1"
check "the layer is active" \
        soon heard "state active: The notification server shows nudges with buttons."
check "the popup is on the screen" soon on_screen
picture stopped
echo visit >&4
check "a further visit is taken too" soon heard "shown 2"
check "and is the same popup" displayed 1
dunstctl action 0
check "the default action is Leave" soon heard "answered 2 leave"
check "and the screen is clear" soon off_screen
echo visit >&4
check "then the person's nudge rests" soon heard "visit 3: 0"
check "and nothing pops up" displayed 0
finish

show seen 12 14 "$sentence"
soon heard "shown 1" && soon on_screen
picture seen
click 2
check "the middle button of the mouse is Leave" soon heard "answered 1 leave"
check "and the screen is clear" soon off_screen
finish

show stopped 0 0
soon heard "shown 1" && soon on_screen
picture stopped-0
click 1
check "closing it by mouse is dismissed" soon heard "answered 1 dismissed"
finish

show seen 365 400 "One & two < three, <b>not bold</b>"
soon heard "shown 1" && soon on_screen
picture markup
check "it is escaped" last_body_has "One &amp; two &lt; three, &lt;b&gt;not bold&lt;/b&gt;"
choose "I meant to"
check "the menu has: I meant to" soon heard "answered 1 meant"
check "and a kind word follows" soon last_body_has "It is your call."
soon on_screen
picture meant
finish

show stopped 12 14 "$sentence" "Sam +1 555 0100"
soon heard "shown 1"
choose "Call Sam"
check "the menu has: Call Sam" soon heard "answered 1 call"
check "and the number follows" soon last_body_has "Sam +1 555 0100"
soon on_screen
picture call
finish

show stopped 12 14 "$sentence"
soon heard "shown 1"
choose "Write instead"
check "the menu has: Write instead" soon heard "answered 1 write"
check "a page lies ready" soon test -n "$(find "$dir/data/unsent" -name 'unsent-*.txt' -perm 600)"
check "and where it is, is said, for nothing here can open it" soon last_body_has "Your page is ready."
soon on_screen
picture page
finish

show stopped 12 14
soon heard "shown 1" && soon on_screen
picture default-line
echo "milestone 14" >&4
check "a milestone stands beside the nudge" soon displayed 2
soon on_screen
picture milestone
finish

show stopped 12 14
soon heard "shown 1"
kill "$(dunst_pid)"
check "the server's end is noticed" \
        soon heard "state active: A notification server starts when one is needed."
check "and no answer was invented" test "$(answers)" = 0
check "and the screen is clear" soon off_screen
finish
show stopped 12 14
check "the next nudge starts another" soon heard "shown 1"
check "which has it on the screen" soon on_screen
finish

# --- what takes its time: breathing, and doing nothing ---------------------------------------------------

breaths() { # DIRECTION: how many were sent
        grep -c "string \"Breathe $1\"" "$dir/monitor"
}

show stopped 12 14 "$sentence"
soon heard "shown 1"
start=$(date +%s%N)
choose "Breathe"
check "the menu has: Breathe" soon heard "answered 1 breathe"
check "the guide is on the screen" soon on_screen
picture breathe
for ((i = 0; i < 150; i++)); do
        last_body_has "That was one minute." && break
        sleep 0.5
done
took=$((($(date +%s%N) - start) / 1000000))
echo "# the guide took $took ms"
check "it ends with a word" last_body_has "That was one minute."
check "after six breaths in" test "$(breaths in)" = 6
check "and six breaths out" test "$(breaths out)" = 6
check "all in one place" displayed 1
soon on_screen
picture breathed
check "and there was one answer" test "$(answers)" = 1
finish

show stopped 12 14 "$sentence"
soon heard "shown 1"
for ((i = 0; i < 60; i++)); do
        displayed 0 && break
        sleep 0.5
done
check "left alone, it goes by itself" displayed 0
check "and that is not an answer" test "$(answers)" = 0
echo "# dunst keeps $(dunstctl count history) in its history"
finish

plan
