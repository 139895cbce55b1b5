/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links: what the kernel says of an interface, read in one request, and the few changes we make to
 * one. A GnfLink is a snapshot; it never changes after it was read. Everything is keyed by ifindex:
 * names are reused and renamed, an ifindex is not soon reused (dev_new_index).
 *
 * No function here reads all links: the cost does not grow with unrelated interfaces.
 */
#pragma once

#include <glib.h>

#include "netlink/rtnetlink.h"

G_BEGIN_DECLS

typedef struct GnfLink GnfLink;

/* BOND_LINK_* of the kernel's bonding.h, sent as IFLA_BOND_SLAVE_MII_STATUS (same numbers). */
typedef enum {
    GNF_MII_UP = 0,
    GNF_MII_FAIL = 1, /* going down, within downdelay */
    GNF_MII_DOWN = 2,
    GNF_MII_BACK = 3, /* coming up, within updelay */
} GnfMii;

/* What bonding says of a port (IFLA_INFO_SLAVE_DATA of kind "bond"). */
typedef struct {
    gboolean active;       /* IFLA_BOND_SLAVE_STATE: the active port. In modes without one (802.3ad,
                              xor, ...) every usable port is "active". */
    GnfMii mii;            /* With miimon 0 and arp_interval 0 always UP, even without carrier. */
    char *permanent_mac;   /* IFLA_BOND_SLAVE_PERM_HWADDR: dev_addr at the time of enslaving */
    guint16 queue_id;      /* 0 = none; lost at release */
    gint32 priority;       /* IFLA_BOND_SLAVE_PRIO, higher wins, 0 = default; lost at release */
    gboolean has_priority; /* FALSE before Linux 6.0: the kernel does not know priorities */
} GnfBondPort;

/* BOND_MODE_*, enum values of linux/if_bonding.h. */
typedef enum {
    GNF_BOND_MODE_ROUNDROBIN = 0,
    GNF_BOND_MODE_ACTIVE_BACKUP = 1,
    GNF_BOND_MODE_XOR = 2,
    GNF_BOND_MODE_BROADCAST = 3,
    GNF_BOND_MODE_8023AD = 4,
    GNF_BOND_MODE_TLB = 5,
    GNF_BOND_MODE_ALB = 6,
    GNF_BOND_MODE_TEAM =
        100, /* no bonding mode: a team device, which has none of a bond's options */
} GnfBondMode;

/* BOND_PRI_RESELECT_* of the kernel's bonding.h. */
typedef enum {
    GNF_BOND_RESELECT_ALWAYS = 0,
    GNF_BOND_RESELECT_BETTER = 1,
    GNF_BOND_RESELECT_FAILURE = 2,
} GnfBondReselect;

/* BOND_FOM_* of the kernel's bonding.h. */
typedef enum {
    GNF_BOND_FAIL_OVER_MAC_NONE = 0,
    GNF_BOND_FAIL_OVER_MAC_ACTIVE = 1,
    GNF_BOND_FAIL_OVER_MAC_FOLLOW = 2,
} GnfBondFailOverMac;

/* The options of a bond (IFLA_INFO_DATA of kind "bond"). */
typedef struct {
    GnfBondMode mode;
    int active;  /* ifindex of the active port, 0 = none or a mode without one */
    int primary; /* ifindex of the bond's primary option, 0 = none *visible*: the option is a name,
                    and reads 0 while no port has that name (bond_fill_info) */
    GnfBondReselect primary_reselect;
    GnfBondFailOverMac fail_over_mac; /* cannot be changed while there are ports */
    guint32 miimon_ms;                /* 0 = MII monitoring off */
    guint32 arp_interval_ms;          /* 0 = ARP monitoring off */
    gboolean all_slaves_active;
} GnfBond;

struct GnfLink {
    int ifindex;
    char *name;          /* IFLA_IFNAME */
    char **alt_names;    /* NULL-terminated, never NULL */
    guint16 type;        /* ARPHRD_* */
    char *mac;           /* current address, lower case with colons; NULL if it has none */
    char *permanent_mac; /* IFLA_PERM_ADDRESS, else the bond port's; NULL if there is none (a VF
                            with a random MAC of its driver's making, every virtual interface) */
    char *kind;          /* IFLA_INFO_KIND, NULL for hardware, and for net_failover and hv_netvsc
                            controllers: a controller without kind is the kernel's own failover */
    char *port_kind;     /* IFLA_INFO_SLAVE_KIND ("bond", "bridge", "team", ...) or NULL */
    gboolean bridge_forwarding; /* a bridge's port (port_kind "bridge") that STP has not blocked */
    gboolean bridge_learning;   /* a port of a bridge, which learns from what comes in there */
    int controller;             /* IFLA_MASTER, 0 = none */
    int lower;                  /* IFLA_LINK: what a VLAN or macvlan stands on, 0 = nothing */
    guint32 flags;              /* IFF_* */
    gboolean up;                /* IFF_UP: set up by the administrator */
    gboolean carrier;           /* IFLA_CARRIER, from the link itself, and IFLA_OPERSTATE does not
                                   say down; FALSE while it is not up */
    guint32 mtu;
    guint32 max_mtu;          /* 0 = the driver names no limit */
    char *parent_bus;         /* "pci", "virtio", "vmbus", ...; NULL for virtual interfaces */
    char *parent_device;      /* "0000:05:00.0", "virtio3", ... or NULL */
    gboolean ipv6_forwarding; /* it is an IPv6 router on this link */
    GnfBond *bond;            /* only if kind is "bond" or "team" */
    GnfBondPort *bond_port;   /* only if port_kind is "bond" or "team" */
};

void gnf_link_free(GnfLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfLink, gnf_link_free)

/* One link. Gone (gnf_netlink_error_is_gone) if there is none of that ifindex or name; a name may
 * also be an alternative name. */
GnfLink *gnf_link_get(GnfNetlink *netlink, int ifindex, GError **error);
GnfLink *gnf_link_get_by_name(GnfNetlink *netlink, const char *name, GError **error);

/* How many packets an interface has received, as its driver counts them: some count in hardware at
 * once, some when the guest takes a packet, some only every few seconds. Gone if there is none. */
gboolean
gnf_link_get_received(GnfNetlink *netlink, int ifindex, guint64 *ret_packets, GError **error);

/* The ports of a controller: GnfLink elements, freed with the array. Ports of a bond come in the
 * bond's own list order, which decides the active port where neither primary option nor priorities
 * do (bond_choose_primary_or_current); the order is read from sysfs, since a netlink dump comes in
 * ifindex order. Without ports an empty array. */
GPtrArray *gnf_link_list_ports(GnfNetlink *netlink, int controller, GError **error);

/* What stands directly on a link: its controller, VLANs, macvlans, ... in this network namespace.
 * GnfLink elements, freed with the array; in no particular order. Read from the link's upper_*
 * entries in sysfs (netdev_adjacent_sysfs_add), so /sys must be of this network namespace. */
GPtrArray *gnf_link_list_uppers(GnfNetlink *netlink, int ifindex, GError **error);

/*
 * Put a link under a controller, or take it out of the one it has (controller 0), in one message.
 * Enslaving clears IFF_UP in the same message, since bonding and team refuse a port that is up
 * (do_setlink applies ifi_flags before IFLA_MASTER); bonding opens the port itself. Idempotent:
 * already there is success and changes nothing (the link is not set down for it).
 *
 * Not atomic: after an error in enslaving the link may be down and out of its former controller.
 * Released from a bond it ends down, at MTU and MAC of before; priority and queue id are lost.
 * Addresses on the link survive enslaving: gnf_address_flush first.
 * Errors: gone; EBUSY (something else stands on it), EPERM, EINVAL (no such controller), or what
 * its driver answered to a new MAC or MTU.
 */
gboolean gnf_link_set_controller(GnfNetlink *netlink, int ifindex, int controller, GError **error);

/* Set the MAC address, lower case with colons. Drivers may refuse it, and some while the link is up
 * (EBUSY). */
gboolean gnf_link_set_mac(GnfNetlink *netlink, int ifindex, const char *mac, GError **error);

G_END_DECLS
