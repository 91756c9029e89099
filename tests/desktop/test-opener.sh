#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The opener before a real `systemd --user` with a bus of its own, in namespaces of its own. Needs root for
# these; nothing outside of them is touched.
#
#   NOCONTACT_BUILD  where tests/tools/nudge-open lies   (build/plain)

# shellcheck disable=SC2317 # most functions are called by check, soon or a trap

set -u

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${NOCONTACT_BUILD:-build/plain}
[[ $build = /* ]] || build=$root/$build
nudge_open=$build/tests/tools/nudge-open
systemd=/lib/systemd/systemd

# shellcheck source=tests/tap.sh
. "$root/tests/tap.sh"

# --- outside: make the namespaces, and go on inside ------------------------------------------------------

if [ "${1-}" != inside ]; then
        [ -x "$systemd" ] || skip "systemd is not installed"
        command -v xdg-open >/dev/null || skip "xdg-open is not installed"
        unshare --mount --pid --fork --kill-child mount -t tmpfs none /run 2>/dev/null ||
                skip "no namespaces here"
        [ -x "$nudge_open" ] || {
                echo "not ok 1 - $nudge_open is built"
                exit 1
        }
        # a control group for the manager to stand on, which can be cleared away afterwards
        if [ -d /sys/fs/cgroup/systemd ]; then
                group=/sys/fs/cgroup/systemd$(sed -n 's/^[0-9]*:name=systemd://p' /proc/self/cgroup)
        else
                group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
        fi
        group=$group/nudge-test-$$
        mkdir "$group" 2>/dev/null || skip "no control group to be had"
        dir=$(mktemp -d)
        NUDGE_DIR=$dir NUDGE_GROUP=$group \
                unshare --mount --pid --fork --kill-child --mount-proc "$0" inside
        status=$?
        find "$group" -depth -type d -exec rmdir {} \;
        rm -rf "$dir"
        exit "$status"
fi

# --- inside: a user manager with a bus --------------------------------------------------------------------

dir=$NUDGE_DIR

tap_diagnose() {
        sed 's/^/#   /' "$dir"/opened.* "$dir/log" 2>/dev/null
}

soon() { # COMMAND...: does it succeed before long?
        wait_for 60 "$@"
}

echo 0 >"$NUDGE_GROUP/cgroup.procs" || skip "the control group cannot be entered"
mount -t tmpfs none /run
mkdir -p /run/systemd/system # without it systemd takes the machine for one that it does not run
mkdir -p "$dir/bin" "$dir/config/systemd/user"

# The stand-in tells what it was called with, leaves a child behind as xdg-open does with some applications,
# and ends as the file "status" says.
cat >"$dir/bin/xdg-open" <<EOF
#!/bin/sh
printf '%s\n' "\$#" "\$1" "BROWSER=\$BROWSER" >"$dir/opened.new"
sleep 600 &
echo \$! >"$dir/child"
mv "$dir/opened.new" "$dir/opened.txt"
exit \$(cat "$dir/status")
EOF
for browser in www-browser x-www-browser; do
        printf '#!/bin/sh\ntouch "%s/browsed"\n' "$dir" >"$dir/bin/$browser"
done
chmod +x "$dir"/bin/*

cd "$dir/config/systemd/user" || exit 1
cat >basic.target <<EOF
[Unit]
Wants=dbus.socket
After=dbus.socket
EOF
cat >dbus.socket <<EOF
[Unit]
DefaultDependencies=no
[Socket]
ListenStream=%t/bus
EOF
cat >dbus.service <<EOF
[Unit]
DefaultDependencies=no
Requires=dbus.socket
[Service]
Type=notify
NotifyAccess=main
ExecStart=/usr/bin/dbus-daemon --config-file=$dir/bus.conf --address=systemd: --nofork --nopidfile --systemd-activation
EOF
cat >"$dir/bus.conf" <<EOF
<busconfig>
  <type>session</type>
  <listen>systemd:</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
EOF
cd "$dir" || exit 1
unset DBUS_SESSION_BUS_ADDRESS DISPLAY WAYLAND_DISPLAY BROWSER
export XDG_RUNTIME_DIR=$dir HOME=$dir XDG_CONFIG_HOME=$dir/config XDG_DATA_HOME=$dir/data
export SYSTEMD_LOG_TARGET=console PATH=$dir/bin:$PATH

"$systemd" --user --unit=basic.target >"$dir/log" 2>&1 &
export DBUS_SESSION_BUS_ADDRESS=unix:path=$dir/bus
manager_is_there() {
        [ -S "$dir/bus" ] && busctl --user status org.freedesktop.systemd1 >/dev/null 2>&1
}
soon manager_is_there || skip "systemd --user does not start here"
systemctl --user set-environment PATH="$PATH"

ends_with() { # STATUS TARGET: is that what the opener tells?
        local said

        said=$(timeout 20 "$nudge_open" "$2")
        echo "# opener: $said"
        [ "$said" = "$1" ]
}

called_with() { # TARGET
        printf '%s\n' 1 "$1" BROWSER=false | cmp -s - "$dir/opened.txt"
}

no_units_left() {
        [ -z "$(systemctl --user list-units --all --plain --no-legend 'nocontact-open-*')" ]
}

echo 0 >"$dir/status"
# shellcheck disable=SC2016 # literally
odd="$dir/a \$HOME %n \${x} \"y\".txt"
check "an application that opens it is a success" ends_with 0 "$odd"
check "it got the path as it is, and no browser to fall back on" called_with "$odd"
check "what it left behind lives on" kill -0 "$(cat "$dir/child")"
kill "$(cat "$dir/child")"
check "no unit is left once it has ended too" soon no_units_left

echo 3 >"$dir/status"
check "one that opens nothing is told" ends_with -5 tel:+15550100
check "it got the URI" called_with tel:+15550100
kill "$(cat "$dir/child")"
check "no unit is left of that either" soon no_units_left

rm "$dir/bin/xdg-open"
check "the real xdg-open finds nothing for a telephone number here" ends_with -5 tel:+15550100
check "and opened no browser instead" test ! -e "$dir/browsed"

mkdir "$dir/empty"
systemctl --user set-environment PATH="$dir/empty"
check "a machine without xdg-open is told" ends_with -5 "$odd"
check "the number is not in the manager's log" test -z "$(grep 5550100 "$dir/log")"

plan
