/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of qapi/parse.c: what json-glib would alter in silence is refused, all else is read.
 */
#include "qapi/parse.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *text;
    const char *error; /* NULL: the text is read; else how its error begins */
} Case;

static const Case cases[] = {
    {"number/zero", "{\"a\": 0}", NULL},
    {"number/largest", "[9223372036854775807, -9223372036854775808]", NULL},
    {"number/floating", "[0.5, -1.25, 1e3, 1E+3, 1e-3, 10.0e0]", NULL},
    {"number/above-int64", "[9223372036854775808]", "byte 1: number out of range"},
    {"number/above-uint64", "[1, 18446744073709551616]", "byte 4: number out of range"},
    {"number/below-int64", "[-18446744073709551615]", "byte 1: number out of range"},
    {"number/infinite", "[1, -1e999]", "byte 4: number out of range"},
    {"number/octal", "[010]", "byte 1: not a JSON number"},
    {"number/leading-zeros", "[-007]", "byte 1: not a JSON number"},
    {"number/hexadecimal", "[0x10]", "byte 1: not a JSON number"},
    {"number/two-signs", "[--1]", "byte 1: not a JSON number"},
    {"number/digits-in-a-string", "[\"010 0x10 99999999999999999999\"]", NULL},
    {"string/escapes", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\"]", NULL},
    {"string/single-quotes", "{'a': 'b\"c'}", NULL},
    {"string/nul", "{\"interface\": \"eth0\\u0000x\"}", "byte 19: NUL in a string"},
    {"string/nul-in-a-name", "{\"a\\u0000\": 1}", "byte 3: NUL in a string"},
    {"string/escaped-backslash-is-no-nul", "[\"\\\\u0000\"]", NULL},
    {"string/newline", "[\"a\nb\"]", "byte 3: control character in a string"},
    {"string/not-closed", "[\"a", "not JSON: "},
    {"string/ends-in-a-backslash", "[\"a\\", "byte 3: not a JSON escape"},
    {"string/unknown-escape", "[\"a\\q\"]", "byte 3: not a JSON escape"},
    {"string/escape-cut-short", "[\"\\u00e\"]", "byte 2: not a JSON escape"},
    {"string/surrogate-pair", "[\"\\ud83d\\ude00 \\uDBFF\\uDFFF \\ud7ff \\ue000\"]", NULL},
    {"string/first-surrogate-alone", "[\"\\ud83d\"]", "byte 2: half of a surrogate pair"},
    {"string/first-surrogate-twice", "[\"\\ud83d\\ud83d\"]", "byte 2: half of a surrogate pair"},
    {"string/second-surrogate-alone", "{\"\\ude00\": 1}", "byte 2: half of a surrogate pair"},
    {"string/not-utf8", "[\"\xff\"]", "byte 0: must be UTF-8 without NUL"},
    {"member/twice", "{\"a\": 1, \"b\": 2, \"a\": 1}", "a: given twice"},
    {"member/twice-by-escape", "{\"a\": 1, \"\\u0061\": 1}", "a: given twice"},
    {"member/twice-nested", "{\"x\": [{\"y\": {\"z\": 1, \"z\": {}}}]}", "z: given twice"},
    {"member/same-name-at-two-levels", "{\"a\": {\"a\": {\"a\": 1}}, \"b\": {\"a\": 1}}", NULL},
    {"member/same-name-in-siblings", "[{\"a\": 1}, {\"a\": 1}]", NULL},
    {"syntax/comment", "[1 /* no */]", "byte 3: comments are not JSON"},
    {"syntax/line-comment", "[1] // no", "byte 4: comments are not JSON"},
    {"syntax/shell-comment", "[1] # no", "byte 4: comments are not JSON"},
    {"syntax/words", "[true, false, null]", NULL},
    {"syntax/unknown-word", "[yes]", "not JSON: "},
    {"syntax/empty", "", "not JSON: "},
    {"syntax/blank", " \n\t", "not JSON: "},
    {"syntax/not-closed", "{\"a\": [1", "not JSON: "},
    {"syntax/plus", "[+1]", "not JSON: "},
};

static void
test_case(gconstpointer data)
{
    const Case *entry = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = gnf_json_parse(entry->text, strlen(entry->text), &error);

    if (!entry->error) {
        g_assert_no_error(error);
        g_assert_nonnull(node);
        return;
    }
    g_assert_null(node);
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    if (!g_str_has_prefix(error->message, entry->error))
        g_error("'%s' does not begin with '%s'", error->message, entry->error);
}

/* The length counts, not a NUL: a NUL in the text is an error, and what is behind is not read. */
static void
test_length(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = gnf_json_parse("[1]]]", 3, &error);

    g_assert_no_error(error);
    g_assert_true(JSON_NODE_HOLDS_ARRAY(node));
    g_assert_null(gnf_json_parse("[1]\0", 4, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_value(void)
{
    const char *text = "{\"a\": -9223372036854775808, \"b\": \"\\u00e4\"}";
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = gnf_json_parse(text, strlen(text), &error);
    JsonObject *object = NULL;

    g_assert_no_error(error);
    object = json_node_get_object(node);
    g_assert_cmpint(json_object_get_int_member(object, "a"), ==, G_MININT64);
    g_assert_cmpstr(json_object_get_string_member(object, "b"), ==, "ä");
}

/* json-glib does not read escapes in these. */
static void
test_single_quotes(void)
{
    const char *text = "['a\\n\"\\\"\\'\\\\', \"a\\n\\\"\\\"'\\\\\"]";
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = gnf_json_parse(text, strlen(text), &error);

    g_assert_no_error(error);
    JsonArray *array = json_node_get_array(node);
    g_assert_cmpstr(json_array_get_string_element(array, 0), ==, "a\n\"\"'\\");
    g_assert_cmpstr(json_array_get_string_element(array, 1), ==, "a\n\"\"'\\");
}

/* Every prefix of a message is refused, none crashes. */
static void
test_prefixes(void)
{
    const char *text = "{\"a\": [1.5e3, \"x\\u00e4\", {'b': null}], \"c\": -10}";

    for (gsize length = 0; length < strlen(text); length++) {
        g_autoptr(JsonNode) node = gnf_json_parse(text, length, NULL);

        g_assert_null(node);
    }
}

/* json-glib quotes the beginning of a string, wherever that ends. */
static void
test_error_is_utf8(void)
{
    for (guint offset = 0; offset < 4; offset++) {
        g_autoptr(GString) text = g_string_new("[\"");
        g_autoptr(GError) error = NULL;

        g_string_append_len(text, "xxxx", offset);
        for (guint i = 0; i < 1000; i++)
            g_string_append(text, "ä");
        g_string_append(text, "\" 1]");
        g_assert_null(gnf_json_parse(text->str, text->len, &error));
        g_assert_nonnull(error);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    }
}

static void
test_depth(void)
{
    g_autofree char *deepest = g_strnfill(2 * 1024, '[');
    g_autofree char *deep = g_strnfill(1000000, '[');
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = NULL;

    memset(deepest + 1024, ']', 1024);
    node = gnf_json_parse(deepest, 2 * 1024, &error);
    g_assert_no_error(error);
    g_assert_nonnull(node);
    g_assert_null(gnf_json_parse(deep, 1000000, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_assert_cmpstr(error->message, ==, "byte 1024: nested too deep");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/parse/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/parse/length", test_length);
    g_test_add_func("/parse/value", test_value);
    g_test_add_func("/parse/error-is-utf8", test_error_is_utf8);
    g_test_add_func("/parse/depth", test_depth);
    g_test_add_func("/parse/single-quotes", test_single_quotes);
    g_test_add_func("/parse/prefixes", test_prefixes);
    return g_test_run();
}
