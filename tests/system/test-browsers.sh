#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# On a fresh system, the package and `nocontact browsers connect` are the whole set-up: both browsers, run by an
# ordinary user with their sandboxes and with no setting of their own, stop a profile before it opens, in the first
# session and after a reboot. When the package goes, so does the extension.

# shellcheck source=tests/system/boot.sh
. "$(dirname "$0")/boot.sh"
# shellcheck source=tests/system/browsers.sh
. "$(dirname "$0")/browsers.sh"

# One for each session: two visits to one page within seconds are one event.
THEIRS=(https://www.instagram.com/alex.doe/ https://x.com/alexdoe)

# jq on what `nocontact VERB --json` prints: holds 'EXPRESSION' VERB
holds() {
        guest_user nocontact "$2" --json | jq -e "$1" >/dev/null
}

screen_is_up() {
        guest_user xdpyinfo >/dev/null &&
                guest curl --silent --fail --cacert /srv/pages/ca.pem https://www.instagram.com/ready >/dev/null
}

title() { # BROWSER PATTERN
        guest_user xdotool search --onlyvisible --class "$1" getwindowname %@ 2>/dev/null | grep -q -- "$2"
}

shows() { # BROWSER URL PATTERN
        open_page "$1" "$2"
        system_wait_for title "$1" "$3" && return
        screenshot "failed-$1"
        guest_user xdotool search --onlyvisible --class "$1" getwindowname %@ 2>&1 | sed 's/^/# seen: /'
        return 1
}

# With another page before it, so that the pause page is the new one. Firefox names no window after a title that is
# an address, as other pages have.
stops() { # BROWSER URL
        local between=witness$RANDOM
        shows "$1" "https://news.example/between/$between" "$between" && shows "$1" "$2" '^Pause'
}

attempts_are() { # BROWSER N
        holds "[.[] | select(.channel == \"$1\" and .grade == \"attempt\")] | length == $2" attempts
}

layer_is() { # STATE PATTERN
        holds ".layers[] | select(.name == \"extension\" and .state == \"$1\" and (.detail | test(\"$2\")))" status
}

never_asked_for() {
        ! grep -F 'www.instagram.com/alex.doe/' "$SYSTEM/srv/pages/visits" | grep -F 'Firefox/'
}

screenshot() {
        guest_user import -silent -window root png:- >"$SYSTEM_OUTPUT/$1.png"
}

try_browsers() { # N: so many attempts in each afterwards
        local browser
        for browser in firefox chromium; do
                check "$browser opens an innocent page" shows "$browser" "https://news.example/start/witness$1" "witness$1"
                check "$browser has the extension at work" system_wait_for layer_is active "$browser"
                check "$browser shows the pause in place of the profile" stops "$browser" "${THEIRS[$1 - 1]}"
                check "$browser: it is an attempt" system_wait_for attempts_are "$browser" "$1" ||
                        guest_user nocontact attempts | sed 's/^/# /'
        done
}

system_start
check "the screen and the pages are up" system_wait_for screen_is_up
check "a user may linger" guest loginctl enable-linger "$SYSTEM_USER"
check "the browsers have profiles that trust the pages" browsers_prepare
check "the daemon is enabled once" guest_user systemctl --user --quiet enable --now nocontactd
check "a decision is made" eval "guest_user nocontact begin 'Alex Doe' --days 30 --profile ${THEIRS[0]} \
        --profile ${THEIRS[1]} --json >/dev/null"
guest_user nocontact browsers connect >"$SYSTEM_OUTPUT/connect"
check "the browsers are connected by one command" eval \
        "holds 'length > 0 and all(.connected)' browsers && grep -q 'by the package' '$SYSTEM_OUTPUT/connect'"
try_browsers 1
screenshot pause
check "Firefox asked no server for it" never_asked_for
check "nothing was a slip" holds 'all(.grade == "attempt")' attempts

browsers_end
check "the system reboots" system_reboot
check "the screen and the pages are up again" system_wait_for screen_is_up
try_browsers 2

browsers_end
check "the package goes" guest dpkg -r nocontact
check "and nothing of the extension is left" eval \
        "! find '$SYSTEM'/usr/share/chromium/extensions '$SYSTEM/usr/share/mozilla' '$SYSTEM/usr/lib/mozilla' \
        -iname '*nocontact*' 2>/dev/null | grep ."
check "the profile opens again" eval "visit firefox '${THEIRS[0]}?free' && visit chromium '${THEIRS[0]}?free'"
check "the system switches off" system_off
