/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bond's options; see traffic.h. Each function is a few requests to the kernel, and ends with
 * reading back what they came to.
 */
#include "failover/traffic.h"

#include "failover/crossing.h"
#include "failover/error.h"
#include "failover/plan.h"
#include "failover/reception.h"
#include "netlink/announce.h"
#include "netlink/bond.h"

/* The device's bond. What has its ifindex now may be no bond any more: an error like any other. */
static GnfLink *
read_bond(const GnfContext *context, const GnfOperationDevice *device, GError **error)
{
    g_autoptr(GnfLink) bond = gnf_link_get(context->netlink, device->bond.ifindex, error);

    if (!bond || bond->bond)
        return g_steal_pointer(&bond);
    g_set_error(error,
                GNF_ERROR,
                GNF_REASON_CODE_NOT_IN_BOND,
                "%s is no bond any more: its place (ifindex %d) is %s's",
                device->bond.interface,
                bond->ifindex,
                bond->name);
    return NULL;
}

/* Is another device's traffic being moved in the same bond? Then what arrives on its inactive ports
 * is accepted until that one is done, too. */
static gboolean
is_bond_in_use(const GnfContext *context, const GnfOperationDevice *device)
{
    for (guint i = 0; i < context->operation->devices->len; i++) {
        const GnfOperationDevice *other = g_ptr_array_index(context->operation->devices, i);
        if (other != device && other->bond.ifindex == device->bond.ifindex &&
            (other->state == GNF_STATE_SWITCHED ||
             (other->state == GNF_STATE_PRESENT && other->ended_us == 0)))
            return TRUE;
    }
    return FALSE;
}

static gboolean
check_active(GnfContext *context, const GnfOperationDevice *device, int port, GError **error)
{
    g_autoptr(GnfLink) bond = read_bond(context, device, error);

    if (!bond)
        return FALSE;
    if (bond->bond->active != port) {
        g_autoptr(GnfLink) link = gnf_link_get(context->netlink, port, NULL);
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_INTERNAL,
                    "%s: the kernel did not make %s the active port; see its log",
                    device->bond.interface,
                    link ? link->name : "it");
        return FALSE;
    }
    return TRUE;
}

/* The kernel announces the switch by itself, but only when its link watch has nothing else to do,
 * or at the next look at the links (bond_should_notify_peers): until then the network goes on
 * delivering to the old port. That it did not go out is no failure of the switch. */
static void
announce(GnfContext *context, const GnfOperationDevice *device)
{
    g_autoptr(GError) error = NULL;

    if (!gnf_announce(context->netlink, device->bond.ifindex, NULL, &error))
        g_debug("announcing %s: %s", device->bond.interface, error->message);
}

gboolean
gnf_traffic_accept_all(GnfContext *context, GnfOperationDevice *device, GError **error)
{
    if (!gnf_mode_has_active_port(device->bond.mode))
        return TRUE;
    gnf_reception_widen(context, device);
    if (device->bond.all_slaves_active ||
        gnf_bond_set_all_slaves_active(context->netlink, device->bond.ifindex, TRUE, error))
        return TRUE;
    (void)gnf_traffic_accept_as_before(context, device, NULL);
    return FALSE;
}

gboolean
gnf_traffic_accept_as_before(GnfContext *context, GnfOperationDevice *device, GError **error)
{
    if (!gnf_mode_has_active_port(device->bond.mode))
        return TRUE;
    gnf_reception_narrow(device);
    if (is_bond_in_use(context, device))
        return TRUE;
    if (!device->bond.all_slaves_active &&
        !gnf_bond_set_all_slaves_active(context->netlink, device->bond.ifindex, FALSE, error))
        return FALSE;
    gnf_reception_learn(context, device);
    /* The machines behind a bridge could be to the next switch only (announce.h). */
    announce(context, device);
    return TRUE;
}

static gboolean
check_standby(GnfContext *context, const GnfOperationDevice *device, GError **error)
{
    g_autoptr(GnfLink) standby = gnf_link_get(context->netlink, device->standby_ifindex, error);

    if (!standby)
        return FALSE;
    if (standby->controller != device->bond.ifindex || !standby->carrier) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_NO_STANDBY,
                    "%s: its port %s has no link any more",
                    device->bond.interface,
                    standby->name);
        return FALSE;
    }
    return TRUE;
}

/* The port that is to carry the traffic without the device: the one that does, or the standby. 0 on
 * error. */
static int
port_without(const GnfContext *context, const GnfOperationDevice *device, GError **error)
{
    g_autoptr(GnfLink) bond = gnf_link_get(context->netlink, device->bond.ifindex, error);

    if (!bond)
        return 0;
    if (!bond->bond || bond->bond->active == 0 || bond->bond->active == device->ifindex)
        return device->standby_ifindex;
    return bond->bond->active;
}

gboolean
gnf_traffic_check_away(GnfContext *context, const GnfOperationDevice *device, GError **error)
{
    if (!check_standby(context, device, error))
        return FALSE;
    if (!gnf_mode_has_active_port(device->bond.mode))
        return TRUE;
    g_autoptr(GnfLink) bond = gnf_link_get(context->netlink, device->bond.ifindex, error);
    if (!bond)
        return FALSE;
    if (bond->bond && bond->bond->active != 0 && bond->bond->active != device->ifindex)
        return TRUE;
    gboolean nowhere = !bond->bond || bond->bond->active == 0;
    g_set_error(error,
                GNF_ERROR,
                GNF_REASON_CODE_NO_STANDBY,
                "%s sends through %s; see the kernel's log",
                device->bond.interface,
                nowhere ? "no port" : device->interface);
    return FALSE;
}

/*
 * With primary_reselect=failure the active port stays until it fails, so that setting it is sticky.
 * Where the bond's primary option names a third port, that is the way: the option could not be put
 * back without moving the traffic there (kernel: force_primary), at once or when that port comes
 * up.
 */
static gboolean
leaves_option_alone(const GnfContext *context,
                    const GnfOperationDevice *device,
                    const GnfBond *bond)
{
    if (bond->primary_reselect != GNF_BOND_RESELECT_FAILURE || bond->primary == 0 ||
        bond->primary == device->ifindex)
        return FALSE;
    g_autoptr(GnfLink) named = gnf_link_get(context->netlink, bond->primary, NULL);
    return named && g_strcmp0(named->name, device->bond.primary_option) == 0 &&
           !gnf_operation_find(context->operation, bond->primary);
}

/* Make a port with a link the active one, for good. */
static gboolean
switch_to(GnfContext *context,
          const GnfOperationDevice *device,
          const GnfLink *bond,
          int port,
          GError **error)
{
    gboolean is_done = leaves_option_alone(context, device, bond->bond)
                           ? gnf_bond_set_active(context->netlink, bond->ifindex, port, error)
                           : gnf_bond_set_primary(context->netlink, bond->ifindex, port, error);

    return is_done && check_active(context, device, port, error);
}

/* The same, and the network knows. */
static gboolean
move_to(GnfContext *context, const GnfOperationDevice *device, int port, GError **error)
{
    g_autoptr(GnfLink) bond = read_bond(context, device, error);

    if (!bond)
        return FALSE;
    gnf_crossing_begin(context, bond, port);
    gboolean is_done = switch_to(context, device, bond, port, error);
    /* Also where the old way is still the one. */
    announce(context, device);
    return is_done;
}

gboolean
gnf_traffic_to_standby(GnfContext *context, GnfOperationDevice *device, GError **error)
{
    if (!check_standby(context, device, error))
        return FALSE;
    if (!gnf_mode_has_active_port(device->bond.mode))
        return TRUE;
    int port = port_without(context, device, error);
    if (port == 0 || !gnf_traffic_accept_all(context, device, error))
        return FALSE;
    if (move_to(context, device, port, error))
        return TRUE;
    g_autoptr(GError) ignored = NULL;
    if (!gnf_traffic_restore(context, device, &ignored))
        g_prefix_error(error, "(and its options could not be put back: %s) ", ignored->message);
    return FALSE;
}

/* Whatever the reselect policy: what names a port forces the bond to it (kernel: force_primary). */
static gboolean
is_named_too_early(const GnfBond *bond, int port)
{
    return port != 0 && bond->primary == port && bond->active != port && bond->active != 0;
}

void
gnf_traffic_keep(const GnfContext *context, const GnfOperationDevice *device)
{
    g_autoptr(GnfLink) link = gnf_link_get(context->netlink, device->bond.ifindex, NULL);
    const GnfBond *bond = link ? link->bond : NULL;
    g_autoptr(GError) error = NULL;

    if (!bond || !is_named_too_early(bond, device->ifindex))
        return;
    if (!gnf_bond_set_primary(context->netlink, link->ifindex, bond->active, &error))
        g_debug("keeping the traffic of %s where it is: %s", link->name, error->message);
}

gboolean
gnf_traffic_to_primary(GnfContext *context, GnfOperationDevice *device, GError **error)
{
    return !gnf_mode_has_active_port(device->bond.mode) ||
           move_to(context, device, device->ifindex, error);
}

/* The priority that keeps the bond on the NIC without a primary option; its own where there is none
 * above the others'. */
static gint32
priority_above(const GPtrArray *ports, const GnfOperationDevice *device)
{
    gint32 priority = device->priority;

    for (guint i = 0; i < ports->len; i++) {
        const GnfLink *port = g_ptr_array_index(ports, i);
        if (port->ifindex != device->ifindex && port->bond_port &&
            port->bond_port->priority >= priority && port->bond_port->priority < G_MAXINT32)
            priority = port->bond_port->priority + 1;
    }
    return priority;
}

static GnfLink *
find_port(const GPtrArray *ports, const char *name)
{
    for (guint i = 0; name && i < ports->len; i++) {
        GnfLink *port = g_ptr_array_index(ports, i);
        if (g_strcmp0(port->name, name) == 0)
            return port;
    }
    return NULL;
}

static gboolean
restore_port(GnfContext *context,
             const GnfOperationDevice *device,
             const GnfLink *port,
             gint32 priority,
             GError **error)
{
    if (port->bond_port->has_priority && port->bond_port->priority != priority &&
        !gnf_bond_port_set_priority(context->netlink, device->ifindex, priority, error))
        return FALSE;
    return port->bond_port->queue_id == device->queue_id ||
           gnf_bond_port_set_queue_id(context->netlink, device->ifindex, device->queue_id, error);
}

/* Is another device still away from the same bond, and the standby carries its traffic? */
static const GnfOperationDevice *
find_other_away(const GnfContext *context, const GnfOperationDevice *device)
{
    for (guint i = 0; i < context->operation->devices->len; i++) {
        const GnfOperationDevice *other = g_ptr_array_index(context->operation->devices, i);
        if (other != device && other->bond.ifindex == device->bond.ifindex &&
            gnf_operation_device_is_pending(other))
            return other;
    }
    return NULL;
}

static gboolean
holds_by_priority(const GPtrArray *ports, const GnfOperationDevice *device, const GnfLink *nic)
{
    gint32 priority = priority_above(ports, device);

    for (guint i = 0; i < ports->len; i++) {
        const GnfLink *port = g_ptr_array_index(ports, i);
        if (port->ifindex != device->ifindex && port->bond_port &&
            port->bond_port->priority >= priority)
            return FALSE;
    }
    return nic->bond_port->has_priority;
}

/* The device of the operation that the bond's primary option named, whatever it is called now. */
static const GnfOperationDevice *
find_named(const GnfContext *context, const GnfOperationDevice *device)
{
    const char *before = device->bond.primary_option;

    for (guint i = 0; before && i < context->operation->devices->len; i++) {
        const GnfOperationDevice *other = g_ptr_array_index(context->operation->devices, i);
        if (other->bond.ifindex == device->bond.ifindex && !other->forgotten &&
            g_strcmp0(before, other->old_interface) == 0)
            return other;
    }
    return NULL;
}

/* The port that the bond's primary option is to name: 0 = none. What it named before may be another
 * device of the operation, under its new name, or one that is not back yet: then the option stays
 * with whoever carries the traffic, and the last one back finds it there to name. */
static int
primary_option_after(const GnfContext *context,
                     const GnfOperationDevice *device,
                     const GPtrArray *ports,
                     const GnfLink *nic)
{
    const char *before = device->bond.primary_option;
    int carrier = device->was_active ? device->ifindex : port_without(context, device, NULL);

    if (g_strcmp0(before, device->old_interface) == 0)
        return device->ifindex;
    const GnfOperationDevice *other = find_named(context, device);
    if (other)
        return other->state == GNF_STATE_ATTACHED ? other->ifindex : carrier;
    if (before) {
        const GnfLink *named = find_port(ports, before);
        return named ? named->ifindex : 0;
    }
    if (!device->was_active && find_other_away(context, device))
        return carrier;
    return device->was_active && !holds_by_priority(ports, device, nic) ? device->ifindex : 0;
}

static const GnfLink *
find_nic(const GPtrArray *ports, const GnfOperationDevice *device)
{
    for (guint i = 0; i < ports->len; i++) {
        const GnfLink *port = g_ptr_array_index(ports, i);
        if (port->ifindex == device->ifindex && port->bond_port)
            return port;
    }
    return NULL;
}

/* Has the kernel, told of a primary option that names another port, given that one the traffic, as
 * it is configured to? */
static gboolean
follows_option(const GnfBond *bond, const GnfOperationDevice *device)
{
    return bond->primary != 0 && bond->primary != device->ifindex &&
           bond->active == bond->primary && bond->primary_reselect == GNF_BOND_RESELECT_ALWAYS;
}

/* The bond's primary option as it was, under the NIC's present name, and the NIC active if it is to
 * be. */
static gboolean
restore_option(GnfContext *context,
               const GnfOperationDevice *device,
               const GPtrArray *ports,
               const GnfLink *nic,
               GError **error)
{
    g_autoptr(GnfLink) bond = read_bond(context, device, error);

    if (!bond)
        return FALSE;
    if (!leaves_option_alone(context, device, bond->bond) &&
        !gnf_bond_set_primary(context->netlink,
                              bond->ifindex,
                              primary_option_after(context, device, ports, nic),
                              error))
        return FALSE;
    g_autoptr(GnfLink) now = read_bond(context, device, error);
    if (!now)
        return FALSE;
    if (!device->was_active || now->bond->active == device->ifindex ||
        follows_option(now->bond, device))
        return TRUE;
    return gnf_bond_set_active(context->netlink, bond->ifindex, device->ifindex, error) &&
           check_active(context, device, device->ifindex, error);
}

gboolean
gnf_traffic_restore(GnfContext *context, GnfOperationDevice *device, GError **error)
{
    g_autoptr(GPtrArray) ports = gnf_link_list_ports(context->netlink, device->bond.ifindex, error);
    const GnfLink *nic = ports ? find_nic(ports, device) : NULL;

    if (!ports)
        return FALSE;
    if (!nic) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_MANAGER_UNDID,
                    "%s left %s again",
                    device->interface,
                    device->bond.interface);
        return FALSE;
    }
    gboolean needs_priority = !device->bond.primary_option && device->was_active;
    gint32 priority = needs_priority ? priority_above(ports, device) : device->priority;
    if (!restore_port(context, device, nic, priority, error) ||
        (gnf_mode_has_active_port(device->bond.mode) &&
         !restore_option(context, device, ports, nic, error)))
        return FALSE;
    gnf_crossing_end(context, device->bond.ifindex);
    return gnf_traffic_accept_as_before(context, device, error);
}

/* A bond that is gone has no options to be put back: no error of theirs. */
static gboolean
forgive_gone(GError *failure, GError **error)
{
    if (gnf_netlink_error_is_gone(failure) ||
        g_error_matches(failure, GNF_ERROR, GNF_REASON_CODE_NOT_IN_BOND)) {
        g_error_free(failure);
        return TRUE;
    }
    g_propagate_error(error, failure);
    return FALSE;
}

gboolean
gnf_traffic_forget(GnfContext *context, GnfOperationDevice *device, GError **error)
{
    GError *failure = NULL;
    g_autoptr(GnfLink) bond = read_bond(context, device, &failure);
    g_autoptr(GPtrArray) ports =
        bond ? gnf_link_list_ports(context->netlink, bond->ifindex, &failure) : NULL;

    if (!ports)
        return forgive_gone(failure, error);
    /* Another one is still on its way back, and the traffic stays where it is until then. */
    if (find_other_away(context, device))
        return gnf_traffic_accept_as_before(context, device, error);
    const GnfOperationDevice *renamed = find_named(context, device);
    const GnfLink *named =
        find_port(ports, renamed ? renamed->interface : device->bond.primary_option);
    if (gnf_mode_has_active_port(device->bond.mode) &&
        !leaves_option_alone(context, device, bond->bond) &&
        !gnf_bond_set_primary(context->netlink, bond->ifindex, named ? named->ifindex : 0, error))
        return FALSE;
    return gnf_traffic_accept_as_before(context, device, error);
}
