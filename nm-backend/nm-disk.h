/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a profile says on disk, when NetworkManager is using a copy of it that lives in memory.
 *
 * Update2 with IN_MEMORY writes that copy below /run and notes in it which file it hides
 * ([.nmmeta] shadowed-storage=). Files are only read.
 */
#pragma once

#include <NetworkManager.h>

/* The file that survives a reboot, and what it says (transfer full). NULL where that cannot be
 * told: a profile that is in memory only, or in a format other than keyfile. */
NMConnection *gnf_nm_disk_read(NMRemoteConnection *profile, char **ret_filename);
