/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What holds for statements; see statements.h. g_shell_quote() is what it is compared with.
 */
#include "tests/fuzz/statements.h"

#include <string.h>

#include "ifcfg-backend/shell-word.h"

static guint
count_line(const char *text, const char *at)
{
    guint line = 1;

    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

static void
assert_quoted_is_same(const GnfShellStatement *statement)
{
    g_autofree char *quoted = g_shell_quote(statement->value);
    g_autofree char *text = g_strconcat(statement->name, "=", quoted, NULL);
    GnfShellCursor cursor = {text, 1};
    GnfShellStatement again;

    /* A value is one line here, though $'\n' makes one of two. */
    if (strchr(statement->value, '\n'))
        return;
    g_assert_true(gnf_shell_next(&cursor, &again));
    g_assert_cmpstr(again.name, ==, statement->name);
    g_assert_cmpstr(again.value, ==, statement->value);
    gnf_shell_statement_clear(&again);
}

static void
assert_statement(const char *text, const char *last_end, const GnfShellStatement *statement)
{
    g_assert_true(statement->begin >= last_end && statement->end > statement->begin);
    g_assert_cmpuint(statement->line, ==, count_line(text, statement->begin));
    g_assert_true((statement->value == NULL) == (statement->why != NULL));
    g_assert_true(statement->name || !statement->value);
    if (statement->value)
        assert_quoted_is_same(statement);
}

void
fuzz_statements(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    GnfShellCursor cursor = {text, 1};
    const char *last_end = text;
    GnfShellStatement statement;

    while (gnf_shell_next(&cursor, &statement)) {
        assert_statement(text, last_end, &statement);
        g_assert_true(cursor.next == statement.end);
        last_end = statement.end;
        gnf_shell_statement_clear(&statement);
    }
    g_assert_cmpstr(cursor.next, ==, "");
    g_assert_cmpuint(cursor.line, ==, count_line(text, cursor.next));
}
