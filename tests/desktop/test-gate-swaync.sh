#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The gate in front of a real SwayNotificationCenter in a headless sway; see notify-lab.sh.

# shellcheck disable=SC2317,SC2034 # what the lab calls and reads

# shellcheck source=tests/desktop/notify-lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/notify-lab.sh"

lab_needs sway swaync swaync-client notify-send jq
lab_bus
lab_wayland

server_start() {
        lab_spawn server env WAYLAND_DEBUG=1 swaync
}

keeps=open

server_history() {
        swaync-client --count
}

server_clear() {
        swaync-client --close-all
}

counted() { # NUMBER
        [ "$(server_history)" -eq "$1" ]
}

server_tools() {
        notify-send -t 60000 "Kim Park" "one"
        check "swaync-client counts through the relay" soon counted 1
        swaync-client --close-latest
        check "and closes" soon counted 0
        check "and sets do not disturb" test "$(swaync-client --dnd-on)" = true
        check "and lifts it" test "$(swaync-client --dnd-off)" = false
}

gate_table
