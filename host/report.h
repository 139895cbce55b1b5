/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the operator sees: phases as they come, and at the end a table of the NICs; or JSON lines.
 */
#pragma once

#include "host/options.h"
#include "host/sequence.h"

/* "virt-net-failover: WHERE: PROBLEM" on standard error; where may be NULL. */
void gnf_host_complain(const char *where, const char *problem);

/* Tell the phases of a run, while it goes on. */
typedef struct {
    gboolean json;
    gboolean is_terminal;
    gboolean is_line_open; /* a line on the terminal that is to be written over */
} GnfReport;

void gnf_report_begin(GnfReport *report, const GnfCommandLine *line, GnfRun *run);

/* The end of it, and what the program exits with. */
GnfHostExit gnf_report_end(GnfReport *report,
                           const GnfCommandLine *line,
                           const GnfRun *run,
                           GnfOutcome outcome);

/* One line of JSON; takes the object. */
void gnf_report_json(JsonObject *object);
