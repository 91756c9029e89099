/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/client.h"
#include "cli/output.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A verb of the command line: one table says what it is called, what it takes, and what does it.
 * Help, usage errors and the argument parser all read this table; a test compares the
 * completions and the manual page with it. */

typedef enum Status {
        STATUS_DONE = 0,
        STATUS_FAILED = 1,
        STATUS_USAGE = 2, /* wrong usage, or a value that cannot be */
        STATUS_HELD = 3,  /* refused for now because a commitment holds */
} Status;

typedef struct Option {
        const char *name;     /* without the dashes */
        const char *value;    /* what it takes, as help shows it; NULL for nothing */
        const char *help;     /* half a sentence */
        const char *identity; /* the kind of identity that it names, or NULL */
} Option;

/* The identities that a verb takes as options. Each may be given several times. */
#define IDENTITY_OPTIONS                                                                           \
        {"alias", "NAME", "another name or nickname", "name"},                                     \
                {"phone", "NUMBER", "a phone number", "phone"},                                    \
                {"email", "ADDRESS", "a mail address", "email"},                                   \
                {"handle", "PLATFORM:USER", "a user name, such as instagram:alex.doe", "handle"},  \
                {"profile", "URL", "the address of a page of theirs", "profile"},                  \
                {"domain", "DOMAIN", "a domain of theirs", "domain"},                              \
                {"platform", "PLATFORM", "a whole platform, such as instagram", "platform"}, {     \
                "app", "APP:TITLE", "a conversation in an application, such as signal:Alex", "app" \
        }

#define OPTION_JSON                                                                                \
        { "json", NULL, "print JSON", NULL }
#define OPTION_PERSON                                                                              \
        { "person", "PERSON", "whom it is about; not needed when there is one person", NULL }

typedef struct Call Call;

typedef struct Command {
        const char *name;
        const char *usage;     /* what follows the name; "" for nothing */
        const char *summary;   /* one line for the list of verbs */
        const char *about;     /* more for `help VERB`, paragraphs parted by a line break; NULL */
        const Option *options; /* ends with an empty name; NULL for none */
        unsigned min_words, max_words;
        const char *wanted; /* says what the words are, when there are too few of them */
        Status (*run)(Call *call);
} Command;

/* An option as it was given. */
typedef struct Given {
        const Option *option;
        const char *value; /* NULL for an option without one */
} Given;

/* One call of a verb. */
struct Call {
        const Command *command;
        const Command *const *commands; /* the whole table, NULL-terminated: for help */
        Output *out;
        Client *client;
        const char **words; /* the arguments that are no options, in order */
        size_t n_words, words_space;
        Given *given; /* the options, in order */
        size_t n_given, given_space;
        bool help; /* --help was among them: nothing else was checked */
};

void call_done(Call *call);

/* Reads the arguments after the verb against call->command. Prints what is wrong. Returns
 * STATUS_DONE, STATUS_USAGE, or STATUS_FAILED when memory is out. */
Status call_parse(Call *call, int argc, char **argv);

/* Was the option given? It must be one of the command's. */
bool call_has(const Call *call, const char *option);

/* The value of the option as it was given last, or `otherwise`. */
const char *call_value(const Call *call, const char *option, const char *otherwise);

/* The word at `index`, or NULL. */
const char *call_word(const Call *call, size_t index);

/* Reads a whole number. `what` names it in the error ("--days", "the intensity"). Returns
 * STATUS_DONE, or STATUS_USAGE after saying what is wrong. */
Status call_number(Call *call, const char *what, const char *text, uint64_t least, uint64_t most,
        uint64_t *ret);

/* Says that the verb was used wrongly, and where its help is. Returns STATUS_USAGE. */
Status call_misused(Call *call, const char *fmt, ...) printf_like(2, 3);

/* Says why the client's last call failed (it returned `r`), and returns the exit status for it. */
Status call_failed(Call *call, int r);

/* Says that a loosening waits until `due_usec`, and where to see it. Returns STATUS_HELD. */
Status call_held(Call *call, uint64_t due_usec);

/* Whom it is about. `name` is compared without regard to case, and its beginning is enough when
 * it fits one person only; NULL is right when there is one person. On success *ret points into
 * `people`, which the caller ends. Returns STATUS_DONE, or another after saying why. */
Status call_person(Call *call, const char *name, People *ret_people, const Person **ret);

/* The person of exactly that name (without regard to case), or NULL. */
const Person *people_find(const People *people, const char *name);

/* The person of that name, or the one whose name begins so. Returns how many fit; *ret is set
 * when it is one. */
size_t people_match(const People *people, const char *name, const Person **ret);

/* Prints how a verb is used. */
void command_print_help(Output *o, const Command *command);
