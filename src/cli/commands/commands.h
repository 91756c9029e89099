/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/command.h"

/* The verbs. Each is one entry of the table in main.c. */

extern const Command command_begin;
extern const Command command_add, command_remove, command_extend, command_end;
extern const Command command_urge, command_relapse, command_correct, command_why;
extern const Command command_status, command_stats, command_report;
extern const Command command_list, command_log, command_attempts, command_pending;
extern const Command command_plan, command_reasons, command_support;
extern const Command command_block, command_open, command_close;
/* Of `browsers policies`. */
Status browsers_policies(Call *call);

extern const Command command_cool_down, command_key, command_regime;
extern const Command command_limited;
extern const Command command_holds, command_pass;
extern const Command command_browsers, command_doctor;

/* --- what several of them share -------------------------------------------------------------- */

/* Has the daemon check the person's name and every identity among the options, so that a wrong one
 * changes nothing. Returns STATUS_DONE, or another after naming the option and its value. */
Status identities_check(Call *call, const char *name);

/* Adds every identity among the options to the person; those that are there already stay. *ret_n
 * counts those that were added before a failure too. Returns STATUS_DONE, or another after
 * saying why. */
Status identities_add(Call *call, const char *person, unsigned *ret_n);

/* How many identities are among the options. */
unsigned identities_given(const Call *call);

/* Prints the person's name and identities, one line for each kind. */
Status identities_print(Call *call, const char *person, const char *name);

/* Checks --mode when it was given. */
Status mode_check(Call *call);

/* Says that the person is in another mode than --mode asks for. Returns STATUS_DONE when they
 * agree or none was given. */
Status mode_agrees(Call *call, const Person *person);

/* Tells of a loosening that is done (`due` 0: the sentence `done`) or waits, as text or as JSON.
 * Returns STATUS_DONE or STATUS_HELD. */
Status change_tell(Call *call, uint64_t due, const char *done);

/* Prints the layers with their states in words. */
void layers_print(Output *o, const Overview *overview);

/* Prints what waits. */
void pending_print(Output *o, const Overview *overview);

#define OPTION_MODE                                                                                \
        {                                                                                          \
                "mode", "full|limited",                                                            \
                        "full: no contact (the default); limited: only what must be", NULL         \
        }
