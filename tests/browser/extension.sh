# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the tests of the extension share: it is installed as a package does, and browsers are used as a person
# does, by addresses, keys and clicks. Sourced after lab.sh.

# What `make install` brings to browsers, over the machine's own folders.
install_extension() {
        local dir
        make -C "$LAB_ROOT" BUILD="$LAB/build" DESTDIR="$LAB/stage" PREFIX=/usr LIBEXECDIR="$NOCONTACT_BUILD" \
                install-extension >"$LAB/log/install" 2>&1 || return 1
        mkdir -p "$LAB/stage/etc/chromium" "$LAB/stage/etc/firefox-esr"
        for dir in /usr/share/chromium /usr/share/mozilla /usr/lib/mozilla /etc/chromium /etc/firefox-esr; do
                mount -t overlay overlay -o "lowerdir=$LAB/stage$dir:$dir" "$dir" || return 1
        done
}

open_page() { # BROWSER URL [private]
        case $1 in
        firefox) "${LAB_FIREFOX[@]}" ${3:+--private-window} "$2" ;;
        chromium) "${LAB_CHROMIUM[@]}" ${3:+--incognito} "$2" ;;
        esac >>"$LAB/log/visits" 2>&1 </dev/null
}

shows() { # BROWSER URL PATTERN [private]
        open_page "$1" "$2" "${4-}" &
        lab_wait_for "lab_title $1 '$3'" && wait "$!"
}

# With another page before it, so that the pause page is the new one.
stops() { # BROWSER URL
        shows "$1" "https://news.example/between/witness$RANDOM" news.example && shows "$1" "$2" "^Pause"
}

press() { # BROWSER KEY
        local window
        for window in $(xdotool search --onlyvisible --class "$1" 2>/dev/null); do
                xdotool windowfocus "$window" key "$2" 2>/dev/null
        done
}

# Keys for the window that is in sight: the newest of its class.
window_of() { # BROWSER
        xdotool search --onlyvisible --class "$1" 2>/dev/null | tail -n 1
}

# As somebody who knows the address by heart. What the browser would add to it goes with Delete.
type_address() { # BROWSER URL
        local window
        window=$(window_of "$1")
        xdotool windowfocus "$window" key ctrl+l type --delay 15 -- "$2" 2>/dev/null &&
                xdotool key Delete Return
}

# A page tells the log when it was painted.
was_painted() { # BROWSER PATH
        local agent=Chrome/
        [ "$1" = chromium ] || agent=Firefox/
        grep -F "seen?painted$2 " "$LAB/pages/visits" | grep -q -F "$agent"
}

click() { # BROWSER [MODIFIER]
        local window
        window=$(window_of "$1")
        xdotool windowraise "$window" windowfocus "$window" mousemove 500 400
        if [ -n "${2-}" ]; then
                xdotool keydown "$2" click 1 keyup "$2"
        else
                xdotool click 1
        fi
}
