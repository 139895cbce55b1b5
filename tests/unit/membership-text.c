/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A membership as text; see membership-text.h.
 */
#include "tests/unit/membership-text.h"

#include <string.h>

static const char *const kind_names[] = {"", "mac ", "glob ", "range ", "regex "};

static void
append_place(GString *text, const GnfPlace *place, gboolean with_places)
{
    if (with_places)
        g_string_append_printf(text, " (%s:%u)", place->file, place->line);
    g_string_append_c(text, '\n');
}

static void
append_port(GString *text, const GnfPort *port)
{
    g_string_append_printf(text,
                           "%s%s%s%s",
                           kind_names[port->kind],
                           port->text,
                           port->mac ? " with mac " : "",
                           port->mac ? port->mac : "");
}

static void
append_bond(GString *text, const GnfBondConfig *bond, gboolean with_places)
{
    g_string_append_printf(text, "%s %s", bond->team ? "team" : "bond", bond->name);
    append_place(text, &bond->place, with_places);
    if (bond->mode)
        g_string_append_printf(text, "  mode %s\n", bond->mode);
    for (guint i = 0; i < bond->primaries->len; i++)
        g_string_append_printf(text, "  primary %s\n", (char *)bond->primaries->pdata[i]);
    for (guint i = 0; i < bond->options->len; i++)
        g_string_append_printf(text, "  option %s\n", (char *)bond->options->pdata[i]);
}

static void
append_member(GString *text, const GnfMember *member, gboolean with_places)
{
    g_string_append(text, "port ");
    append_port(text, &member->port);
    g_string_append_printf(text, " of %s%s", member->team ? "team " : "", member->bond);
    if (member->queue_id >= 0)
        g_string_append_printf(text, ", queue id %d", member->queue_id);
    if (member->has_priority)
        g_string_append_printf(text, ", priority %d", member->priority);
    append_place(text, &member->place, with_places);
}

char *
gnf_test_membership_to_text(const GnfMembership *membership, gboolean with_places)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < membership->bonds->len; i++)
        append_bond(text, membership->bonds->pdata[i], with_places);
    for (guint i = 0; i < membership->members->len; i++)
        append_member(text, membership->members->pdata[i], with_places);
    for (guint i = 0; i < membership->configured->len; i++) {
        const GnfConfigured *configured = membership->configured->pdata[i];

        g_string_append(text, "configured ");
        append_port(text, &configured->port);
        append_place(text, &configured->place, with_places);
    }
    for (guint i = 0; i < membership->notes->len; i++) {
        const char *note = membership->notes->pdata[i];

        if (with_places)
            g_string_append_printf(text, "note %s\n", note);
        else
            g_string_append(text, "note\n");
    }
    return g_string_free(text, FALSE);
}

char *
gnf_test_nic_to_text(const GnfMembership *membership, const char *name, const char *mac)
{
    const GnfMember *member = gnf_membership_find(membership, name, mac);
    const GnfConfigured *configured = gnf_membership_find_configured(membership, name, mac);
    GString *text = g_string_new("nic ");

    g_string_append_printf(text, "%s%s%s: ", name, mac ? " " : "", mac ? mac : "");
    if (member)
        g_string_append_printf(
            text, "port of %s (%s:%u)", member->bond, member->place.file, member->place.line);
    else
        g_string_append(text, "no port");
    if (configured)
        g_string_append_printf(
            text, ", configured (%s:%u)\n", configured->place.file, configured->place.line);
    else
        g_string_append(text, ", not configured\n");
    return g_string_free(text, FALSE);
}
