#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The enforcer on a whole system, called as a user's daemon would call it: what is held stays held, whatever is
# done to the file, the clock, the processes and the power; and it ends when it should, whatever is gone by then.

# shellcheck source=tests/system/boot.sh
. "$(dirname "$0")/boot.sh"
# shellcheck source=tests/system/browsers.sh
. "$(dirname "$0")/browsers.sh"
# shellcheck source=tests/system/enforcer.sh
. "$(dirname "$0")/enforcer.sh"

# --- what no call may do ------------------------------------------------------------------------------

INVALID=org.nocontact.Error.InvalidArgument

# Names that /etc/hosts must never hold, as a new lease would be asked to hold them beside the old.
bad_names() {
        local long
        long=$(printf 'a%.0s' {1..64})
        printf '%s\n' localhost a.localhost localhost.localdomain nocontact-test nocontact-test.local printer.local \
                single 127.0.0.1 ::1 0x7f.1 1.2.3.4 "$long.example" "-a.example" "a-.example" "a_b.example" \
                "Upper.example" "münchen.example" "a..example" ".example" "a.example." "a b.example" \
                $'a.example\t127.0.0.1' "a.example#" "*.example" "2.0.192.in-addr.arpa" "router.internal"
}

all_are_refused() {
        local name before count=0
        before=$(state)
        while read -r name; do
                fails_with $INVALID hold $((40 * DAY)) "${HELD[@]}" "$name" || {
                        echo "# $name"
                        return 1
                }
                count=$((count + 1))
        done < <(bad_names)
        echo "# $count names"
        [ "$(state)" = "$before" ]
}

# busctl takes what the command line of dbus-send does not, and tells no error's name.
unnamed() { # METHOD SIGNATURE [ARGUMENT...]
        guest_user busctl --system call org.nocontact.Enforcer1 /org/nocontact/Enforcer1 org.nocontact.Enforcer1 "$@"
}

too_many() {
        local many
        mapfile -t many < <(seq -f 'n%.0f.example' 20001)
        refused "more than can be taken" unnamed Hold asast 20001 "${many[@]}" 0 "$(date +%s)000000"
}

wrong_types() {
        refused "Call failed" unnamed Hold s alexdoe.example &&
                refused "Call failed" unnamed Hold asas 0 0 &&
                refused "Call failed" unnamed Release s now &&
                refused "Call failed" unnamed Except asi 1 alexdoe.example 5 &&
                refused "Failed to set" guest_user busctl --system set-property org.nocontact.Enforcer1 \
                        /org/nocontact/Enforcer1 org.nocontact.Enforcer1 Address s 127.0.0.1
}

exceptions_are_bounded() {
        refused $INVALID call Except "$(names alexdoe.example)" uint32:31 &&
                refused $INVALID call Except array:string: uint32:5 &&
                refused org.nocontact.Error.NotFound call Except "$(names news.example)" uint32:5
}

# --- too many repairs ---------------------------------------------------------------------------------

# Six in a minute are made at once; then it rests. The path unit has brought on what is resting.
enforcer_rests() {
        check "the end of the block is gone, the seventh in a minute" tampered 's/^# End of what.*\n//m'
        check "one repair too many in a minute rests" \
                refused org.nocontact.Error.LimitExceeded call Reconcile
        check "what is held stays held" is_shut alexdoe.example
        check "and it is said how often it was repaired" eval "[ \"\$(property Repairs '[0]')\" = 6 ]"
}

enforcer_goes_on() {
        check "then it is repaired" system_wait_for is_repaired
        check "and the enforcer has left by itself" system_wait_for unit_is inactive nocontact-enforcer.service
}

# --- what is there afterwards -------------------------------------------------------------------------

# Every file of the disk that changed since MARK, but for what the system itself and the user write.
changed_since() {
        (cd "$SYSTEM_WRITTEN" && find . -xdev -type f -newercm "$1" -not -path './var/log/*' \
                -not -path './var/lib/systemd/*' -not -path './home/*' -not -path './srv/pages/*' \
                -not -path './var/cache/*' -not -path './tmp/*' -not -path './var/tmp/*') | LC_ALL=C sort
}

wrote_nothing_else() {
        changed_since "$SYSTEM_OUTPUT/mark" >"$SYSTEM_OUTPUT/changed"
        grep -v -x -E './etc/hosts|./var/lib/nocontact/(lock|repairs|1000\.lease(\.old)?)' \
                "$SYSTEM_OUTPUT/changed" | sed 's/^/# /' | grep . && return 1
        grep -q -x ./etc/hosts "$SYSTEM_OUTPUT/changed"
}

journal_says_no_name() {
        guest journalctl --no-pager --quiet --all --output=export --identifier=nocontact-enforcer \
                >"$SYSTEM_OUTPUT/journal.enforcer"
        grep -a -q MESSAGE= "$SYSTEM_OUTPUT/journal.enforcer" &&
                ! grep -a -i -E 'alexdoe|grown' "$SYSTEM_OUTPUT/journal.enforcer"
}

# --- what else can be done to the file, the processes and the power ------------------------------------

# Their services, session, screen; and root's program. No processes but the system's own are seen in here.
everything_is_killed() {
        guest pkill -KILL -x nocontact-enfor
        guest pkill -KILL -u "$SYSTEM_USER"
        system_wait_for "! guest pgrep -u '$SYSTEM_USER'"
}

# While the system is off, from a rescue disk.
tampered_while_off() {
        system_off && perl -0777 -pe 's/^.*# nocontact\n//mg' "$HOSTS" >"$SYSTEM_OUTPUT/tampered" &&
                cat "$SYSTEM_OUTPUT/tampered" >"$HOSTS" && system_on &&
                system_wait_for system_is_seated
}

removed() {
        : >"$SYSTEM_OUTPUT/tampered"
        guest rm /etc/hosts
}

# Its mode is then what such a file has.
is_repaired_from_nothing() {
        cmp -s <(with_block "${HELD[@]}" </dev/null) "$HOSTS" && has_its_mode
}

is_repaired_behind_the_link() {
        is_repaired && [ "$(readlink "$HOSTS")" = hosts.real ]
}

owner_puts_it_back() {
        guest sh -c 'cat >/etc/hosts.new && mv /etc/hosts.new /etc/hosts && rm -f /etc/hosts.real' \
                < <(with_block "${HELD[@]}" <"$OWN")
}

# Another file takes its name, in which a line has lost its tag. That line is the owner's then, and would stay
# when all is lifted; the lines of ours are made anew.
replaced_without_tags() {
        tampered 's/^(127\.66\S* www\S*) # nocontact/$1/m; s/^10\.0.*\n//m' \
                'cat >/etc/hosts.new && mv /etc/hosts.new /etc/hosts' && system_wait_for is_repaired &&
                grep -q -x "$ADDRESS www.alexdoe.example" "$HOSTS"
}

# ------------------------------------------------------------------------------------------------------

system_start
touch "$SYSTEM_OUTPUT/mark"
enforcer_begins
check "the browsers have profiles that trust the pages, and no extension" eval \
        "browsers_without_extension && browsers_prepare"
check "Chromium sees the site" visit chromium http://alexdoe.example/before
check "Firefox sees the site" visit firefox http://alexdoe.example/before
check "the browsers end" browsers_end
touch "$SYSTEM_OUTPUT/mark"

enforcer_holds
enforcer_grows
check "no bad name is taken" all_are_refused
check "nor an end in eleven years" refused $INVALID hold $((4015 * DAY)) "${HELD[@]}"
check "nor more than 20,000 names" too_many
check "nor other arguments" wrong_types
check "nor exceptions beyond their bounds" exceptions_are_bounded
check "a name is let be for a minute" call Except "$(names www.alexdoe.example)" uint32:1
check "and opens, alone" eval "is_open www.alexdoe.example && is_shut alexdoe.example"
check "the minute passes" elapse 61
check "and it is shut" eval "holds_exactly \"\${HELD[@]}\" && is_shut www.alexdoe.example"
check "two more are used, and shut again at once" eval "for i in 2 3; do
        call Except '$(names www.alexdoe.example)' uint32:30 && ! holds_exactly \"\${HELD[@]}\" &&
                call Except '$(names www.alexdoe.example)' uint32:0 && holds_exactly \"\${HELD[@]}\" || exit; done"
check "a fourth is not to be had" refused org.nocontact.Error.LimitExceeded call Except \
        "$(names www.alexdoe.example)" uint32:1
enforcer_asks_polkit

enforcer_repairs
tamper "one line is gone" 's/^127\.66\S* www.*\n//m'
tamper "the IPv6 lines are gone" 's/^::ffff:.*\n//mg'
tamper "lines have changed places" 's/^(127\.66.*\n)(::ffff.*\n)/$2$1/m'
enforcer_rests
check "Chromium is led to the sinkhole" browse chromium http://alexdoe.example/held sunk
check "Firefox is led to the sinkhole" browse firefox http://blog.alexdoe.example/held sunk
check "the browsers end again" browsers_end
check "no page was seen" eval "! grep -F /held '$SYSTEM/srv/pages/visits'"
enforcer_goes_on
enforcer_keeps_the_owner
enforcer_minds_no_clock

check "the file is replaced, and a line has lost its tag: repaired" replaced_without_tags
check "the owner puts their own lines right" owner_puts_it_back
check "the file is a link now" tampered 's/^::ffff.*\n//mg' \
        'cat >/etc/hosts.real && ln -sf hosts.real /etc/hosts'
check "the file behind it is repaired, the link stays" system_wait_for is_repaired_behind_the_link
check "a file again" owner_puts_it_back
check "everything of the user is killed" everything_is_killed
check "and the file removed" removed
check "it is made anew, with nobody there" system_wait_for is_repaired_from_nothing
check "the owner puts their own lines right again" owner_puts_it_back
check "the block is removed while the system is off" tampered_while_off
check "it is repaired after the boot" system_wait_for is_repaired

check "the power fails while names are added: the file is whole, and so is the lease" power_fails_while_it_grows
enforcer_ends_early

check "Chromium sees the site again" visit chromium http://alexdoe.example/after
check "Firefox sees the site again" visit firefox http://blog.alexdoe.example/after
check "the browsers end for good" browsers_end

# the enforcer alone, as if nobody came back; a new lease knows nothing of the time before it
ELAPSED=0
check "a name is held for an hour" hold $HOUR alexdoe.example
check "everything is killed" everything_is_killed
check "the home is deleted" guest rm -rf "/home/$SYSTEM_USER"
check "the hour passes, and six days" elapse $((6 * DAY))
check "it may be that somebody comes and renews it" holds_exactly alexdoe.example
check "a week after the end" elapse $((DAY + 2 * HOUR))
check "the file is as its owner left it" is_as_its_owner_left_it
check "root wrote nothing else" wrote_nothing_else
check "the journal says no name" journal_says_no_name
check "a home, and somebody in it" eval "guest install -d -o $SYSTEM_UID -g $SYSTEM_UID -m 0700 /home/$SYSTEM_USER &&
        guest systemctl start seat.service && system_wait_for system_is_seated"

check "a ledger lies in the home" guest_user mkdir -p .local/share/nocontact/nocontact.db
enforcer_is_removed
check "the ledger is there" [ -e "$SYSTEM/home/$SYSTEM_USER/.local/share/nocontact/nocontact.db" ]
check "the system switches off" system_off
