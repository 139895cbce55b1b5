/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks before a prepare; see plan.h. The link is read from the port itself: with miimon 0
 * bonding calls every port up, and the kernel switches to a port on bonding's word alone.
 */
#include "failover/plan.h"

#include "failover/error.h"
#include "netlink/bond.h"

gboolean
gnf_mode_has_active_port(GnfBondMode mode)
{
    return mode == GNF_BOND_MODE_ACTIVE_BACKUP || mode == GNF_BOND_MODE_TLB ||
           mode == GNF_BOND_MODE_ALB;
}

static gboolean
is_going(const GPtrArray *going, int ifindex)
{
    for (guint i = 0; i < going->len; i++) {
        const GnfPrimary *primary = g_ptr_array_index(going, i);
        if (primary->link->ifindex == ifindex)
            return TRUE;
    }
    return FALSE;
}

/* A port that can take the traffic this moment. */
static gboolean
is_usable(const GnfLink *port)
{
    return port->up && port->carrier && port->bond_port && port->bond_port->mii == GNF_MII_UP;
}

/* "enp2s0 52:54:00:00:00:02 (no link)" for each port that stays. */
static char *
describe_ports(const GnfPrimary *primary, const GPtrArray *going)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < primary->ports->len; i++) {
        const GnfLink *port = g_ptr_array_index(primary->ports, i);
        if (is_going(going, port->ifindex))
            continue;
        g_string_append_printf(text,
                               "%s%s %s (%s)",
                               text->len > 0 ? ", " : "",
                               port->name,
                               port->permanent_mac ? port->permanent_mac : port->mac,
                               port->carrier ? "link up, not yet trusted by the bond" : "no link");
    }
    if (text->len == 0)
        g_string_append(text, "it has no other port");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean
has_untrusted(const GnfPrimary *primary, const GPtrArray *going)
{
    for (guint i = 0; i < primary->ports->len; i++) {
        const GnfLink *port = g_ptr_array_index(primary->ports, i);
        if (!is_going(going, port->ifindex) && port->up && port->carrier)
            return TRUE;
    }
    return FALSE;
}

static GnfLink *
choose_standby(const GnfPrimary *primary, const GPtrArray *going)
{
    GnfLink *best = NULL;

    for (guint i = 0; i < primary->ports->len; i++) {
        GnfLink *port = g_ptr_array_index(primary->ports, i);
        if (is_going(going, port->ifindex) || !is_usable(port))
            continue;
        if (!best || (gnf_link_is_paravirtual(port) && !gnf_link_is_paravirtual(best)))
            best = port;
    }
    return best;
}

/* Either there is no link, or the bond does not trust it (yet): that may be a matter of a moment.
 */
static void
set_standby_error(const GnfPrimary *primary, const GPtrArray *going, GError **error)
{
    g_autofree char *ports = describe_ports(primary, going);

    if (has_untrusted(primary, going))
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_STANDBY_UNVERIFIED,
                    "%s has no other port whose link it trusts: %s",
                    primary->bond->name,
                    ports);
    else
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_NO_STANDBY,
                    "%s has no other port with a link: %s",
                    primary->bond->name,
                    ports);
}

static gboolean
is_bridge(const GnfLink *controller)
{
    return controller && (g_strcmp0(controller->kind, "bridge") == 0 ||
                          g_strcmp0(controller->kind, "openvswitch") == 0);
}

gboolean
gnf_plan_check(GnfPrimary *primary, const GPtrArray *going, GError **error)
{
    const char *name = primary->link->name;

    if (primary->kernel) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_KERNEL,
                    "%s is paired with its standby by the kernel itself: nothing to prepare",
                    name);
        return FALSE;
    }
    if (is_bridge(primary->controller)) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_BRIDGE_PORT,
                    "%s is a port of %s, which is no bond and cannot fail over: make a bond of it "
                    "and a para-virtual NIC, and the bond the port",
                    name,
                    primary->controller->name);
        return FALSE;
    }
    if (primary->uppers) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_UPPER_DEVICES,
                    "%s carries %s itself, which its unplug would destroy: put them on a bond of "
                    "it and a para-virtual NIC",
                    name,
                    primary->uppers);
        return FALSE;
    }
    if (!primary->bond) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_NOT_IN_BOND,
                    "%s is not a port of a bond: make it one, with a para-virtual NIC beside it",
                    name);
        return FALSE;
    }
    GnfLink *standby = choose_standby(primary, going);
    if (!standby) {
        set_standby_error(primary, going, error);
        return FALSE;
    }
    primary->standby = standby;
    return TRUE;
}

/* What it means that the mode is not active-backup; NULL if it is. */
static GError *
warn_load_balancing(const GnfPrimary *primary)
{
    GnfBondMode mode = primary->bond->bond->mode;

    if (mode == GNF_BOND_MODE_ACTIVE_BACKUP)
        return NULL;
    if (mode == GNF_BOND_MODE_TEAM)
        return gnf_reason(
            GNF_REASON_CODE_LOAD_BALANCING,
            "%s is a team device: teamd is asked to move the traffic to %s, where its "
            "runner has an active port; what the network still sends to %s is lost",
            primary->bond->name,
            primary->standby->name,
            primary->link->name);
    return gnf_reason(GNF_REASON_CODE_LOAD_BALANCING,
                      gnf_mode_has_active_port(mode)
                          ? "%s is %s: what it receives is moved to %s first, but what it sends "
                            "goes through all its ports until %s leaves"
                          : "%s is %s, which has no active port to move to %s: %s is taken out and "
                            "put back as it is, and what the network still sends to it is lost",
                      primary->bond->name,
                      gnf_bond_mode_to_string(mode),
                      primary->standby->name,
                      primary->link->name);
}

/* Does the bond send with the primary's address, also through the standby? */
static gboolean
keeps_mac(const GnfPrimary *primary, const char *mac)
{
    const GnfBond *bond = primary->bond->bond;

    return mac && gnf_mode_has_active_port(bond->mode) &&
           (g_strcmp0(mac, primary->standby->permanent_mac) == 0 ||
            (g_strcmp0(mac, primary->bond->mac) == 0 &&
             bond->fail_over_mac != GNF_BOND_FAIL_OVER_MAC_ACTIVE));
}

/* A port that belongs to another manager than its bond. */
static void
add_mismatch(GPtrArray *warnings,
             const GnfPrimary *primary,
             const GnfLink *port,
             const GnfOwned *owner)
{
    if (!owner || !primary->bond_owner || owner->manager == primary->bond_owner->manager)
        return;
    g_ptr_array_add(warnings,
                    gnf_reason(GNF_REASON_CODE_MANAGER_CONFLICT,
                               "%s belongs to %s (%s), but %s to %s (%s): have one of them "
                               "configure both, and the other one leave them alone",
                               port->name,
                               gnf_manager_to_string(owner->manager),
                               owner->detail,
                               primary->bond->name,
                               gnf_manager_to_string(primary->bond_owner->manager),
                               primary->bond_owner->detail));
}

static void
add_conflicts(GPtrArray *warnings, const GnfPrimary *primary)
{
    add_mismatch(warnings, primary, primary->link, primary->owner);
    add_mismatch(warnings, primary, primary->standby, primary->standby_owner);
    for (guint i = 0; primary->conflicts && i < primary->conflicts->len; i++)
        g_ptr_array_add(warnings,
                        gnf_reason(GNF_REASON_CODE_MANAGER_CONFLICT,
                                   "%s",
                                   (const char *)g_ptr_array_index(primary->conflicts, i)));
}

GPtrArray *
gnf_plan_warnings(const GnfPrimary *primary)
{
    GPtrArray *warnings = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);

    if (!primary->bond || !primary->standby)
        return warnings;
    GError *balancing = warn_load_balancing(primary);
    if (balancing)
        g_ptr_array_add(warnings, balancing);
    if (keeps_mac(primary, gnf_primary_mac(primary)))
        g_ptr_array_add(
            warnings,
            gnf_reason(GNF_REASON_CODE_SHARED_MAC,
                       "%s sends with %s's address %s, also through %s: where the network pins it "
                       "to the NIC's port, go by stages and move the filter between them, or use "
                       "different addresses with fail_over_mac=active",
                       primary->bond->name,
                       primary->link->name,
                       gnf_primary_mac(primary),
                       primary->standby->name));
    add_conflicts(warnings, primary);
    return warnings;
}

/* Where the standby has the same address, that would tie the profile to both. */
static const char *
address_alone(const GnfPrimary *primary)
{
    const char *mac = primary->link->permanent_mac;

    return mac && g_strcmp0(mac, primary->standby->permanent_mac) != 0 ? mac : NULL;
}

GError *
gnf_plan_warn_binding(const GnfPrimary *primary)
{
    const GnfOwned *owner = primary->owner;
    const char *mac = NULL;

    if (!primary->bond || !primary->standby || !owner || !owner->binding ||
        !primary->device->named_by_place)
        return NULL;
    mac = address_alone(primary);
    return gnf_reason(GNF_REASON_CODE_REBOOT_UNSAFE,
                      "%s, a name that another slot does not give: a NIC that comes back there is "
                      "put into %s all the same, but only until the guest reboots; %s%s%s",
                      owner->binding,
                      primary->bond->name,
                      mac ? "to tie it to the address instead: "
                          : "plug it into the same slot each time",
                      mac ? owner->rebinding : "",
                      mac ? mac : "");
}
