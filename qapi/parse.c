/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * JSON text to a JsonNode: a look at the tokens, then json-glib, watched for repeated members.
 *
 * The first pass refuses only what json-glib would accept and alter, and puts strings between
 * double quotes; all other syntax errors are json-glib's to find. The rules for numbers and strings
 * are those of RFC 8259.
 */
#include "qapi/parse.h"

#include <math.h>
#include <string.h>

/* As QEMU's MAX_NESTING; json-glib has no limit but the stack. */
#define MAX_DEPTH 1024

/* How many members each open object has had so far: one number a level. */
typedef struct {
    GArray *counts;
    char *repeated;
} Watch;

static gboolean
refuse(gsize offset, const char *problem, GError **error)
{
    g_set_error(error,
                G_IO_ERROR,
                G_IO_ERROR_INVALID_ARGUMENT,
                "byte %" G_GSIZE_FORMAT ": %s",
                offset,
                problem);
    return FALSE;
}

static const char *
skip_digits(const char *from)
{
    return from + strspn(from, "0123456789");
}

static gboolean
is_number(const char *word)
{
    const char *whole = word + (*word == '-');
    const char *end = skip_digits(whole);

    if (end == whole || (*whole == '0' && end > whole + 1))
        return FALSE;
    if (*end == '.')
        end = skip_digits(end + 1);
    if (*end == 'e' || *end == 'E')
        end = skip_digits(end + 1 + (end[1] == '-' || end[1] == '+'));
    return *end == '\0';
}

/* ret_end: behind the number. */
static gboolean
check_number(const char *text, const char *start, const char **ret_end, GError **error)
{
    gsize length = strspn(start, "+-.0123456789abcdefABCDEFxX");
    g_autofree char *word = g_strndup(start, length);

    if (!is_number(word))
        return refuse((gsize)(start - text), "not a JSON number", error);
    if (strpbrk(word, ".eE")
            ? !isfinite(g_ascii_strtod(word, NULL))
            : !g_ascii_string_to_signed(word, 10, G_MININT64, G_MAXINT64, NULL, NULL))
        return refuse((gsize)(start - text), "number out of range", error);
    *ret_end = start + length;
    return TRUE;
}

/* The four digits of \uXXXX, -1 if they are none. */
static int
hexadecimal(const char *digits)
{
    int value = 0;

    for (guint i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(digits[i]);

        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* json-glib takes any byte behind a backslash, and half of a surrogate pair for a character, which
 * is no UTF-8 then. ret_end: behind the escape that starts here. */
static gboolean
check_escape(const char *text, const char *start, const char **ret_end, GError **error)
{
    const char *end = start + (start[1] == 'u' ? 6 : 2);
    int unit = start[1] == 'u' ? hexadecimal(start + 2) : start[1];

    if (unit < 0 || !start[1] || !strchr("\"'\\/bfnrtu", start[1]))
        return refuse((gsize)(start - text), "not a JSON escape", error);
    if (unit == 0)
        return refuse((gsize)(start - text), "NUL in a string", error);
    if (unit >= 0xD800 && unit < 0xDC00 && g_str_has_prefix(end, "\\u") &&
        (hexadecimal(end + 2) & ~0x3FF) == 0xDC00)
        end += 6;
    else if (unit >= 0xD800 && unit < 0xE000)
        return refuse((gsize)(start - text), "half of a surrogate pair", error);
    *ret_end = end;
    return TRUE;
}

/* One character or escape of a string, as it stands between double quotes. */
static void
append_plain(GString *plain, const char *from, const char *end)
{
    if (*from == '"')
        g_string_append(plain, "\\\"");
    else if (from[0] == '\\' && from[1] == '\'')
        g_string_append_c(plain, '\'');
    else
        g_string_append_len(plain, from, end - from);
}

/* ret_end: behind the closing quote, or the end of the text where there is none. */
static gboolean
check_quoted(
    const char *text, const char *start, GString *plain, const char **ret_end, GError **error)
{
    const char *at = start + 1;

    g_string_append_c(plain, '"');
    while (*at && *at != *start) {
        const char *from = at;

        if ((guchar)*at < 0x20)
            return refuse((gsize)(at - text), "control character in a string", error);
        if (*at != '\\')
            at++;
        else if (!check_escape(text, at, &at, error))
            return FALSE;
        append_plain(plain, from, at);
    }
    if (*at)
        g_string_append_c(plain, '"');
    *ret_end = at + (*at != '\0');
    return TRUE;
}

/* Which bracket closes which is json-glib's to check. */
static guint
depth_behind(char byte, guint depth)
{
    if (byte == '{' || byte == '[')
        return depth + 1;
    return (byte == '}' || byte == ']') && depth > 0 ? depth - 1 : depth;
}

/* Words and punctuation. ret_end: behind the first of them. */
static gboolean
check_bare(const char *text, const char *start, guint *depth, const char **ret_end, GError **error)
{
    if (*start == '/' || *start == '#')
        return refuse((gsize)(start - text), "comments are not JSON", error);
    *depth = depth_behind(*start, *depth);
    if (*depth > MAX_DEPTH)
        return refuse((gsize)(start - text), "nested too deep", error);
    *ret_end = start + strspn(start, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS);
    if (*ret_end == start)
        (*ret_end)++;
    return TRUE;
}

/* plain: gets the text, with all its strings between double quotes. */
static gboolean
check_tokens(const char *text, GString *plain, GError **error)
{
    const char *at = text;
    guint depth = 0;

    while (*at) {
        const char *from = at;
        gboolean quoted = *at == '"' || *at == '\'';
        gboolean fits;

        if (quoted)
            fits = check_quoted(text, at, plain, &at, error);
        else if (*at == '-' || g_ascii_isdigit(*at))
            fits = check_number(text, at, &at, error);
        else
            fits = check_bare(text, at, &depth, &at, error);
        if (!fits)
            return FALSE;
        if (!quoted)
            g_string_append_len(plain, from, at - from);
    }
    return TRUE;
}

static void
on_object_start(JsonParser *parser, gpointer user_data)
{
    Watch *watch = user_data;
    guint none = 0;

    g_array_append_val(watch->counts, none);
}

/* Comes behind the member's value, so the last count is this object's. */
static void
on_object_member(JsonParser *parser, JsonObject *object, const char *name, gpointer user_data)
{
    Watch *watch = user_data;
    guint *count = &g_array_index(watch->counts, guint, watch->counts->len - 1);

    if (++*count > json_object_get_size(object) && !watch->repeated)
        watch->repeated = g_strdup(name);
}

static void
on_object_end(JsonParser *parser, JsonObject *object, gpointer user_data)
{
    Watch *watch = user_data;

    g_array_set_size(watch->counts, watch->counts->len - 1);
}

static JsonNode *
parse(const char *text, gsize length, Watch *watch, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) local_error = NULL;
    JsonNode *root = NULL;

    g_signal_connect(parser, "object-start", G_CALLBACK(on_object_start), watch);
    g_signal_connect(parser, "object-member", G_CALLBACK(on_object_member), watch);
    g_signal_connect(parser, "object-end", G_CALLBACK(on_object_end), watch);
    if (json_parser_load_from_data(parser, text, (gssize)length, &local_error))
        root = watch->repeated ? NULL : json_parser_steal_root(parser);
    if (root)
        return root;
    /* It quotes the text, and cuts that off in mid-character. */
    g_autofree char *problem =
        g_utf8_make_valid(local_error ? local_error->message : "nothing there", -1);
    g_set_error(error,
                G_IO_ERROR,
                G_IO_ERROR_INVALID_ARGUMENT,
                watch->repeated ? "%s: given twice" : "not JSON: %s",
                watch->repeated ? watch->repeated : problem);
    return NULL;
}

JsonNode *
gnf_json_parse(const char *text, gsize length, GError **error)
{
    g_autofree char *copy = g_strndup(text, length);
    g_autoptr(GString) plain = g_string_sized_new(length);
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(guint));
    Watch watch = {.counts = counts};
    JsonNode *root = NULL;

    if (!g_utf8_validate(text, (gssize)length, NULL)) {
        refuse(0, "must be UTF-8 without NUL", error);
        return NULL;
    }
    if (check_tokens(copy, plain, error))
        root = parse(plain->str, plain->len, &watch, error);
    g_free(watch.repeated);
    return root;
}
