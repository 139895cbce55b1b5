/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of cli/text.c and cli/table.c: what reaches the terminal.
 */
#include "common/table.h"
#include "common/text.h"

static void
check_printable(const char *text, const char *expected)
{
    g_autofree char *printable = gnf_text_printable(text);

    g_assert_cmpstr(printable, ==, expected);
}

static void
test_printable(void)
{
    check_printable("enp1s0", "enp1s0");
    check_printable("Schnittstelle \xc3\xbc", "Schnittstelle \xc3\xbc");
    check_printable(NULL, "");
    check_printable("eth\033[2J0\r\n", "eth?[2J0??");
    /* U+009B is an escape sequence's start, too; U+202E turns the rest of the line around:
     * NOLINTNEXTLINE(misc-misleading-bidirectional) */
    check_printable("a\xc2\x9b"
                    "b\xe2\x80\xae"
                    "c",
                    "a?b?c");
    check_printable("eth\xff", "eth\xef\xbf\xbd");
}

static void
check_duration(guint64 microseconds, const char *expected)
{
    g_autofree char *duration = gnf_text_duration(microseconds);

    g_assert_cmpstr(duration, ==, expected);
}

static void
test_duration(void)
{
    check_duration(0, "0 us");
    check_duration(999, "999 us");
    check_duration(1000, "1.0 ms");
    check_duration(4140, "4.1 ms");
    check_duration(41400, "41 ms");
    check_duration(1234567, "1235 ms");
    check_duration(12345678, "12.3 s");
}

static const GnfColumn columns[] = {
    {"NAME", FALSE},
    {"MAYBE", TRUE},
    {"X", FALSE},
    {NULL},
};

static void
check_table(GnfTable *table, gboolean colours, const char *expected)
{
    g_autoptr(GString) out = g_string_new(NULL);

    gnf_table_print(table, out, colours);
    g_assert_cmpstr(out->str, ==, expected);
}

static void
test_table_aligned(void)
{
    g_autoptr(GnfTable) table = gnf_table_new(columns);

    gnf_table_add(table, "a", GNF_COLOUR_NONE);
    gnf_table_add(table, "yes", GNF_COLOUR_NONE);
    gnf_table_add(table, "1", GNF_COLOUR_NONE);
    /* Two characters of four bytes; nothing; a control character. */
    gnf_table_add(table, "\xc3\xbc\xc3\xbc", GNF_COLOUR_NONE);
    gnf_table_add(table, NULL, GNF_COLOUR_NONE);
    gnf_table_add(table, "\033", GNF_COLOUR_NONE);
    check_table(table,
                FALSE,
                "NAME  MAYBE  X\n"
                "a     yes    1\n"
                "\xc3\xbc\xc3\xbc    -      ?\n");
}

static void
test_table_optional(void)
{
    g_autoptr(GnfTable) table = gnf_table_new(columns);

    gnf_table_add(table, "a-long-one", GNF_COLOUR_NONE);
    gnf_table_add(table, "", GNF_COLOUR_NONE);
    gnf_table_add(table, NULL, GNF_COLOUR_NONE);
    check_table(table, FALSE, "NAME        X\na-long-one  -\n");
}

/* Escape sequences take no room: the columns stay where they are. */
static void
test_table_coloured(void)
{
    g_autoptr(GnfTable) table = gnf_table_new(columns);

    gnf_table_add(table, "a", GNF_COLOUR_GREEN);
    gnf_table_add(table, NULL, GNF_COLOUR_NONE);
    gnf_table_add(table, "no", GNF_COLOUR_RED);
    check_table(table,
                TRUE,
                "\033[1mNAME\033[0m  \033[1mX\033[0m\n"
                "\033[32ma\033[0m     \033[31mno\033[0m\n");
}

static void
check_reason(const char *detail, const char *expected)
{
    g_autoptr(JsonObject) reason = json_object_new();
    g_autoptr(GString) out = g_string_new(NULL);

    json_object_set_string_member(reason, "code", "busy");
    json_object_set_string_member(reason, "detail", detail);
    gnf_text_reason(out, "enp1s0", "failed", reason);
    g_assert_cmpstr(out->str, ==, expected);
}

static void
test_reason(void)
{
    check_reason("wait for it", "enp1s0 failed: busy: wait for it.\n");
    check_reason("wait for it.\n", "enp1s0 failed: busy: wait for it.\n");
    check_reason("", "enp1s0 failed: busy: \n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli-text/printable", test_printable);
    g_test_add_func("/cli-text/duration", test_duration);
    g_test_add_func("/cli-text/reason/one-full-stop", test_reason);
    g_test_add_func("/cli-text/table/aligned-by-characters", test_table_aligned);
    g_test_add_func("/cli-text/table/optional-column", test_table_optional);
    g_test_add_func("/cli-text/table/coloured", test_table_coloured);
    return g_test_run();
}
