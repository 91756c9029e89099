#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A user's life with nocontact on a whole system: installed, enabled in the user's own service manager,
# met by a nudge when a page is visited, asked over the bus, killed, restarted, rebooted, stopped.

# shellcheck source=tests/system/boot.sh
. "$(dirname "$0")/boot.sh"
# shellcheck source=tests/system/browsers.sh
. "$(dirname "$0")/browsers.sh"

profile=https://www.instagram.com/alex.doe/
home=/home/$SYSTEM_USER

user_is_ready() {
        guest_user systemctl --user is-system-running | grep -q -E '^(running|degraded)$' &&
                guest_user xdpyinfo >/dev/null &&
                guest curl --silent --fail --cacert /srv/pages/ca.pem https://www.instagram.com/ready >/dev/null
}

# What a desktop does at its start: tells the user's services where the screen is.
session_begins() {
        system_wait_for user_is_ready && guest_user systemctl --user import-environment DISPLAY
}

# jq on what `nocontact VERB --json` prints: holds 'EXPRESSION' VERB
holds() {
        guest_user nocontact "$2" --json | jq -e "$1" >/dev/null
}

person_path() {
        guest_user busctl --user --json=short call org.nocontact.Daemon1 /org/nocontact/Daemon1 \
                org.freedesktop.DBus.ObjectManager GetManagedObjects |
                jq -r '.data[0] | keys[] | select(contains("/person/"))'
}

# A property of the person, as busctl prints it.
person_property() {
        guest_user busctl --user get-property org.nocontact.Daemon1 "$(person_path)" \
                org.nocontact.Daemon1.Person "$1"
}

streak_is_told() {
        [ "$(person_property StreakDays)" = "u 0" ] &&
                person_property StreakUSec | grep -q -E '^t [1-9][0-9]*$' &&
                [ "$(person_property Name)" = 's "Alex Doe"' ]
}

daemon_is_active() {
        [ "$(guest_user systemctl --user is-active nocontactd)" = active ]
}

daemon_pid() {
        guest_user systemctl --user show --property MainPID --value nocontactd
}

daemon_is_back() {
        daemon_is_active && [ "$(daemon_pid)" != "$1" ]
}

# dunst has put a window up.
popup_is_up() {
        guest_user xdotool search --onlyvisible --class '^dunst$'
}

screenshot() {
        guest_user import -silent -window root png:- >"$SYSTEM_OUTPUT/$1.png"
}

# Every file that was written on the disk since the installation, and those in memory, but the browsers'
# own, the pages', the ledger, what the relay goes by, and what must name a site to hold it.
name_is_nowhere_else() {
        local written=(find . -xdev -type f -not -path './usr/*' -not -path './srv/pages/*'
                -not -path ./etc/hosts -not -path './var/lib/nocontact/*.lease*'
                -not -path "./home/$SYSTEM_USER/.cache/*"
                -not -path "./home/$SYSTEM_USER/.config/mozilla/*"
                -not -path "./home/$SYSTEM_USER/.mozilla/*"
                -not -path "./home/$SYSTEM_USER/.config/chromium/*"
                -not -path '*/nocontact/nocontact.db*' -not -path '*/nocontact/notifications.rules')
        local name=(-exec grep -l -a -i -E 'alex\.?[ _]?doe' '{}' +)
        {
                (cd "$SYSTEM_WRITTEN" && "${written[@]}" "${name[@]}")
                guest find /run /tmp /dev/shm -type f -not -path '/tmp/.org.chromium*' "${name[@]}" 2>/dev/null
        } | sed 's/^/# in /' | grep . && return 1
        return 0
}

journal_names_nobody() {
        guest journalctl --no-pager --quiet --all --output=export >"$SYSTEM_OUTPUT/journal.export"
        grep -a -q nocontact "$SYSTEM_OUTPUT/journal.export" &&
                ! grep -a -i -E 'alex|doe|instagram' "$SYSTEM_OUTPUT/journal.export"
}

ledger_is_private() {
        local dir=$SYSTEM$home/.local/share/nocontact
        [ "$(stat -c '%a %u' "$dir")" = "700 $SYSTEM_UID" ] &&
                ! find "$dir" -type f -not -perm 0600 | grep . &&
                [ -f "$dir/nocontact.db" ]
}

processes_name_nobody() {
        ! guest ps -o args= -C nocontactd | grep -i -E 'alex|doe'
}

system_start

check "a user may linger" guest loginctl enable-linger "$SYSTEM_USER"
check "the user's services, screen and pages are up" session_begins
check "the unit file has nothing to complain about" \
        guest_user systemd-analyze --user verify /usr/lib/systemd/user/nocontactd.service
check "the browsers have profiles that trust the pages, and no extension" eval \
        "browsers_without_extension && browsers_prepare"

check "the daemon is enabled once" guest_user systemctl --user --quiet enable --now nocontactd
check "and runs" system_wait_for daemon_is_active
check "a decision is made" eval "guest_user nocontact begin 'Alex Doe' --days 30 --profile $profile \
        --domain alexdoe.example --json >/dev/null"
check "nobody has been visited yet" holds 'length == 0' attempts
check "the streak is told over the bus" streak_is_told

check "Firefox visits the profile" visit firefox "$profile"
check "the visit is recorded" system_wait_for holds \
        "length == 1 and .[0].grade == \"slip\" and .[0].channel == \"firefox\" and .[0].target == \"$profile\"" \
        attempts
check "the nudge is on the screen, by a server that the bus started" system_wait_for popup_is_up
screenshot nudge
check "the ledger says so" system_wait_for holds 'map(.kind) | index("nudge.shown") != null' log
check "Chromium visits the profile" visit chromium "$profile?chromium"
check "that visit is recorded too" system_wait_for holds \
        'length == 2 and .[0].channel == "chromium" and .[0].grade == "slip"' attempts
since=$(person_property StreakSinceUSec)
check "the streak is told over the bus still" streak_is_told

before=$(daemon_pid)
check "the daemon is killed" guest_user kill -KILL "$before"
check "systemd brings it back" system_wait_for daemon_is_back "$before"
check "the streak stands" [ "$(person_property StreakSinceUSec)" = "$since" ]
check "the daemon restarts" guest_user systemctl --user restart nocontactd
check "the streak stands after that" [ "$(person_property StreakSinceUSec)" = "$since" ]

check "the journal names nobody" journal_names_nobody
check "no file names them but the ledger and the relay's rules" name_is_nowhere_else
check "these are nobody else's to read" ledger_is_private
check "nor does the daemon's command line" processes_name_nobody

check "the system reboots" system_reboot
check "the user's services are up again" session_begins
check "the daemon is, too, by itself" system_wait_for daemon_is_active
check "the streak stands after the reboot" [ "$(person_property StreakSinceUSec)" = "$since" ]
check "and nothing was judged twice" holds 'length == 2' attempts

check "Firefox visits after the reboot" visit firefox "$profile?rebooted"
check "and is noticed" system_wait_for holds 'length == 3' attempts
check "with a nudge, though the daemon is older than the screen" system_wait_for popup_is_up

# by the root program of the package, through the system bus and polkit
is_held() {
        guest getent hosts "$1" | grep -q -F '127.66.'
}
check "their domain is held, over the reboot too" eval "is_held alexdoe.example && is_held www.alexdoe.example"
check "the layer says so" holds \
        '.layers[] | select(.name == "hosts" and .state == "active" and (.detail | test("are blocked until")))' status
check "the pause page answers there" eval \
        "guest_user curl --silent --header 'Upgrade-Insecure-Requests: 1' --header 'Accept: text/html' \
        http://alexdoe.example/ | grep -q 'Pause'"
check "it is an attempt" system_wait_for holds \
        'length == 4 and .[0].grade == "attempt" and .[0].channel == "sinkhole"' attempts
check "a stranger's connection gets no page and is none" eval \
        "! guest_as $SYSTEM_OTHER 1001 curl --silent --max-time 20 http://alexdoe.example/ | grep -q Pause &&
        holds 'length == 4' attempts"

check "the user stops the daemon" guest_user timeout 10 systemctl --user stop nocontactd
check "it is stopped, and stays so" eval '! daemon_is_active'
check "it did not fail" eval "[ \"\$(guest_user systemctl --user is-failed nocontactd)\" = inactive ]"
check "what is held stays held" is_held alexdoe.example
check "it comes back when it is asked something" holds 'length == 4' attempts
check "the stop is recorded" holds \
        'map(.kind) | (index("daemon.started") < index("daemon.stopped"))' log
check "the journal names nobody in the end" journal_names_nobody

check "the system switches off" system_off
