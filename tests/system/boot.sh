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
# The system is installed from our Debian package, made here when it is this machine's own release, and else
# inside. At each boot one user sits down at the screen; another has an account and no session.
#
#   SYSTEM_SUITE     the release of Debian                  (bookworm)
#   SYSTEM_PACKAGES  the list of what is in it              (tests/system/packages)
#   NOCONTACT_BUILD  where the programs lie                 (build/plain)
#   SYSTEM_OUTPUT    where logs and screenshots are left    (build/system/<test>)
#   SYSTEM_PATIENCE  the bound of a wait, in seconds        (120)

set -u

SYSTEM_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SYSTEM_TEST=$(basename "$0" .sh)
SYSTEM_OUTPUT=${SYSTEM_OUTPUT:-$SYSTEM_ROOT/build/system/$SYSTEM_TEST}
SYSTEM_PATIENCE=${SYSTEM_PATIENCE:-120}
SYSTEM_SUITE=${SYSTEM_SUITE:-bookworm}
SYSTEM_PACKAGES=${SYSTEM_PACKAGES:-$SYSTEM_ROOT/tests/system/packages}
NOCONTACT_BUILD=${NOCONTACT_BUILD:-build/plain}

# the ordinary user of the booted system, who sits at it; and one who does not
SYSTEM_USER=robin
SYSTEM_UID=1000
SYSTEM_OTHER=sam
SYSTEM_OTHER_UID=1001

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

# the file system of the booted system, once it is there
SYSTEM=$SYSTEM_OUTSIDE/root

# --- results ---------------------------------------------------------------------------------------

TAP_ENOUGH=${TAP_ENOUGH:-4}
# shellcheck source=tests/tap.sh
. "$SYSTEM_ROOT/tests/tap.sh"

# system_wait_for COMMAND...: until it succeeds; a single argument is a line of shell.
system_wait_for() {
        wait_for "$SYSTEM_PATIENCE" "$@"
}

# --- the tree --------------------------------------------------------------------------------------

# Which release of Debian is at FOLDER.
system_release() {
        sed -n 's/^VERSION_CODENAME=//p' "$1/etc/os-release"
}

# Does the tree need its own compiler, as the machine is another release?
system_is_foreign() {
        [ "$SYSTEM_SUITE" != "$(system_release /)" ]
}

# The packages of a list, and of the groups in contrib/packages that it builds on.
system_list() {
        local word
        sed 's/#.*//; s/[[:space:]].*//; /^$/d' "$1" | while read -r word; do
                case $word in
                @*) system_list "$SYSTEM_ROOT/contrib/packages/${word#@}.txt" ;;
                *) echo "$word" ;;
                esac
        done
}

system_packages() {
        {
                system_list "$SYSTEM_PACKAGES"
                ! system_is_foreign || system_list "$SYSTEM_ROOT/contrib/packages/deb.txt"
        } | sort -u
}

# The machine's own package sources that are Debian's, and nothing of anybody else's; for another release
# the same places.
system_sources() {
        local file here
        here=$(system_release /)
        mkdir -p "$SYSTEM_OUTSIDE/sources"
        for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
                [ -s "$file" ] && grep -v '^#' "$file" | grep -q -E '/debian(-security)?/?( |$)' || continue
                sed "s/\\b$here\\b/$SYSTEM_SUITE/g" "$file" >"$SYSTEM_OUTSIDE/sources/${file##*/}"
                echo "$SYSTEM_OUTSIDE/sources/${file##*/}"
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
                chroot "$SYSTEM" useradd --create-home --uid "$SYSTEM_OTHER_UID" --shell /bin/bash \
                        "$SYSTEM_OTHER" &&
                echo nocontact-test >"$SYSTEM/etc/hostname"
}

# The user sits down at the screen when the system is up, as after a login: a session of logind's, local and
# active, which polkit knows.
system_seat() {
        printf '%s\n' '@include common-account' '@include common-session' >"$SYSTEM/etc/pam.d/seat"
        cat >"$SYSTEM/etc/systemd/system/seat.service" <<CONF
[Unit]
Description=The user sits down at the screen
After=systemd-user-sessions.service systemd-logind.service dbus.service
[Service]
User=$SYSTEM_USER
PAMName=seat
Environment=XDG_SESSION_CLASS=user XDG_SESSION_TYPE=x11 XDG_SEAT=seat0
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target
CONF
        systemctl --quiet --root="$SYSTEM" enable seat.service
}

# The pages are a service of the booted system, there at each boot, as the sites are: by IPv4 and IPv6, and
# found by asking for their names.
system_pages() {
        pages_write "$SYSTEM/srv/pages" /srv/pages || return 1
        sed -i 's/^\( *listen \)127\.0\.0\.1:\(.*\)/&\n\1[::1]:\2/' "$SYSTEM/srv/pages/nginx.conf"
        {
                printf '%s\n' no-resolv no-hosts listen-address=127.0.0.1 bind-interfaces user=root
                printf 'host-record=%s,127.0.0.1,::1\n' "${PAGES_NAMES[@]}"
        } >"$SYSTEM/srv/pages/names.conf"
        echo "nameserver 127.0.0.1" >"$SYSTEM/etc/resolv.conf"
        printf '%s\n' "127.0.0.1 localhost" "127.0.1.1 nocontact-test" "::1 localhost ip6-localhost" \
                >"$SYSTEM/etc/hosts"
        systemctl --quiet --root="$SYSTEM" disable nginx.service 2>/dev/null
        cat >"$SYSTEM/etc/systemd/system/pages.service" <<'CONF'
[Unit]
Description=The pages of the test
[Service]
ExecStart=/usr/sbin/nginx -c /srv/pages/nginx.conf -e /srv/pages/errors -g "daemon off;"
[Install]
WantedBy=multi-user.target
CONF
        cat >"$SYSTEM/etc/systemd/system/names.service" <<'CONF'
[Unit]
Description=The names of the pages
[Service]
ExecStart=/usr/sbin/dnsmasq --keep-in-foreground --conf-file=/srv/pages/names.conf
[Install]
WantedBy=multi-user.target
CONF
        systemctl --quiet --root="$SYSTEM" enable pages.service names.service
        [ ! -e "$SYSTEM/usr/bin/Xvfb" ] || system_screen
}

system_screen() {
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
        systemctl --quiet --root="$SYSTEM" enable screen.service
}

# The package of the checkout, at $SYSTEM/srv/package: made here, or where the tree is of another release,
# in it.
system_package() {
        local to=$SYSTEM/srv/package
        mkdir -p "$to"
        if ! system_is_foreign; then
                make -C "$SYSTEM_ROOT" BUILD="$NOCONTACT_BUILD" DEBDIR="$to" deb
                return
        fi
        mkdir "$SYSTEM/srv/source" &&
                tar -C "$SYSTEM_ROOT" -c Makefile README.md contrib dbus include src systemd tests/tests.mk |
                tar -C "$SYSTEM/srv/source" -x &&
                mount --bind /proc "$SYSTEM/proc" &&
                chroot "$SYSTEM" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin make -j2 -C /srv/source \
                        DEBDIR=/srv/package deb
        umount "$SYSTEM/proc" && rm -rf "$SYSTEM/srv/source" && ls "$to"/*.deb
}

# Installs it, with what it asks for and no more: nothing is fetched.
system_install() {
        { system_package && chroot "$SYSTEM" sh -c 'exec dpkg -i /srv/package/*.deb'; } \
                >"$SYSTEM_OUTPUT/install.log" 2>&1 </dev/null && return
        tail -n 5 "$SYSTEM_OUTPUT/install.log" | sed 's/^/# /'
        return 1
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

# Runs the container until it is switched off; 133 says that it wants to be started again. Its clocks of
# elapsed time begin with each boot, as a machine's do.
system_container() {
        local status=133 clock
        echo "$BASHPID" >"$1/cgroup.procs"
        while [ "$status" -eq 133 ]; do
                clock=-$(cut -d . -f 1 /proc/uptime)
                unshare --time --monotonic "$clock" --boottime "$clock" --fork --kill-child -- \
                        systemd-nspawn --directory="$SYSTEM" --boot --register=no --keep-unit \
                        --private-network --resolv-conf=off --console=pipe
                status=$?
        done
}

system_boot() {
        mount -t tmpfs tmpfs /run
        mount -t cgroup2 none /sys/fs/cgroup && mkdir "/sys/fs/cgroup/$SYSTEM_CGROUP" || return 1
        system_on
}

system_on() {
        system_container "/sys/fs/cgroup/$SYSTEM_CGROUP" >>"$SYSTEM_OUTPUT/console.log" 2>&1 </dev/null &
        SYSTEM_NSPAWN=$!
        system_wait_for system_is_up || return 1
        SYSTEM_LEADER=$(system_leader)
}

# The mains fail: every process is gone at once, with nothing said to any of them. What the kernel was given to
# write is there afterwards, which on a real machine holds for what was synced.
system_power_cut() {
        kill -KILL "$SYSTEM_LEADER"
        SYSTEM_PATIENCE=60 system_wait_for "! kill -0 $SYSTEM_NSPAWN" || kill -KILL "$SYSTEM_NSPAWN"
        wait "$SYSTEM_NSPAWN"
        SYSTEM_NSPAWN=0
        system_on
}

system_reboot() {
        guest systemctl reboot || return 1
        system_wait_for system_is_up || return 1
        SYSTEM_LEADER=$(system_leader)
}

system_off() {
        [ "$SYSTEM_NSPAWN" -ne 0 ] || return 0
        guest journalctl --no-pager >"$SYSTEM_OUTPUT/journal.log" 2>/dev/null
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
        guest_as "$SYSTEM_USER" "$SYSTEM_UID" "$@"
}

# guest_as USER UID COMMAND...: the same as another.
guest_as() {
        local user=$1 uid=$2
        shift 2
        nsenter --target "$SYSTEM_LEADER" --all -- setpriv --reuid "$uid" --regid "$uid" \
                --init-groups env -i --chdir="/home/$user" HOME="/home/$user" \
                USER="$user" LANG=C.UTF-8 PATH=/usr/bin:/bin DISPLAY=:0 \
                XDG_RUNTIME_DIR="/run/user/$uid" \
                DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus" "$@"
}

# guest_service COMMAND...: as a service of the user's own service manager, which is what nocontactd is to
# those who ask where a call comes from.
guest_service() {
        guest_user systemd-run --user --quiet --pipe --wait --collect -- "$@"
}

# The user sits at the screen: a session that is active, and neither remote nor somewhere else; and their
# bus is there.
system_is_seated() {
        local session
        session=$(guest loginctl show-user "$SYSTEM_USER" --property=Display --value) && [ -n "$session" ] &&
                [ "$(guest loginctl show-session "$session" --property=Active --property=Remote \
                        --property=Seat | sort | paste -s -d ' ')" = "Active=yes Remote=no Seat=seat0" ] &&
                guest_user busctl --user call org.freedesktop.DBus / org.freedesktop.DBus.Peer Ping 2>/dev/null
}

system_finish() {
        trap - EXIT TERM INT HUP
        TAP_ENOUGH=0
        system_off
        plan
        exit
}

# Everything up to a booted system.
system_start() {
        local packages
        mapfile -t packages < <(system_packages)
        check "the tree of a Debian is there, $SYSTEM_SUITE" system_tree "${packages[@]}" &&
                check "a user and the pages are set up in it" \
                        eval "system_overlay && system_user && system_seat && system_pages" &&
                check "the package installs into it" system_install &&
                check "it boots with systemd as its first process" system_boot &&
                check "the user has a session at the screen" system_wait_for system_is_seated || exit 1
}

trap system_finish EXIT
trap 'exit 1' TERM INT HUP
mkdir -p "$SYSTEM_OUTPUT"
: >"$SYSTEM_OUTPUT/console.log"
