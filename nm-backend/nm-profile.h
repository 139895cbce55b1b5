/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Does a profile fit a NIC, and what makes it fit? Pure: looks only at what it is given.
 *
 * The properties by which NetworkManager ties an ethernet profile to a NIC (nm-settings(5), and in
 * its source check_connection_compatible of nm-device.c and nm-device-ethernet.c):
 * connection.interface-name, 802-3-ethernet.mac-address (the permanent MAC), and the pattern lists
 * match.interface-name, match.driver, match.path (udev's ID_PATH).
 */
#pragma once

#include <NetworkManager.h>

/* What NetworkManager knows about a NIC. A member that is NULL is not known and fits everything. */
typedef struct {
    const char *interface;
    const char *permanent_mac;
    const char *driver;
    const char *path;
} GnfNmNic;

/* Properties of a profile, as flags. */
typedef enum {
    GNF_NM_TIE_INTERFACE_NAME = 1 << 0,
    GNF_NM_TIE_MAC_ADDRESS = 1 << 1,
    GNF_NM_TIE_MATCH_INTERFACE_NAME = 1 << 2,
    GNF_NM_TIE_MATCH_DRIVER = 1 << 3,
    GNF_NM_TIE_MATCH_PATH = 1 << 4,
    /* It names this NIC as one that it is not for ("!enp2s0", mac-address-denylist). */
    GNF_NM_TIE_EXCLUDED = 1 << 5,
} GnfNmTies;

/* Which properties keep the profile from fitting; 0: it fits. */
unsigned int gnf_nm_profile_get_misfits(NMConnection *profile, const GnfNmNic *nic);

/* A copy of the profile (transfer full) that fits the NIC, different only where it did not; NULL
 * when it excludes the NIC, which is the administrator's word and stays. Secrets are not there. */
NMConnection *gnf_nm_profile_point_at(NMConnection *profile, const GnfNmNic *nic);

/* What to change in the profile, and the nmcli command that does: "…". profile is what is on disk,
 * filename where, or NULL. NULL when it fits. */
char *
gnf_nm_profile_describe_misfits(NMConnection *profile, const GnfNmNic *nic, const char *filename);

/* What ties the profile to an interface's name, and how it is tied to the address instead, both as
 * GnfOwnership has them. profile and filename as above. binding: NULL if nothing does. */
char *gnf_nm_profile_describe_binding(NMConnection *profile, const char *filename);
char *gnf_nm_profile_describe_rebinding(NMConnection *profile);

/* Is the profile one of a port of this bond? A controller is named by interface or by UUID; that of
 * the bond's own profile may be NULL. */
gboolean gnf_nm_profile_is_port_of(NMConnection *profile, const char *bond, const char *bond_uuid);
