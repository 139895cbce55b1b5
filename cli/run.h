/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A subcommand, from its arguments to its exit code.
 */
#pragma once

#include "cli/options.h"

/* Sends the command, again and again with --wait, and prints what came of it: the reply to standard
 * output, what went wrong to standard error. socket: the engine's. */
GnfExit gnf_run(const GnfSubcommand *subcommand, const GnfOptions *options, const char *socket);

/* "qga-net-failover: CODE: detail" on standard error; code may be NULL. */
void gnf_complain(const char *code, const char *detail);
