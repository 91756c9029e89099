#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# nocontact-relay by hand: what it says, and where it looks when it is not told. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

build=${NOCONTACT_BUILD:-build/plain}
case $build in /*) ;; *) build=$PWD/$build ;; esac
dir=$(mktemp -d /tmp/nocontact-relay-XXXXXX)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/run" "$dir/home"

# relay [VARIABLE=VALUE...] -- ARGUMENT...: in an environment of these variables alone
relay() {
        local env=()
        while [ "$1" != -- ]; do
                env+=("$1")
                shift
        done
        shift
        env -i "${env[@]}" timeout -k 5 "${limit:-20}" "$build/nocontact-relay" "$@" >"$dir/out" 2>"$dir/err"
}

ends() { # STATUS TEXT-OF-OUTPUT-OR-ERRORS relay-arguments...
        local status=$1 text=$2
        shift 2
        relay "$@"
        [ $? -eq "$status" ] && grep -q -e "$text" "$dir/out" "$dir/err"
}

version=$(sed -n 's/^VERSION := //p' Makefile)
check 'it says how it is used' ends 0 '^Usage: nocontact-relay' -- --help
check 'it says which version it is' ends 0 "^$version\$" -- --version
check 'an unknown option is wrong usage' ends 2 'unrecognized' -- --nonsense
check 'a word is wrong usage' ends 2 'not an option' -- nonsense
check 'it wants a session' ends 1 'login session' HOME="$dir/home" --
check 'it is not its own bus' ends 1 'the same' HOME="$dir/home" XDG_RUNTIME_DIR="$dir/run" \
        DBUS_SESSION_BUS_ADDRESS="tcp:host=a;unix:path=$dir/run/nocontact/server-bus" --
check 'a path that is too long is told' ends 1 'cannot be had' HOME="$dir/home" XDG_RUNTIME_DIR="$dir/run" -- \
        --listen "$dir/$(printf '%0120d' 0)/socket"

# It serves until it is told to end.
serves() { # SOCKET FOLDER relay-arguments...
        local socket=$1 folder=$2 pid
        shift 2
        (limit=60 relay "$@") &
        pid=$!
        wait_for 20 test -S "$socket" || return 1
        # the relay is the child of the child
        [ "$(stat -c %a "$socket" "${socket%/*}" "$folder/spool" | tr '\n' ' ')" = '600 700 700 ' ] || return 1
        pkill -TERM -P "$(pgrep -P "$pid" timeout)" || return 1
        wait "$pid" && [ ! -e "$socket" ]
}
check 'it looks where the XDG specification says' serves "$dir/run/nocontact/server-bus" \
        "$dir/home/.local/share/nocontact" HOME="$dir/home" XDG_RUNTIME_DIR="$dir/run" --
check 'or where it is told' serves "$dir/there/socket" "$dir/data" -- \
        --listen "$dir/there/socket" --data "$dir/data" --bus unix:path=/nonexistent
plan
