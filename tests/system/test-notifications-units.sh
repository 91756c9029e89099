#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The gate on a booted system, in front of servers that differ from dunst in what starts them. Xfce's is a unit
# that the bus starts, and speaks to the session by a second name. Plasma's is a unit that the bus does not start:
# nobody would miss it but the user. For that Xfce's server stands in, in a unit like Plasma's, the main process
# of which lives on without its bus, as the shell does. The server writes down itself what it shows.

# shellcheck disable=SC2317 # most functions are called by check

SYSTEM_PACKAGES=$(dirname "${BASH_SOURCE[0]}")/packages-xfce
# shellcheck source=tests/system/gated.sh
. "$(dirname "${BASH_SOURCE[0]}")/gated.sh"

notifyd=/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd
log=$home/.cache/xfce4/notifyd/log

witness() { # it keeps a log of all that it shows
        guest_user xfconf-query -c xfce4-notifyd -p /notification-log -n -t bool -s true &&
                guest_user xfconf-query -c xfce4-notifyd -p /log-level -n -t uint -s 1
}

is_shown() { # SUMMARY
        guest_user grep -q -x -F -- "summary=$1" "$log"
}

server_pid() {
        guest pgrep -x xfce4-notifyd
}

runs_as() { # UNIT: is the server in it?
        guest grep -q "/$1\$" "/proc/$(server_pid)/cgroup"
}

stands() { # UNIT: everything is in its place; the notification is one for which the bus starts a server
        is_held && layer active "shows nothing from them" && runs_as "$1" && is_behind
}

# Not before the gate says so is anything of theirs sent.
comes_to_stand() { # UNIT
        system_wait_for layer active "shows nothing from them" && system_wait_for stands "$1"
}

# The relay is killed: what was behind it is there again, and behind it.
relay_dies() { # UNIT
        local before
        before=$(unit_pid nocontact-relay.service)
        guest kill -KILL "$before"
        system_wait_for "[ \"\$(unit_pid nocontact-relay.service)\" != $before ] && stands $1"
}

ends_well() { # UNIT: after us it runs as it did before
        nothing_is_left && comes_through "Alex after" && ! is_behind && runs_as "$1"
}

# --- a unit that the bus starts ----------------------------------------------------------------------------

system_start
check "the user's session begins" session_begins
check "Xfce's server will write down what it shows" witness
check "ungated it shows them" comes_through "Alex before"
guest_user systemctl --user --quiet enable --now nocontactd
guest_user nocontact begin "Alex Doe" --days 30 >/dev/null
check "with a commitment it is behind the relay, by its own unit" comes_to_stand xfce4-notifyd.service
check "what is not theirs is shown" comes_through "Sam Other"
check "doctor proves it" guest_user nocontact doctor notifications
check "the relay may be killed" relay_dies xfce4-notifyd.service
guest pkill -KILL -x xfce4-notifyd
check "and the server" system_wait_for stands xfce4-notifyd.service
check "what is not theirs is shown then, too" comes_through "Sam again"
check "nothing of theirs was" eval '! is_shown "Alex Doe"'
guest_user systemctl --user stop nocontactd
check "a stop puts everything back" ends_well xfce4-notifyd.service

# --- a unit that the bus does not start --------------------------------------------------------------------

guest_user systemctl --user stop xfce4-notifyd
guest_user sh -c "mkdir -p $home/.config/systemd/user $home/.local/share/dbus-1/services
        printf '%s\n' '[Unit]' PartOf=graphical-session.target StartLimitIntervalSec=60s StartLimitBurst=3 \
                '[Service]' ExecStart=$home/shell Restart=on-failure TimeoutSec=40sec \
                >$home/.config/systemd/user/plasma-plasmashell.service
        printf '%s\n' '#!/bin/sh' '$notifyd &' 'exec sleep infinity' >$home/shell
        printf '%s\n' '#!/bin/sh' 'exec sleep 30' >$home/plasma_waitforname
        chmod 755 $home/shell $home/plasma_waitforname
        printf '%s\n' '[D-BUS Service]' Name=org.freedesktop.Notifications \
                'Exec=$home/plasma_waitforname org.freedesktop.Notifications' \
                >$home/.local/share/dbus-1/services/org.kde.plasma.Notifications.service"
guest_user busctl --user call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig
guest_user systemctl --user daemon-reload
guest_user systemctl --user start nocontactd
check "without the shell, the layer promises nothing of the bus" \
        system_wait_for layer unavailable "No notification server runs here"
guest_user systemctl --user stop nocontactd
check "a shell that nothing but the session starts" \
        eval 'guest_user systemctl --user start plasma-plasmashell && system_wait_for runs_as plasma-plasmashell.service'
guest_user systemctl --user start nocontactd
check "is behind the relay" comes_to_stand plasma-plasmashell.service
for time in once twice thrice "four times"; do
        check "and is again when the relay was killed $time" relay_dies plasma-plasmashell.service
done
check "it shows what is not theirs" comes_through "Sam in the shell"
check "and showed nothing of theirs" eval '! is_shown "Alex Doe"'
guest_user systemctl --user stop nocontactd
check "a stop puts everything back" ends_well plasma-plasmashell.service
check "nothing of us has failed" \
        eval '! guest_user systemctl --user list-units --failed --plain --no-legend | grep -q -E "nocontact|plasma"'

system_finish
