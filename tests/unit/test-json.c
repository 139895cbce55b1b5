/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of qga-plugin/json.c: what is JSON to QEMU, and that nothing is read past the text.
 */
#include "qga-plugin/json.h"

#include <string.h>

static GnfText
text_of(const char *string)
{
    return (GnfText){string, strlen(string)};
}

static void
test_valid(void)
{
    const char *const good[] = {"{}",
                                " [ ] ",
                                "0",
                                "-1.5e+3",
                                "1E5",
                                "true",
                                "\"\\u00e9\\/\"",
                                "'a\"b\\''",
                                "{\"a\":[1,{\"b\":null}]}\n",
                                "\"\xc3\xa9\""};
    const char *const bad[] = {
        "",         " ",     "{",     "[1,]",      "{\"a\"}", "{\"a\":1,}", "{1:2}",       "01",
        "1.",       "-",     "1e",    "tru",       "truex",   "\"\\x\"",    "\"\\u12g4\"", "\"a",
        "\"a\nb\"", "{} {}", "[1 2]", "\"\xc3(\"", "'a\"",    "nul",        "{,}"};

    for (guint i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(gnf_json_is_valid(text_of(good[i])));
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(gnf_json_is_valid(text_of(bad[i])));
    g_assert_true(gnf_json_is_object(text_of(" {}")));
    g_assert_false(gnf_json_is_object(text_of("[]")));
}

static void
test_depth(void)
{
    g_autofree char *open = g_strnfill(1025, '[');
    g_autofree char *close = g_strnfill(1025, ']');
    g_autofree char *good = g_strconcat(open + 1, close + 1, NULL);
    g_autofree char *bad = g_strconcat(open, close, NULL);

    g_assert_true(gnf_json_is_valid(text_of(good)));
    g_assert_false(gnf_json_is_valid(text_of(bad)));
}

static void
assert_member(const char *object, const char *name, const char *expected)
{
    GnfText value = {NULL, 0};
    gboolean found = gnf_json_member(text_of(object), name, &value);

    g_assert_cmpint(found, ==, expected != NULL);
    if (found)
        g_assert_cmpmem(value.at, value.length, expected, strlen(expected));
}

static void
test_member(void)
{
    assert_member("{\"id\": [1, 2] , \"a\":{\"id\":3}}\n", "id", "[1, 2]");
    assert_member("{'a':1,'id':'x'}", "id", "'x'");
    assert_member("{\"\\u0069d\":7}", "id", "7");
    assert_member("{\"idx\":7}", "id", NULL);
    assert_member("{\"id\":7,\"id\":8}", "id", NULL);
    assert_member("{\"id\":7", "id", NULL);
    assert_member("{\"id\":7 8}", "id", NULL);
    assert_member("{\"a\":{\"id\":7}}", "id", NULL);
    assert_member("[\"id\"]", "id", NULL);
    assert_member("{}", "id", NULL);
}

static void
test_elements(void)
{
    GnfText array = text_of("[1, {\"a\": [2]}, \"]\"] ");
    const char *const expected[] = {"1", "{\"a\": [2]}", "\"]\""};
    gsize position = 0;
    GnfText value;

    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_assert_true(gnf_json_element(array, &position, &value));
        g_assert_cmpmem(value.at, value.length, expected[i], strlen(expected[i]));
    }
    g_assert_false(gnf_json_element(array, &position, &value));
    position = 0;
    g_assert_false(gnf_json_element(text_of("[]"), &position, &value));
    g_assert_false(gnf_json_element(text_of("{}"), &position, &value));
}

static void
assert_string(const char *json, const char *expected)
{
    g_autofree char *decoded = gnf_json_string(text_of(json));

    g_assert_cmpstr(decoded, ==, expected);
}

static void
test_string(void)
{
    assert_string("\"guest-ping\"", "guest-ping");
    assert_string("'guest\\u002dping'", "guest-ping");
    assert_string("\"\\b\\f\\n\\r\\t\\\"\\\\\\/\\'\"", "\b\f\n\r\t\"\\/'");
    assert_string("\"\\u00e9\\ud83d\\ude00\"", "\xc3\xa9\xf0\x9f\x98\x80");
    assert_string("\"\"", "");
    /* Not what C can hold, or no string at all. */
    assert_string("\"a\\u0000\"", NULL);
    assert_string("\"\\ud83d\"", NULL);
    assert_string("\"\\ud83d\\u0041\"", NULL);
    assert_string("\"\\ude00\"", NULL);
    assert_string("1", NULL);
    assert_string("", NULL);
    assert_string("\"", NULL);
}

static void
test_integer(void)
{
    gint64 number = 0;

    g_assert_true(gnf_json_integer(text_of("-9223372036854775808"), &number));
    g_assert_cmpint(number, ==, G_MININT64);
    g_assert_false(gnf_json_integer(text_of("9223372036854775808"), &number));
    g_assert_false(gnf_json_integer(text_of("1.5"), &number));
    g_assert_false(gnf_json_integer(text_of("\"1\""), &number));
}

static void
test_line(void)
{
    g_autofree char *plain =
        gnf_json_line(text_of(" {'a\"':\n 'it\\'s' ,\t\"b c\" : [ 1 , \"\\\\\"]}\r\n"));

    g_assert_cmpstr(plain, ==, "{\"a\\\"\":\"it's\",\"b c\":[1,\"\\\\\"]}");
    g_assert_true(gnf_json_is_valid(text_of(plain)));
}

/* The text has no terminator, and every cut of it is some other text: with ASan, or valgrind, a
 * read too far is found. */
static void
test_no_read_past_the_end(void)
{
    const char *whole = "{\"a\":[1.5e+3,true,\"\\ud83d\\ude00\\n\"],'b':{\"id\":null}}";

    for (gsize length = 0; length < strlen(whole); length++) {
        g_autofree char *part = g_memdup2(whole, length);
        GnfText text = {length ? part : "", length};
        g_autofree char *line = gnf_json_line(text);
        GnfText value;
        gsize position = 0;

        g_assert_false(gnf_json_is_valid(text));
        g_assert_false(gnf_json_member(text, "id", &value));
        g_assert_false(gnf_json_element(text, &position, &value));
        g_assert_nonnull(line);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/valid", test_valid);
    g_test_add_func("/json/depth", test_depth);
    g_test_add_func("/json/member", test_member);
    g_test_add_func("/json/elements", test_elements);
    g_test_add_func("/json/string", test_string);
    g_test_add_func("/json/integer", test_integer);
    g_test_add_func("/json/line/is-plain-and-single", test_line);
    g_test_add_func("/json/no-read-past-the-end", test_no_read_past_the_end);
    return g_test_run();
}
