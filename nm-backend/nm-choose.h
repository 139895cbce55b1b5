/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which profile is to be activated on a NIC that joins a bond, among those NetworkManager has.
 */
#pragma once

#include <NetworkManager.h>

/* What the profile has to be: that of uuid, or without uuid the only one made for the old NIC. */
typedef struct {
    const char *uuid; /* or NULL */
    const char *bond;
    const char *old_interface; /* or NULL */
    const char *old_mac;       /* or NULL */
} GnfNmWanted;

/* The profile, borrowed from client; or NULL with GNF_REASON_CODE_MANAGER_FAILED saying why none.
 */
NMRemoteConnection *gnf_nm_choose(NMClient *client, const GnfNmWanted *wanted, GError **error);

/* The device other than except on which the profile is active, and from which activating it would
 * take it away; NULL: none, or the profile may be active several times. Borrowed. */
NMDevice *gnf_nm_choose_find_user(NMClient *client, NMRemoteConnection *profile, NMDevice *except);
