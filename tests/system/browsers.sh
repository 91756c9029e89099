# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Real browsers in the booted system, sourced after boot.sh. They run as an ordinary user, with their sandboxes.

firefox_profile=

# The extension goes: what the other layers do is tried in most tests, and it would be there first.
browsers_without_extension() {
        guest sh -c 'rm -r /usr/share/chromium/extensions/nocontact /usr/share/mozilla/extensions/*/*nocontact*'
}

# Profiles that trust the pages.
browsers_prepare() {
        local home=/home/$SYSTEM_USER
        guest_user timeout 60 firefox-esr --headless -CreateProfile lab >/dev/null 2>&1
        firefox_profile=$(guest_user find "$home" -type d -name '*.lab' -path '*firefox*' \
                -not -path '*/.cache/*' | head -n 1)
        [ -n "$firefox_profile" ] &&
                { [ -f "$SYSTEM$firefox_profile/cert9.db" ] ||
                        guest_user certutil -N -d "sql:$firefox_profile" --empty-password; } &&
                guest_user certutil -A -d "sql:$firefox_profile" -t C,, -n lab -i /srv/pages/ca.pem &&
                guest_user mkdir -p "$home/.pki/nssdb" &&
                guest_user certutil -N -d "sql:$home/.pki/nssdb" --empty-password &&
                guest_user certutil -A -d "sql:$home/.pki/nssdb" -t C,, -n lab -i /srv/pages/ca.pem
}

# open_page BROWSER URL: starts the browser, or opens a tab in the one that runs.
open_page() {
        case $1 in
        firefox) guest_user firefox-esr --profile "$firefox_profile" "$2" ;;
        chromium) guest_user chromium --no-first-run --password-store=basic --disable-gpu --disable-quic \
                --disable-background-networking --disable-component-update --disable-sync "$2" ;;
        esac >>"$SYSTEM_OUTPUT/$1.log" 2>&1 </dev/null &
}

# browse BROWSER URL LOG: the server that keeps LOG is asked for the address.
browse() {
        open_page "$1" "$2"
        system_wait_for "grep -q -F '$2 ' '$SYSTEM/srv/pages/$3'"
}

# visit BROWSER URL: the page is there, and is asked for.
visit() {
        browse "$1" "$2" visits
}

# Both end, and forget what names led where. In here no processes are seen but the system's own.
browsers_end() {
        guest pkill -u "$SYSTEM_USER" -x 'firefox-esr|chromium'
        system_wait_for "! guest pgrep -u '$SYSTEM_USER' -x 'firefox-esr|chromium'"
}
