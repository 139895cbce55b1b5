/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One ifcfg file: variables and their values, as the shell would have them when it has read the
 * file. Where a line cannot be understood, what it may set is not known from there on: an older
 * value does not count any more. Pure: no I/O.
 */
#pragma once

#include "ifcfg-backend/membership.h"

typedef struct {
    char *name;
    char *value; /* NULL: not known */
    guint line;  /* where it was set last */
} GnfIfcfgVariable;

typedef struct {
    char *path;
    GPtrArray *variables; /* GnfIfcfgVariable, in the order in which they were first set */
    GHashTable *index;    /* the same, by name */
} GnfIfcfgFile;

/* path is for notes. */
GnfIfcfgFile *gnf_ifcfg_file_parse(const char *path, const char *text, GnfMembership *membership);
void gnf_ifcfg_file_free(GnfIfcfgFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfIfcfgFile, gnf_ifcfg_file_free)

/* A variable's value; NULL where it is not set, not known, or empty. */
const char *gnf_ifcfg_file_get(const GnfIfcfgFile *file, const char *name);

/* Set to what the shell scripts take for true: 1, t, y, yes, on, true in any case. */
gboolean gnf_ifcfg_file_is_true(const GnfIfcfgFile *file, const char *name);

/* Where a variable is set; line 1 if it is not. The path is the file's own. */
GnfPlace gnf_ifcfg_file_get_place(const GnfIfcfgFile *file, const char *name);

/* The bond's options in a variable ("mode=1 miimon=100"); one that is none is noted. */
void gnf_ifcfg_file_add_options(const GnfIfcfgFile *file,
                                const char *name,
                                GnfMembership *membership,
                                GnfBondConfig *bond);
