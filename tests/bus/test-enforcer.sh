#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# org.nocontact.Enforcer1 as a stranger sees it: each method does its work, and refuses wrong, huge and
# hostile arguments with a named error that changes nothing.

# shellcheck source=tests/bus/enforcer.sh
. "$(dirname "$0")/enforcer.sh"
enf_enter

interface() {
        awk -f "$ENF_ROOT/tests/bus/introspection.awk" | grep '^org\.nocontact\.' | sort
}
same_interface() { # NAME
        local file=$ENF_ROOT/dbus/$1.xml
        diff <(interface <"$file") \
                <(busctl --system introspect --xml-interface "$1" "/${1//.//}" | interface) |
                sed 's/^/# /' | tee "$ENF_DIR/difference"
        [ ! -s "$ENF_DIR/difference" ] && [ -n "$(interface <"$file")" ]
}
check "the interface is what dbus/org.nocontact.Enforcer1.xml says" same_interface org.nocontact.Enforcer1

# --- each does its work -------------------------------------------------------------------------------
two=array:string:alexdoe.example,www.alexdoe.example
three=array:string:alexdoe.example,m.alexdoe.example,www.alexdoe.example
none=array:string:
end=uint64:$(in_days 30)

check "who holds nothing has an empty lease" [ "$(property Lease)" = "(ttuutb) 0 0 0 0 0 false" ]
check "names are held" call Hold "$two" array:string:x.example/alex "$end"
check "they are in the hosts file" eval 'held alexdoe.example && held www.alexdoe.example'
check "the lease says so" eval '[[ $(property Lease) == "(ttuutb) 1 "*" 2 1 0 true" ]]'
policy=$ENF_DIR/root/etc/firefox/policies/policies.json
check "pages are in the policy of the browser that is there" grep -q -F '"*://*.x.example/alex"' "$policy"
check "which everybody can read" [ "$(stat -c %a "$policy")" = 644 ]
check "how it stands is told" eval '[[ $(property Browsers) == "a(sst) 1 \"Firefox\" \"held\" "* ]]'
check "the address is the caller's own" [ "$(property Address)" = 's "127.66.0.1"' ]
check "it grows" call Hold "$three" array:string:x.example/alex "$end"
check "an exception opens one name" eval 'call Except array:string:m.alexdoe.example uint32:5 && ! held m.alexdoe.example && held alexdoe.example'
check "which can be shut again" eval 'call Except array:string:m.alexdoe.example uint32:0 && held m.alexdoe.example'
check "and one page" eval 'call Except array:string:x.example/alex uint32:5 && [ ! -e "$policy" ] && call Except array:string:x.example/alex uint32:0 && [ -e "$policy" ]'
check "an early end is asked for" call RequestRelease
check "the lease says when it is possible" eval '[[ $(property Lease) != *" 0 true" ]]'
check "asking is taken back" eval 'call CancelRelease && [[ $(property Lease) == *" 0 true" ]]'
check "connections of nobody are closed" eval 'call CloseConnections array:string:203.0.113.7,2001:db8::1 && grep -q "uint32 0" "$ENF_DIR/out"'
check "the sinkhole's sockets are handed over" eval 'call OpenSinkhole && [ "$(grep -c "file descriptor" "$ENF_DIR/out")" -eq 2 ]'

# --- the news -----------------------------------------------------------------------------------------
listen() { # COMMAND...: does an ordinary user hear of it? (Root's dbus-monitor would see what the bus refuses, too.)
        AS=1 as dbus-monitor --system "type='signal',interface='org.nocontact.Enforcer1'" >"$ENF_DIR/signals" 2>/dev/null &
        local monitor=$!
        wait_for 30 'grep -q NameAcquired "$ENF_DIR/signals"'
        "$@"
        wait_for "${PATIENCE-30}" 'grep -q "member=Repaired" "$ENF_DIR/signals"'
        local seen=$?
        kill "$monitor"
        wait "$monitor" 2>/dev/null
        return $seen
}
tamper() {
        sed -i '/ alexdoe.example /d' "$HOSTS"
}
repair_by_call() {
        tamper && call Reconcile && held alexdoe.example
}
reconcile() {
        "$ENFORCER" --hosts "$HOSTS" --state "$STATE" --root "$ENF_DIR/root" --reconcile 2>>"$ENF_DIR/log"
}
repair_by_program() {
        tamper && reconcile && held alexdoe.example
}
# What happens while it runs the path unit does not see. Where it has not begun yet its first look finds it.
repair_at_the_second_look() {
        reconcile &
        sleep 0.2
        tamper && wait "$!" && held alexdoe.example
}
edit_policy() {
        sed -i 's/x.example/y.example/' "$policy"
}
repair_policy() {
        edit_policy && reconcile && grep -q -F '"*://*.x.example/alex"' "$policy"
}
check "Reconcile repairs, and says so to all" listen repair_by_call
check "so does the program that the path unit starts" listen repair_by_program
check "and so is a policy that was edited" listen repair_policy
check "the repairs are counted" eval '[[ $(property Repairs) == "(ut) 3 1"* ]]'
check "nothing to repair is no repair" eval 'call Reconcile && [[ $(property Repairs) == "(ut) 3 1"* ]]'
check "it looks once more before it ends" repair_at_the_second_look

# --- a promise is a promise ---------------------------------------------------------------------------
"$LEASE_AGE" "$STATE" 0 86400
call Reconcile
check "a running lease does not shrink" refused Locked Hold "$two" array:string:x.example/alex "$end"
check "nor lose a pattern" refused Locked Hold "$three" "$none" "$end"
check "nor end earlier" refused Locked Hold "$three" array:string:x.example/alex "uint64:$(in_days 5)"
check "nor become nothing" refused Locked Hold "$none" "$none" uint64:0
check "nor is it released" refused Locked Release

# --- wrong, huge and hostile --------------------------------------------------------------------------
for method in Hold Release RequestRelease CancelRelease Except CloseConnections OpenSinkhole Reconcile; do
        check "$method refuses arguments of another type" refused InvalidArgs "$method" double:1.5 string:x
        check "$method refuses one argument too many" refused InvalidArgs "$method" \
                "$three" array:string:x "$end" string:more
done
for name in localhost single 127.0.0.1 ::1 UPPER.example a_b.example bücher.example a..example -a.example 'a b.example' \
        $'x.example\n10.0.0.1 bank.example' $'x.example\r' 'x.example # nocontact' '#' . .example example. a.local \
        printer.localhost 1.0.0.127.in-addr.arpa 1.2.3 0x7f.0x1 "$(hostname)" 'a.example/../../etc' '*.example' '$(reboot).example' \
        "$(printf 'a%.0s' {1..64}).example" "$(printf 'a.%.0s' {1..130})example"; do
        check "the name \"$(printf %.40q "$name")\" is refused" refused InvalidArgument Hold \
                "array:string:alexdoe.example,m.alexdoe.example,www.alexdoe.example,$name,b.example" array:string:x.example/alex "$end"
        check "and has no exception" refused '(NotFound|InvalidArgument)' Except "array:string:$name,b.example" uint32:5
done
# dbus-send leaves empty texts out
empty() { # METHOD SIGNATURE VALUE...
        local before
        before=$(enf_state)
        ! busctl --system call org.nocontact.Enforcer1 /org/nocontact/Enforcer1 org.nocontact.Enforcer1 "$@" 2>"$ENF_DIR/err" &&
                [ "$(enf_state)" = "$before" ]
}
check "an empty name is refused" empty Hold asast 4 alexdoe.example m.alexdoe.example www.alexdoe.example '' 0 "${end#*:}"
check "and has no exception" empty Except asu 1 '' 5
check "an empty pattern is refused" empty Hold asast 3 alexdoe.example m.alexdoe.example www.alexdoe.example 1 '' "${end#*:}"
check "an empty address is refused" empty CloseConnections as 1 ''
for pattern in https://x.example/a x.example/ 'x.example/"' 'x.example/a\' 'x.example/*' x.example/../a localhost/a x.example/a?b \
        'a b' $'a\nb' $'a\tb' 'bücher' $'\x7f' "$(printf 'a%.0s' {1..2049})"; do
        check "the pattern \"$(printf %.20q "$pattern")\" is refused" refused InvalidArgument Hold "$three" "array:string:$pattern" "$end"
done
for until in 18446744073709551615 9223372036854775808 "$(in_days 4000)"; do
        check "the end $until is refused" refused InvalidArgument Hold "$three" array:string:x.example/alex "uint64:$until"
done
for minutes in 31 4294967295; do
        check "an exception of $minutes minutes is refused" refused InvalidArgument Except array:string:alexdoe.example "uint32:$minutes"
done
check "an exception of nothing is refused" refused InvalidArgument Except "$none" uint32:5
check "an exception of what is not held is refused" refused NotFound Except array:string:alexdoe.example,other.example uint32:5
for address in localhost 1.2.3 1.2.3.4.5 ' 1.2.3.4' fe80::1%lo 1.2.3.4/8 300.1.1.1; do
        check "the address \"$address\" is refused" refused InvalidArgument CloseConnections "array:string:1.2.3.4,$address,1.2.3.4"
done
check "257 addresses are refused" refused LimitExceeded CloseConnections "array:string:$(printf '1.2.3.4,%.0s' {1..256})1.2.3.4"
check "20,001 names are refused" refused LimitExceeded Hold "array:string:$(printf 'a.b,%.0s' {1..20000})a.b" "$none" "$end"
check "20,001 names have no exception" refused LimitExceeded Except "array:string:$(printf 'a.b,%.0s' {1..20000})a.b" uint32:5
check "1,001 patterns are refused" refused LimitExceeded Hold "$three" "array:string:$(printf 'a.b/c,%.0s' {1..1000})a.b/c" "$end"
check "there is no other method" refused UnknownMethod LiftAll
check "properties are for reading" eval \
        '! busctl --system set-property org.nocontact.Enforcer1 /org/nocontact/Enforcer1 org.nocontact.Enforcer1 Address s 127.66.9.9 2>/dev/null && [ "$(property Address)" = "s \"127.66.0.1\"" ]'
for name in alexdoe.example www.alexdoe.example m.alexdoe.example; do
        call Except "array:string:$name" uint32:1
done
check "the exceptions are used up" refused LimitExceeded Except array:string:m.alexdoe.example uint32:1

# --- other users --------------------------------------------------------------------------------------
# the lease of an ordinary user, who has no session here
AS=65534
check "without polkit a user may not begin" refused AccessDenied Hold array:string:b.example "$none" "$end"
check "nor have a sinkhole" refused AccessDenied OpenSinkhole
check "bad arguments are told before anybody is asked" refused InvalidArgument Hold array:string:localhost "$none" "$end"
check "who holds nothing may not reconcile" refused AccessDenied Reconcile
check "a user sees their own lease alone" [ "$(property Lease)" = "(ttuutb) 0 0 0 0 0 false" ]
check "and their own address" [ "$(property Address)" = 's "127.66.255.254"' ]
check "a user releases nothing of another" eval 'before=$(enf_state); call Release && [ "$(enf_state)" = "$before" ]'
check "nor asks for its end" refused NotFound RequestRelease
check "nor opens an exception in it" refused NotFound Except array:string:m.alexdoe.example uint32:5
check "a user may not take the name" eval '! as "$ENFORCER" --hosts "$ENF_DIR/h" --state "$ENF_DIR/s" 2>/dev/null'
send_as() {
        as dbus-send --system /org/nocontact/Enforcer1 org.nocontact.Enforcer1.Repaired string:repaired
}
not_heard() {
        ! PATIENCE=2 listen send_as >/dev/null
}
check "nor speak in its name" not_heard
unset AS
check "root may" listen send_as

# --- the helper in the network ------------------------------------------------------------------------
# network METHOD [ARGUMENT...]: as the enforcer calls it
network() {
        as dbus-send --system --print-reply --dest=org.nocontact.EnforcerNetwork1 /org/nocontact/EnforcerNetwork1 \
                "org.nocontact.EnforcerNetwork1.$1" "${@:2}" >"$ENF_DIR/out" 2>"$ENF_DIR/err"
}
network_refuses() { # ERROR METHOD [ARGUMENT...]
        ! network "${@:2}" && grep -qE "^Error [a-zA-Z.]*\.$1: .+" "$ENF_DIR/err"
}
check "the helper's interface is what its file says" same_interface org.nocontact.EnforcerNetwork1
check "it listens at an address of 127.66.0.0/16" network Listen uint32:$((0x7f42fa11))
check "and at no other" network_refuses InvalidArgument Listen uint32:$((0x7f000001))
perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr => "127.66.250.18", LocalPort => 443, Listen => 1)
        or die; print "ready\n"; close(STDOUT); sleep 120' >"$ENF_DIR/taker" &
taker=$!
check "another program has a port" wait_for 30 '[ -s "$ENF_DIR/taker" ]'
check "and that is said" network_refuses AddressInUse Listen uint32:$((0x7f42fa12))
kill "$taker"
check "an address is one" network_refuses InvalidArgument CloseConnections uint32:0 array:string:alexdoe.example
AS=65534
check "a user may not call it" network_refuses AccessDenied Listen uint32:$((0x7f42fa11))
check "nor close anybody's connections" network_refuses AccessDenied CloseConnections uint32:0 array:string:203.0.113.7
check "nor take its name" eval '! as "$ENFORCER" --network 2>/dev/null'
unset AS
network_pid=$(busctl --system --acquired --no-legend list | awk '$1 == "org.nocontact.EnforcerNetwork1" { print $2 }')
kill -TERM "$network_pid"
check "it ends when it is told to" wait_for 30 "! kill -0 $network_pid"

# --- the end, and the log ------------------------------------------------------------------------------------------
pid=$(busctl --system --acquired --no-legend list | awk '$1 == "org.nocontact.Enforcer1" { print $2 }')
kill -TERM "$pid"
check "it ends when it is told to" wait_for 30 "! kill -0 $pid"
check "no sanitizer and no valgrind had a word" eval '! grep -E "Sanitizer|runtime error|^==" "$ENF_DIR/log"'
check "the log names no host" eval '! grep -qi "alexdoe\|example" "$ENF_DIR/log"'
plan
