#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The gate in front of a real xfce4-notifyd on a virtual screen; see notify-lab.sh.

# shellcheck disable=SC2317 # what the lab calls

# shellcheck source=tests/desktop/notify-lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/notify-lab.sh"

notifyd=$(find /usr/lib /usr/libexec -path '*xfce4/notifyd/xfce4-notifyd' 2>/dev/null | head -n 1)
lab_needs Xvfb "${notifyd:-xfce4-notifyd}" xfconf-query xev xwininfo xdotool notify-send jq
lab_bus
lab_x11

cp /usr/share/dbus-1/services/org.xfce.Xfconf.service "$dir/services" || skip "xfconf is not installed"
soon xfconf-query -c xfce4-notifyd -p /notification-log -n -t bool -s true || skip "xfconf does not start here"
xfconf-query -c xfce4-notifyd -p /log-level -n -t uint -s 1
xfconf-query -c xfce4-notifyd -p /do-fadeout -n -t bool -s false

# with an empty log, since what comes before the gate stands in it
server_start() {
        rm -rf "$dir/cache/xfce4/notifyd"
        lab_spawn server "$notifyd"
}

server_history() {
        local log

        log=$(find "$dir/cache" -path '*notifyd*' -type f | head -n 1)
        if [ -n "$log" ]; then grep -c '^summary=' "$log"; else echo 0; fi
}

set_quiet() { # true|false
        xfconf-query -c xfce4-notifyd -p /do-not-disturb -n -t bool -s "$1"
}

quiet() { # does a notification stay away?
        screen_mark
        notify-send -t 300 "Kim Park" "quiet"
        sleep 0.3
        screen_look
        [ "$changed" -eq 0 ]
}

drawn() {
        screen_look
        [ "${saw[1]}" -gt 0 ]
}

# Clicks on the popup's button, which is at its foot, once there is one.
click() {
        local width height x y

        read -r width height x y < <(xwininfo -root -tree |
                sed -nE 's/.*"Xfce4-notifyd"\)  ([0-9]+)x([0-9]+)\+.*\+([0-9]+)\+([0-9]+)$/\1 \2 \3 \4/p' |
                awk '$1 > 50') || return 1
        [ -n "$height" ] && soon drawn || return 1
        xdotool mousemove "$((x + width / 2))" "$((y + height - 30))" click 1
}

server_tools() {
        local asker

        check "its log names none of the held" test -z "$(grep -r Robin "$dir/cache")"
        check "and does name the others" test -n "$(grep -r "Kim Park" "$dir/cache")"
        notify-send -t 60000 -A yes=Yes "Kim Park" "asks" >"$dir/answer" &
        asker=$!
        soon click
        check "an action comes back to who asked" soon grep -qx yes "$dir/answer"
        kill "$asker" 2>/dev/null
        wait "$asker" 2>/dev/null
        set_quiet true
        check "it hears of its settings through the relay" soon quiet
        set_quiet false
}

gate_table
