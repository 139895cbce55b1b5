/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SUSE's ifcfg files; see ifcfg-suse.h. The rules are those of wicked's client/suse/compat-suse.c
 * (__ni_suse_ifcfg_valid_suffix(), try_bonding(), try_team()) and of ifcfg-bonding(5).
 */
#include "ifcfg-backend/ifcfg-suse.h"

#include <string.h>

#include "ifcfg-backend/config-files.h"
#include "ifcfg-backend/ifcfg-file.h"

#define PREFIX "ifcfg-"

static const char *const ignored_suffixes[] = {
    "~",
    ".bak",
    ".old",
    ".orig",
    ".scpmbackup",
    ".rpmnew",
    ".rpmorig",
    ".rpmsave",
    NULL,
};

/* BONDING_SLAVE_0, BONDING_SLAVE_eth1, BONDING_SLAVE0: whatever is behind the name. */
static const char bond_ports[] = "BONDING_SLAVE";
static const char team_ports[] = "TEAM_PORT_DEVICE";

static gboolean
is_ignored(const char *name)
{
    for (guint i = 0; ignored_suffixes[i]; i++) {
        if (g_str_has_suffix(name, ignored_suffixes[i]))
            return TRUE;
    }
    return FALSE;
}

/* The file's name is the interface's. */
static const char *
get_interface(const GnfIfcfgFile *file)
{
    return strrchr(file->path, '/') + 1 + strlen(PREFIX);
}

/* A number beside a port of a team: TEAM_PORT_PRIO_0 for TEAM_PORT_DEVICE_0. */
static gboolean
get_team_number(const GnfIfcfgFile *file, const char *name, const char *suffix, int *ret_number)
{
    g_autofree char *variable = g_strconcat(name, suffix, NULL);
    const char *value = gnf_ifcfg_file_get(file, variable);
    gint64 number = 0;

    if (!value || !g_ascii_string_to_signed(value, 10, G_MININT, G_MAXINT, &number, NULL))
        return FALSE;
    *ret_number = (int)number;
    return TRUE;
}

static void
add_port(GnfMembership *membership,
         const GnfIfcfgFile *file,
         const GnfBondConfig *bond,
         const GnfIfcfgVariable *variable)
{
    GnfPort port = {GNF_PORT_NAME, variable->value, NULL};
    GnfPlace place = {file->path, variable->line};
    GnfMember *member = gnf_membership_add(membership, bond->name, &port, &place);
    const char *suffix = variable->name + strlen(team_ports);
    int queue_id = -1;

    if (!member)
        return;
    member->team = bond->team;
    if (!bond->team)
        return;
    member->has_priority = get_team_number(file, "TEAM_PORT_PRIO", suffix, &member->priority);
    if (get_team_number(file, "TEAM_PORT_QUEUE_ID", suffix, &queue_id) && queue_id >= 0)
        member->queue_id = queue_id;
}

static void
add_ports(GnfMembership *membership, const GnfIfcfgFile *file, const GnfBondConfig *bond)
{
    for (guint i = 0; i < file->variables->len; i++) {
        const GnfIfcfgVariable *variable = file->variables->pdata[i];

        if (!g_str_has_prefix(variable->name, bond->team ? team_ports : bond_ports))
            continue;
        if (variable->value && *variable->value)
            add_port(membership, file, bond, variable);
        else if (variable->value)
            gnf_membership_note(membership,
                                file->path,
                                variable->line,
                                "%s is empty, for which wicked refuses the file",
                                variable->name);
    }
}

static void
add_bond(GnfMembership *membership, const GnfIfcfgFile *file)
{
    GnfPlace place = {file->path, 1};
    gboolean team = gnf_ifcfg_file_get(file, "TEAM_RUNNER") != NULL;
    GnfBondConfig *bond = NULL;

    if (!team && !gnf_ifcfg_file_is_true(file, "BONDING_MASTER"))
        return;
    bond = gnf_membership_add_bond(membership, get_interface(file), &place);
    if (!bond)
        return;
    bond->team = team;
    add_ports(membership, file, bond);
    if (!team)
        gnf_ifcfg_file_add_options(file, "BONDING_MODULE_OPTS", membership, bond);
}

static void
add_file(GnfMembership *membership, const GnfIfcfgFile *file)
{
    GnfPlace place = {file->path, 1};
    g_autofree char *name = g_strdup(get_interface(file));
    GnfPort port = {GNF_PORT_NAME, name, NULL};

    if (!gnf_port_is_valid(&port)) {
        gnf_membership_note(membership, file->path, 1, "\"%s\" is no name of an interface", name);
        return;
    }
    if (g_strcmp0(gnf_ifcfg_file_get(file, "STARTMODE"), "off") == 0) {
        place = gnf_ifcfg_file_get_place(file, "STARTMODE");
        gnf_membership_note(
            membership, place.file, place.line, "STARTMODE=off: %s is not set up by it", name);
        return;
    }
    gnf_membership_add_configured(membership, &port, &place);
    add_bond(membership, file);
}

GnfMembership *
gnf_ifcfg_suse_read(const char *root)
{
    GnfMembership *membership = gnf_membership_new();
    g_autoptr(GnfConfigFiles) files = gnf_config_files_new(root, membership);
    g_auto(GStrv) names = gnf_config_files_list(files, GNF_IFCFG_SUSE_FOLDER);

    for (guint i = 0; names[i]; i++) {
        g_autofree char *path = g_build_filename(GNF_IFCFG_SUSE_FOLDER, names[i], NULL);
        g_autofree char *text = NULL;

        if (!g_str_has_prefix(names[i], PREFIX) || !names[i][strlen(PREFIX)] ||
            is_ignored(names[i]))
            continue;
        text = gnf_config_files_read(files, path, TRUE);
        if (text) {
            g_autoptr(GnfIfcfgFile) file = gnf_ifcfg_file_parse(path, text, membership);

            add_file(membership, file);
        }
    }
    return membership;
}
