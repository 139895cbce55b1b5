/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The backend of interfaces that no manager owns: the kernel's configuration is all there is.
 */
#pragma once

#include "failover/backend.h"
#include "netlink/rtnetlink.h"

/* The only backend that is built in: it is the last in the list and owns everything. Its open slot
 * is NULL, because its instance needs the engine's netlink socket: gnf_bare_new. */
extern const GnfBackend gnf_bare_backend;

/* An instance; netlink is borrowed. */
gpointer gnf_bare_new(GnfNetlink *netlink);
