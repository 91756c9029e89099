#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A web page tries to learn whether somebody is kept from a profile, in real browsers and with the address of
# the extension given to it: from its files, by messages, by what fetches and frames of a blocked profile and of
# another do, by what changes on the page itself. Times are printed and decide nothing. What it can learn at
# best stands in contrib/HACKING.md: of a window that it opened, in Firefox, that it was closed to it.

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/browser/extension.sh
. "$LAB_ROOT/tests/browser/extension.sh"

address_of() { # BROWSER
        case $1 in
        chromium) sed -n 's|.*\(chrome-extension://[a-p]*/\).*|\1|p' "$LAB_ROOT/contrib/webext/host.chromium.json.in" ;;
        # another one in each profile, which no page can know
        firefox)
                sed -n 's|.*nocontact@nocontact.org\\":\\"\([0-9a-f-]*\)\\".*|moz-extension://\1/|p' \
                        "$LAB_FIREFOX_PROFILE/prefs.js"
                ;;
        esac
}

# All that was found of it, each once: found BROWSER WHAT
found() {
        sed -n "s|.*seen?found/$1/$2/\([^/]*\)/ .*|\1|p" "$LAB/pages/visits" | sort -u
}

found_is() { # BROWSER WHAT VALUE
        [ "$(found "$1" "$2")" = "$3" ]
}

# Both profiles look alike to it.
alike() { # BROWSER WAY VALUE
        found_is "$1" "$2-of-alex.doe" "$3" && found_is "$1" "$2-of-sam.smith" "$3"
}

windows_are() { # BROWSER
        case $1 in
        chromium) alike "$1" window closed-false-frames-0 ;;
        firefox)
                found_is "$1" window-of-alex.doe closed-true-frames-0 &&
                        found_is "$1" window-of-sam.smith closed-false-frames-0
                ;;
        esac
}

try_page() { # BROWSER
        local b=$1 url
        url="https://news.example/hostile/$b#$(address_of "$b")"
        check "$b: the page tries" eval "[[ '$url' = *-extension://*/ ]] && shows $b '$url' hostile/$b &&
                lab_wait_for found_is $b end end"
        echo "# $b, a blocked profile and another, ms: fetch $(found "$b" msec-of-fetch), frame $(found "$b" msec-of-frame)," \
                "prefetch $(found "$b" msec-of-prefetch)"
        check "$b: none of the extension's files can be reached" eval "found_is $b own-fetch fails &&
                found_is $b own-image fails && found_is $b own-script fails"
        check "$b: nor the extension" eval "lab_wait_for found_is $b answers 0 && found_is $b runtime none"
        check "$b: fetches are alike" alike "$b" fetch is-opaque
        check "$b: frames are alike" alike "$b" frame loads-0
        check "$b: what is fetched ahead is alike" alike "$b" prefetch loads
        check "$b: the page is as it was" eval "found_is $b style false && found_is $b world undefined"
        check "$b: and nothing on it changed, on a site that nobody can be met at" found_is "$b" changes none
        check "$b: nothing of that was an attempt" lab_attempts_are 0 ".channel == \"$b\""
        click "$b"
        check "$b: a window with the profile is the pause page" lab_wait_for lab_title "$b" '^Pause'
        check "$b: and is looked at" lab_wait_for "found $b window-of-alex.doe | grep closed"
        [ "$b" = chromium ] || press "$b" ctrl+w
        check "$b: the page is there again" lab_wait_for lab_title "$b" hostile
        click "$b"
        check "$b: so is one with another" lab_wait_for "found $b window-of-sam.smith | grep closed"
        check "$b: such a window is as they say" windows_are "$b"
        check "$b: its own history is alike" alike "$b" history 0
}

lab_start
check "the extension is installed" install_extension || exit 1
check "the daemon starts" lab_daemon_start || exit 1
check "the decision is made" eval "nocontact begin 'Alex Doe' --days 30 \
        --profile https://www.instagram.com/alex.doe/ --json >/dev/null"
for browser in chromium firefox; do
        check "$browser starts" "lab_${browser}_start"
        check "$browser is at work" lab_wait_for lab_layer_is extension active "$browser"
        try_page "$browser"
        check "$browser ends" "lab_${browser}_quit"
done
check "the daemon ends" lab_daemon_stop
