/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the libvirt layer share.
 */
#pragma once

#include "host/libvirt.h"

typedef struct {
    GnfHost host; /* first: a GnfHost is one of these */
    char *uri;
    char *domain;
    virConnectPtr connection; /* NULL: lost */
    GHashTable *removals;     /* alias → GnfRemoval, what events told since the request */
} GnfLibvirt;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetwork, virNetworkFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNodeDevice, virNodeDeviceFree)

static inline GnfLibvirt *
gnf_libvirt_of(GnfHost *host)
{
    return (GnfLibvirt *)(gpointer)host;
}

/* The error of the last call, by code and text: always FALSE. doing: "unplug net0", say. */
gboolean gnf_libvirt_fail(GnfLibvirt *libvirt, const char *doing, GError **error);

/* The domain, or NULL and GONE, or LOST. */
virDomainPtr gnf_libvirt_domain(GnfLibvirt *libvirt, GError **error);

/* libvirt-device.c */
gboolean gnf_libvirt_unplug(GnfHost *host, const char *alias, GError **error);
GnfRemoval gnf_libvirt_wait_removed(GnfHost *host, const char *alias, guint limit_ms);
gboolean gnf_libvirt_plug(GnfHost *host, const char *xml, GError **error);
gboolean gnf_libvirt_check_free(GnfHost *host, const GnfHostDevice *device, GError **error);

/* libvirt-agent.c */
JsonNode *gnf_libvirt_agent(GnfHost *host, const char *line, guint limit_ms, GError **error);
gboolean gnf_libvirt_wait_agent(GnfHost *host, guint limit_ms, GError **error);

/* libvirt-job.c */
gboolean gnf_libvirt_migrate(GnfHost *host,
                             GnfHost *destination,
                             const GnfMigration *migration,
                             GnfHostProgress progress,
                             gpointer data,
                             GError **error);
gboolean gnf_libvirt_save(GnfHost *host, const char *file, GError **error);

/* libvirt.c */
void gnf_libvirt_pause(GnfHost *host, guint ms);
gboolean gnf_libvirt_interrupted(GnfHost *host);
gint64 gnf_libvirt_now_ms(GnfHost *host);
