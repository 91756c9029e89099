#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The command line without a daemon: help, wrong usage, the sentence that says how to start it; and
# whether manual page and completions say the same as help.

# shellcheck source=tests/bus/cli.sh
. "$(dirname "$0")/cli.sh"
cli_enter

verbs() {
        "$NOCONTACT" help | sed -n 's/^  \([a-z-]*\) .*/\1/p'
}

brief() { # ARGUMENT...: as a test's sentence shows them
        printf '%q ' "$@" | cut -c 1-60 | sed 's/ *$//'
}

# "verb option" for each option of each verb, as help tells them.
help_pairs() {
        local verb

        for verb in $(verbs); do
                "$NOCONTACT" help "$verb" | sed -n "s/^  --\([a-z-]*\).*/$verb \1/p"
        done | grep -v ' help$' | sort
}

# --- help -------------------------------------------------------------------------------------------

check "help shows every verb that the issue asks for" eval \
        'for v in begin add remove list status log urge attempts stats report plan reasons support extend end pending correct doctor help version; do
                verbs | grep -qx "$v" || { echo "# $v is missing"; false; break; }
        done'
same_help() { # VERB
        "$NOCONTACT" help "$1" >"$CLI_DIR/a" && "$NOCONTACT" "$1" --help >"$CLI_DIR/b" &&
                cmp "$CLI_DIR/a" "$CLI_DIR/b"
}
for verb in $(verbs); do
        check "help $verb is what $verb --help shows" same_help "$verb"
done
check "--help and -h are help" eval 'ended 0 --help && said begin && ended 0 -h && said begin'
check "--version is version" eval 'ended 0 --version && said "nocontact 0" && ended 0 version && said "nocontact 0"'

# --- wrong usage ------------------------------------------------------------------------------------

is_wrong() { # COMPLAINT ARGUMENT...
        ended 2 "${@:2}" && complained "$1" && [ ! -s "$CLI_DIR/out" ]
}
wrong() { # COMPLAINT ARGUMENT...
        check "nocontact $(brief "${@:2}") is wrong usage, and says why" is_wrong "$@"
}
wrong "Say what to do"
wrong '"dance"' dance
wrong '"dance"' help dance
wrong "Say with whom" begin
wrong "--days" begin Alex --days 0
wrong "3651" begin Alex --days 3651
wrong "thirty" begin Alex --days thirty
wrong " 30" begin Alex --days " 30"
wrong "+30" begin Alex --days +30
wrong "99999999999999999999" begin Alex --days 99999999999999999999
wrong "--days needs a value" begin Alex --days
wrong "--days needs a value" begin Alex --days --json
wrong "--mode" begin Alex --mode strict
wrong "--plan is empty" begin Alex --plan ""
wrong "500 bytes" begin Alex --reason "$(printf 'x%.0s' {1..501})"
wrong "--dance" begin Alex --dance
wrong "-x" begin Alex -x
wrong "one too many" begin Alex Doe
wrong "--json takes no value" status --json=yes
wrong "--format is waybar" status --format polybar
wrong "go apart" status --json --format waybar
wrong "Say what to add" add
wrong "Say what or whom" remove
wrong "--json" add Alex --json
wrong "how many days" extend
wrong "DAYS" extend 0
wrong "DAYS" extend soon
wrong "intensity" urge 0
wrong "intensity" urge 11
wrong "intensity" urge much
wrong "too long" urge --note "$(printf 'x%.0s' {1..4097})"
wrong "64 bytes" relapse --channel "$(printf 'x%.0s' {1..65})"
wrong "one too many" relapse phone
wrong "--limit" attempts --limit 0
wrong "--limit" log --limit many
wrong "which entry" correct
wrong "which entry" correct 5
wrong "EVENT" correct five slip
wrong "GRADE" correct 5 sin
wrong "Say what to add" plan add
wrong "Say which one" reasons remove
wrong "ID" support remove Sam
wrong "add or remove" plan dance
wrong "which change" pending cancel
wrong "ID" pending cancel all
wrong '"dance"' pending dance
wrong "one too many" end Alex Doe
wrong "which one" holds show
wrong "EVENT" holds show first
wrong "which one" holds not-them
wrong "which file" holds export
wrong "which file" holds verify
wrong "list, show, export, verify or not-them" holds read
wrong "--limit" holds list --limit 0
wrong "what is to pass" pass add word
wrong "a word or a sender" pass add topic school
wrong "which one" pass remove
wrong "ID" pass remove first
wrong "list, add or remove" pass by
wrong "one too many" status now
wrong "one too many" list all
wrong "one too many" stats all
wrong "one too many" report Alex Doe
wrong "--days" report --days 0
wrong "go apart" report --json --output page.html
wrong '"now"' browsers now
wrong '"now"' browsers connect now
wrong '"maybe"' browsers policies maybe
wrong "one too many" browsers policies on now
wrong "with --yes" browsers policies on
wrong '"now"' doctor now
wrong "one too many" doctor notifications now
wrong "one too many" version now
wrong "not valid UTF-8" begin $'A\xff'
wrong "not valid UTF-8" urge --note $'A\xff'
wrong "not valid UTF-8" urge --note=$'A\xff'
check "an escape sequence in a wrong argument is shown, not sent" \
        is_wrong 'dance\x1b[31m' $'dance\e[31m'

# --- no daemon --------------------------------------------------------------------------------------

is_alone() { # ARGUMENT...
        ended 1 "$@" && complained "systemctl --user enable --now nocontactd" &&
                [ "$(wc -l <"$CLI_DIR/err")" -eq 1 ] && [ ! -s "$CLI_DIR/out" ]
}
alone() { # ARGUMENT...
        check "without a daemon, nocontact $(brief "$@") says how to start it" is_alone "$@"
}
alone begin "Alex Doe"
alone begin "Alex Doe" --phone "+1 555 010 9999"
alone add "Alex Doe"
alone add --phone "+1 555 010 9999"
alone remove Alex
alone remove --phone "+1 555 010 9999"
alone list
alone status
alone status --json
alone status --format waybar
alone log
alone urge
alone relapse
alone attempts --json
alone stats
alone report
alone plan
alone plan add "If it is late, I sleep."
alone reasons remove 1
alone support
alone extend 5
alone end
alone pending
alone pending cancel 1
alone holds
alone holds show 1
alone holds not-them 1
alone pass
alone pass add word school
alone pass remove 1
alone correct 1 none
no_bus() { # ARGUMENT...
        env -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR="$CLI_DIR/none" "$NOCONTACT" "$@" \
                >"$CLI_DIR/out" 2>"$CLI_DIR/err"
        [ $? -eq 1 ] && complained "systemctl --user enable --now nocontactd"
}
check "without a bus, status says how to start it" no_bus status
check "without a bus, attempts says how to start it" no_bus attempts --json
check "without a daemon, doctor says so and ends with 1" eval \
        'ended 1 doctor && said "nocontactd does not run" && said "notifications"'
check "without a daemon, doctor --json says so and ends with 1" eval \
        'ended 1 doctor --json && json_is ok false && json_is checks.0.name "session bus"'
no_bus_doctor() {
        env -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR="$CLI_DIR/none" "$NOCONTACT" doctor \
                >"$CLI_DIR/out" 2>"$CLI_DIR/err"
        [ $? -eq 1 ] && said "There is none to be reached"
}
check "without a bus, doctor says so and ends with 1" no_bus_doctor
check "output that cannot be written is a failure" eval \
        '! "$NOCONTACT" help >/dev/full 2>"$CLI_DIR/err" && complained "could not be written"'

# --- the manual page and the completions ------------------------------------------------------------

man_pairs() {
        awk '$1 == ".Ss" { verb = $2 }
             $1 == ".Sh" { verb = "" }
             verb && $1 == ".It" && $2 == "Fl" { sub("-", "", $3); print verb, $3 }' \
                "$CLI_ROOT/contrib/man/nocontact.1" | sort
}
man_verbs() {
        sed -n 's/^\.Ss \([a-z-]*\).*/\1/p' "$CLI_ROOT/contrib/man/nocontact.1"
}
bash_pairs() {
        (
                # shellcheck source=contrib/completions/nocontact.bash
                . "$CLI_ROOT/contrib/completions/nocontact.bash"
                for verb in $(_nocontact_verbs); do
                        for option in $(_nocontact_options "$verb"); do
                                echo "$verb ${option#--}"
                        done
                done | sort
        )
}
bash_verbs() {
        (
                . "$CLI_ROOT/contrib/completions/nocontact.bash"
                _nocontact_verbs | tr ' ' '\n'
        )
}
fish_pairs() {
        sed -n "s/^complete -c nocontact -n '__nocontact_verb \([a-z -]*\)' -l \([a-z-]*\).*/\2 \1/p" \
                "$CLI_ROOT/contrib/completions/nocontact.fish" |
                awk '{ for (i = 2; i <= NF; i++) print $i, $1 }' | sort
}
fish_verbs() {
        sed -n 's/^complete -c nocontact -n __fish_use_subcommand -a \([a-z-]*\).*/\1/p' \
                "$CLI_ROOT/contrib/completions/nocontact.fish"
}
# a verb's branch of the `case`, with the shared lists put in their places
zsh_pairs() {
        awk '
                function add(text,   name) {
                        while (match(text, /--[a-z-]+\[/)) {
                                name = substr(text, RSTART + 2, RLENGTH - 3)
                                for (v in current)
                                        if (name != "help") print v, name
                                text = substr(text, RSTART + RLENGTH)
                        }
                }
                /^        (identities|json|person|mode|help)=\(/ { split($1, part, "="); list = part[1] }
                list { lists[list] = lists[list] $0 }
                list && /\)$/ { list = "" }
                /^        case \$words/ { inside = 1 }
                /^        esac/ { inside = 0 }
                inside && /^        [a-z| -]+\)$/ {
                        split("", current)
                        gsub(/[|)]/, " ")
                        n = split($0, names, " ")
                        for (i = 1; i <= n; i++) current[names[i]] = 1
                        next
                }
                inside {
                        for (l in lists)
                                if (index($0, "$" l)) add(lists[l])
                        add($0)
                }' "$CLI_ROOT/contrib/completions/_nocontact" | sort
}
zsh_verbs() {
        sed -n "s/^                '\([a-z-]*\):[a-z].*'$/\1/p" "$CLI_ROOT/contrib/completions/_nocontact"
}
same() { # COMMAND COMMAND
        diff <("$1") <("$2") >"$CLI_DIR/out" 2>"$CLI_DIR/err"
}
sorted_verbs() { verbs | sort; }
for source in man bash zsh fish; do
        eval "${source}_sorted() { ${source}_verbs | sort; }"
        check "the $source text names the verbs that help names" same sorted_verbs "${source}_sorted"
        check "the $source text names the options that help names" same help_pairs "${source}_pairs"
done

bash_completes() { # WORD...: what bash offers for the last word, one a line
        (
                . "$CLI_ROOT/contrib/completions/nocontact.bash"
                COMP_WORDS=(nocontact "$@")
                COMP_CWORD=$#
                PATH=$NOCONTACT_BUILD:$PATH
                _nocontact
                printf '%s\n' "${COMPREPLY[@]}"
        )
}
check "bash completes a verb" eval '[ "$(bash_completes att)" = attempts ]'
check "bash completes an option" eval '[ "$(bash_completes begin Alex --em)" = --email ]'
check "bash completes a mode" eval '[ "$(bash_completes begin Alex --mode l)" = limited ]'
check "bash completes the verb of help" eval '[ "$(bash_completes help doc)" = doctor ]'
for shell in bash zsh fish; do
        case $shell in
        bash) file=nocontact.bash ;;
        zsh) file=_nocontact ;;
        fish) file=nocontact.fish ;;
        esac
        if command -v "$shell" >/dev/null; then
                check "$shell can read its completion" "$shell" -n "$CLI_ROOT/contrib/completions/$file"
        fi
done
if command -v mandoc >/dev/null; then
        check "the manual pages are free of warnings" eval \
                'mandoc -T lint -W warning "$CLI_ROOT"/contrib/man/* >"$CLI_DIR/out" 2>&1'
fi

cli_leave
