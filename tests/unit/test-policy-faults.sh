#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The browsers' policies on a machine that fails. One apply runs under strace, which lets each of its system
# calls in turn fail, or kills it there. Afterwards each file is the old one or the new one, whole; the next call
# makes it right; and when all is lifted nothing lies about. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

tool=$PWD/${NOCONTACT_BUILD:-build/plain}/tests/tools/policy-apply
case ${NOCONTACT_BUILD:-build/plain} in /*) tool=$NOCONTACT_BUILD/tests/tools/policy-apply ;; esac
command -v strace >/dev/null || skip 'strace is not installed'

dir=$(mktemp -d /tmp/nocontact-faults-XXXXXX)
trap 'rm -rf "$dir"' EXIT
root=$dir/root
state=$dir/state
chromium=etc/chromium/policies/managed/nocontact.json
firefox=etc/firefox/policies/policies.json
admin=etc/chromium/policies/managed/admin.json

# the leak checker of a sanitizer cannot work under strace
export ASAN_OPTIONS=detect_leaks=0

apply() {
        "$tool" "$root" "$state" "$@" >"$dir/out" 2>&1
}

# reset COUNT: so many pages are held; the administrator has a file, too, in a folder of theirs when $1 is 0.
reset() {
        rm -rf "$root" "$state"
        mkdir -p "$root/usr/bin" "$root/usr/lib/firefox-esr" "$root/etc/chromium" "$state"
        chmod 0700 "$state"
        : >"$root/usr/bin/chromium"
        [ "$1" -eq 0 ] || apply "$1"
}

keep() { # NAME: what the files are now
        mkdir -p "$dir/$1"
        cp "$root/$chromium" "$dir/$1/chromium" 2>/dev/null || rm -f "$dir/$1/chromium"
        cp "$root/$firefox" "$dir/$1/firefox" 2>/dev/null || rm -f "$dir/$1/firefox"
}

# is FILE NAME: is it as it was kept, or is it missing in both?
is() {
        if [ -e "$dir/$2/$1" ]; then
                cmp -s "$root/${!1}" "$dir/$2/$1"
        else
                [ ! -e "$root/${!1}" ]
        fi
}

complain() {
        echo "# $*; it said: $(head -c 200 "$dir/out")"
        bad=$((bad + 1))
}

# What has to be true after the fault $1, when the apply ended with status $2.
look() {
        local file litter
        for file in chromium firefox; do
                is $file old || is $file new || complain "$1: $file is neither the old one nor the new one"
                [ "$2" -ne 0 ] || is $file new || complain "$1: said that it was done"
        done
        apply "$count" || complain "$1: the next call failed"
        { is chromium new && is firefox new; } || complain "$1: the next call did not make it right"
        apply 0 || complain "$1: it was not lifted"
        litter=$(cd "$root" && find etc | sort | tr '\n' ' ')
        [ "$litter" = 'etc etc/chromium ' ] || complain "$1: left: $litter"
}

list_calls() {
        reset "$before"
        strace -qqq -o "$dir/trace" "$tool" "$root" "$state" "$count" >/dev/null
        awk -v path="$state" '
                { name = $0; sub(/\(.*/, "", name); n[name]++ }
                index($0, "write(1,") == 1 || index($0, "exit_group(") == 1 { exit }
                started || index($0, path) && !index($0, "execve") { started = 1; print name, n[name] }
        ' "$dir/trace"
}

inject() {
        local runs=0 status
        bad=0
        while read -r call when; do
                reset "$before"
                bash -c '"$@"; exit $?' run strace -qqq -o "$dir/trace" -e "inject=$call:$1:when=$when" \
                        "$tool" "$root" "$state" "$count" >"$dir/out" 2>&1
                status=$?
                runs=$((runs + 1))
                look "$call $when $1" "$status"
        done <"$dir/calls"
        echo "# $1 at each of $runs calls"
        [ "$bad" -eq 0 ] && [ "$runs" -gt 20 ]
}

for sizes in '0 2' '2 4' '4 0'; do
        before=${sizes% *} count=${sizes#* }
        reset "$count"
        keep new
        reset "$before"
        keep old
        list_calls >"$dir/calls"
        for fault in error=EIO signal=KILL; do
                check "$fault anywhere is made right ($sizes)" inject $fault
        done
done

# A power cut finds the old file or the new one: bytes are on the disk before they have their name.
synced_in_order() {
        before=2 count=4
        reset 2
        strace -qqq -y -e trace=fsync,renameat,renameat2,write -o "$dir/trace" \
                "$tool" "$root" "$state" 4 >"$dir/out" || return
        sed -En -e '/ = -1 /d' -e 's/^rename.*"([^"]*)"(, [A-Z0-9_|]+)?\) .*/rename:\1/p' \
                -e 's/^(write|fsync)\([0-9]+<[^>]*\/([^>]*)>.*/\1:\2/p' "$dir/trace" | uniq | tr '\n' ' ' >"$dir/order"
        grep -q -F 'write:.nocontact.new fsync:.nocontact.new rename:nocontact.json fsync:managed' "$dir/order" &&
                grep -q -F 'write:.nocontact.new fsync:.nocontact.new rename:policies.json fsync:policies' "$dir/order" ||
                { sed 's/^/# /' "$dir/order"; return 1; }
}
check 'new bytes are synced before their renaming, and the folder after' synced_in_order

foreign_is_kept() {
        reset 0
        mkdir -p "$root/${admin%/*}" "$root/${firefox%/*}"
        printf '{"URLBlocklist": ["games.example"]}\n' | tee "$dir/admin" >"$root/$admin"
        printf '{"policies": {}}' | tee "$dir/firefox" >"$root/$firefox"
        apply 3 && apply 4 && apply 0 && cmp "$dir/admin" "$root/$admin" && cmp "$dir/firefox" "$root/$firefox" &&
                [ ! -e "$root/$chromium" ]
}
check 'what others wrote is kept byte for byte' foreign_is_kept
plan
