# fish completion for nocontact
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A test compares the verbs and options here with `nocontact help`.

# The people that there are; nothing when the daemon does not run.
function __nocontact_people
    nocontact list 2>/dev/null | string replace -rf '^([^ ].*) \([a-z]*\)$' '$1'
end

# Is the verb, which is the first word, one of these?
function __nocontact_verb
    set -l words (commandline -opc)
    test (count $words) -gt 1
    and contains -- $words[2] $argv
end

complete -c nocontact -f

complete -c nocontact -n __fish_use_subcommand -a begin -d 'begin a commitment, in one line'
complete -c nocontact -n __fish_use_subcommand -a status -d 'show how it is going'
complete -c nocontact -n __fish_use_subcommand -a urge -d 'note an urge that you felt and did not follow'
complete -c nocontact -n __fish_use_subcommand -a relapse -d 'note that you made contact'
complete -c nocontact -n __fish_use_subcommand -a attempts -d 'show attempts and slips, newest first'
complete -c nocontact -n __fish_use_subcommand -a stats -d 'show when urges and attempts come'
complete -c nocontact -n __fish_use_subcommand -a report -d 'look back, on a page with pictures'
complete -c nocontact -n __fish_use_subcommand -a log -d 'show everything in the ledger, newest first'
complete -c nocontact -n __fish_use_subcommand -a correct -d 'give an entry of the ledger another grade'
complete -c nocontact -n __fish_use_subcommand -a why -d 'say what was going on when an urge or an attempt came'
complete -c nocontact -n __fish_use_subcommand -a add -d 'add a person, or more ways to one'
complete -c nocontact -n __fish_use_subcommand -a remove -d 'take ways to a person away, or the whole person'
complete -c nocontact -n __fish_use_subcommand -a block -d 'block a whole platform, or show which are blocked'
complete -c nocontact -n __fish_use_subcommand -a list -d 'list people and the ways to them'
complete -c nocontact -n __fish_use_subcommand -a plan -d 'show, add or remove if-then plans of yours'
complete -c nocontact -n __fish_use_subcommand -a reasons -d 'show, add or remove reasons for your decision'
complete -c nocontact -n __fish_use_subcommand -a support -d 'show, add or remove people you can call'
complete -c nocontact -n __fish_use_subcommand -a holds -d 'show who was held, and read it when the time has come'
complete -c nocontact -n __fish_use_subcommand -a pass -d 'show, add or remove what always passes'
complete -c nocontact -n __fish_use_subcommand -a limited -d 'show or set the hours in which limited contact may come'
complete -c nocontact -n __fish_use_subcommand -a extend -d 'lengthen a commitment, at once'
complete -c nocontact -n __fish_use_subcommand -a end -d 'end a commitment before its time'
complete -c nocontact -n __fish_use_subcommand -a pending -d 'show the changes that wait, or take one back'
complete -c nocontact -n __fish_use_subcommand -a regime -d 'show how strict loosening is'
complete -c nocontact -n __fish_use_subcommand -a cool-down -d 'set how long a loosening waits, 24 hours at least'
complete -c nocontact -n __fish_use_subcommand -a key -d 'have a friend keep a second key to loosening'
complete -c nocontact -n __fish_use_subcommand -a open -d 'open one blocked platform or domain for some minutes'
complete -c nocontact -n __fish_use_subcommand -a close -d 'shut again what open opened'
complete -c nocontact -n __fish_use_subcommand -a browsers -d 'show your browsers, connect the extension in them, or their policies'
complete -c nocontact -n __fish_use_subcommand -a doctor -d 'say what works on this machine and what does not'
complete -c nocontact -n __fish_use_subcommand -a help -d 'show the verbs, or how one is used'
complete -c nocontact -n __fish_use_subcommand -a version -d 'show the version'

complete -c nocontact -n '__nocontact_verb begin report' -l days -x -d 'how long'
complete -c nocontact -n '__nocontact_verb begin add remove' -l alias -x -d 'another name or nickname'
complete -c nocontact -n '__nocontact_verb begin add remove' -l phone -x -d 'a phone number'
complete -c nocontact -n '__nocontact_verb begin add remove' -l email -x -d 'a mail address'
complete -c nocontact -n '__nocontact_verb begin add remove' -l handle -x -d 'a user name'
complete -c nocontact -n '__nocontact_verb begin add remove' -l profile -x -d 'the address of a page of theirs'
complete -c nocontact -n '__nocontact_verb begin add remove' -l domain -x -d 'a domain of theirs'
complete -c nocontact -n '__nocontact_verb begin add remove' -l platform -x -d 'a whole platform'
complete -c nocontact -n '__nocontact_verb begin add remove' -l app -x -d 'a conversation in an application'
complete -c nocontact -n '__nocontact_verb begin add' -l mode -x -a 'full limited' -d 'full or limited'
complete -c nocontact -n '__nocontact_verb begin' -l plan -x -d 'an if-then plan of yours'
complete -c nocontact -n '__nocontact_verb begin' -l reason -x -d 'a reason for your decision'
complete -c nocontact -n '__nocontact_verb begin' -l support -x -d 'somebody to call'
complete -c nocontact -n '__nocontact_verb begin status urge relapse attempts stats report log remove list plan reasons support extend end pending browsers doctor block regime cool-down key open holds pass limited' -l json -d 'print JSON'
complete -c nocontact -n '__nocontact_verb status' -l format -x -a waybar -d 'print what a custom module of waybar reads'
complete -c nocontact -n '__nocontact_verb urge relapse' -l note -x -d 'what was going on'
complete -c nocontact -n '__nocontact_verb urge' -l why -x -a 'late song saw drank argued closure other' -d 'the same in one word'
complete -c nocontact -n '__nocontact_verb urge relapse extend block' -l person -x -a '(__nocontact_people)' -d 'whom it is about'
complete -c nocontact -n '__nocontact_verb relapse' -l channel -x -d 'by what means'
complete -c nocontact -n '__nocontact_verb attempts log holds' -l limit -x -d 'at most so many'
complete -c nocontact -n '__nocontact_verb attempts stats log holds' -l person -x -a '(__nocontact_people)' -d 'only about this person'
complete -c nocontact -n '__nocontact_verb report' -l output -r -F -d 'write it there'
complete -c nocontact -n '__nocontact_verb report' -l no-open -d 'only write it'
complete -c nocontact -n '__nocontact_verb report' -l name -d 'put the name on the page'
complete -c nocontact -n '__nocontact_verb extend' -l undo -d 'take the last lengthening back'
complete -c nocontact -n '__nocontact_verb open' -l minutes -x -d 'for how long'
complete -c nocontact -n '__nocontact_verb browsers' -l yes -d 'turn policies on without being asked'
complete -c nocontact -n '__nocontact_verb correct' -l note -x -d 'why'
complete -c nocontact -n 'not __fish_use_subcommand' -l help -d 'show how the verb is used'

complete -c nocontact -n '__nocontact_verb add remove end limited report' -a '(__nocontact_people)'
complete -c nocontact -n '__nocontact_verb plan reasons support' -a 'add remove'
complete -c nocontact -n '__nocontact_verb holds' -a 'list show export verify not-them'
complete -c nocontact -n '__nocontact_verb holds' -F
complete -c nocontact -n '__nocontact_verb pass' -a 'list add remove word sender'
complete -c nocontact -n '__nocontact_verb pending' -a cancel
complete -c nocontact -n '__nocontact_verb key' -a 'set unlock clear'
complete -c nocontact -n '__nocontact_verb browsers' -a 'connect policies on off status'
complete -c nocontact -n '__nocontact_verb doctor' -a notifications
complete -c nocontact -n '__nocontact_verb correct' -a 'attempt slip relapse urge not-it'
complete -c nocontact -n '__nocontact_verb why' -a 'late song saw drank argued closure other none'
complete -c nocontact -n '__nocontact_verb help' -a 'begin status urge relapse attempts stats report log correct why add remove block list plan reasons support holds pass limited extend end pending regime cool-down key open close browsers doctor help version'
