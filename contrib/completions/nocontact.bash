# bash completion for nocontact
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A test compares the verbs and options here with `nocontact help`.

# The options of a verb.
_nocontact_options() {
        local identities='--alias --phone --email --handle --profile --domain --platform --app'

        case $1 in
        begin) echo "--days $identities --mode --plan --reason --support --json" ;;
        status) echo '--json --format' ;;
        urge) echo '--note --why --person --json' ;;
        relapse) echo '--channel --note --person --json' ;;
        attempts | log) echo '--limit --person --json' ;;
        stats) echo '--person --json' ;;
        report) echo '--output --no-open --days --name --json' ;;
        correct) echo '--note' ;;
        add) echo "$identities --mode" ;;
        remove) echo "$identities --json" ;;
        extend) echo '--undo --person --json' ;;
        block) echo '--person --json' ;;
        open) echo '--minutes --json' ;;
        holds) echo '--person --limit --json' ;;
        list | limited | pass | plan | reasons | support | end | pending | doctor | regime | cool-down | key) echo '--json' ;;
        browsers) echo '--yes --json' ;;
        esac
}

# The words that may stand in a place of their own.
_nocontact_words() {
        case $1 in
        plan | reasons | support) echo 'add remove' ;;
        holds) echo 'list show export verify not-them' ;;
        pass) echo 'list add remove' ;;
        pending) echo 'cancel' ;;
        key) echo 'set unlock clear' ;;
        browsers) echo 'connect policies on off status' ;;
        doctor) echo 'notifications' ;;
        correct) echo 'attempt slip relapse urge not-it' ;;
        why) echo 'late song saw drank argued closure other none' ;;
        help) _nocontact_verbs ;;
        esac
}

_nocontact_verbs() {
        echo 'begin status urge relapse attempts stats report log correct why add remove block list plan' \
                'reasons support holds pass limited extend end pending regime cool-down key open close browsers doctor help version'
}

# The people that there are, one for each line; nothing when the daemon does not run.
_nocontact_people() {
        nocontact list 2>/dev/null | sed -n 's/^\([^ ].*\) ([a-z]*)$/\1/p'
}

# Offers those people whose names begin with the current word, quoted for the shell.
_nocontact_offer_people() {
        local name

        while IFS= read -r name; do
                [[ $name == "$1"* ]] && COMPREPLY+=("$(printf '%q' "$name")")
        done < <(_nocontact_people)
}

_nocontact() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
        local verb=${COMP_WORDS[1]}

        COMPREPLY=()
        if [ "$COMP_CWORD" -eq 1 ]; then
                mapfile -t COMPREPLY < <(compgen -W "$(_nocontact_verbs)" -- "$current")
                return
        fi
        case $previous in
        --mode) mapfile -t COMPREPLY < <(compgen -W 'full limited' -- "$current") ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'waybar' -- "$current") ;;
        --output) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        --person) _nocontact_offer_people "$current" ;;
        --alias | --phone | --email | --handle | --profile | --domain | --platform | --app) ;;
        --days | --minutes | --limit | --note | --channel | --plan | --reason | --support) ;;
        *)
                case $current in
                -*) mapfile -t COMPREPLY < <(compgen -W "$(_nocontact_options "$verb") --help" -- "$current") ;;
                *) mapfile -t COMPREPLY < <(compgen -W "$(_nocontact_words "$verb")" -- "$current") ;;
                esac
                case $verb in
                add | remove | end | limited | report) [ "$COMP_CWORD" -eq 2 ] && _nocontact_offer_people "$current" ;;
                esac
                ;;
        esac
        return 0
}

complete -F _nocontact nocontact
