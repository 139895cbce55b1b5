/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a manager's files say of a NIC; see manager-files.h. Non-logging.
 *
 * A NIC that no file knows is its bond's manager's all the same while it is a port of that bond:
 * this backend has put it there, in the place of one that the files know.
 */
#include "ifcfg-backend/manager-files.h"

#include "ifcfg-backend/ifcfg-rhel.h"
#include "ifcfg-backend/ifcfg-suse.h"
#include "ifcfg-backend/ifstate.h"

/* -- reading -- */

static GnfMembership *
read_membership(const char *root, GnfManager manager, const GnfIfupdown *ifupdown)
{
    if (manager == GNF_MANAGER_WICKED)
        return gnf_ifcfg_suse_read(root);
    if (manager == GNF_MANAGER_IFCFG)
        return gnf_ifcfg_rhel_read(root);
    return ifupdown ? gnf_interfaces_read(root, ifupdown->dialect) : gnf_membership_new();
}

GnfManagerFiles *
gnf_manager_files_read(const char *root, GnfManager manager)
{
    GnfManagerFiles *files = g_new0(GnfManagerFiles, 1);

    files->manager = manager;
    if (manager == GNF_MANAGER_IFUPDOWN)
        files->ifupdown = gnf_ifupdown_detect(root);
    if (files->ifupdown && files->ifupdown->state) {
        g_autofree char *path = g_strconcat(root, files->ifupdown->state, NULL);
        (void)g_file_get_contents(path, &files->state, NULL, NULL);
    }
    files->membership = read_membership(root, manager, files->ifupdown);
    return files;
}

void
gnf_manager_files_free(GnfManagerFiles *files)
{
    if (!files)
        return;
    g_free(files->state);
    gnf_membership_free(files->membership);
    g_free(files);
}

/* -- whose it is -- */

gboolean
gnf_manager_files_is_used(const GnfManagerFiles *files, const char **ret_why)
{
    if (files->manager == GNF_MANAGER_IFUPDOWN) {
        *ret_why = "no ifupdown has brought anything up since this guest booted";
        return files->ifupdown != NULL;
    }
    *ret_why = files->manager == GNF_MANAGER_IFCFG
                   ? "there is no ifcfg file in " GNF_IFCFG_RHEL_FOLDER
                   : "there is no ifcfg file in " GNF_IFCFG_SUSE_FOLDER;
    return files->membership->configured->len > 0 || files->membership->bonds->len > 0;
}

static gboolean
is_listed(const GnfManagerFiles *files, const char *name)
{
    g_autofree char *logical = files->state ? gnf_ifstate_find(files->state, name) : NULL;

    return logical != NULL;
}

const GnfPlace *
gnf_manager_files_find_place(const GnfManagerFiles *files, const GnfNic *nic)
{
    const GnfMember *member = gnf_membership_find(files->membership, nic->name, nic->mac);
    const GnfConfigured *configured =
        gnf_membership_find_configured(files->membership, nic->name, nic->mac);
    const GnfBondConfig *bond = gnf_membership_find_bond(files->membership, nic->name);

    if (member)
        return &member->place;
    if (configured)
        return &configured->place;
    return bond ? &bond->place : NULL;
}

/* Has the manager made this bond? Where it keeps no list, its files have to do. */
static gboolean
has_made(const GnfManagerFiles *files, const char *bond)
{
    const GnfNic nic = {.name = bond};

    return files->state ? is_listed(files, bond)
                        : gnf_manager_files_find_place(files, &nic) != NULL;
}

static char *
format_place(const GnfPlace *place)
{
    return g_strdup_printf("%s:%u", place->file, place->line);
}

static GnfOwnership *
make_ownership(GnfOwner owner, const GnfPlace *place, char *detail)
{
    GnfOwnership *ownership = g_new0(GnfOwnership, 1);

    ownership->owner = owner;
    ownership->profile = owner == GNF_OWNER_PRESENT && place ? format_place(place) : NULL;
    ownership->detail = detail;
    return ownership;
}

/* A file that names a MAC beside the name has the NIC renamed. */
static void
look_at_binding(GnfOwnership *ownership, const GnfManagerFiles *files, const GnfMember *member)
{
    g_autofree char *at = NULL;

    if (member->port.kind != GNF_PORT_NAME || member->port.mac)
        return;
    at = format_place(&member->place);
    ownership->binding = g_strdup_printf("%s is for the name %s", at, member->port.text);
    ownership->rebinding = g_strdup(
        files->manager == GNF_MANAGER_IFCFG
            ? "write into that file HWADDR="
            : "write there a name of your own choice, which a .link file (systemd.link(5)) "
              "gives to the NIC by PermanentMACAddress=");
}

static GnfOwnership *
judge(const GnfManagerFiles *files, const GnfNic *nic, const GnfMember *member)
{
    const char *why = NULL;
    const GnfPlace *place = gnf_manager_files_find_place(files, nic);
    g_autofree char *at = place ? format_place(place) : NULL;

    if (!gnf_manager_files_is_used(files, &why))
        return make_ownership(GNF_OWNER_ABSENT, NULL, g_strdup(why));
    if (is_listed(files, nic->name))
        return make_ownership(
            GNF_OWNER_PRESENT,
            place,
            g_strdup_printf("%s: %s lists it", files->ifupdown->name, files->ifupdown->state));
    if (member && has_made(files, member->bond))
        return make_ownership(GNF_OWNER_PRESENT,
                              place,
                              g_strdup_printf("%s makes it a port of %s", at, member->bond));
    if (nic->controller && has_made(files, nic->controller))
        return make_ownership(GNF_OWNER_PRESENT,
                              place,
                              g_strdup_printf("it is a port of %s, which %s has made",
                                              nic->controller,
                                              gnf_manager_to_string(files->manager)));
    if (place && !files->state)
        return make_ownership(GNF_OWNER_PRESENT, place, g_strdup_printf("%s configures it", at));
    if (files->state)
        return make_ownership(GNF_OWNER_ABSENT,
                              NULL,
                              g_strdup_printf("%s: %s does not list it",
                                              files->ifupdown->name,
                                              files->ifupdown->state));
    return make_ownership(GNF_OWNER_ABSENT, NULL, g_strdup("no file is for it"));
}

GnfOwnership *
gnf_manager_files_judge(const GnfManagerFiles *files, const GnfNic *nic)
{
    const GnfMember *member = gnf_membership_find(files->membership, nic->name, nic->mac);
    GnfOwnership *ownership = judge(files, nic, member);

    if (member && ownership->owner == GNF_OWNER_PRESENT)
        look_at_binding(ownership, files, member);
    return ownership;
}

/* -- the state -- */

static gboolean
is_kept(const GnfManagerFiles *files)
{
    return files->state && files->ifupdown->dialect == GNF_DIALECT_IFUPDOWN;
}

const char *
gnf_manager_files_get_logical(const GnfManagerFiles *files, const GnfNic *nic)
{
    const GnfConfigured *configured =
        gnf_membership_find_configured(files->membership, nic->name, nic->mac);

    return is_kept(files) && configured ? configured->logical : NULL;
}

gboolean
gnf_manager_files_keeps_state(const GnfManagerFiles *files, const GnfNic *nic)
{
    return is_kept(files) &&
           (is_listed(files, nic->name) || gnf_manager_files_get_logical(files, nic));
}

char *
gnf_manager_files_find_conflict(const GnfManagerFiles *files, const GnfNic *nic, const char *bond)
{
    const GnfMember *member = gnf_membership_find(files->membership, nic->name, nic->mac);
    const GnfPlace *place = gnf_manager_files_find_place(files, nic);
    g_autofree char *at = NULL;

    if ((member && g_str_equal(member->bond, bond)) || !place || !is_listed(files, nic->name))
        return NULL;
    at = format_place(place);
    return g_strdup_printf(
        "%s has %s up by %s, which does not put it into %s: run \"ifdown %s\" and "
        "repeat the command, and change that",
        files->ifupdown->name,
        nic->name,
        at,
        bond,
        nic->name);
}

/* -- after a reboot -- */

/* The member of this bond that the NIC stands in the place of: the old one's, else one that names
 * an interface that is not there. */
static const GnfMember *
find_replaced(const GnfManagerFiles *files,
              const char *bond,
              const GnfNic *old,
              gboolean (*is_there)(const char *name))
{
    const GnfMember *member =
        old->name ? gnf_membership_find(files->membership, old->name, old->mac) : NULL;

    if (member && g_str_equal(member->bond, bond))
        return member;
    for (guint i = 0; i < files->membership->members->len; i++) {
        member = files->membership->members->pdata[i];
        if (g_str_equal(member->bond, bond) && member->port.kind == GNF_PORT_NAME &&
            !is_there(member->port.text))
            return member;
    }
    return NULL;
}

static char *
advise_change(const GnfMember *member, const GnfNic *nic, const char *bond)
{
    const GnfPort *port = &member->port;
    const char *named_mac = port->kind == GNF_PORT_MAC ? port->text : port->mac;
    gboolean by_mac = named_mac && nic->mac;
    const char *named = by_mac ? named_mac : port->text;
    g_autofree char *at = format_place(&member->place);

    return g_strdup_printf(
        "%s puts %s into %s, and this NIC is %s: to keep it there over a reboot, "
        "write %s in that place, and wherever else the files name %s",
        at,
        named,
        bond,
        by_mac ? nic->mac : nic->name,
        by_mac ? nic->mac : nic->name,
        named);
}

static char *
advise_addition(const GnfManagerFiles *files, const GnfNic *nic, const char *bond)
{
    const GnfBondConfig *config = gnf_membership_find_bond(files->membership, bond);
    g_autofree char *at = config ? format_place(&config->place) : NULL;

    if (files->manager == GNF_MANAGER_IFCFG)
        return g_strdup_printf(GNF_IFCFG_RHEL_FOLDER
                               "/ifcfg-%s with DEVICE=%s, MASTER=%s and SLAVE=yes",
                               nic->name,
                               nic->name,
                               bond);
    if (files->manager == GNF_MANAGER_WICKED)
        return g_strdup_printf("one more BONDING_SLAVE_… for it in %s",
                               at ? at : "the bond's file");
    return g_strdup_printf("a stanza for it, or its name among %s's ports in %s",
                           bond,
                           at ? at : "/etc/network/interfaces");
}

char *
gnf_manager_files_advise(const GnfManagerFiles *files,
                         const GnfNic *nic,
                         const char *bond,
                         const GnfNic *old,
                         gboolean (*is_there)(const char *name))
{
    const GnfMember *member = gnf_membership_find(files->membership, nic->name, nic->mac);
    const GnfPlace *place = gnf_manager_files_find_place(files, nic);
    g_autofree char *at = place ? format_place(place) : NULL;
    g_autofree char *addition = NULL;

    if (member && g_str_equal(member->bond, bond))
        return NULL;
    if (place)
        return g_strdup_printf("%s is for %s, and does not put it into %s: to keep it there over a "
                               "reboot, change that",
                               at,
                               nic->name,
                               bond);
    member = find_replaced(files, bond, old, is_there);
    if (member)
        return advise_change(member, nic, bond);
    addition = advise_addition(files, nic, bond);
    return g_strdup_printf("no file puts %s (%s) into %s: to keep it there over a reboot, write %s",
                           nic->name,
                           nic->mac ? nic->mac : "without a permanent address",
                           bond,
                           addition);
}
