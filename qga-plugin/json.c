/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON read in place: see json.h. A recursive walk over (at, end); every step either moves `at`
 * past one whole thing and returns TRUE, or returns FALSE and the text is not JSON.
 */
#include "qga-plugin/json.h"

#include <string.h>

#define MAX_DEPTH 1024 /* as QEMU's MAX_NESTING */

typedef struct {
    const char *at;
    const char *end;
} Cursor;

static gboolean walk_value(Cursor *cursor, guint depth);

static Cursor
cursor_of(GnfText text)
{
    return (Cursor){text.at, text.at + text.length};
}

static void
walk_space(Cursor *cursor)
{
    while (cursor->at < cursor->end && memchr(" \t\r\n", *cursor->at, 4))
        cursor->at++;
}

static gboolean
walk_byte(Cursor *cursor, char byte)
{
    walk_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != byte)
        return FALSE;
    cursor->at++;
    return TRUE;
}

static gboolean
walk_escape(Cursor *cursor)
{
    char kind = cursor->at < cursor->end ? *cursor->at++ : 0;

    if (kind != 'u')
        return kind != 0 && strchr("\"\\/bfnrt'", kind) != NULL;
    for (guint i = 0; i < 4; i++, cursor->at++) {
        if (cursor->at == cursor->end || !g_ascii_isxdigit(*cursor->at))
            return FALSE;
    }
    return TRUE;
}

static gboolean
walk_string(Cursor *cursor)
{
    char quote = *cursor->at++;

    while (cursor->at < cursor->end) {
        char byte = *cursor->at++;

        if (byte == quote)
            return TRUE;
        if ((guint8)byte < 0x20)
            return FALSE;
        if (byte == '\\' && !walk_escape(cursor))
            return FALSE;
    }
    return FALSE;
}

static gboolean
walk_digits(Cursor *cursor)
{
    const char *from = cursor->at;

    while (cursor->at < cursor->end && g_ascii_isdigit(*cursor->at))
        cursor->at++;
    return cursor->at > from;
}

static gboolean
next_is(Cursor *cursor, const char *bytes)
{
    return cursor->at < cursor->end && *cursor->at != 0 && strchr(bytes, *cursor->at) != NULL;
}

static gboolean
walk_number(Cursor *cursor)
{
    cursor->at += *cursor->at == '-';
    if (next_is(cursor, "0"))
        cursor->at++;
    else if (!walk_digits(cursor))
        return FALSE;
    if (next_is(cursor, ".")) {
        cursor->at++;
        if (!walk_digits(cursor))
            return FALSE;
    }
    if (!next_is(cursor, "eE"))
        return TRUE;
    cursor->at++;
    if (next_is(cursor, "+-"))
        cursor->at++;
    return walk_digits(cursor);
}

static gboolean
walk_keyword(Cursor *cursor)
{
    const char *words[] = {"true", "false", "null"};

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        gsize length = strlen(words[i]);

        if ((gsize)(cursor->end - cursor->at) >= length &&
            memcmp(cursor->at, words[i], length) == 0) {
            cursor->at += length;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
walk_key(Cursor *cursor, GnfText *ret_key)
{
    const char *from;

    walk_space(cursor);
    if (!next_is(cursor, "\"'"))
        return FALSE;
    from = cursor->at;
    if (!walk_string(cursor))
        return FALSE;
    *ret_key = (GnfText){from, cursor->at - from};
    return walk_byte(cursor, ':');
}

/* The elements or members after the opening bracket, up to and with the closing one. */
static gboolean
walk_rest(Cursor *cursor, char close, guint depth)
{
    GnfText key;

    if (walk_byte(cursor, close))
        return TRUE;
    do {
        if (close == '}' && !walk_key(cursor, &key))
            return FALSE;
        if (!walk_value(cursor, depth))
            return FALSE;
    } while (walk_byte(cursor, ','));
    return walk_byte(cursor, close);
}

static gboolean
walk_value(Cursor *cursor, guint depth)
{
    walk_space(cursor);
    if (cursor->at == cursor->end)
        return FALSE;
    switch (*cursor->at) {
    case '{':
    case '[':
        if (depth == MAX_DEPTH)
            return FALSE;
        cursor->at++;
        return walk_rest(cursor, cursor->at[-1] == '{' ? '}' : ']', depth + 1);
    case '"':
    case '\'':
        return walk_string(cursor);
    default:
        return next_is(cursor, "-0123456789") ? walk_number(cursor) : walk_keyword(cursor);
    }
}

gboolean
gnf_json_is_valid(GnfText text)
{
    Cursor cursor = cursor_of(text);

    if (!walk_value(&cursor, 0))
        return FALSE;
    walk_space(&cursor);
    return cursor.at == cursor.end && g_utf8_validate_len(text.at, text.length, NULL);
}

gboolean
gnf_json_is_object(GnfText text)
{
    Cursor cursor = cursor_of(text);

    return walk_byte(&cursor, '{') && gnf_json_is_valid(text);
}

static gboolean
key_is(GnfText key, const char *name)
{
    g_autofree char *decoded = NULL;

    if (!memchr(key.at, '\\', key.length))
        return key.length == strlen(name) + 2 && memcmp(key.at + 1, name, key.length - 2) == 0;
    decoded = gnf_json_string(key);
    return g_strcmp0(decoded, name) == 0;
}

gboolean
gnf_json_member(GnfText object, const char *name, GnfText *ret_value)
{
    Cursor cursor = cursor_of(object);
    GnfText found = {NULL, 0};
    GnfText key;

    if (!walk_byte(&cursor, '{') || walk_byte(&cursor, '}'))
        return FALSE;
    do {
        const char *from;

        if (!walk_key(&cursor, &key))
            return FALSE;
        walk_space(&cursor);
        from = cursor.at;
        if (!walk_value(&cursor, 1))
            return FALSE;
        if (!key_is(key, name))
            continue;
        if (found.at)
            return FALSE;
        found = (GnfText){from, cursor.at - from};
    } while (walk_byte(&cursor, ','));
    if (!found.at || !walk_byte(&cursor, '}'))
        return FALSE;
    *ret_value = found;
    return TRUE;
}

gboolean
gnf_json_element(GnfText array, gsize *position, GnfText *ret_value)
{
    Cursor cursor = cursor_of(array);
    const char *from;

    cursor.at += *position;
    if (!walk_byte(&cursor, *position ? ',' : '['))
        return FALSE;
    walk_space(&cursor);
    from = cursor.at;
    if (!walk_value(&cursor, 1))
        return FALSE;
    *ret_value = (GnfText){from, cursor.at - from};
    *position = cursor.at - array.at;
    return TRUE;
}

static gunichar
hex4(const char *at)
{
    gunichar value = 0;

    for (guint i = 0; i < 4; i++)
        value = value * 16 + g_ascii_xdigit_value(at[i]);
    return value;
}

/* `at` is behind the backslash of a checked escape; returns the bytes used, 0 if C cannot say it.
 */
static gsize
decode_escape(const char *at, const char *end, GString *out)
{
    const char *plain = strchr("b\bf\fn\nr\rt\t", *at);
    gunichar unit;

    if (*at != 'u') {
        g_string_append_c(out, g_ascii_isalpha(*at) ? plain[1] : *at);
        return 1;
    }
    unit = hex4(at + 1);
    if (unit >= 0xD800 && unit < 0xDC00 && end - at >= 11 && at[5] == '\\' && at[6] == 'u') {
        gunichar low = hex4(at + 7);

        if (low < 0xDC00 || low > 0xDFFF)
            return 0;
        g_string_append_unichar(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        return 11;
    }
    if (unit == 0 || (unit >= 0xD800 && unit < 0xE000))
        return 0;
    g_string_append_unichar(out, unit);
    return 5;
}

char *
gnf_json_string(GnfText value)
{
    Cursor cursor = cursor_of(value);
    g_autoptr(GString) out = g_string_new(NULL);
    const char *at = value.at + 1;
    const char *last = value.at + value.length - 1;

    if (!next_is(&cursor, "\"'") || !walk_string(&cursor) || cursor.at != cursor.end)
        return NULL;
    while (at < last) {
        gsize used = 1;

        if (*at == '\\')
            used = decode_escape(++at, last, out);
        else
            g_string_append_c(out, *at);
        if (used == 0)
            return NULL;
        at += used;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

gboolean
gnf_json_integer(GnfText value, gint64 *ret_number)
{
    g_autofree char *copy = g_strndup(value.at, value.length);

    return g_ascii_string_to_signed(copy, 10, G_MININT64, G_MAXINT64, ret_number, NULL);
}

/* Inside single quotes \' needs no escape and " does; in double quotes it is the other way. */
static void
append_string(GString *out, const char *at, const char *end)
{
    g_string_append_c(out, '"');
    for (at++; at < end - 1; at++) {
        if (*at == '\\' && at[1] == '\'')
            at++;
        else if (*at == '\\')
            g_string_append_c(out, *at++);
        else if (*at == '"')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *at);
    }
    g_string_append_c(out, '"');
}

char *
gnf_json_line(GnfText value)
{
    Cursor cursor = cursor_of(value);
    GString *out = g_string_sized_new(value.length);

    for (walk_space(&cursor); cursor.at < cursor.end; walk_space(&cursor)) {
        const char *from = cursor.at;

        if (!next_is(&cursor, "\"'"))
            g_string_append_c(out, *cursor.at++);
        else if (walk_string(&cursor))
            append_string(out, from, cursor.at);
        else
            break;
    }
    return g_string_free(out, FALSE);
}
