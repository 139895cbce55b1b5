/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is there: every pass-through NIC with its bond, its standby and their owners.
 *
 * A primary is an interface that sits directly on a PCI device; a para-virtual NIC sits on the
 * virtio, vmbus or xen bus (kernel: IFLA_PARENT_DEV_BUS_NAME). The cost grows with the number of
 * PCI NICs and their bonds' ports, not with other interfaces.
 */
#pragma once

#include "failover/managers.h"
#include "netlink/device.h"
#include "netlink/link.h"

typedef struct {
    GnfDevice *device;
    GnfLink *link;
    GnfLink *bond;       /* NULL if it is in none */
    GnfLink *controller; /* what it is a port of, where that is no bond; or NULL */
    char *uppers;        /* names of what stands on the NIC itself, besides its controller: VLANs,
                            macvlans; or NULL */
    GPtrArray *ports;    /* of GnfLink: the bond's other ports; NULL without a bond */
    GnfLink *standby;    /* of ports: the one that would take over, link or not; or NULL */
    gboolean kernel;     /* a kernel driver pairs it (net_failover, hv_netvsc) */
    GnfOwned *owner;     /* the three owners: NULL until asked, and where there is nothing to own */
    GnfOwned *bond_owner;
    GnfOwned *standby_owner;
    GPtrArray *conflicts; /* char *: who else acts on the three; NULL: nobody, or not asked for */
} GnfPrimary;

void gnf_primary_free(GnfPrimary *primary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfPrimary, gnf_primary_free)

/* The permanent MAC, or the current one of a NIC that has no permanent one and is in no bond;
 * NULL where neither is known. */
const char *gnf_primary_mac(const GnfPrimary *primary);

/* Is it para-virtual, and so never a primary? */
gboolean gnf_link_is_paravirtual(const GnfLink *link);

/* The kernel's part of the inventory: owners are NULL. Elements are GnfPrimary. */
GPtrArray *gnf_inventory_read(GnfNetlink *netlink, GError **error);

/* All of it; bindings: see GnfProbe. Interfaces that vanish meanwhile are left out. */
void gnf_inventory_async(GnfNetlink *netlink,
                         GnfManagers *managers,
                         gboolean bindings,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
GPtrArray *gnf_inventory_finish(GAsyncResult *result, GError **error);
