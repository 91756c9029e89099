#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What root's program opens for writing, makes, renames or removes, in everything that it does: the hosts
# file and the file that takes its place, the policies of the browser that is there, likewise, and the files of its
# own folder. And nothing else.

# shellcheck source=tests/bus/enforcer.sh
. "$(dirname "$0")/enforcer.sh"
command -v strace >/dev/null || skip "strace is not installed"
ENF_OPTIONS='--idle 1'
ENF_DIR_TRACE=$(mktemp)
ENF_WRAP="strace -f -y -a1 -s 4096 -A -o $ENF_DIR_TRACE -e trace=%file,fchmod,fchown,ftruncate,fallocate,fsetxattr,fremovexattr,mount,umount2,openat2,ioctl"
enf_enter
trap 'rm -f "$ENF_DIR_TRACE"; enf_stop' EXIT
program() {
        $ENF_WRAP "$ENFORCER" --hosts "$HOSTS" --state "$STATE" --root "$ENF_DIR/root" "$@" 2>>"$ENF_DIR/log"
}

call Hold array:string:alexdoe.example,www.alexdoe.example array:string:x.example/a "uint64:$(in_days 30)"
call Hold array:string:alexdoe.example,m.alexdoe.example,www.alexdoe.example array:string:x.example/a "uint64:$(in_days 40)"
call Except array:string:m.alexdoe.example uint32:1
call RequestRelease
call CancelRelease
call OpenSinkhole
call CloseConnections array:string:203.0.113.7
property Lease >/dev/null
property Repairs >/dev/null
sed -i '/alexdoe/d' "$HOSTS"
call Reconcile
sed -i '/alexdoe/d' "$HOSTS"
program --reconcile
# a damaged lease, a lease that has run out, a link
echo rubbish >"$STATE/1000.lease"
mv "$HOSTS" "$HOSTS.target"
ln -s hosts.target "$HOSTS"
program --reconcile
program --lift-all
check "everything was done" eval '[ "$(cat "$HOSTS.target")" = "$(printf "127.0.0.1 localhost\n# mine, and it stays")" ] && [ ! -e "$STATE/0.lease" ] && [ ! -e "$ENF_DIR/root/etc/firefox" ]'

# One path a line: of calls that succeeded, those that can change something. A path that is relative to a
# folder is told with it.
changed() {
        awk -v quote='"' '
                / = -1 E/ || /<unfinished/ { next }
                {
                        sub(/^[0-9]+ +/, "")
                        name = $0
                        sub(/\(.*/, "", name)
                        if (name ~ /^open/ && $0 !~ /O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)/)
                                next
                        if (name !~ /^(open|openat|openat2|creat|rename|unlink|mkdir|rmdir|link|symlink|mknod|truncate|chmod|chown|lchown|fchmod|fchown|setxattr|lsetxattr|fsetxattr|removexattr|fremovexattr|lremovexattr|ftruncate|fallocate|utime|mount|umount|chroot|pivot_root)/)
                                next
                        rest = substr($0, length(name) + 2)
                        folder = ""
                        if (rest ~ /^(AT_FDCWD|[0-9]+)</) {
                                folder = rest
                                sub(/^[^<]*</, "", folder)
                                sub(/>.*/, "", folder)
                        }
                        if (name ~ /^f(chmod|chown|setxattr|removexattr|truncate|allocate)/) {
                                print folder
                                next
                        }
                        count = split(rest, parts, quote)
                        for (i = 2; i <= count; i += 2)
                                print (parts[i] ~ /^\// ? parts[i] : folder "/" parts[i])
                }' "$ENF_DIR_TRACE" | sed "s|^$ENF_DIR/||" | sort -u
}
changed >"$ENF_DIR/changed"
sed 's/^/# /' "$ENF_DIR/changed"
ours='^(hosts|hosts\.target|\.hosts\.nocontact|state|state/(lock|repairs|policies(\.new)?|[0-9]+\.lease|[0-9]+\.lease\.(old|new|spare))|root/etc/firefox(/policies(/policies)?(\.json)?|/\.nocontact\.new)?|/dev/null)$'
check "the trace has seen it write" grep -q '^state/0\.lease' "$ENF_DIR/changed"
check "nothing else was written, made, renamed or removed" eval "! grep -vE '$ours' '$ENF_DIR/changed'"
plan
