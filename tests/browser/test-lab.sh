#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The lab itself, without the daemon: what the other tests here take for granted. Real visits reach the
# browsers' own history under the platforms' names, a notification is seen on the screen, nothing reaches
# the network.

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"

# The addresses in a copy of a browser's history: rows DATABASE SQL
rows() {
        local copy=$LAB/copy
        rm -rf "$copy"
        mkdir "$copy"
        cp "$1" "$copy/db" 2>/dev/null || return 1
        [ ! -f "$1-wal" ] || cp "$1-wal" "$copy/db-wal"
        [ ! -f "$1-journal" ] || cp "$1-journal" "$copy/db-journal"
        sqlite3 "$copy/db" "$2"
}

firefox_has() {
        rows "$LAB_FIREFOX_PROFILE/places.sqlite" \
                "SELECT url FROM moz_places JOIN moz_historyvisits ON place_id = moz_places.id" |
                grep -q -x -F -- "$1"
}

chromium_has() {
        rows "$LAB_CHROMIUM_PROFILE/Default/History" \
                "SELECT urls.url FROM urls JOIN visits ON visits.url = urls.id" | grep -q -x -F -- "$1"
}

nothing_gets_out() {
        [ "$(ip -o link | wc -l)" -eq 1 ] && ! curl --silent --max-time 5 http://192.0.2.1/
}

profile=https://www.instagram.com/alex.doe/

lab_start
check "the network ends at loopback" nothing_gets_out
check "no popup stands where none was sent" lab_no_popup

check "Firefox starts" lab_firefox_start
check "Firefox visits a page under the platform's name" lab_firefox_visit "$profile"
check "Firefox's history has it" lab_wait_for firefox_has "$profile"
check "Firefox goes on to a page by pushState" lab_firefox_visit https://www.instagram.com/spa/pushed/
check "Firefox's history has that too" lab_wait_for firefox_has https://www.instagram.com/pushed/
check "a search engine with a pinned certificate opens" \
        lab_firefox_visit "https://www.google.com/search?q=alex+doe"
check "a private window of Firefox opens" lab_firefox_private https://www.instagram.com/unseen/

check "Chromium starts" lab_chromium_start
check "Chromium visits a page under the platform's name" lab_chromium_visit "$profile"
check "Chromium goes on to a page by pushState" lab_chromium_visit https://www.instagram.com/spa/pushed/
check "a search engine opens in Chromium" \
        lab_chromium_visit "https://www.google.com/search?q=alex+doe"
check "a private window of Chromium opens" lab_chromium_private https://www.instagram.com/unseen/
check "Chromium's history has the page" lab_wait_for chromium_has "$profile"
check "and the one that was pushed" lab_wait_for chromium_has https://www.instagram.com/pushed/

notify-send --app-name=lab "A notification" "of the lab" || dunstify "A notification" "of the lab"
check "a notification is seen on the screen" lab_wait_for lab_popup_visible
check "and counted once" [ "$(lab_new_popups)" -eq 1 ]
lab_screenshot "$LAB_OUTPUT/screen.png"
dunstctl close-all
check "and goes" lab_wait_for lab_no_popup

check "Firefox ends" lab_firefox_quit
check "Chromium ends" lab_chromium_quit
check "Firefox's private window left no row" eval '! firefox_has https://www.instagram.com/unseen/'
check "Chromium's private window left no row" eval '! chromium_has https://www.instagram.com/unseen/'
