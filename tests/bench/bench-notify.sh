#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# How long does an application wait for the answer to its notification? Against the same server without the gate,
# in paired rounds: one that is delivered through the relay, and one that is held (written to the disk with two
# syncs first); with one identity and with 10,000. A server that answers at once, and a real dunst on a virtual
# screen if there is one. It decides nothing.

# shellcheck disable=SC2317 # what the lab calls

# shellcheck source=tests/desktop/notify-lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../desktop/notify-lab.sh"

# a bench prints no plan
skip() {
        echo "notify: $1; not measured"
        exit 0
}

rounds=${BENCH_ROUNDS:-15}
each=60

# --- figures ----------------------------------------------------------------------------------------------

times() { # FILE: the answers' microseconds, sorted
        awk '$3 ~ /^[0-9]+$/ { print $4 }' "$1" | sort -n
}

quantile() { # PERCENT: of sorted numbers
        awk -v q="$1" '{ v[NR] = $1 } END { if (NR) print v[int((NR - 1) * q / 100) + 1] }'
}

# Rounds are pairs: what the machine does besides falls on both. The ratio is the median of the rounds' ratios.
ratio() { # SERIES BASE PERCENT
        local round

        for ((round = 0; round < rounds; round++)); do
                echo "$(times "$dir/$1.$round" | quantile "$3") $(times "$dir/$2.$round" | quantile "$3")"
        done | awk '$2 > 0 { print $1 / $2 }' | sort -n | quantile 50
}

row() { # TITLE SERIES BASE
        local all

        cat "$dir/$2".[0-9]* >"$dir/all"
        all=$(times "$dir/all")
        printf '  %-34s %4u   %7u %7u   %6.2f %6.2f\n' "$1" "$(wc -l <<<"$all")" "$(quantile 50 <<<"$all")" \
                "$(quantile 99 <<<"$all")" "$(ratio "$2" "$3" 50)" "$(ratio "$2" "$3" 99)"
}

head_line() { # TITLE
        rm -f "$dir"/{direct,delivered,held}.[0-9]*
        printf '%s\n  %-34s %4s   %7s %7s   %6s %6s\n' "$1" "" n p50 p99 "ratio" "at p99"
}

series() { # NAME ROUND OPTION...
        local name=$1 round=$2
        shift 2
        timeout 60 "$tools/notify-send-many" "$@" "$each" >"$dir/$name.$round"
}

relay_again() { # IDENTITIES
        lab_stop "$relay_pid"
        rm -rf "$dir/data/nocontact/spool" "$dir/run/nocontact/server-bus"
        rules_write "$1"
        relay_start
}

# --- a server that answers at once: one on each side of the relay ----------------------------------------------

# Both are asked by names of their own, which changes nothing for the relay.
bench_null() { # IDENTITIES
        local round direct_pid gated_pid

        relay_again "$1"
        lab_spawn null "$tools/notify-null" org.example.Direct
        direct_pid=$spawned
        lab_spawn null env DBUS_SESSION_BUS_ADDRESS="$gated" "$tools/notify-null" org.example.Gated
        gated_pid=$spawned
        soon busctl --user status org.example.Direct
        soon busctl --user status org.example.Gated
        for ((round = 0; round < rounds; round++)); do
                series direct "$round" -d org.example.Direct -e 0
                series delivered "$round" -d org.example.Gated -e 0
                series held "$round" -d org.example.Gated -e 1
        done
        lab_stop "$direct_pid"
        lab_stop "$gated_pid"
        row "without us" direct direct
        row "delivered, $1 identities" delivered direct
        row "held, $1 identities" held direct
}

# --- a real dunst: by turns ------------------------------------------------------------------------------------

server_start() {
        lab_spawn server dunst -conf "$dir/dunstrc"
}

# What is shown is closed again at once, which is not measured.
bench_dunst() { # IDENTITIES
        local round

        relay_again "$1"
        for ((round = 0; round < rounds; round++)); do
                server_run "$direct" && series direct "$round" -e 0 -c 0
                server_stop
                server_run "$gated" && series delivered "$round" -e 0 -c 0 && series held "$round" -e 1
                server_stop
        done
        row "without us" direct direct
        row "delivered, $1 identities" delivered direct
        row "held, $1 identities" held direct
}

lab_needs awk
lab_bus
head_line "notify: from the call to the answer, a server that answers at once (us)"
bench_null 1
bench_null 10000
for tool in Xvfb dunst xev xwininfo; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
done
lab_x11 >/dev/null
cp /etc/xdg/dunst/dunstrc "$dir/dunstrc"
head_line "notify: the same with dunst (us)"
rounds=$((rounds / 2 + 1)) each=30
bench_dunst 1
bench_dunst 10000
