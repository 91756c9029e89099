#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The story: a decision is made, its pages are visited in real browsers, and each visit is met and
# recorded; pages that only look like them are not. "Nothing was recorded" is asked after a later visit of
# the same browser has been: a history is read in its order.

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"

instagram=https://www.instagram.com
profile=$instagram/alex.doe/
n=0

# recorded CHANNEL GRADE URL: one entry more, and it is this one
recorded() {
        n=$((n + 1))
        lab_wait_for lab_attempts_are "$n" &&
                lab_attempts_are 1 ".channel == \"$1\" and .grade == \"$2\" and .target == \"$3\""
}

visit_counts() {
        local browser=$1 grade=$2 what=$3 url=$4 seen=${5-$4}
        check "$browser: $what counts" \
                eval "lab_${browser}_visit '$url' && recorded $browser $grade '$seen'"
}

# Several ways to the same pages, and pages that are near them.
browse() {
        local browser=$1 url
        for url in "$instagram/alex.doe2/" "$instagram/alex.doe_fan/" "$instagram/sam.smith/" \
                "https://www.google.com/search?q=alex+jones" https://alexdoe.example.news.example/; do
                check "$browser: ${url#https://} opens" "lab_${browser}_visit" "$url"
        done
        visit_counts "$browser" slip "the profile" "$profile"
        check "$browser: what only looks like it was not recorded" lab_attempts_are "$n"
        check "$browser: the nudge stands on the screen" lab_wait_for lab_popup_visible
        lab_screenshot "$LAB_OUTPUT/nudge-$browser.png"
        check "$browser: Leave answers it" eval "lab_answer Leave && lab_wait_for lab_no_popup"
        visit_counts "$browser" slip "the profile with a query" "$profile?hl=de"
        visit_counts "$browser" slip "the mobile site, in capitals" https://m.instagram.com/Alex.Doe
        visit_counts "$browser" slip "a page below the profile" "${profile}reels/"
        visit_counts "$browser" slip "the profile by pushState" \
                "$instagram/spa/alex.doe/tagged/" "${profile}tagged/"
        visit_counts "$browser" slip "a page of the domain" https://blog.alexdoe.example/2026/11
        visit_counts "$browser" attempt "a search for the name on Google" \
                "https://www.google.com/search?q=Alex+Doe"
        visit_counts "$browser" attempt "a search for the name on Bing" \
                "https://www.bing.com/search?q=alex%20doe%20new%20job"
        visit_counts "$browser" attempt "a search for the name on DuckDuckGo" \
                "https://duckduckgo.com/?q=%22alex+doe%22&ia=web"
        check "$browser: the private window opens" "lab_${browser}_private" "${profile}private/"
        visit_counts "$browser" slip "the profile after that" "${profile}?after=private"
        check "$browser: the private window was not recorded" lab_attempts_are "$n"
}

lab_start
check "the daemon starts" lab_daemon_start || exit 1
check "Firefox starts" lab_firefox_start
check "Chromium starts" lab_chromium_start
check "Firefox visits the profile before the decision" lab_firefox_visit "$profile?before"
check "Chromium does too" lab_chromium_visit "$profile?before"

check "the decision is made" eval "nocontact begin 'Alex Doe' --days 30 --profile $profile \
        --domain alexdoe.example --plan 'If I want to look, I put my shoes on.' --json >/dev/null"

browse firefox
# after a nudge there is a minute without a new one; a new start does not know of the last
check "the daemon starts anew" eval "lab_daemon_stop && lab_daemon_start"
dunstctl close-all
check "the screen is empty again" lab_wait_for lab_no_popup
browse chromium
check "both answers are in the ledger" lab_events_are 2 '.kind == "nudge.answered"'

check "the streak begins at the newest slip" eval "nocontact status --json | jq -e '
        .people[0].streak.days == 0 and .people[0].counts.slips == 14 and .people[0].counts.attempts == 6' \
        >/dev/null"
check "nothing from before the decision was judged" lab_attempts_are 0 '.target | contains("before")'
check "every entry has its person" lab_attempts_are "$n" '.person == "Alex Doe"'

check "the daemon's log names nobody" eval "! grep -i -E 'alex|doe|instagram' '$LAB/log/daemon'"

check "Firefox ends" lab_firefox_quit
check "Chromium ends" lab_chromium_quit
check "the daemon ends" lab_daemon_stop
