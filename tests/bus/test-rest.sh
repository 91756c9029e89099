#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The daemon at rest, with a commitment and browser profiles to watch: small, asleep, and quiet in the
# log. A minute of strace shows what wakes it.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter

# a watchdog as the unit has it, but so short that the minute shows it
export WATCHDOG_USEC=40000000
export NOTIFY_SOCKET=$CLI_DIR/notify
mkdir -p "$HOME/.config/chromium/Default" "$HOME/.mozilla/firefox/abc.default"
printf '[Profile0]\nName=default\nIsRelative=1\nPath=abc.default\n' >"$HOME/.mozilla/firefox/profiles.ini"
sqlite3 "$HOME/.config/chromium/Default/History" 'CREATE TABLE urls(id INTEGER PRIMARY KEY, url LONGVARCHAR);
        CREATE TABLE visits(id INTEGER PRIMARY KEY AUTOINCREMENT, url INTEGER, visit_time INTEGER, from_visit INTEGER, transition INTEGER);'

daemon_start || exit 1
"$NOCONTACT" begin "Alex Doe" --alias Lex --phone "+1 555 010 9999" --email alex@example.org \
        --profile https://www.instagram.com/alex.doe/ --handle x:alexdoe >/dev/null || exit 1
# (with a domain and no enforcer it would look now and then whether there is one)
sleep 2

pss() { # the daemon's share of memory, in KiB
        awk '/^Pss:/ { print $2 }' "/proc/$daemon/smaps_rollup"
}
# a sanitizer's memory is not the daemon's
if [[ $NOCONTACT_BUILD != *asan* ]]; then
        echo "# PSS $(pss) KiB"
        check "its share of memory is under 8 MB" [ "$(pss)" -lt 8192 ]
fi

timeout 60 strace -f -p "$daemon" -o "$CLI_DIR/trace" 2>/dev/null
messages=$(grep -c 'WATCHDOG=1' "$CLI_DIR/trace")
wakeups=$(grep -cE 'epoll_wait.* = [0-9]+$' "$CLI_DIR/trace")
echo "# in 60 s: $messages messages to the watchdog, $wakeups wakeups"
check "the watchdog wakes it" [ "$messages" -ge 1 ]
check "nothing else wakes it" [ "$wakeups" -eq "$messages" ]
check "no file is touched" eval '! grep -qE "open|pread|pwrite|fsync|inotify|unlink" "$CLI_DIR/trace"'
check "the log holds no name and no number" eval '! grep -qiE "alex|lex|9999|doe" "$CLI_DIR/daemon.log"'
daemon_stop
cli_leave
