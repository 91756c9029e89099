#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Titles, in real browsers without the extension: a private window that shows a profile is met by the nudge and
# written down by nobody; a visit that the history brings as well is one entry and one nudge; other pages are
# nothing. Under openbox, and under sway.

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"

THEIRS=https://www.instagram.com/alex.doe/titled
OTHERS=https://www.instagram.com/sam.smith/titled

popups_are() {
        [ "$(lab_new_popups)" -eq "$1" ]
}

# What a nudge leaves in memory goes with the daemon, so that the next window is met anew.
daemon_anew() {
        lab_daemon_stop && dunstctl close-all && lab_wait_for lab_no_popup && lab_daemon_start &&
                lab_wait_for lab_layer_is titles active
}

nothing_is_written() {
        lab_attempts_are 0 && lab_events_are 0 '.kind == "nudge.shown" or .kind == "nudge.answered"'
}

in_private() { # BROWSER
        local b=$1 before
        before=$(lab_new_popups)
        check "$b starts" "lab_${b}_start"
        check "$b, private: somebody else's profile" "lab_${b}_private" "$OTHERS/$b"
        check "$b, private: its title is there" lab_wait_for lab_title "$b" sam.smith
        check "$b, private: theirs" "lab_${b}_private" "$THEIRS/$b"
        check "$b, private: is met" lab_wait_for lab_popup_visible
        lab_screenshot "$LAB_OUTPUT/private-$b.png"
        check "$b, private: once" popups_are $((before + 1))
        check "$b, private: the user leaves it" eval "lab_answer leave && lab_wait_for lab_no_popup"
        check "$b ends" "lab_${b}_quit"
        check "$b, private: nothing is written down" nothing_is_written
}

in_sight() { # BROWSER
        local b=$1 before
        before=$(lab_new_popups)
        check "$b starts again" "lab_${b}_start"
        check "$b: theirs, in a window like any" "lab_${b}_visit" "$THEIRS/$b"
        check "$b: the history brings it" lab_wait_for lab_attempts_are 1 ".channel == \"$b\""
        check "$b: as a slip" lab_attempts_are 1 ".channel == \"$b\" and .grade == \"slip\""
        check "$b: the nudge that is up is the entry's" lab_wait_for lab_events_are 1 '.kind == "nudge.shown"'
        check "$b ends again" "lab_${b}_quit"
        check "$b: that was one nudge" popups_are $((before + 1))
        check "$b: and one entry" lab_attempts_are 1 ".channel == \"$b\""
}

sway_start() {
        printf 'output HEADLESS-1 resolution 1600x900\nxwayland disable\n' >"$LAB/sway.conf"
        # sway will not run as root
        install -d -m 700 -o 65534 -g 65534 "$LAB/screen"
        chmod 0711 "$LAB"
        lab_spawn sway env -u DISPLAY XDG_RUNTIME_DIR="$LAB/screen" HOME="$LAB/screen" WLR_BACKENDS=headless \
                WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1 \
                setpriv --reuid=65534 --regid=65534 --clear-groups sway --config "$LAB/sway.conf"
        lab_wait_for "[ -S '$LAB/screen/wayland-1' ] && compgen -G '$LAB/screen/sway-ipc.*.sock'" >/dev/null
}

chromium_under_sway() { # URL
        lab_spawn chromium "${LAB_CHROMIUM[@]}" --ozone-platform=wayland --incognito "$1"
        lab_wait_for "[ \$(lab_served '$1' Chrome/) -gt 0 ]"
}

lab_start
lab_spawn openbox openbox --sm-disable
check "a window manager runs" lab_wait_for "xprop -root _NET_SUPPORTING_WM_CHECK | grep -q 'window id'"
check "the daemon starts" lab_daemon_start || exit 1
check "titles are nobody's business yet" lab_layer_is titles off
check "the decision is made" eval "nocontact begin 'Alex Doe' --days 30 --handle instagram:alex.doe --json >/dev/null"
for browser in firefox chromium; do
        in_private "$browser"
        check "the daemon begins anew" daemon_anew || exit 1
done
in_sight firefox
check "the daemon begins anew" daemon_anew
check "the daemon's log names nobody" eval "! grep -i -E 'alex|doe|instagram' '$LAB/log/daemon'"

before=$(lab_new_popups)
check "sway runs" sway_start
check "the daemon ends" lab_daemon_stop
SWAYSOCK=$(compgen -G "$LAB/screen/sway-ipc.*.sock")
export SWAYSOCK WAYLAND_DISPLAY=$LAB/screen/wayland-1
check "the daemon starts under sway" lab_daemon_start
check "and hears of windows" lab_wait_for lab_layer_is titles active
check "chromium opens theirs on Wayland" chromium_under_sway "$THEIRS/sway"
check "which is met" lab_wait_for popups_are $((before + 1))
check "chromium ends" lab_end chromium
check "and nothing is written down but what was" lab_attempts_are 1
check "sway ends" lab_end sway
check "the layer says that the screen is gone" lab_wait_for lab_layer_is titles unavailable
check "the daemon ends at last" lab_daemon_stop
