#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The command line with the real daemon on a private bus: every verb, its JSON, its exit status, and what
# a terminal gets to see.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter

# Asks the daemon something that has no verb.
ask() { # MEMBER ARGUMENT...
        dbus-send --session --print-reply --dest=org.nocontact.Daemon1 /org/nocontact/Daemon1 \
                "org.nocontact.Daemon1.Manager.$1" "${@:2}" >/dev/null
}
visit() { # URL
        ask ReportVisit "string:$1" string:manual:
}

# Makes everything that was recorded so far older by that many seconds.
age() {
        daemon_stop
        "$NOCONTACT_BUILD/tests/tools/ledger-age" "$CLI_DIR/data/nocontact/nocontact.db" "$1" &&
                daemon_start
}

json_keys() { # PATH KEY...: these keys, in this order
        json_is "$1.?" "${*:2} "
}

check "the daemon starts" daemon_start || {
        cli_leave
        exit 1
}

# --- nobody is here ---------------------------------------------------------------------------------

check "status of nobody says how to begin" eval 'ended 0 status && said "nocontact begin NAME"'
check "status --json of nobody is idle and empty" eval \
        'ended 0 status --json && json_is state idle && json_is people.# 0 && json_is pending.# 0'
check "waybar of nobody has no text" eval \
        'ended 0 status --format waybar && json_is text "" && json_is class idle && json_is percentage 0'
check "list of nobody says how to begin" eval 'ended 0 list && said "nocontact begin NAME"'
check "urge about nobody fails and says how to begin" eval 'ended 1 urge && complained "nocontact begin NAME"'
check "attempts of nobody is empty" eval 'ended 0 attempts --json && json_is "#" 0'
check "attempts of nobody says so" eval 'ended 0 attempts && said "No attempt and no slip so far."'
check "pending of nobody says so" eval 'ended 0 pending && said "Nothing waits."'
check "stats of nobody are silent, and say why" eval 'ended 0 stats && said "n = 0"'

# --- begin ------------------------------------------------------------------------------------------

begin_wrong() { # COMPLAINT ARGUMENT...: refused, and nobody is added
        ended 2 begin "Sam Roe" "${@:2}" && complained "$1" && ended 0 list --json && json_is "#" 0
}
check "begin with a wrong phone names it and changes nothing" \
        begin_wrong '--phone "12"' --email sam@example.org --phone 12
check "begin with a wrong address names it and changes nothing" \
        begin_wrong '--email "sam"' --phone "+1 555 010 9999" --email sam
check "begin with a wrong profile names it and changes nothing" \
        begin_wrong '--profile "not a page"' --profile "not a page"
check "begin with a wrong domain names it and changes nothing" \
        begin_wrong '--domain "localhost"' --domain localhost
check "begin with a wrong handle names it and changes nothing" \
        begin_wrong '--handle "alex"' --handle alex
check "begin with an empty name changes nothing" eval 'ended 2 begin "" && ended 0 list --json && json_is "#" 0'

begin_all() {
        ended 0 begin "Alex Doe" --days 30 --alias Lex --phone "+1 555 010 9999" \
                --email alex@example.org --profile https://www.instagram.com/alex.doe/ \
                --domain alexdoe.example --handle x:alexdoe --app signal:Alex \
                --plan "If it is late and I want to look, I call Sam." \
                --reason "I want to sleep again." --support "Sam +1 555 0100"
}
check "begin does everything in one line" begin_all
check "begin tells what is watched" eval 'said "Alex Doe, Lex" && said "+15550109999" && said alexdoe.example'
check "begin tells for how long" said "for 30 days, until 20"
check "begin tells what is not done in this version" said "nothing is blocked"
check "begin says how to go on" said "nocontact status"
check "begin a second time fails and changes nothing" eval \
        'ended 1 begin "alex doe" --phone "+1 555 010 8888" && complained "runs already" &&
                ended 0 list && ! grep -q 8888 "$CLI_DIR/out"'
check "what begin added is there" eval \
        'ended 0 list --json && json_is 0.name "Alex Doe" && json_is 0.locked true && json_is 0.mode full &&
                said "\"kind\":\"domain\",\"value\":\"alexdoe.example\"" && said "\"kind\":\"app\""'
check "the plan that begin added is there" eval 'ended 0 plan && said "I call Sam."'
check "the reason that begin added is there" eval 'ended 0 reasons --json && json_is 0.text "I want to sleep again."'
check "the support that begin added is there" eval 'ended 0 support && said "Sam +1 555 0100"'

# --- status -----------------------------------------------------------------------------------------

check "status --json has the keys of the contract" eval \
        'ended 0 status --json && json_keys - version state people layers pending &&
                json_keys people.0 id name mode hours began ends locked streak counts &&
                json_keys people.0.streak days seconds since longest_days total_days score next_milestone_days &&
                json_keys people.0.counts incoming urges attempts slips relapses held &&
                json_keys layers.0 name state detail'
check "status --json is active, and times are UTC" eval \
        'json_is state active && [[ $(json people.0.began) =~ ^20[0-9-]{8}T[0-9:]{8}Z$ ]] &&
                [[ $(json people.0.ends) =~ Z$ ]] && [[ $(json people.0.streak.since) =~ Z$ ]]'
check "status --json gives a score with a point" eval '[[ $(json people.0.streak.score) =~ ^[01]\.[0-9]+$ ]]'
check "the id is the last part of the object's path" eval \
        'dbus-send --session --print-reply --dest=org.nocontact.Daemon1 \
                "/org/nocontact/Daemon1/person/$(json people.0.id)" \
                org.nocontact.Daemon1.Person.ListIdentities >/dev/null'
check "the first day is called the first day" eval \
        'ended 0 status && said "Today is the first day." && ! grep -qi "0 days without\|day 0" "$CLI_DIR/out"'
check "status in a pipe has no colour" eval '! grep -q $'"'\\e'"' "$CLI_DIR/out"'
check "waybar's text names nobody" eval \
        'ended 0 status --format waybar && json_is text "first day" && json_is class active &&
                json_is percentage 0 && ! json text | grep -q Alex && json tooltip | grep -q Alex'
check "waybar's JSON is one line" eval '[ "$(wc -l <"$CLI_DIR/out")" -eq 1 ]'

# --- urge, relapse, attempts, correct ---------------------------------------------------------------

check "urge shows the plan and whom to call" eval \
        'ended 0 urge 7 --note "saw a photo" && said "I call Sam." && said "Sam +1 555 0100"'
check "urge takes no number either" ended 0 urge --person alex
check "urge --json gives the event" eval 'ended 0 urge 3 --json && [ "$(json event)" -gt 0 ]'
check "urge does not end the streak, and is counted" eval \
        'ended 0 status --json && json_is people.0.counts.urges 3 && json_is people.0.counts.slips 0'
check "a visit is listed as an attempt or slip" eval \
        'visit https://www.instagram.com/alex.doe/ && ended 0 attempts --json && json_is "#" 1 &&
                json_keys 0 event at person grade channel target corrected tag &&
                json_is 0.person "Alex Doe" && json_is 0.corrected false &&
                [[ $(json 0.target) = *alex.doe* ]] && [[ $(json 0.at) =~ Z$ ]]'
check "urge --why says why" eval \
        'ended 0 urge 4 --why drank && ended 0 log --limit 1 --json && json_is 0.kind urge && json_is 0.tag drank'
check "urge --why with another word lists the words and records nothing" eval \
        'ended 2 urge --why rain && complained "late, song, saw, drank, argued, closure, other" &&
                ended 0 log --limit 1 --json && json_is 0.tag drank'
check "an attempt has no tag at first" eval 'ended 0 attempts --json && json_is 0.tag null'
# shellcheck disable=SC2034  # read by the checks
event=$("$NOCONTACT" attempts --json | "$JSON_CHECK" 0.event)
check "why says it later" eval \
        'ended 0 why late "$event" && said "see a pattern later" && ended 0 attempts --json && json_is 0.tag late &&
                ended 0 attempts && said "why: late"'
check "why changes it" eval 'ended 0 why song "$event" && ended 0 attempts --json && json_is 0.tag song'
check "why takes it back" eval 'ended 0 why none "$event" && ended 0 attempts --json && json_is 0.tag null'
check "why is about the newest without a number" eval \
        'ended 0 why argued && ended 0 log --json --limit 2 && json_is 0.kind tagged && json_is 0.tag argued &&
                json_is 1.kind tagged && ended 0 log --json && said "\"kind\":\"urge\""'
check "why with another word lists the words" eval \
        'ended 2 why rain && complained "late, song, saw, drank, argued, closure, other"'
check "why of what is no attempt says so" eval 'ended 1 why late 1 && complained "no urge"'
check "attempts shows it on the screen" eval 'ended 0 attempts && said "alex.doe" && said "Alex Doe"'
check "status after a slip says nothing that shames" eval \
        'ended 0 status && ! grep -qi "fail\|broke\|lost\|sorry" "$CLI_DIR/out"'
# shellcheck disable=SC2034  # read by the checks
event=$("$NOCONTACT" attempts --json | "$JSON_CHECK" 0.event)
check "correct not-it makes it none" eval \
        'ended 0 correct "$event" not-it --note "a search result" && ended 0 attempts --json &&
                json_is 0.grade none && json_is 0.corrected true'
check "attempts says on the screen that it was corrected" eval 'ended 0 attempts && said "corrected: not it"'
check "correct makes an urge of it" eval \
        'ended 0 correct "$event" urge && ended 0 attempts --json && json_is 0.grade urge'
check "correct of what is not there fails" eval 'ended 1 correct 999999 slip && [ -s "$CLI_DIR/err" ]'
check "relapse is recorded, and says how to take it back" eval \
        'ended 0 relapse --channel phone --note "called" && said "not-it" && said "48 hours"'
check "relapse is counted" eval 'ended 0 status --json && json_is people.0.counts.relapses 1'
check "relapse --json gives the event" eval 'ended 0 relapse --channel phone --json && [ "$(json event)" -gt 0 ]'
check "a relapse that was a slip is among the attempts" eval \
        'event=$(json event) && ended 0 correct "$event" slip && ended 0 attempts --json && json_is "#" 2 &&
                json_is 0.event "$event" && json_is 0.grade slip'
check "attempts --limit keeps the newest" eval 'ended 0 attempts --limit 1 --json && json_is "#" 1 && json_is 0.event "$event"'
check "log lists everything" eval \
        'ended 0 log --json && [ "$(json "#")" -ge 15 ] && json_keys 0 event at kind person grade channel target note corrected tag'
check "log --limit limits" eval 'ended 0 log --limit 3 --json && json_is "#" 3'
check "log shows notes on the screen" eval 'ended 0 log && said "saw a photo" && said "identity.added"'
check "log of one person" eval 'ended 0 log --person alex --json && json_is 0.person "Alex Doe"'
check "log of a stranger fails" eval 'ended 1 log --person nobody && complained "nobody"'

check "an escape sequence in a note is refused" eval \
        'ended 2 urge --note $'"'\\e[31mred'"' && complained "note"'
# shellcheck disable=SC2034  # read by the checks
turned=$'\u202edet'
check "a mark that turns the direction is shown, not sent" eval \
        'ended 0 urge --note "$turned" && ended 0 log --limit 1 && said "\u202edet" && ! grep -q "$turned" "$CLI_DIR/out"'
check "such a mark is escaped in JSON" eval \
        'ended 0 log --limit 1 --json && ! grep -q "$turned" "$CLI_DIR/out" && [ "$(json 0.note)" = "$turned" ]'

# --- stats ------------------------------------------------------------------------------------------

check "stats below ten entries are silent, and say so" eval \
        'ended 0 stats && said "too few entries yet to say (n = 8, needed are 10)"'
check "stats --json below ten entries has null" eval \
        'ended 0 stats --json && json_is n 8 && json_is minimum 10 && json_is hours null && json_is weekdays null'
for _ in 1 2 3 4 5; do run urge; done
check "stats from ten entries on show the hours and days, and n" eval \
        'ended 0 stats && said "n = 13" && said "Monday" && said "00 to 03 h"'
check "stats --json from ten entries on has 24 hours and 7 weekdays" eval \
        'ended 0 stats --json --person alex && json_is n 13 && json_is hours.# 24 && json_is weekdays.# 7'

# --- plan, reasons, support -------------------------------------------------------------------------

check "plan add and remove" eval \
        'ended 0 plan add "If I am alone, I go out." --json && id=$(json id) && ended 0 plan && said "I go out." &&
                ended 0 plan remove "$id" && ended 0 plan && ! grep -q "go out" "$CLI_DIR/out"'
check "plan remove does not take a reason away" eval \
        'ended 0 reasons --json && id=$(json 0.id) && ended 1 plan remove "$id" && ended 0 reasons --json && json_is "#" 1'
check "the same plan twice fails" ended 1 plan add "If it is late and I want to look, I call Sam."
check "a plan that begins with dashes needs --" eval \
        'ended 2 plan add "--dash" && ended 0 plan add -- "--dash"'

# --- people -----------------------------------------------------------------------------------------

check "add gives an identity to the only person" eval \
        'ended 0 add --phone "+1 555 010 7777" && said "1 added" && ended 0 list && said "+15550107777"'
check "add of what is there changes nothing" eval \
        'ended 0 add alex --phone "+15550107777" && said "already"'
check "add of something wrong changes nothing" eval \
        'ended 2 add alex --phone "+1 555 010 6666" --email nonsense && complained "--email" &&
                ended 0 list && ! grep -q 6666 "$CLI_DIR/out"'
check "add makes a new person" eval 'ended 0 add "Álvaro Ruiz" --mode limited --phone "+34 600 123 456" && said "begin"'
check "add in another mode is refused" eval 'ended 1 add "Álvaro Ruiz" --mode full && complained "limited mode"'
check "a name is found in any case, by its beginning" eval \
        'ended 0 add áLV --email alvaro@example.org && said "Álvaro Ruiz"'
check "with two people, a verb wants a name and says which there are" eval \
        'ended 2 urge && complained "Alex Doe, Álvaro Ruiz"'
check "a beginning that fits two is refused" eval \
        'ended 0 add "Alexis Poe" && ended 1 urge --person ale && complained "more than one person" &&
                ended 0 remove "alexis poe"'
check "a whole name that begins another is meant itself" eval \
        'ended 0 add "Alex" && ended 0 urge --person alex --json && id=$(json event) && ended 0 log --limit 1 --json &&
                json_is 0.person Alex && ended 0 remove alex'
check "a name that nobody has is refused" eval 'ended 1 urge --person Kim && complained "Kim"'
check "begin takes a person who is here already" eval \
        'ended 0 begin "álvaro ruiz" --days 60 --alias Alvi && said "limited contact with Álvaro Ruiz for 60 days" && said "Alvi"'
check "two people are two in status" eval 'ended 0 status --json && json_is people.# 2 && json_is people.1.mode limited'
check "extend lengthens" eval \
        'ended 0 extend 10 --person Alex && said "Extended: until 20" && ended 0 extend 1 --person Alex --json && [[ $(json ends) =~ Z$ ]]'
check "extend beyond ten years is refused" eval 'ended 1 extend 3650 --person Alex && [ -s "$CLI_DIR/err" ]'
check "what was just added is taken away at once" eval \
        'ended 0 remove alex --phone "+15550107777" && said "Taken away." && ended 0 list && ! grep -q 7777 "$CLI_DIR/out"'
check "remove of what is not there fails" eval 'ended 1 remove alex --phone "+15550107777" && complained "--phone"'
check "what has just begun ends at once" eval 'ended 0 end Álvaro && said "has ended"'
check "a person without a commitment is taken away at once" eval \
        'ended 0 remove Álvaro --json && json_is due null && ended 0 list --json && json_is "#" 1'
check "the ledger keeps what it has about a removed person" eval \
        'ended 0 log --json && "$JSON_CHECK" - <"$CLI_DIR/out" | grep -q alvaro@example.org'

# --- a commitment holds -----------------------------------------------------------------------------

check "an hour passes" age 3600
held='said "This waits until 20" && said "nocontact pending" && said "nocontact pending cancel "'
check "remove waits, and ends with 3" eval "ended 3 remove --phone '+1 555 010 9999' && $held"
check "what waits to be removed is still there" eval 'ended 0 list && said "+15550109999"'
check "asking twice fails" ended 1 remove --phone "+1 555 010 9999"
check "end waits, and ends with 3" eval "ended 3 end && $held"
check "pending lists both" eval \
        'ended 0 pending --json && json_is "#" 2 && json_keys 0 id what asked due && [[ $(json 0.due) =~ Z$ ]]'
check "status lists what waits" eval 'ended 0 status && said "What waits" && said "15550109999"'
check "removing the person waits, and --json gives the time" eval \
        'ended 3 remove alex --json && [[ $(json due) =~ Z$ ]]'
cancel_all() {
        local id

        for id in 0 0 0; do
                ended 0 pending --json && id=$(json 0.id) && ended 0 pending cancel "$id" || return 1
        done
        ended 0 pending && said "Nothing waits."
}
check "pending cancel takes each back" cancel_all
check "pending cancel of what does not wait fails" ended 1 pending cancel 999999

# --- days pass --------------------------------------------------------------------------------------

check "five days pass" age 432000
check "status leads with the best figure" eval 'ended 0 status && said "5 days without contact"'
check "correct after 48 hours fails, and says why" eval 'ended 1 correct "$event" slip && [ -s "$CLI_DIR/err" ]'
check "waybar shows the days" eval \
        'ended 0 status --format waybar && json_is text "5 days" && [ "$(json percentage)" -gt 0 ]'
check "after a slip, what held comes first" eval \
        'visit https://www.instagram.com/alex.doe/ && ended 0 status && sed -n 2p "$CLI_DIR/out" | grep -q "contact-free days\? in all\|days in a row at best" &&
                said "Today is the first day."'
check "a relapse tells first what held" eval 'ended 0 relapse && sed -n 1p "$CLI_DIR/out" | grep -q "stay"'

# --- what stands when something fails in between ----------------------------------------------------

many=()
for n in $(seq 1001); do many+=(--alias "Robin $n"); done
check "begin that fails among the identities says what stands" eval \
        'ended 1 begin "Robin Moe" "${many[@]}" && complained "Robin Moe is here, newly added, and 1000 of 1001 identities" &&
                complained "the commitment has not begun" && ended 0 list --json && json_is 1.locked false'
for n in $(seq 100); do run plan add "Plan $n"; done
check "begin that fails after the commitment says that it has begun" eval \
        'ended 1 begin "Robin Moe" --plan "One plan too many" && complained "with Robin Moe has begun" &&
                complained "--plan \"One plan too many\"" && ended 0 list --json && json_is 1.locked true'
check "what was begun by mistake is taken back" ended 0 remove "Robin Moe"

# --- on a terminal ----------------------------------------------------------------------------------

terminal() { # COLUMNS ARGUMENT...: what a terminal of that width gets
        script -qec "stty cols $1; exec $(printf '%q ' "$NOCONTACT" "${@:2}")" /dev/null </dev/null >"$CLI_DIR/out" 2>&1
}
no_wider() { # COLUMNS
        [ "$(sed 's/\x1b\[[0-9]*m//g; s/\r//' "$CLI_DIR/out" | wc -L)" -le "$1" ]
}
check "a terminal gets colours, and none of them red" eval \
        'TERM=xterm terminal 80 status && grep -q $'"'\\e\\[32m'"' "$CLI_DIR/out" && ! grep -q $'"'\\e\\[[0-9;]*31'"' "$CLI_DIR/out"'
check "NO_COLOR is honoured" eval 'NO_COLOR=1 TERM=xterm terminal 80 status && ! grep -q $'"'\\e'"' "$CLI_DIR/out"'
check "an empty NO_COLOR does not count" eval 'NO_COLOR= TERM=xterm terminal 80 status && grep -q $'"'\\e'"' "$CLI_DIR/out"'
check "a dumb terminal gets no colours" eval 'TERM=dumb terminal 80 status && ! grep -q $'"'\\e'"' "$CLI_DIR/out"'
run urge --note "$(printf 'wörd %.0s' {1..60})"
check "a long line is cut on a terminal" eval 'TERM=xterm terminal 60 log --limit 5 && no_wider 60 && grep -q "…" "$CLI_DIR/out"'
check "a long line is whole in a pipe" eval 'ended 0 log --limit 1 && [ "$(grep -o wörd "$CLI_DIR/out" | wc -l)" -eq 60 ]'
check "sentences are wrapped on a terminal, not cut" eval \
        'TERM=xterm terminal 60 status && no_wider 60 && ! grep -q "…" "$CLI_DIR/out"'
check "help is wrapped on a terminal" eval 'TERM=xterm terminal 60 help begin && no_wider 60'
check "a terminal's JSON is indented, and JSON" eval \
        'TERM=xterm terminal 80 status --json && tr -d "\r" <"$CLI_DIR/out" | "$JSON_CHECK" && [ "$(wc -l <"$CLI_DIR/out")" -gt 20 ]'

# --- doctor, and the end ----------------------------------------------------------------------------

check "doctor sees the daemon and the private folder" eval \
        'run doctor; said "nocontactd 0" && said "mode 0700" && said "mode 0600"'
check "doctor --json agrees with its exit status" eval \
        'run doctor --json; case $(json ok) in true) [ "$status" -eq 0 ] ;; *) [ "$status" -eq 1 ] ;; esac'
check "doctor sees a folder that others can read" eval \
        'chmod 0755 "$CLI_DIR/data/nocontact" && ended 1 doctor && said "mode 0755"; chmod 0700 "$CLI_DIR/data/nocontact"'
check "bash completes the name of a person" eval \
        '[ "$(. "$CLI_ROOT/contrib/completions/nocontact.bash"; PATH=$NOCONTACT_BUILD:$PATH; COMP_WORDS=(nocontact urge --person Al); COMP_CWORD=3; _nocontact; echo "$COMPREPLY")" = "Alex\\ Doe" ]'
check "output that cannot be written is a failure" eval '! "$NOCONTACT" status --json >/dev/full 2>"$CLI_DIR/err"'
daemon_stop
check "without the daemon, status says how to start it" eval 'ended 1 status && complained "systemctl --user"'
printf '[D-BUS Service]\nName=org.nocontact.Daemon1\nExec=%s\n' "$NOCONTACT_BUILD/nocontactd" \
        >"$CLI_DIR/services/org.nocontact.Daemon1.service"
dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ReloadConfig >/dev/null
check "where D-Bus knows how, the call itself starts the daemon" eval 'ended 0 status && said "Alex Doe"'
started=$(dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / \
        org.freedesktop.DBus.GetConnectionUnixProcessID string:org.nocontact.Daemon1 | awk '{ print $2 }')
[ -z "$started" ] || kill "$started"

cli_leave
