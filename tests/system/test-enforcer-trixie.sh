#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The enforcer on Debian 13, without a desktop: the part of test-enforcer.sh that other versions of systemd, polkit
# and the bus could change.

SYSTEM_SUITE=trixie
SYSTEM_PACKAGES=$(dirname "$0")/packages-plain
# shellcheck source=tests/system/boot.sh
. "$(dirname "$0")/boot.sh"
# shellcheck source=tests/system/enforcer.sh
. "$(dirname "$0")/enforcer.sh"

system_start
enforcer_begins
enforcer_holds
enforcer_grows
enforcer_asks_polkit
enforcer_repairs
enforcer_keeps_the_owner
enforcer_minds_no_clock
check "the power fails while names are added: the file is whole, and so is the lease" power_fails_while_it_grows
enforcer_ends_early
enforcer_is_removed
check "the system switches off" system_off
