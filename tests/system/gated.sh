# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the tests of notifications on a booted system share; it boots one (boot.sh). The test defines
#
#   is_shown SUMMARY   did the server show it?
#   server_pid         prints who shows

# shellcheck disable=SC2317,SC2034 # most functions are called by check, and the tests read the rest

# shellcheck source=tests/system/boot.sh
. "$(dirname "${BASH_SOURCE[0]}")/boot.sh"

home=/home/$SYSTEM_USER
data=$home/.local/share/nocontact
run=/run/user/$SYSTEM_UID

user_is_ready() {
        guest_user systemctl --user is-system-running | grep -q -E '^(running|degraded)$' &&
                guest_user xdpyinfo >/dev/null
}

# What a desktop does at its start: tells the service manager and the bus where the screen is.
session_begins() {
        system_wait_for user_is_ready && guest_user systemctl --user import-environment DISPLAY &&
                guest_user busctl --user call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
                        UpdateActivationEnvironment 'a{ss}' 1 DISPLAY :0
}

# send SUMMARY [BODY]: prints the number that the server gives it.
send() {
        guest_user busctl --user --timeout=10 call org.freedesktop.Notifications /org/freedesktop/Notifications \
                org.freedesktop.Notifications Notify 'susssasa{sv}i' Messenger 0 '' "$1" "${2:-hello}" 0 0 2000 |
                sed 's/^u //'
}

comes_through() { # SUMMARY, which is made unique
        local id unique
        unique="$1 $RANDOM$RANDOM"
        id=$(send "$unique") && [ -n "$id" ] && [ "$id" -lt 1073741824 ] && system_wait_for is_shown "$unique"
}

is_held() {
        local id
        id=$(send "Alex Doe") && [ -n "$id" ] && [ "$id" -ge 1073741824 ]
}

incoming() {
        guest_user nocontact status --json | jq '.people[0].counts.incoming'
}

layer() { # STATE WORDS: does our layer say so?
        guest_user nocontact status --json | jq -e --arg state "$1" --arg words "$2" \
                '.layers[] | select(.name == "notifications") | .state == $state and (.detail | contains($words))' \
                >/dev/null
}

is_behind() { # is the server that runs on the relay's bus?
        guest sh -c "tr '\0' '\n' </proc/$(server_pid)/environ" |
                grep -q -x "DBUS_SESSION_BUS_ADDRESS=unix:path=$run/nocontact/server-bus"
}

unit_pid() {
        guest_user systemctl --user show --property MainPID --value "$1"
}

nothing_is_left() {
        [ -z "$(guest find "$run/systemd/user" "$run/dbus-1" -name '*nocontact*' -o -name '*Notifications*' 2>/dev/null)" ]
}
