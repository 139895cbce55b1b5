/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One device of a domain that may be a primary: what libvirt says of it.
 */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

typedef enum {
    GNF_HOST_DEVICE_ORDINARY,  /* an interface that stays where it is */
    GNF_HOST_DEVICE_INTERFACE, /* <interface type='hostdev'> */
    GNF_HOST_DEVICE_POOL,      /* <interface type='network'> over a pool of VFs */
    GNF_HOST_DEVICE_HOSTDEV,   /* a plain <hostdev> of the PCI bus */
} GnfHostDeviceKind;

typedef struct {
    GnfHostDeviceKind kind;
    char *alias;        /* libvirt's name for it; NULL where the domain does not run */
    char *mac;          /* lower-case; NULL for a plain hostdev */
    char *pci_address;  /* in the guest, as far as libvirt knows; NULL */
    char *host_address; /* of the host's device; NULL */
    char *network;      /* of a pool */
    char *model;        /* "virtio", "e1000e"; NULL */
    char *xml;          /* to plug it in again */
    gboolean is_marked;
    gboolean is_recorded; /* the record has it, or the one whose place it took */
    char *guest_mac;      /* what the guest knows it by; NULL where only the guest can tell */
    char *replaces; /* what the guest knew its predecessor by, where the record says so; NULL */
} GnfHostDevice;

void gnf_host_device_free(GnfHostDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfHostDevice, gnf_host_device_free)

/* node: of the running domain. defined: the same device in the definition that libvirt would start
 * anew, or NULL; what the administrator wrote stands there, a pool's name above all. */
GnfHostDevice *gnf_host_device_new(xmlNode *node, xmlNode *defined);

/* Of an XML of the administrator's, to be plugged in. Error: GNF_HOST_ERROR_INVALID. */
GnfHostDevice *gnf_host_device_parse(const char *xml, GError **error);

/* A primary by its nature, without a mark. */
gboolean gnf_host_device_is_pass_through(const GnfHostDevice *device);

/* Two that libvirt would not run side by side, or one seen twice. */
gboolean gnf_host_device_is_same(const GnfHostDevice *device, const GnfHostDevice *other);

/* What people call it: its MAC, or its alias, or its address. Never NULL. */
const char *gnf_host_device_name(const GnfHostDevice *device);

/* "hostdev interface", "network 'vfs'"… to be freed. */
char *gnf_host_device_describe(const GnfHostDevice *device);
