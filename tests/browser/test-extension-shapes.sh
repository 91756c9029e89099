#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every URL of the catalogue's own cases, in real browsers with the extension: a person's page ends on the
# pause page, whatever the platform and the shape, and what is nobody's opens. Chromium has all of them, by
# its own list of tabs; Firefox one of every second person's. As long as nobody is on the Fediverse, whose sites are
# many, pages of the catalogue's sites alone are asked about, and that must do.

NOCONTACT_BUILD=${NOCONTACT_BUILD:-build/plain}
CASES=$("$(dirname "$0")/../../$NOCONTACT_BUILD/tests/tools/catalogue-urls" 2>/dev/null ||
        "$NOCONTACT_BUILD/tests/tools/catalogue-urls")
# shellcheck disable=SC2034  # the lab serves them
mapfile -t PAGES_MORE < <(cut -f 2 <<<"$CASES" | sort -u)

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/browser/extension.sh
. "$LAB_ROOT/tests/browser/extension.sh"

# Tabs at once, opened as a person opens many links.
BATCH=25

# Addresses that are somebody's of the catalogue's sites, or of the Fediverse, or a stranger's.
addresses() { # theirs | fediverse | stranger
        awk -F '\t' -v who="$1" '{ is = $1 == "theirs" && $4 ~ /^mastodon:/ ? "fediverse" : $1 }
                is == who { print $3 "\t" $4 }' <<<"$CASES"
}

# The first shape of each person, so that the others must be found to be the same person's.
firsts() { # theirs | fediverse
        addresses "$1" | awk -F '\t' '!seen[$2]++ { print $1 }'
}

add_all() { # theirs | fediverse, COMMAND...
        local urls=() url who=$1
        shift
        while read -r url; do
                urls+=(--profile "$url")
        done < <(firsts "$who")
        "$@" "${urls[@]}" >/dev/null
}

elsewhere_is() { # true | false
        dbus-send --session --print-reply --dest=org.nocontact.Daemon1 /org/nocontact/Daemon1 \
                org.nocontact.Daemon1.Manager.HostHello string:test string: | grep -q "boolean $1"
}

# Chromium's own list of its tabs: JSON.
tabs() {
        curl --silent "http://127.0.0.1:9222/json/list" | jq -c 'map(select(.type == "page" and .url != "about:blank"))'
}

# The addresses of those that are not on the pause page, and how many are.
open_tabs() {
        tabs | jq -r '.[].url | select(startswith("chrome-extension://") | not)'
}

paused_are() { # N
        [ "$(tabs | jq 'map(select(.url | test("^chrome-extension://[a-p]+/pause[.]html$"))) | length')" = "$1" ]
}

open_are() { # N
        [ "$(open_tabs | wc -l)" = "$1" ]
}

no_tabs() {
        tabs | jq -r '.[] | "http://127.0.0.1:9222/json/close/\(.id)"' | xargs -r curl --silent >/dev/null
        [ "$(tabs)" = "[]" ]
}

# In Chromium: all of these become pause pages, or none does. What is wrong is named.
try_tabs() { # theirs | fediverse | stranger
        local word=$1 good=0 urls
        while mapfile -t -n "$BATCH" urls && [ "${#urls[@]}" -gt 0 ]; do
                "${LAB_CHROMIUM[@]}" "${urls[@]}" >>"$LAB/log/visits" 2>&1 </dev/null
                case $word in
                theirs | fediverse) lab_wait_for paused_are "${#urls[@]}" || good=1 ;;
                # a moment, and the next batch is asked about after it: what is blocked is so within that
                stranger) lab_wait_for open_are "${#urls[@]}" && sleep 1 && open_are "${#urls[@]}" || good=1 ;;
                esac
                [ "$good" -eq 0 ] || {
                        open_tabs | sed 's/^/# open: /'
                        printf '# asked: %s\n' "${urls[@]}"
                        return 1
                }
                lab_wait_for no_tabs || return 1
        done < <(addresses "$word" | cut -f 1)
}

# In Firefox: each one of them is written down before the next few are opened.
try_firefox() {
        local urls n=0
        while mapfile -t -n 6 urls && [ "${#urls[@]}" -gt 0 ]; do
                "${LAB_FIREFOX[@]}" "${urls[@]}" >>"$LAB/log/visits" 2>&1 </dev/null
                n=$((n + ${#urls[@]}))
                lab_wait_for lab_attempts_are "$n" '.grade == "attempt" and .channel == "firefox"' || {
                        printf '# asked: %s\n' "${urls[@]}"
                        return 1
                }
        done < <(firsts theirs | awk 'NR % 2')
}

lab_start
check "the extension is installed" install_extension || exit 1
check "the daemon starts" lab_daemon_start || exit 1
check "there are many cases" eval "[ \$(wc -l <<<\"\$CASES\") -gt 500 ]"
check "everybody in them is to be kept from" add_all theirs nocontact begin 'Robin Quill' --days 30 --json
check "no other site need be asked about" elsewhere_is false
mkdir "$LAB/tabs"
LAB_CHROMIUM=("${LAB_CHROMIUM[@]/--user-data-dir=*/--user-data-dir=$LAB/tabs}" --remote-debugging-port=9222)
check "Chromium starts" lab_chromium_start
check "it is at work there" lab_wait_for lab_layer_is extension active chromium
check "each page of somebody's is led away" try_tabs theirs
check "Firefox starts" lab_firefox_start
check "it is at work there" lab_wait_for lab_layer_is extension active firefox
check "each person's is stopped there" try_firefox
check "so is everybody on the Fediverse to be kept from" add_all fediverse nocontact add 'Robin Quill'
check "any site may be theirs" elsewhere_is true
check "each page of theirs is led away" try_tabs fediverse
check "each of a stranger's opens" try_tabs stranger
check "Chromium ends" lab_end chromium
check "nothing was a slip" lab_attempts_are 0 '.grade == "slip"'
check "Firefox ends" lab_firefox_quit
check "the daemon ends" lab_daemon_stop
