#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# contrib/deps on a Debian that has nothing but make and git: it installs what is missing, says so when
# nothing is, and tells what to run where it may not.

# shellcheck source=tests/system/boot.sh
. "$(dirname "$0")/boot.sh"

# The group with the fewest packages beyond what a compiler needs.
group=build

bare() {
        chroot "$SYSTEM" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c "cd /src && $1" </dev/null \
                >"$SYSTEM_OUTPUT/deps.log" 2>&1
}

bare_user() {
        bare "exec setpriv --reuid $SYSTEM_UID --regid $SYSTEM_UID --clear-groups $1"
}

bare_is_set_up() {
        system_overlay && system_user && mkdir "$SYSTEM/src" &&
                cp -r "$SYSTEM_ROOT/contrib" "$SYSTEM/src/" &&
                cp /etc/resolv.conf /etc/hosts "$SYSTEM/etc/" && mount --bind /proc "$SYSTEM/proc"
}

# Without root: exit status 1, and the line to run.
tells_the_line() {
        bare_user "contrib/deps $group"
        [ $? -eq 1 ] && grep -q '^apt-get update && apt-get install .*gcc' "$SYSTEM_OUTPUT/deps.log"
}

# It knows what it has without asking the network: the lists stay as old as they were.
does_nothing() {
        local before
        before=$(stat -c %y "$SYSTEM/var/lib/apt/lists")
        bare_user "contrib/deps $group" &&
                [ "$(cat "$SYSTEM_OUTPUT/deps.log")" = "$group: everything is here" ] &&
                [ "$(stat -c %y "$SYSTEM/var/lib/apt/lists")" = "$before" ]
}

refuses() {
        bare "contrib/deps $1"
        [ $? -eq 2 ] && grep -q '^usage' "$SYSTEM_OUTPUT/deps.log"
}

check "there is a Debian with make and git" system_tree make git
check "and the script in it" bare_is_set_up
check "it has no compiler" eval '! bare "gcc --version"'
check "a user without root is told what to run" tells_the_line
check "an unknown group is refused" refuses nonsense
check "so is none" refuses ""
check "root gets what is missing" bare "contrib/deps $group"
check "the compiler and the libraries are there" bare \
        "gcc --version && pkg-config --exists libsystemd sqlite3 libutf8proc libidn2 jansson"
check "a second time there is nothing to do, for anybody" does_nothing
umount "$SYSTEM/proc"
