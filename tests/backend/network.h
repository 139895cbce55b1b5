/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of this folder share: a network namespace of one's own, with its sysfs, and
 * interfaces made in it by ip(8), which is not the code under test.
 */
#pragma once

#include <glib.h>

#include "netlink/link.h"

typedef struct {
    GnfNetlink *netlink;
    int bond;     /* bond0, active-backup, miimon 20 ms, up; 0 if not asked for */
    int ports[3]; /* port0..2, each a veth whose other end is peer0..2 */
} Network;

/* Enter a fresh network namespace (and a mount namespace with its /sys) with lo up. For
 * g_test_add: the name of what to make in it is the test's data: NULL, or "bond". */
void network_set_up(Network *network, gconstpointer data);
void network_tear_down(Network *network, gconstpointer data);

/* One ip(8) command without the word ip, or several in lines; the test fails if one fails. */
void network_ip(const char *commands);

/* The same for bridge(8). */
void network_bridge(const char *commands);

/* The ifindex of an interface that must be there. */
int network_index(const char *name);

/* A link that must be there. */
GnfLink *network_link(const Network *network, int ifindex);

/* Write a value into /proc or /sys. */
void network_write(const char *path, const char *value);

/* Read links until condition says so, for 5 s at the most; then the test fails. */
typedef gboolean (*NetworkCondition)(const GnfLink *link, gconstpointer data);
void
network_wait(const Network *network, int ifindex, NetworkCondition condition, gconstpointer data);

/* Conditions: the bond's active port is GPOINTER_TO_INT(data); the port's MII status is up. */
gboolean network_is_active(const GnfLink *bond, gconstpointer port);
gboolean network_mii_is_up(const GnfLink *port, gconstpointer unused);
