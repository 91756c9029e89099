#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is blocked, in real browsers: the person's own domain and a whole platform, through the enforcer and
# the lab's /etc/hosts. The pause page, the plain refusal, the nudge, the attempt; a widget on somebody else's
# page; a connection that was open before; an exception; and all of it lifted.

# as of a server elsewhere: connections to it can be closed
PAGES_ADDRESS=10.66.0.1
LAB_DNS=1

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"

held() {
        getent ahostsv4 "$1" | grep -q '^127\.66\.'
}

# The title of what is on the screen.
# shows BROWSER URL TITLE: opens the address, and this is what comes
shows() {
        case $1 in
        firefox) "${LAB_FIREFOX[@]}" "$2" ;;
        chromium) "${LAB_CHROMIUM[@]}" "$2" ;;
        esac >>"$LAB/log/visits" 2>&1 </dev/null &
        lab_wait_for "lab_title $1 '$3'" && wait "$!"
}

attempts_of() {
        lab_attempts_are "$1" '.grade == "attempt" and .channel == "sinkhole"'
}

lab_start
cp /etc/hosts "$LAB/hosts.before"
check "there is a system bus with the enforcer behind it" lab_system_bus
check "the daemon starts" lab_daemon_start || exit 1
check "nothing is blocked at first" lab_wait_for lab_layer_is hosts off .
check "Chromium starts" lab_chromium_start
check "Chromium has the person's page open" lab_chromium_visit https://alexdoe.example/before

check "the decision is made" eval "nocontact begin 'Alex Doe' --days 30 --domain alexdoe.example \
        --plan 'If I want to look, I put my shoes on.' --json >/dev/null"
check "the names are held" lab_wait_for "held alexdoe.example && held www.alexdoe.example"
check "the layer says so" lab_wait_for lab_layer_is hosts active 'blocked until'
check "others are not" eval "! held news.example && ! held instagram.com"

# --- the person's own domain
check "Chromium, where it had a connection open, gets no page any more" \
        shows chromium https://alexdoe.example/again "alexdoe.example"
check "it was not served" eval "[ \"\$(lab_served https://alexdoe.example/again)\" = 0 ]"
check "it is an attempt" lab_wait_for attempts_of 1
check "the nudge stands on the screen" lab_wait_for lab_popup_visible
lab_screenshot "$LAB_OUTPUT/refused-chromium.png"
check "Chromium sees the pause page" shows chromium http://blog.alexdoe.example/2026 "Pause"
lab_screenshot "$LAB_OUTPUT/pause-chromium.png"
check "Firefox starts on the pause page" eval "lab_firefox_start http://www.alexdoe.example/ &&
        lab_wait_for lab_title firefox Pause"
lab_screenshot "$LAB_OUTPUT/pause-firefox.png"
check "one visit is one event, however many connections it made" eval \
        "[ \"\$(lab_attempts)\" -le 4 ] && lab_attempts_are \"\$(lab_attempts)\" '.grade == \"attempt\"'"
check "none of it was served" eval "! grep -F alexdoe.example '$LAB/pages/visits' | grep -v -F before"

# any site can lead its own name to the sinkhole, and would read the answer as its own
page_for() {
        curl --silent --header 'Upgrade-Insecure-Requests: 1' --header 'Accept: text/html' \
                --resolve "$1:80:$(getent ahostsv4 alexdoe.example | sed -n '1s/ .*//p')" "http://$1/"
}
check "the pause page is there for a name that is held" eval "page_for alexdoe.example | grep -q Pause"
check "and not for one that is not" eval "! page_for evil.example | grep -q -e Pause -e shoes"

# --- a whole platform
check "a platform is blocked whole" nocontact block instagram
check "its names are held" lab_wait_for "held www.instagram.com && held instagram.com"
check "others are not" eval "! held www.facebook.com"
before=$(lab_attempts)
check "a page that embeds its widgets opens" eval "lab_firefox_visit https://news.example/widget &&
        lab_wait_for \"grep -q -F 'seen?widget' '$LAB/pages/visits'\""
check "a page of the platform does not open" shows firefox http://www.instagram.com/sam.smith/ "Warning\\|Problem"
check "that is one attempt, and the widgets are none" lab_wait_for \
        lab_attempts_are $((before + 1)) '.grade == "attempt"'
check "and it is the page's" eval \
        "nocontact attempts --json | jq -e '.[0].target | test(\"instagram.com/sam.smith\")' >/dev/null"

check "the person's profile there, stopped as well, is an attempt and no slip" eval "
        nocontact add --profile https://www.instagram.com/alex.doe/ &&
        shows firefox http://www.instagram.com/alex.doe/ 'alex.doe\\|Warning\\|Problem' &&
        lab_wait_for lab_attempts_are 1 '.grade == \"attempt\" and (.target | test(\"alex.doe\"))' &&
        lab_attempts_are 0 '.grade == \"slip\"'"

# --- an exception, and the end
check "an exception opens one of them" eval "nocontact open alexdoe.example --minutes 5 &&
        lab_wait_for '! held alexdoe.example'"
check "the other stays shut" held www.instagram.com
check "its page opens" lab_chromium_visit https://alexdoe.example/meanwhile
check "closing shuts it at once" eval "nocontact close alexdoe.example && lab_wait_for held alexdoe.example"

check "the decision is taken back within ten minutes" nocontact end
check "everything is open again" lab_wait_for "! held alexdoe.example && ! held www.instagram.com"
check "the hosts file is what it was" cmp /etc/hosts "$LAB/hosts.before"
check "Chromium opens the page again" lab_chromium_visit https://alexdoe.example/after

check "the daemon's log names nobody" eval "! grep -i -E 'alex|doe|instagram' '$LAB/log/daemon'"
check "Firefox ends" lab_firefox_quit
check "Chromium ends" lab_chromium_quit
check "the daemon ends" lab_daemon_stop
