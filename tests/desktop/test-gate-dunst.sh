#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The gate in front of a real dunst on a virtual screen; see notify-lab.sh.

# shellcheck disable=SC2317 # what the lab calls

# shellcheck source=tests/desktop/notify-lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/notify-lab.sh"

lab_needs Xvfb dunst dunstctl xev xwininfo notify-send jq
lab_bus
lab_x11

# as it comes, but for a history that holds the whole test, and no limit to what is on the screen
sed 's/^\( *history_length = \).*/\1500/; s/^\( *notification_limit = \).*/\10/' /etc/xdg/dunst/dunstrc \
        >"$dir/dunstrc"

server_start() {
        lab_spawn server dunst -conf "$dir/dunstrc"
}

server_history() {
        dunstctl count history
}

displayed() { # NUMBER
        [ "$(dunstctl count displayed)" -eq "$1" ]
}

server_tools() {
        local asker

        check "dunstctl count works through the relay" displayed 0
        check "dunstctl history names none of the held" test -z "$(dunstctl history | grep Robin)"
        check "and does name the others" test -n "$(dunstctl history | grep "Kim Park")"
        dunstctl set-paused true
        check "dunstctl sets a property" test "$(dunstctl is-paused)" = true
        dunstctl set-paused false
        dunstctl history-pop
        check "dunstctl brings one back" soon displayed 1
        dunstctl close-all
        check "and closes it" soon displayed 0
        notify-send -t 60000 -A yes=Yes "Kim Park" "asks" >"$dir/answer" &
        asker=$!
        soon displayed 1
        dunstctl action 0
        check "an action comes back to who asked" soon grep -qx yes "$dir/answer"
        wait "$asker"
}

gate_table
