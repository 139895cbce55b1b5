/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The folders that networkd reads its files from: one file with its drop-ins, the file that a NIC
 * would get, and whether networkd may be told to read them anew. Files are only read.
 *
 * Folders are given first one first: a file hides those of its name in the folders behind.
 */
#pragma once

#include "networkd-backend/network-file.h"

/* networkd's own (systemd.network(5)). */
extern const char *const gnf_network_folders[];

/* The name that each file of this backend's own begins with: before "10-netplan-", since the first
 * file that fits is the one. */
#define GNF_NETWORK_OWN_PREFIX "05-qga-net-failover-"

#define GNF_NETWORK_OWN_FOLDER "/run/systemd/network"

gboolean gnf_network_is_own(const char *path);

/* The file and its drop-ins; NULL if it cannot be read. */
GnfNetworkFile *gnf_network_folder_load(const char *const *folders, const char *path);

/* The file that networkd would choose for the NIC if there were none of our own: what it will have
 * after a reboot. NULL for none. A file that may or may not fit (GNF_FIT_UNKNOWN) is taken for one
 * that does only if it is `known`: the one that was used before, or NULL. */
GnfNetworkFile *
gnf_network_folder_choose(const char *const *folders, const GnfNetworkNic *nic, const char *known);

/* A file or folder that has changed since the time (in us since 1970), in a way that networkd acts
 * on when it reads its files anew; NULL if there is none. Our own files do not count; where they
 * are, neither does what was taken away. */
char *gnf_network_folder_find_changed(const char *const *folders, gint64 since_us);
