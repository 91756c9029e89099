#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The report of a real daemon about real ledgers: a first day, a month, and two hundred days. What it counts
# is what the ledger holds; what it writes is the user's alone, names nobody, and replaces nothing of theirs.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter

page=$XDG_RUNTIME_DIR/nocontact/report.html
ledger=$XDG_DATA_HOME/nocontact/nocontact.db
unset DISPLAY WAYLAND_DISPLAY

# an application for the page, which notes what it was given
mkdir "$CLI_DIR/bin" "$CLI_DIR/none"
cat >"$CLI_DIR/bin/xdg-open" <<SH
#!/bin/sh
printf '%s\n' "\$#" "\$@" >"$CLI_DIR/opened.new"
mv "$CLI_DIR/opened.new" "$CLI_DIR/opened"
SH
chmod +x "$CLI_DIR/bin/xdg-open"
PATH=$CLI_DIR/bin:$PATH

lived() { # NAME DAYS PER_WEEK [SLIP_DAY...]: a ledger of those days, and its daemon
        [ -z "${daemon-}" ] || daemon_stop
        rm -rf "$XDG_DATA_HOME/nocontact"
        told=$("$NOCONTACT_BUILD/tests/tools/ledger-story" "$XDG_DATA_HOME/nocontact" "$@") && daemon_start
}

sum() { # FIELD: over all days of the last output
        jq "[.days[].$1] | add" "$CLI_DIR/out"
}

# --- nothing to look back at ------------------------------------------------------------------------

daemon_start || exit 1
check "a report of nobody says how to begin" eval 'ended 1 report && complained "nocontact begin NAME"'
"$NOCONTACT" add "Alex Doe" >/dev/null
check "a report without a commitment says so, and writes nothing" eval \
        'ended 1 report && complained "There is no commitment yet." && [ ! -e "$page" ]'
check "a report of somebody else fails" ended 1 report Sam

# --- the first day ----------------------------------------------------------------------------------

"$NOCONTACT" begin "Alex Doe" --days 30 --alias Lex >/dev/null
check "the first day has a report, and its path is printed" eval \
        'ended 0 report && [ "$(cat "$CLI_DIR/out")" = "$page" ] && [ ! -s "$CLI_DIR/err" ]'
check "only the user may read it" [ "$(stat -c '%a %a' "$page")" = "600 600" ]
check "and enter its folder" [ "$(stat -c %a "$(dirname "$page")")" = 700 ]
check "it is the first day, and no day zero" eval \
        'grep -q "Today is the first day" "$page" && ! grep -qE "(>|[^0-9])0 days" "$page"'
check "nobody is named" eval '! grep -qiwE "alex|doe|lex" "$page"'
check "unless it is wanted" eval 'ended 0 report --name && grep -q ">Alex Doe<" "$page"'
check "it is one day in JSON, and says nothing of hours" eval \
        'ended 0 report alex --json && json_is "days.#" 1 && json_is hours null && json_is n 0 && json_is minimum 10 &&
                json_is person.name "Alex Doe" && json_is person.streak.days 0'
check "the JSON has the keys of the contract" eval \
        'json_is "-.?" "made person days n minimum hours weekdays answers tags milestones facts "'

# --- a month with a slip ----------------------------------------------------------------------------

check "a month is lived" lived "Alex Doe" 30 10 12
read -r urges attempts slips <<<"$told"
check "each urge, attempt and slip is on its day" eval \
        'ended 0 report --json && [ "$(sum urges) $(sum attempts) $(sum slips)" = "$urges $attempts $slips" ]'
check "and in an hour of the week" eval \
        '[ "$(jq "[.hours.urges, .hours.visits | add] | @csv" -r "$CLI_DIR/out")" = "$urges,$((attempts + slips))" ] &&
                [ "$(jq "[.weekdays.urges, .weekdays.visits | add] | @csv" -r "$CLI_DIR/out")" = "$urges,$((attempts + slips))" ] &&
                json_is hours.urges.# 24 && json_is weekdays.visits.# 7'
check "every day comes once, the last of them today" eval \
        '[ "$(jq -r ".days[].date" "$CLI_DIR/out" | sort -u | wc -l)" -eq 31 ] &&
                jq -r ".days[].date" "$CLI_DIR/out" | sort -c && [ "$(json days.30.date)" = "$(json made | cut -c1-10)" ]'
check "the answers are those of the ledger" [ "$(jq '[.answers[].n] | add' "$CLI_DIR/out")" = \
        "$(sqlite3 "$ledger" "SELECT count(*) FROM event WHERE kind = 'nudge.answered'
                AND at_usec < (SELECT max(recorded_usec) FROM event WHERE kind = 'nudge.answered') - 1800000000")" ]
check "what else was recorded is told" eval \
        'json_is facts.exceptions 1 && json_is facts.repairs 1 && json_is facts.corrected 0 &&
                [ "$(json facts.held)" -gt 0 ] && json_is facts.held "$(json facts.incoming)"'
check "milestones of the longest streak" json_is milestones.3 14
check "the page shows what outlasts the slip first" eval \
        'ended 0 report && grep -A1 "class=\"kind\"" "$page" | grep -q "<h1><b>29 days</b> kept in all</h1>"'
check "the last days alone" eval 'ended 0 report --days 7 --json && json_is "days.#" 7 && [ "$(sum slips)" = 0 ]'
check "a slip that was none is counted as corrected" eval \
        'slip=$("$NOCONTACT" log --json | jq "[.[] | select(.kind == \"slip\")][0].event") && ended 0 correct "$slip" not-it &&
                ended 0 report --json && [ "$(sum slips)" = 0 ] && json_is facts.corrected 1 &&
                [ "$(json person.streak.days)" -ge 30 ]'

# --- where it is written ----------------------------------------------------------------------------

is_kept() { # CONTENT COMMAND...: the file is there, and the command fails and leaves it as it is
        printf '%s' "$1" >"$CLI_DIR/mine.html"
        ended 1 "${@:2}" && [ "$(cat "$CLI_DIR/mine.html")" = "$1" ]
}
check "--output writes there, for the user alone" eval \
        'ended 0 report --output "$CLI_DIR/there.html" && [ "$(cat "$CLI_DIR/out")" = "$CLI_DIR/there.html" ] &&
                [ "$(stat -c %a "$CLI_DIR/there.html")" = 600 ] && grep -q "</html>" "$CLI_DIR/there.html"'
check "a path without a folder is told whole" eval \
        '(cd "$CLI_DIR" && ended 0 report --output -here.html && [ "$(cat "$CLI_DIR/out")" = "$CLI_DIR/-here.html" ])'
check "what is there already stays as it is" eval \
        'is_kept "a letter" report --output "$CLI_DIR/mine.html" && complained "is there already"'
ln -s "$CLI_DIR/elsewhere" "$CLI_DIR/link.html"
check "nor is a link followed" eval 'ended 1 report --output "$CLI_DIR/link.html" && [ ! -e "$CLI_DIR/elsewhere" ]'
check "a folder that is not there is named" eval \
        'ended 1 report --output "$CLI_DIR/nowhere/page.html" && complained "nowhere/page.html"'
check "a folder that cannot be written to" eval 'ended 1 report --output /proc/page.html && complained /proc/page.html'
check "without a folder of the session it says what to do" eval \
        '! env -u XDG_RUNTIME_DIR "$NOCONTACT" report >/dev/null 2>"$CLI_DIR/err" && complained "--output"'

# no file may grow beyond its first bytes, which is a full disk
full() { # ARGUMENT...
        (trap '' XFSZ && prlimit --fsize=4096: "$NOCONTACT" "$@" >/dev/null 2>"$CLI_DIR/err")
}
check "on a full disk no half a page is left" eval \
        '! full report --output "$CLI_DIR/full.html" && complained "could not be written" && [ ! -e "$CLI_DIR/full.html" ]'
cp "$page" "$CLI_DIR/before"
check "and the last page stays whole" eval \
        '! full report && complained "could not be written" && cmp "$page" "$CLI_DIR/before" && [ "$(ls "$(dirname "$page")"/report*)" = "$page" ]'

# --- opening it -------------------------------------------------------------------------------------

opened() { # COMMAND...: was it opened, as one argument?
        rm -f "$CLI_DIR/opened"
        "$@" >"$CLI_DIR/out" 2>"$CLI_DIR/err" && wait_for 10 '[ -e "$CLI_DIR/opened" ]' &&
                [ "$(cat "$CLI_DIR/opened")" = $'1\n'"$(cat "$CLI_DIR/out")" ]
}
check "it is opened where there is a screen" opened env DISPLAY=:9 "$NOCONTACT" report
check "one of Wayland too" opened env WAYLAND_DISPLAY=wayland-9 "$NOCONTACT" report
# shellcheck disable=SC2016
check "whatever the file is called" opened env DISPLAY=:9 "$NOCONTACT" report --output "$CLI_DIR/a page; \$(b).html"
rm -f "$CLI_DIR/opened"
check "--no-open and no screen open nothing" eval \
        'DISPLAY=:9 ended 0 report --no-open && DISPLAY="" ended 0 report && DISPLAY=:9 ended 0 report --json && sleep 1 && [ ! -e "$CLI_DIR/opened" ]'
check "without xdg-open the page is written, and that is said" eval \
        'PATH=$CLI_DIR/none DISPLAY=:9 "$NOCONTACT" report >"$CLI_DIR/out" 2>"$CLI_DIR/err" && said "$page" && complained "xdg-open"'

# --- two hundred days -------------------------------------------------------------------------------

check "two hundred days are lived" lived "Alex <Doe> & \"Co\"" 200 25 40 41 97
# shellcheck disable=SC2034  # read by the checks
read -r urges attempts slips <<<"$told"
check "hundreds of entries are all counted" eval \
        'ended 0 report --json && json_is n $((urges + attempts + slips)) && [ "$(json n)" -gt 300 ] && json_is "days.#" 201 &&
                [ "$(sum urges) $(sum attempts) $(sum slips)" = "$urges $attempts $slips" ]'
check "after how many answers it was quiet is no more than there were" eval \
        '[ "$(jq "[.answers[] | select(.quiet > .n)] | length" "$CLI_DIR/out")" = 0 ] &&
                [ "$(jq "[.answers[].quiet] | add" "$CLI_DIR/out")" -gt 0 ]'
check "each day stands on the page once" eval \
        'ended 0 report --name && [ "$(grep -oE "[a-z]+day, [0-9]+ [A-Z][a-z]+ 20[0-9]{2}:" "$page" | sort -u | wc -l)" -eq 201 ] &&
                [ "$(grep -oE "[a-z]+day, [0-9]+ [A-Z][a-z]+ 20[0-9]{2}:" "$page" | wc -l)" -eq 201 ]'
check "a name is text" eval 'grep -qF ">Alex &lt;Doe&gt; &amp; &quot;Co&quot;<" "$page"'
check "the page asks for nothing" eval '! grep -qiE "https?:|src=|href=|url\(|@import|<script|<link" "$page"'
check "the same ledger gives the same page" eval \
        'sed "s/Made [^<]*//" "$page" >"$CLI_DIR/first" && ended 0 report --name && sed "s/Made [^<]*//" "$page" | cmp - "$CLI_DIR/first"'
daemon_stop
cli_leave
