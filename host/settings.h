/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the operator asked for: how a sequence is to be gone through.
 */
#pragma once

#include "host/device.h"
#include "host/host.h"

typedef struct {
    char *replaces; /* the MAC or alias of the primary that it is for; NULL: the next in order */
    GnfHostDevice *device;
} GnfGivenDevice;

typedef struct {
    gboolean unaided;      /* go on where the guest has not our commands */
    gboolean eject;        /* have the guest power the slot off */
    char *filter;          /* the operator's program; NULL */
    char *file;            /* of save and restore */
    GPtrArray *given;      /* GnfGivenDevice: --device-xml */
    GPtrArray *candidates; /* GnfHostDevice: --candidate, in order */
    GnfMigration migration;
    guint prepare_ms;
    guint unplug_ms;
    guint agent_ms;
    guint complete_ms;
} GnfSettings;

/* With the defaults. */
GnfSettings *gnf_settings_new(void);
void gnf_settings_free(GnfSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfSettings, gnf_settings_free)
