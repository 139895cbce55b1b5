/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SUSE's ifcfg files, which wicked reads: /etc/sysconfig/network/ifcfg-*. A file is for the
 * interface of its name, and the bond's file names the ports.
 */
#pragma once

#include "ifcfg-backend/membership.h"

#define GNF_IFCFG_SUSE_FOLDER "/etc/sysconfig/network"

/* Reads the files under a root ("" for this machine); what cannot be read is in the notes. */
GnfMembership *gnf_ifcfg_suse_read(const char *root);
