/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a manager's files say of bonds: who is whose port, what each bond is to be, which interfaces
 * are configured at all, and what of it could not be understood. All readers of this folder make
 * one. Pure: no I/O. Every name in it is valid for an interface, every text is UTF-8.
 */
#pragma once

#include "ifcfg-backend/port.h"

/* What no real machine has; where more is given, a note says so. */
#define GNF_MEMBERSHIP_MAX 4096
#define GNF_NOTES_MAX 100

/* Where a file says it. Paths are those of the guest, without the root that was read under. */
typedef struct {
    char *file;
    guint line;
} GnfPlace;

/* A NIC that belongs into a bond. */
typedef struct {
    char *bond;
    gboolean team; /* the bond is a team device */
    GnfPort port;
    int queue_id; /* -1: not given */
    gboolean has_priority;
    int priority;
    GnfPlace place;
} GnfMember;

/* A bond or team device that a file describes. */
typedef struct {
    char *name;
    gboolean team;
    char *mode;           /* as the file has it ("1", "active-backup"), or NULL */
    GPtrArray *primaries; /* char *: names for the bond's primary option, best first */
    GPtrArray *options;   /* char *: all others, "miimon=100", named as in sysfs */
    GnfPlace place;
} GnfBondConfig;

/* An interface that a file configures, in whatever way. */
typedef struct {
    GnfPort port;
    char *logical; /* interfaces files: the stanza's name; else NULL */
    GnfPlace place;
} GnfConfigured;

typedef struct {
    GPtrArray *members;    /* GnfMember, in the order in which they count */
    GPtrArray *bonds;      /* GnfBondConfig */
    GPtrArray *configured; /* GnfConfigured */
    GPtrArray *notes;      /* char *: "FILE:LINE: what", GNF_NOTES_MAX and one at most */
    GHashTable *ports;     /* the members by their ports, for gnf_membership_add() */
} GnfMembership;

GnfMembership *gnf_membership_new(void);
void gnf_membership_free(GnfMembership *membership);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfMembership, gnf_membership_free)

/* Which bond the NIC of this name and permanent MAC (either may be NULL) belongs into, NULL: none.
 * A MAC decides before a name, a name before a pattern, then the order. */
const GnfMember *
gnf_membership_find(const GnfMembership *membership, const char *name, const char *permanent_mac);

/* What configures this NIC, NULL: no file does. */
const GnfConfigured *gnf_membership_find_configured(const GnfMembership *membership,
                                                    const char *name,
                                                    const char *permanent_mac);

const GnfBondConfig *gnf_membership_find_bond(const GnfMembership *membership, const char *name);

/* For the readers: */

void gnf_membership_note(GnfMembership *membership,
                         const char *file,
                         guint line,
                         const char *format,
                         ...) G_GNUC_PRINTF(4, 5);

/* A port (copied) of a bond. Returns it, borrowed; NULL, with a note, where a name is not valid, or
 * where the port is another bond's already. */
GnfMember *gnf_membership_add(GnfMembership *membership,
                              const char *bond,
                              const GnfPort *port,
                              const GnfPlace *place);

/* The bond of this name, made where it is new; NULL, with a note, where the name is not valid. */
GnfBondConfig *
gnf_membership_add_bond(GnfMembership *membership, const char *name, const GnfPlace *place);

/* Ports of names that are not valid are left out: NULL then. Borrowed. */
GnfConfigured *gnf_membership_add_configured(GnfMembership *membership,
                                             const GnfPort *port,
                                             const GnfPlace *place);

/* One option of a bond, by its name in sysfs: mode, primary (names between blanks), queue_id (pairs
 * NAME:NUMBER, which go to the members that are there), and all others. What was given before
 * stays. */
void gnf_membership_set_option(GnfMembership *membership,
                               GnfBondConfig *bond,
                               const char *key,
                               const char *value,
                               const GnfPlace *place);
