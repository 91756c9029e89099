/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From the extension's questions to calls of org.nocontact.Daemon1.Manager, and back. It decides
 * nothing, keeps no URL longer than its question is open, and can call nothing but what the table
 * of verbs names. It does not start nocontactd again when it ended: that a browser runs is no
 * reason. Used by main.c. */

#include "webext/bridge.h"

#include "common/log.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <systemd/sd-bus.h>

/* A page that waits for its answer opens after this. */
#define ANSWER_USEC (5 * USEC_PER_SEC)

/* Integers up to here are the same in JavaScript. */
#define ID_MAX ((json_int_t)1 << 53)

#define NAME_RULE                                                                                  \
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"                \
        "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" NC_BUS_NAME "'"

struct Bridge {
        sd_bus *bus;
        char *browser, *source;      /* "firefox", "extension:firefox" */
        const char *private_windows; /* static: as the extension said of them */
        bridge_say_func say;
        void *userdata;
        unsigned n_open;
        bool greeted; /* the extension has its hello */
};

/* --- verbs ----------------------------------------------------------------------------------- */

typedef struct Verb {
        const char *key;
        const char *method;
        json_type type; /* of the value */
        int (*ask)(Bridge *b, sd_bus_message *call, const json_t *request, const json_t *value);
        json_t *(*tell)(json_int_t id, sd_bus_message *reply);
} Verb;

/* Is it an integer that both sides read alike? */
static bool is_number(const json_t *value) {
        json_int_t n = json_integer_value(value);

        return json_is_integer(value) && n >= 0 && n <= ID_MAX;
}

static int ask_text(Bridge *b, sd_bus_message *call, const json_t *request, const json_t *value) {
        (void)b, (void)request;
        return sd_bus_message_append(call, "s", json_string_value(value));
}

static int ask_report(Bridge *b, sd_bus_message *call, const json_t *request, const json_t *value) {
        (void)request;
        return sd_bus_message_append(call, "ss", json_string_value(value), b->source);
}

static int ask_tag(Bridge *b, sd_bus_message *call, const json_t *request, const json_t *value) {
        const json_t *event = json_object_get(request, "event");

        (void)b;
        if (!is_number(event))
                return -EPROTO;
        return sd_bus_message_append(
                call, "ts", (uint64_t)json_integer_value(event), json_string_value(value));
}

static int append_texts(sd_bus_message *call, const json_t *list) {
        const json_t *text;
        size_t i;
        int r;

        r = sd_bus_message_open_container(call, 'a', "s");
        json_array_foreach (list, i, text) {
                if (!json_is_string(text))
                        return -EINVAL;
                if (r >= 0)
                        r = sd_bus_message_append(call, "s", json_string_value(text));
        }
        return r < 0 ? r : sd_bus_message_close_container(call);
}

static int ask_exposed(
        Bridge *b, sd_bus_message *call, const json_t *request, const json_t *value) {
        int r;

        (void)b;
        r = append_texts(call, value);
        return r < 0 ? r : append_texts(call, json_object_get(request, "names"));
}

static int append_hello(const Bridge *b, sd_bus_message *call) {
        return sd_bus_message_append(call, "ss", b->browser, b->private_windows);
}

/* Kept for the hellos to come. */
static int ask_private(
        Bridge *b, sd_bus_message *call, const json_t *request, const json_t *value) {
        static const char *const words[] = {"covered", "open"};

        (void)request;
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                if (streq(json_string_value(value), words[i])) {
                        b->private_windows = words[i];
                        return append_hello(b, call);
                }
        return -EINVAL;
}

static json_t *tell_blocked(json_int_t id, sd_bus_message *reply) {
        int blocked;

        if (sd_bus_message_read(reply, "b", &blocked) < 0)
                return NULL;
        return json_pack("{s:I, s:b}", "id", id, "blocked", blocked);
}

static json_t *read_bools(sd_bus_message *reply) {
        json_t *list = json_array();
        int value;

        if (sd_bus_message_enter_container(reply, 'a', "b") < 0) {
                json_decref(list);
                return NULL;
        }
        while (sd_bus_message_read(reply, "b", &value) > 0)
                (void)json_array_append_new(list, json_boolean(value));
        (void)sd_bus_message_exit_container(reply);
        return list;
}

static json_t *tell_exposed(json_int_t id, sd_bus_message *reply) {
        json_t *theirs = read_bools(reply), *named = read_bools(reply);

        return json_pack("{s:I, s:o, s:o}", "id", id, "exposed", theirs, "names", named);
}

static json_t *tell_grade(json_int_t id, sd_bus_message *reply) {
        const char *grade;

        if (sd_bus_message_read(reply, "s", &grade) < 0)
                return NULL;
        return json_pack("{s:I, s:s}", "id", id, "grade", grade);
}

static json_t *tell_pause(json_int_t id, sd_bus_message *reply) {
        const char *kept, *also, *plan, *reason, *instead, *support;
        uint64_t event;

        if (sd_bus_message_read(
                    reply, "sssssst", &kept, &also, &plan, &reason, &instead, &support, &event) < 0)
                return NULL;
        return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "id", id, "kept", kept, "also",
                also, "plan", plan, "reason", reason, "instead", instead, "support", support,
                "event", (json_int_t)event);
}

static json_t *tell_done(json_int_t id, sd_bus_message *reply) {
        (void)reply;
        return json_pack("{s:I, s:b}", "id", id, "done", 1);
}

static const Verb verbs[] = {
        {"check", "CheckUrl", JSON_STRING, ask_text, tell_blocked},
        {"report", "ReportVisit", JSON_STRING, ask_report, tell_grade},
        {"exposed", "CheckExposure", JSON_ARRAY, ask_exposed, tell_exposed},
        {"private", "HostHello", JSON_STRING, ask_private, tell_done},
        {"pause", "PausePage", JSON_TRUE, NULL, tell_pause},
        {"answer", "AnswerPause", JSON_STRING, ask_text, tell_done},
        {"tag", "TagEvent", JSON_STRING, ask_tag, tell_done},
};

/* --- questions ------------------------------------------------------------------------------- */

typedef struct Question {
        Bridge *bridge;
        const Verb *verb;
        json_int_t id;
} Question;

static void say(Bridge *b, json_t *message) {
        if (message)
                b->say(b->userdata, message);
        json_decref(message);
}

static void say_error(Bridge *b, json_int_t id, const char *word) {
        say(b, json_pack("{s:I, s:s}", "id", id, "error", word));
}

/* Did nocontactd itself say no, or is it not there to say anything? */
static const char *error_word(const sd_bus_error *error) {
        return strncmp(error->name, NC_ERROR_PREFIX, strlen(NC_ERROR_PREFIX)) == 0 ? "refused"
                                                                                   : "away";
}

static int on_answer(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Question *q = userdata;
        json_t *answer;

        (void)error;
        if (sd_bus_message_is_method_error(reply, NULL)) {
                say_error(q->bridge, q->id, error_word(sd_bus_message_get_error(reply)));
                return 0;
        }
        answer = q->verb->tell(q->id, reply);
        if (answer)
                say(q->bridge, answer);
        else
                say_error(q->bridge, q->id, "refused");
        return 0;
}

static void question_end(void *userdata) {
        Question *q = userdata;

        q->bridge->n_open--;
        free(q);
}

static int new_call(const Bridge *b, const char *method, sd_bus_message **ret) {
        return sd_bus_message_new_method_call(
                b->bus, ret, NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, method);
}

/* The answer's slot has the question from then on, and ends with the bus at the latest. */
static int send_question(Bridge *b, sd_bus_message *call, const Verb *verb, json_int_t id) {
        Question *q = malloc(sizeof(*q));
        sd_bus_slot *slot;
        int r;

        if (!q)
                return -ENOMEM;
        *q = (Question){b, verb, id};
        r = sd_bus_call_async(b->bus, &slot, call, on_answer, q, ANSWER_USEC);
        if (r < 0) {
                free(q);
                return r;
        }
        b->n_open++;
        (void)sd_bus_slot_set_destroy_callback(slot, question_end);
        (void)sd_bus_slot_set_floating(slot, true);
        sd_bus_slot_unref(slot);
        return 0;
}

/* What it asks for: the one verb that is in it, or NULL. */
static const Verb *find_verb(const json_t *request, const json_t **ret_value) {
        const Verb *found = NULL;

        for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
                const json_t *value = json_object_get(request, verbs[i].key);

                if (!value)
                        continue;
                if (found || json_typeof(value) != verbs[i].type)
                        return NULL;
                found = &verbs[i];
                *ret_value = value;
        }
        return found;
}

bool bridge_is_full(const Bridge *b) {
        return b->n_open >= BRIDGE_OPEN_MAX;
}

int bridge_hear(Bridge *b, const json_t *request) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        const json_t *id = json_object_get(request, "id"), *value = NULL;
        const Verb *verb = find_verb(request, &value);
        json_int_t n = json_integer_value(id);
        int r;

        if (!is_number(id) || !verb)
                return -EPROTO;
        r = new_call(b, verb->method, &call);
        if (r >= 0 && verb->ask)
                r = verb->ask(b, call, request, value);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(call, false);
        if (r >= 0)
                r = send_question(b, call, verb, n);
        if (r == -ENOMEM || r == -EPROTO)
                return r;
        if (r < 0)
                say_error(b, n, "refused");
        return 0;
}

/* --- hello ----------------------------------------------------------------------------------- */

static int on_state(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const char *state = "idle";
        Bridge *b = userdata;
        int elsewhere = 1; /* for one who does not say: rather too much is asked about */

        (void)error;
        if (sd_bus_message_is_method_error(reply, NULL))
                log_debug("nocontactd did not answer the host's hello.");
        else if (sd_bus_message_read(reply, "sb", &state, &elsewhere) < 0)
                log_warning("nocontactd answered the host's hello in another way.");
        say(b, json_pack("{s:o, s:b, s:b}", b->greeted ? "changed" : "hello",
                       b->greeted ? json_true() : json_integer(BRIDGE_PROTOCOL), "active",
                       !streq(state, "idle"), "elsewhere", elsewhere != 0));
        b->greeted = true;
        return 0;
}

/* Only the first one may start nocontactd. */
static int say_hello(Bridge *b) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = new_call(b, "HostHello", &call);
        if (r >= 0)
                r = append_hello(b, call);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(call, !b->greeted);
        return r < 0 ? r : sd_bus_call_async(b->bus, NULL, call, on_state, b, 0);
}

static int on_rules_changed(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Bridge *b = userdata;

        (void)message, (void)error;
        if (b->greeted && say_hello(b) < 0)
                log_warning("nocontactd cannot be asked for its state.");
        return 0;
}

static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *name, *old, *new;

        if (sd_bus_message_read(message, "sss", &name, &old, &new) < 0 || new[0] == '\0')
                return 0;
        return on_rules_changed(message, userdata, error);
}

/* --- life ------------------------------------------------------------------------------------ */

static int bridge_open(Bridge *b, sd_event *event) {
        int r;

        r = sd_bus_open_user_with_description(&b->bus, "nocontact-webext-host");
        if (r >= 0)
                r = sd_bus_attach_event(b->bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_set_exit_on_disconnect(b->bus, true);
        if (r >= 0)
                r = sd_bus_add_match_async(b->bus, NULL, NAME_RULE, on_owner, NULL, b);
        if (r >= 0)
                r = sd_bus_match_signal_async(b->bus, NULL, NC_BUS_NAME, NC_OBJECT_ROOT,
                        NC_INTERFACE_MANAGER, "RulesChanged", on_rules_changed, NULL, b);
        return r < 0 ? r : say_hello(b);
}

int bridge_new(sd_event *event, const char *browser, bridge_say_func say_it, void *userdata,
        Bridge **ret) {
        _cleanup_(bridge_freep) Bridge *b = calloc(1, sizeof(*b));
        int r;

        if (!b)
                return -ENOMEM;
        b->say = say_it;
        b->userdata = userdata;
        b->private_windows = "";
        b->browser = strdup(browser);
        if (asprintf(&b->source, "extension:%s", browser) < 0)
                b->source = NULL;
        if (!b->browser || !b->source)
                return -ENOMEM;
        r = bridge_open(b, event);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(b);
        return 0;
}

Bridge *bridge_free(Bridge *b) {
        if (!b)
                return NULL;
        sd_bus_flush_close_unref(b->bus);
        free(b->browser);
        free(b->source);
        free(b);
        return NULL;
}
