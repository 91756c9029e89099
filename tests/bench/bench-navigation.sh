#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What does the extension cost on a page that is nobody's? From the moment in which the browser is told to go there
# to the page's load event and to its first contentful paint, in real browsers on a virtual screen: without an
# extension, with nocontact, and with LeechBlock NG, with 1, 100 and 10,000 rules. Three browsers of a kind run side
# by side and take turns, so that what the machine does besides falls on all; the overhead is the median of what a
# round took more than without. Each page is a new one, by turns of another site, which the catalogue does not have,
# and of the very site that the rules are about; the tables keep them apart. It decides nothing.
#
# LeechBlock NG is not part of this project. LEECHBLOCK names a folder with its sources for Firefox
# (LeechBlockNG) and for Chromium (LeechBlockNG-chrome), as its author keeps them; without it, that comparison is
# left out. The folder is not to lie below /tmp, which is the lab's own.
#
#   BENCH_ROUNDS  of each, half of them on either site (120)

# not a lab: it prints no plan
if [ -z "${LAB_OUTSIDE-}" ]; then
        for tool in unshare nginx Xvfb chromium firefox-esr certutil dunst xdotool; do
                command -v "$tool" >/dev/null && continue
                echo "navigation: $tool is not installed; not measured (contrib/deps browsers)"
                exit 0
        done
        if [ "$(id -u)" -ne 0 ]; then
                echo "navigation: extensions are laid over the machine's folders, which needs root; not measured"
                exit 0
        fi
        LEECHBLOCK=${LEECHBLOCK:+$(realpath "$LEECHBLOCK")}
        export LEECHBLOCK
fi

LAB_SCREEN=3600x900
# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/../browser/lab.sh"
# shellcheck source=tests/browser/drive.sh
. "$LAB_ROOT/tests/browser/drive.sh"

rounds=${BENCH_ROUNDS:-120}
warm=5
sizes=(1 100 10000)
LEECHBLOCK_ID=leechblockng@proginosko.com
LEECHBLOCK_UUID=8b9d2d2a-5b0f-4d7e-9c60-5d1d6f9a7f11
BLOCKED=www.instagram.com/known.1/

check() {
        local sentence=$1
        shift
        "$@" && return
        echo "navigation: not measured, since this failed: $sentence"
        exit 0
}

plan() {
        :
}

# --- the arms ------------------------------------------------------------------------------------------

# What each arm's browsers find laid over the machine's own folders: $LAB/stage-ARM. Others see nothing of it.
stage() {
        local stage=$LAB/stage-leechblock folder
        make -C "$LAB_ROOT" BUILD="$LAB/build" DESTDIR="$LAB/stage-nocontact" PREFIX=/usr \
                LIBEXECDIR="$NOCONTACT_BUILD" install-extension >"$LAB/log/install" 2>&1 || return 1
        mkdir -p "$LAB/stage-none"
        if [ -n "$LEECHBLOCK" ]; then
                folder=$stage/usr/share/mozilla/extensions/"{ec8030f7-c20a-464f-9b0e-13a3a9e97384}"
                mkdir -p "$folder" "$stage/usr/share/chromium/extensions" "$stage/etc/firefox-esr"
                cp -r "$LEECHBLOCK/LeechBlockNG" "$folder/$LEECHBLOCK_ID" &&
                        cp -r "$LEECHBLOCK/LeechBlockNG-chrome" "$stage/usr/share/chromium/extensions/leechblock" &&
                        cp "$LAB/stage-nocontact"/etc/firefox-esr/* "$stage/etc/firefox-esr/" || return 1
        fi
        cat >"$LAB/with" <<'SCRIPT'
#!/bin/bash
stage=$1
shift
for dir in /usr/share/chromium /usr/share/mozilla /usr/lib/mozilla /etc/chromium /etc/firefox-esr; do
        [ ! -d "$stage$dir" ] || mount -t overlay overlay -o "lowerdir=$stage$dir:$dir" "$dir" || exit 1
done
exec "$@"
SCRIPT
        chmod +x "$LAB/with"
}

# The id that Chromium gives to a folder.
folder_id() { # FOLDER
        printf %s "$1" | sha256sum | cut -c 1-32 | tr 0-9a-f a-p
}

declare -A PORT=([none]=2828 [nocontact]=2829 [leechblock]=2830) PLACE=([none]=0 [nocontact]=1200 [leechblock]=2400)

start_chromium() { # ARM
        drive_chromium "$1" unshare --mount -- "$LAB/with" "$LAB/stage-$1" "${LAB_CHROMIUM[@]}" \
                "--user-data-dir=$LAB/chromium-$1" "--window-position=${PLACE[$1]},0"
}

# Without the option no automaton may open an extension's own page.
start_firefox() { # ARM
        cp -r "$LAB_FIREFOX_PROFILE" "$LAB/firefox-$1"
        echo "user_pref(\"extensions.webextensions.uuids\", '{\"$LEECHBLOCK_ID\":\"$LEECHBLOCK_UUID\"}');" \
                >>"$LAB/firefox-$1/user.js"
        drive_firefox "$1" "$LAB/firefox-$1" "${PORT[$1]}" unshare --mount -- "$LAB/with" "$LAB/stage-$1" \
                firefox-esr --no-remote --remote-allow-system-access --profile "$LAB/firefox-$1"
}

options_page() {
        case $1 in
        chromium) echo "chrome-extension://$(folder_id /usr/share/chromium/extensions/leechblock)/options.html" ;;
        firefox) echo "moz-extension://$LEECHBLOCK_UUID/options.html" ;;
        esac
}

# LeechBlock's own functions make of the list what its options page would save.
leechblock_options() { # N
        echo "(async () => {" \
                "const sites = cleanSites(Array.from({ length: $1 }, (_, i) => 'www.instagram.com/known.' + (i + 1) + '/').join(' '))," \
                "made = getRegExpSites(sites, false), api = globalThis.browser ?? chrome;" \
                "await api.storage.local.set({ numSets: '1', sites1: sites, times1: '0000-2400', days1: Array(7).fill(true)," \
                "blockRE1: made.block, allowRE1: made.allow, referRE1: made.refer, keywordRE1: made.keyword });" \
                "api.runtime.sendMessage({ type: 'options' }); return 'kept'; })()"
}

leechblock_rules() { # BROWSER N
        drive leechblock "go $(options_page "$1")" || return 1
        drive leechblock "until 20000 typeof getRegExpSites == 'function' && document.readyState == 'complete' ? 'there' : ''"
        [ "$REPLY" = there ] || return 1
        sleep 1
        drive leechblock "eval $(leechblock_options "$2")"
        [ "$REPLY" = kept ]
}

nocontact_rules() { # N: so many in all; the extension waits for nocontactd to come back
        local from=$known
        known=$1
        lab_daemon_stop
        [ "$from" -ge "$1" ] ||
                "$NOCONTACT_BUILD/tests/tools/profiles-add" "$HOME/.local/share/nocontact" "$((from + 1))" "$1" || return 1
        lab_daemon_start
}

# Rules are in force when a page that is blocked is not shown.
is_blocked() { # ARM ADDRESS
        local tries
        for tries in {1..10}; do
                drive "$1" "go https://news.example/before/$tries" && sleep 0.5
                drive "$1" "go https://$2"
                drive "$1" "until 3000 location.protocol.endsWith('-extension:') ? 'blocked' : ''"
                [ "$REPLY" != blocked ] || return 0
        done
        return 1
}

# --- what is measured --------------------------------------------------------------------------------------

once() { # ARM ADDRESS: the line is "START LOADED PAINTED", in microseconds
        local start
        drive "$1" "go https://$2" && start=$REPLY
        drive "$1" "until 20000 (() => { const t = performance.getEntriesByType('navigation')[0], \
p = performance.getEntriesByName('first-contentful-paint')[0]; \
return location.href == 'https://$2' && t && t.loadEventEnd && p ? [t.loadEventEnd, p.startTime]\
.map((at) => Math.round((performance.timeOrigin + at) * 1000)).join(' ') : ''; })()"
        [ -n "$REPLY" ] || REPLY="$start -"
        echo "$start $REPLY"
        sleep 0.05
}

measure() { # SIZE: into $LAB/ARM.SITE.SIZE
        local round i arm n=${#arms[@]} site address
        for ((round = -warm; round < rounds; round++)); do
                site=other address=news.example
                [ $((round & 1)) -eq 0 ] || { site=same address=www.instagram.com; }
                for ((i = 0; i < n; i++)); do
                        arm=${arms[(i + round + warm) % n]}
                        once "$arm" "$address/innocent.$1.$((round + warm))" >"$LAB/once"
                        [ "$round" -lt 0 ] || cat "$LAB/once" >>"$LAB/$arm.$site.$1"
                done
        done
}

# Of the rounds' times in column COLUMN: n, p50, p95, the median of what was more than without with its 95 %
# interval, and the ratio of the medians.
row() { # TITLE ARM SITE.SIZE COLUMN
        paste -d " " "$LAB/$2.$3" "$LAB/none.$3" | awk -v c="$4" -v title="$1" '
                NF == 6 { n++; mine[n] = ($c - $1) / 1000; base[n] = ($(c + 3) - $4) / 1000; more[n] = mine[n] - base[n] }
                function at(v, q) { q = int(q + 0.5); return v[q < 1 ? 1 : q > n ? n : q] }
                function sort(v,   i, j, x) {
                        for (i = 2; i <= n; i++) {
                                x = v[i]
                                for (j = i - 1; j > 0 && v[j] > x; j--)
                                        v[j + 1] = v[j]
                                v[j + 1] = x
                        }
                }
                END {
                        sort(mine); sort(base); sort(more)
                        printf "  %-34s %4u   %7.1f %7.1f   %6.2f   %7.2f [%6.2f, %6.2f]\n", title, n, at(mine, n / 2),
                                at(mine, n * 0.95), at(mine, n / 2) / at(base, n / 2), at(more, n / 2),
                                at(more, n / 2 - 0.98 * sqrt(n)), at(more, n / 2 + 1 + 0.98 * sqrt(n))
                }'
}

declare -A SITES=([other]="another site" [same]="the rules' own site")

table() { # BROWSER SITE WHAT COLUMN
        local size
        printf 'navigation: %s, an innocent page of %s, to %s (ms)\n  %-34s %4s   %7s %7s   %6s   %s\n' "$1" \
                "${SITES[$2]}" "$3" "" n p50 p95 ratio "overhead [95 % of its median]"
        for size in "${sizes[@]}"; do
                row "without an extension" none "$2.$size" "$4"
                row "nocontact, $size rules" nocontact "$2.$size" "$4"
                [ -z "$LEECHBLOCK" ] || row "LeechBlock NG, $size rules" leechblock "$2.$size" "$4"
        done
}

# -------------------------------------------------------------------------------------------------------

bench_browser() { # BROWSER
        local arm site size
        known=0
        rm -rf "$HOME/.local/share/nocontact" "$LAB"/{none,nocontact,leechblock}.*.[0-9]*
        nocontact_rules 1 || return 1
        for arm in "${arms[@]}"; do
                "start_$1" "$arm" || return 1
        done
        for size in "${sizes[@]}"; do
                nocontact_rules "$size" && is_blocked nocontact "$BLOCKED" || return 1
                if [ -n "$LEECHBLOCK" ]; then
                        leechblock_rules "$1" "$size" && is_blocked leechblock "$BLOCKED" || return 1
                fi
                measure "$size"
        done
        for arm in "${arms[@]}"; do
                drive_stop "$arm"
                lab_end "$arm"
        done
        lab_daemon_stop
        # each round's START, LOADED and PAINTED
        for arm in "$LAB"/*.{other,same}.*; do
                cp "$arm" "$LAB_OUTPUT/$1.${arm##*/}"
        done
        for site in other same; do
                table "$1" "$site" "its load event" 2
                table "$1" "$site" "its first contentful paint" 3
        done
}

arms=(none nocontact)
[ -z "$LEECHBLOCK" ] || arms+=(leechblock)
lab_start
check "extensions are laid out" stage
[ -n "$LEECHBLOCK" ] || echo "navigation: LeechBlock NG is left out: LEECHBLOCK=FOLDER with its two repositories brings it in"
for browser in ${BENCH_BROWSERS:-chromium firefox}; do
        check "$browser is measured" bench_browser "$browser"
done
