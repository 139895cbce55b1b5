/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What has to be so before an active-backup bond's traffic crosses from one port to another, where
 * its MAC and its ports' change with that (fail_over_mac). The kernel changes them right behind the
 * switch, and what the guest sends in between teaches the network a way that does not exist.
 */
#pragma once

#include "failover/context.h"

/*
 * The bond, which accepts what arrives on all its ports, is about to send through that port.
 * active: the bond will have the port's MAC, so the network is told before that the bond's
 * addresses are there. follow: the port will have the bond's MAC, so it gets it before, and what
 * arrives on the old port still fits that one. none: nothing. It is only made better: nothing here
 * can fail.
 */
void gnf_crossing_begin(const GnfContext *context, const GnfLink *bond, int port);

/* The same, but nobody is told: the bond may send through that port later, and the network send to
 * it before. */
void gnf_crossing_accept(const GnfContext *context, const GnfLink *bond, int port);

/* It has crossed, for as long as it is to: with follow no port but the active one keeps the bond's
 * MAC. */
void gnf_crossing_end(const GnfContext *context, int bond_ifindex);

/* Whether the bond takes over the MAC of the port that it sends through (fail_over_mac=active). */
gboolean gnf_crossing_changes_mac(const GnfContext *context, const GnfOperationDevice *device);
