/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A domain as its XML tells it: its NICs, the administrator's marks, and what is unplugged.
 */
#pragma once

#include "host/device.h"

/* The elements of ours in a domain's <metadata>, each under a namespace of its own, so that libvirt
 * sets one without the other. Marks are configuration; the record lives with the running domain,
 * and moves with it to another host and into a save image. */
#define GNF_MARKS_URI "https://qga-net-failover.invalid/xmlns/domain/primaries/1"
#define GNF_RECORD_URI "https://qga-net-failover.invalid/xmlns/domain/unplugged/1"
#define GNF_MARKS_KEY "primaries"
#define GNF_RECORD_KEY "unplugged"

typedef struct {
    char *name;
    char *uuid;
    GPtrArray *devices;   /* GnfHostDevice: every interface and PCI hostdev that is plugged in */
    GPtrArray *marks;     /* char: MACs and aliases, as given; empty: nobody marked anything */
    GPtrArray *unplugged; /* GnfHostDevice: what the record has, and is not plugged in */
    gboolean has_record;
    gboolean has_agent_channel;
    gboolean agent_connected;
} GnfDomain;

void gnf_domain_free(GnfDomain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfDomain, gnf_domain_free)

/* live: the XML of the running domain. defined: what libvirt would start anew
 * (VIR_DOMAIN_XML_INACTIVE), or NULL. Error: GNF_HOST_ERROR_INVALID. */
GnfDomain *gnf_domain_parse(const char *live, const char *defined, GError **error);

/* The primaries: GnfHostDevice, borrowed. Without a mark, what is passed through; with marks, what
 * is marked, and then every device that is passed through has to be: all or none. Error:
 * GNF_HOST_ERROR_REFUSED. */
GPtrArray *gnf_domain_primaries(const GnfDomain *domain, GError **error);

/* The device that is meant by a MAC or an alias, or NULL. A primary before an ordinary NIC, since
 * both may have one MAC. */
GnfHostDevice *gnf_domain_find(const GnfDomain *domain, const char *name);

/* What a mark calls a device: its MAC, or its alias where the MAC means another one, or there is
 * none. Borrowed. */
const char *gnf_domain_mark_name(const GnfDomain *domain, const GnfHostDevice *device);

/* A mark follows a NIC whose MAC has changed. FALSE: there is none of that name. */
gboolean gnf_domain_move_mark(GnfDomain *domain, const char *from, const char *to);

/* The metadata for these marks: NULL where there is none (then the element is to be taken out). */
char *gnf_domain_marks_xml(GPtrArray *marks);

/* The metadata that keeps these devices (GnfHostDevice), to be plugged in again. */
char *gnf_domain_record_xml(GPtrArray *devices);
