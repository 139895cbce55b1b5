/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operator's program that moves the network's filter: a PF's MAC, a bridge's static entry.
 */
#pragma once

#include "host/sequence.h"

#define GNF_FILTER_TO_STANDBY "to-standby"
#define GNF_FILTER_TO_PRIMARY "to-primary"

/* Runs it once for each NIC, for this host, and waits. Error: GNF_HOST_ERROR_FAILED, with what it
 * wrote to standard error. */
gboolean gnf_filter_move(GnfRun *run, GnfHost *host, const char *action, GError **error);
