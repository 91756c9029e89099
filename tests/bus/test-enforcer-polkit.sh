#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# "May this caller?" asked of a real polkitd on the private bus, in a mount namespace where our action is
# installed and a rule gives it to one user, as an active session would.

# shellcheck source=tests/bus/enforcer.sh
. "$(dirname "$0")/enforcer.sh"
polkitd=
for path in /usr/lib/polkit-1/polkitd /usr/libexec/polkitd; do
        [ ! -x "$path" ] || polkitd=$path
done
[ -n "$polkitd" ] || skip "polkitd is not installed"
if [ -z "${ENF_NAMESPACE-}" ]; then
        unshare --mount true 2>/dev/null || skip "no mount namespace can be made here"
        exec env ENF_NAMESPACE=1 unshare --mount -- "$BASH" "$0"
fi
ENF_OPTIONS='--idle 60'
enf_enter
end=uint64:$(in_days 30)
none=array:string:

# uid 1 (daemon) may, uid 2 (bin) must give a password, for which nobody can be asked here, others have the
# defaults of the policy: no session, no
mkdir "$ENF_DIR/actions" "$ENF_DIR/rules"
cp "$ENF_ROOT/dbus/org.nocontact.enforcer.policy" "$ENF_DIR/actions"
cat >"$ENF_DIR/rules/50-test.rules" <<'RULES'
polkit.addRule(function(action, subject) {
        if (action.id == "org.nocontact.enforcer.hold") {
                if (subject.user == "daemon")
                        return polkit.Result.YES;
                if (subject.user == "bin")
                        return polkit.Result.AUTH_SELF;
        }
});
RULES
chmod -R a+rX "$ENF_DIR/actions" "$ENF_DIR/rules"
mount --bind "$ENF_DIR/actions" /usr/share/polkit-1/actions
mount --bind "$ENF_DIR/rules" /usr/share/polkit-1/rules.d
mount -t tmpfs none /etc/polkit-1/rules.d
cp /usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf "$ENF_DIR/policies"
busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
"$polkitd" --no-debug >"$ENF_DIR/polkit.log" 2>&1 &
polkit=$!
trap 'kill -CONT "$polkit" 2>/dev/null; kill "$polkit" 2>/dev/null; umount "$ENF_DIR/actions" 2>/dev/null; enf_stop' EXIT
check "polkitd is there" wait_for 30 'busctl --system --acquired --no-legend list | grep -q "^org.freedesktop.PolicyKit1 "'

AS=65534
check "whoever has no session may not begin" refused AccessDenied Hold array:string:b.example "$none" "$end"
check "nor have a sinkhole" refused AccessDenied OpenSinkhole
AS=2
check "where a password is wanted and nobody may be asked, it is no" refused AccessDenied Hold array:string:b.example "$none" "$end"
AS=1
check "whoever polkit lets may begin" call Hold array:string:alexdoe.example "$none" "$end"
check "and holds it under their own address" grep -q '^127\.66\.0\.1 alexdoe\.example # nocontact$' "$HOSTS"
check "and have a sinkhole" call OpenSinkhole
check "and reconcile" call Reconcile
check "a refusal of the lease comes after the yes, too" refused InvalidArgument Hold array:string:alexdoe.example "$none" "uint64:$(in_days 4000)"

# polkit takes its time: nothing else waits for it
kill -STOP "$polkit"
waiting=()
for i in 1 2 3 4; do
        setpriv --reuid=1 --clear-groups dbus-send --system --print-reply --reply-timeout=60000 --dest=org.nocontact.Enforcer1 \
                /org/nocontact/Enforcer1 org.nocontact.Enforcer1.Hold "array:string:alexdoe.example,a$i.example" "$none" "$end" \
                >"$ENF_DIR/waiting.$i" 2>&1 &
        waiting+=($!)
done
fifth() {
        ! call Hold array:string:alexdoe.example "$none" "$end" && grep -q 'LimitExceeded' "$ENF_DIR/err"
}
sleep 1
check "no more than four calls of a user wait" fifth
unset AS
check "root is answered meanwhile" eval 'timeout 10 busctl --system get-property org.nocontact.Enforcer1 /org/nocontact/Enforcer1 org.nocontact.Enforcer1 Lease >/dev/null'
kill -CONT "$polkit"
wait "${waiting[@]}"
check "who waited is answered" [ "$(grep -l 'uint64 [0-9]' "$ENF_DIR"/waiting.* | wc -l)" -eq 4 ]

# who hangs up is forgotten, and nobody is asked twice
kill -STOP "$polkit"
setpriv --reuid=1 --clear-groups dbus-send --system --print-reply --reply-timeout=100 --dest=org.nocontact.Enforcer1 \
        /org/nocontact/Enforcer1 org.nocontact.Enforcer1.Hold array:string:alexdoe.example "$none" "$end" >/dev/null 2>&1
kill -CONT "$polkit"
AS=1
check "a caller that has gone does no harm" call Hold array:string:alexdoe.example "$none" "$end"
kill "$polkit"
wait "$polkit" 2>/dev/null
check "without polkitd it is no" refused AccessDenied Hold array:string:alexdoe.example "$none" "$end"
check "and the lease can be let go all the same" call Release
check "which lifts it" eval '! grep -q nocontact "$HOSTS"'
plan
