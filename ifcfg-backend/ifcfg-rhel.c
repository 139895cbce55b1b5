/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RHEL's network-scripts; see ifcfg-rhel.h. The rules are those of need_config(), source_config()
 * and install_bonding_driver() in network-functions, and of ifup-eth and ifup-TeamPort.
 */
#include "ifcfg-backend/ifcfg-rhel.h"

#include <string.h>

#include "ifcfg-backend/config-files.h"
#include "ifcfg-backend/ifcfg-file.h"

#define PREFIX "ifcfg-"

/* is_ignored_file() of network-functions; with NetworkManager's own (.rej, .augnew, .augtmp), which
 * are no configuration to anybody. */
static const char *const ignored_suffixes[] = {
    "~",
    ".bak",
    ".old",
    ".orig",
    ".rpmnew",
    ".rpmorig",
    ".rpmsave",
    ".augnew",
    ".rej",
    ".augtmp",
    NULL,
};

/* What the files of a folder are read into. */
typedef struct {
    GPtrArray *files; /* GnfIfcfgFile */
    GnfMembership *membership;
} Reading;

static gboolean
is_ignored(const char *name)
{
    for (guint i = 0; ignored_suffixes[i]; i++) {
        if (g_str_has_suffix(name, ignored_suffixes[i]))
            return TRUE;
    }
    /* Aliases are addresses of another interface, ranges are many of them. */
    return strchr(name, ':') || strstr(name, "-range");
}

static const char *
get_file_device(const GnfIfcfgFile *file)
{
    return strrchr(file->path, '/') + 1 + strlen(PREFIX);
}

/* The interface that a file is for: DEVICE; where it is not set, the scripts go by HWADDR, and a
 * file that has neither is meant by its name. */
static const char *
get_device(const GnfIfcfgFile *file)
{
    const char *device = gnf_ifcfg_file_get(file, "DEVICE");

    if (device || g_hash_table_contains(file->index, "DEVICE"))
        return device;
    return gnf_ifcfg_file_get(file, "HWADDR") ? NULL : get_file_device(file);
}

static gboolean
is_alias(const GnfIfcfgFile *file)
{
    const char *device = get_device(file);

    return device && strchr(device, ':');
}

/* HWADDR in the form of MACs, NULL where there is none. */
static char *
get_mac(const GnfIfcfgFile *file, GnfMembership *membership)
{
    const char *hwaddr = gnf_ifcfg_file_get(file, "HWADDR");
    GnfPlace place = gnf_ifcfg_file_get_place(file, "HWADDR");
    char *mac = hwaddr ? gnf_mac_normalise(hwaddr) : NULL;

    if (hwaddr && !mac)
        gnf_membership_note(
            membership, place.file, place.line, "HWADDR: \"%s\" is no MAC address", hwaddr);
    return mac;
}

/* FALSE: the file does not say for which interface it is. */
static gboolean
make_port(const GnfIfcfgFile *file, GnfMembership *membership, GnfPort *ret_port)
{
    const char *device = get_device(file);
    g_autofree char *mac = get_mac(file, membership);

    if (!device && !mac)
        return FALSE;
    *ret_port = device ? (GnfPort){GNF_PORT_NAME, g_strdup(device), g_steal_pointer(&mac)}
                       : (GnfPort){GNF_PORT_MAC, g_steal_pointer(&mac), NULL};
    return TRUE;
}

/* The device whose file has this UUID. */
static const char *
find_by_uuid(const Reading *reading, const char *uuid)
{
    for (guint i = 0; i < reading->files->len; i++) {
        const GnfIfcfgFile *file = reading->files->pdata[i];

        if (g_strcmp0(gnf_ifcfg_file_get(file, "UUID"), uuid) == 0)
            return get_device(file);
    }
    return NULL;
}

/* The controller that a port's file names, NULL: none that is known. A UUID counts before a name,
 * and MASTER may hold one (NetworkManager writes it so). */
static const char *
get_controller(const Reading *reading, const GnfIfcfgFile *file, const char *name)
{
    g_autofree char *uuid_name = g_strconcat(name, "_UUID", NULL);
    const char *uuid = gnf_ifcfg_file_get(file, uuid_name);
    const char *value = gnf_ifcfg_file_get(file, name);
    const char *found = uuid ? find_by_uuid(reading, uuid) : NULL;
    GnfPlace place = gnf_ifcfg_file_get_place(file, value ? name : uuid_name);

    if (!found && value)
        found = g_uuid_string_is_valid(value) ? find_by_uuid(reading, value) : value;
    if (!found && (uuid || value))
        gnf_membership_note(reading->membership,
                            place.file,
                            place.line,
                            "no file here has the UUID %s",
                            value ? value : uuid);
    return found;
}

static gboolean
parse_number(const char *text, gint64 least, gint64 most, int *ret_number)
{
    gint64 number = 0;

    if (!g_ascii_string_to_signed(text, 10, least, most, &number, NULL))
        return FALSE;
    *ret_number = (int)number;
    return TRUE;
}

/* "prio" and "queue_id" of a port in teamd's configuration, which is flat. */
static gboolean
find_in_json(const char *json, const char *member, int *ret_number)
{
    g_autofree char *quoted = g_strconcat("\"", member, "\"", NULL);
    const char *at = strstr(json, quoted);
    g_autofree char *number = NULL;

    if (!at)
        return FALSE;
    at += strlen(quoted);
    at += strspn(at, " \t\n");
    if (*at++ != ':')
        return FALSE;
    at += strspn(at, " \t\n");
    number = g_strndup(at, strspn(at, "-0123456789"));
    return parse_number(number, G_MININT, G_MAXINT, ret_number);
}

static void
set_team_options(const GnfIfcfgFile *file, GnfMember *member)
{
    const char *json = gnf_ifcfg_file_get(file, "TEAM_PORT_CONFIG");
    int queue_id = -1;

    if (!json)
        return;
    if (find_in_json(json, "queue_id", &queue_id) && queue_id >= 0)
        member->queue_id = queue_id;
    member->has_priority = find_in_json(json, "prio", &member->priority);
}

/* A number in a variable of a port; FALSE where it is not given, or, with a note, is none. */
static gboolean
get_number(const Reading *reading,
           const GnfIfcfgFile *file,
           const char *name,
           gint64 least,
           int *ret_number)
{
    const char *value = gnf_ifcfg_file_get(file, name);
    GnfPlace place = gnf_ifcfg_file_get_place(file, name);

    if (!value)
        return FALSE;
    if (parse_number(value, least, least ? G_MAXINT : G_MAXUINT16, ret_number))
        return TRUE;
    gnf_membership_note(
        reading->membership, place.file, place.line, "%s: \"%s\" is out of range", name, value);
    return FALSE;
}

/* NetworkManager's, which the scripts leave alone. */
static void
set_bond_options(const Reading *reading, const GnfIfcfgFile *file, GnfMember *member)
{
    (void)get_number(reading, file, "BOND_PORT_QUEUE_ID", 0, &member->queue_id);
    member->has_priority = get_number(reading, file, "BOND_PORT_PRIO", G_MININT, &member->priority);
}

static void
add_member(Reading *reading, const GnfIfcfgFile *file, const GnfPort *port, gboolean team)
{
    const char *name = team ? "TEAM_MASTER" : "MASTER";
    const char *controller = get_controller(reading, file, name);
    const char *said_by = gnf_ifcfg_file_get(file, name) ? name
                          : team                         ? "TEAM_MASTER_UUID"
                                                         : "MASTER_UUID";
    GnfPlace place = gnf_ifcfg_file_get_place(file, said_by);
    GnfMember *member = NULL;

    if (!controller)
        return;
    if (!team && !gnf_ifcfg_file_is_true(file, "SLAVE")) {
        gnf_membership_note(reading->membership,
                            place.file,
                            place.line,
                            "%s has no effect without SLAVE=yes",
                            said_by);
        return;
    }
    member = gnf_membership_add(reading->membership, controller, port, &place);
    if (!member)
        return;
    member->team = team;
    if (team)
        set_team_options(file, member);
    else
        set_bond_options(reading, file, member);
}

static void
add_bond(Reading *reading, const GnfIfcfgFile *file)
{
    const char *device = get_device(file);
    const char *type = gnf_ifcfg_file_get(file, "TYPE");
    const char *device_type = gnf_ifcfg_file_get(file, "DEVICETYPE");
    gboolean team = g_strcmp0(device_type, "Team") == 0 || gnf_ifcfg_file_get(file, "TEAM_CONFIG");
    GnfPlace place = {file->path, 1};
    GnfBondConfig *bond = NULL;

    /* Options that are not understood are still a bond's. */
    if (!device || !(team || g_hash_table_contains(file->index, "BONDING_OPTS") ||
                     gnf_ifcfg_file_is_true(file, "BONDING_MASTER") ||
                     (type && g_ascii_strcasecmp(type, "bond") == 0)))
        return;
    bond = gnf_membership_add_bond(reading->membership, device, &place);
    if (bond)
        bond->team = team;
}

/* In the second round, as queue ids go to members. */
static void
add_options(Reading *reading, const GnfIfcfgFile *file)
{
    const char *device = get_device(file);
    GnfPlace place = {file->path, 1};

    if (device && gnf_ifcfg_file_get(file, "BONDING_OPTS")) {
        GnfBondConfig *bond = gnf_membership_add_bond(reading->membership, device, &place);

        if (bond)
            gnf_ifcfg_file_add_options(file, "BONDING_OPTS", reading->membership, bond);
    }
}

/* Two files of one interface: the one with its name counts for the scripts, and is first here. */
static void
note_double(Reading *reading, const GnfIfcfgFile *file, const GnfPort *port)
{
    for (guint i = 0; i < reading->membership->configured->len; i++) {
        const GnfConfigured *other = reading->membership->configured->pdata[i];

        if (other->port.kind != port->kind || !g_str_equal(other->port.text, port->text) ||
            (port->mac && other->port.mac && !g_str_equal(port->mac, other->port.mac)))
            continue;
        gnf_membership_note(reading->membership,
                            file->path,
                            1,
                            "%s is configured in %s, too, which counts",
                            port->text,
                            other->place.file);
        return;
    }
}

/* The scripts themselves do not go by the file's name, but somebody meant something by it. */
static void
note_no_device(const Reading *reading, const GnfIfcfgFile *file)
{
    if (!g_hash_table_contains(file->index, "DEVICE") && !gnf_ifcfg_file_get(file, "HWADDR"))
        gnf_membership_note(reading->membership,
                            file->path,
                            1,
                            "neither DEVICE nor HWADDR is set; taken for %s, as the file is called",
                            get_file_device(file));
}

/* FALSE, with a note: the file does not say for which interface it is. */
static gboolean
get_port(Reading *reading, const GnfIfcfgFile *file, GnfPort *ret_port)
{
    if (!make_port(file, reading->membership, ret_port)) {
        gnf_membership_note(reading->membership, file->path, 1, "DEVICE is not known");
        return FALSE;
    }
    if (gnf_port_is_valid(ret_port))
        return TRUE;
    gnf_membership_note(
        reading->membership, file->path, 1, "\"%s\" is no name of an interface", ret_port->text);
    gnf_port_clear(ret_port);
    return FALSE;
}

static void
add_file(Reading *reading, const GnfIfcfgFile *file)
{
    gboolean team =
        gnf_ifcfg_file_get(file, "TEAM_MASTER") || gnf_ifcfg_file_get(file, "TEAM_MASTER_UUID");
    GnfPlace place = {file->path, 1};
    GnfPort port;

    if (is_alias(file) || !get_port(reading, file, &port))
        return;
    note_no_device(reading, file);
    add_bond(reading, file);
    note_double(reading, file, &port);
    gnf_membership_add_configured(reading->membership, &port, &place);
    add_member(reading, file, &port, team);
    gnf_port_clear(&port);
}

/* Files that are named after their interface come first, as need_config() finds them first. */
static gboolean
is_named_after_device(const GnfIfcfgFile *file)
{
    return g_strcmp0(get_device(file), get_file_device(file)) == 0;
}

static void
read_files(Reading *reading, GnfConfigFiles *files)
{
    g_auto(GStrv) names = gnf_config_files_list(files, GNF_IFCFG_RHEL_FOLDER);

    for (guint i = 0; names[i]; i++) {
        g_autofree char *path = g_build_filename(GNF_IFCFG_RHEL_FOLDER, names[i], NULL);
        g_autofree char *text = NULL;

        if (!g_str_has_prefix(names[i], PREFIX) || !names[i][strlen(PREFIX)] ||
            is_ignored(names[i]))
            continue;
        text = gnf_config_files_read(files, path, TRUE);
        if (text)
            g_ptr_array_add(reading->files, gnf_ifcfg_file_parse(path, text, reading->membership));
    }
}

GnfMembership *
gnf_ifcfg_rhel_read(const char *root)
{
    GnfMembership *membership = gnf_membership_new();
    g_autoptr(GnfConfigFiles) files = gnf_config_files_new(root, membership);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_ifcfg_file_free);
    Reading reading = {list, membership};

    read_files(&reading, files);
    for (int named_after_device = TRUE; named_after_device >= FALSE; named_after_device--) {
        for (guint i = 0; i < list->len; i++) {
            if (is_named_after_device(list->pdata[i]) == named_after_device)
                add_file(&reading, list->pdata[i]);
        }
    }
    for (guint i = 0; i < list->len; i++)
        add_options(&reading, list->pdata[i]);
    return membership;
}
