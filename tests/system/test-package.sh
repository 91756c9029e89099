#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The Debian package, in a tree that is not booted: the same each time, root's, and without a trace when it is
# purged. What it does where systemd runs is in test-enforcer.sh.

# shellcheck source=tests/system/boot.sh
. "$(dirname "$0")/boot.sh"

HOSTS=$SYSTEM/etc/hosts

tree_is_set_up() {
        local packages
        mapfile -t packages < <(system_packages)
        system_tree "${packages[@]}" && system_overlay && printf '127.0.0.1 localhost\n10.0.0.1 own' >"$HOSTS"
}

builds() { # TO
        make -C "$SYSTEM_ROOT" BUILD="$NOCONTACT_BUILD" DEBDIR="$1" deb >"$SYSTEM_OUTPUT/build.log" 2>&1
}

builds_the_same() {
        mkdir "$SYSTEM/srv/1" "$SYSTEM/srv/2" && builds "$SYSTEM/srv/1" || return 1
        (umask 077 && TZ=Pacific/Auckland LC_ALL=C builds "$SYSTEM/srv/2") || return 1
        PACKAGE=$(cd "$SYSTEM/srv/1" && echo *.deb)
        cmp "$SYSTEM/srv/1/$PACKAGE" "$SYSTEM/srv/2/$PACKAGE"
}

is_named() {
        local version
        version=$(sed -n 's/^VERSION := //p' "$SYSTEM_ROOT/Makefile")
        [ "$PACKAGE" = "nocontact_${version}_$(dpkg --print-architecture).deb" ] &&
                [ "$(dpkg-deb -f "$SYSTEM/srv/1/$PACKAGE" Version)" = "$version" ]
}

# All of it in /usr but for what browsers read in /etc, nobody's but root's, and nothing that gains rights when it is run.
is_roots() {
        dpkg-deb -c "$SYSTEM/srv/1/$PACKAGE" >"$SYSTEM_OUTPUT/contents"
        grep -q -E '^-rwxr-xr-x root/root .* \./usr/libexec/nocontact-enforcer$' "$SYSTEM_OUTPUT/contents" &&
                ! grep -v -E '^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) root/root .* \./(usr/.*|etc/(chromium|firefox-esr)/.*|etc/([a-z-]+/)?)?$' \
                        "$SYSTEM_OUTPUT/contents"
}

inside() {
        chroot "$SYSTEM" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" >>"$SYSTEM_OUTPUT/inside.log" 2>&1
}

watchers_are() { # enabled | disabled
        [ "$(systemctl --root="$SYSTEM" is-enabled nocontact-enforcer.path)" = "$1" ] &&
                [ "$(systemctl --root="$SYSTEM" is-enabled nocontact-enforcer.timer)" = "$1" ]
}

programs_run() {
        local program
        for program in nocontact nocontactd /usr/libexec/nocontact-enforcer /usr/libexec/nocontact-relay \
                /usr/libexec/nocontact-webext-host; do
                inside "$program" --version || return 1
        done
}

block() {
        printf '%s # nocontact\n' "# begin" "127.66.3.232 alexdoe.example" "::ffff:127.66.3.232 alexdoe.example"
        printf '127.0.0.1 localhost\n10.0.0.1 own'
}

hosts_is() {
        cmp <("$@") "$HOSTS"
}

own() {
        printf '127.0.0.1 localhost\n10.0.0.1 own'
}

# What cannot be lifted now must not lose the program that lifts it.
stays_when_it_cannot_lift() {
        local status
        mount --bind "$HOSTS" "$HOSTS" && mount -o remount,bind,ro "$HOSTS" || return 1
        inside dpkg -r nocontact
        status=$?
        umount "$HOSTS"
        [ "$status" -ne 0 ] && grep -q 'make the file writable' "$SYSTEM_OUTPUT/inside.log" && programs_run &&
                hosts_is block
}

# What lies in the tree above the packages that were there, but for what dpkg and man keep themselves.
written() {
        (cd "$SYSTEM_WRITTEN" && find . -not -type d -not -path './var/log/*' -not -path './var/cache/*' \
                -not -path './var/lib/dpkg/*' -not -path './srv/*' -not -path './etc/ld.so.cache') | LC_ALL=C sort
}

left_nothing() {
        diff "$SYSTEM_OUTPUT/before" <(written) | sed 's/^/# /' | grep . && return 1
        ! inside dpkg -s nocontact
}

rm -f "$SYSTEM_OUTPUT/inside.log"
check "a Debian that is not booted" tree_is_set_up || exit 1
written >"$SYSTEM_OUTPUT/before"
check "the package is the same each time that it is built" builds_the_same || exit 1
check "it is named as its version is" is_named
check "all of it is root's, and in /usr, but for two files that browsers read" is_roots
check "it installs" inside dpkg -i "/srv/1/$PACKAGE"
check "the watchers are enabled for the next boot" watchers_are enabled
check "the programs find their libraries" programs_run
check "an administrator switches the watchers off" systemctl --quiet --root="$SYSTEM" disable \
        nocontact-enforcer.path nocontact-enforcer-policies.path nocontact-enforcer.timer
check "an upgrade" inside dpkg -i "/srv/2/$PACKAGE"
check "leaves them off" watchers_are disabled
check "the file holds lines of ours" eval "block >'$HOSTS'"
check "an upgrade lifts nothing" eval "inside dpkg -i '/srv/1/$PACKAGE' && hosts_is block"
check "where the file cannot be written, the package stays and says why" stays_when_it_cannot_lift
check "where it can, the package goes" inside dpkg -r nocontact
check "and our lines with it" hosts_is own
check "it installs again, and is purged" eval "inside dpkg -i '/srv/1/$PACKAGE' && inside dpkg -P nocontact"
check "and has left nothing" left_nothing
