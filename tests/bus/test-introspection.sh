#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The interfaces that the daemon introspects are those that dbus/ writes down, and busctl can use them.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter

name=org.nocontact.Daemon1
root=/org/nocontact/Daemon1

daemon_start || exit 1
"$NOCONTACT" begin "Alex Doe" --profile https://www.instagram.com/alex.doe/ >/dev/null || exit 1
person=$(busctl --user --list tree "$name" | grep "^$root/person/" | head -1)

interfaces() { # INTERFACE-OF-OURS...: what of them stands on standard input
        awk -f "$CLI_ROOT/tests/bus/introspection.awk" | grep '^org\.nocontact\.' | sort
}

matches() { # FILE OBJECT
        diff <(interfaces <"$CLI_ROOT/dbus/$1") \
                <(busctl --user introspect --xml-interface "$name" "$2" | interfaces) |
                sed 's/^/# /' | tee "$CLI_DIR/difference"
        [ ! -s "$CLI_DIR/difference" ] && [ -n "$(interfaces <"$CLI_ROOT/dbus/$1")" ]
}

check "the root object is what dbus/org.nocontact.Daemon1.xml says" matches org.nocontact.Daemon1.xml "$root"
check "a person is what dbus/org.nocontact.Daemon1.Person.xml says" matches org.nocontact.Daemon1.Person.xml "$person"

shows() { # INTERFACE
        busctl --user introspect "$name" "$root" | grep -q "^$1 "
}
for interface in Manager Ledger Support Regime Holds; do
        check "busctl shows $interface" shows "org.nocontact.Daemon1.$interface"
done

answers() { # PROPERTY ANSWER
        [ "$(busctl --user get-property "$name" "$person" "$name.Person" "$1")" = "$2" ]
}
check "busctl answers the streak" answers StreakDays "u 0"
check "busctl answers the next milestone" answers NextMilestoneDays "u 1"
check "busctl can report a visit" eval \
        '[ "$(busctl --user call "$name" "$root" "$name.Manager" ReportVisit ss https://www.instagram.com/alex.doe/ extension:firefox)" = "s \"attempt\"" ]'
check "busctl sees the count" answers Attempts "u 1"
check "the state makes anew without a difference" eval \
        'daemon_stop; "$NOCONTACT_BUILD/nocontactd" --rebuild | grep -q "no difference"'

cli_leave
