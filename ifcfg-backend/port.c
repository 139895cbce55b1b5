/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ports as files give them; see port.h.
 */
#include "ifcfg-backend/port.h"

#include <fnmatch.h>
#include <linux/if.h>
#include <string.h>

/* Longer than any pattern for names of 15 bytes has to be; bounds what a match may cost. */
#define PATTERN_MAX 128
#define RANGES_MAX 2
/* The kernel's own numbers in names have no more digits. */
#define DIGITS_MAX 9

/* "swp[1-2]s[0-3].100": before, a range, between, another one, suffix. */
typedef struct {
    const char *text[RANGES_MAX];
    gsize length[RANGES_MAX];
    guint64 first[RANGES_MAX];
    guint64 last[RANGES_MAX];
    guint count;
    const char *suffix;
} Range;

gboolean
gnf_interface_name_is_valid(const char *name)
{
    gsize length = strlen(name);

    if (length == 0 || length >= IFNAMSIZ || !g_utf8_validate(name, -1, NULL))
        return FALSE;
    if (g_str_equal(name, ".") || g_str_equal(name, ".."))
        return FALSE;
    for (const char *at = name; *at; at++) {
        if (strchr("/: $%", *at) || g_ascii_iscntrl(*at))
            return FALSE;
    }
    return TRUE;
}

char *
gnf_mac_normalise(const char *text)
{
    char mac[] = "00:00:00:00:00:00";

    if (strlen(text) != strlen(mac))
        return NULL;
    for (gsize i = 0; i < strlen(mac); i++) {
        gboolean separator = i % 3 == 2;

        if (separator ? text[i] != ':' && text[i] != '-' : !g_ascii_isxdigit(text[i]))
            return NULL;
        if (!separator)
            mac[i] = g_ascii_tolower(text[i]);
    }
    return g_strdup(mac);
}

/* Digits at *at; FALSE where there are none, or too many. */
static gboolean
take_digits(const char **at, guint64 *ret_number)
{
    gsize length = strspn(*at, "0123456789");

    if (length == 0 || length > DIGITS_MAX)
        return FALSE;
    *ret_number = g_ascii_strtoull(*at, NULL, 10);
    *at += length;
    return TRUE;
}

/* "[1-4]" or, where bare, "1-4". */
static gboolean
take_range(const char **at, gboolean bare, Range *range)
{
    const char *next = *at + !bare;
    guint i = range->count;

    if (!take_digits(&next, &range->first[i]) || *next++ != '-')
        return FALSE;
    if (!take_digits(&next, &range->last[i]) || (!bare && *next++ != ']'))
        return FALSE;
    range->count++;
    *at = next;
    return TRUE;
}

/* Where the digits of "swp1-4" begin: behind a letter, before a number and a hyphen. */
static const char *
find_bare_range(const char *text)
{
    for (const char *at = text; *at; at++) {
        gsize digits = strspn(at, "0123456789");

        if (digits && at > text && g_ascii_isalpha(at[-1]) && at[digits] == '-' &&
            g_ascii_isdigit(at[digits + 1]))
            return at;
    }
    return NULL;
}

static gboolean
parse_range(const char *text, Range *ret_range)
{
    Range range = {.suffix = text};
    const char *bare = strchr(text, '[') ? NULL : find_bare_range(text);
    const char *at = bare ? bare : strchr(text, '[');

    while (at && range.count < RANGES_MAX) {
        range.text[range.count] = range.suffix;
        range.length[range.count] = at - range.suffix;
        if (!take_range(&at, bare != NULL, &range))
            return FALSE;
        range.suffix = at;
        at = bare ? NULL : strchr(at, '[');
    }
    if (!range.count || strchr(range.suffix, '['))
        return FALSE;
    *ret_range = range;
    return TRUE;
}

/* The rest of a name from the range number i on. Each length of a number is tried: what follows it
 * may begin with a digit. */
static gboolean
range_matches(const Range *range, guint i, const char *name)
{
    gsize digits;

    if (i == range->count)
        return g_str_equal(name, range->suffix);
    if (strncmp(name, range->text[i], range->length[i]) != 0)
        return FALSE;
    name += range->length[i];
    digits = MIN(strspn(name, "0123456789"), DIGITS_MAX);
    for (gsize length = 1; length <= digits; length++) {
        g_autofree char *number = g_strndup(name, length);
        guint64 value = g_ascii_strtoull(number, NULL, 10);

        /* Printed without zeros in front. */
        if (length > 1 && *number == '0')
            return FALSE;
        if (value >= range->first[i] && value <= range->last[i] &&
            range_matches(range, i + 1, name + length))
            return TRUE;
    }
    return FALSE;
}

static GRegex *
compile_regex(const char *text)
{
    g_autofree char *anchored = g_strconcat("(?:", text, ")$", NULL);

    if (strlen(text) > PATTERN_MAX)
        return NULL;
    return g_regex_new(anchored, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY, 0, NULL);
}

static gboolean
pattern_matches(const GnfPort *port, const char *name)
{
    g_autoptr(GRegex) regex = NULL;
    Range range;

    switch (port->kind) {
    case GNF_PORT_GLOB:
        return fnmatch(port->text, name, 0) == 0;
    case GNF_PORT_RANGE:
        return parse_range(port->text, &range) && range_matches(&range, 0, name);
    case GNF_PORT_REGEX:
        regex = compile_regex(port->text);
        return regex && g_regex_match(regex, name, 0, NULL);
    default:
        return FALSE;
    }
}

GnfFit
gnf_port_get_fit(const GnfPort *port, const char *name, const char *permanent_mac)
{
    const char *wanted = port->kind == GNF_PORT_MAC ? port->text : port->mac;

    if (wanted && permanent_mac)
        return g_ascii_strcasecmp(wanted, permanent_mac) == 0 ? GNF_FIT_MAC : GNF_FIT_NONE;
    if (!name || port->kind == GNF_PORT_MAC)
        return GNF_FIT_NONE;
    if (port->kind == GNF_PORT_NAME)
        return g_str_equal(port->text, name) ? GNF_FIT_NAME : GNF_FIT_NONE;
    return pattern_matches(port, name) ? GNF_FIT_PATTERN : GNF_FIT_NONE;
}

gboolean
gnf_port_is_valid(const GnfPort *port)
{
    g_autofree char *mac = NULL;
    g_autoptr(GRegex) regex = NULL;
    Range range;

    switch (port->kind) {
    case GNF_PORT_NAME:
        return gnf_interface_name_is_valid(port->text);
    case GNF_PORT_MAC:
        mac = gnf_mac_normalise(port->text);
        return g_strcmp0(mac, port->text) == 0;
    case GNF_PORT_RANGE:
        return strlen(port->text) <= PATTERN_MAX && parse_range(port->text, &range);
    case GNF_PORT_REGEX:
        regex = compile_regex(port->text);
        return regex != NULL;
    default:
        return *port->text && strlen(port->text) <= PATTERN_MAX;
    }
}

void
gnf_port_clear(GnfPort *port)
{
    g_clear_pointer(&port->text, g_free);
    g_clear_pointer(&port->mac, g_free);
}

GnfPort
gnf_port_copy(const GnfPort *port)
{
    return (GnfPort){port->kind, g_strdup(port->text), g_strdup(port->mac)};
}
