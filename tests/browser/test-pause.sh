#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The pause page in real browsers, by keyboard alone: leaving, the order of what can be reached, a word for why,
# the minute of breathing; with and without motion, in light and dark, at 1440 and, with everything twice as
# large, at 360 pixels; that it asks for nothing, and that the sinkhole's page is the same one.

PAGES_ADDRESS=10.66.0.1
LAB_DNS=1
LAB_SCREEN=1900x900
LAB_BROWSER_SIZE=1440x900

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/browser/extension.sh
. "$LAB_ROOT/tests/browser/extension.sh"

THEIRS=https://www.instagram.com/alex.doe/

# What a person could read there now, in one line; buttons aside, which Firefox does not copy.
text_of() { # BROWSER
        : | xclip -selection clipboard
        press "$1" ctrl+a
        press "$1" ctrl+c
        xclip -selection clipboard -o 2>/dev/null | tr -s '[:space:]' ' ' |
                sed 's/ \(Leave this page\|Breathe for a minute\|Write instead\|Call someone\|Enough for now\)//g
                        s/ Late and alone A song Saw something Drank Argued Want closure Other//'
}

says() { # BROWSER PATTERN
        text_of "$1" | grep -q -- "$2"
}

# The same without what is the extension's or the sinkhole's alone, and what changes by the day.
common_text() { # BROWSER
        text_of "$1" | sed 's/ Why now?//; s/ If you like, breathe first.*make a minute\.//
                s/\(Something else, for now\) .* \(Closing the tab\)/\1 \2/'
}

keys() { # BROWSER KEY...
        local browser=$1 key
        shift
        for key in "$@"; do
                press "$browser" "$key"
        done
}

tag_is() { # TAG: of the newest attempt
        nocontact attempts --json | jq -e --arg t "$1" '.[0].tag == $t' >/dev/null
}

# How many the lab's pages had, but for the page between, whose last word may be late, and for the profile's own,
# which Chromium asks for before it is stopped.
requests() {
        grep -c -v -e news.example -e /alex.doe/ "$LAB/pages/visits"
}

answers() { # WORD
        lab_events ".kind == \"nudge.answered\" and .note == \"$1\""
}

# The middle of the circle's lower edge, as a checksum of its pixels.
circle() {
        import -silent -window root -crop 300x330+570+90 rgb:- | md5sum
}

moves() {
        local before
        before=$(circle)
        lab_wait_for "[ \"\$(circle)\" != '$before' ]"
}

rests() {
        local before n
        before=$(circle)
        for n in {1..6}; do
                sleep 0.4
                [ "$(circle)" = "$before" ] || return 1
        done
}

# What comes after a while is there, for a picture without the marks of a copy. Decides nothing.
settle() {
        sleep 9.5
}

# By keys: Leave has the focus, then come breathe, write, call and the seven words.
try_keys() { # BROWSER N
        local b=$1 left
        settle
        lab_screenshot "$LAB_OUTPUT/$b-light-1440.png"
        check "$b: the fifth stop is a word, Return gives it" eval \
                "keys $b Tab Tab Tab Tab Return && lab_wait_for tag_is late"
        check "$b: Space gives the next, and the last one counts" eval "keys $b Tab space && lab_wait_for tag_is song"
        lab_screenshot "$LAB_OUTPUT/$b-noted.png"
        check "$b: the second stop is the minute" eval "keys $b shift+Tab shift+Tab shift+Tab shift+Tab Return &&
                lab_wait_for \"[ \$(answers breathe) -eq $2 ]\""
        lab_screenshot "$LAB_OUTPUT/$b-breathe.png"
        check "$b: it begins" lab_wait_for says "$b" "Breathe \(in\|out\)\. [1-6] of 6"
        check "$b: and stands alone" eval "! says $b 'Why now?'"
        check "$b: the circle moves" moves
        check "$b: Return ends it" eval "keys $b Return && lab_wait_for says $b 'That is enough.'"
        check "$b: all of it is there, in its order" says "$b" \
                "^ *Pause\. .*closed\. I put my shoes on\. Your reason I want to sleep\. Something else, for now .* Closing the tab .* Why now? .*nocontact open"
        check "$b: that a word was noted, too" says "$b" "Noted. That helps"
        check "$b: it names nobody" eval "! text_of $b | grep -i -w -e alex -e doe"
        check "$b: the fourth stop is whom to call" eval "keys $b Tab Tab Return &&
                lab_wait_for says $b 'Sam +1 555 0100. A few words are enough.'"
        left=$(answers leave)
        check "$b: the first stop leaves" eval "keys $b shift+Tab shift+Tab shift+Tab Return &&
                lab_wait_for \"! lab_title $b '^Pause'\" && lab_wait_for \"[ \$(answers leave) -gt $left ]\""
}

# In the dark, without motion, and all twice as large.
try_still() { # BROWSER
        local b=$1 n
        check "$b: the page again" stops "$b" "$THEIRS"
        settle
        lab_screenshot "$LAB_OUTPUT/$b-dark-1440.png"
        check "$b: the circle rests" rests
        xdotool windowsize "$(window_of "$b")" 720 900
        # to 200 percent; Firefox goes there in steps of ten
        for n in $([ "$b" = chromium ] && seq 5 || seq 10); do
                press "$b" ctrl+plus
        done
        sleep 1
        lab_screenshot "$LAB_OUTPUT/$b-dark-360.png"
        press "$b" ctrl+End
        sleep 1
        lab_screenshot "$LAB_OUTPUT/$b-dark-360-end.png"
        check "$b: all of it comes without motion, too, and twice as large" \
                lab_wait_for says "$b" "Pause\. .* Why now? .*nocontact open"
        check "$b: the minute begins" eval "keys $b Tab Return && lab_wait_for says $b 'Breathe in\. [1-6] of 6'"
        check "$b: in words alone" lab_wait_for says "$b" "Breathe out\. [1-6] of 6"
        lab_screenshot "$LAB_OUTPUT/$b-dark-breathe.png"
        keys "$b" Return ctrl+0
}

lab_start
check "there is a system bus with the enforcer behind it" lab_system_bus
check "the daemon starts" lab_daemon_start || exit 1
check "the decision is made" eval "nocontact begin 'Alex Doe' --days 30 --profile '$THEIRS' --domain alexdoe.example \
        --plan 'I put my shoes on.' --reason 'I want to sleep.' --support 'Sam +1 555 0100' --json >/dev/null"
check "their domain is held" lab_wait_for "getent ahostsv4 blog.alexdoe.example | grep -q '^127\.66\.'"

# the sinkhole's, before there is an extension that would be there first
for b in chromium firefox; do
        check "$b starts on the sinkhole's page" eval "lab_${b}_start http://blog.alexdoe.example/ &&
                lab_wait_for lab_title $b '^Pause'"
        lab_place "$b"
        settle
        lab_screenshot "$LAB_OUTPUT/$b-sinkhole.png"
        check "$b: its rest comes" lab_wait_for says "$b" "nocontact open"
        common_text "$b" >"$LAB/sinkhole-$b"
        check "$b: and is read" grep -q "^ *Pause\. .* Closing the tab" "$LAB/sinkhole-$b"
        check "$b: Return leaves it" eval "keys $b Return && lab_wait_for \"! lab_title $b '^Pause'\""
        check "$b ends" "lab_${b}_quit"
done

check "the extension is installed" install_extension || exit 1
n=0
for b in chromium firefox; do
        n=$((n + 1))
        check "$b starts" "lab_${b}_start"
        check "$b has the extension" lab_wait_for lab_layer_is extension active "$b"
        asked=$(requests)
        check "$b: the pause page" stops "$b" "$THEIRS"
        try_keys "$b" "$n"
        check "$b: nothing was asked for by it" eval "[ \$(requests) -eq $asked ]"
        check "$b: the pause page once more" stops "$b" "$THEIRS?more"
        check "$b: says what the sinkhole's does" lab_wait_for "common_text $b | cmp --quiet - $LAB/sinkhole-$b"
        check "$b ends again" "lab_${b}_quit"
done

LAB_CHROMIUM+=(--force-dark-mode --force-prefers-reduced-motion)
printf 'user_pref("%s", 1);\n' ui.systemUsesDarkTheme ui.prefersReducedMotion >>"$LAB_FIREFOX_PROFILE/user.js"
for b in chromium firefox; do
        check "$b starts in the dark" "lab_${b}_start"
        check "$b has the extension there" lab_wait_for lab_layer_is extension active "$b"
        try_still "$b"
        check "$b ends at last" "lab_${b}_quit"
done
check "nothing was a slip" lab_attempts_are 0 '.grade == "slip"'
check "the daemon ends" lab_daemon_stop
