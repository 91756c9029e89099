#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every way that leads a tab to a profile, in real browsers with the extension as it is installed: each ends on
# the pause page, and nothing of the profile is painted. What only looks like one of them opens.

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/browser/extension.sh
. "$LAB_ROOT/tests/browser/extension.sh"

IG=https://www.instagram.com
ID=$(sed -n 's|.*chrome-extension://\([a-p]*\)/.*|\1|p' "$LAB_ROOT/contrib/webext/host.chromium.json.in")

# A page that leads there in this way, then what the user does, then the pause page.
leads() { # BROWSER HOW URL [COMMAND...]
        local browser=$1 how=$2 url=$3
        shift 3
        shows "$browser" "$url" "lead/$how" && ! lab_title "$browser" '^Pause' || return 1
        # a click may come before the page hears of it; a person clicks again
        for _ in 1 2 3 4 5 6; do
                "$@"
                LAB_PATIENCE=8 lab_wait_for lab_title "$browser" '^Pause' && return
        done
        return 1
}

# As above, where the way goes by itself and may be over before the first page is seen.
goes() { # BROWSER URL
        shows "$1" "https://news.example/between/witness$RANDOM" between && ! lab_title "$1" '^Pause' &&
                shows "$1" "$2" '^Pause'
}

# Leading away from the first must not lead away from the second. A page that comes while somebody types may take
# the keys: then nothing was asked for, and a person types again.
types_fast() { # BROWSER
        local n later
        for n in 1 2 3 4 5 6; do
                later=https://news.example/later/witness-$1-$n
                shows "$1" "https://news.example/between/witness$RANDOM" between || return 1
                type_address "$1" "$IG/alex.doe/witness-typed-$1"
                type_address "$1" "$later"
                LAB_PATIENCE=8 lab_wait_for "[ \$(lab_served $later) -gt 0 ]" || continue
                lab_wait_for lab_title "$1" "later/witness-$1-$n" && sleep 1 && lab_title "$1" "later/witness-$1-$n"
                return
        done
        return 1
}

# A page that was kept whole before the rule came; Back brings it up again.
comes_back() { # BROWSER SITE HANDLE COMMAND...
        local browser=$1 site=$2 handle=$3
        shift 3
        shows "$browser" "https://$site/$handle/kept-$browser" "$handle/kept" || return 1
        type_address "$browser" "https://news.example/after-$handle/witness"
        lab_wait_for lab_title "$browser" "after-$handle" || return 1
        "$@" >/dev/null || return 1
        press_one "$browser" alt+Left
}

press_one() { # BROWSER KEY
        xdotool windowfocus "$(window_of "$1")" key "$2"
}

was_seen_again() { # PATH
        grep -q -F "seen?again/visible$1 " "$LAB/pages/visits"
}

try_ways() { # BROWSER
        local b=$1
        check "$b: typed, and at once another: the other one opens" types_fast "$b"
        check "$b: typed alone" eval "shows $b https://news.example/b/witness b/witness &&
                type_address $b $IG/alex.doe/witness-alone-$b && lab_wait_for lab_title $b '^Pause'"
        check "$b: a link" leads "$b" link "https://news.example/lead/link/alex.doe/witness-link-$b" click "$b"
        check "$b: a link that opens a tab" \
                leads "$b" blank "https://news.example/lead/blank/alex.doe/witness-blank-$b" click "$b"
        check "$b: window.open" leads "$b" open "https://news.example/lead/open/alex.doe/witness-open-$b" click "$b"
        check "$b: a window of its own" \
                leads "$b" window "https://news.example/lead/window/alex.doe/witness-window-$b" click "$b"
        press "$b" ctrl+w
        check "$b: a link into a new window" \
                leads "$b" link "https://news.example/lead/link/alex.doe/witness-shift-$b" click "$b" shift
        press "$b" ctrl+w
        check "$b: a redirect" goes "$b" "https://news.example/302/alex.doe/witness-302-$b"
        check "$b: a page that refreshes" goes "$b" "https://news.example/lead/meta/alex.doe/witness-meta-$b"
        check "$b: a script" goes "$b" "https://news.example/lead/script/alex.doe/witness-script-$b"
        check "$b: pushState" goes "$b" "$IG/spa/alex.doe/"
        check "$b: replaceState" goes "$b" "$IG/lead/replace/alex.doe/"
        check "$b: its source" eval "shows $b https://news.example/b/witness b/witness &&
                type_address $b view-source:$IG/alex.doe/witness-source-$b && lab_wait_for lab_title $b '^Pause'"
        check "$b: reload of the pause page stays there" eval "press_one $b F5; sleep 1; lab_title $b '^Pause'"
}

try_the_way_back() { # BROWSER
        local b=$1
        check "$b: a page that nobody minds is kept and shown again" eval "comes_back $b x.com sam true &&
                lab_wait_for was_seen_again /sam/kept-$b"
        check "$b: one that a rule came for meanwhile is not" eval "comes_back $b x.com back$b \
                nocontact add --profile https://x.com/back$b && lab_wait_for lab_title $b '^Pause'"
        check "$b: nor was anything of it to be seen" eval "! was_seen_again /back$b/kept-$b"
        [ "$b" = chromium ] || check "$b: one of a site that nobody can be met at is not even covered" \
                eval "comes_back $b news.example '~sam' true && lab_wait_for was_seen_again /~sam/kept-$b &&
                ! grep -q -F 'seen?again/hidden/~sam/kept-$b ' '$LAB/pages/visits'"
        check "$b: Forward from before a pushed one" eval "shows $b $IG/spa/alex.doe/tagged/ '^Pause' &&
                press_one $b alt+Left && sleep 1 && press_one $b alt+Right && lab_wait_for lab_title $b '^Pause'"
}

# Spellings that do lead there, and looks that do not.
SPELLINGS=("$IG/%61lex.doe/" "$IG//alex.doe/" "https://www.instagram.com./alex.doe/" "HTTPS://WWW.INSTAGRAM.COM/ALEX.DOE/"
        "$IG/alex%2Edoe" "$IG/p/../alex.doe/" "https://ｉｎｓｔａｇｒａｍ.com/alex.doe" "$IG/stories/alex.doe/1/")
LOOKS=("$IG/alex.doe2/witness-look" "$IG/alex.doe.fan/witness-look" "$IG/xalex.doe/witness-look" "$IG/p/alexdoe/witness-look"
        "https://news.example/n1/witness-look?q=alex.doe" "https://news.example/www.instagram.com/alex.doe/witness-look"
        "https://news.example/n2/witness-look?u=https://news.example/alex.doe" "https://x.com/alex_doe/witness-look"
        "https://news.example/n3/witness-look#$IG/alex.doe/")

try_looks() { # BROWSER
        local b=$1 url path
        for url in "${SPELLINGS[@]}"; do
                check "$b: stopped: $url" goes "$b" "$url"
        done
        for url in "${LOOKS[@]}"; do
                path=${url#https://*/}
                check "$b: open: $url" shows "$b" "$url" "At .*/${path%%[?#]*}"
        done
}

try_frames() { # BROWSER
        local b=$1 n
        n=$(lab_attempts)
        check "$b: a frame is no visit" eval "shows $b https://news.example/lead/frame/alexframe$b/ lead/frame &&
                lab_wait_for \"grep -q 'seen?framed' '$LAB/pages/visits'\" && lab_title $b lead/frame &&
                lab_attempts_are $n"
        check "$b: nor is what is fetched ahead" eval "shows $b $IG/lead/prefetch/alexframe$b/ahead lead/prefetch &&
                lab_wait_for \"[ \\\$(lab_served $IG/alexframe$b/ahead) -gt 0 ]\" && lab_title $b lead/prefetch &&
                lab_attempts_are $n"
}

try_prerender() {
        local n
        n=$(lab_attempts)
        check "chromium: a page is made ready" eval "shows chromium $IG/lead/prerender/alexpre/witness-pre lead/prerender &&
                lab_wait_for \"[ \\\$(lab_served $IG/alexpre/witness-pre) -gt 0 ]\""
        sleep 1
        check "chromium: which is no visit" eval "lab_title chromium lead/prerender && lab_attempts_are $n"
        click chromium
        check "chromium: when it is to be shown it is the pause page" lab_wait_for lab_title chromium '^Pause'
        check "chromium: and then it is a visit" lab_wait_for lab_attempts_are $((n + 1))
        check "chromium: and another's is shown" eval "shows chromium $IG/lead/prerender/sam/witness-pre lead/prerender &&
                lab_wait_for \"[ \\\$(lab_served $IG/sam/witness-pre) -gt 0 ]\" && click chromium &&
                lab_wait_for was_painted chromium /sam/witness-pre"
}

# A session with a page in it that a rule comes for while the browser is not there.
try_restart() { # BROWSER COMMAND...
        local b=$1
        shift
        check "$b: a page is open as the last" shows "$b" "https://x.com/last$b/witness-last-$b" "last$b"
        check "$b: it ends" "lab_${b}_quit"
        check "$b: a rule comes" eval "nocontact add --profile https://x.com/last$b >/dev/null"
        : >"$LAB/pages/visits"
        check "$b: the session comes back" lab_spawn "$b" "$@"
        check "$b: with the pause page in it" lab_wait_for lab_title "$b" '^Pause'
        check "$b: and nothing of the profile" eval "! was_painted $b /last$b/witness-last-$b"
        check "$b: it ends again" "lab_${b}_quit"
        check "$b: started with a profile" "lab_${b}_start" "$IG/alex.doe/witness-started-$b"
        check "$b: that is the pause page" lab_wait_for lab_title "$b" '^Pause'
        check "$b: and nothing of it" eval "! was_painted $b /alex.doe/witness-started-$b"
}

private_page() { # BROWSER URL
        case $1 in
        firefox) "${LAB_FIREFOX[@]}" --private-window "$2" ;;
        chromium) "${LAB_CHROMIUM[@]}" --incognito "$2" ;;
        esac >>"$LAB/log/visits" 2>&1 </dev/null &
}

# In place of the switch on the page of extensions: where Chromium keeps it. Firefox keeps it in a form of its
# own, but takes it from a policy as well.
allow_private() { # BROWSER
        local file=$LAB_CHROMIUM_PROFILE/Default/Preferences dir=/usr/share/firefox-esr/distribution
        case $1 in
        firefox)
                mkdir -p "$LAB/stage$dir" &&
                        echo '{"policies": {"ExtensionSettings": {"nocontact@nocontact.org":
                                {"installation_mode": "force_installed", "private_browsing": true}}}}' \
                                >"$LAB/stage$dir/policies.json" &&
                        mount -t overlay overlay -o "lowerdir=$LAB/stage$dir:$dir" "$dir"
                ;;
        chromium)
                jq --arg id "$ID" '.extensions.settings[$id].incognito = true' "$file" >"$LAB/edited" &&
                        cp "$LAB/edited" "$file"
                ;;
        esac
}

try_private() { # BROWSER
        local b=$1
        check "$b: the layer says that private windows are open" \
                lab_wait_for lab_layer_is extension active "Private windows: not in .*$b"
        private_page "$b" "$IG/alex.doe/witness-open-$b"
        check "$b: a profile opens there" lab_wait_for was_painted "$b" "/alex.doe/witness-open-$b"
        press "$b" ctrl+shift+w
        [ "$b" = chromium ] || lab_firefox_quit
        lab_wait_for "! lab_alive $b" && unset "LAB_PIDS[$b]"
        check "$b: the user allows it there" allow_private "$b"
        check "$b: it starts" "lab_${b}_start"
        check "$b: the layer says nothing of it any more" eval "lab_wait_for lab_layer_is extension active $b &&
                lab_wait_for '! lab_layer_is extension active \"Private windows: not in .*$b\"'"
        private_page "$b" "$IG/alex.doe/witness-private-$b"
        check "$b: a profile is the pause page in a private window too" lab_wait_for lab_title "$b" '^Pause'
        private_page "$b" "$IG/sam.smith/witness-private-$b"
        check "$b: another opens there" lab_wait_for was_painted "$b" "/sam.smith/witness-private-$b"
        check "$b: and nothing of the profile" eval "! was_painted $b /alex.doe/witness-private-$b"
}

# A site that is in no catalogue is asked about only while a page of it is somebody's.
try_elsewhere() { # BROWSER
        local b=$1 page=https://news.example/~alex$1
        check "$b: a page of a site that nobody knows opens" shows "$b" "$page/witness-then" "~alex$b"
        check "$b: until it is theirs" eval "nocontact add --profile $page/ >/dev/null && lab_wait_for lab_title $b '^Pause'"
        : >"$LAB/pages/visits"
        check "$b: another of that site opens" shows "$b" "https://news.example/~sam/witness-$b" "~sam"
        check "$b: theirs does not" goes "$b" "$page/witness-now"
        check "$b: nor does one that was kept before it was theirs" eval "comes_back $b news.example '~back$b' \
                nocontact add --profile https://news.example/~back$b/ && lab_wait_for lab_title $b '^Pause'"
        check "$b: of which nothing was to be seen" eval "! was_seen_again '/~back$b/kept-$b'"
        check "$b: it ends" "lab_${b}_quit"
        check "$b: started with it" "lab_${b}_start" "$page/witness-started"
        check "$b: that is the pause page" lab_wait_for lab_title "$b" '^Pause'
        check "$b: and nothing of it was painted" eval "! grep -F 'seen?painted/~alex$b/' '$LAB/pages/visits'"
        check "$b: they are theirs no more" eval "nocontact remove 'Alex Doe' --profile '$page/' &&
                nocontact remove 'Alex Doe' --profile https://news.example/~back$b/"
        check "$b: and opens" shows "$b" "$page/witness-after" "~alex$b"
        check "$b: it ends once more" "lab_${b}_quit"
}

lab_start
check "the extension is installed" install_extension || exit 1
check "the daemon starts" lab_daemon_start || exit 1
check "the decision is made" eval "nocontact begin 'Alex Doe' --days 30 --profile $IG/alex.doe/ \
        --profile $IG/alexpre/ --profile $IG/alexframechromium/ --profile $IG/alexframefirefox/ --json >/dev/null"
for browser in ${BROWSERS-chromium firefox}; do
        : >"$LAB/pages/visits"
        check "$browser starts" "lab_${browser}_start"
        check "the layer says that it is at work there" lab_wait_for lab_layer_is extension active "$browser"
        try_ways "$browser"
        try_the_way_back "$browser"
        try_looks "$browser"
        try_frames "$browser"
        [ "$browser" = firefox ] || try_prerender
        check "$browser: nothing of a profile was ever painted" \
                eval "! grep -F 'seen?painted/alex.doe/' '$LAB/pages/visits'"
        case $browser in
        firefox)
                echo 'user_pref("browser.startup.page", 3);' >>"$LAB_FIREFOX_PROFILE/user.js"
                try_restart firefox "${LAB_FIREFOX[@]}"
                ;;
        chromium) try_restart chromium "${LAB_CHROMIUM[@]}" --restore-last-session ;;
        esac
        try_private "$browser"
        check "$browser ends" "lab_${browser}_quit"
done
: >"$LAB/pages/visits"
for browser in ${BROWSERS-chromium firefox}; do
        check "$browser starts" "lab_${browser}_start"
        check "the layer says that it is at work there" lab_wait_for lab_layer_is extension active "$browser"
        try_elsewhere "$browser"
done
check "nothing was a slip" lab_attempts_are 0 '.grade == "slip"'
check "the daemon ends" lab_daemon_stop
