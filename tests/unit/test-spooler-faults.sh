#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The spool on a machine that fails. One write runs under strace, which lets each of its system calls in turn
# fail, or kills it there. Afterwards the file is there whole or not at all, and is there when success was
# told; the next write makes it right; nothing lies about. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

build=${NOCONTACT_BUILD:-build/plain}
case $build in /*) ;; *) build=$PWD/$build ;; esac
tool=$build/tests/tools/spool-put
command -v strace >/dev/null || skip 'strace is not installed'

dir=$(mktemp -d /tmp/nocontact-faults-XXXXXX)
trap 'rm -rf "$dir"' EXIT
spool=$dir/data/spool

# the leak checker of a sanitizer cannot work under strace
export ASAN_OPTIONS=detect_leaks=0

"$tool" "$spool" whole >"$dir/out" || exit 1
cat "$spool/whole" >"$dir/whole"

# The folder as it is before: absent, or with another file in it.
reset_spool() {
        rm -rf "$dir/data"
        [ "$folder" = absent ] || { mkdir -p "$spool" && echo other >"$spool/other"; }
}

# The calls of a write, one line each: its name, and which one of that name it is in the whole program.
list_calls() {
        reset_spool
        strace -qqq -o "$dir/trace" "$tool" "$spool" one >/dev/null
        awk -v path="$spool" '
                { name = $0; sub(/\(.*/, "", name); n[name]++ }
                index($0, "write(1,") == 1 || index($0, "exit_group(") == 1 { exit }
                name ~ /^(m|mun)map$/ { next } # memory, and a sanitizer wants more of it
                started || index($0, "\"" path) && !index($0, "execve") { started = 1; print name, n[name] }
        ' "$dir/trace"
}

complain() {
        echo "# $*; it said: $(head -c 200 "$dir/out")"
        bad=$((bad + 1))
}

# What has to be true after the fault `$1`, when the write ended with status `$2`.
look() {
        if [ -e "$spool/one" ]; then
                cmp -s "$spool/one" "$dir/whole" || complain "$1: a file that is not whole"
        elif [ "$2" -eq 0 ]; then
                complain "$1: said that it was written"
        fi
        "$tool" "$spool" one >"$dir/out" 2>&1 || complain "$1: the next write failed"
        cmp -s "$spool/one" "$dir/whole" || complain "$1: the next write did not make it right"
        [ -z "$(find "$spool" -name '.*' -type f)" ] || complain "$1: litter"
        [ "$folder" = absent ] || [ "$(cat "$spool/other")" = other ] || complain "$1: another file suffered"
}

# inject WHAT LEAST MOST: at each call in turn. LEAST and MOST of the runs fail and say so.
inject() {
        local runs=0 told=0 call when status
        bad=0
        while read -r call when; do
                reset_spool
                # a shell of its own, to which it may say that the tool was killed
                bash -c '"$@"; exit $?' run strace -qqq -o "$dir/trace" -e "inject=$call:$1:when=$when" \
                        "$tool" "$spool" one >"$dir/out" 2>&1
                status=$?
                runs=$((runs + 1))
                [ "$status" -eq 0 ] || told=$((told + 1))
                look "$call $when $1" "$status"
        done <"$dir/calls"
        echo "# $1 at each of $runs calls (folder $folder): $told runs failed and said so"
        [ "$bad" -eq 0 ] && [ "$runs" -gt 7 ] && [ "$told" -ge "$2" ] && [ "$told" -le "$3" ]
}

for folder in there absent; do
        list_calls >"$dir/calls"
        # the making of folders is not begun again by itself: the keeper does that
        if [ "$folder" = there ]; then
                check 'EINTR anywhere is no failure' inject error=EINTR 0 0
        else
                check 'EINTR anywhere is no failure or told' inject error=EINTR 0 9
        fi
        check "EIO anywhere is told (folder $folder)" inject error=EIO 5 99
        check "ENOSPC anywhere is told (folder $folder)" inject error=ENOSPC 5 99
        check "death anywhere leaves it whole or absent (folder $folder)" inject signal=KILL 7 999
done

# A power cut finds it whole or not at all: its bytes are on the disk before it has its name, and the name is
# before success is told.
folder=there
order() {
        reset_spool
        strace -qqq -y -e trace=write,fsync,renameat,renameat2 -o "$dir/trace" "$tool" "$spool" one >"$dir/out" ||
                return 1
        seen=$(sed -En -e 's/^write\(1<.*/told/p' -e 's/^rename.*"\.one".*"one".*/rename/p' \
                -e 's/^(write|fsync)\([0-9]+<[^>]*\/([^>]*)>.*/\1:\2/p' "$dir/trace" | uniq | tr '\n' ' ')
        [ "$seen" = 'write:.one fsync:.one rename fsync:spool told ' ] || {
                echo "# it was: $seen"
                return 1
        }
}
check 'bytes are synced before their renaming, and the folder after' order
plan
