/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RHEL's network-scripts: /etc/sysconfig/network-scripts/ifcfg-*. A port's own file names its bond.
 */
#pragma once

#include "ifcfg-backend/membership.h"

#define GNF_IFCFG_RHEL_FOLDER "/etc/sysconfig/network-scripts"

/* Reads the files under a root ("" for this machine); what cannot be read is in the notes. */
GnfMembership *gnf_ifcfg_rhel_read(const char *root);
