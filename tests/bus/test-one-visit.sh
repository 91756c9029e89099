#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One visit is one nudge, whatever sees it and in whatever order, and the nudge says what the strongest evidence
# says. With a notification server that answers and shows nothing.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter

page=https://www.instagram.com/alex.doe/
unset DISPLAY WAYLAND_DISPLAY SWAYSOCK

report() { # SOURCE
        busctl --user call org.nocontact.Daemon1 /org/nocontact/Daemon1 org.nocontact.Daemon1.Manager ReportVisit ss \
                "$page" "$1" | cut -d '"' -f 2
}

# Of each call of Notify: how many there were, which of them replaced none, and the newest words.
calls() { grep -c member=Notify "$CLI_DIR/notifications"; }
popups() {
        awk '/member=Notify$/ { call = 1; next }
             call && /^   uint32 / { if ($2 == 0) n++; call = 0 }
             END { print n + 0 }' "$CLI_DIR/notifications"
}
words() { grep -o 'Pause\.[^"]*' "$CLI_DIR/notifications" | tail -n 1; }

told() { # CALLS POPUPS WORDS
        wait_for 20 '[ "$(calls)" -eq '"$1"' ]' && [ "$(popups)" -eq "$2" ] && [ "$(words)" = "$3" ]
}

layer() { # NAME
        run status --json
        jq -r --arg n "$1" '.layers[] | select(.name == $n).state' "$CLI_DIR/out"
}

dbus-monitor "interface='org.freedesktop.Notifications',member='Notify'" >"$CLI_DIR/notifications" 2>/dev/null &
monitor=$!
"$NOCONTACT_BUILD/tests/tools/notify-null" org.freedesktop.Notifications 2>>"$CLI_DIR/daemon.log" &
server=$!
check "a notification server is there" wait_for 20 \
        'busctl --user status org.freedesktop.Notifications >/dev/null 2>&1'
check "the daemon starts" daemon_start
check "titles are not read before there is a commitment" eval '[ "$(layer titles)" = off ]'
check "the decision is made" ended 0 begin "Alex Doe" --handle instagram:alex.doe
check "without a screen that is said" wait_for 20 '[ "$(layer titles)" = unavailable ]'

check "the history tells of a visit" eval '[ "$(report history:firefox)" = slip ]'
check "which is met" told 1 1 "Pause. What comes next is yours."
check "the extension stopped it" eval '[ "$(report extension:firefox)" = attempt ]'
check "and the nudge that is up says so" told 2 1 "Pause. The page stayed closed."
check "a policy, a socket and the history tell of it again" eval '
        [ "$(report policy)" = attempt ] && [ "$(report sinkhole)" = attempt ] && [ "$(report extension:firefox)" = attempt ]'
check "that is one entry" eval 'ended 0 attempts --json && [ "$(jq length "$CLI_DIR/out")" -eq 1 ]'
check "another browser's is another, and no new nudge" eval '
        [ "$(report extension:chromium)" = attempt ] && told 3 1 "Pause. The page stayed closed."'
check "the user says that it was none" eval 'ended 0 attempts --json && ended 0 correct "$(jq ".[0].event" "$CLI_DIR/out")" none'
check "nothing pops up for it, and nothing changes it" eval '
        [ "$(report extension:chromium)" = none ] && told 3 1 "Pause. The page stayed closed."'
kill "$server" "$monitor"
wait "$server" "$monitor" 2>/dev/null
check "the daemon ends" daemon_stop
cli_leave
