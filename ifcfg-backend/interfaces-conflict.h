/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Does /etc/network/interfaces configure an interface that belongs to another manager?
 */
#pragma once

#include "ifcfg-backend/membership.h"

/*
 * Looks whether an ifupdown is there at all, and then reads its files. owner: the other manager's
 * name, for the text. Returns who configures it and what to change; NULL where nobody does. root:
 * of the files, "" for this machine.
 */
char *gnf_interfaces_conflict(const char *root,
                              const char *interface,
                              const char *permanent_mac,
                              const char *owner);
