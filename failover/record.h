/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operation record: the operation as a JSON file in /run, written whole and renamed.
 *
 * The file is the engine's own: its form is versioned and read by no other program. The host's view
 * of the operation is the report (report.h).
 */
#pragma once

#include "failover/operation.h"

/* Write the operation. An error leaves the old file as it was. */
gboolean gnf_record_save(const char *path, const GnfOperation *operation, GError **error);

/* The same where the work is right with or without its record, and only a restart would miss this
 * step. Where the file cannot be renamed into place it is written in place: an old record would be
 * worse than one that a crash right now cuts short. A failure of both goes to the debug log. */
void gnf_record_note(const char *path, const GnfOperation *operation);

/* Read it back. NULL without *error: there is none. A file of another version, or one that does not
 * make sense, is an error: the caller goes on without it and says so. */
GnfOperation *gnf_record_load(const char *path, GError **error);
