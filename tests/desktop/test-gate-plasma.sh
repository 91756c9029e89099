#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The gate in front of a real plasmashell on a virtual screen; see notify-lab.sh. The shell has a desktop and a
# panel with nothing but its bell, which is a part of the picture that the witness watches. It offers nothing that
# lists what it keeps.
#
# By hand: contrib/deps plasma, make, and this.

# shellcheck disable=SC2317,SC2034 # what the lab calls and reads

# shellcheck source=tests/desktop/notify-lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/notify-lab.sh"

activities=$(find /usr/lib -path '*libexec/kactivitymanagerd' 2>/dev/null | head -n 1)
lab_needs Xvfb plasmashell "${activities:-kactivitymanagerd}" xev xwininfo xdotool notify-send jq
[ -d /usr/share/plasma/shells/org.kde.plasma.desktop ] || skip "plasma-desktop-data is not installed"
lab_bus
lab_x11

cat >"$dir/config/plasma-org.kde.plasma.desktop-appletsrc" <<END
[Containments][1]
formfactor=2
lastScreen=0
location=4
plugin=org.kde.panel

[Containments][1][Applets][2]
plugin=org.kde.plasma.notifications
END

# without it the shell does not load
lab_spawn activities "$activities"

server_start() {
        lab_spawn server env QT_QUICK_BACKEND=software plasmashell --no-respawn
}

still() { # for a moment, with something there?
        background_x11
        sleep 1
        screen_clear && xwininfo -root -tree | grep -q 'Desktop @'
}

# The pointer is no part of the desktop, and must not lie upon a popup, which would stay for it.
server_settle() {
        xdotool mousemove 399 0
        soon still
}

keeps=unasked
# a popup comes some 50 ms after the answer, and goes as long after it was closed
open_msec=200
rest_msec=250

# Clicks on the popup's button, at its foot, once it has been drawn.
click() {
        local width height x y

        read -r width height x y < <(xwininfo -root -tree |
                sed -nE 's/.*"plasmashell"\)  ([0-9]+)x([0-9]+)\+.*\+([0-9]+)\+([0-9]+)$/\1 \2 \3 \4/p' |
                awk '$1 > 300 && $1 < 400') || return 1
        [ -n "$height" ] && seen || return 1
        xdotool mousemove "$((x + width - 20))" "$((y + height - 20))" click 1
}

server_tools() {
        local asker

        screen_mark
        notify-send -t 60000 -A yes=Yes "Kim Park" "asks" >"$dir/answer" &
        asker=$!
        soon click
        check "an action comes back to who asked" soon grep -qx yes "$dir/answer"
        kill "$asker" 2>/dev/null
        wait "$asker" 2>/dev/null
        check "its second name is there, too" has_owner org.kde.plasmashell
        check "and so are the methods that only it has" soon knows RegisterWatcher
}

has_owner() { # NAME
        busctl --user call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus NameHasOwner s "$1" |
                grep -qx 'b true'
}

knows() { # METHOD
        busctl --user introspect org.freedesktop.Notifications /org/freedesktop/Notifications \
                org.kde.NotificationManager | grep -q "^.$1 "
}

gate_table
