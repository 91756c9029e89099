# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the tests of the command line share: TAP, a private folder, a private session bus without any
# service folder, and a way to run the client and look at what it said. A test sources this file first.
#
#   NOCONTACT_BUILD  where nocontact, nocontactd and tests/tools/json-check lie   (build/plain)

set -u

CLI_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
NOCONTACT_BUILD=${NOCONTACT_BUILD:-$CLI_ROOT/build/plain}
[[ $NOCONTACT_BUILD = /* ]] || NOCONTACT_BUILD=$CLI_ROOT/$NOCONTACT_BUILD
NOCONTACT=$NOCONTACT_BUILD/nocontact
JSON_CHECK=$NOCONTACT_BUILD/tests/tools/json-check

# shellcheck source=tests/tap.sh
. "$CLI_ROOT/tests/tap.sh"

# what the client said last
tap_diagnose() {
        sed 's/^/#   /' "$CLI_DIR/out" "$CLI_DIR/err" 2>/dev/null
}

# Runs the client. Its output is in $CLI_DIR/out and err, its status in $status.
run() {
        "$NOCONTACT" "$@" >"$CLI_DIR/out" 2>"$CLI_DIR/err" </dev/null
        status=$?
}

ended() { # STATUS ARGUMENT...: runs the client; did it end with that status?
        local wanted=$1

        shift
        run "$@"
        [ "$status" -eq "$wanted" ] || {
                echo "# nocontact $* ended with $status, not $wanted"
                return 1
        }
}

said() { # TEXT: does the last output contain it?
        grep -qF -- "$1" "$CLI_DIR/out" || {
                echo "# nothing said \"$1\""
                return 1
        }
}

complained() { # TEXT: does the last error output contain it?
        grep -qF -- "$1" "$CLI_DIR/err" || {
                echo "# no complaint said \"$1\""
                return 1
        }
}

json() { # PATH: what stands there in the last output
        "$JSON_CHECK" "$1" <"$CLI_DIR/out"
}

json_is() { # PATH VALUE
        local value

        value=$(json "$1") && [ "$value" = "$2" ] || {
                echo "# $1 is \"${value-}\", not \"$2\""
                return 1
        }
}

# Runs this test again on a private session bus, in a folder of its own.
cli_enter() {
        local dir status

        if [ -n "${CLI_DIR-}" ]; then
                return
        fi
        dir=$(mktemp -d "${TMPDIR:-/tmp}/nocontact-cli.XXXXXX") || exit 1
        mkdir -p "$dir/home" "$dir/data" "$dir/services"
        mkdir -m 0700 "$dir/run"
        cat >"$dir/bus.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=$dir/bus</listen>
  <servicedir>$dir/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
CONF
        env -u XDG_CONFIG_HOME CLI_DIR="$dir" HOME="$dir/home" XDG_DATA_HOME="$dir/data" \
                XDG_RUNTIME_DIR="$dir/run" TZ=UTC LC_ALL=C.UTF-8 \
                dbus-run-session --config-file="$dir/bus.conf" -- "$BASH" "$0" 2> >(grep -v 'fd limit' >&2)
        status=$?
        rm -rf "$dir"
        exit "$status"
}

# Starts the daemon and waits until it owns its name. $daemon is its pid.
daemon_start() {
        "$NOCONTACT_BUILD/nocontactd" >>"$CLI_DIR/daemon.log" 2>&1 &
        daemon=$!
        for _ in $(seq 300); do
                "$NOCONTACT" list >/dev/null 2>&1 && return 0
                kill -0 "$daemon" 2>/dev/null || break
                sleep 0.1
        done
        echo "# the daemon did not start:"
        sed 's/^/#   /' "$CLI_DIR/daemon.log"
        return 1
}

daemon_stop() {
        kill "$daemon" 2>/dev/null
        wait "$daemon" 2>/dev/null
}

# The plan, and the exit status of the test.
cli_leave() {
        plan
}
