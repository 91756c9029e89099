#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The demonstration that the README shows first tells its story to the end.

set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

export LAB_OUTPUT=$PWD/build/browser/test-demo NO_COLOR=1

# as `make demo`, but for packages and programs, which are there
told() {
        mkdir -p "$LAB_OUTPUT" && contrib/demo >"$LAB_OUTPUT/told" 2>&1
}

check "the story is told to its end" told || grep -A 12 'this did not happen' "$LAB_OUTPUT/told" | sed 's/^/# /'
check "and says so" grep -q '^All [0-9]* steps were seen' "$LAB_OUTPUT/told"
plan
