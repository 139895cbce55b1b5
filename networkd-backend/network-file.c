/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading .network files; see network-file.h. Non-logging, no I/O.
 *
 * The rules are those of networkd's config_parse and net_match_config: a line that ends in a
 * backslash goes on, an empty value forgets what was said before, several sections of one name are
 * one, and all keys of [Match] have to fit.
 */
#include "networkd-backend/network-file.h"

#include <fnmatch.h>
#include <string.h>

/* How a key of [Match] is compared. */
typedef enum {
    COMPARE_NAME,
    COMPARE_MAC,
    COMPARE_DRIVER,
    COMPARE_PATH,
    COMPARE_TYPE,
    COMPARE_NEVER,   /* what no ethernet NIC has */
    COMPARE_UNKNOWN, /* of the machine, or of udev's whole database */
} Comparison;

static const struct {
    const char *key;
    Comparison comparison;
} match_keys[] = {
    {"Name", COMPARE_NAME},
    {"MACAddress", COMPARE_MAC},
    {"PermanentMACAddress", COMPARE_MAC},
    {"Driver", COMPARE_DRIVER},
    {"Path", COMPARE_PATH},
    {"Type", COMPARE_TYPE},
    {"Kind", COMPARE_NEVER},
    {"WLANInterfaceType", COMPARE_NEVER},
    {"SSID", COMPARE_NEVER},
    {"BSSID", COMPARE_NEVER},
    {"Property", COMPARE_UNKNOWN},
    {"Host", COMPARE_UNKNOWN},
    {"Virtualization", COMPARE_UNKNOWN},
    {"KernelCommandLine", COMPARE_UNKNOWN},
    {"KernelVersion", COMPARE_UNKNOWN},
    {"Version", COMPARE_UNKNOWN},
    {"Credential", COMPARE_UNKNOWN},
    {"Architecture", COMPARE_UNKNOWN},
    {"Firmware", COMPARE_UNKNOWN},
};

/* One key of [Match]. */
typedef struct {
    const char *key;
    Comparison comparison;
    GPtrArray *words; /* globs, one that must not fit with a "!" before it; or MACs */
} Condition;

struct GnfNetworkFile {
    char *path;
    char *bond;
    char *origin;
    GPtrArray *conditions; /* of Condition */
};

static void
condition_free(gpointer data)
{
    Condition *condition = data;

    g_ptr_array_unref(condition->words);
    g_free(condition);
}

GnfNetworkFile *
gnf_network_file_new(const char *path)
{
    GnfNetworkFile *file = g_new0(GnfNetworkFile, 1);

    file->path = g_strdup(path);
    file->conditions = g_ptr_array_new_with_free_func(condition_free);
    return file;
}

void
gnf_network_file_free(GnfNetworkFile *file)
{
    if (!file)
        return;
    g_free(file->path);
    g_free(file->bond);
    g_free(file->origin);
    g_ptr_array_unref(file->conditions);
    g_free(file);
}

const char *
gnf_network_file_get_path(const GnfNetworkFile *file)
{
    return file->path;
}

const char *
gnf_network_file_get_bond(const GnfNetworkFile *file)
{
    return file->bond;
}

const char *
gnf_network_file_get_origin(const GnfNetworkFile *file)
{
    return file->origin;
}

/* -- reading -- */

static Condition *
find_condition(GnfNetworkFile *file, const char *key)
{
    for (guint i = 0; i < file->conditions->len; i++) {
        Condition *condition = g_ptr_array_index(file->conditions, i);
        if (g_str_equal(condition->key, key))
            return condition;
    }
    return NULL;
}

/* NULL for a key that networkd would not know, and ignore. */
static Condition *
get_condition(GnfNetworkFile *file, const char *key)
{
    Condition *condition = find_condition(file, key);

    for (gsize i = 0; !condition && i < G_N_ELEMENTS(match_keys); i++) {
        if (!g_str_equal(match_keys[i].key, key))
            continue;
        condition = g_new0(Condition, 1);
        condition->key = match_keys[i].key;
        condition->comparison = match_keys[i].comparison;
        condition->words = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(file->conditions, condition);
    }
    return condition;
}

/* "52-54-00-77-00-01" and "5254.0077.0001" as the kernel's tools write it; NULL if it is no MAC. */
static char *
normalize_mac(const char *word)
{
    GString *digits = g_string_new(NULL);
    GString *mac = g_string_new(NULL);

    for (; *word; word++) {
        if (g_ascii_isxdigit(*word))
            g_string_append_c(digits, g_ascii_tolower(*word));
        else if (!strchr(":-.", *word))
            g_string_append_c(digits, 'x');
    }
    if (digits->len == 12 && !strchr(digits->str, 'x'))
        for (gsize i = 0; i < digits->len; i += 2)
            g_string_append_printf(mac, "%s%.2s", i > 0 ? ":" : "", digits->str + i);
    g_string_free(digits, TRUE);
    return g_string_free(mac, mac->len == 0);
}

static void
add_word(Condition *condition, const char *word, gboolean inverted)
{
    g_autofree char *text = g_strdup(word);
    gsize length = strlen(text);

    if (length >= 2 && strchr("\"'", text[0]) && text[length - 1] == text[0]) {
        text[length - 1] = '\0';
        memmove(text, text + 1, length - 1);
    }
    if (condition->comparison == COMPARE_MAC) {
        char *mac = normalize_mac(text);
        if (mac)
            g_ptr_array_add(condition->words, mac);
    } else if (*text) {
        g_ptr_array_add(condition->words, g_strdup_printf("%s%s", inverted ? "!" : "", text));
    }
}

/* An assignment of [Match]. A "!" at the beginning turns all its words round. */
static void
add_condition(GnfNetworkFile *file, const char *key, const char *value)
{
    Condition *condition = get_condition(file, key);
    gboolean inverted = *value == '!';
    g_auto(GStrv) words = NULL;

    if (!condition)
        return;
    if (!*value) {
        g_ptr_array_remove_fast(file->conditions, condition);
        return;
    }
    words = g_strsplit_set(value + inverted, " \t", -1);
    for (guint i = 0; words[i]; i++)
        if (*words[i])
            add_word(condition, words[i], inverted);
}

static void
set_string(char **where, const char *value)
{
    g_free(*where);
    *where = *value ? g_strdup(value) : NULL;
}

static void
add_assignment(GnfNetworkFile *file, const char *section, const char *key, const char *value)
{
    if (g_strcmp0(section, "Match") == 0)
        add_condition(file, key, value);
    else if (g_strcmp0(section, "Network") == 0 && g_str_equal(key, "Bond"))
        set_string(&file->bond, value);
    else if (g_strcmp0(section, "X-QgaNetFailover") == 0 && g_str_equal(key, "Origin"))
        set_string(&file->origin, value);
}

/* One line, continued ones joined. */
static void
add_line(GnfNetworkFile *file, char **section, const char *text)
{
    g_autofree char *line = g_strstrip(g_strdup(text));
    gsize length = strlen(line);
    char *equals = strchr(line, '=');

    if (line[0] == '[' && line[length - 1] == ']') {
        g_free(*section);
        *section = g_strndup(line + 1, length - 2);
    } else if (equals) {
        *equals = '\0';
        add_assignment(file, *section, g_strchomp(line), g_strchug(equals + 1));
    }
}

static gboolean
is_comment(const char *line)
{
    line += strspn(line, " \t");
    return *line == '#' || *line == ';';
}

void
gnf_network_file_add(GnfNetworkFile *file, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) whole = g_string_new(NULL);
    g_autofree char *section = NULL;

    for (guint i = 0; lines[i]; i++) {
        gsize length = strlen(lines[i]);
        if (length > 0 && lines[i][length - 1] == '\r')
            lines[i][--length] = '\0';
        /* Comments may stand between the lines that are one. */
        if (is_comment(lines[i]))
            continue;
        g_string_append(whole, lines[i]);
        if (length > 0 && lines[i][length - 1] == '\\') {
            whole->str[whole->len - 1] = ' ';
            continue;
        }
        add_line(file, &section, whole->str);
        g_string_truncate(whole, 0);
    }
    add_line(file, &section, whole->str);
}

/* -- comparing -- */

static gboolean
word_fits(const char *glob, const char *value, const char *const *more)
{
    if (value && fnmatch(glob, value, 0) == 0)
        return TRUE;
    for (; more && *more; more++)
        if (fnmatch(glob, *more, 0) == 0)
            return TRUE;
    return FALSE;
}

/* One that fits a "!" is out; else one of the others must fit, where there are any. */
static gboolean
globs_fit(const GPtrArray *words, const char *value, const char *const *more)
{
    gboolean any_plain = FALSE;
    gboolean fits = FALSE;

    if (!value)
        return FALSE;
    for (guint i = 0; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        if (*word == '!' && word_fits(word + 1, value, more))
            return FALSE;
        any_plain |= *word != '!';
        fits |= *word != '!' && word_fits(word, value, more);
    }
    return fits || !any_plain;
}

static gboolean
macs_fit(const GPtrArray *words, const char *mac)
{
    for (guint i = 0; mac && i < words->len; i++)
        if (g_ascii_strcasecmp(g_ptr_array_index(words, i), mac) == 0)
            return TRUE;
    return FALSE;
}

/* What the NIC has there. */
static const char *
get_value(const Condition *condition, const GnfNetworkNic *nic)
{
    switch (condition->comparison) {
    case COMPARE_NAME:
        return nic->interface;
    case COMPARE_MAC:
        return nic->mac;
    case COMPARE_DRIVER:
        return nic->driver;
    case COMPARE_PATH:
        return nic->path;
    case COMPARE_TYPE:
        return "ether";
    default:
        return NULL;
    }
}

static GnfFit
condition_fits(const Condition *condition, const GnfNetworkNic *nic)
{
    const char *const *more = condition->comparison == COMPARE_NAME ? nic->alternative_names : NULL;
    const char *value = get_value(condition, nic);
    gboolean fits;

    if (condition->comparison == COMPARE_UNKNOWN)
        return GNF_FIT_UNKNOWN;
    if (condition->comparison == COMPARE_MAC)
        fits = macs_fit(condition->words, value);
    else
        fits = globs_fit(condition->words, value, more);
    return fits ? GNF_FIT_YES : GNF_FIT_NO;
}

GnfFit
gnf_network_file_fits(const GnfNetworkFile *file, const GnfNetworkNic *nic)
{
    GnfFit fit = file->conditions->len > 0 ? GNF_FIT_YES : GNF_FIT_NO;

    for (guint i = 0; fit != GNF_FIT_NO && i < file->conditions->len; i++) {
        GnfFit one = condition_fits(g_ptr_array_index(file->conditions, i), nic);
        if (one != GNF_FIT_YES)
            fit = one;
    }
    return fit;
}

gboolean
gnf_network_file_names(const GnfNetworkFile *file, const char *interface)
{
    gboolean is_named = FALSE;

    for (guint i = 0; i < file->conditions->len; i++) {
        const Condition *condition = g_ptr_array_index(file->conditions, i);
        for (guint j = 0; condition->comparison == COMPARE_NAME && j < condition->words->len; j++) {
            const char *word = g_ptr_array_index(condition->words, j);
            if (strpbrk(word, "!*?["))
                return FALSE;
            is_named |= g_strcmp0(word, interface) == 0;
        }
    }
    return is_named;
}

char *
gnf_network_file_describe_misfits(const GnfNetworkFile *file, const GnfNetworkNic *nic)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < file->conditions->len; i++) {
        const Condition *condition = g_ptr_array_index(file->conditions, i);
        const char *value = get_value(condition, nic);
        if (condition_fits(condition, nic) != GNF_FIT_NO)
            continue;
        g_string_append_printf(text, "%s%s=", text->len > 0 ? ", " : "", condition->key);
        for (guint j = 0; j < condition->words->len; j++)
            g_string_append_printf(
                text, "%s%s", j > 0 ? " " : "", (char *)g_ptr_array_index(condition->words, j));
        g_string_append_printf(text, " (this NIC: %s)", value ? value : "none");
    }
    return g_string_free(text, text->len == 0);
}
