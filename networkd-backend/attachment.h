/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an attached NIC has on disk: a file that puts it into its bond again after a reboot, or the
 * advice what to change where, and until then a file of our own.
 */
#pragma once

#include "failover/backend.h"
#include "netlink/link.h"
#include "networkd-backend/network-file.h"

/* Write our own file for the NIC, unless the administrator's files do. Without success networkd
 * knows nothing of the NIC, and only the kernel has it in its bond. */
void gnf_attachment_write_own(const GnfTarget *target, const GnfLink *link);

/* Forget it. networkd goes on with it until it reads its files anew. */
void gnf_own_file_remove(int ifindex);

/* The NIC is in its bond. Says what a reboot makes of it, and leaves a file of our own where
 * needed, none where not. file: the one that networkd has for it now, or NULL. */
GnfAttachment *
gnf_attachment_conclude(const GnfTarget *target, const GnfLink *link, const char *file);

/* What ties a NIC to its name, as GnfOwnership has it, where its file does. Pure. */
void gnf_attachment_look_at_binding(GnfOwnership *ownership,
                                    const GnfNetworkFile *file,
                                    const char *interface);

/* The advice. profile: the file that the old NIC had; chosen: the one that this NIC would get;
 * either may be NULL. Pure. */
char *gnf_attachment_advise(const GnfNetworkFile *profile,
                            const GnfNetworkFile *chosen,
                            const GnfNetworkNic *nic,
                            const char *bond);
