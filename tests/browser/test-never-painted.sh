#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A profile that is blocked is never painted: in 500 of 500 tries in Chromium and in Firefox, by an address, a
# redirect and a link, each of another profile, so that each is an entry of its own. The page itself is the witness
# (first paint, and a frame in which it is not hidden), Chromium is another, and in Firefox the server, which is not
# even asked; that they see what is painted is shown by profiles that are not blocked.
#
# How long it took is printed and decides nothing: from the start of the navigation to the pause page's own first
# paint, to the entry's signal, which goes out when the entry is on the disk, and to the notification.
#
#   TRIES     of each browser (500)
#   CONTROLS  (50)

# what is painted often is to be small
LAB_BROWSER_SIZE=${LAB_BROWSER_SIZE:-720x540}
# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/browser/extension.sh
. "$LAB_ROOT/tests/browser/extension.sh"
# shellcheck source=tests/browser/drive.sh
. "$LAB_ROOT/tests/browser/drive.sh"

TRIES=${TRIES:-500}
CONTROLS=${CONTROLS:-50}
SITE=www.instagram.com
BY_PATIENCE_MSEC=$((LAB_PATIENCE * 1000 / 2))

# The first contentful paint, in microseconds, of a page that began after START, as far as a page is told the time;
# "" while there is none.
# Of an extension's page or of others: painted_after START ==|!=
painted_after() {
        echo "(() => { const p = performance.getEntriesByName('first-contentful-paint')[0];" \
                "return p && location.protocol.endsWith('-extension:') == ${2} && performance.timeOrigin * 1000 >= $1 - 3000" \
                "? String(Math.round((performance.timeOrigin + p.startTime) * 1000)) : ''; })()"
}

# go BROWSER WAY ADDRESS: START is when the browser was told.
go() {
        case $2 in
        address) drive "$1" "go https://$3" && START=$REPLY ;;
        redirect) drive "$1" "go https://news.example/go/$3" && START=$REPLY ;;
        link)
                drive "$1" "go https://news.example/link/$3"
                drive "$1" "until $BY_PATIENCE_MSEC location.pathname == '/link/$3' && document.readyState == 'complete' ? '1' : ''"
                START=${EPOCHREALTIME/./}
                drive "$1" "eval document.links[0].click()"
                ;;
        esac
}

# Half of them by an address.
way_of() { # N
        local ways=(address redirect address link)
        WAY=${ways[$1 % 4]}
}

try_all() { # BROWSER FIRST
        local n stopped=0
        for ((n = $2; n < $2 + TRIES; n++)); do
                way_of "$n"
                go "$1" "$WAY" "$SITE/known.$n/watched"
                drive "$1" "until $BY_PATIENCE_MSEC $(painted_after "$START" true)"
                if [ -z "$REPLY" ]; then
                        echo "# $1: known.$n by $WAY did not lead to the pause page"
                        break
                fi
                echo "$WAY $START $REPLY" >>"$LAB/log/tries-$1"
                stopped=$((stopped + 1))
        done
        [ "$stopped" -eq "$TRIES" ]
}

try_controls() { # BROWSER
        local n painted=0
        for ((n = 0; n < CONTROLS; n++)); do
                way_of "$n"
                go "$1" "$WAY" "$SITE/friend.$n/watched$1"
                drive "$1" "until $BY_PATIENCE_MSEC $(painted_after "$START" false)"
                [ -n "$REPLY" ] || continue
                echo "$WAY $START $REPLY" >>"$LAB/log/controls-$1"
                painted=$((painted + 1))
        done
        [ "$painted" -eq "$CONTROLS" ]
}

# How often the log has a page of this kind: seen BROWSER painted|frame NAME
seen() {
        grep -F "https://$SITE/seen?$2/$3." "$LAB/pages/visits" | grep -c -F "${AGENT[$1]}"
}

asked_for() { # BROWSER NAME
        grep -F "https://$SITE/$2." "$LAB/pages/visits" | grep -c -F "${AGENT[$1]}"
}

chromium_says() { # NAME
        grep -c -F "painted https://$SITE/$1." "$LAB/log/drive-chromium"
}

declare -A AGENT=([chromium]=Chrome/ [firefox]=Firefox/)

drive_start() {
        case $1 in
        chromium) drive_chromium chromium "${LAB_CHROMIUM[@]}" ;;
        firefox) drive_firefox firefox "$LAB_FIREFOX_PROFILE" 2828 "${LAB_FIREFOX[@]}" ;;
        esac
}

# --- how long it took ----------------------------------------------------------------------------------

quantile() { # PERCENT: of sorted numbers
        awk -v q="$1" '{ v[NR] = $1 } END { if (NR) printf "%.0f", v[int((NR - 1) * q / 100) + 1] / 1000 }'
}

figures() { # WHAT: of microseconds
        sort -n >"$LAB/figures"
        echo "# $1: $(quantile 50 <"$LAB/figures") ms at p50, $(quantile 95 <"$LAB/figures") at p95," \
                "$(quantile 100 <"$LAB/figures") at most, n $(wc -l <"$LAB/figures")"
}

# From each start to the first of what the bus saw after it, and before the next start: a signal or a method call.
to_first() { # BROWSER sig|mc
        {
                awk '{ print $2, "start" }' "$LAB/log/tries-$1"
                awk -v kind="$2" '$1 == kind { printf "%.0f seen\n", $2 * 1e6 }' "$LAB/log/seen-on-bus"
        } | sort -n | awk '$2 == "start" { start = $1 } $2 == "seen" && start { print $1 - start; start = 0 }'
}

tell_times() { # BROWSER
        awk '{ print $3 - $2 }' "$LAB/log/tries-$1" | figures "$1, start to the pause page's first paint"
        to_first "$1" sig | figures "$1, start to the entry on disk"
        to_first "$1" mc | figures "$1, start to the notification"
        awk '{ print $3 - $2 }' "$LAB/log/controls-$1" | figures "$1, start to the first paint of a page that is not blocked"
}

# -------------------------------------------------------------------------------------------------------

try_browser() { # BROWSER FIRST
        local b=$1
        check "$b starts and is led" drive_start "$b"
        check "$b: the extension is at work" lab_wait_for lab_layer_is extension active "$b"
        check "$b: $TRIES of $TRIES blocked profiles are the pause page" try_all "$b" "$2" || return
        check "$b: profiles that are not blocked open and are painted" try_controls "$b"
        tell_times "$b"
        check "$b: the page says so itself" lab_wait_for "[ \$(seen $b painted friend) -ge $CONTROLS ]"
        check "$b: and that it was not hidden" lab_wait_for "[ \$(seen $b frame friend) -eq $CONTROLS ]"
        check "$b: no blocked page says that it was painted" [ "$(seen "$b" painted known)" -eq 0 ]
        check "$b: or was not hidden in a frame" [ "$(seen "$b" frame known)" -eq 0 ]
        check "$b: each is an attempt" lab_wait_for lab_attempts_are "$TRIES" ".grade == \"attempt\" and .channel == \"$b\""
        echo "# $b asked for $(asked_for "$b" known) pages of the $TRIES"
}

lab_start
check "the extension is installed" install_extension || exit 1
check "so many profiles are blocked" \
        "$NOCONTACT_BUILD/tests/tools/profiles-add" "$HOME/.local/share/nocontact" 1 "$((2 * TRIES))"
check "the daemon starts" lab_daemon_start || exit 1
lab_spawn seen-on-bus dbus-monitor --session --profile "type='signal',member='Recorded'" \
        "type='method_call',member='Notify'"

try_browser chromium 1
check "chromium: it tells of each page that it paints" [ "$(chromium_says friend)" -eq "$CONTROLS" ]
check "chromium: and of none that is blocked" [ "$(chromium_says known)" -eq 0 ]
check "chromium: and of one pause page for each" [ "$(grep -c 'painted chrome-ext' "$LAB/log/drive-chromium")" -eq "$TRIES" ]
drive_stop chromium
check "Chromium ends" lab_chromium_quit

try_browser firefox "$((TRIES + 1))"
check "firefox: the pages were not asked for" [ "$(asked_for firefox known)" -eq 0 ]
drive_stop firefox
check "Firefox ends" lab_firefox_quit

check "nothing was a slip, also by the histories" lab_attempts_are 0 '.grade == "slip"'
check "the daemon ends" lab_daemon_stop
