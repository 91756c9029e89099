#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The browsers' managed policies, written by the enforcer, in real browsers: a profile is blocked without the
# extension, its neighbours and others open, what an administrator wrote stays byte for byte, and all is lifted
# with the lease. Then with the extension: one visit is one attempt, and the pause page is what is seen.

# the policies go into an /etc of the lab's own
LAB_POLICIES=
# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/browser/extension.sh
. "$LAB_ROOT/tests/browser/extension.sh"

THEIRS=https://www.instagram.com/alex.doe/
# one that is seen once, when it may be
PAGE=https://news.example/people/alex
CHROMIUM=/etc/chromium/policies/managed
FIREFOX=/etc/firefox/policies/policies.json

own_etc() {
        mkdir -p "$LAB/etc" "$LAB/work"
        mount -t overlay overlay -o "lowerdir=/etc,upperdir=$LAB/etc,workdir=$LAB/work" /etc &&
                mount --bind "$LAB/hosts" /etc/hosts && mount --bind "$LAB/resolv.conf" /etc/resolv.conf
}

# An administrator's, before ours.
admin_writes() {
        mkdir -p "$CHROMIUM" && printf '{ "HomepageLocation": "about:blank", "HomepageIsNewTabPage": false }\n' |
                tee "$LAB/admin.json" >"$CHROMIUM/admin.json"
}

admin_is_kept() {
        cmp "$LAB/admin.json" "$CHROMIUM/admin.json" && [ -z "$(find "$CHROMIUM" -name 'admin.json' -newer "$LAB/admin.json")" ]
}

# of any layer, unlike that of the extension's tests
# The page by which a browser says it: Chromium's has the site's name alone for a title, Firefox's its own. With
# another one before it, so that it is the new one.
blocks() { # BROWSER URL [private]
        local host=${2#*//} before
        before=$(lab_served "$2")
        host=${host%%/*}
        case $1 in
        firefox) shows firefox "https://news.example/between/witness$RANDOM" news.example "${3-}" &&
                shows firefox "$2" '^Blocked Page' "${3-}" ;;
        chromium) shows chromium "https://news.example/between/witness$RANDOM" news.example "${3-}" &&
                shows chromium "$2" "^$host - Chromium" "${3-}" ;;
        esac && [ "$(lab_served "$2")" -eq "$before" ]
}

try_alone() { # firefox | chromium
        local b=$1
        check "$b starts" "lab_${b}_start"
        check "$b: a blocked profile is blocked" blocks "$b" "$THEIRS"
        lab_screenshot "$LAB_OUTPUT/policy-$b.png"
        check "$b: without its last slash" blocks "$b" "https://www.instagram.com/alex.doe"
        check "$b: with what apps add" blocks "$b" "https://instagram.com/alex.doe?igsh=x"
        check "$b: a page of it" blocks "$b" "https://www.instagram.com/stories/alex.doe/17/"
        check "$b: by the number of it" blocks "$b" "https://www.facebook.com/profile.php?id=100044"
        check "$b: in a private window" blocks "$b" "https://www.instagram.com/alex.doe/reels/" private
        check "$b: a page of a site that is nobody's" blocks "$b" "$PAGE"
        check "$b: a neighbour opens" "lab_${b}_visit" https://www.instagram.com/alex.doe2/
        check "$b: and another one" "lab_${b}_visit" https://www.instagram.com/alex.doe.fan/
        check "$b: another number" "lab_${b}_visit" "https://www.facebook.com/profile.php?id=1000445"
        check "$b: another profile opens" "lab_${b}_visit" https://www.instagram.com/sam.smith/
}

lab_start
check "there is an /etc of the lab's own" own_etc || exit 1
check "an administrator has a policy" admin_writes
check "there is a system bus" lab_system_bus
check "the daemon starts" lab_daemon_start || exit 1
check "nothing is turned on" lab_layer_is policies off "Not turned on"
check "the decision is made" eval "nocontact begin 'Alex Doe' --days 30 --profile '$THEIRS' \
        --handle facebook:100044 --profile '$PAGE' --json >/dev/null"
check "nothing is written yet" eval "[ ! -e '$CHROMIUM/nocontact.json' ] && [ ! -e '$FIREFOX' ]"
check "without a word nothing is turned on" eval "! nocontact browsers policies on </dev/null 2>$LAB/said && grep -q 'can then read' $LAB/said &&
        [ ! -e '$CHROMIUM/nocontact.json' ]"
check "policies are turned on" nocontact browsers policies on --yes
check "the layer says so" lab_wait_for lab_layer_is policies active "Chromium, Firefox"
check "everybody can read them" eval "[ \"\$(stat -c %a '$FIREFOX' '$CHROMIUM/nocontact.json' | sort -u)\" = 644 ]"
for browser in chromium firefox; do
        try_alone "$browser"
done

# while they run: a new rule
check "a rule is added" nocontact add --handle x:alexdoe
check "it is written down" lab_wait_for grep -q -F x.com/alexdoe "$CHROMIUM/nocontact.json"
# A running Chromium takes it as a rule within some seconds, and at times much later: it looks when it is idle.
check "Chromium ends" lab_chromium_quit
check "Chromium starts anew" lab_chromium_start
check "and blocks it" blocks chromium https://x.com/alexdoe
check "and neighbours open" lab_chromium_visit https://x.com/alexdoe2
check "of Firefox it is said that it must be restarted" lab_wait_for lab_layer_is policies degraded "Restart Firefox once"
check "Firefox ends" lab_firefox_quit
check "Firefox starts anew" lab_firefox_start
check "and blocks it" blocks firefox https://x.com/alexdoe

# within ten minutes all of it is taken back
check "policies are turned off" nocontact browsers policies off
check "ours are gone" lab_wait_for "[ ! -e '$CHROMIUM/nocontact.json' ] && [ ! -e /etc/firefox ]"
check "the administrator's is as it was" admin_is_kept
check "Chromium ends after that" lab_chromium_quit
check "Chromium starts once more" lab_chromium_start
check "in Chromium the page opens" lab_chromium_visit "$PAGE"
check "Chromium ends for now" lab_chromium_quit
check "Firefox ends again" lab_firefox_quit

# --- with the extension --------------------------------------------------------------------------------

# over an /etc that is the lab's own already
install_extension() {
        local dir
        make -C "$LAB_ROOT" BUILD="$LAB/build" DESTDIR="$LAB/stage" PREFIX=/usr LIBEXECDIR="$NOCONTACT_BUILD" \
                install-extension >"$LAB/log/install" 2>&1 || return 1
        cp -r "$LAB/stage/etc/." /etc/
        for dir in /usr/share/chromium /usr/share/mozilla /usr/lib/mozilla; do
                mount -t overlay overlay -o "lowerdir=$LAB/stage$dir:$dir" "$dir" || return 1
        done
}

attempts_of() { # BROWSER N
        lab_attempts_are "$2" ".grade == \"attempt\" and .channel == \"$1\""
}

# A visit, and the moment in which a second event about it would have come.
one_attempt() { # BROWSER URL [private]
        local before
        before=$(lab_attempts)
        shows "$1" "https://news.example/between/witness$RANDOM" news.example "${3-}" && shows "$1" "$2" '^Pause' "${3-}" &&
                lab_wait_for lab_attempts_are $((before + 1)) &&
                shows "$1" "https://news.example/after/witness$RANDOM" news.example "${3-}" && sleep 3 &&
                lab_attempts_are $((before + 1))
}

check "the extension is installed" install_extension || exit 1
check "policies are turned on again" nocontact browsers policies on --yes
check "they keep the extension in Firefox" lab_wait_for grep -q force_installed "$FIREFOX"
for browser in chromium firefox; do
        check "$browser starts with it" "lab_${browser}_start"
        check "$browser: it is at work" lab_wait_for lab_layer_is extension active "$browser"
        check "$browser: one visit is one attempt, on the pause page" one_attempt $browser "$THEIRS"
        lab_screenshot "$LAB_OUTPUT/both-$browser.png"
        check "$browser: and so is the next" one_attempt $browser "https://x.com/alexdoe?lang=$browser"
        check "$browser: neighbours open" "lab_${browser}_visit" "https://www.instagram.com/alex.doe2/$browser"
done
check "Firefox: in a private window, too" one_attempt firefox "https://www.facebook.com/profile.php?id=100044" private
check "no visit was a slip but the one when policies were off" lab_wait_for lab_attempts_are 1 '.grade == "slip"'
check "the daemon's log names nobody" eval "! grep -i -E 'alex|doe|instagram' '$LAB/log/daemon'"
check "Firefox ends with it" lab_firefox_quit
check "Chromium ends with it" lab_chromium_quit
check "the daemon ends at last" lab_daemon_stop
