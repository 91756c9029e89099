#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Notifications on a whole system with the real dunst, the real service manager and the real relay: what enabling
# nocontactd alone brings about, what a server that was started by hand meets, who may be killed in which order,
# what a reboot leaves, and that a stop puts everything back. dunst itself writes down what it shows, by a script
# of its own configuration.

# shellcheck disable=SC2317 # most functions are called by check

# shellcheck source=tests/system/gated.sh
. "$(dirname "$0")/gated.sh"

shown=$home/shown

witness() { # dunst writes down each summary that it shows
        guest_user mkdir -p "$home/.config/dunst"
        guest cp /etc/xdg/dunst/dunstrc "$home/.config/dunst/dunstrc" &&
                guest sh -c "printf '%s\n' '[witness]' 'summary = \"*\"' 'script = $home/witness' \
                        >>$home/.config/dunst/dunstrc
                        printf '%s\n' '#!/bin/sh' 'echo \"\$2\" >>$shown' >$home/witness
                        chmod 755 $home/witness $home/.config/dunst/dunstrc
                        : >$shown && chown $SYSTEM_USER $shown"
}

is_shown() { # SUMMARY
        guest_user grep -q -x -F -- "$1" "$shown"
}

none_shown() { # of theirs, ever
        ! guest_user grep -q Alex "$shown"
}

# Of the dunst that runs. While it runs its script, a child of it bears its name for a moment.
server_pid() {
        guest pgrep -o -x dunst
}

# --- enabling it is all ---------------------------------------------------------------------------------

system_start
check "the user's session begins" session_begins
echo "# the session's bus: $(guest pgrep -l -u "$SYSTEM_USER" -x 'dbus-(daemon|broker)')"
check "it is the one that is asked for" guest pgrep -u "$SYSTEM_USER" -x "${SYSTEM_BUS:-dbus-daemon}"
check "dunst will write down what it shows" witness
check "an ungated dunst shows them" comes_through "Alex before"
guest_user sh -c ": >$shown"

check "the user enables nocontactd" guest_user systemctl --user --quiet enable --now nocontactd
check "nothing stands without a commitment" nothing_is_left
check "and the layer says so" layer off "no commitment"
guest_user nocontact begin "Alex Doe" --days 30 --alias Lexi >/dev/null
check "with one, dunst is behind the relay" system_wait_for layer active "dunst shows nothing from them"
check "by its own unit" [ "$(unit_pid dunst.service)" = "$(server_pid)" ]
check "and on the relay's bus" is_behind
check "what is theirs is answered by the relay" is_held
check "and comes into the ledger" system_wait_for '[ "$(incoming)" = 1 ]'
check "what is not theirs is shown" comes_through "Sam Other"
check "doctor proves it" guest_user nocontact doctor notifications
check "the test itself is no entry" [ "$(incoming)" = 1 ]
check "dunst's own program works" guest_user dunstctl count
check "and has nothing of theirs" eval '! guest_user dunstctl history | grep -q Alex'
check "dunst is started anew by the bus, behind the relay" \
        eval 'guest_user systemctl --user stop dunst && comes_through "Sam again" && is_behind && is_held'
check "nothing of theirs was shown" none_shown

# --- a server that was started by hand -------------------------------------------------------------------

by_hand() {
        guest_user systemctl --user stop dunst nocontact-taken.service 2>/dev/null
        guest_user setsid --fork dunst -verbosity crit </dev/null >/dev/null 2>&1
}
by_hand
check "a dunst that was started by hand is taken behind the relay" \
        system_wait_for 'is_behind && layer active "dunst shows nothing"'
check "with the same arguments" \
        eval '[ "$(guest sh -c "tr \"\\0\" \" \" </proc/$(server_pid)/cmdline")" = "dunst -verbosity crit " ]'
check "what is theirs is held" is_held
check "what is not theirs is shown" comes_through "Sam by hand"
guest_user systemctl --user stop nocontactd
check "a stop lets it go again" system_wait_for 'comes_through "Alex by hand" && ! is_behind'
check "with the same arguments" \
        eval '[ "$(guest sh -c "tr \"\\0\" \" \" </proc/$(server_pid)/cmdline")" = "dunst -verbosity crit " ]'
check "and leaves nothing" nothing_is_left
guest_user systemctl --user stop nocontact-returned.service
guest_user sh -c ": >$shown"
guest_user systemctl --user start nocontactd
check "the daemon is back, and the gate with it" system_wait_for layer active "behind the filter"

# --- a server that the bus would start without a unit -----------------------------------------------------

guest_user sh -c "mkdir -p $home/.local/share/dbus-1/services && printf '%s\n' '[D-BUS Service]' \
        Name=org.freedesktop.Notifications Exec=/usr/bin/dunst >$home/.local/share/dbus-1/services/mine.service"
guest_user systemctl --user stop nocontactd dunst
guest_user busctl --user call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig
check "the user's own file decides what the bus starts, and it is none of a unit" \
        eval 'comes_through "Alex without a unit" && [ "$(unit_pid dunst.service)" = 0 ]'
guest pkill -x dunst
guest_user sh -c ": >$shown"
guest_user systemctl --user start nocontactd
check "the gate is ready" system_wait_for layer active "dunst starts behind the filter"
check "what the bus starts then is behind the relay" eval 'comes_through "Sam without a unit" && is_behind'
check "in a unit of ours" [ "$(unit_pid nocontact-server.service)" = "$(server_pid)" ]
check "what is theirs is held" is_held
check "and was not shown" none_shown
guest_user systemctl --user stop nocontactd
check "a stop gives the bus its file back" \
        eval 'nothing_is_left && comes_through "Alex without a unit" && ! is_behind'
guest pkill -x dunst
guest_user rm "$home/.local/share/dbus-1/services/mine.service"
guest_user busctl --user call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig
guest_user sh -c ": >$shown"
# so many starts by hand are no crashes
guest_user systemctl --user reset-failed nocontactd
guest_user systemctl --user start nocontactd
check "and without it all is as before" system_wait_for layer active "behind the filter"

# --- a restart is no stop --------------------------------------------------------------------------------

gate_has_still() { # PID: is it the same dunst?
        system_wait_for layer active "dunst shows nothing" && [ "$(server_pid)" = "$1" ]
}

comes_through "Sam first"
before=$(server_pid)
guest_user systemctl --user restart nocontactd
check "a restart of the daemon leaves the gate" gate_has_still "$before"

# --- kill -9, in every order, under a stream --------------------------------------------------------------

kill_one() { # relay | daemon | server
        case $1 in
        relay) guest kill -KILL "$(unit_pid nocontact-relay.service)" ;;
        daemon) guest kill -KILL "$(unit_pid nocontactd.service)" ;;
        server) guest pkill -KILL -x dunst ;;
        esac
}

# Theirs and others', one after the other; what was answered is written down.
stream() {
        local i id
        for ((i = 0; ; i++)); do
                [ ! -e "$SYSTEM_OUTSIDE/enough" ] || return 0
                id=$(send "Alex Doe" "number $1 $i" 2>/dev/null)
                [ -z "$id" ] || echo "number $1 $i" >>"$SYSTEM_OUTSIDE/answered"
                send "Sam $1 $i" >/dev/null 2>&1
        done
}

everything_is_back() {
        is_held && is_behind && layer active "dunst shows nothing"
}

held_bodies() {
        guest sh -c "head -q -n 1 $data/held/*" | jq -r .body
}

all_are_kept() { # each one that was answered, once, and as often in the ledger
        local twice missing
        twice=$(held_bodies | grep '^number' | sort | uniq -d)
        missing=$(held_bodies | sort -u | comm -13 - <(sort -u "$SYSTEM_OUTSIDE/answered"))
        [ -z "$twice" ] && [ -z "$missing" ] && [ "$(held_bodies | wc -l)" = "$(incoming)" ]
}

round=0
for order in "relay daemon server" "relay server daemon" "daemon relay server" "daemon server relay" \
        "server relay daemon" "server daemon relay"; do
        round=$((round + 1))
        rm -f "$SYSTEM_OUTSIDE/enough"
        stream "$round" &
        streaming=$!
        sleep 1
        for victim in $order; do
                kill_one "$victim" 2>/dev/null
                sleep 0.5
        done
        sleep 1
        touch "$SYSTEM_OUTSIDE/enough"
        wait "$streaming"
        check "after kill -9 of $order the gate stands" system_wait_for everything_is_back
        check "and shows what is not theirs" comes_through "Sam after $round"
        check "and showed nothing of theirs" none_shown
done
check "each held one is kept once" system_wait_for all_are_kept
echo "# answered: $(wc -l <"$SYSTEM_OUTSIDE/answered"), kept: $(held_bodies | grep -c '^number')"

# --- a reboot, and the end --------------------------------------------------------------------------------

check "it reboots" eval 'system_reboot && system_wait_for system_is_seated && session_begins'
check "the gate stands again" system_wait_for layer active "dunst"
check "what is theirs is held" is_held
check "what is not theirs is shown" comes_through "Sam rebooted"
check "nothing of theirs was shown" none_shown

guest_user systemctl --user --quiet disable --now nocontactd
check "disabling leaves no file" nothing_is_left
check "and no relay" eval '[ "$(guest_user systemctl --user is-active nocontact-relay)" = inactive ]'
check "dunst runs as before, on the session bus" \
        eval 'comes_through "Alex after" && ! is_behind && [ "$(unit_pid dunst.service)" = "$(server_pid)" ]'
check "nothing of us has failed" \
        eval '! guest_user systemctl --user list-units --failed --plain --no-legend | grep -q nocontact'

system_finish
