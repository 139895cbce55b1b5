/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * This backend's own .network file for a NIC that no file of the administrator's puts into its
 * bond: in /run, so that it ends with the guest, and named by the NIC's ifindex, so that it can be
 * told when it is of no use to anybody any more.
 */
#pragma once

#include "networkd-backend/network-file.h"

/* What it says. origin: the file in whose place it stands, or NULL. Pure. */
char *gnf_own_file_format(const GnfNetworkNic *nic, const char *bond, const char *origin);

/* Its path, below folder. Pure. */
char *gnf_own_file_path(const char *folder, int ifindex);

/* Written whole and renamed, readable by networkd. One that says so already is not touched, since
 * networkd goes by its times. */
gboolean gnf_own_file_write(const char *path, const char *text, GError **error);

/* Remove those of interfaces that are gone (all that is_there says FALSE to). */
void gnf_own_file_purge(const char *folder, gboolean (*is_there)(int ifindex));
