#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What was held, from the spool to the user: org.nocontact.Daemon1.Holds and `nocontact holds` and `pass` on a
# real bus. Files are laid into the spool as the relay does it.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter

name=org.nocontact.Daemon1
root=/org/nocontact/Daemon1
data=$XDG_DATA_HOME/nocontact
ledger=$data/nocontact.db

call() { # METHOD ARGUMENT...
        busctl --user call "$name" "$root" "$name.Holds" "$@" 2>&1
}

is() { # ANSWER COMMAND...
        local wanted=$1 answer

        answer=$("${@:2}")
        [ "$answer" = "$wanted" ] || {
                echo "# \"${*:2}\" gave \"$answer\", not \"$wanted\""
                return 1
        }
}

everything() { # all that is written down
        sqlite3 "$ledger" "SELECT count(*) FROM event"
        cat "$data/notifications.rules"
        ls "$data/held" "$data/spool"
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

age() { # SECONDS: so much time passes while the daemon is stopped
        daemon_stop
        "$NOCONTACT_BUILD/tests/tools/ledger-age" "$ledger" "$1"
        daemon_start
}

held=0
hold() { # PERSON-ID APP SUMMARY BODY: as the relay does it; $id is its name
        local message="the message $held" usec

        usec=$(date +%s%6N)
        printf -v id '%012x7000800000000000%04x' "$((usec / 1000))" "$held"
        [ -d "$data/spool" ] || mkdir -m 0700 "$data/spool"
        {
                printf '{"held":1,"id":"%s","at":%s,"zone":60,"person":"%s","via":"name","source":"relay",' "$id" "$usec" "$1"
                printf '"leaked":false,"app":"%s","desktop_entry":"","summary":"%s","body":"%s",' "$2" "$3" "$4"
                printf '"more":{"actions":["default","Open"],"hints":{"urgency":1}},"bytes":%d}\n' "${#message}"
                printf '%s' "$message"
        } >"$data/spool/.$id"
        mv "$data/spool/.$id" "$data/spool/$id"
        held=$((held + 1))
}

taken() { # all of them are in the ledger and kept
        [ "$(find "$data/held" -type f | wc -l)" -eq "$held" ] &&
                [ "$(sqlite3 "$ledger" "SELECT count(*) FROM event WHERE kind = 'contact.incoming'")" -eq "$held" ]
}

event_of() { # ID: the number of its event
        sqlite3 "$ledger" "SELECT seq FROM event WHERE data ->> 'held' = '$1'"
}

follow_chain() { # FILE: with a shell and sha256sum alone
        local line entry link=

        while IFS= read -r line; do
                entry=${line#'{"entry":'}
                entry=${entry%,\"link\":*}
                link=$(printf %s%s "$link" "$entry" | sha256sum | cut -d ' ' -f 1)
                [ "$line" = "{\"entry\":$entry,\"link\":\"$link\"}" ] || return 1
        done <"$1"
        [ "$entry" = '{"entries":1}' ]
}

secret="come back to me"
# a full disk sends no signal; the limit that stands for one does, and what is ignored here is so in the daemon
trap '' XFSZ

daemon_start || exit 1
check "the rules lie on the disk for the user alone" eval '[ "$(stat -c %a "$data/notifications.rules")" = 600 ]'
check "they name nobody yet" eval '! grep -q "Alex" "$data/notifications.rules"'
"$NOCONTACT" begin "Alex Doe" --days 30 >/dev/null || exit 1
"$NOCONTACT" begin "Sam Roe" --days 30 --mode limited >/dev/null || exit 1
wait_for 30 'grep -q "Alex Doe" "$data/notifications.rules"'
check "they name who is kept away from" grep -q "Alex Doe" "$data/notifications.rules"
alex=$(ended 0 list --json && json 0.id)
sam=$(ended 0 list --json && json 1.id)

# --- nothing yet ---
check "nothing was held" eval 'ended 0 holds && said "Nothing was held"'
check "nor can be shown" eval 'ended 1 holds show last && complained "Nothing was held"'
check "status says nothing of it" eval 'ended 0 status && ! said "Messages "'

# --- the intake ---
busctl --user monitor "$name" >"$CLI_DIR/monitor" 2>&1 &
monitor=$!
wait_for 10 '[ -s "$CLI_DIR/monitor" ]'
hold "$alex" "Telegram Desktop" "Alex Doe" "$secret"
first=$id
hold "$alex" Signal Lex "$secret"
hold "$sam" Signal "Sam Roe" "about the school"
# shellcheck disable=SC2034  # for eval
of_sam=$id
hold 0123456789abcdef0123456789abcdef Mail $'No\xef\xbf\xbebody' $'hello \xef\xb7\x90'
wait_for 30 taken
check "what lies in the spool is entered and kept" taken
kill "$monitor"
wait "$monitor" 2>/dev/null
check "that was announced as incoming" grep -q '"incoming"' "$CLI_DIR/monitor"
printf 'no held notification' >"$data/spool/0190000000007000800000000000000f"
wait_for 30 '[ -e "$data/spool/damaged/0190000000007000800000000000000f" ]'
check "what is none is put aside" [ -e "$data/spool/damaged/0190000000007000800000000000000f" ]

# --- counts and senders, and not a word more ---
check "holds says how many, of whom and from whom" eval 'ended 0 holds && said "Alex Doe: 2 held" && said "Sam Roe: 1 held" && said "Lex" && said "Telegram Desktop"'
check "and not a word of theirs" eval '! said "come back"'
check "holds --json too" eval 'ended 0 holds --person Alex --json && json_is 0.person "Alex Doe" && json_is 0.held 2 && json_is 0.senders.0.count 1 && ! said "come back"'
check "holds list numbers them" eval 'ended 0 holds list && said "$(event_of "$first")" && ! said "come back"'
check "status says how many" eval 'ended 0 status && said "2 held" && said "1 held"'
check "status --json too" eval 'ended 0 status --json && json_is people.0.counts.held 2 && json_is people.0.counts.incoming 2 && json_is people.0.streak.days 0'
check "no list of the daemon has a word of theirs" eval '! call Summary | grep -q "come back" && ! call List otu / 0 100 | grep -q "come back" && ! "$NOCONTACT" log --json | grep -q "come back"'

# --- while a promise runs ---
check "in full mode it cannot be read" eval 'ended 3 holds show "$(event_of "$first")" && complained "can be read after 20" && ! said "come back"'
check "nor over the bus" refuses "can be read after" call Show t "$(event_of "$first")"
check "nor be exported" eval 'ended 3 holds export "$CLI_DIR/alex" --person Alex && complained "can be read after" && [ ! -e "$CLI_DIR/alex" ]'
check "nor with all the others" eval 'ended 3 holds export "$CLI_DIR/all" && [ ! -e "$CLI_DIR/all" ]'
check "nor over the bus" refuses "can be read after" call Export otu "$root/person/$alex" 0 10
check "in limited mode it can" eval 'ended 0 holds show "$(event_of "$of_sam")" && said "about the school"'
check "with everything that came" eval 'ended 0 holds show "$(event_of "$of_sam")" --json && json_is complete true && json_is actions.1 Open && json_is hints.urgency 1 && json_is file "$data/held/$of_sam"'
check "and the digest of the message" eval 'json_is message_sha256 "$(tail -n +2 "$data/held/$of_sam" | sha256sum | cut -d " " -f 1)"'
check "of a stranger it can" eval 'ended 0 holds show last && said hello'
check "and be exported" eval 'ended 0 holds export "$CLI_DIR/sam" --person Sam && said "1 written"'
check "for the user alone" eval '[ "$(stat -c %a "$CLI_DIR/sam")" = 600 ]'
check "which can be checked" eval 'ended 0 holds verify "$CLI_DIR/sam" && said "It is whole: 1 "'
check "it does not overwrite" eval 'ended 1 holds export "$CLI_DIR/sam" --person Sam && complained "there already"'
check "a changed byte is found" eval 'sed s/school/schooL/ "$CLI_DIR/sam" >"$CLI_DIR/changed" && ended 1 holds verify "$CLI_DIR/changed" && complained "line 2 does not fit"'
check "the chain can be followed with other tools" follow_chain "$CLI_DIR/sam"

# --- hostile arguments ---
for event in 0 1 999999 18446744073709551615; do
        check "event $event is not shown" refuses "no held notification" call Show t "$event"
        check "nor is it not them" refuses "no held notification" call NotThem t "$event"
        check "nothing of number $event passes" refuses "Nothing of that number" call RemovePass t "$event"
done
for limit in 0 10001 4294967295; do
        check "a list of $limit is refused" refuses "from 1 to 10000" call List otu / 0 "$limit"
        check "an export of $limit is refused" refuses "from 1 to 10000" call Export otu / 0 "$limit"
done
for path in "$root" /org "$root/persons/x"; do
        check "$path is no person in a list" refuses "no such person" call List otu "$path" 0 10
        check "$path is no person in an export" refuses "no such person" call Export otu "$path" 0 10
done
check "somebody who is not there has none" is "a(ttossssbb) 0" call List otu "$root/person/0000000000000000000000000000000a" 0 10
check "before the first there is none" is "a(ttossssbb) 0" call List otu / 1 10
check "after the last there is none" is "ast 0 0" call Export otu / 18446744073709551615 10
huge=$(printf 'x%.0s' $(seq 100000))
for value in "" a "$huge" $'sch\001ool' "Alex Doe"; do
        check "$(printf '%.20q' "$value") is no word that passes" refuses "" call AddPass ss word "$value"
done
for value in "" Anna telegram: :Anna "$huge"; do
        check "$(printf '%.20q' "$value") is no sender that passes" refuses "" call AddPass ss sender "$value"
done
check "a topic is no kind" refuses "a word or a sender" call AddPass ss topic school
check "nor is nothing" refuses "a word or a sender" call AddPass ss "" school
check "a wrong type is refused" refuses "" call Show s last

# --- what always passes ---
verdict() { # APP SUMMARY BODY
        busctl --user call "$name" "$root" "$name.Manager" CheckText sss "$@" | cut -d ' ' -f 2
}
check "nothing passes at first" eval 'ended 0 pass list && said "Nothing always passes"'
check "while a promise runs, a word waits" eval 'ended 3 pass add word school && said "This waits until"'
check "it is among what waits" eval 'ended 0 pending && said "with the word school pass"'
check "once" eval 'ended 1 pass add word school && complained "waiting already"'
check "not them waits too" eval 'ended 3 holds not-them "$(event_of "$first")" && said "This waits until"'
check "but it counts no more at once" eval 'ended 0 status --json && json_is people.0.counts.incoming 1'
check "nothing passes yet" is '"hold"' verdict Mail "Alex Doe" school
check "a wrong kind is told" eval 'ended 2 pass add topic school'
check "the value is wanted" eval 'ended 2 pass add word'
age $((2 * 86400))
check "after the cool-down the word passes" is '"deliver"' verdict Mail "Alex Doe" school
check "and the sender" is '"deliver"' verdict "Telegram Desktop" "Alex Doe" hi
check "and nothing else" is '"hold"' verdict Signal "Alex Doe" hi
check "the relay is told" grep -q telegram "$data/notifications.rules"
check "what was held of that sender can be read" eval 'ended 0 holds show "$(event_of "$first")" && said "come back"'
check "both are listed" eval 'ended 0 pass list --json && json_is 0.kind word && json_is 0.value school && json_is 1.kind sender && json_is 1.value "telegram desktop:Alex Doe"'
# shellcheck disable=SC2034  # for eval
number=$(json 1.id)
check "one is taken away at once" eval 'ended 0 pass remove "$number" && is "\"hold\"" verdict "Telegram Desktop" "Alex Doe" hi'
check "and once" eval 'ended 1 pass remove "$number"'
check "then it cannot be read any more" eval 'ended 3 holds show "$(event_of "$first")"'
wait_for 30 '! grep -q telegram "$data/notifications.rules"'
check "the relay is told" eval '! grep -q telegram "$data/notifications.rules"'

# --- after a crash ---
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
mv "$data/held/$first" "$data/spool/$first" # as if it had come between the entry and the move
hold "$alex" Signal "Alex Doe" "while it was away"
daemon_start || exit 1
wait_for 30 taken
check "what was entered already is moved alone, and what came meanwhile is entered" taken

# --- on a full disk ---
prlimit --pid "$daemon" --fsize=1:
hold "$alex" Signal "Alex Doe" "no room for this"
sleep 1 # long enough for a try; the log cannot tell of it, since it may not grow either
check "on a full disk it stays in the spool" [ -e "$data/spool/$id" ]
prlimit --pid "$daemon" --fsize=unlimited:
wait_for 30 taken
check "when there is room again it is entered by itself" taken

# --- when it is over ---
age $((40 * 86400))
check "after the promise it can be read" eval 'ended 0 holds show last --person Alex && said "no room for this"'
check "and all of it exported" eval 'ended 0 holds export "$CLI_DIR/all" --json && json_is entries "$held"'
link=$(json link)
check "which holds the text" grep -q "come back to me" "$CLI_DIR/all"
check "and verifies with the same link" eval 'ended 0 holds verify "$CLI_DIR/all" --json && json_is whole true && json_is link "$link"'
check "in pages it is the same" eval '
        after=0; entries=; while :; do
                page=$(busctl --user --json=short call "$name" "$root" "$name.Holds" Export otu / "$after" 2)
                entries+=$("$JSON_CHECK" data.0.0 <<<"$page" 2>/dev/null)$("$JSON_CHECK" data.0.1 <<<"$page" 2>/dev/null)
                after=$("$JSON_CHECK" data.1 <<<"$page") && [ "$after" -gt 0 ] || break
        done; [ "$(grep -o "message_sha256" <<<"$entries" | wc -l)" -eq "$held" ]'
rm "$data/held/$first"
check "without its file there is what the ledger knows" eval 'ended 0 holds show "$(event_of "$first")" && said "Its file is gone" && said "Telegram Desktop"'

# --- a person who is removed ---
"$NOCONTACT" remove "Alex Doe" >/dev/null
check "of somebody who is not here any more all is kept" eval 'ended 0 holds && said "not here any more: " && ended 0 holds show "$(event_of "$of_sam")"'
check "the log of the daemon names nobody" eval '! grep -qiE "alex|sam roe|lex|come back|school|telegram" "$CLI_DIR/daemon.log"'
daemon_stop
check "the state makes anew without a difference" eval '"$NOCONTACT_BUILD/nocontactd" --rebuild | grep -q "no difference"'
cli_leave
