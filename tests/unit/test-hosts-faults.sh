#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The hosts file on a machine that fails. One apply runs under strace, which lets each of its system calls
# in turn fail, or kills it there. Afterwards the file is the old one or the new one, whole; the next call
# makes it right; nothing lies about. Then the same for a mount point, which is written in place: there the
# next call completes what was begun. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

tool=$PWD/${NOCONTACT_BUILD:-build/plain}/tests/tools/hosts-apply
case ${NOCONTACT_BUILD:-build/plain} in /*) tool=$NOCONTACT_BUILD/tests/tools/hosts-apply ;; esac

# mounts live in a name space of the test's own
if [ "$(id -u)" -eq 0 ] && [ "${1-}" != --inside ]; then
        exec unshare -m "$0" --inside
fi
command -v strace >/dev/null || skip 'strace is not installed'

dir=$(mktemp -d /tmp/nocontact-faults-XXXXXX)
etc=$dir/etc
state=$dir/state
mkdir "$etc" "$state"
leave() {
        while umount "$etc/hosts" 2>/dev/null; do :; done
        rm -rf "$dir"
}
trap leave EXIT

# the leak checker of a sanitizer cannot work under strace
export ASAN_OPTIONS=detect_leaks=0
sanitized=$(grep -c __asan_init "$tool")

# --- one run -------------------------------------------------------------------------------------

apply() {
        "$tool" "$etc/hosts" "$state" "$@" >"$dir/out" 2>&1
}

# What the file is before, and what it should become. The one before has names of ours already and an edit
# in between; it is longer than a buffer, and becomes longer (or shorter) by the apply.
prepare() {
        {
                printf '10.0.0.1 above\r\n'
                "$tool" "$dir/none" "$state" "$1" >/dev/null && cat "$dir/none" && rm "$dir/none"
                awk 'BEGIN { for (i = 0; i < 45000; i++) printf "0.0.0.0 ads%d.example # list\n", i }'
                printf '10.0.0.2 \377\000 below'
        } >"$dir/old"
        cat "$dir/old" >"$dir/scratch"
        "$tool" "$dir/scratch" "$state" 0 >/dev/null
        cat "$dir/scratch" >"$dir/lifted"
        "$tool" "$dir/scratch" "$state" "$2" >/dev/null
        cat "$dir/scratch" >"$dir/new"
        rm "$dir/scratch"
        ! cmp -s "$dir/old" "$dir/new"
}

reset_file() {
        if [ "$in_place" = yes ]; then
                cat "$dir/old" >"$etc/hosts"
        else
                rm -f "$etc/hosts"
                cat "$dir/old" >"$etc/hosts"
                chmod 0640 "$etc/hosts"
        fi
        rm -f "$state"/*
}

# The calls of an apply, one line each: its name, and which one of that name it is in the whole program.
# What the loader did before and what the tool prints afterwards do not count.
list_calls() {
        reset_file
        strace -qqq -o "$dir/trace" "$tool" "$etc/hosts" "$state" "$count" >/dev/null
        awk -v path="$etc/hosts" '
                { name = $0; sub(/\(.*/, "", name); n[name]++ }
                index($0, "write(1,") == 1 || index($0, "exit_group(") == 1 { exit }
                started || index($0, path) && !index($0, "execve") { started = 1; print name, n[name] }
        ' "$dir/trace"
}

one_of_the_two() {
        cmp -s "$etc/hosts" "$dir/old" || cmp -s "$etc/hosts" "$dir/new"
}

complain() {
        echo "# $*; it said: $(head -c 200 "$dir/out")"
        bad=$((bad + 1))
}

# What has to be true after the fault `$1`, when the apply ended with status `$2`.
look() {
        if [ "$in_place" != yes ]; then
                one_of_the_two || complain "$1: neither the old file nor the new one"
                [ "$(stat -c %a "$etc/hosts")" = 640 ] || complain "$1: the mode is lost"
        fi
        if [ "$2" -eq 0 ]; then
                cmp -s "$etc/hosts" "$dir/new" || complain "$1: said that it was done"
                [ -z "$(ls -A "$state")" ] || complain "$1: left $(ls -A "$state") behind"
        fi
        apply "$count" || complain "$1: the next call failed"
        cmp -s "$etc/hosts" "$dir/new" || complain "$1: the next call did not make it right"
        litter=$(find "$etc" "$state" -mindepth 1 ! -path "$etc/hosts" -printf '%P ')
        [ -z "$litter" ] || complain "$1: litter: $litter"
        apply 0
        cmp -s "$etc/hosts" "$dir/lifted" || complain "$1: not as it was when lifted"
}

# inject WHAT: at each call of the list in turn. Counts the runs, those that told of a failure, and those
# in which something was wrong.
inject() {
        runs=0 told=0 bad=0 begun=$SECONDS
        while read -r call when; do
                reset_file
                # a shell of its own, to which it may say that the tool was killed
                bash -c '"$@"; exit $?' run strace -qqq -o "$dir/trace" -e "inject=$call:$1:when=$when" \
                        "$tool" "$etc/hosts" "$state" "$count" >"$dir/out" 2>&1
                status=$?
                runs=$((runs + 1))
                [ "$status" -eq 0 ] || told=$((told + 1))
                look "$call $when $1" "$status"
        done <"$dir/calls"
        echo "# $1 at each of $runs calls ($4), $((SECONDS - begun)) s: $told runs failed and said so"
        [ "$bad" -eq 0 ] && [ "$runs" -gt 20 ] && [ "$told" -ge "$2" ] && [ "$told" -le "$3" ]
}

faults() {
        list_calls >"$dir/calls"
        check "EINTR anywhere is no failure ($1)" inject error=EINTR 0 0 "$1"
        check "EIO anywhere is made right ($1)" inject error=EIO 5 99 "$1"
        check "ENOSPC anywhere is made right ($1)" inject error=ENOSPC 5 99 "$1"
        check "EROFS anywhere is made right ($1)" inject error=EROFS 1 99 "$1"
        check "death anywhere is made right ($1)" inject signal=KILL 20 999 "$1"
}

# --- by rename -----------------------------------------------------------------------------------

in_place=no
count=40
prepare 3 40 || exit 1
faults 'by rename'

# A power cut finds the old file or the new one: bytes are on the disk before a name is given to them, and
# names are before success is told. Each call that matters stands for its first letters and its file; doubles
# are left out.
order() {
        reset_file
        strace -qqq -y -e trace=fsync,renameat,renameat2,unlinkat,write -o "$dir/trace" \
                "$tool" "$etc/hosts" "$state" "$count" >"$dir/out" || return
        sed -En -e 's/^write\(1<.*/told/p' -e '/ = -1 /d' -e 's/^unlinkat\([^"]*"([^"]*)".*/unlink:\1/p' \
                -e 's/^rename.*"([^"]*)", [A-Z0-9_|]+\).*/rename:\1/p' -e 's/^rename.*"([^"]*)"\).*/rename:\1/p' \
                -e 's/^(write|fsync)\([0-9]+<[^>]*\/([^>]*)>.*/\1:\2/p' "$dir/trace" | uniq | tr '\n' ' '
}
synced_in_order() {
        local seen
        seen=$(order)
        case $seen in *"$1") return 0 ;; esac
        echo "# it was: $seen"
        return 1
}
check 'the new bytes are synced before their renaming, and the folder after' synced_in_order \
        'write:.hosts.nocontact fsync:.hosts.nocontact rename:hosts fsync:etc unlink:.hosts.nocontact told '

# The kernel's own word on what a reader could have seen: the name was only ever given to another file.
witness() {
        reset_file
        inotifywait -q -m -e modify,create,delete,moved_to --format '%e %f' "$etc" \
                >"$dir/seen" 2>"$dir/inotify" &
        local pid=$!
        wait_for 10 "echo >>$etc/ready; grep -q ready $dir/seen"
        apply 40 && apply 2 && apply 0 && touch "$etc/finished"
        wait_for 10 grep -q finished "$dir/seen"
        kill "$pid"
        wait "$pid" 2>/dev/null
        rm -f "$etc/ready" "$etc/finished"
        [ "$(grep -c 'MOVED_TO hosts$' "$dir/seen")" -eq 3 ] &&
                ! grep ' hosts$' "$dir/seen" | grep -v '^MOVED_TO '
}
if command -v inotifywait >/dev/null; then
        check 'the file is never written, only renamed over' witness
else
        check 'the file is never written, only renamed over # SKIP inotifywait is not installed' true
fi

# --- memory --------------------------------------------------------------------------------------

# All the address space that it may have, libraries and all.
in_8_mb() {
        awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "0.0.0.0 ads%d.example.com\n", i }' >"$etc/hosts"
        cp "$etc/hosts" "$dir/million"
        (
                ulimit -v 8192
                exec "$tool" "$etc/hosts" "$state" 100 >"$dir/out"
        ) && apply 0 && cmp "$etc/hosts" "$dir/million" && rm "$dir/million"
}
if [ "$sanitized" -eq 0 ]; then
        check 'a million lines need less than 8 MB' in_8_mb
fi

# --- in place ------------------------------------------------------------------------------------

if [ "$(id -u)" -ne 0 ]; then
        check 'writing in place # SKIP mounts need root' true
        plan
        exit
fi
rm -f "$etc/hosts"
: >"$dir/outside"
: >"$etc/hosts"
mount --bind "$dir/outside" "$etc/hosts" || exit 1
in_place=yes
count=40
prepare 3 40 || exit 1
faults 'in place, growing'
count=3
prepare 40 3 || exit 1
list_calls >"$dir/calls"
check 'EIO anywhere is made right (in place, shrinking)' inject error=EIO 5 99 'in place, shrinking'
check 'death anywhere is made right (in place, shrinking)' inject signal=KILL 20 999 'in place, shrinking'

check 'the saved copy is on the disk before the file is written, and goes after it is' synced_in_order \
        'write:hosts.saving fsync:hosts.saving rename:hosts.saved fsync:state write:hosts fsync:hosts unlink:hosts.saved told '

# --- power cuts while it is written in place -----------------------------------------------------

# A write in place that got no further than its saved copy: killed at the first write into the file.
begin_write() {
        reset_file
        bash -c '"$@"; exit $?' run strace -qqq -o "$dir/trace" -P "$etc/hosts" -e inject=write:signal=KILL:when=1 \
                "$tool" "$etc/hosts" "$state" "$count" >"$dir/out" 2>&1
        [ -f "$state/hosts.saved" ]
}

# tear FIRST SECOND BLOCKS: the blocks of 512 bytes whose number is a multiple of BLOCKS are from SECOND,
# and it is as long as FIRST.
tear() {
        local size block
        cat "$1" >"$etc/hosts"
        size=$(stat -c %s "$1")
        for ((block = 0; (block + 1) * 512 <= size; block += $3)); do
                dd if="$2" of="$etc/hosts" bs=512 skip="$block" seek="$block" count=1 conv=notrunc \
                        status=none
        done
}

completed() {
        apply "$count" && cmp "$etc/hosts" "$dir/new" && [ -z "$(ls -A "$state")" ]
}

torn() {
        begin_write && tear "$1" "$2" "$3" && ! one_of_the_two && completed
}

edited() {
        begin_write && tear "$dir/old" "$dir/new" 700 &&
                printf '\n10.9.9.9 an edit of the torn file\n' >>"$etc/hosts" &&
                apply 0 && grep -aq '^10.9.9.9 an edit of the torn file' "$etc/hosts" &&
                [ "$(ls -A "$state")" = hosts.kept ] &&
                cmp -n "$(stat -c %s "$dir/old")" "$dir/old" "$state/hosts.kept"
}

replaced() {
        begin_write && printf '127.0.0.1 localhost\n' >"$etc/hosts" && apply 0 &&
                [ "$(cat "$etc/hosts")" = '127.0.0.1 localhost' ]
}

not_begun() {
        begin_write && cmp "$etc/hosts" "$dir/old" && completed
}

damaged() {
        reset_file
        head -c "$1" /dev/urandom >"$state/hosts.saved"
        apply "$count" && cmp "$etc/hosts" "$dir/new"
}

for sizes in '3 40' '40 3'; do
        # shellcheck disable=SC2086  # two words
        prepare $sizes || exit 1
        count=${sizes#* }
        check "a write that had not begun is no harm ($sizes)" not_begun
        check "a torn write is completed: some new blocks ($sizes)" torn "$dir/old" "$dir/new" 7
        check "a torn write is completed: most blocks new ($sizes)" torn "$dir/new" "$dir/old" 7
        check "a torn write is completed: one block ($sizes)" torn "$dir/old" "$dir/new" 100000
        check "a file that was edited since is the user's, and the copy is kept ($sizes)" edited
        check "a file that was replaced since is the user's ($sizes)" replaced
        check "a saved copy that is none of ours is not used ($sizes)" damaged 5000
        check "nor an empty one ($sizes)" damaged 0
done
plan
