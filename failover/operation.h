/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operation: what was prepared, what the kernel forgets about it, and how far it has come.
 *
 * It is the engine's only memory. record.c writes it to /run after every change of state, so that
 * a restarted engine goes on from there; /run is guest memory and travels with a migration.
 */
#pragma once

#include <gio/gio.h>

#include "failover/backend.h"
#include "netlink/beacon.h"
#include "netlink/link.h"
#include "netlink/promiscuous.h"
#include "qapi/types.h"

typedef struct {
    GnfStep step;
    guint64 elapsed_us;
} GnfStepDone;

/* A bond's settings before the first of its primaries was touched: all are lost, or change, when
 * the primary leaves (kernel: __bond_release_one). */
typedef struct {
    char *interface;
    int ifindex;
    GnfBondMode mode;
    char *primary_option; /* the port it named, or NULL */
    gboolean all_slaves_active;
    char *unlearning; /* ifindexes of ports of bridges that are not to learn from them for now, with
                         spaces between; or NULL. See reception.h */
} GnfBondBefore;

/* One primary. Strings may be NULL where not said otherwise. */
typedef struct {
    /* who it is; follows the NIC: complete puts the new NIC's in */
    char *interface; /* never NULL */
    int ifindex;     /* 0 while absent */
    char *mac;       /* permanent */
    char *pci_address;
    char *replaces; /* permanent MAC of the NIC whose place it took, where that differs */

    /* as it was before prepare */
    char *old_interface; /* never NULL; what the manager's files and the primary option name */
    char *old_mac;
    GnfBondBefore bond;
    gboolean was_active; /* the bond sent through it, or was to by its primary option */
    gint32 priority;
    guint16 queue_id;
    GnfManager manager;
    char *profile;

    /* how far it has come */
    char *standby; /* the interface that carries the traffic */
    int standby_ifindex;
    GnfState state;
    gboolean was_switched; /* the present prepare has found it so: what it undoes is the release;
                              not in the record */
    gboolean asked;        /* its manager was told to let go of it, and may be about to */
    gboolean forgotten;    /* absent, and cancel has given it up: not pending any more */
    gboolean put_back;     /* somebody put it back into the bond while detached, where it stays, as
                              `switched`, until the standby can take over; see hold.c */
    guint undone;          /* how often it was to be taken out because somebody put it back */
    GArray *steps;         /* of GnfStepDone; of the last command */
    gint64 begun_us;       /* monotonic: when the last command began on it */
    gint64 ended_us;       /* monotonic: when it ended, 0 while it runs; read back from a record it
                              has just ended, or has just begun if it was in the middle */
    GError *reason;        /* a GNF_ERROR: why the last command failed, or what it waits for */
    GPtrArray *warnings;   /* of GError, in GNF_ERROR */
    GnfBeacon *beacon;     /* the bond's MAC, to announce first; not in the record, see hold.c */
    GnfPromiscuous *promiscuous; /* while its traffic moves; not in the record, see reception.h */

    /* complete's instructions: the NIC to take, NULL members where unsaid */
    char *wanted_mac;
    char *wanted_pci_address;
    char *wanted_interface;
} GnfOperationDevice;

typedef struct {
    char *id;
    GnfVerb verb;
    GnfStatus status;
    gboolean finished;    /* nothing is pending any more: kept only to be told again */
    gboolean by_stages;   /* the host has switched and released one after the other, and will put
                             the NICs back so, too: the engine by itself only attaches them */
    gboolean only_attach; /* the stage `attach` of complete: the traffic stays where it is */
    GPtrArray *devices;   /* of GnfOperationDevice */
    gint64 revert_at_us;  /* CLOCK_BOOTTIME; 0 = never */
} GnfOperation;

GnfOperationDevice *gnf_operation_device_new(void);
void gnf_operation_device_free(GnfOperationDevice *device);
GnfOperation *gnf_operation_new(void);
void gnf_operation_free(GnfOperation *operation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfOperationDevice, gnf_operation_device_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfOperation, gnf_operation_free)

/* The time base of revert_at_us: it goes on in suspend. Microseconds. */
gint64 gnf_boottime_us(void);

/* Is the device away from its bond, or its traffic from it? Such a device keeps the operation open;
 * one that is attached does not. */
gboolean gnf_operation_device_is_pending(const GnfOperationDevice *device);

/* Set status and finished from the devices: done, partial or failed by their reasons; finished when
 * none is pending. */
void gnf_operation_settle(GnfOperation *operation);

/* A command begins on the operation as it stands: entries that an earlier command could not prepare
 * are dropped, those that are pending start anew; it goes all the way. */
void gnf_operation_begin(GnfOperation *operation, GnfVerb verb);

/* The entry of a NIC, or NULL. */
GnfOperationDevice *gnf_operation_find(const GnfOperation *operation, int ifindex);

/* A command begins on the device: steps, reason and warnings start anew. */
void gnf_operation_device_begin(GnfOperationDevice *device);

/* It ended; reason (transfer full, GNF_ERROR) is NULL if it succeeded. */
void gnf_operation_device_end(GnfOperationDevice *device, GError *reason);

/* Note a step that began at begun_us (g_get_monotonic_time). */
void gnf_operation_device_step(GnfOperationDevice *device, GnfStep step, gint64 begun_us);

/* Add a warning (transfer full, GNF_ERROR); one with the same code is replaced. */
void gnf_operation_device_warn(GnfOperationDevice *device, GError *warning);

/* What a manager is told of the device; its strings are the device's. */
GnfTarget gnf_operation_device_target(const GnfOperationDevice *device);

/* Replace a string. */
void gnf_set_string(char **string, const char *value);
