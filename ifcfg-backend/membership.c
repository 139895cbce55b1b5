/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What files say of bonds; see membership.h. Non-logging, no I/O.
 */
#include "ifcfg-backend/membership.h"

#include <string.h>

#define BLANKS " \t\n\r\f\v"
/* The kernel's: slave->queue_id is 16 bits wide. */
#define QUEUE_ID_MAX G_MAXUINT16

static void
member_free(gpointer data)
{
    GnfMember *member = data;

    g_free(member->bond);
    gnf_port_clear(&member->port);
    g_free(member->place.file);
    g_free(member);
}

static void
bond_free(gpointer data)
{
    GnfBondConfig *bond = data;

    g_free(bond->name);
    g_free(bond->mode);
    g_ptr_array_unref(bond->primaries);
    g_ptr_array_unref(bond->options);
    g_free(bond->place.file);
    g_free(bond);
}

static void
configured_free(gpointer data)
{
    GnfConfigured *configured = data;

    gnf_port_clear(&configured->port);
    g_free(configured->logical);
    g_free(configured->place.file);
    g_free(configured);
}

GnfMembership *
gnf_membership_new(void)
{
    GnfMembership *membership = g_new0(GnfMembership, 1);

    membership->members = g_ptr_array_new_with_free_func(member_free);
    membership->bonds = g_ptr_array_new_with_free_func(bond_free);
    membership->configured = g_ptr_array_new_with_free_func(configured_free);
    membership->notes = g_ptr_array_new_with_free_func(g_free);
    membership->ports = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return membership;
}

void
gnf_membership_free(GnfMembership *membership)
{
    g_ptr_array_unref(membership->members);
    g_ptr_array_unref(membership->bonds);
    g_ptr_array_unref(membership->configured);
    g_ptr_array_unref(membership->notes);
    g_hash_table_unref(membership->ports);
    g_free(membership);
}

const GnfMember *
gnf_membership_find(const GnfMembership *membership, const char *name, const char *permanent_mac)
{
    const GnfMember *best = NULL;
    GnfFit best_fit = GNF_FIT_NONE;

    for (guint i = 0; i < membership->members->len; i++) {
        const GnfMember *member = membership->members->pdata[i];
        GnfFit fit = gnf_port_get_fit(&member->port, name, permanent_mac);

        if (fit > best_fit) {
            best = member;
            best_fit = fit;
        }
    }
    return best;
}

const GnfConfigured *
gnf_membership_find_configured(const GnfMembership *membership,
                               const char *name,
                               const char *permanent_mac)
{
    const GnfConfigured *best = NULL;
    GnfFit best_fit = GNF_FIT_NONE;

    for (guint i = 0; i < membership->configured->len; i++) {
        const GnfConfigured *configured = membership->configured->pdata[i];
        GnfFit fit = gnf_port_get_fit(&configured->port, name, permanent_mac);

        if (fit > best_fit) {
            best = configured;
            best_fit = fit;
        }
    }
    return best;
}

static GnfBondConfig *
find_bond(const GnfMembership *membership, const char *name)
{
    for (guint i = 0; i < membership->bonds->len; i++) {
        GnfBondConfig *bond = membership->bonds->pdata[i];

        if (g_str_equal(bond->name, name))
            return bond;
    }
    return NULL;
}

const GnfBondConfig *
gnf_membership_find_bond(const GnfMembership *membership, const char *name)
{
    return find_bond(membership, name);
}

/* On one line, in UTF-8, whatever a file had in it. */
static char *
make_printable(char *text)
{
    g_autofree char *raw = text;
    char *printable = g_utf8_make_valid(raw, -1);

    for (char *at = printable; *at; at++) {
        if (g_ascii_iscntrl(*at))
            *at = '?';
    }
    return printable;
}

void
gnf_membership_note(
    GnfMembership *membership, const char *file, guint line, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    if (membership->notes->len > GNF_NOTES_MAX)
        return;
    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (membership->notes->len == GNF_NOTES_MAX)
        g_ptr_array_add(membership->notes,
                        g_strdup("more that is not understood is left out here"));
    else
        g_ptr_array_add(membership->notes,
                        make_printable(g_strdup_printf("%s:%u: %s", file, line, what)));
}

/* TRUE: there is room for one more in the array. */
static gboolean
has_room(GnfMembership *membership, const GPtrArray *array, const GnfPlace *place)
{
    if (array->len < GNF_MEMBERSHIP_MAX)
        return TRUE;
    gnf_membership_note(membership,
                        place->file,
                        place->line,
                        "more than %u entries; this and what follows is left out",
                        GNF_MEMBERSHIP_MAX);
    return FALSE;
}

static char *
make_key(const GnfPort *port)
{
    return g_strdup_printf("%d %s %s", port->kind, port->text, port->mac ? port->mac : "");
}

/* FALSE, with a note: a name is none. */
static gboolean
has_valid_names(GnfMembership *membership,
                const char *bond,
                const GnfPort *port,
                const GnfPlace *place)
{
    gboolean bond_is_valid = gnf_interface_name_is_valid(bond);
    gboolean is_pattern = bond_is_valid && port->kind >= GNF_PORT_GLOB;

    if (bond_is_valid && gnf_port_is_valid(port))
        return TRUE;
    gnf_membership_note(membership,
                        place->file,
                        place->line,
                        "\"%s\" is no %s",
                        bond_is_valid ? port->text : bond,
                        is_pattern ? "pattern that is understood" : "name of an interface");
    return FALSE;
}

/* What is there is the same bond's, or of another, which is noted. */
static GnfMember *
keep(GnfMembership *membership, GnfMember *there, const char *bond, const GnfPlace *place)
{
    if (g_str_equal(there->bond, bond))
        return there;
    gnf_membership_note(membership,
                        place->file,
                        place->line,
                        "%s is a port of %s already (%s:%u), %s is left out",
                        there->port.text,
                        there->bond,
                        there->place.file,
                        there->place.line,
                        bond);
    return NULL;
}

GnfMember *
gnf_membership_add(GnfMembership *membership,
                   const char *bond,
                   const GnfPort *port,
                   const GnfPlace *place)
{
    g_autofree char *key = make_key(port);
    GnfMember *member = g_hash_table_lookup(membership->ports, key);

    if (!has_valid_names(membership, bond, port, place))
        return NULL;
    if (member)
        return keep(membership, member, bond, place);
    if (!has_room(membership, membership->members, place))
        return NULL;
    member = g_new0(GnfMember, 1);
    member->bond = g_strdup(bond);
    member->port = gnf_port_copy(port);
    member->queue_id = -1;
    member->place = (GnfPlace){g_strdup(place->file), place->line};
    g_ptr_array_add(membership->members, member);
    g_hash_table_insert(membership->ports, g_steal_pointer(&key), member);
    return member;
}

GnfBondConfig *
gnf_membership_add_bond(GnfMembership *membership, const char *name, const GnfPlace *place)
{
    GnfBondConfig *bond = find_bond(membership, name);

    if (bond || !has_room(membership, membership->bonds, place))
        return bond;
    if (!gnf_interface_name_is_valid(name)) {
        gnf_membership_note(
            membership, place->file, place->line, "\"%s\" is no name of an interface", name);
        return NULL;
    }
    bond = g_new0(GnfBondConfig, 1);
    bond->name = g_strdup(name);
    bond->primaries = g_ptr_array_new_with_free_func(g_free);
    bond->options = g_ptr_array_new_with_free_func(g_free);
    bond->place = (GnfPlace){g_strdup(place->file), place->line};
    g_ptr_array_add(membership->bonds, bond);
    return bond;
}

GnfConfigured *
gnf_membership_add_configured(GnfMembership *membership, const GnfPort *port, const GnfPlace *place)
{
    GnfConfigured *configured = NULL;

    if (!gnf_port_is_valid(port) || !has_room(membership, membership->configured, place))
        return NULL;
    configured = g_new0(GnfConfigured, 1);
    configured->port = gnf_port_copy(port);
    configured->place = (GnfPlace){g_strdup(place->file), place->line};
    g_ptr_array_add(membership->configured, configured);
    return configured;
}

static void
add_primaries(GnfMembership *membership,
              GnfBondConfig *bond,
              const char *names,
              const GnfPlace *place)
{
    g_auto(GStrv) list = g_strsplit_set(names, BLANKS, -1);

    for (guint i = 0; list[i]; i++) {
        if (!*list[i] || !has_room(membership, bond->primaries, place))
            continue;
        if (!gnf_interface_name_is_valid(list[i]))
            gnf_membership_note(membership,
                                place->file,
                                place->line,
                                "\"%s\" is no name for %s's primary option",
                                list[i],
                                bond->name);
        else if (!g_ptr_array_find_with_equal_func(bond->primaries, list[i], g_str_equal, NULL))
            g_ptr_array_add(bond->primaries, g_strdup(list[i]));
    }
}

/* "NAME:NUMBER" onto the members that the name means. */
static gboolean
set_queue_id(GnfMembership *membership, const GnfBondConfig *bond, const char *pair)
{
    const char *colon = strrchr(pair, ':');
    g_autofree char *name = colon ? g_strndup(pair, colon - pair) : NULL;
    guint64 number = 0;
    gboolean found = FALSE;

    if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 0, QUEUE_ID_MAX, &number, NULL))
        return FALSE;
    for (guint i = 0; i < membership->members->len; i++) {
        GnfMember *member = membership->members->pdata[i];

        if (member->port.kind != GNF_PORT_NAME || !g_str_equal(member->bond, bond->name) ||
            !g_str_equal(member->port.text, name))
            continue;
        member->queue_id = (int)number;
        found = TRUE;
    }
    return found;
}

static void
set_queue_ids(GnfMembership *membership,
              const GnfBondConfig *bond,
              const char *pairs,
              const GnfPlace *place)
{
    g_auto(GStrv) list = g_strsplit_set(pairs, BLANKS, -1);

    for (guint i = 0; list[i] && i < GNF_NOTES_MAX; i++) {
        if (*list[i] && !set_queue_id(membership, bond, list[i]))
            gnf_membership_note(membership,
                                place->file,
                                place->line,
                                "\"%s\" is no port of %s with a queue id",
                                list[i],
                                bond->name);
    }
}

/* The kernel's names of options are words. */
static gboolean
is_option_name(const char *key)
{
    return *key && !key[strspn(key, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_")];
}

static void
add_option(GnfMembership *membership,
           GnfBondConfig *bond,
           const char *key,
           const char *value,
           const GnfPlace *place)
{
    g_autofree char *prefix = g_strconcat(key, "=", NULL);

    if (!is_option_name(key)) {
        gnf_membership_note(
            membership, place->file, place->line, "\"%s\" is no option of a bond", key);
        return;
    }
    for (guint i = 0; i < bond->options->len; i++) {
        if (g_str_has_prefix(bond->options->pdata[i], prefix))
            return;
    }
    if (has_room(membership, bond->options, place))
        g_ptr_array_add(bond->options, make_printable(g_strconcat(prefix, value, NULL)));
}

void
gnf_membership_set_option(GnfMembership *membership,
                          GnfBondConfig *bond,
                          const char *key,
                          const char *value,
                          const GnfPlace *place)
{
    if (g_str_equal(key, "primary"))
        add_primaries(membership, bond, value, place);
    else if (g_str_equal(key, "queue_id"))
        set_queue_ids(membership, bond, value, place);
    else if (!g_str_equal(key, "mode"))
        add_option(membership, bond, key, value, place);
    else if (!bond->mode)
        bond->mode = make_printable(g_strdup(value));
}
