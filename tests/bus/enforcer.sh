# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the tests of root's program share: TAP, a folder, and a private dbus-daemon that stands for the
# system bus, with the rules of a real one and our own policy. The bus starts the real nocontact-enforcer
# on a hosts file and folders of the test's own. A test sources this file first.
#
#   NOCONTACT_BUILD  where nocontact-enforcer and tests/tools/ lie   (build/plain)
#   ENF_OPTIONS      more options for it; set before enf_enter
#   ENF_WRAP         a command to run it under, such as strace

set -u

ENF_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
NOCONTACT_BUILD=${NOCONTACT_BUILD:-$ENF_ROOT/build/plain}
[[ $NOCONTACT_BUILD = /* ]] || NOCONTACT_BUILD=$ENF_ROOT/$NOCONTACT_BUILD
ENFORCER=$NOCONTACT_BUILD/nocontact-enforcer
# shellcheck disable=SC2034  # for the tests
LEASE_AGE=$NOCONTACT_BUILD/tests/tools/lease-age

# shellcheck source=tests/tap.sh
. "$ENF_ROOT/tests/tap.sh"

tap_diagnose() {
        sed 's/^/#   /' "$ENF_DIR/out" "$ENF_DIR/err" 2>/dev/null
}

enf_enter() {
        [ "$(id -u)" -eq 0 ] || skip "the system bus lets root alone own this name"
        ENF_DIR=$(mktemp -d "${TMPDIR:-/tmp}/nocontact-enforcer.XXXXXX") || exit 1
        # other users must reach the bus
        chmod 0755 "$ENF_DIR"
        trap enf_stop EXIT
        HOSTS=$ENF_DIR/hosts
        STATE=$ENF_DIR/state
        printf '127.0.0.1 localhost\n# mine, and it stays\n' >"$HOSTS"
        # Firefox is there, and nothing else
        mkdir -p "$ENF_DIR/root/etc" "$ENF_DIR/root/usr/lib/firefox"
        mkdir "$ENF_DIR/services" "$ENF_DIR/policies"
        cp "$ENF_ROOT/dbus/org.nocontact.Enforcer1.conf" "$ENF_DIR/policies"
        # what systemd would do, the bus does
        cat >"$ENF_DIR/services/org.nocontact.EnforcerNetwork1.service" <<SERVICE
[D-BUS Service]
Name=org.nocontact.EnforcerNetwork1
Exec=$ENFORCER --network --idle 20
User=root
SERVICE
        cat >"$ENF_DIR/services/org.nocontact.Enforcer1.service" <<SERVICE
[D-BUS Service]
Name=org.nocontact.Enforcer1
Exec=$ENF_DIR/start
User=root
SERVICE
        cat >"$ENF_DIR/start" <<START
#!/bin/sh
echo started >>"$ENF_DIR/starts"
exec ${ENF_WRAP-} "$ENFORCER" --hosts "$HOSTS" --state "$STATE" --root "$ENF_DIR/root" ${ENF_OPTIONS-} 2>>"$ENF_DIR/log"
START
        chmod +x "$ENF_DIR/start"
        # the rules of a system bus: nothing is allowed but what a policy file allows
        cat >"$ENF_DIR/bus.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=$ENF_DIR/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>$ENF_DIR/services</servicedir>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <includedir>$ENF_DIR/policies</includedir>
</busconfig>
CONF
        enf_bus_start
}

enf_bus_start() {
        dbus-daemon --config-file="$ENF_DIR/bus.conf" --nofork 2>>"$ENF_DIR/bus.log" &
        ENF_BUS=$!
        export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$ENF_DIR/bus
        wait_for 30 busctl --system list
}

enf_stop() {
        [ -z "${ENF_BUS-}" ] || kill "$ENF_BUS" 2>/dev/null
        rm -rf "$ENF_DIR"
}

# call METHOD [ARGUMENT...]: with dbus-send's arguments, as root or as the user $AS. The reply is in
# $ENF_DIR/out, or the error in $ENF_DIR/err.
call() {
        local method=$1
        shift
        as dbus-send --system --print-reply --dest=org.nocontact.Enforcer1 /org/nocontact/Enforcer1 \
                "org.nocontact.Enforcer1.$method" "$@" >"$ENF_DIR/out" 2>"$ENF_DIR/err"
}

as() {
        if [ -n "${AS-}" ]; then
                setpriv --reuid="$AS" --regid="$AS" --clear-groups "$@"
        else
                "$@"
        fi
}

# refused ERROR METHOD [ARGUMENT...]: does it give this error, a sentence, and change nothing?
refused() {
        local error=$1 before
        shift
        before=$(enf_state)
        if call "$@"; then
                echo "# $1 was done"
                return 1
        fi
        grep -qE "^Error (org\.nocontact\.Error|org\.freedesktop\.DBus\.Error)\.$error: .+" "$ENF_DIR/err" || {
                echo "# not $error"
                return 1
        }
        [ "$(enf_state)" = "$before" ] || {
                echo "# something has changed"
                return 1
        }
}

# Everything that a refusal must leave as it was.
enf_state() {
        (cd "$ENF_DIR" && find hosts state root -type f ! -name lock -exec sha256sum {} + 2>/dev/null | sort)
}

# property NAME: its value as busctl prints it, of root or of the user $AS.
property() {
        as busctl --system get-property org.nocontact.Enforcer1 /org/nocontact/Enforcer1 org.nocontact.Enforcer1 "$1"
}

# in_days N: µs since the epoch
in_days() {
        echo $((($(date +%s) + $1 * 86400) * 1000000))
}

# held NAME: is it in the hosts file, by IPv4 and IPv6?
held() {
        grep -qE "^127\.66\.[0-9.]+ $1 # nocontact$" "$HOSTS" && grep -qE "^::ffff:127\.66\.[0-9.]+ $1 # nocontact$" "$HOSTS"
}
