/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Test fixture: primaries, bonds and operations made in memory.
 */
#pragma once

#include "failover/inventory.h"
#include "failover/operation.h"

/* A pass-through NIC in no bond; all strings are copied. */
GnfPrimary *gnf_test_primary(int ifindex, const char *name, const char *mac, const char *pci);

/* Put it into an active-backup bond (ifindex 100, "bond0", mac 02:00:00:00:00:64), active. */
void gnf_test_enslave(GnfPrimary *primary);

/* Add another port to its bond: usable if carrier. bus "virtio" or "pci". Returns it, borrowed. */
GnfLink *gnf_test_add_port(GnfPrimary *primary,
                           int ifindex,
                           const char *name,
                           const char *mac,
                           const char *bus,
                           gboolean carrier);

/* An array of primaries (NULL-terminated arguments), which it takes. */
GPtrArray *gnf_test_inventory(GnfPrimary *first, ...) G_GNUC_NULL_TERMINATED;

/* An operation with one device, detached, of a bond whose primary option named it. */
GnfOperation *gnf_test_operation(void);
