/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What files say of bonds (ifcfg-backend/membership.h), as text to be read and compared.
 */
#pragma once

#include "ifcfg-backend/membership.h"

/* All of it, a line each; with_places: and the file and the line where it is said. */
char *gnf_test_membership_to_text(const GnfMembership *membership, gboolean with_places);

/* What the files say of one NIC: "nic NAME MAC: …". mac may be NULL. */
char *gnf_test_nic_to_text(const GnfMembership *membership, const char *name, const char *mac);
