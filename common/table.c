/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A table for people.
 *
 * Widths are counted in characters, never in bytes, and before the colours go in. No line ends in
 * spaces.
 */
#include "common/table.h"

#include "common/text.h"

typedef struct {
    char *text; /* NULL: nothing */
    GnfColour colour;
} Cell;

struct GnfTable {
    const GnfColumn *columns;
    guint width; /* number of columns */
    GArray *cells;
};

static void
clear_cell(gpointer data)
{
    Cell *cell = data;

    g_free(cell->text);
}

GnfTable *
gnf_table_new(const GnfColumn *columns)
{
    GnfTable *table = g_new0(GnfTable, 1);

    table->columns = columns;
    while (columns[table->width].title)
        table->width++;
    table->cells = g_array_new(FALSE, FALSE, sizeof(Cell));
    g_array_set_clear_func(table->cells, clear_cell);
    return table;
}

void
gnf_table_free(GnfTable *table)
{
    g_array_unref(table->cells);
    g_free(table);
}

void
gnf_table_add(GnfTable *table, const char *text, GnfColour colour)
{
    Cell cell = {text && *text ? gnf_text_printable(text) : NULL, colour};

    g_array_append_val(table->cells, cell);
}

static const Cell *
cell_at(const GnfTable *table, guint row, guint column)
{
    return &g_array_index(table->cells, Cell, row * table->width + column);
}

static guint
count_rows(const GnfTable *table)
{
    g_assert(table->cells->len % table->width == 0);
    return table->cells->len / table->width;
}

/* 0: the column is left out. */
static guint
column_width(const GnfTable *table, guint column)
{
    glong width = g_utf8_strlen(table->columns[column].title, -1);
    gboolean is_empty = TRUE;

    for (guint row = 0; row < count_rows(table); row++) {
        const char *text = cell_at(table, row, column)->text;

        is_empty = is_empty && !text;
        width = MAX(width, text ? g_utf8_strlen(text, -1) : 1);
    }
    return is_empty && table->columns[column].optional ? 0 : (guint)width;
}

static void
append_spaces(GString *out, guint count)
{
    g_string_append_printf(out, "%*s", (int)count, "");
}

/* pending: spaces due before the next cell, if there is one. */
static void
append_cell(GString *out, const Cell *cell, guint width, guint *pending, gboolean colours)
{
    const char *text = cell->text ? cell->text : "-";

    append_spaces(out, *pending);
    gnf_colour_append(out, text, cell->colour, colours);
    *pending = width - (guint)g_utf8_strlen(text, -1) + 2;
}

static void
append_titles(const GnfTable *table, const guint *widths, GString *out, gboolean colours)
{
    guint pending = 0;

    for (guint i = 0; i < table->width; i++) {
        g_autofree char *title = g_strdup(table->columns[i].title);
        Cell cell = {title, GNF_COLOUR_BOLD};

        if (widths[i] > 0)
            append_cell(out, &cell, widths[i], &pending, colours);
    }
    g_string_append_c(out, '\n');
}

void
gnf_table_print(const GnfTable *table, GString *out, gboolean colours)
{
    g_autofree guint *widths = g_new0(guint, table->width);

    for (guint i = 0; i < table->width; i++)
        widths[i] = column_width(table, i);
    append_titles(table, widths, out, colours);
    for (guint row = 0; row < count_rows(table); row++) {
        guint pending = 0;

        for (guint i = 0; i < table->width; i++)
            if (widths[i] > 0)
                append_cell(out, cell_at(table, row, i), widths[i], &pending, colours);
        g_string_append_c(out, '\n');
    }
}

void
gnf_colour_append(GString *out, const char *text, GnfColour colour, gboolean colours)
{
    /* ECMA-48, Select Graphic Rendition. */
    static const char *const codes[] = {
        [GNF_COLOUR_NONE] = NULL,
        [GNF_COLOUR_BOLD] = "1",
        [GNF_COLOUR_GREEN] = "32",
        [GNF_COLOUR_YELLOW] = "33",
        [GNF_COLOUR_RED] = "31",
    };

    if (colours && codes[colour])
        g_string_append_printf(out, "\033[%sm%s\033[0m", codes[colour], text);
    else
        g_string_append(out, text);
}
