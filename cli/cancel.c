/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cancel: call a prepared operation off.
 */
#include "cli/report.h"
#include "cli/subcommand.h"

static const GnfOption options[] = {
    {"operation",
     "operation",
     GNF_OPTION_TEXT,
     "NAME",
     "The operation, as prepare named it (default: the one there is)"},
    {"timeout-ms",
     "timeout-ms",
     GNF_OPTION_NUMBER,
     "MS",
     "Answer within this time, 100 to 600000 (default: 4000)"},
    {NULL},
};

const GnfSubcommand gnf_subcommand_cancel = {
    .name = "cancel",
    .command = "guest-net-failover-cancel",
    .summary = "Put back what is still plugged in, forget what is gone",
    .details = "Calls a prepared operation off: puts back what is still plugged in, forgets what "
               "is gone.",
    .can_wait = TRUE,
    .options = options,
    .print = gnf_report_print,
};
