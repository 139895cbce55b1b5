/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One primary on both sides: the host's device, and the guest's interface.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "host/device.h"

typedef struct {
    GnfHostDevice *device;      /* as it was before it was unplugged */
    GnfHostDevice *replacement; /* what was plugged in instead, or is to be; NULL: the same */
    gboolean is_unchosen; /* something else was asked for than the same, and is not to be had */
    gboolean is_out;      /* unplugged and not plugged in again */
    gboolean was_out;     /* unplugged at any time */
    gboolean is_leaving;  /* asked to leave, and may still do so behind our back */

    /* What the guest said last; NULL where it says nothing of it. */
    char *interface;
    char *bond;
    char *bond_mac; /* kept while the NIC is out */
    char *state;
    gboolean is_ready;
    gboolean is_active;
    gboolean has_shared_mac;
    char *reason;   /* "CODE: detail": why it is not ready */
    char *warnings; /* the same, one a line */

    char *problem; /* what went wrong on the host's side, or NULL */
} GnfNic;

/* Takes the device. */
GnfNic *gnf_nic_new(GnfHostDevice *device);
void gnf_nic_free(GnfNic *nic);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfNic, gnf_nic_free)

/* What is in the guest, or will be. */
const GnfHostDevice *gnf_nic_plugged(const GnfNic *nic);

/* Take the reason of a report's device as the NIC's problem, where it is this NIC and has one. */
void gnf_nic_take_problem(GnfNic *nic, JsonObject *device);

/* Find each NIC (GnfNic) among the primaries of the guest's query, by the MAC; a plain hostdev has
 * none, and is found by its PCI address, or as the one that is left over. What is not found has no
 * interface, and a reason. */
void gnf_nics_match(GPtrArray *nics, JsonObject *info);
