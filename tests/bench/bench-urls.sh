#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What does it cost to know whether an address is somebody's? The judge, with everything that it does for an address,
# against the regular expression that LeechBlock NG makes of its list and against the engine of @ghostery/adblocker:
# 100,000 addresses, one of a hundred a hit, with 10, 1,000 and 10,000 rules. All of them have to give the same
# answers. In turns, each in a process of its own and by the processor's time; to make the rules is not in it. The regular expression
# takes so long for an address that with more rules it gets each 31st and each 307th. It decides nothing.
#
# LEECHBLOCK names a folder with LeechBlock NG's sources, see bench-navigation.sh. The other is installed by npm, below
# the build's folder, when there are node and npm.

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${NOCONTACT_BUILD:-$root/build/plain}
[[ $build = /* ]] || build=$root/$build
rounds=${BENCH_ROUNDS:-3}
urls=${BENCH_URLS:-100000}
sizes=(10 1000 10000)
dir=$(mktemp -d "${TMPDIR:-/tmp}/bench-urls.XXXXXX") || exit 1
declare -A to=() from=() title=([nocontact]="nocontact's judge" [leechblock]="LeechBlock NG's regular expression"
        [ghostery]="@ghostery/adblocker")
ways=()

# shellcheck disable=SC2317
finish() {
        local fd
        # each ends at the end of what it reads
        for fd in "${to[@]}"; do
                exec {fd}>&-
        done
        wait
        rm -rf "$dir"
}
trap finish EXIT

# begin WAY COMMAND...
begin() {
        local way=$1 in out
        shift
        mkfifo "$dir/$way.to" "$dir/$way.from"
        "$@" <"$dir/$way.to" >"$dir/$way.from" &
        exec {in}>"$dir/$way.to" {out}<"$dir/$way.from"
        read -r -t 60 -u "$out" REPLY && [ "$REPLY" = ready ] || return 1
        to[$way]=$in from[$way]=$out
        ways+=("$way")
}

# which addresses LeechBlock gets
declare -A each=([10]=1 [1000]=31 [10000]=307)

ask() { # WAY SIZE EACH: "NANOSECONDS HITS SUM"
        echo "$2 $3" >&"${to[$1]}" && read -r -t 600 -u "${from[$1]}" REPLY
}

others() {
        local modules=$build/bench-urls
        if ! command -v node >/dev/null; then
                echo "urls: node is not installed; the others are left out"
                return
        fi
        if [ -n "${LEECHBLOCK-}" ]; then
                begin leechblock node "$root/tests/bench/url-match.js" "$dir" leechblock "$LEECHBLOCK/LeechBlockNG"
        else
                echo "urls: LeechBlock NG is left out: LEECHBLOCK=FOLDER with its repository brings it in"
        fi
        [ -d "$modules/node_modules/@ghostery/adblocker" ] ||
                npm install --silent --no-audit --no-fund --prefix "$modules" @ghostery/adblocker >/dev/null ||
                { echo "urls: npm does not bring @ghostery/adblocker; it is left out" && return; }
        begin ghostery node "$root/tests/bench/url-match.js" "$dir" ghostery "$modules/node_modules/@ghostery/adblocker"
}

median() {
        sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

row() { # WAY SIZE
        local mine base answers
        mine=$(awk '{ print $1 }' "$dir/$1.$2" | median)
        base=$(awk '{ print $1 }' "$dir/nocontact.$2" | median)
        # what the judge says of the same addresses
        ask nocontact "$2" "$(step "$1" "$2")"
        answers=$({ cat "$dir/$1.$2" && echo "$REPLY"; } | awk '{ print $2, $3 }' | sort -u | wc -l)
        awk -v title="${title[$1]}, $2 rules" -v ns="$mine" -v base="$base" -v n="$rounds" -v answers="$answers" \
                -v hits="$(awk 'NR == 1 { print $2 }' "$dir/$1.$2")" 'BEGIN {
                        printf "  %-48s %4u   %10.0f   %8.2f   %6u %s\n", title, n, ns, ns / base, hits,
                                answers == 1 ? "the same" : "OTHERS" }'
}

step() { # WAY SIZE
        [ "$1" = leechblock ] && echo "${each[$2]}" || echo 1
}

begin nocontact "$build/tests/tools/url-match" "$dir" "$urls" "${sizes[-1]}" || exit 1
others
for size in "${sizes[@]}"; do
        for ((round = 0; round < rounds; round++)); do
                for way in "${ways[@]}"; do
                        ask "$way" "$size" "$(step "$way" "$size")" || exit 1
                        echo "$REPLY" >>"$dir/$way.$size"
                done
        done
done
printf 'urls: one of %u addresses (ns of the processor, the median of the rounds)\n  %-48s %4s   %10s   %8s   %6s\n' "$urls" "" n ns ratio hits
for size in "${sizes[@]}"; do
        for way in "${ways[@]}"; do
                row "$way" "$size"
        done
done
