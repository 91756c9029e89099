#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a feed brings of the person without being asked goes out of sight, in real browsers, and nothing else
# does: by links to their pages and by their whole name in a suggestion. Nothing of it is recorded.

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/browser/extension.sh
. "$LAB_ROOT/tests/browser/extension.sh"

FEED=https://www.instagram.com/feed
THEIRS=(theirs mention comment plain-unit recycled made known found)
OTHERS=(nav main feed other neighbour talk answer turned list suggestions first like box asked)

# The newest word on it: state_is BROWSER UNIT shown | hidden
state_is() {
        grep -F "seen?feed/feed/$1/$2/" "$LAB/pages/visits" | tail -n 1 | grep -q -F "/$2/$3/ "
}

all_are() { # BROWSER shown | hidden UNIT...
        local browser=$1 state=$2 unit
        shift 2
        for unit in "$@"; do
                lab_wait_for state_is "$browser" "$unit" "$state" || return 1
        done
}

never_hidden() { # BROWSER UNIT...
        local browser=$1 unit
        shift
        for unit in "$@"; do
                ! grep -F "seen?feed/feed/$browser/$unit/hidden/" "$LAB/pages/visits" || return 1
        done
}

lab_start
check "the extension is installed" install_extension || exit 1
check "the daemon starts" lab_daemon_start || exit 1
for browser in chromium firefox; do
        check "$browser starts" "lab_${browser}_start"
        check "$browser is at work" lab_wait_for lab_layer_is extension active "$browser"
        check "$browser: a feed is open" shows "$browser" "$FEED/$browser" "feed/$browser"
        check "$browser: with everybody in it" all_are "$browser" shown "${THEIRS[@]}" "${OTHERS[@]}"
done
check "the decision is made" eval "nocontact begin 'Alex Doe' --days 30 \
        --profile https://www.instagram.com/alex.doe/ --json >/dev/null"
before=$(lab_events)
for browser in chromium firefox; do
        check "$browser: they go out of sight where it is open" all_are "$browser" hidden "${THEIRS[@]}"
        check "$browser: nobody else does" all_are "$browser" shown "${OTHERS[@]}"
        click "$browser"
        check "$browser: so does what comes later" all_are "$browser" hidden late turned
        check "$browser: a place that is another's now is to be seen again" all_are "$browser" shown recycled
        check "$browser: a new page is without them" eval "shows $browser $FEED/new$browser feed/new$browser &&
                all_are new$browser hidden ${THEIRS[*]} && all_are new$browser shown ${OTHERS[*]}"
        check "$browser: nobody else was out of sight for a moment" never_hidden "new$browser" "${OTHERS[@]}"
        check "$browser: a page elsewhere is left alone" eval "shows $browser https://news.example/feed/else$browser else$browser &&
                all_are else$browser shown theirs && sleep 1 && never_hidden else$browser theirs"
done
check "nothing of it is recorded" lab_events_are "$before"
check "nor an attempt" lab_attempts_are 0
check "the decision is taken back at once" eval "nocontact end 'Alex Doe' >/dev/null"
for browser in chromium firefox; do
        check "$browser: all are to be seen again" all_are "new$browser" shown "${THEIRS[@]}" "${OTHERS[@]}"
        check "$browser ends" "lab_${browser}_quit"
done
check "the daemon ends" lab_daemon_stop
