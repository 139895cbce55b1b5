/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads /etc/network/interfaces, and all that it includes, into stanzas. What they mean for bonds
 * is for interfaces.h.
 */
#pragma once

#include "ifcfg-backend/config-files.h"
#include "ifcfg-backend/interfaces.h"
#include "ifcfg-backend/stanzas.h"

#define GNF_INTERFACES_FILE "/etc/network/interfaces"
#define GNF_INCLUDE_DEPTH_MAX 16

/* Names of options have "-" for "_", and are lower case for ifupdown. What is not understood is
 * noted. */
GnfStanzas *gnf_interfaces_file_read(GnfConfigFiles *files,
                                     GnfInterfacesDialect dialect,
                                     GnfMembership *membership);
