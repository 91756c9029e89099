#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# test-notifications.sh on a system whose buses are dbus-broker's.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export SYSTEM_PACKAGES=$root/tests/system/packages-broker
export SYSTEM_BUS=dbus-broker
exec "$root/tests/system/test-notifications.sh" "$@"
