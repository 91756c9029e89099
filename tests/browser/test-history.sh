#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The histories: visits are judged once whatever happens in between, and nothing of the browser's is
# touched. Each visit has an address of its own, so that one missed or judged twice is seen.

# shellcheck source=tests/browser/lab.sh
. "$(dirname "$0")/lab.sh"

profile=https://www.instagram.com/alex.doe/

# Every address in the file `visited` is recorded once, and nothing else is.
exactly_what_was_visited() {
        nocontact attempts --json | jq -r '.[].target' | sort >"$LAB/recorded"
        # what is missing has a <, what is too much has a >
        sort "$LAB/visited" | diff - "$LAB/recorded" | sed -n '/^[<>]/s/^/# /p'
        sort "$LAB/visited" | cmp -s - "$LAB/recorded"
}

visit() {
        "lab_$1_visit" "$2" && echo "$2" >>"$LAB/visited"
}

# Starts inotifywait on both profiles; it is ready when its watches stand.
# A browser that has ended may leave children behind for a moment, and their files close with them.
browsers_are_gone() {
        ! pgrep -f '/usr/lib/(chromium|firefox)|firefox-esr --profile' >/dev/null
}

witness_start() {
        lab_wait_for browsers_are_gone || return 1
        lab_spawn witness inotifywait --monitor --recursive --format '%e %w%f' --outfile "$LAB/log/touched" \
                "$LAB_FIREFOX_PROFILE" "$LAB_CHROMIUM_PROFILE"
        lab_wait_for grep -q 'Watches established' "$LAB/log/witness"
}

witness_saw_reading() {
        grep -q 'OPEN .*/places.sqlite$' "$LAB/log/touched" && grep -q 'OPEN .*/History$' "$LAB/log/touched"
}

witness_saw_no_writing() {
        ! grep -v -E '^(OPEN|ACCESS|CLOSE_NOWRITE,CLOSE)(,ISDIR)? ' "$LAB/log/touched"
}

fingerprint() {
        (cd "$HOME" && find .config .mozilla -type f -exec sha256sum {} + 2>/dev/null | grep -v nocontact | sort)
}

# What the daemon itself opened, renamed or removed among the browsers' files otherwise than to read.
trace_has_no_writing() {
        grep -F -e "$LAB_FIREFOX_PROFILE" -e "$LAB_CHROMIUM_PROFILE" "$LAB/log/calls" >"$LAB/log/calls-browser"
        grep -q places.sqlite "$LAB/log/calls-browser" &&
                ! grep -v -E '^[0-9]+ +(openat\(.*O_RDONLY|<\.\.\.|[a-z]+\(.*ENOENT)' "$LAB/log/calls-browser" &&
                ! grep -E 'O_(WRONLY|RDWR|CREAT|TRUNC)' "$LAB/log/calls-browser"
}

lab_daemon_start_traced() {
        # -D: the daemon stays the child that is ended by its pid, strace hangs below it
        lab_spawn daemon strace -D -f -y -qq -o "$LAB/log/calls" -e \
                trace=open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,truncate,mkdir,mkdirat,symlink,symlinkat,chmod,fchmod,fchmodat,utimensat \
                "$NOCONTACT_BUILD/nocontactd"
        lab_wait_for "! lab_alive daemon || lab_name_owned org.nocontact.Daemon1" && lab_alive daemon
}

# Firefox forgets its history when it ends, by its own setting.
firefox_forgets() {
        cat >>"$LAB_FIREFOX_PROFILE/user.js" <<'CONF'
user_pref("privacy.sanitize.sanitizeOnShutdown", true);
user_pref("privacy.clearOnShutdown.history", true);
user_pref("privacy.clearOnShutdown_v2.browsingHistoryAndDownloads", true);
user_pref("privacy.clearOnShutdown_v2.historyFormDataAndDownloads", true);
CONF
}

firefox_remembers_nothing() {
        [ -z "$(lab_firefox_history)" ]
}

# Chromium forgets by its own dialogue: the keys open it, go from Cancel to Delete, and press that. A
# press that comes before the dialogue is drawn is lost, hence again.
chromium_forgets() {
        local window end=$((SECONDS + LAB_PATIENCE))
        window=$(xdotool search --onlyvisible --class chromium | tail -n 1)
        while [ -n "$(lab_chromium_history)" ]; do
                [ "$SECONDS" -lt "$end" ] || return 1
                xdotool windowfocus "$window" key ctrl+shift+Delete
                sleep 2
                xdotool windowfocus "$window" key Tab key Return
                # shellcheck disable=SC2016
                LAB_PATIENCE=5 lab_wait_for '[ -z "$(lab_chromium_history)" ]' >/dev/null
        done
}

: >"$LAB/visited"
lab_start
check "the daemon starts" lab_daemon_start || exit 1
check "the decision is made" eval \
        "nocontact begin 'Alex Doe' --days 30 --profile $profile --domain alexdoe.example >/dev/null"
check "Firefox starts" lab_firefox_start
check "Chromium starts" lab_chromium_start

# --- while nobody watched
check "the daemon ends" lab_daemon_stop
for i in 1 2 3; do
        check "Firefox visits page $i meanwhile" visit firefox "$profile?away=firefox$i"
        check "Chromium visits page $i meanwhile" visit chromium "$profile?away=chromium$i"
done
check "Firefox ends" lab_firefox_quit
check "Chromium ends" lab_chromium_quit

check "a witness watches the browsers' files" witness_start
before=$(fingerprint)
popups=$(lab_new_popups)
check "the daemon starts again" lab_daemon_start
check "each visit is recorded" lab_wait_for lab_attempts_are 6
check "once" exactly_what_was_visited
check "the visits together have one nudge" lab_wait_for eval "[ \$(lab_new_popups) -eq $((popups + 1)) ]"
check "the witness saw the daemon read" witness_saw_reading
check "the witness saw nothing written" witness_saw_no_writing
check "and every file is what it was" [ "$(fingerprint)" = "$before" ]
lab_end witness

check "the nudge stands on the screen" lab_wait_for lab_popup_visible
check "Leave is chosen in the notification server's menu" lab_answer Leave
check "the answer is recorded" lab_wait_for lab_events_are 1 '.kind == "nudge.answered"'
check "as what it was" eval "nocontact log --json | jq -e '[.[] | select(.kind == \"nudge.answered\")][0]
        | tostring | test(\"leave\")' >/dev/null"
check "and the nudge goes" lab_wait_for lab_no_popup

check "the daemon ends once more" lab_daemon_stop
check "and starts" lab_daemon_start
check "nothing is judged twice" exactly_what_was_visited

# --- killed in the middle
check "Firefox starts again" lab_firefox_start
check "Chromium starts again" lab_chromium_start
for i in 1 2 3; do
        check "Firefox visits page $i, and the daemon is killed" \
                eval "visit firefox '$profile?killed=firefox$i' && lab_daemon_kill"
        check "Chromium visits page $i, and the daemon starts" \
                eval "visit chromium '$profile?killed=chromium$i' && lab_daemon_start"
done
check "each visit is recorded in the end" lab_wait_for lab_attempts_are 12
check "once too" exactly_what_was_visited

# --- a history that is cleared
check "the daemon ends, to be traced" lab_daemon_stop
check "it starts under the trace" lab_daemon_start_traced
check "a live browser is read" eval "visit firefox '$profile?traced=firefox' &&
        visit chromium '$profile?traced=chromium' && lab_wait_for lab_attempts_are 14"
firefox_forgets
check "Firefox ends and starts, which takes up the setting" eval "lab_firefox_quit && lab_firefox_start"
check "Firefox clears its history at its end" eval "lab_firefox_quit && firefox_remembers_nothing"
check "what was recorded stays" exactly_what_was_visited
check "Firefox starts on an empty history" lab_firefox_start
check "a visit after that is recorded" eval "visit firefox '$profile?cleared=firefox' &&
        lab_wait_for lab_attempts_are 15"
check "and nothing else" exactly_what_was_visited
check "Chromium has written its visits down" eval \
        "visit chromium '$profile?last=chromium' && lab_wait_for lab_attempts_are 16"
check "Chromium clears its history" chromium_forgets
check "what was recorded still stays" exactly_what_was_visited
check "a visit after that is recorded too" eval "visit chromium '$profile?cleared=chromium' &&
        lab_wait_for lab_attempts_are 17"
check "and nothing else again" exactly_what_was_visited
check "Firefox ends at last" lab_firefox_quit
check "Chromium ends at last" lab_chromium_quit
check "the daemon ends at last" lab_daemon_stop
check "the trace shows that the browsers' files were only read" trace_has_no_writing
