/* SPDX-License-Identifier: GPL-3.0-or-later */

/* org.nocontact.Daemon1.Manager. */

#include "core/judge.h"
#include "daemon/bus.h"
#include "daemon/changes.h"
#include "daemon/people.h"
#include "daemon/records.h"
#include "daemon/refusal.h"
#include "daemon/visits.h"
#include "nocontact/bus-names.h"

#include <errno.h>

/* --- properties ------------------------------------------------------------------------------ */

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        (void)bus, (void)path, (void)interface, (void)property, (void)userdata, (void)error;
        return sd_bus_message_append(reply, "s", NOCONTACT_VERSION);
}

static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        return sd_bus_message_append(reply, "s", manager_state(userdata));
}

static int get_layers(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Layer *layers = manager_layers(userdata);
        int r;

        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        r = sd_bus_message_open_container(reply, 'a', "(sss)");
        for (size_t i = 0; i < _LAYER_MAX && r >= 0; i++)
                r = sd_bus_message_append(
                        reply, "(sss)", layers[i].name, layers[i].state, layers[i].detail);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_pending(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const State *s = ledger_state(manager_ledger(userdata));
        int r;

        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        r = sd_bus_message_open_container(reply, 'a', "(tstt)");
        for (size_t i = 0; i < s->n_pending && r >= 0; i++) {
                const Pending *c = &s->pending[i];
                _cleanup_free_ char *what = changes_describe(s, c);

                if (!what)
                        return -ENOMEM;
                r = sd_bus_message_append(reply, "(tstt)", c->seq, what,
                        manager_promise_wall(userdata, c->asked_usec),
                        manager_promise_wall(userdata, c->due_usec));
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* --- people and commitments ------------------------------------------------------------------ */

static int method_add_person(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_free_ char *path = NULL;
        const char *name, *mode, *id, *why = NULL;
        int r;

        r = sd_bus_message_read(message, "ss", &name, &mode);
        if (r < 0)
                return r;
        r = people_add(
                manager_ledger(userdata), manager_promise_now(userdata), name, mode, &id, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        path = bus_person_path(id);
        return path ? sd_bus_reply_method_return(message, "o", path) : -ENOMEM;
}

static int method_begin(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_free_ char *id = NULL;
        const char *path, *why = NULL;
        unsigned days;
        int r;

        r = sd_bus_message_read(message, "ou", &path, &days);
        if (r < 0)
                return r;
        r = bus_person_id(path, false, &id, error);
        if (r < 0)
                return r;
        r = people_begin(manager_ledger(userdata), manager_promise_now(userdata), id, days, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

static int method_check_identity(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *kind, *value, *why = NULL;
        Identity id = {0};
        int r;

        (void)userdata;
        r = sd_bus_message_read(message, "ss", &kind, &value);
        if (r < 0)
                return r;
        r = people_parse_identity(kind, value, &id, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        r = sd_bus_reply_method_return(message, "s", id.value);
        identity_done(&id);
        return r;
}

static int method_cancel_pending(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *why = NULL;
        uint64_t change;
        int r;

        r = sd_bus_message_read(message, "t", &change);
        if (r < 0)
                return r;
        r = changes_cancel(manager_ledger(userdata), manager_promise_now(userdata), change, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

/* --- records --------------------------------------------------------------------------------- */

static int method_record_urge(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_free_ char *id = NULL;
        const char *path, *note, *tag, *why = NULL;
        uint64_t event;
        uint8_t intensity;
        int r;

        r = sd_bus_message_read(message, "oyss", &path, &intensity, &note, &tag);
        if (r < 0)
                return r;
        r = bus_person_id(path, false, &id, error);
        if (r < 0)
                return r;
        r = records_urge(manager_ledger(userdata), manager_now(userdata), id, intensity, note, tag,
                &event, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", event);
}

static int method_record_relapse(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_free_ char *id = NULL;
        const char *path, *channel, *note, *why = NULL;
        uint64_t event;
        int r;

        r = sd_bus_message_read(message, "oss", &path, &channel, &note);
        if (r < 0)
                return r;
        r = bus_person_id(path, false, &id, error);
        if (r < 0)
                return r;
        r = records_relapse(
                manager_ledger(userdata), manager_now(userdata), id, channel, note, &event, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", event);
}

static int method_correct(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *grade, *note, *why = NULL;
        uint64_t event;
        int r;

        r = sd_bus_message_read(message, "tss", &event, &grade, &note);
        if (r < 0)
                return r;
        r = records_correct(
                manager_ledger(userdata), manager_now(userdata), event, grade, note, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

static int method_tag_event(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *tag, *why = NULL;
        uint64_t event;
        int r;

        r = sd_bus_message_read(message, "ts", &event, &tag);
        if (r < 0)
                return r;
        r = records_tag(manager_ledger(userdata), manager_now(userdata), event, tag, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

/* --- judging --------------------------------------------------------------------------------- */

/* Does the URL have a chance to be one? What is no web address concerns nobody, but what is too
 * long is an error of the caller's. */
static int check_url_length(const char *url, sd_bus_error *error) {
        if (strlen(url) > URL_LEN_MAX)
                return bus_refuse(error, -EINVAL, N_("The URL is too long: 65536 bytes at most."));
        return 0;
}

static int method_check_url(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const Ledger *l = manager_ledger(userdata);
        _cleanup_free_ char *path = NULL;
        Verdict v = {0};
        const char *url;
        int r, found;

        r = sd_bus_message_read(message, "s", &url);
        if (r < 0)
                return r;
        r = check_url_length(url, error);
        if (r < 0)
                return r;
        found = judge_url(ledger_rules(l), url, manager_now(userdata), EVIDENCE_STOPPED, &v);
        if (found < 0)
                return found;
        path = bus_person_path(found ? ledger_state(l)->people[v.person].id : "");
        r = path ? sd_bus_reply_method_return(message, "bos", found, path, found ? v.why : "")
                 : -ENOMEM;
        verdict_done(&v);
        return r;
}

static int method_check_text(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const Ledger *l = manager_ledger(userdata);
        const LocalTime now = manager_local_now(userdata);
        const char *app, *summary, *body;
        _cleanup_free_ char *path = NULL;
        Verdict v = {0};
        int r, found;

        r = sd_bus_message_read(message, "sss", &app, &summary, &body);
        if (r < 0)
                return r;
        if (strlen(app) + strlen(summary) + strlen(body) > NC_LIMIT_TEXT_LEN)
                return bus_refuse(error, -EINVAL, N_("The text is too long: 1 MiB at most."));
        found = judge_notice(ledger_rules(l),
                &(Notice){.app = app, .desktop_entry = "", .summary = summary, .body = body},
                now.usec, now, &v);
        if (found < 0)
                return found;
        path = bus_person_path(found ? ledger_state(l)->people[v.person].id : "");
        r = path ? sd_bus_reply_method_return(
                           message, "sos", v.hold ? "hold" : "deliver", path, found ? v.why : "")
                 : -ENOMEM;
        verdict_done(&v);
        return r;
}

/* Reads an array of texts and writes what each is told about, in their order. */
static int check_each(sd_bus_message *message, sd_bus_message *reply, const Rules *rules,
        uint64_t now, int (*judge)(const Rules *rules, const char *text, uint64_t at_usec)) {
        const char *text;
        int r;

        r = sd_bus_message_enter_container(message, 'a', "s");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "b");
        for (unsigned n = 0; r >= 0 && (r = sd_bus_message_read(message, "s", &text)) > 0; n++) {
                if (n == NC_LIMIT_EXPOSED || strlen(text) > URL_LEN_MAX)
                        return -E2BIG;
                r = judge(rules, text, now);
                if (r >= 0)
                        r = sd_bus_message_append(reply, "b", r);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int method_check_exposure(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const Rules *rules = ledger_rules(manager_ledger(userdata));
        uint64_t now = manager_now(userdata);
        int r;

        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = check_each(message, reply, rules, now, judge_exposed_url);
        if (r >= 0)
                r = check_each(message, reply, rules, now, judge_exposed_name);
        if (r == -E2BIG)
                return bus_refuse(
                        error, -EINVAL, N_("That is too much at once: 100 links and 100 names."));
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_report_visit(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        uint64_t now = manager_now(userdata);
        const char *url, *text;
        Source source;
        Grade grade;
        int r;

        r = sd_bus_message_read(message, "ss", &url, &text);
        if (r < 0)
                return r;
        r = check_url_length(url, error);
        if (r < 0)
                return r;
        if (source_parse(text, &source) < 0)
                return bus_refuse(error, -EINVAL,
                        N_("The source is a sensor, a colon and a browser: extension:firefox."));
        r = visits_record(manager_ledger(userdata), now, &source,
                &(SeenVisit){.url = url, .at_usec = now}, 1, NULL, NULL, &grade);
        if (r < 0)
                return bus_refuse(error, r, NULL);
        return sd_bus_reply_method_return(message, "s", grade_name(grade));
}

static int append_browser(
        void *userdata, const char *browser, const char *state, const char *detail) {
        return sd_bus_message_append(userdata, "(sss)", browser, state, detail);
}

static int method_list_browsers(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(sss)");
        if (r < 0)
                return r;
        r = enforcement_tell_browsers(manager_enforcement(userdata), append_browser, reply);
        if (r < 0)
                return bus_refuse(error, r, N_("The browsers' settings cannot be read."));
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* --- the browsers' extension ----------------------------------------------------------------- */

static int method_host_hello(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_free_ char *text = NULL;
        const char *browser, *private_windows;
        Source source;
        int r;

        r = sd_bus_message_read(message, "ss", &browser, &private_windows);
        if (r < 0)
                return r;
        if (asprintf(&text, "extension:%s", browser) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        if (browser[0] == '\0' || source_parse(text, &source) < 0)
                return bus_refuse(error, -EINVAL, N_("That is no name of a browser."));
        r = encounters_add_guard(
                manager_encounters(userdata), message, source.channel, private_windows);
        if (r < 0)
                return bus_refuse(error, r,
                        r == -EDQUOT   ? N_("There are too many browsers at once.")
                        : r == -EINVAL ? N_("Private windows are covered, open or unknown.")
                                       : NULL);
        return sd_bus_reply_method_return(
                message, "sb", manager_state(userdata), manager_reaches_elsewhere(userdata));
}

static int method_pause_page(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_free_ char *kept = NULL, *also = NULL;
        PauseFacts f;
        int r;

        (void)error;
        encounters_pause_facts(manager_encounters(userdata), &f);
        r = pause_kept(&f, &kept, &also);
        if (r < 0)
                return r;
        return sd_bus_reply_method_return(message, "sssssst", kept, also, f.plan ? f.plan : "",
                f.reason ? f.reason : "", f.instead ? f.instead : "", f.support ? f.support : "",
                f.event);
}

static int method_answer_pause(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *answer;
        int r;

        r = sd_bus_message_read(message, "s", &answer);
        if (r < 0)
                return r;
        r = encounters_answer_pause(manager_encounters(userdata), answer);
        if (r < 0)
                return bus_refuse(error, r, N_("The answer is leave, breathe, write or call."));
        return sd_bus_reply_method_return(message, NULL);
}

/* --- the way of a notification --------------------------------------------------------------- */

static int append_trial(sd_bus_message *reply, const TrialRow *rows, size_t n) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sss)");
        for (size_t i = 0; i < n && r >= 0; i++)
                r = sd_bus_message_append(
                        reply, "(sss)", rows[i].step, rows[i].state, rows[i].detail);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static void on_trial(void *userdata, const TrialRow *rows, size_t n) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = userdata, *reply = NULL;

        if (n > 0 && sd_bus_message_new_method_return(message, &reply) >= 0 &&
                append_trial(reply, rows, n) >= 0)
                (void)sd_bus_send(NULL, reply, NULL);
}

/* The answer comes when the trial is over. */
static int method_probe_notifications(
        sd_bus_message *message, void *userdata, sd_bus_error *error) {
        int r;

        r = notifications_try(
                manager_notifications(userdata), on_trial, sd_bus_message_ref(message));
        if (r < 0) {
                (void)sd_bus_message_unref(message);
                return bus_refuse(error, r,
                        r == -EEXIST ? N_("Another test runs; it takes some seconds.") : NULL);
        }
        return 1;
}

/* --- the interface --------------------------------------------------------------------------- */

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("State", "s", get_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Layers", "a(sss)", get_layers, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Pending", "a(tstt)", get_pending, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_METHOD_WITH_ARGS("AddPerson", SD_BUS_ARGS("s", name, "s", mode),
                SD_BUS_RESULT("o", person), method_add_person, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Begin", SD_BUS_ARGS("o", person, "u", days), SD_BUS_NO_RESULT,
                method_begin, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CheckIdentity", SD_BUS_ARGS("s", kind, "s", value),
                SD_BUS_RESULT("s", canonical), method_check_identity, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RecordUrge",
                SD_BUS_ARGS("o", person, "y", intensity, "s", note, "s", tag),
                SD_BUS_RESULT("t", event), method_record_urge, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RecordRelapse", SD_BUS_ARGS("o", person, "s", channel, "s", note),
                SD_BUS_RESULT("t", event), method_record_relapse, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Correct", SD_BUS_ARGS("t", event, "s", grade, "s", note),
                SD_BUS_NO_RESULT, method_correct, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("TagEvent", SD_BUS_ARGS("t", event, "s", tag), SD_BUS_NO_RESULT,
                method_tag_event, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CancelPending", SD_BUS_ARGS("t", id), SD_BUS_NO_RESULT,
                method_cancel_pending, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CheckUrl", SD_BUS_ARGS("s", url),
                SD_BUS_RESULT("b", blocked, "o", person, "s", why), method_check_url,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CheckText", SD_BUS_ARGS("s", app, "s", summary, "s", body),
                SD_BUS_RESULT("s", verdict, "o", person, "s", why), method_check_text,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CheckExposure", SD_BUS_ARGS("as", urls, "as", names),
                SD_BUS_RESULT("ab", theirs, "ab", named), method_check_exposure,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ReportVisit", SD_BUS_ARGS("s", url, "s", source),
                SD_BUS_RESULT("s", grade), method_report_visit, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListBrowsers", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(sss)", browsers),
                method_list_browsers, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("HostHello", SD_BUS_ARGS("s", browser, "s", private_windows),
                SD_BUS_RESULT("s", state, "b", elsewhere), method_host_hello,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("PausePage", SD_BUS_NO_ARGS,
                SD_BUS_RESULT("s", kept, "s", also, "s", plan, "s", reason, "s", instead, "s",
                        support, "t", event),
                method_pause_page, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("AnswerPause", SD_BUS_ARGS("s", answer), SD_BUS_NO_RESULT,
                method_answer_pause, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ProbeNotifications", SD_BUS_NO_ARGS,
                SD_BUS_RESULT("a(sss)", steps), method_probe_notifications,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS(
                "Recorded", SD_BUS_ARGS("t", event, "o", person, "s", grade, "s", channel), 0),
        SD_BUS_SIGNAL("RulesChanged", "", 0),
        SD_BUS_SIGNAL_WITH_ARGS("MilestoneReached", SD_BUS_ARGS("o", person, "u", days), 0),
        SD_BUS_VTABLE_END,
};

int manager_bus_add(sd_bus *bus, Manager *m) {
        return sd_bus_add_object_vtable(
                bus, NULL, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, manager_vtable, m);
}
