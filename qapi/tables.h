/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The contract as tables: what generate.py writes into tables.c and only schema.c reads.
 *
 * All tables are constant and end with an entry whose name is NULL.
 */
#pragma once

#include <glib.h>

/* The types of the schema language that the contract uses. */
typedef enum {
    GNF_KIND_STR,
    GNF_KIND_BOOL,
    GNF_KIND_UINT32,
    GNF_KIND_UINT64,
    GNF_KIND_ENUM,
    GNF_KIND_STRUCT,
} GnfKind;

typedef struct GnfSchemaMember GnfSchemaMember;

/* A member of a struct, or an argument of a command. */
struct GnfSchemaMember {
    const char *name;
    GnfKind kind; /* of the member, or of the list's elements */
    gboolean is_list;
    gboolean optional;
    const char *const *names;       /* GNF_KIND_ENUM: its values; ends with NULL */
    const GnfSchemaMember *members; /* GNF_KIND_STRUCT */
};

typedef struct {
    const char *name;
    const GnfSchemaMember *arguments;
    const GnfSchemaMember *returns;
} GnfSchemaCommand;

extern const GnfSchemaCommand gnf_schema_command_table[];
extern const char *const gnf_schema_command_names[];
