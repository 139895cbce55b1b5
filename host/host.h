/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One domain on one host, as the sequence sees it: libvirt behind a small vtable.
 *
 * Two implementations: libvirt.c, and the tests' fake. Every slot that may wait takes a limit, in
 * ms, and lets libvirt's events in meanwhile. Errors are GNF_HOST_ERROR; GNF_HOST_ERROR_LOST from
 * any of them means that the connection is gone.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "host/device.h"
#include "host/error.h"

typedef struct GnfHost GnfHost;

typedef enum {
    GNF_DOMAIN_ABSENT, /* not there, or shut off */
    GNF_DOMAIN_RUNNING,
    GNF_DOMAIN_PAUSED,      /* also one that is just coming in */
    GNF_DOMAIN_UNREACHABLE, /* its host cannot be asked */
} GnfDomainState;

typedef enum {
    GNF_REMOVAL_DONE,    /* device-removed, or not plugged in any more */
    GNF_REMOVAL_REFUSED, /* device-removal-failed: the guest said no */
    GNF_REMOVAL_PENDING, /* neither within the limit: it may still come */
} GnfRemoval;

/* How far a long job is, in percent. */
typedef void (*GnfHostProgress)(guint percent, gpointer data);

typedef struct {
    guint flags;       /* VIR_MIGRATE_… */
    const char *uri;   /* where the other QEMU listens, or NULL */
    guint64 bandwidth; /* MiB/s; 0: as configured */
    gboolean is_peer_to_peer;
} GnfMigration;

typedef struct {
    /* The domain's XML; defined: as libvirt would start it anew. */
    char *(*xml)(GnfHost *host, gboolean defined, GError **error);
    GnfDomainState (*state)(GnfHost *host);
    /* A migration, a save or the like is under way. */
    gboolean (*has_job)(GnfHost *host);

    /* One line to the guest's agent, the value of its "return". Errors besides: REFUSED, the
     * guest's own words; UNAIDED, it has no such command; SILENT; GONE. */
    JsonNode *(*agent)(GnfHost *host, const char *line, guint limit_ms, GError **error);
    /* TRUE as soon as the agent's channel is open in the guest. */
    gboolean (*wait_agent)(GnfHost *host, guint limit_ms, GError **error);

    /* Ask the guest to let go of the device; does not wait. */
    gboolean (*unplug)(GnfHost *host, const char *alias, GError **error);
    /* Wait until an unplug ends, one that came before this was called included. */
    GnfRemoval (*wait_removed)(GnfHost *host, const char *alias, guint limit_ms);
    gboolean (*plug)(GnfHost *host, const char *xml, GError **error);
    /* Whether a device could be plugged in here: REFUSED, and why, if not. */
    gboolean (*check_free)(GnfHost *host, const GnfHostDevice *device, GError **error);

    /* Set, or with NULL take out, the element under this namespace; in the definition, too. */
    gboolean (*set_metadata)(GnfHost *host,
                             const char *key,
                             const char *uri,
                             const char *xml,
                             gboolean define,
                             GError **error);

    gboolean (*migrate)(GnfHost *host,
                        GnfHost *destination,
                        const GnfMigration *migration,
                        GnfHostProgress progress,
                        gpointer data,
                        GError **error);
    gboolean (*save)(GnfHost *host, const char *file, GError **error);

    /* Try to reach a host anew whose connection is gone. */
    gboolean (*reopen)(GnfHost *host, GError **error);
    /* Somebody wants the program to end (SIGINT, SIGTERM). */
    gboolean (*interrupted)(GnfHost *host);
    /* ms, monotonic; and so long, with events let in. */
    gint64 (*now_ms)(GnfHost *host);
    void (*pause)(GnfHost *host, guint ms);
} GnfHostOperations;

struct GnfHost {
    const GnfHostOperations *operations;
    const char *uri;
    const char *domain; /* its name */
};
