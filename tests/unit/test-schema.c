/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of qapi/schema.c and of the enums made from the contract.
 *
 * Each entry of schema-cases.json is a test: a message and what the check says of it, word for
 * word. test-qapischema.py runs the same file through the check in Python.
 */
#include "qapi/schema.h"
#include "qapi/types.h"

static void
test_case(gconstpointer data)
{
    JsonObject *entry = (JsonObject *)(gsize)data;
    const char *command = json_object_get_string_member(entry, "command");
    const char *expected = json_object_get_string_member_with_default(entry, "error", NULL);
    JsonNode *arguments = json_object_get_member(entry, "arguments");
    g_autoptr(GError) error = NULL;
    gboolean fits = FALSE;

    if (!arguments)
        fits = gnf_schema_check_return(command, json_object_get_member(entry, "return"), &error);
    else if (JSON_NODE_HOLDS_NULL(arguments))
        fits = gnf_schema_check_arguments(command, NULL, &error);
    else
        fits = gnf_schema_check_arguments(command, json_node_get_object(arguments), &error);
    if (!expected) {
        g_assert_no_error(error);
        g_assert_true(fits);
        return;
    }
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_assert_cmpstr(error->message, ==, expected);
    g_assert_false(fits);
}

static void
test_command_names(void)
{
    const char *const *names = gnf_schema_commands();

    g_assert_cmpuint(g_strv_length((char **)(gsize)names), ==, 4);
    g_assert_true(g_strv_contains(names, "guest-net-failover-query"));
    g_assert_true(g_strv_contains(names, "guest-net-failover-prepare"));
    g_assert_true(g_strv_contains(names, "guest-net-failover-complete"));
    g_assert_true(g_strv_contains(names, "guest-net-failover-cancel"));
    for (; *names; names++)
        g_assert_true(gnf_schema_has_command(*names));
    g_assert_false(gnf_schema_has_command("guest-ping"));
    g_assert_false(gnf_schema_has_command(""));
    g_assert_false(gnf_schema_has_command(NULL));
}

static void
test_null_is_no_command(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(gnf_schema_check_arguments(NULL, NULL, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_clear_error(&error);
    g_assert_false(gnf_schema_check_return("guest-net-failover-query", NULL, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_assert_cmpstr(error->message, ==, "return: must be an object");
}

/* A kernel may hand out an interface name that is no UTF-8; it must not leave the engine so. */
static void
test_string_not_utf8(void)
{
    g_autoptr(JsonObject) arguments = json_object_new();
    g_autoptr(GError) error = NULL;

    json_object_set_string_member(arguments, "operation", "eth\xff");
    g_assert_false(gnf_schema_check_arguments("guest-net-failover-cancel", arguments, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_assert_cmpstr(error->message, ==, "operation: must be UTF-8");
}

/* json-glib keeps the last of two; gnf_json_parse() is there to refuse such a text before. */
static void
test_repeated_member(void)
{
    g_autoptr(JsonNode) node = json_from_string("{\"eject\": 1, \"eject\": true}", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(gnf_schema_check_arguments(
        "guest-net-failover-prepare", json_node_get_object(node), &error));
    g_assert_no_error(error);
}

static void
test_enum_both_ways(void)
{
    GnfReasonCode code = GNF_REASON_CODE_BUSY;

    for (int i = 0; i < GNF_REASON_CODE_COUNT; i++) {
        g_assert_true(gnf_reason_code_from_string(gnf_reason_code_to_string(i), &code));
        g_assert_cmpint(code, ==, i);
    }
    g_assert_null(gnf_reason_code_names[GNF_REASON_CODE_COUNT]);
    g_assert_cmpstr(
        gnf_reason_code_to_string(GNF_REASON_CODE_NO_SUCH_DEVICE), ==, "no-such-device");
    g_assert_cmpstr(gnf_manager_to_string(GNF_MANAGER_NETWORKMANAGER), ==, "networkmanager");
}

static void
test_enum_unknown_untouched(void)
{
    const char *unknown[] = {"", "no-such", "no-such-device ", "NO-SUCH-DEVICE", NULL};
    GnfReasonCode code = GNF_REASON_CODE_FROZEN;

    for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++) {
        g_assert_false(gnf_reason_code_from_string(unknown[i], &code));
        g_assert_cmpint(code, ==, GNF_REASON_CODE_FROZEN);
    }
}

static JsonNode *
load_cases(void)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "schema-cases.json", NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;

    json_parser_load_from_file(parser, path, &error);
    g_assert_no_error(error);
    return json_parser_steal_root(parser);
}

static void
add_cases(JsonArray *cases)
{
    g_assert_cmpuint(json_array_get_length(cases), >, 40);
    for (guint i = 0; i < json_array_get_length(cases); i++) {
        JsonObject *entry = json_array_get_object_element(cases, i);
        g_autofree char *path =
            g_strdup_printf("/schema/%s", json_object_get_string_member(entry, "name"));

        g_test_add_data_func(path, entry, test_case);
    }
}

int
main(int argc, char **argv)
{
    g_autoptr(JsonNode) cases = NULL;

    g_test_init(&argc, &argv, NULL);
    cases = load_cases();
    add_cases(json_node_get_array(cases));
    g_test_add_func("/schema/commands", test_command_names);
    g_test_add_func("/schema/null", test_null_is_no_command);
    g_test_add_func("/schema/string/not-utf8", test_string_not_utf8);
    g_test_add_func("/schema/repeated-member/last-one-counts", test_repeated_member);
    g_test_add_func("/schema/enum-type/both-ways", test_enum_both_ways);
    g_test_add_func("/schema/enum-type/unknown-untouched", test_enum_unknown_untouched);
    return g_test_run();
}
