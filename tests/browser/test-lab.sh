#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The lab itself, without the daemon: what the other tests here take for granted. Real visits reach the
# browsers' own history under the platforms' names, a notification is seen on the screen, nothing reaches
# the network.

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"

nothing_gets_out() {
        [ "$(ip -o link | wc -l)" -eq 1 ] && ! curl --silent --max-time 5 http://192.0.2.1/
}

profile=https://www.instagram.com/alex.doe/

lab_start
check "the network ends at loopback" nothing_gets_out
check "no popup stands where none was sent" lab_no_popup

check "Firefox starts" lab_firefox_start
check "Firefox visits a page under the platform's name" lab_firefox_visit "$profile"
check "Firefox's history has it" lab_wait_for lab_firefox_has "$profile"
check "Firefox goes on to a page by pushState" lab_firefox_visit https://www.instagram.com/spa/pushed/
check "Firefox's history has that too" lab_wait_for lab_firefox_has https://www.instagram.com/pushed/
check "a search engine with a pinned certificate opens" \
        lab_firefox_visit "https://www.google.com/search?q=alex+doe"
check "a private window of Firefox opens" lab_firefox_private https://www.instagram.com/unseen/

check "Chromium starts" lab_chromium_start
check "Chromium visits a page under the platform's name" lab_chromium_visit "$profile"
check "Chromium goes on to a page by pushState" lab_chromium_visit https://www.instagram.com/spa/pushed/
check "a search engine opens in Chromium" \
        lab_chromium_visit "https://www.google.com/search?q=alex+doe"
check "a private window of Chromium opens" lab_chromium_private https://www.instagram.com/unseen/
check "Chromium's history has the page" lab_wait_for lab_chromium_has "$profile"
check "and the one that was pushed" lab_wait_for lab_chromium_has https://www.instagram.com/pushed/

notify-send --app-name=lab "A notification" "of the lab"
check "a notification is seen on the screen" lab_wait_for lab_popup_visible
check "and counted once" [ "$(lab_new_popups)" -eq 1 ]
lab_screenshot "$LAB_OUTPUT/screen.png"
dunstctl close-all
check "and goes" lab_wait_for lab_no_popup

check "Firefox ends" lab_firefox_quit
check "Chromium ends" lab_chromium_quit
check "Firefox's private window left no row" eval '! lab_firefox_has https://www.instagram.com/unseen/'
check "Chromium's private window left no row" eval '! lab_chromium_has https://www.instagram.com/unseen/'
