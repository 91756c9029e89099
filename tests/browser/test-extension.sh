#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The extension in real browsers, from the folders of a package and without a setting of the test's: a profile
# that is blocked is led to the pause page before anything of it is painted, whatever way led to it, and is an
# attempt; others open; a tab that was open is led away when the rule comes; the daemon may go and come back.

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/browser/extension.sh
. "$LAB_ROOT/tests/browser/extension.sh"

THEIRS=https://www.instagram.com/alex.doe/

attempts_of() { # BROWSER N
        lab_attempts_are "$2" ".grade == \"attempt\" and .channel == \"$1\""
}

try_browser() { # firefox | chromium
        local b=$1 answered
        answered=$(lab_events '.kind == "nudge.answered"')
        check "$b starts" "lab_${b}_start"
        check "the layer says that it is at work there" lab_wait_for lab_layer_is extension active "$b"
        check "$b: a blocked profile is the pause page" stops "$b" "$THEIRS"
        lab_screenshot "$LAB_OUTPUT/pause-$b.png"
        check "$b: it is an attempt of that browser" lab_wait_for attempts_of "$b" 1
        check "$b: a page of it" stops "$b" "https://www.instagram.com/Alex.Doe/reels/?hl=en"
        check "$b: one that a redirect leads to" stops "$b" "http://instagram.com/alex.doe/tagged/"
        check "$b: one that the site goes to by itself" stops "$b" "https://www.instagram.com/spa/alex.doe/saved/"
        check "$b: a search for them" stops "$b" "https://duckduckgo.com/?q=alex+doe+$b"
        check "$b: another profile of the site opens" shows "$b" https://www.instagram.com/sam.smith/witness sam.smith
        check "$b: and one that begins like theirs" shows "$b" https://www.instagram.com/alex.doe2/witness alex.doe2
        check "$b: what opens is painted" lab_wait_for \
                "grep -F 'seen?painted/sam.smith/witness' '$LAB/pages/visits' | grep -q -i '${b:0:5}'"
        check "$b: what is blocked is never" eval "never_painted $b"
        check "$b: Return leaves the page" eval "lab_wait_for \"press $b Return; ! lab_title $b '^Pause'\""
        check "$b: and that is written down" lab_wait_for \
                "[ \$(lab_events '.kind == \"nudge.answered\"') -gt $answered ]"
}

never_painted() { # BROWSER
        local n
        for n in {1..10}; do
                stops "$1" "https://www.instagram.com/alex.doe/witness$1$n" || return 1
        done
        ! grep "seen?painted/alex.doe/witness$1" "$LAB/pages/visits"
}

lab_start
check "the extension is installed" install_extension || exit 1
check "the daemon starts" lab_daemon_start || exit 1
check "no browser has it yet" lab_layer_is extension unavailable "No browser"
check "the decision is made" eval "nocontact begin 'Alex Doe' --days 30 --profile '$THEIRS' \
        --plan 'If I want to look, I put my shoes on.' --json >/dev/null"
for browser in chromium firefox; do
        try_browser "$browser"
done
check "both are at work" lab_layer_is extension active "chromium, firefox"
check "nothing was a slip" lab_attempts_are 0 '.grade == "slip"'

for browser in chromium firefox; do
        check "$browser: a profile is open that nobody minds" \
                shows "$browser" "https://x.com/alexdoe$browser/witness" "alexdoe$browser"
        before=$(lab_attempts)
        check "$browser: a rule comes" nocontact add --profile "https://x.com/alexdoe$browser"
        check "$browser: and the tab is led away" lab_wait_for lab_title "$browser" '^Pause'
        check "$browser: which is no visit" lab_attempts_are "$before"
done

check "the daemon ends" lab_daemon_stop
for browser in chromium firefox; do
        check "$browser: without it, pages open" \
                shows "$browser" "https://www.instagram.com/sam.smith/witness-alone" alone
done
check "the daemon comes back" lab_daemon_start
check "and finds both at work" lab_wait_for lab_layer_is extension active "chromium, firefox"
for browser in chromium firefox; do
        check "$browser: it is stopped again" stops "$browser" "$THEIRS?again=$browser"
done

check "Firefox ends" lab_firefox_quit
check "the layer says so" lab_wait_for lab_layer_is extension active "in chromium:"
check "Chromium ends" lab_chromium_quit
check "and that no browser has it now" lab_wait_for lab_layer_is extension unavailable "No browser"
check "the daemon's log names nobody" eval "! grep -i -E 'alex|doe|instagram' '$LAB/log/daemon'"
check "the daemon ends at last" lab_daemon_stop
