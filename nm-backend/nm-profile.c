/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fitting profiles to NICs; see nm-profile.h. Non-logging, no I/O.
 */
#include "nm-backend/nm-profile.h"

#include <fnmatch.h>

/* What no shell looks at twice. */
#define PLAIN_CHARACTERS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-.:,"

/* One element of a pattern list (nm-settings(5), "match.interface-name"): "&" must match, "|" (or
 * nothing) is one of several of which one has to, "!" turns it round and by itself means "&!", and
 * a backslash ends these. */
typedef struct {
    gboolean mandatory;
    gboolean inverted;
    const char *glob;
} Pattern;

/* The three pattern lists, and how libnm gets at each. */
typedef struct {
    GnfNmTies tie;
    const char *property;
    const char *const *(*get)(NMSettingMatch *setting, guint *length);
    void (*clear)(NMSettingMatch *setting);
    void (*add)(NMSettingMatch *setting, const char *pattern);
} PatternList;

static const PatternList pattern_lists[] = {
    {
        GNF_NM_TIE_MATCH_INTERFACE_NAME,
        "match.interface-name",
        nm_setting_match_get_interface_names,
        nm_setting_match_clear_interface_names,
        nm_setting_match_add_interface_name,
    },
    {
        GNF_NM_TIE_MATCH_DRIVER,
        "match.driver",
        nm_setting_match_get_drivers,
        nm_setting_match_clear_drivers,
        nm_setting_match_add_driver,
    },
    {
        GNF_NM_TIE_MATCH_PATH,
        "match.path",
        nm_setting_match_get_paths,
        nm_setting_match_clear_paths,
        nm_setting_match_add_path,
    },
};

static NMSettingMatch *
get_match(NMConnection *profile)
{
    return (NMSettingMatch *)nm_connection_get_setting(profile, NM_TYPE_SETTING_MATCH);
}

static const char *
get_value(const PatternList *list, const GnfNmNic *nic)
{
    switch (list->tie) {
    case GNF_NM_TIE_MATCH_INTERFACE_NAME:
        return nic->interface;
    case GNF_NM_TIE_MATCH_DRIVER:
        return nic->driver;
    default:
        return nic->path;
    }
}

static GStrv
copy_patterns(NMSettingMatch *match, const PatternList *list)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    guint length;
    const char *const *patterns = list->get(match, &length);

    for (guint i = 0; i < length; i++)
        g_strv_builder_add(builder, patterns[i]);
    return g_strv_builder_end(builder);
}

static Pattern
parse_pattern(const char *text)
{
    Pattern pattern = {.mandatory = *text == '&' || *text == '!'};

    if (*text == '&' || *text == '|')
        text++;
    if (*text == '!') {
        pattern.inverted = TRUE;
        text++;
    }
    if (*text == '\\')
        text++;
    pattern.glob = text;
    return pattern;
}

static gboolean
pattern_fits(const Pattern *pattern, const char *value)
{
    return (fnmatch(pattern->glob, value, 0) == 0) != pattern->inverted;
}

/* What a list says of a value: 0, or tie, with GNF_NM_TIE_EXCLUDED when a "!" is the reason. */
static unsigned int
judge_patterns(const char *const *patterns, const char *value, GnfNmTies tie)
{
    unsigned int misfits = 0;
    gboolean any_optional = FALSE;
    gboolean optional_fits = FALSE;

    for (; *patterns; patterns++) {
        Pattern pattern = parse_pattern(*patterns);
        gboolean fits = pattern_fits(&pattern, value);

        if (!pattern.mandatory) {
            any_optional = TRUE;
            optional_fits |= fits;
        } else if (!fits) {
            misfits |= pattern.inverted ? tie | GNF_NM_TIE_EXCLUDED : tie;
        }
    }
    return any_optional && !optional_fits ? misfits | tie : misfits;
}

static unsigned int
judge_mac(NMConnection *profile, const char *mac)
{
    NMSettingWired *wired = nm_connection_get_setting_wired(profile);
    unsigned int misfits = 0;

    if (!wired || !mac)
        return 0;

    const char *wanted = nm_setting_wired_get_mac_address(wired);
    if (wanted && !nm_utils_hwaddr_matches(wanted, -1, mac, -1))
        misfits |= GNF_NM_TIE_MAC_ADDRESS;
    for (guint i = 0; i < nm_setting_wired_get_num_mac_blacklist_items(wired); i++) {
        const char *denied = nm_setting_wired_get_mac_blacklist_item(wired, i);

        if (nm_utils_hwaddr_matches(denied, -1, mac, -1))
            misfits |= GNF_NM_TIE_EXCLUDED;
    }
    return misfits;
}

unsigned int
gnf_nm_profile_get_misfits(NMConnection *profile, const GnfNmNic *nic)
{
    const char *interface = nm_connection_get_interface_name(profile);
    NMSettingMatch *match = get_match(profile);
    unsigned int misfits = judge_mac(profile, nic->permanent_mac);

    if (interface && nic->interface && strcmp(interface, nic->interface) != 0)
        misfits |= GNF_NM_TIE_INTERFACE_NAME;
    for (guint i = 0; match && i < G_N_ELEMENTS(pattern_lists); i++) {
        const PatternList *list = &pattern_lists[i];
        const char *value = get_value(list, nic);
        guint length;

        if (value)
            misfits |= judge_patterns(list->get(match, &length), value, list->tie);
    }
    return misfits;
}

/* A pattern that matches value and nothing else. */
static char *
quote_pattern(const char *value, gboolean mandatory)
{
    GString *text = g_string_new(mandatory ? "&" : NULL);

    /* The first backslash is the end of the special characters, see above. */
    if (strchr("&|!\\*?[", *value))
        g_string_append_c(text, '\\');
    for (; *value; value++) {
        if (strchr("\\*?[", *value))
            g_string_append_c(text, '\\');
        g_string_append_c(text, *value);
    }
    return g_string_free(text, FALSE);
}

/* Keeps what fits and all that says "not"; puts the NIC itself in the place of the rest, once as
 * mandatory, once as optional. */
static void
point_patterns_at(NMSettingMatch *match, const PatternList *list, const char *value)
{
    g_auto(GStrv) old = copy_patterns(match, list);
    gboolean replaced[2] = {FALSE, FALSE};

    list->clear(match);
    for (guint i = 0; old[i]; i++) {
        Pattern pattern = parse_pattern(old[i]);

        if (pattern_fits(&pattern, value)) {
            list->add(match, old[i]);
        } else if (!replaced[pattern.mandatory]) {
            g_autofree char *quoted = quote_pattern(value, pattern.mandatory);

            list->add(match, quoted);
            replaced[pattern.mandatory] = TRUE;
        }
    }
}

NMConnection *
gnf_nm_profile_point_at(NMConnection *profile, const GnfNmNic *nic)
{
    unsigned int misfits = gnf_nm_profile_get_misfits(profile, nic);
    g_autoptr(NMConnection) pointed = nm_simple_connection_new_clone(profile);

    nm_connection_clear_secrets(pointed);
    if (misfits & GNF_NM_TIE_EXCLUDED)
        return NULL;
    if (misfits & GNF_NM_TIE_INTERFACE_NAME)
        g_object_set(nm_connection_get_setting_connection(pointed),
                     NM_SETTING_CONNECTION_INTERFACE_NAME,
                     nic->interface,
                     NULL);
    if (misfits & GNF_NM_TIE_MAC_ADDRESS)
        g_object_set(nm_connection_get_setting_wired(pointed),
                     NM_SETTING_WIRED_MAC_ADDRESS,
                     nic->permanent_mac,
                     NULL);
    for (guint i = 0; i < G_N_ELEMENTS(pattern_lists); i++) {
        if (misfits & pattern_lists[i].tie)
            point_patterns_at(
                get_match(pointed), &pattern_lists[i], get_value(&pattern_lists[i], nic));
    }
    return g_steal_pointer(&pointed);
}

/* What is to be said of the properties that do not fit. nmcli 1.42 refuses the match lists for a
 * port of a bond, so these are written into the file. */
typedef struct {
    GString *what;
    GString *modify; /* arguments of nmcli connection modify */
    GString *match;  /* lines of the section [match] */
} Advice;

static void
advise(Advice *advice, const char *property, const char *old, const char *new)
{
    gboolean plain = !new[strspn(new, PLAIN_CHARACTERS)];
    g_autofree char *quoted = plain ? g_strdup(new) : g_shell_quote(new);

    g_string_append_printf(
        advice->what, "%s%s is %s, not %s", advice->what->len ? "; " : "", property, old, new);
    if (g_str_has_prefix(property, "match."))
        g_string_append_printf(advice->match, " %s=%s", property + strlen("match."), new);
    else
        g_string_append_printf(advice->modify, " %s %s", property, quoted);
}

static char *
join_patterns(NMConnection *profile, const PatternList *list)
{
    g_auto(GStrv) patterns = copy_patterns(get_match(profile), list);

    return g_strjoinv(";", patterns);
}

static void
advise_all(Advice *advice, NMConnection *old, NMConnection *new, unsigned int misfits)
{
    if (misfits & GNF_NM_TIE_INTERFACE_NAME)
        advise(advice,
               "connection.interface-name",
               nm_connection_get_interface_name(old),
               nm_connection_get_interface_name(new));
    if (misfits & GNF_NM_TIE_MAC_ADDRESS)
        advise(advice,
               "802-3-ethernet.mac-address",
               nm_setting_wired_get_mac_address(nm_connection_get_setting_wired(old)),
               nm_setting_wired_get_mac_address(nm_connection_get_setting_wired(new)));
    for (guint i = 0; i < G_N_ELEMENTS(pattern_lists); i++) {
        if (!(misfits & pattern_lists[i].tie))
            continue;
        g_autofree char *before = join_patterns(old, &pattern_lists[i]);
        g_autofree char *after = join_patterns(new, &pattern_lists[i]);

        advise(advice, pattern_lists[i].property, before, after);
    }
}

static char *
describe_name(NMConnection *profile, const char *filename)
{
    return g_strdup_printf("profile \"%s\" (%s%s%s)",
                           nm_connection_get_id(profile),
                           nm_connection_get_uuid(profile),
                           filename ? ", " : "",
                           filename ? filename : "");
}

char *
gnf_nm_profile_describe_binding(NMConnection *profile, const char *filename)
{
    const char *interface = nm_connection_get_interface_name(profile);
    g_autofree char *name = describe_name(profile, filename);

    return interface ? g_strdup_printf("%s has connection.interface-name=%s", name, interface)
                     : NULL;
}

char *
gnf_nm_profile_describe_rebinding(NMConnection *profile)
{
    return g_strdup_printf("nmcli connection modify %s connection.interface-name \"\" "
                           "802-3-ethernet.mac-address ",
                           nm_connection_get_uuid(profile));
}

char *
gnf_nm_profile_describe_misfits(NMConnection *profile, const GnfNmNic *nic, const char *filename)
{
    unsigned int misfits = gnf_nm_profile_get_misfits(profile, nic);
    g_autoptr(NMConnection) pointed = gnf_nm_profile_point_at(profile, nic);
    g_autofree char *name = describe_name(profile, filename);

    if (!misfits)
        return NULL;
    if (!pointed)
        return g_strdup_printf("%s excludes %s; remove that from it", name, nic->interface);

    g_autoptr(GString) what = g_string_new(NULL);
    g_autoptr(GString) modify = g_string_new(NULL);
    g_autoptr(GString) match = g_string_new(NULL);
    Advice advice = {what, modify, match};
    advise_all(&advice, profile, pointed, misfits);
    return g_strdup_printf("in %s %s; to keep it over a reboot: %s%s%s%s%s%s",
                           name,
                           what->str,
                           modify->len ? "nmcli connection modify " : "",
                           modify->len ? nm_connection_get_uuid(profile) : "",
                           modify->str,
                           modify->len && match->len ? ", and " : "",
                           match->len ? "write into [match] of its file:" : "",
                           match->str);
}

gboolean
gnf_nm_profile_is_port_of(NMConnection *profile, const char *bond, const char *bond_uuid)
{
    NMSettingConnection *setting = nm_connection_get_setting_connection(profile);
    const char *controller = setting ? nm_setting_connection_get_master(setting) : NULL;

    return controller &&
           (nm_setting_connection_is_slave_type(setting, NM_SETTING_BOND_SETTING_NAME) ||
            nm_setting_connection_is_slave_type(setting, NM_SETTING_TEAM_SETTING_NAME)) &&
           (g_strcmp0(controller, bond) == 0 || g_strcmp0(controller, bond_uuid) == 0);
}
