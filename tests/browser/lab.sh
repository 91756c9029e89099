# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The browser lab: real browsers on a real (virtual) screen, visiting local pages under the platforms'
# real names, with a real notification server and a private session bus. A test sources this file first
# and is then run again inside its own mount, network and process namespaces:
#
#   - the network has loopback only: nothing leaves the machine, port 443 is free, and several labs can
#     run side by side;
#   - /etc/hosts and /tmp are the lab's own: the names lead to the lab's nginx, display numbers are free;
#   - when the script ends, by whatever means, the kernel ends every process it started. A test ends its
#     own by pid all the same, and the closing check says so when one was forgotten.
#
# It asserts nothing about time: a wait ends as soon as its condition holds, and its bound only keeps a
# broken run from hanging.
#
# Read from the environment:
#   NOCONTACT_BUILD  where nocontactd and nocontact lie   (build/plain)
#   LAB_OUTPUT       where screenshots and logs are left  (build/browser/<test>)
#   LAB_PATIENCE     the bound of a wait, in seconds      (60)
#
# A test sets LAB_POLICIES to an empty text when browsers are to have managed policies, for which it has an /etc of
# its own. It sets LAB_DNS=1 when the names are to come from a name server and /etc/hosts is to be empty.

set -u

LAB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_TEST=$(basename "$0" .sh)
LAB_OUTPUT=${LAB_OUTPUT:-$LAB_ROOT/build/browser/$LAB_TEST}
LAB_PATIENCE=${LAB_PATIENCE:-60}
NOCONTACT_BUILD=${NOCONTACT_BUILD:-$LAB_ROOT/build/plain}
# a relative path is one of the checkout, wherever the test was started
[[ $NOCONTACT_BUILD = /* ]] || NOCONTACT_BUILD=$LAB_ROOT/$NOCONTACT_BUILD

# shellcheck source=tests/browser/pages.sh
. "$LAB_ROOT/tests/browser/pages.sh"

LAB_SCREEN=${LAB_SCREEN:-1600x900}
# the browser's window; the strip to its right shows nothing but notifications
LAB_BROWSER_SIZE=${LAB_BROWSER_SIZE:-1160x880}
# where in the corner a notification stands, and its font
LAB_DUNST_OFFSET=${LAB_DUNST_OFFSET:-14x14}
LAB_DUNST_FONT=${LAB_DUNST_FONT:-DejaVu Sans 12}

# --- the namespaces --------------------------------------------------------------------------------

# The outer half: makes the folder, enters the namespaces, removes the folder when they are gone.
lab_enter() {
        local dir inner=0 status
        local flags=(--mount --net --pid --fork --kill-child --mount-proc)

        # root of its own namespace only, where the caller is an ordinary user
        [ "$(id -u)" -eq 0 ] || flags=(--user --map-root-user "${flags[@]}")

        dir=$(mktemp -d "${TMPDIR:-/tmp}/nocontact-lab.XXXXXX") || exit 1
        # a process of the old namespace may take a moment to let go of the folder
        # shellcheck disable=SC2064
        trap "rm -rf '$dir' 2>/dev/null || { sleep 1; rm -rf '$dir'; }" EXIT
        # shellcheck disable=SC2016
        trap '[ "$inner" -eq 0 ] || kill -TERM "$inner" 2>/dev/null' TERM INT HUP

        LAB_OUTSIDE=$dir unshare "${flags[@]}" -- "$BASH" "$0" "$@" &
        inner=$!
        wait "$inner"
        status=$?
        # a signal ends the first wait early
        while kill -0 "$inner" 2>/dev/null; do
                wait "$inner"
                status=$?
        done
        exit "$status"
}

if [ -z "${LAB_OUTSIDE-}" ]; then
        lab_enter "$@"
fi

# The inner half: /tmp is the lab's folder, through which the folders of ours that lie below it shine.
lab_mounts() {
        local ours
        mkdir -p "$LAB_OUTPUT"
        for ours in "$LAB_ROOT" "$NOCONTACT_BUILD" "$LAB_OUTPUT"; do
                [[ $ours = /tmp/* && -d $ours ]] || continue
                mkdir -p "$LAB_OUTSIDE/${ours#/tmp/}"
                mount --rbind "$ours" "$LAB_OUTSIDE/${ours#/tmp/}"
        done
        chmod 0755 "$LAB_OUTSIDE"
        mount --rbind "$LAB_OUTSIDE" /tmp
        cd "$LAB_ROOT" || exit 1

        LAB=/tmp/lab
        mkdir -p "$LAB" /tmp/.X11-unix
        chmod 1777 /tmp/.X11-unix

        pages_hosts >"$LAB/pages.hosts"
        if [ -n "${LAB_DNS-}" ]; then
                echo "127.0.0.1 localhost" >"$LAB/hosts"
                echo "nameserver 127.0.0.1" >"$LAB/resolv.conf"
        else
                cp "$LAB/pages.hosts" "$LAB/hosts"
                # no name server: an unknown name fails at once
                : >"$LAB/resolv.conf"
        fi
        # one that is replaced must be no mount point, or browsers that watch the folder would not see it
        if [ -n "${LAB_DNS-}" ]; then
                cp -a /etc "$LAB/etc" 2>/dev/null
                mount --bind "$LAB/etc" /etc || exit 1
                rm -f /etc/hosts /etc/resolv.conf
                cp "$LAB/hosts" "$LAB/resolv.conf" /etc/
                chmod 0644 /etc/hosts
                ip link set lo up
                ip address add "$PAGES_ADDRESS/32" dev lo
                return
        fi
        # a tree that was made by hand may lack the file to mount on
        [ -e /etc/hosts ] || : >/etc/hosts || exit 1
        mount --bind "$LAB/hosts" /etc/hosts || exit 1
        mount --bind "$LAB/resolv.conf" /etc/resolv.conf
        ip link set lo up
}

lab_environment() {
        unset WAYLAND_DISPLAY XAUTHORITY DISPLAY DBUS_SYSTEM_BUS_ADDRESS NOTIFY_SOCKET
        unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_CONFIG_DIRS XDG_DATA_DIRS
        export HOME=$LAB/home XDG_RUNTIME_DIR=$LAB/run LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC
        export DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
        export NO_AT_BRIDGE=1 MOZ_CRASHREPORTER_DISABLE=1
        export PATH=$NOCONTACT_BUILD:$PATH
        mkdir -p "$HOME" "$XDG_RUNTIME_DIR" "$LAB/log"
        chmod 0700 "$HOME" "$XDG_RUNTIME_DIR"
}

# --- results ---------------------------------------------------------------------------------------

# a failure leaves a screenshot and says what the daemon logged last
TAP_ENOUGH=${TAP_ENOUGH:-4}
# shellcheck source=tests/tap.sh
. "$LAB_ROOT/tests/tap.sh"

tap_diagnose() {
        lab_diagnose
}

lab_diagnose() {
        if [ -n "${DISPLAY-}" ]; then
                lab_screenshot "$LAB_OUTPUT/failed-$TAP_COUNT.png" &&
                        echo "# screen: $LAB_OUTPUT/failed-$TAP_COUNT.png"
        fi
        if [ -s "$LAB/log/daemon" ]; then
                tail -n 5 "$LAB/log/daemon" | sed 's/^/# daemon: /'
        fi
}

# lab_wait_for COMMAND...: until it succeeds, or the patience is at its end. A single argument is a line
# of shell.
lab_wait_for() {
        wait_for "$LAB_PATIENCE" "$@"
}

# --- processes -------------------------------------------------------------------------------------

# name -> pid of what is to be ended, and the names in the order of their start
declare -A LAB_PIDS=()
LAB_STARTED=()

# lab_spawn NAME COMMAND...: in the background, its output in log/NAME.
lab_spawn() {
        local name=$1
        shift
        "$@" >>"$LAB/log/$name" 2>&1 </dev/null &
        LAB_PIDS[$name]=$!
        # the shell is not to tell of its end
        disown "$!"
        LAB_STARTED+=("$name")
}

lab_alive() {
        local pid=${LAB_PIDS[$1]-}
        # a zombie is none: read the state, and not only that the number is taken
        [ -n "$pid" ] && [ "$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null)" != Z ] &&
                kill -0 "$pid" 2>/dev/null
}

# lab_end NAME [SIGNAL]: ends it and waits for its end; by force when it does not go.
lab_end() {
        local name=$1 signal=${2-TERM} pid=${LAB_PIDS[$1]-} gone=0
        [ -n "$pid" ] || return 0
        kill -s "$signal" "$pid" 2>/dev/null
        LAB_PATIENCE=20 lab_wait_for "! lab_alive $name" || {
                kill -KILL "$pid" 2>/dev/null
                gone=1
        }
        unset "LAB_PIDS[$name]"
        return "$gone"
}

# All processes of the namespace but this shell and its passing children.
lab_leftovers() {
        local dir pid parent
        for dir in /proc/[0-9]*; do
                pid=${dir#/proc/}
                [ "$pid" -ne $$ ] || continue
                parent=$(sed 's/.*) [A-Z] //; s/ .*//' "$dir/stat" 2>/dev/null) || continue
                # what this function itself runs in
                if [ "$pid" -eq "$BASHPID" ] || [ "$parent" = "$BASHPID" ]; then
                        continue
                fi
                grep -q '^State:.Z' "$dir/status" 2>/dev/null && continue
                [ -s "$dir/cmdline" ] || continue
                tr '\0' ' ' <"$dir/cmdline" 2>/dev/null | cut -c 1-120
        done
}

lab_nothing_left() {
        [ -z "$(lab_leftovers)" ]
}

lab_finish() {
        local status=$? i
        trap - EXIT TERM INT HUP
        TAP_ENOUGH=0
        for ((i = ${#LAB_STARTED[@]} - 1; i >= 0; i--)); do
                lab_end "${LAB_STARTED[i]}"
        done
        unset DISPLAY
        LAB_PATIENCE=20 lab_wait_for lab_nothing_left
        check "everything that was started has ended" lab_nothing_left || lab_leftovers | sed 's/^/# left: /'
        cp -r "$LAB/log" "$LAB/pages/visits" "$LAB_OUTPUT/" 2>/dev/null
        plan && [ "$status" -eq 0 ]
        exit
}

# --- the pages -------------------------------------------------------------------------------------

# Answers for the pages' names, and for no others.
lab_dns() {
        lab_spawn dns dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
                --addn-hosts="$LAB/pages.hosts" --listen-address=127.0.0.1 --bind-interfaces --pid-file= \
                --local-ttl=60
        lab_wait_for "getent ahostsv4 www.instagram.com"
}

lab_pages() {
        [ -z "${LAB_DNS-}" ] || lab_dns || return 1
        pages_write "$LAB/pages" || return 1
        lab_spawn nginx nginx -c "$LAB/pages/nginx.conf" -e "$LAB/pages/errors" -g "daemon off;"
        lab_wait_for "curl --silent --fail --cacert $LAB/pages/ca.pem https://www.instagram.com/ready"
}

# How often a page was asked for: lab_served URL [USER-AGENT-PART].
lab_served() {
        grep -F -- "$1 " "$LAB/pages/visits" 2>/dev/null | grep -c -F -- "${2-}"
}

# --- screen, bus, notifications --------------------------------------------------------------------

lab_screen() {
        local number fd
        mkfifo "$LAB/display"
        # opened for both, so that neither side waits for the other
        exec {fd}<>"$LAB/display"
        lab_spawn xvfb Xvfb -displayfd "$fd" -screen 0 "${LAB_SCREEN}x24" -nolisten tcp -noreset
        read -r -t "$LAB_PATIENCE" -u "$fd" number || return 1
        exec {fd}<&-
        export DISPLAY=:$number
        lab_wait_for xdpyinfo
}

lab_screenshot() {
        import -silent -window root "$1"
}

# A bus of its own without service folders: nothing is activated but by the test.
lab_bus() {
        cat >"$LAB/bus.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>$DBUS_SESSION_BUS_ADDRESS</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
CONF
        lab_spawn bus dbus-daemon --config-file="$LAB/bus.conf" --nofork --nopidfile
        lab_wait_for "[ -S $XDG_RUNTIME_DIR/bus ]" || return 1
        # the witness of every notification, whatever dunst makes of it
        lab_spawn notify dbus-monitor --session "interface='org.freedesktop.Notifications'"
}

lab_name_owned() {
        dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus /org/freedesktop/DBus \
                org.freedesktop.DBus.NameHasOwner "string:$1" 2>/dev/null | grep -q 'boolean true'
}

# A system bus of the lab's own, from which nocontact-enforcer is started when it is called, as root of
# this namespace, with the lab's /etc/hosts.
lab_system_bus() {
        export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$LAB/system-bus
        mkdir -p "$LAB/services" "$LAB/enforcer"
        cat >"$LAB/system-bus.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>$DBUS_SYSTEM_BUS_ADDRESS</listen>
  <servicedir>$LAB/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
CONF
        cat >"$LAB/services/org.nocontact.Enforcer1.service" <<CONF
[D-BUS Service]
Name=org.nocontact.Enforcer1
Exec=$NOCONTACT_BUILD/nocontact-enforcer --hosts /etc/hosts --state $LAB/enforcer --root ${LAB_POLICIES-$LAB/nowhere}
CONF
        cat >"$LAB/services/org.nocontact.EnforcerNetwork1.service" <<CONF
[D-BUS Service]
Name=org.nocontact.EnforcerNetwork1
Exec=$NOCONTACT_BUILD/nocontact-enforcer --network
CONF
        lab_spawn system-bus dbus-daemon --config-file="$LAB/system-bus.conf" --nofork --nopidfile
        lab_wait_for "[ -S $LAB/system-bus ]"
}

# What the daemon says of a layer: lab_layer_is NAME STATE [PATTERN of its sentence].
lab_layer_is() {
        nocontact status --json |
                jq -e --arg n "$1" --arg s "$2" --arg d "${3-}" '.layers[] | select(.name == $n and .state == $s and
                        (.detail | test($d)))' >/dev/null
}

# What a browser's window in sight is called: lab_title BROWSER PATTERN.
lab_title() {
        xdotool search --onlyvisible --class "$1" getwindowname %@ 2>/dev/null | grep -q -- "$2"
}

# Real dunst in the free strip. Its menu of actions is answered by the word in $LAB/choice, in place of a
# person who picks a line in dmenu.
lab_dunst() {
        mkdir -p "$HOME/.config/dunst"
        cat >"$LAB/choose" <<CONF
#!/bin/sh
cat >$LAB/choices
grep -i -m 1 -- "\$(cat $LAB/choice)" $LAB/choices
CONF
        chmod +x "$LAB/choose"
        cat >"$HOME/.config/dunst/dunstrc" <<CONF
[global]
monitor = 0
origin = top-right
offset = $LAB_DUNST_OFFSET
width = 400
height = 500
notification_limit = 5
font = $LAB_DUNST_FONT
padding = 14
horizontal_padding = 16
frame_width = 2
frame_color = "#5a7a99"
separator_height = 4
word_wrap = yes
show_indicators = yes
markup = full
format = "<b>%s</b>\n\n%b"
idle_threshold = 0
dmenu = $LAB/choose
[urgency_low]
background = "#f6f3ee"
foreground = "#28323c"
[urgency_normal]
background = "#f6f3ee"
foreground = "#28323c"
[urgency_critical]
background = "#f6f3ee"
foreground = "#28323c"
CONF
        if [ -n "${LAB_RELAY-}" ]; then
                lab_relay && lab_spawn dunst env DBUS_SESSION_BUS_ADDRESS="unix:path=$LAB_SERVER_BUS" \
                        dunst -config "$HOME/.config/dunst/dunstrc" || return 1
        else
                lab_spawn dunst dunst -config "$HOME/.config/dunst/dunstrc"
        fi
        lab_wait_for lab_name_owned org.freedesktop.Notifications
}

# What nocontactd does on a desktop through systemd, which does not run here: the filter in front of dunst.
lab_relay() {
        LAB_SERVER_BUS=$XDG_RUNTIME_DIR/nocontact/server-bus
        lab_spawn relay "$NOCONTACT_BUILD/nocontact-relay"
        lab_wait_for "[ -S '$LAB_SERVER_BUS' ]"
}

# The strip beside the browser, as a checksum of its pixels; nothing where the browser has the whole screen.
lab_strip() {
        local width=${LAB_SCREEN%x*} browser=${LAB_BROWSER_SIZE%x*}
        [ $((width - browser)) -gt 10 ] || return 0
        import -silent -window root -crop "$((width - browser - 10))x${LAB_SCREEN#*x}+$((browser + 10))+0" \
                rgb:- | md5sum
}

# dunst has a window up.
lab_popup_window() {
        xdotool search --onlyvisible --class '^dunst$' 2>/dev/null | grep .
}

# Something stands in the strip that was empty when the lab began, and it is dunst's window.
lab_popup_visible() {
        [ "$(lab_strip)" != "$LAB_EMPTY_STRIP" ] &&
                lab_popup_window >/dev/null
}

lab_no_popup() {
        [ "$(lab_strip)" = "$LAB_EMPTY_STRIP" ] && ! lab_popup_window
}

# How many notifications were asked for that do not replace an earlier one, since the witness began.
lab_new_popups() {
        awk '/member=Notify$/ { call = 1; next }
             call && /^   uint32 / { if ($2 == 0) n++; call = 0 }
             END { print n + 0 }' "$LAB/log/notify"
}

# lab_answer WORD: takes the action whose label holds the word, through dunst's own menu, whose lines are
# then in $LAB/choices.
lab_answer() {
        echo "$1" >"$LAB/choice"
        dunstctl context
}

# --- the daemon ------------------------------------------------------------------------------------

lab_daemon_start() {
        lab_spawn daemon "$NOCONTACT_BUILD/nocontactd"
        lab_wait_for "! lab_alive daemon || lab_name_owned org.nocontact.Daemon1" && lab_alive daemon
}

lab_daemon_stop() {
        lab_end daemon
}

lab_daemon_kill() {
        lab_end daemon KILL
}

# How many entries `nocontact attempts` has for which the jq filter holds; without one, how many at all.
lab_attempts() {
        nocontact attempts --json 2>/dev/null | jq "[.[] | select(${1:-true})] | length" 2>/dev/null
}

# lab_attempts_are N [FILTER]
lab_attempts_are() {
        [ "$(lab_attempts "${2-}")" = "$1" ]
}

# The same for the whole ledger.
lab_events() {
        nocontact log --json 2>/dev/null | jq "[.[] | select(${1:-true})] | length" 2>/dev/null
}

lab_events_are() {
        [ "$(lab_events "${2-}")" = "$1" ]
}

# --- the browsers ----------------------------------------------------------------------------------

lab_trust() {
        mkdir -p "$1"
        [ -f "$1/cert9.db" ] || certutil -N -d "sql:$1" --empty-password
        certutil -A -d "sql:$1" -t C,, -n "nocontact lab" -i "$LAB/pages/ca.pem"
}

# Firefox makes its own profile, listed in its own profiles.ini. The settings only keep its greetings,
# its questions at the end and its reports home away.
lab_firefox_profile() {
        timeout 60 firefox-esr --headless -CreateProfile lab >>"$LAB/log/firefox" 2>&1
        LAB_FIREFOX_PROFILE=$(find "$HOME" -type d -name '*.lab' -path '*firefox*' -not -path '*/.cache/*' |
                head -n 1)
        [ -n "$LAB_FIREFOX_PROFILE" ] || return 1
        cat >"$LAB_FIREFOX_PROFILE/user.js" <<'CONF'
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.preonboarding.enabled", false);
user_pref("termsofuse.bypassNotification", true);
user_pref("browser.startup.page", 0);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.sessionstore.resume_from_crash", false);
user_pref("browser.warnOnQuit", false);
user_pref("browser.tabs.warnOnClose", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("sidebar.revamp", false);
CONF
        LAB_FIREFOX=(firefox-esr --profile "$LAB_FIREFOX_PROFILE")
        lab_trust "$LAB_FIREFOX_PROFILE"
}

# Gives a browser's window its place, once it is there. Without a window manager it is the topmost of its
# class that has a size.
lab_place() {
        local window width=${LAB_BROWSER_SIZE%x*} height=${LAB_BROWSER_SIZE#*x}
        for window in $(xdotool search --onlyvisible --class "$1" 2>/dev/null); do
                xdotool windowmove "$window" 0 0 windowsize "$window" "$width" "$height" 2>/dev/null
        done
}

# Ends a browser as a person does, by its own keys: at a signal Chromium would lose the visits that it has
# not written down yet. lab_close NAME KEY
lab_close() {
        local name=$1 key=$2 window end=$((SECONDS + LAB_PATIENCE))
        while lab_alive "$name" && [ "$SECONDS" -lt "$end" ]; do
                for window in $(xdotool search --onlyvisible --class "$name" 2>/dev/null); do
                        xdotool windowfocus "$window" key "$key" 2>/dev/null
                done
                LAB_PATIENCE=2 lab_wait_for "! lab_alive $name" >/dev/null
        done
        if lab_alive "$name"; then
                echo "# $name does not end by $key"
                lab_end "$name"
                return 1
        fi
        unset "LAB_PIDS[$name]"
}

lab_firefox_start() {
        lab_spawn firefox "${LAB_FIREFOX[@]}" "${1-about:blank}"
        lab_wait_for "xdotool search --onlyvisible --class firefox" || return 1
        lab_place firefox
}

# lab_visited AGENT URL COMMAND...: runs the command, and is done when the page was asked for once more.
lab_visited() {
        local agent=$1 url=$2 before
        shift 2
        before=$(lab_served "$url" "$agent")
        "$@" >>"$LAB/log/visits" 2>&1 </dev/null &
        lab_wait_for "[ \$(lab_served '$url' '$agent') -gt $before ]" || return 1
        # the second start only hands the address over; it must not count as left over
        wait "$!"
}

lab_firefox_visit() {
        lab_visited Firefox/ "$1" "${LAB_FIREFOX[@]}" "$1"
}

lab_firefox_private() {
        lab_visited Firefox/ "$1" "${LAB_FIREFOX[@]}" --private-window "$1" || return 1
        # a window of its own, which must not cover the strip
        lab_place firefox
}

lab_firefox_quit() {
        lab_close firefox ctrl+q
}

lab_chromium_profile() {
        LAB_CHROMIUM_PROFILE=$HOME/.config/chromium
        LAB_CHROMIUM=(chromium "--user-data-dir=$LAB_CHROMIUM_PROFILE" --no-first-run --password-store=basic
                --disable-gpu --disable-quic --disable-background-networking --disable-component-update
                --disable-sync "--window-position=0,0" "--window-size=${LAB_BROWSER_SIZE/x/,}")
        # its sandbox refuses root; without --test-type it would say so in a bar
        [ "$(id -u)" -ne 0 ] || LAB_CHROMIUM+=(--no-sandbox --test-type)
        lab_trust "$HOME/.pki/nssdb"
}

lab_chromium_start() {
        lab_spawn chromium "${LAB_CHROMIUM[@]}" "${1-about:blank}"
        lab_wait_for "xdotool search --onlyvisible --class chromium"
}

lab_chromium_visit() {
        lab_visited Chrome/ "$1" "${LAB_CHROMIUM[@]}" "$1"
}

lab_chromium_private() {
        lab_visited Chrome/ "$1" "${LAB_CHROMIUM[@]}" --incognito "$1"
}

lab_chromium_quit() {
        lab_close chromium ctrl+shift+w
}

# The visited addresses in a copy of a browser's history.
lab_history() {
        local copy=$LAB/copy
        rm -rf "$copy"
        mkdir "$copy"
        cp "$1" "$copy/db" 2>/dev/null || return 1
        [ ! -f "$1-wal" ] || cp "$1-wal" "$copy/db-wal"
        [ ! -f "$1-journal" ] || cp "$1-journal" "$copy/db-journal"
        sqlite3 "$copy/db" "$2"
}

lab_firefox_history() {
        lab_history "$LAB_FIREFOX_PROFILE/places.sqlite" \
                "SELECT url FROM moz_places JOIN moz_historyvisits ON place_id = moz_places.id"
}

lab_chromium_history() {
        lab_history "$LAB_CHROMIUM_PROFILE/Default/History" \
                "SELECT urls.url FROM urls JOIN visits ON visits.url = urls.id"
}

lab_firefox_has() {
        lab_firefox_history | grep -q -x -F -- "$1"
}

lab_chromium_has() {
        lab_chromium_history | grep -q -x -F -- "$1"
}

# --- the whole -------------------------------------------------------------------------------------

lab_start() {
        trap lab_finish EXIT
        trap 'exit 1' TERM INT HUP
        check "the lab's pages are served" lab_pages &&
                check "the lab has a screen" lab_screen &&
                check "the lab has a session bus" lab_bus &&
                check "the lab has a notification server" lab_dunst &&
                check "the browsers trust the lab's pages" eval "lab_firefox_profile && lab_chromium_profile" ||
                exit 1
        LAB_EMPTY_STRIP=$(lab_strip)
}

lab_mounts
lab_environment
