/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * complete: put the NICs that were plugged in where the prepared ones were.
 */
#include "cli/report.h"
#include "cli/subcommand.h"

static const GnfOption options[] = {
    {"operation",
     "operation",
     GNF_OPTION_TEXT,
     "NAME",
     "The operation, as prepare named it (default: the one there is)"},
    {"device",
     "devices",
     GNF_OPTION_REPLACEMENT,
     "SELECTOR[,replaces=MAC]",
     "A new NIC and the MAC of the old one, repeatable (default: same MACs)"},
    {"stage", "stage", GNF_OPTION_TEXT, "attach|activate", "Do only this part (default: both)"},
    {"timeout-ms",
     "timeout-ms",
     GNF_OPTION_NUMBER,
     "MS",
     "Answer within this time, 100 to 600000 (default: 4000)"},
    {NULL},
};

const GnfSubcommand gnf_subcommand_complete = {
    .name = "complete",
    .command = "guest-net-failover-complete",
    .summary = "Put the NIC that was plugged in into the bond and give it the traffic",
    .details = "Waits for each NIC that was plugged in where a prepared one was, puts it into the "
               "bond,\nand gives it the traffic back once its link is proven.",
    .can_wait = TRUE,
    .options = options,
    .print = gnf_report_print,
};
