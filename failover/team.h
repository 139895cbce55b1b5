/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The active port of a team device: it is teamd's to choose, so teamd is asked. Where no teamd
 * runs, or its runner has no active port, nothing can be moved, and a port just leaves.
 */
#pragma once

#include "failover/operation.h"

/* teamd answers at once; one that does not is not waited for. */
#define GNF_TEAMD_TIMEOUT_MS 1000

/* What teamd says of the port that was asked for. */
typedef enum {
    GNF_TEAM_DONE,      /* it sends through it */
    GNF_TEAM_ELSEWHERE, /* the team did not send through the device: nothing was asked for */
    GNF_TEAM_UNKNOWN, /* it cannot be asked, its runner has no active port, or does not choose it */
} GnfTeam;

/* If the team sends through the device, let it send through device->standby, and the device
 * was_active. It may leave whatever this comes to. device lives until the end. */
void
gnf_team_leave_async(GnfOperationDevice *device, GAsyncReadyCallback callback, gpointer user_data);
GnfTeam gnf_team_leave_finish(GAsyncResult *result);

/* Let the team send through the device, a port with a link. FALSE: teamd did not do so. */
void
gnf_team_use_async(GnfOperationDevice *device, GAsyncReadyCallback callback, gpointer user_data);
gboolean gnf_team_use_finish(GAsyncResult *result);
