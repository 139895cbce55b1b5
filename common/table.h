/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A table for people: columns as wide as their widest cell, two spaces between them.
 *
 * Cells are filled from left to right, row after row. What a cell says is made printable here, so
 * that no interface name can speak to the terminal.
 */
#pragma once

#include <glib.h>

typedef enum {
    GNF_COLOUR_NONE,
    GNF_COLOUR_BOLD,
    GNF_COLOUR_GREEN,
    GNF_COLOUR_YELLOW,
    GNF_COLOUR_RED,
} GnfColour;

typedef struct {
    const char *title;
    gboolean optional; /* left out where no row has anything in it */
} GnfColumn;

typedef struct GnfTable GnfTable;

/* columns is borrowed; ends with an entry whose title is NULL. */
GnfTable *gnf_table_new(const GnfColumn *columns);
void gnf_table_free(GnfTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfTable, gnf_table_free)

/* The next cell; NULL or "" prints as "-". The text is copied. */
void gnf_table_add(GnfTable *table, const char *text, GnfColour colour);

/* Append the table, with its titles. Without colours, no escape sequence is written. */
void gnf_table_print(const GnfTable *table, GString *out, gboolean colours);

/* Append text, in colour if colours. */
void gnf_colour_append(GString *out, const char *text, GnfColour colour, gboolean colours);
