/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See primaries.h.
 */
#include "tests/unit/primaries.h"

#include <stdarg.h>

static GnfLink *
new_link(int ifindex, const char *name, const char *mac, const char *bus)
{
    GnfLink *link = g_new0(GnfLink, 1);

    link->ifindex = ifindex;
    link->name = g_strdup(name);
    link->mac = g_strdup(mac);
    link->permanent_mac = g_strdup(mac);
    link->parent_bus = g_strdup(bus);
    link->alt_names = g_new0(char *, 1);
    link->up = TRUE;
    link->carrier = TRUE;
    return link;
}

static void
make_port(GnfLink *link, gboolean carrier)
{
    link->controller = 100;
    link->port_kind = g_strdup("bond");
    link->carrier = carrier;
    link->bond_port = g_new0(GnfBondPort, 1);
    link->bond_port->mii = carrier ? GNF_MII_UP : GNF_MII_DOWN;
    link->bond_port->has_priority = TRUE;
}

GnfPrimary *
gnf_test_primary(int ifindex, const char *name, const char *mac, const char *pci)
{
    GnfPrimary *primary = g_new0(GnfPrimary, 1);

    primary->link = new_link(ifindex, name, mac, "pci");
    primary->device = g_new0(GnfDevice, 1);
    primary->device->ifindex = ifindex;
    primary->device->name = g_strdup(name);
    primary->device->bus = g_strdup("pci");
    primary->device->driver = g_strdup("iavf");
    primary->device->pci_address = g_strdup(pci);
    primary->device->initialized = TRUE;
    return primary;
}

void
gnf_test_enslave(GnfPrimary *primary)
{
    primary->bond = new_link(100, "bond0", "02:00:00:00:00:64", NULL);
    g_clear_pointer(&primary->bond->permanent_mac, g_free);
    primary->bond->kind = g_strdup("bond");
    primary->bond->bond = g_new0(GnfBond, 1);
    primary->bond->bond->mode = GNF_BOND_MODE_ACTIVE_BACKUP;
    primary->bond->bond->active = primary->link->ifindex;
    primary->bond->bond->primary = primary->link->ifindex;
    primary->ports = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_link_free);
    make_port(primary->link, TRUE);
}

GnfLink *
gnf_test_add_port(GnfPrimary *primary,
                  int ifindex,
                  const char *name,
                  const char *mac,
                  const char *bus,
                  gboolean carrier)
{
    GnfLink *port = new_link(ifindex, name, mac, bus);

    make_port(port, carrier);
    g_ptr_array_add(primary->ports, port);
    return port;
}

GPtrArray *
gnf_test_inventory(GnfPrimary *first, ...)
{
    GPtrArray *inventory = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_primary_free);
    va_list rest;

    va_start(rest, first);
    for (GnfPrimary *primary = first; primary; primary = va_arg(rest, GnfPrimary *))
        g_ptr_array_add(inventory, primary);
    va_end(rest);
    return inventory;
}

GnfOperation *
gnf_test_operation(void)
{
    GnfOperation *operation = gnf_operation_new();
    GnfOperationDevice *device = gnf_operation_device_new();

    operation->id = g_strdup("11111111-2222-3333-4444-555555555555");
    operation->verb = GNF_VERB_PREPARE;
    operation->status = GNF_STATUS_DONE;
    device->interface = g_strdup("enp1s0");
    device->old_interface = g_strdup("enp1s0");
    device->ifindex = 2;
    device->mac = g_strdup("52:54:00:00:00:01");
    device->old_mac = g_strdup("52:54:00:00:00:01");
    device->pci_address = g_strdup("0000:01:00.0");
    device->bond.interface = g_strdup("bond0");
    device->bond.ifindex = 100;
    device->bond.mode = GNF_BOND_MODE_ACTIVE_BACKUP;
    device->bond.primary_option = g_strdup("enp1s0");
    device->was_active = TRUE;
    device->standby = g_strdup("enp4s0");
    device->standby_ifindex = 3;
    device->manager = GNF_MANAGER_NETWORKMANAGER;
    device->profile = g_strdup("5a3c1f00-77a0-4c5e-9b00-000000000002");
    device->state = GNF_STATE_DETACHED;
    g_ptr_array_add(operation->devices, device);
    return operation;
}
