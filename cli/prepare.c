/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * prepare: get primaries ready to be unplugged.
 */
#include "cli/report.h"
#include "cli/subcommand.h"

static const GnfOption options[] = {
    {"device",
     "devices",
     GNF_OPTION_SELECTOR,
     "SELECTOR",
     "A primary, repeatable (default: every one in a bond with a standby)"},
    {"stage", "stage", GNF_OPTION_TEXT, "switch|release", "Do only this part (default: both)"},
    {"dry-run",
     "dry-run",
     GNF_OPTION_FLAG,
     NULL,
     "Only tell what would be done, and what would prevent it"},
    {"eject",
     "eject",
     GNF_OPTION_FLAG,
     NULL,
     "Power the PCI slot off afterwards: the unplug is then complete"},
    {"policy",
     "policy",
     GNF_OPTION_TEXT,
     "all-or-nothing|best-effort",
     "What to do when some devices fail (default: all-or-nothing)"},
    {"timeout-ms",
     "timeout-ms",
     GNF_OPTION_NUMBER,
     "MS",
     "Answer within this time, 100 to 600000 (default: 4000)"},
    {"revert-after-ms",
     "revert-after-ms",
     GNF_OPTION_NUMBER,
     "MS",
     "Put a primary still plugged in after so long back (default: 0, never)"},
    {NULL},
};

const GnfSubcommand gnf_subcommand_prepare = {
    .name = "prepare",
    .command = "guest-net-failover-prepare",
    .summary = "Move the traffic to the standby and take the primary out of its bond",
    .details = "Gets primaries ready to be unplugged: checks that the standby has a link, moves "
               "the\ntraffic to it, takes the primary out of its bond through whoever manages it, "
               "and\nkeeps it out.",
    .can_wait = TRUE,
    .options = options,
    .print = gnf_report_print,
};
