#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# org.nocontact.Daemon1.Regime and Person.UndoExtend on a real bus: what they do, what they refuse, that a
# refusal changes nothing, and that neither the passphrase nor its hash is told to anybody.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter

name=org.nocontact.Daemon1
root=/org/nocontact/Daemon1
secret='correct horse battery staple'
hours=3600000000
ledger=$XDG_DATA_HOME/nocontact/nocontact.db

call() { # INTERFACE METHOD ARGUMENT...: on the root object
        busctl --user call "$name" "$root" "$name.$1" "${@:2}" 2>&1
}

of_alex() { # METHOD ARGUMENT...
        busctl --user call "$name" "$alex" "$name.Person" "$@" 2>&1
}

of_nobody() { # METHOD ARGUMENT...
        busctl --user call "$name" "$root/person/0123456789abcdef0123456789abcdef" "$name.Person" "$@" 2>&1
}

get() { # PROPERTY
        busctl --user get-property "$name" "$root" "$name.Regime" "$1"
}

is() { # ANSWER COMMAND...
        local wanted=$1 answer

        answer=$("${@:2}")
        [ "$answer" = "$wanted" ] || {
                echo "# \"${*:2}\" gave \"$answer\", not \"$wanted\""
                return 1
        }
}

waits() { # COMMAND...: was it taken, for later?
        local answer

        answer=$("$@")
        [[ $answer =~ ^t\ [1-9] ]] || {
                echo "# \"$*\" gave \"$answer\""
                return 1
        }
}

everything() { # all that anybody is shown, less what runs with the clock, and all that is written down
        busctl --user --json=short call "$name" "$root" org.freedesktop.DBus.ObjectManager GetManagedObjects |
                sed -E 's/"(StreakUSec|LongestUSec|TotalUSec)":\{[^}]*\}//g'
        for interface in Manager Regime; do
                busctl --user --json=short call "$name" "$root" org.freedesktop.DBus.Properties GetAll s "$name.$interface" |
                        sed -E 's/"UnlockedUntilUSec":\{[^}]*\}//'
        done
        sqlite3 "$ledger" "SELECT count(*) FROM event"
}

refuses() { # SENTENCE-PART COMMAND...: it fails with that, and nothing has changed
        local before answer

        before=$(everything)
        answer=$("${@:2}") && {
                echo "# \"${*:2}\" was not refused: $answer"
                return 1
        }
        [[ $answer == *"$1"* ]] || {
                echo "# \"${*:2}\" complained: $answer"
                return 1
        }
        [ "$(everything)" = "$before" ] || {
                echo "# \"${*:2}\" changed something"
                return 1
        }
}

# busctl shows an error's sentence and not its name: each refusal has a sentence of its own
locked="friend's key is wanted first"

age() { # SECONDS: so much time passes while the daemon is stopped
        daemon_stop
        "$NOCONTACT_BUILD/tests/tools/ledger-age" "$ledger" "$1"
        daemon_start
}

daemon_start || exit 1
"$NOCONTACT" begin "Alex Doe" --days 30 --alias Lex --domain alexdoe.example >/dev/null || exit 1
alex=$(busctl --user --list tree "$name" | grep "^$root/person/" | head -1)
of_alex AddIdentity ss platform instagram >/dev/null || exit 1

# --- the beginning ---
check "the cool-down is a day at first" is "t $((24 * hours))" get CoolDownUSec
check "there is no key" is "b false" get KeySet
check "nothing is unlocked" is "t 0" get UnlockedUntilUSec
check "three exceptions are left" is "(ut) 3 0" get ExceptionsLeft
check "none is open" is "a(st) 0" get Exceptions

# --- hostile arguments ---
long=$(printf 'x%.0s' $(seq 201))
huge=$(printf 'x%.0s' $(seq 100000))
for usec in 0 1 $((24 * hours - 1)) $((14 * 24 * hours + 1)) 18446744073709551615; do
        check "a cool-down of $usec is refused" refuses "24 hours to 14 days" call Regime SetCoolDown t "$usec"
done
for minutes in 0 31 4294967295; do
        check "an exception of $minutes minutes is refused" refuses "1 to 30 minutes" call Regime Except su instagram "$minutes"
done
for target in facebook localhost 127.0.0.1 ../../etc/hosts '*' '# nocontact' "$(printf 'a\tb')"; do
        check "an exception of \"$target\" is refused" refuses "not blocked" call Regime Except su "$target" 5
done
check "an exception of nothing is refused" refuses "neither a platform" call Regime Except su "" 5
check "an exception of 100,000 bytes is refused" refuses "neither a platform" call Regime Except su "$huge" 5
check "what is not open is not closed" refuses "not open" call Regime EndException s instagram
check "100,000 bytes are not closed" refuses "not open" call Regime EndException s "$huge"
check "an empty passphrase is refused" refuses "1 to 200 bytes" call Regime SetKey s ""
check "a passphrase of 201 bytes is refused" refuses "1 to 200 bytes" call Regime SetKey s "$long"
check "a passphrase of 100,000 bytes is refused" refuses "1 to 200 bytes" call Regime SetKey s "$huge"
check "without a key there is nothing to unlock" refuses "no key" call Regime Unlock s "$secret"
check "nor to clear" refuses "no key" call Regime ClearKey
check "nothing was extended, and nothing is undone" refuses "no extension" of_alex UndoExtend
check "nobody is not extended" refuses "Unknown object" of_nobody UndoExtend
check "a wrong type is refused" refuses "" call Regime SetCoolDown s long
check "a missing argument is refused" refuses "" call Regime Except s instagram

# --- the ratchet ---
check "longer holds at once" is "t 0" call Regime SetCoolDown t $((72 * hours))
check "and is shown" is "t $((72 * hours))" get CoolDownUSec
check "a mistake is undone" is "t 0" call Regime SetCoolDown t $((48 * hours))
check "an extension is taken back" eval 'of_alex Extend u 300 >/dev/null && is "" of_alex UndoExtend'
check "and only once" refuses "no extension" of_alex UndoExtend
of_alex Extend u 1 >/dev/null
age 700
check "after ten minutes an extension stands" refuses "within ten minutes" of_alex UndoExtend
check "after ten minutes shorter waits" waits call Regime SetCoolDown t $((24 * hours))
check "once" refuses "waiting already" call Regime SetCoolDown t $((25 * hours))
check "it is among what waits" eval 'busctl --user get-property "$name" "$root" "$name.Manager" Pending | grep -q "Shorten the cool-down to 24 hours"'
pending=$(busctl --user get-property "$name" "$root" "$name.Manager" Pending | cut -d ' ' -f 3)
check "it can be taken back" is "" call Manager CancelPending t "$pending"
check "and is gone" is "a(tstt) 0" busctl --user get-property "$name" "$root" "$name.Manager" Pending
call Regime SetCoolDown t $((24 * hours)) >/dev/null
age $((48 * 3600))
check "the shorter one holds after the longer one has passed" is "t $((24 * hours))" get CoolDownUSec

# --- exceptions ---
check "an exception is given" waits call Regime Except su instagram 30
check "it is shown" eval 'get Exceptions | grep -q "^a(st) 1 \"instagram\" "'
check "two are left" eval 'get ExceptionsLeft | grep -q "^(ut) 2 [1-9]"'
check "it is open already" refuses "open already" call Regime Except su instagram 5
check "a domain in another spelling" waits call Regime Except su AlexDoe.Example 1
check "it opens no settings: an end waits" waits of_alex RequestEnd
check "a removal waits" waits of_alex RemoveIdentity ss platform instagram
check "it is closed" is "" call Regime EndException s instagram
check "the last one" waits call Regime Except su instagram 1
call Regime EndException s instagram >/dev/null
check "the quota is used up" refuses "used up" call Regime Except su instagram 1
age 86400
check "a day later one is back" eval 'get ExceptionsLeft | grep -q "^(ut) 1 "'
check "the exceptions have closed by themselves" is "a(st) 0" get Exceptions
check "they are in the ledger" [ "$(sqlite3 "$ledger" "SELECT count(*) FROM event WHERE kind = 'override'")" = 3 ]

# --- the friend's key ---
# what waited is done by now: Alex' commitment has ended
"$NOCONTACT" begin "Kim Poe" --days 30 --alias Kimmy --domain kimpoe.example >/dev/null || exit 1
alex=$(busctl --user --list tree "$name" | grep "^$root/person/" | tail -1)
age 700
busctl --user monitor "$name" >"$CLI_DIR/monitor" 2>&1 &
monitor=$!
wait_for 10 '[ -s "$CLI_DIR/monitor" ]'
check "a friend sets a key" is "" call Regime SetKey s "$secret"
check "it is there" is "b true" get KeySet
check "there is one already" refuses "a key already" call Regime SetKey s other
kill "$monitor"
wait "$monitor" 2>/dev/null
check "that was announced" grep -q KeySet "$CLI_DIR/monitor"
check "a wrong passphrase is none" refuses "not your friend's" call Regime Unlock s "correct horse"
check "an empty one is refused" refuses "1 to 200 bytes" call Regime Unlock s ""
check "one of 100,000 bytes is refused" refuses "1 to 200 bytes" call Regime Unlock s "$huge"
check "the right one gives five minutes" waits call Regime Unlock s "$secret"
check "which are shown" eval 'get UnlockedUntilUSec | grep -q "^t [1-9]"'
until=$(get UnlockedUntilUSec | cut -d ' ' -f 2)
left=$((until / 1000000 - $(date +%s)))
check "five, and no more ($left s)" [ "$left" -gt 200 ] && [ "$left" -le 301 ]
age 700
check "a restart locks again" is "t 0" get UnlockedUntilUSec
check "the key holds an end" refuses "$locked" of_alex RequestEnd
check "a removal" refuses "$locked" of_alex RemoveIdentity ss name Kimmy
check "the removal of a person" refuses "$locked" of_alex Remove
check "an exception" refuses "$locked" call Regime Except su kimpoe.example 5
check "and its own clearing" refuses "$locked" call Regime ClearKey
call Regime SetCoolDown t $((48 * hours)) >/dev/null
check "but no mistake" is "t 0" call Regime SetCoolDown t $((24 * hours))
check "nor more of a promise" is "" of_alex Extend u 1
check "nor its undoing" is "" of_alex UndoExtend
check "nor somebody whose commitment has ended" is "t 0" busctl --user call "$name" \
        "$(busctl --user --list tree "$name" | grep "^$root/person/" | head -1)" "$name.Person" Remove
for _ in 1 2 3 4 5; do
        call Regime Unlock s "guess" >/dev/null
done
check "after five tries in a minute the right one must wait" refuses "five tries" call Regime Unlock s "$secret"
daemon_stop
daemon_start
check "unlocked, an end is taken" eval 'waits call Regime Unlock s "$secret" && waits of_alex RequestEnd'
check "and the key's clearing, for later" waits call Regime ClearKey
check "it is among what waits" eval 'busctl --user get-property "$name" "$root" "$name.Manager" Pending | grep -q "Take the friend.*s key away"'
check "it is still there" is "b true" get KeySet

# --- what is told to nobody ---
# shellcheck disable=SC2034  # it stands in what eval runs
hash=$(sqlite3 "$ledger" "SELECT data ->> 'hash' FROM event WHERE kind = 'key.set'")
check "the ledger has a yescrypt hash" eval '[[ $hash == \$y\$* ]]'
rows() {
        busctl --user call "$name" "$root" "$name.Ledger" List asotu 0 / 0 1000
        "$NOCONTACT" log --json
        "$NOCONTACT" status --json
}
check "no listing has it" eval '! rows | grep -qF "${hash:3}"'
check "no property and no object has it" eval '! everything | grep -qF "${hash:3}"'
check "the log has neither hash nor passphrase" eval '! grep -qF -e "${hash:3}" -e "$secret" "$CLI_DIR/daemon.log"'
check "no file has the passphrase" eval '! grep -rqF "$secret" "$XDG_DATA_HOME"'
check "nothing in the ledger's words has it" eval 'rows | grep -q "key.set" && ! rows | grep -q "[$]y[$]"'

memory_has() { # TEXT: is it anywhere in the daemon's memory?
        local area rights begin end

        while read -r area rights _; do
                [[ $rights = rw* ]] || continue
                begin=$((16#${area%-*} / 4096)) end=$((16#${area#*-} / 4096))
                dd if="/proc/$daemon/mem" bs=4096 skip="$begin" count=$((end - begin)) 2>/dev/null |
                        grep -qaF "$1" && return 0
        done <"/proc/$daemon/maps"
        return 1
}
# a sanitizer keeps freed memory as it was
if [[ $NOCONTACT_BUILD != *asan* ]]; then
        check "the memory can be searched" memory_has "kimpoe.example"
        check "the passphrase is wiped from memory" eval '! memory_has "$secret"'
fi

age 86400
check "a day later the key is gone" is "b false" get KeySet
check "and so is the commitment" is 's "idle"' busctl --user get-property "$name" "$root" "$name.Manager" State
check "the state makes anew without a difference" eval \
        'daemon_stop; "$NOCONTACT_BUILD/nocontactd" --rebuild | grep -q "no difference"'
cli_leave
