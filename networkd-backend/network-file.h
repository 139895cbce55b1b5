/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A .network file as systemd.network(5) has it: which NICs it is for, and which bond it puts them
 * into. Only what the backend asks for is read; files are never written here.
 *
 * A file is the sum of itself and its drop-ins (in NAME.network.d), which may lie in another
 * of networkd's folders.
 */
#pragma once

#include <glib.h>

typedef struct GnfNetworkFile GnfNetworkFile;

/* What [Match] is compared with. A member that is NULL is one that the NIC does not have. */
typedef struct {
    const char *interface;
    const char *const *alternative_names; /* NULL-terminated, or NULL */
    const char *mac; /* the permanent one: what MACAddress= means at boot, outside any bond */
    const char *driver;
    const char *path; /* udev's ID_PATH */
} GnfNetworkNic;

typedef enum {
    GNF_FIT_NO,
    GNF_FIT_YES,
    GNF_FIT_UNKNOWN, /* it depends on what cannot be told here (Property=, Host=, ...) as well */
} GnfFit;

/* An empty file of that name, to be filled by gnf_network_file_add. */
GnfNetworkFile *gnf_network_file_new(const char *path);
void gnf_network_file_free(GnfNetworkFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfNetworkFile, gnf_network_file_free)

/* Add a text to what the file says, as a drop-in's. What networkd would not understand is left
 * out, as networkd does. */
void gnf_network_file_add(GnfNetworkFile *file, const char *text);

const char *gnf_network_file_get_path(const GnfNetworkFile *file);

/* The name of the bond that it puts its NICs into, or NULL. */
const char *gnf_network_file_get_bond(const GnfNetworkFile *file);

/* The file that one of this backend's own was made in the place of, or NULL. */
const char *gnf_network_file_get_origin(const GnfNetworkFile *file);

/* Does its [Match] fit? One that says nothing fits nothing: networkd ignores such a file. */
GnfFit gnf_network_file_fits(const GnfNetworkFile *file, const GnfNetworkNic *nic);

/* Is it for the interface by its name, and by no pattern of names? */
gboolean gnf_network_file_names(const GnfNetworkFile *file, const char *interface);

/* What in its [Match] is not this NIC: "Name=enp1s0 (this NIC: enp2s0), ...". NULL if all fits. */
char *gnf_network_file_describe_misfits(const GnfNetworkFile *file, const GnfNetworkNic *nic);
