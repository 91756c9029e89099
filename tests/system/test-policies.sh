#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Browsers' managed policies on a whole system: turned on by a user, written by the enforcer in its sandbox, repaired
# by the path unit, there after a reboot, lifted by the timer with no daemon and no home left, and by the removal of
# the package. What an administrator wrote stays byte for byte.

# shellcheck source=tests/system/boot.sh
. "$(dirname "$0")/boot.sh"
# shellcheck source=tests/system/browsers.sh
. "$(dirname "$0")/browsers.sh"
# shellcheck source=tests/system/enforcer.sh
. "$(dirname "$0")/enforcer.sh"

CHROMIUM=$SYSTEM/etc/chromium/policies
FIREFOX=$SYSTEM/etc/firefox
ADMIN=$CHROMIUM/managed/admin.json

admin_writes() {
        guest sh -c 'mkdir -p /etc/chromium/policies/managed && cat >/etc/chromium/policies/managed/admin.json' \
                <<<'{ "HomepageLocation":  "about:blank", }' && cp -p "$ADMIN" "$SYSTEM_OUTPUT/admin.json"
}

admin_is_kept() {
        cmp "$SYSTEM_OUTPUT/admin.json" "$ADMIN" &&
                [ "$(stat -c '%Y %a' "$ADMIN")" = "$(stat -c '%Y %a' "$SYSTEM_OUTPUT/admin.json")" ]
}

session_begins() {
        system_wait_for "guest_user systemctl --user is-system-running | grep -q -E '^(running|degraded)$'"
}

layer_is() { # STATE PATTERN
        guest_user nocontact status --json | jq -e --arg s "$1" --arg d "$2" \
                '.layers[] | select(.name == "policies" and .state == $s and (.detail | test($d)))' >/dev/null
}

# Both know the page, and everybody may read that.
pages_are_held() {
        grep -q -F '"instagram.com/alex.doe"' "$CHROMIUM/managed/nocontact.json" &&
                grep -q -F '"*://*.instagram.com/alex.doe"' "$FIREFOX/policies/policies.json" &&
                [ "$(stat -c '%a %u' "$CHROMIUM/managed/nocontact.json" "$FIREFOX/policies/policies.json" | sort -u)" = '644 0' ] &&
                [ "$(stat -c %a "$FIREFOX" "$FIREFOX/policies" | sort -u)" = 755 ]
}

nothing_is_left() {
        [ ! -e "$FIREFOX" ] && [ "$(ls -A "$CHROMIUM")" = managed ] && [ "$(ls -A "$CHROMIUM/managed")" = admin.json ] &&
                admin_is_kept
}

# One file is edited, the other one gone.
tampered() {
        guest sed -i s/alex.doe/nobody/ /etc/firefox/policies/policies.json && ! pages_are_held &&
                guest rm /etc/chromium/policies/managed/nocontact.json
}

everything_is_killed() {
        guest loginctl disable-linger "$SYSTEM_USER"
        guest pkill -KILL -x nocontact-enfor
        guest pkill -KILL -u "$SYSTEM_USER"
        system_wait_for "! guest pgrep -u '$SYSTEM_USER'"
}

# Folders that the enforcer made, and the file that says so.
wrote_nothing_else() {
        (cd "$SYSTEM_WRITTEN" && find ./etc ./usr -xdev -type f -newercm "$SYSTEM_OUTPUT/mark") |
                grep -v -x -E './etc/chromium/policies/managed/(admin|nocontact)\.json|./etc/firefox/policies/policies\.json|./etc/hosts' |
                sed 's/^/# /' | grep . && return 1
        return 0
}

system_start
check "an administrator has a policy" admin_writes
check "a user may linger" guest loginctl enable-linger "$SYSTEM_USER"
check "the user's services are up" session_begins
check "the daemon runs" guest_user systemctl --user --quiet enable --now nocontactd
touch "$SYSTEM_OUTPUT/mark"
check "a decision is made" eval "guest_user nocontact begin 'Alex Doe' --days 30 --json \
        --profile https://www.instagram.com/alex.doe/ >/dev/null"
check "policies are off" eval "layer_is off 'Not turned on' && nothing_is_left"
check "and turned on" guest_user nocontact browsers policies on --yes
check "the layer says so" system_wait_for layer_is active "Chromium, Firefox"
check "both browsers are told" pages_are_held
check "and the extension is kept in Firefox" grep -q force_installed "$FIREFOX/policies/policies.json"
check "the administrator's is as it was" admin_is_kept
check "it is tampered with" tampered
check "and repaired" system_wait_for pages_are_held
check "root wrote nothing else" wrote_nothing_else
check "the services may do as little as before" may_do_little

check "the system reboots" system_reboot
check "they are there" pages_are_held
check "the user's services are up again" eval "system_wait_for system_is_seated && session_begins"
check "the layer says so still" system_wait_for layer_is active "Chromium, Firefox"
# nobody comes back
check "everything is killed" everything_is_killed
check "the home is deleted" guest rm -rf "/home/$SYSTEM_USER"
check "thirty days pass" elapse $((31 * DAY))
check "and a week after the end the timer lifts all" eval "elapse $((7 * DAY)) && nothing_is_left"

# the removal of the package
ELAPSED=0
check "a home, and somebody in it" eval "guest install -d -o $SYSTEM_UID -g $SYSTEM_UID -m 0700 /home/$SYSTEM_USER &&
        guest systemctl start seat.service && system_wait_for system_is_seated"
check "a page is held again" call Hold array:string: array:string:instagram.com/alex.doe "$(from_now $((30 * DAY)))"
check "in both" pages_are_held
check "the package is removed" eval "guest dpkg -r nocontact >>'$SYSTEM_OUTPUT/install.log' 2>&1"
check "nothing is left, and the administrator's is as it was" nothing_is_left
check "the journal says no page" eval "! guest journalctl --no-pager --quiet --identifier=nocontact-enforcer | grep -i -E 'alex|instagram'"
check "the system switches off" system_off
