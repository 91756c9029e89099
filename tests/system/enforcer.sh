# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the tests of the enforcer share: calls as a user of the booted system would make them, what must be in
# /etc/hosts, and time that passes. Sourced after boot.sh.
#
# The container cannot set its clock, nor can anybody wait for a day. A time name space moves CLOCK_BOOTTIME, by
# which a lease counts, for one process: the enforcer in it lives that much later, and writes down what time it
# is. faketime moves the wall clock in the same way.

HOSTS=$SYSTEM/etc/hosts
STATE=$SYSTEM/var/lib/nocontact
OWN=$SYSTEM_OUTPUT/own
ENFORCER=/usr/libexec/nocontact-enforcer
HOUR=3600
DAY=86400

# --- calls -------------------------------------------------------------------------------------------

# What dbus-send is told, whoever calls: METHOD [ARGUMENT...], these in its manner.
call_words() {
        printf '%s\n' dbus-send --system --print-reply=literal --dest=org.nocontact.Enforcer1 \
                /org/nocontact/Enforcer1 "org.nocontact.Enforcer1.$1" "${@:2}"
}

# call METHOD [ARGUMENT...]: as nocontactd would, from the user's service manager.
call() {
        local words
        mapfile -t words < <(call_words "$@")
        guest_service "${words[@]}" | sed 's/^ */# /'
        return "${PIPESTATUS[0]}"
}

# other_calls METHOD [ARGUMENT...]: the one who has no session.
other_calls() {
        local words
        mapfile -t words < <(call_words "$@")
        guest_as "$SYSTEM_OTHER" "$SYSTEM_OTHER_UID" "${words[@]}"
}

property() {
        guest_service busctl --system --json=short get-property org.nocontact.Enforcer1 \
                /org/nocontact/Enforcer1 org.nocontact.Enforcer1 "$1" | jq -r ".data$2"
}

# Items of the lease: 0 generation, 1 end, 2 hosts, 3 patterns, 4 when it may be released, 5 whether it runs.
lease() {
        property Lease "[$1]"
}

# names NAME...: as an argument.
names() {
        local IFS=,
        echo "array:string:$*"
}

# from_now SECONDS: as an argument; the middle of that minute, so that two clocks that are read one after the
# other agree on it.
from_now() {
        local end=$(($(date +%s) + $1))
        echo "uint64:$((end - end % 60 + 30))000000"
}

# hold SECONDS NAME...: the lease becomes these, so long from now.
hold() {
        call Hold "$(names "${@:2}")" array:string: "$(from_now "$1")"
}

# What is held, and until when; to the minute, as two clocks are read one after the other.
state() {
        sha256sum <"$HOSTS"
        property Lease "|tostring" | awk -F '[],[]' '{ $3 = int($3 / 60000000); print }'
}

# refused ERROR COMMAND...: it fails with that error and a sentence, and all is as before.
refused() {
        local before
        before=$(state)
        fails_with "$@" && [ "$(state)" = "$before" ]
}

# fails_with ERROR COMMAND...
fails_with() {
        local said
        if said=$("${@:2}" 2>&1); then
                echo "# it was done: $said"
                return 1
        fi
        [[ $said == *"$1"* && $said == *": "* ]] && return
        echo "# $said"
        return 1
}

LOCKED=org.nocontact.Error.Locked
DENIED=org.freedesktop.DBus.Error.AccessDenied

# --- the file -----------------------------------------------------------------------------------------

# What the file's owner wrote: an editor of another system's line ends, bytes that are no text, lines that
# look like ours and are not, no line feed at the end.
own_edits() {
        printf '%s\n' "127.0.0.1 localhost" "127.0.1.1 nocontact-test" "::1 localhost ip6-localhost"
        printf '%s\r\n\n' '10.0.0.5  nas  # not nocontact'
        printf '# \377\376 \000 odd\n 192.0.2.80\tprinter printer.lan\n#127.66.0.1 mine.example\n192.0.2.9 last'
}

# The block that holds NAME..., in front of what standard input brings.
with_block() {
        local name
        echo "# nocontact holds these names shut, see nocontact-enforcer(8); lines of your own are kept. # nocontact"
        while read -r name; do
                printf '%s # nocontact\n' "$ADDRESS $name" "::ffff:$ADDRESS $name"
        done < <(printf '%s\n' "$@" | LC_ALL=C sort)
        echo "# End of what nocontact holds. # nocontact"
        cat
}

# holds_exactly NAME...: these are held, in our lines, and every other byte is the owner's.
holds_exactly() {
        cmp -s <(with_block "$@" <"$OWN") "$HOSTS" && has_its_mode
}

has_its_mode() {
        [ "$(stat -L -c '%a %u:%g' "$HOSTS")" = "644 0:0" ]
}

is_as_its_owner_left_it() {
        cmp "$OWN" "$HOSTS" && has_its_mode
}

# What of FILE is not ours.
foreign() {
        perl -ne 'print unless /# nocontact\s*$/' "$1"
}

# --- what people see ----------------------------------------------------------------------------------

# A server at the user's own loopback address, in place of the daemon's sinkhole, tells who was led there.
sinkhole_opens() {
        ADDRESS=$(property Address "")
        [[ $ADDRESS == 127.66.* ]] || return 1
        sed -i "\$d" "$SYSTEM/srv/pages/nginx.conf"
        cat >>"$SYSTEM/srv/pages/nginx.conf" <<CONF
        server {
                listen $ADDRESS:80;
                listen $ADDRESS:443 ssl;
                ssl_certificate /srv/pages/cert.pem;
                ssl_certificate_key /srv/pages/key.pem;
                access_log /srv/pages/sunk address;
                return 200 'held';
        }
}
CONF
        guest systemctl restart pages.service && system_wait_for pages_are_up
}

pages_are_up() {
        guest curl --silent --fail --cacert /srv/pages/ca.pem https://news.example/ready
}

# fetch NAME: what curl gets there by IPv4, and by IPv6.
fetch() {
        guest_service curl --silent --max-time 10 -4 --cacert /srv/pages/ca.pem "https://$1/" &&
                guest_service curl --silent --max-time 10 -6 --cacert /srv/pages/ca.pem "https://$1/"
}

is_shut() {
        [ "$(guest_service getent ahosts "$1" | sed 's/^::ffff://; s/ .*//' | sort -u)" = "$ADDRESS" ] &&
                [ "$(fetch "$1")" = heldheld ]
}

is_open() {
        [ "$(fetch "$1" | grep -c "<title>$1/")" -eq 2 ]
}

# --- the program ----------------------------------------------------------------------------------------

unit_is() { # STATE UNIT...
        local unit
        for unit in "${@:2}"; do
                [ "$(guest systemctl is-active "$unit")" = "$1" ] || return 1
        done
}

watchers_are() {
        unit_is "$1" nocontact-enforcer.path nocontact-enforcer-policies.path nocontact-enforcer.timer
}

# --- time ---------------------------------------------------------------------------------------------

# It is not taken back by a reboot: some versions of systemd show a service the machine's boot id and not the
# container's, and a boot that began before what was seen in it would be waited for.
ELAPSED=0

# elapse SECONDS: the machine has run so much longer, and the timer comes.
elapse() {
        ELAPSED=$((ELAPSED + $1))
        later "$ENFORCER" --reconcile
}

# later COMMAND...: at that time, and in the boot that the enforcer's services see. Offsets count from the
# machine's own clock, and so does the container's.
later() {
        local boot clock
        boot=$(guest systemd-run --quiet --pipe --wait --collect --property=ProtectProc=invisible -- \
                cat /proc/sys/kernel/random/boot_id)
        clock=$(awk '$1 == "boottime" { print $2 }' "/proc/$SYSTEM_LEADER/timens_offsets")
        # shellcheck disable=SC2016
        guest unshare --mount --time --boottime "$((clock + ELAPSED))" --fork -- sh -c '
                [ "$0" = "$(cat /proc/sys/kernel/random/boot_id)" ] || mount -t proc proc /proc || exit 1
                exec "$@"' \
                "$boot" "$@"
}

# wall OFFSET: the clock is set, and the enforcer looks, a second later.
wall() {
        ELAPSED=$((ELAPSED + 1))
        later env FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 faketime -f "$1" "$ENFORCER" --reconcile
}

# --- what both releases are asked -----------------------------------------------------------------------

enforcer_begins() {
        own_edits >"$OWN"
        check "the watchers run, the enforcer does not" eval \
                "watchers_are active && unit_is inactive nocontact-enforcer.service"
        check "the units have nothing to complain about" guest systemd-analyze verify \
                nocontact-enforcer.service nocontact-enforcer-reconcile.service \
                nocontact-enforcer-network.service nocontact-enforcer.path \
                nocontact-enforcer-policies.path nocontact-enforcer.timer
        check "the services may do as little as can be" may_do_little
        check "the owner edits the file" eval "guest sh -c 'cat >/etc/hosts' <'$OWN'"
        check "the sockets for the sinkhole are the user's to have" sockets_are_handed_over
        check "a server waits where held names will lead" sinkhole_opens
        check "nothing is held" eval "is_as_its_owner_left_it && [ '$(lease 0)' = 0 ]"
        check "the sites open" eval "is_open alexdoe.example && is_open www.alexdoe.example"
}

sockets_are_handed_over() {
        guest_service busctl --system call org.nocontact.Enforcer1 /org/nocontact/Enforcer1 \
                org.nocontact.Enforcer1 OpenSinkhole | grep -q '^hh '
}

# By systemd's measure, in tenths; one needs the machine's network, for the ports of the sinkhole and to close
# connections.
may_do_little() {
        local unit limit status=0
        while read -r unit limit; do
                guest systemd-analyze --no-pager --threshold="$limit" security "$unit.service" \
                        >"$SYSTEM_OUTPUT/security-$unit.txt" </dev/null || status=1
                sed -n 's/.*\(Overall exposure level for .*: [0-9.]*\).*/# \1/p' \
                        "$SYSTEM_OUTPUT/security-$unit.txt"
        done <<'LIMITS'
nocontact-enforcer 9
nocontact-enforcer-reconcile 9
nocontact-enforcer-network 18
LIMITS
        return "$status"
}

lease_is_roots() {
        [ "$(stat -c '%a %u' "$STATE")" = "700 0" ] &&
                [ "$(stat -c '%a %u' "$STATE/$SYSTEM_UID.lease")" = "600 0" ]
}

enforcer_holds() {
        check "the user holds two names for a month" hold $((30 * DAY)) alexdoe.example www.alexdoe.example
        check "they are in the file, and every other byte is the owner's" \
                holds_exactly alexdoe.example www.alexdoe.example
        check "they lead nowhere, by IPv4 and IPv6" eval "is_shut alexdoe.example && is_shut www.alexdoe.example"
        check "others open" is_open news.example
        check "the lease says so, and runs" eval "[ \"\$(lease 2)\$(lease 5)\" = 2true ]"
        check "it is nobody's to read but root's" lease_is_roots
        check "a name typed by mistake" hold $((30 * DAY)) alexdoe.example www.alexdoe.example news.example
        check "is taken back within ten minutes" hold $((30 * DAY)) alexdoe.example www.alexdoe.example
        check "and opens" eval "holds_exactly alexdoe.example www.alexdoe.example && is_open news.example"
        check "the ten minutes pass" elapse 700
}

enforcer_grows() {
        check "the set grows" hold $((31 * DAY)) alexdoe.example www.alexdoe.example blog.alexdoe.example
        check "and is held" eval "holds_exactly alexdoe.example www.alexdoe.example blog.alexdoe.example &&
                is_shut blog.alexdoe.example"
        check "the ten minutes pass again" elapse 700
        check "it does not shrink" refused $LOCKED hold $((31 * DAY)) alexdoe.example
        check "nor become another" refused $LOCKED hold $((31 * DAY)) \
                alexdoe.example www.alexdoe.example news.example
        check "nor empty" refused $LOCKED call Hold array:string: array:string: "$(from_now $((31 * DAY)))"
        check "nor shorter" refused $LOCKED hold $((20 * DAY)) \
                alexdoe.example www.alexdoe.example blog.alexdoe.example
        check "nor end in the past" refused $LOCKED call Hold \
                "$(names alexdoe.example www.alexdoe.example blog.alexdoe.example)" array:string: uint64:0
        check "nor is it released" refused $LOCKED call Release
}

# A session that logind knows to be somebody's from elsewhere; it lasts as long as its process.
other_comes_from_elsewhere() {
        guest_as "$SYSTEM_OTHER" "$SYSTEM_OTHER_UID" sleep 1000 &
        system_wait_for "guest pgrep -u $SYSTEM_OTHER -x sleep" &&
                ELSEWHERE=$(guest pgrep -u "$SYSTEM_OTHER" -x sleep)
        guest busctl --quiet call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager \
                CreateSession 'uusssssussbssa(sv)' "$SYSTEM_OTHER_UID" "$ELSEWHERE" sshd tty user "" "" 0 "" "" \
                true "" 192.0.2.7 0 &&
                [ "$(guest loginctl show-session --property=Remote --value \
                        "$(guest loginctl show-user "$SYSTEM_OTHER" --property=Display --value)")" = yes ]
}

other_leaves() {
        guest kill "$ELSEWHERE"
        guest loginctl terminate-user "$SYSTEM_OTHER"
}

other_is_refused() {
        refused $DENIED other_calls Hold "$(names news.example)" array:string: "$(from_now $DAY)" &&
                refused $DENIED other_calls OpenSinkhole &&
                [ ! -e "$STATE/$SYSTEM_OTHER_UID.lease" ]
}

other_service_is_refused() {
        local words
        mapfile -t words < <(call_words Hold "$(names news.example)" array:string: "$(from_now $DAY)")
        refused $DENIED guest_as "$SYSTEM_OTHER" "$SYSTEM_OTHER_UID" systemd-run --user --quiet --pipe --wait \
                --collect -- "${words[@]}"
}

# The release of another's lease is asked for, in vain: each has their own.
other_has_no_say() {
        refused org.nocontact.Error.NotFound other_calls RequestRelease &&
                other_calls Release >/dev/null && other_calls CancelRelease >/dev/null &&
                refused $DENIED other_calls Reconcile
}

enforcer_asks_polkit() {
        local before
        before=$(state)
        check "somebody without a session is refused" other_is_refused
        check "and has no say about a lease that is not theirs" other_has_no_say
        check "their service manager runs" guest systemctl start "user@$SYSTEM_OTHER_UID.service"
        check "its services are refused" other_service_is_refused
        check "they have a session from elsewhere" other_comes_from_elsewhere
        check "which is refused too" other_is_refused
        check "they leave" other_leaves
        check "nothing of it moved anything" eval "[ \"\$(state)\" = '$before' ]"
}

# tamper SENTENCE PROGRAM: perl makes another file of it, in place; and it is repaired.
tamper() {
        check "$1: repaired" tampered_is_repaired "$2"
}

HELD=(alexdoe.example www.alexdoe.example blog.alexdoe.example)

tampered_is_repaired() {
        tampered "$1" && system_wait_for is_repaired
}

# The file as it is now, through PROGRAM, and by CAT back to where it was.
tampered() {
        perl -0777 -pe "$1" "$HOSTS" >"$SYSTEM_OUTPUT/tampered" &&
                ! cmp -s "$SYSTEM_OUTPUT/tampered" "$HOSTS" &&
                guest sh -c "${2:-cat >/etc/hosts}" <"$SYSTEM_OUTPUT/tampered"
}

is_repaired() {
        is_whole && has_its_mode
}

enforcer_keeps_the_owner() {
        check "the file is given to somebody else, and changed: repaired, and still theirs" \
                others_file_is_repaired
}

# Root without the right to give files away writes it in place.
others_file_is_repaired() {
        guest chown "$SYSTEM_OTHER:$SYSTEM_OTHER" /etc/hosts && tampered 's/^::ffff:.*\n//m' &&
                system_wait_for is_whole && [ "$(stat -c '%a %u' "$HOSTS")" = "644 $SYSTEM_OTHER_UID" ]
        local status=$?
        guest chown root:root /etc/hosts
        return $status
}

is_whole() {
        cmp -s <(foreign "$SYSTEM_OUTPUT/tampered" | with_block "${HELD[@]}") "$HOSTS"
}

enforcer_repairs() {
        tamper "all of the block is gone" 's/^.*# nocontact\n//mg'
        tamper "lines are commented out" 's/^(127\.66\.)/# $1/mg'
        tamper "an address is another" 's/^127\.66\.\S*/192.0.2.1/m'
}

enforcer_minds_no_clock() {
        local before
        before=$(state)
        check "the clock is set a year ahead" wall +365d
        check "which lifts nothing" holds_exactly "${HELD[@]}"
        check "it is set right" elapse 1
        check "nothing has become shorter" eval "[ \"\$(state)\" = '$before' ]"
        check "the clock is set a year back" wall -365d
        check "it is set right again" elapse 1
        check "nothing has become longer" eval "[ \"\$(state)\" = '$before' ]"
}

# New names, one after the other, until the mains fail.
growing() {
        local i=0 grown=("${HELD[@]}")
        while :; do
                grown+=("grown$((i += 1)).example")
                hold $((32 * DAY)) "${grown[@]}" >/dev/null 2>&1 || return
                echo "$i" >"$SYSTEM_OUTPUT/grown"
        done
}

power_fails_while_it_grows() {
        local growing grown
        rm -f "$SYSTEM_OUTPUT/grown"
        growing &
        growing=$!
        system_wait_for "[ -e '$SYSTEM_OUTPUT/grown' ]" && sleep 0.5
        system_power_cut || return 1
        wait "$growing"
        # what was answered is there; one more may be
        grown=$(cat "$SYSTEM_OUTPUT/grown")
        system_wait_for system_is_seated && lease_agrees "$grown" || lease_agrees $((grown + 1))
}

# grown1 to grownN are held with the rest, by lease and file.
lease_agrees() {
        HELD=(alexdoe.example www.alexdoe.example blog.alexdoe.example)
        mapfile -t -O 3 HELD < <(seq -f 'grown%.0f.example' "$1")
        [ "$(lease 2)" = ${#HELD[@]} ] && system_wait_for holds_exactly "${HELD[@]}"
}

enforcer_ends_early() {
        local due
        check "an early end is asked for" eval 'due=$(call RequestRelease)'
        # shellcheck disable=SC2154
        check "and comes in a day" near_a_day "${due##* }"
        check "asking again does not change that" eval "[ \"\$(call RequestRelease)\" = '$due' ]"
        check "before, it is refused" refused $LOCKED call Release
        check "23 hours pass" elapse $((23 * HOUR))
        check "it is refused still" refused $LOCKED call Release
        check "the user thinks better of it" call CancelRelease
        check "two hours later" elapse $((2 * HOUR))
        check "it is refused as ever" refused $LOCKED call Release
        check "what is held was held all the time" holds_exactly "${HELD[@]}"
        check "it is asked for again, and a day passes" eval "call RequestRelease && elapse $((DAY + 60))"
        check "nothing ends by itself" holds_exactly "${HELD[@]}"
        check "now it is done when it is asked for" call Release
        check "the file is as its owner left it" is_as_its_owner_left_it
        check "there is no lease" eval "[ \"\$(lease 0)\" = 0 ] && [ ! -e '$STATE/$SYSTEM_UID.lease' ]"
        check "the sites open" is_open alexdoe.example
}

near_a_day() {
        local off=$(($1 / 1000000 - $(date +%s) - DAY))
        [ "${off#-}" -lt 300 ]
}

packages() {
        guest "$@" >>"$SYSTEM_OUTPUT/install.log" 2>&1
}

# A watcher that is stopped at its work, as it may be when the package goes, has not failed.
stopped_at_work() {
        local unit=nocontact-enforcer-reconcile.service
        guest systemd-run --quiet --unit=busy flock "${STATE#"$SYSTEM"}/lock" sleep infinity &&
                guest systemctl start --no-block "$unit" && system_wait_for unit_is activating "$unit" &&
                guest systemctl stop "$unit" && guest systemctl stop busy.service && unit_is inactive "$unit"
}

enforcer_is_removed() {
        check "a watcher is stopped at its work, which is no failure" stopped_at_work
        check "something is held again" hold $((30 * DAY)) alexdoe.example
        check "an upgrade" packages sh -c 'dpkg -i /srv/package/*.deb'
        check "lifts nothing" holds_exactly alexdoe.example
        check "and the watchers run" watchers_are active
        check "the package is removed, while somebody goes on asking" removed_in_spite_of_calls
        check "the file is as its owner left it" is_as_its_owner_left_it
        check "and stays so" eval "fails_with ServiceUnknown call Hold '$(names alexdoe.example)' array:string: \
                '$(from_now $DAY)' && is_as_its_owner_left_it"
        check "nothing watches any more" watchers_are inactive
        check "there is no lease" eval "! ls '$STATE'/*.lease* 2>/dev/null"
        check "the sites open" is_open alexdoe.example
        check "it is purged" packages dpkg --purge nocontact
        check "and has left nothing" eval "! ls -d $STATE $SYSTEM/etc/systemd/system/*/nocontact* \\
                $SYSTEM/var/lib/systemd/deb-systemd-helper-*/nocontact* $SYSTEM/var/lib/systemd/timers/*nocontact* 2>/dev/null"
        check "no unit failed" eval "! guest systemctl list-units --failed --no-legend | grep nocontact"
}

# A daemon that still runs would hold again what is lifted.
removed_in_spite_of_calls() {
        local words status
        mapfile -t words < <(call_words Hold "$(names alexdoe.example)" array:string: "$(from_now $((30 * DAY)))")
        # shellcheck disable=SC2016
        guest_user systemd-run --user --quiet --unit=asking -- sh -c 'while :; do "$@"; done' asking "${words[@]}"
        packages dpkg -r nocontact
        status=$?
        guest_user systemctl --user stop asking.service
        return "$status"
}
