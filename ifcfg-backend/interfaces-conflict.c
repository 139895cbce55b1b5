/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stanza besides the owner; see interfaces-conflict.h.
 */
#include "ifcfg-backend/interfaces-conflict.h"

#include "ifcfg-backend/interfaces.h"

/* Wherever a distribution has it: without it nobody acts by these files. */
static const char *const programs[] = {"/sbin/ifup", "/usr/sbin/ifup"};

static gboolean
has_ifup(const char *root)
{
    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autofree char *path = g_strconcat(root, programs[i], NULL);
        if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
            return TRUE;
    }
    return FALSE;
}

char *
gnf_interfaces_conflict(const char *root,
                        const char *interface,
                        const char *permanent_mac,
                        const char *owner)
{
    if (!has_ifup(root))
        return NULL;
    g_autoptr(GnfMembership) membership = gnf_interfaces_read(root, GNF_DIALECT_IFUPDOWN);
    const GnfConfigured *configured =
        gnf_membership_find_configured(membership, interface, permanent_mac);
    if (!configured)
        return NULL;
    return g_strdup_printf(
        "ifupdown configures %s as well (%s:%u), which belongs to %s: take it out "
        "of that file, or have %s leave it alone",
        interface,
        configured->place.file,
        configured->place.line,
        owner,
        owner);
}
