# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A booted Debian: systemd as the first process of a container, on a file system of its own. A test
# sources this file first and is then run again inside its own mount and process namespaces, so that the
# kernel ends whatever is left when the script ends. The container's network is loopback only.
#
# The tree is made once by mmdebstrap, from where this machine takes its own packages, and kept under
# build/rootfs by a key of what is in it; each run writes to an overlay that is thrown away. The overlay
# outlives a reboot of the container, as a disk would.
#
# Needs root, mmdebstrap and systemd-nspawn; systemd need not run on the machine itself.
#
#   NOCONTACT_BUILD  where the programs lie                 (build/plain)
#   SYSTEM_OUTPUT    where logs and screenshots are left    (build/system/<test>)
#   SYSTEM_PATIENCE  the bound of a wait, in seconds        (120)

set -u

SYSTEM_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SYSTEM_TEST=$(basename "$0" .sh)
SYSTEM_OUTPUT=${SYSTEM_OUTPUT:-$SYSTEM_ROOT/build/system/$SYSTEM_TEST}
SYSTEM_PATIENCE=${SYSTEM_PATIENCE:-120}
SYSTEM_SUITE=bookworm
NOCONTACT_BUILD=${NOCONTACT_BUILD:-build/plain}

# the ordinary user of the booted system
SYSTEM_USER=robin
SYSTEM_UID=1000

# shellcheck source=tests/browser/pages.sh
. "$SYSTEM_ROOT/tests/browser/pages.sh"

# --- the namespaces --------------------------------------------------------------------------------

# The outer half: a folder, a control group, the namespaces; and all of it away when they are gone.
system_enter() {
        local dir cgroup inner=0 status
        if [ "$(id -u)" -ne 0 ]; then
                echo "not ok 1 - the system is booted by root"
                exit 1
        fi
        dir=$(mktemp -d /var/tmp/nocontact-system.XXXXXX) || exit 1
        # The container's groups go under one of our own, which is seen only through a mount of our own:
        # on a machine with the old layout there is no other place for them.
        cgroup=$(basename "$dir")
        # shellcheck disable=SC2064
        trap "rm -rf --one-file-system '$dir'" EXIT
        # shellcheck disable=SC2016
        trap '[ "$inner" -eq 0 ] || kill -TERM "$inner" 2>/dev/null' TERM INT HUP

        SYSTEM_OUTSIDE=$dir SYSTEM_CGROUP=$cgroup \
                unshare --mount --pid --fork --kill-child --mount-proc -- "$BASH" "$0" "$@" &
        inner=$!
        wait "$inner"
        status=$?
        while kill -0 "$inner" 2>/dev/null; do
                wait "$inner"
                status=$?
        done
        # shellcheck disable=SC2016
        unshare --mount -- sh -c 'mount -t cgroup2 none /sys/fs/cgroup || exit 0
                for i in 1 2 3 4 5; do
                        find "/sys/fs/cgroup/$0" -depth -type d -exec rmdir {} + 2>/dev/null
                        [ -d "/sys/fs/cgroup/$0" ] || exit 0
                        sleep 1
                done' "$cgroup"
        exit "$status"
}

if [ -z "${SYSTEM_OUTSIDE-}" ]; then
        system_enter "$@"
fi

# --- results ---------------------------------------------------------------------------------------

TAP_ENOUGH=4
# shellcheck source=tests/tap.sh
. "$SYSTEM_ROOT/tests/tap.sh"

# system_wait_for COMMAND...: until it succeeds; a single argument is a line of shell.
system_wait_for() {
        wait_for "$SYSTEM_PATIENCE" "$@"
}

# --- the tree --------------------------------------------------------------------------------------

system_packages() {
        sed 's/#.*//; s/[[:space:]].*//; /^$/d' "$SYSTEM_ROOT/tests/system/packages"
}

# The machine's own package sources that are Debian's, and nothing of anybody else's.
system_sources() {
        local file
        for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
                [ -s "$file" ] && grep -v '^#' "$file" | grep -q -E '/debian(-security)?/?( |$)' &&
                        echo "$file"
        done
}

# system_tree PACKAGE...: sets SYSTEM_TREE to a Debian with those packages, and makes it when there is none
# of that key.
system_tree() {
        local key new proxy sources=() options=()
        key=$(echo "$SYSTEM_SUITE" "$@" | sha256sum | cut -c 1-16)
        SYSTEM_TREE=$SYSTEM_ROOT/build/rootfs/$key
        [ ! -d "$SYSTEM_TREE" ] || return 0

        mapfile -t sources < <(system_sources)
        proxy=$(apt-config shell proxy Acquire::http::Proxy)
        [ -z "$proxy" ] || options+=("--aptopt=Acquire::http::Proxy \"$(eval "$proxy" && echo "$proxy")\"")
        mkdir -p "$SYSTEM_ROOT/build/rootfs"
        new=$(mktemp -d "$SYSTEM_ROOT/build/rootfs/new.XXXXXX") || return 1
        if ! mmdebstrap --variant=minbase --format=directory "${options[@]}" --include="$(IFS=, && echo "$*")" \
                "$SYSTEM_SUITE" "$new/tree" "${sources[@]}" >"$SYSTEM_OUTPUT/mmdebstrap.log" 2>&1; then
                tail -n 5 "$SYSTEM_OUTPUT/mmdebstrap.log" | sed 's/^/# /'
                rm -rf --one-file-system "$new"
                return 1
        fi
        # another run may have been faster
        mv -T "$new/tree" "$SYSTEM_TREE" 2>/dev/null
        rm -rf --one-file-system "$new"
        [ -d "$SYSTEM_TREE" ]
}

# The file system of this run, at $SYSTEM: the tree below, what is written above. Where the folder cannot
# hold an upper layer (it is one itself), memory does.
system_overlay() {
        local layer=$SYSTEM_OUTSIDE/layer
        SYSTEM=$SYSTEM_OUTSIDE/root
        mkdir -p "$SYSTEM" "$layer/written" "$layer/work"
        system_mount "$layer" && return
        mount -t tmpfs tmpfs "$layer" && mkdir "$layer/written" "$layer/work" && system_mount "$layer"
}

system_mount() {
        SYSTEM_WRITTEN=$1/written
        mount -t overlay overlay -o "lowerdir=$SYSTEM_TREE,upperdir=$SYSTEM_WRITTEN,workdir=$1/work" \
                "$SYSTEM" 2>/dev/null
}

system_user() {
        chroot "$SYSTEM" useradd --create-home --uid "$SYSTEM_UID" --shell /bin/bash "$SYSTEM_USER" &&
                echo nocontact-test >"$SYSTEM/etc/hostname"
}

# The pages are a service of the booted system, there at each boot, as the sites are.
system_pages() {
        pages_write "$SYSTEM/srv/pages" /srv/pages || return 1
        pages_hosts >"$SYSTEM/etc/hosts"
        chroot "$SYSTEM" systemctl --quiet disable nginx.service 2>/dev/null
        cat >"$SYSTEM/etc/systemd/system/pages.service" <<'CONF'
[Unit]
Description=The pages of the test
[Service]
ExecStart=/usr/sbin/nginx -c /srv/pages/nginx.conf -e /srv/pages/errors -g "daemon off;"
[Install]
WantedBy=multi-user.target
CONF
        # the screen of a desktop; who may draw on it is not this test's question
        cat >"$SYSTEM/etc/systemd/system/screen.service" <<CONF
[Unit]
Description=The screen of the test
[Service]
User=$SYSTEM_USER
ExecStart=/usr/bin/Xvfb :0 -screen 0 1600x900x24 -nolisten tcp -noreset
[Install]
WantedBy=multi-user.target
CONF
        chroot "$SYSTEM" systemctl --quiet enable pages.service screen.service
}

# `make install` of the checkout into the tree, as a package would be.
system_install() {
        make -C "$SYSTEM_ROOT" BUILD="$NOCONTACT_BUILD" DESTDIR="$SYSTEM" PREFIX=/usr install \
                >"$SYSTEM_OUTPUT/install.log" 2>&1 || {
                tail -n 5 "$SYSTEM_OUTPUT/install.log" | sed 's/^/# /'
                return 1
        }
}

# --- the container ---------------------------------------------------------------------------------

SYSTEM_NSPAWN=0
SYSTEM_LEADER=0

# The first process of the container: a child of nspawn (or of its helper) in another pid namespace.
system_leader() {
        local pid ours
        ours=$(readlink /proc/self/ns/pid)
        for pid in $(pgrep -x systemd); do
                if [ "$(readlink "/proc/$pid/ns/pid")" != "$ours" ] &&
                        grep -q -E '^NSpid:.*[[:space:]]1$' "/proc/$pid/status"; then
                        echo "$pid"
                        return
                fi
        done
        return 1
}

system_is_up() {
        local leader state
        leader=$(system_leader) || return 1
        [ "$leader" != "$SYSTEM_LEADER" ] || return 1
        state=$(nsenter --target "$leader" --all systemctl is-system-running 2>/dev/null)
        [ "$state" = running ] || [ "$state" = degraded ]
}

# Runs the container until it is switched off; 133 says that it wants to be started again.
system_container() {
        local status=133
        echo "$BASHPID" >"$1/cgroup.procs"
        while [ "$status" -eq 133 ]; do
                systemd-nspawn --directory="$SYSTEM" --boot --register=no --keep-unit --private-network \
                        --console=pipe
                status=$?
        done
}

system_boot() {
        local cgroup=/sys/fs/cgroup/$SYSTEM_CGROUP
        mount -t tmpfs tmpfs /run
        mount -t cgroup2 none /sys/fs/cgroup && mkdir "$cgroup" || return 1
        system_container "$cgroup" >>"$SYSTEM_OUTPUT/console.log" 2>&1 </dev/null &
        SYSTEM_NSPAWN=$!
        system_wait_for system_is_up || return 1
        SYSTEM_LEADER=$(system_leader)
}

system_reboot() {
        guest systemctl reboot || return 1
        system_wait_for system_is_up || return 1
        SYSTEM_LEADER=$(system_leader)
}

system_off() {
        [ "$SYSTEM_NSPAWN" -ne 0 ] || return 0
        guest systemctl poweroff
        SYSTEM_PATIENCE=60 system_wait_for "! kill -0 $SYSTEM_NSPAWN" || kill -KILL "$SYSTEM_NSPAWN"
        wait "$SYSTEM_NSPAWN"
        SYSTEM_NSPAWN=0
}

# guest COMMAND...: as root inside. guest_user COMMAND...: as the ordinary user, in their session's
# environment; the command's words do not reach the journal, as those of a unit would.
guest() {
        nsenter --target "$SYSTEM_LEADER" --all -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
}

guest_user() {
        nsenter --target "$SYSTEM_LEADER" --all -- setpriv --reuid "$SYSTEM_UID" --regid "$SYSTEM_UID" \
                --init-groups env -i --chdir="/home/$SYSTEM_USER" HOME="/home/$SYSTEM_USER" \
                USER="$SYSTEM_USER" LANG=C.UTF-8 PATH=/usr/bin:/bin DISPLAY=:0 \
                XDG_RUNTIME_DIR="/run/user/$SYSTEM_UID" \
                DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$SYSTEM_UID/bus" "$@"
}

system_finish() {
        trap - EXIT TERM INT HUP
        TAP_ENOUGH=0
        if [ "$SYSTEM_LEADER" -ne 0 ]; then
                guest journalctl --no-pager >"$SYSTEM_OUTPUT/journal.log" 2>/dev/null
        fi
        system_off
        plan
        exit
}

# Everything up to a booted system.
system_start() {
        local packages
        mapfile -t packages < <(system_packages)
        check "the tree of a Debian is there" system_tree "${packages[@]}" &&
                check "a user and the pages are set up in it" \
                        eval "system_overlay && system_user && system_pages" &&
                check "the project installs into it" system_install &&
                check "it boots with systemd as its first process" system_boot || exit 1
}

trap system_finish EXIT
trap 'exit 1' TERM INT HUP
mkdir -p "$SYSTEM_OUTPUT"
: >"$SYSTEM_OUTPUT/console.log"
