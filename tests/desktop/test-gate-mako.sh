#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The gate in front of a real mako in a headless sway; see notify-lab.sh.

# shellcheck disable=SC2317,SC2034 # what the lab calls and reads

# shellcheck source=tests/desktop/notify-lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/notify-lab.sh"

lab_needs sway mako makoctl notify-send jq
lab_bus
lab_wayland

# as it comes, but for a history that holds the whole test
mkdir -p "$dir/config/mako"
echo "max-history=500" >"$dir/config/mako/config"

server_start() {
        lab_spawn server env WAYLAND_DEBUG=1 mako
}

keeps=open

server_history() {
        makoctl list | jq '.data[0] | length'
}

server_clear() {
        makoctl dismiss --all
}

listed() { # NUMBER
        [ "$(server_history)" -eq "$1" ]
}

server_tools() {
        local asker

        notify-send -t 60000 -A yes=Yes "Kim Park" "asks" >"$dir/answer" &
        asker=$!
        check "makoctl list works through the relay" soon listed 1
        makoctl invoke yes
        check "an action comes back to who asked" soon grep -qx yes "$dir/answer"
        wait "$asker"
        makoctl dismiss --all
        check "makoctl dismiss works" soon listed 0
        while makoctl restore && [ "$(server_history)" -lt 10 ]; do :; done
        check "makoctl restore brings back ten of what was there" listed 10
        check "of which none was held" test -z "$(makoctl list | grep Robin)"
        makoctl dismiss --all
}

gate_table
