# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Many navigations of one tab, quickly: tests/tools/browser-drive in the lab. Sourced after lab.sh. A browser that
# is led is known by a NAME of the test's, so that several may run at once.

# name -> descriptor to it and from it
declare -A DRIVE_TO=() DRIVE_FROM=()

# drive_open NAME ARGUMENT...: the tool, once the browser runs.
drive_open() {
        local name=$1 to from
        shift
        mkfifo "$LAB/drive-$name.to" "$LAB/drive-$name.from"
        exec {to}<>"$LAB/drive-$name.to" {from}<>"$LAB/drive-$name.from"
        DRIVE_TO[$name]=$to DRIVE_FROM[$name]=$from
        "$NOCONTACT_BUILD/tests/tools/browser-drive" "$@" <&"$to" >&"$from" 2>>"$LAB/log/drive-$name" &
        # shellcheck disable=SC2034
        LAB_PIDS["drive-$name"]=$!
        disown "$!"
        LAB_STARTED+=("drive-$name")
        drive_answer "$name" && [ "$REPLY" = ready ]
}

drive_answer() { # NAME: into REPLY
        read -r -t "$LAB_PATIENCE" -u "${DRIVE_FROM[$1]}" REPLY
}

# drive NAME LINE: has it do what the line says; the answer is in REPLY.
drive() {
        echo "$2" >&"${DRIVE_TO[$1]}"
        drive_answer "$1"
}

# drive_chromium NAME COMMAND...: starts Chromium by the command and leads it.
drive_chromium() {
        local name=$1
        shift
        mkfifo "$LAB/pipe-$name.to" "$LAB/pipe-$name.from"
        # shellcheck disable=SC2016
        lab_spawn "$name" "$BASH" -c 'exec 3<>"$0.to" 4<>"$0.from"; exec "$@"' "$LAB/pipe-$name" \
                "$@" --remote-debugging-pipe about:blank
        drive_open "$name" chromium "$LAB/pipe-$name.to" "$LAB/pipe-$name.from"
}

# drive_firefox NAME PROFILE PORT COMMAND...: the same. What it sets by itself for automata is left out.
drive_firefox() {
        local name=$1 profile=$2 port=$3
        shift 3
        cat >>"$profile/user.js" <<CONF
user_pref("marionette.port", $port);
user_pref("remote.prefs.recommended", false);
CONF
        lab_spawn "$name" "$@" --marionette about:blank
        drive_open "$name" firefox "$port"
}

# drive_stop NAME: ends the tool, and not the browser.
drive_stop() {
        local to=${DRIVE_TO[$1]} from=${DRIVE_FROM[$1]}
        lab_end "drive-$1"
        exec {to}>&- {from}<&-
        rm -f "$LAB/drive-$1".{to,from}
}
