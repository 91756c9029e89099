#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One visit is one entry, with everything at work at once that sees visits: the extension, the histories, the
# hosts file with the pause page behind it, and titles. Also when the daemon was killed in between, and when the
# browsers have ended and written down all that they know. What was stopped is no slip.

# as of a server elsewhere: connections to it can be closed
PAGES_ADDRESS=10.66.0.1
LAB_DNS=1

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/browser/extension.sh
. "$LAB_ROOT/tests/browser/extension.sh"

THEIRS=https://www.instagram.com/alex.doe/
# here the site goes on by itself, and the browsers write down where to; of what is stopped before it is there they
# write down some
SECOND=https://x.com/lexdoe
# a socket does not know which browser came: each has a domain of its own
declare -A DOMAINS=([chromium]=alexdoe.example [firefox]=alexdoe.example.news.example)

held() {
        getent ahostsv4 "$1" | grep -q '^127\.66\.'
}

# one_entry BROWSER PATTERN: of all that was visited there is exactly one entry for it, an attempt; that of a socket
# names no browser.
one_entry() {
        lab_attempts_are 1 "(.target | test(\"$2\")) and (.channel == \"$1\" or .channel == \"sinkhole\")" &&
                lab_attempts_are 1 "(.target | test(\"$2\")) and .grade == \"attempt\" and
                        (.channel == \"$1\" or .channel == \"sinkhole\")"
}

each_is_one() {
        local b
        for b in "${!DOMAINS[@]}"; do
                one_entry "$b" "alex.doe/reels/$b" && one_entry "$b" "$SECOND" &&
                        one_entry "$b" "//${DOMAINS[$b]//./[.]}/" || return 1
        done
        lab_attempts_are 6 && lab_attempts_are 0 '.grade == "slip"'
}

# The daemon has judged the last row of each history: it writes down how far it came when it ends.
all_is_judged() {
        local rows judged
        lab_daemon_stop
        rows="$(lab_history "$LAB_CHROMIUM_PROFILE/Default/History" "SELECT max(id) FROM visits")
$(lab_history "$LAB_FIREFOX_PROFILE/places.sqlite" "SELECT max(id) FROM moz_historyvisits")"
        judged=$(sqlite3 "$HOME/.local/share/nocontact/nocontact.db" "SELECT row FROM cursor")
        lab_daemon_start && [ "$(sort <<<"$rows")" = "$(sort <<<"$judged")" ]
}

lab_start
check "there is a system bus with the enforcer behind it" lab_system_bus
check "the extension is installed" install_extension || exit 1
lab_spawn openbox openbox --sm-disable
check "the daemon starts" lab_daemon_start || exit 1
check "the decision is made" eval "nocontact begin 'Alex Doe' --days 30 --profile '$THEIRS' --profile '$SECOND' --json \
        --domain '${DOMAINS[chromium]}' --domain '${DOMAINS[firefox]}' >/dev/null"
check "the domains are held" lab_wait_for "held ${DOMAINS[chromium]} && held ${DOMAINS[firefox]}"
for b in chromium firefox; do
        check "$b starts" "lab_${b}_start"
        check "$b: the extension is at work" lab_wait_for lab_layer_is extension active "$b"
        check "$b: their profile is stopped" stops "$b" "${THEIRS}reels/$b"
        check "$b: where the site goes on by itself, too" stops "$b" "${SECOND/lexdoe/spa/lexdoe}"
        check "$b: their domain is stopped" stops "$b" "https://${DOMAINS[$b]}/"
done
check "each visit is one entry" lab_wait_for each_is_one
check "the daemon is killed" lab_daemon_kill
check "the daemon comes back" lab_daemon_start
check "Firefox ends" lab_firefox_quit
check "Chromium ends" lab_chromium_quit
check "Firefox has written down what was stopped" lab_firefox_has "$SECOND"
check "and Chromium" lab_chromium_has "$SECOND"
check "all of it is judged" lab_wait_for all_is_judged
check "each visit is one entry still, and none a slip" each_is_one || nocontact attempts --json
check "nobody was nudged more often than they tried" eval "[ \$(lab_new_popups) -le 6 ]"

# Where the extension may not see, a title may be seen: it has its time to lead the page away, and then it is met.
before=$(lab_new_popups)
check "Chromium starts again" lab_chromium_start
check "the extension is at work" lab_wait_for lab_layer_is extension active chromium
check "their profile in a private window, which the extension was not let into" \
        lab_chromium_private "${THEIRS}titled"
check "is met all the same" lab_wait_for "[ \$(lab_new_popups) -eq $((before + 1)) ]"
check "and is no entry" lab_attempts_are 6
check "Chromium ends again" lab_chromium_quit
check "the daemon ends" lab_daemon_stop
