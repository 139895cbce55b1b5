/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of ifcfg-backend/manager-files.c and the unit's name of unit.c, on files below a root of
 * their own: whose an interface is, what ifupdown's state says of it, and what is to be changed
 * where.
 */
#include "ifcfg-backend/manager-files.h"

#include <glib/gstdio.h>

#include "ifcfg-backend/unit.h"

#define MAC "52:54:00:00:00:01"
#define OTHER_MAC "52:54:00:00:00:0a"
#define INTERFACES "/etc/network/interfaces"
#define SCRIPTS "/etc/sysconfig/network-scripts"

static const GnfNic enp1s0 = {"enp1s0", MAC, NULL};
static const GnfNic enp2s0 = {"enp2s0", MAC, NULL};
static const GnfNic enp2s0_in = {"enp2s0", MAC, "bond0"};
static const GnfNic bond0 = {"bond0", NULL, NULL};

typedef struct {
    char *root;
    GnfManagerFiles *files;
} Fixture;

static void
put(const Fixture *fixture, const char *path, const char *text)
{
    g_autofree char *full = g_strconcat(fixture->root, path, NULL);
    g_autofree char *folder = g_path_get_dirname(full);

    g_assert_no_errno(g_mkdir_with_parents(folder, 0755));
    g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = g_dir_make_tmp("gnf-manager-files-XXXXXX", NULL);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *entry = g_build_filename(path, name, NULL);
        remove_tree(entry);
    }
    g_remove(path);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gnf_manager_files_free(fixture->files);
    remove_tree(fixture->root);
    g_free(fixture->root);
}

static void
read_files(Fixture *fixture, GnfManager manager)
{
    g_clear_pointer(&fixture->files, gnf_manager_files_free);
    fixture->files = gnf_manager_files_read(fixture->root, manager);
}

/* profile NULL: none; owner and its reason. */
static void
assert_owner(const Fixture *fixture,
             const GnfNic *nic,
             GnfOwner owner,
             const char *profile,
             const char *detail)
{
    g_autoptr(GnfOwnership) ownership = gnf_manager_files_judge(fixture->files, nic);

    g_assert_cmpstr(ownership->detail, ==, detail);
    g_assert_cmpint(ownership->owner, ==, owner);
    g_assert_cmpstr(ownership->profile, ==, profile);
}

static gboolean
nothing_is_there(const char *name)
{
    return FALSE;
}

static gboolean
all_is_there(const char *name)
{
    return TRUE;
}

static void
assert_advice(const Fixture *fixture,
              const GnfNic *nic,
              const GnfNic *old,
              gboolean (*is_there)(const char *name),
              const char *advice)
{
    g_autofree char *given = gnf_manager_files_advise(fixture->files, nic, "bond0", old, is_there);

    g_assert_cmpstr(given, ==, advice);
}

/* -- ifupdown -- */

#define IFENSLAVE                                                                                  \
    "auto enp1s0\n"                                                                                \
    "iface enp1s0 inet manual\n"                                                                   \
    "    bond-master bond0\n"                                                                      \
    "auto bond0\n"                                                                                 \
    "iface bond0 inet static\n"                                                                    \
    "    address 192.0.2.1/24\n"                                                                   \
    "    bond-slaves none\n"                                                                       \
    "    bond-mode active-backup\n"

static void
put_ifupdown(Fixture *fixture, const char *interfaces, const char *state)
{
    put(fixture, INTERFACES, interfaces);
    put(fixture, "/run/network/ifstate", state);
    read_files(fixture, GNF_MANAGER_IFUPDOWN);
}

static void
test_ifupdown_never_run(Fixture *fixture, gconstpointer data)
{
    put(fixture, INTERFACES, IFENSLAVE);
    read_files(fixture, GNF_MANAGER_IFUPDOWN);
    assert_owner(fixture,
                 &enp1s0,
                 GNF_OWNER_ABSENT,
                 NULL,
                 "no ifupdown has brought anything up since this guest booted");
    g_assert_false(gnf_manager_files_keeps_state(fixture->files, &enp1s0));
}

static void
test_ifupdown_listed(Fixture *fixture, gconstpointer data)
{
    put_ifupdown(fixture, IFENSLAVE, "lo=lo\nenp1s0=enp1s0\nbond0=bond0\n");
    assert_owner(fixture,
                 &enp1s0,
                 GNF_OWNER_PRESENT,
                 INTERFACES ":3",
                 "ifupdown: /run/network/ifstate lists it");
    assert_owner(fixture,
                 &bond0,
                 GNF_OWNER_PRESENT,
                 INTERFACES ":5",
                 "ifupdown: /run/network/ifstate lists it");
    assert_owner(fixture,
                 &enp2s0,
                 GNF_OWNER_ABSENT,
                 NULL,
                 "ifupdown: /run/network/ifstate does not list it");
}

/* As it is while the NIC is prepared, and listed no more. */
static void
test_ifupdown_member(Fixture *fixture, gconstpointer data)
{
    put_ifupdown(fixture, IFENSLAVE, "bond0=bond0\n");
    assert_owner(fixture,
                 &enp1s0,
                 GNF_OWNER_PRESENT,
                 INTERFACES ":3",
                 INTERFACES ":3 makes it a port of bond0");
    put_ifupdown(fixture, IFENSLAVE, "lo=lo\n");
    assert_owner(fixture,
                 &enp1s0,
                 GNF_OWNER_ABSENT,
                 NULL,
                 "ifupdown: /run/network/ifstate does not list it");
}

static void
test_ifupdown_port_of_its_bond(Fixture *fixture, gconstpointer data)
{
    put_ifupdown(fixture, IFENSLAVE, "bond0=bond0\n");
    assert_owner(fixture,
                 &enp2s0_in,
                 GNF_OWNER_PRESENT,
                 NULL,
                 "it is a port of bond0, which ifupdown has made");
}

static void
test_ifupdown_state(Fixture *fixture, gconstpointer data)
{
    put_ifupdown(fixture,
                 "auto mac/" MAC "=port\niface port inet manual\n    bond-master bond0\n",
                 "bond0=bond0\n");
    g_assert_true(gnf_manager_files_keeps_state(fixture->files, &enp2s0));
    g_assert_cmpstr(gnf_manager_files_get_logical(fixture->files, &enp2s0), ==, "port");
    put_ifupdown(fixture, IFENSLAVE, "bond0=bond0\nenp2s0=enp2s0\n");
    g_assert_true(gnf_manager_files_keeps_state(fixture->files, &enp2s0));
    g_assert_null(gnf_manager_files_get_logical(fixture->files, &enp2s0));
    g_assert_cmpstr(gnf_manager_files_get_logical(fixture->files, &enp1s0), ==, "enp1s0");
    put_ifupdown(fixture, IFENSLAVE, "bond0=bond0\n");
    g_assert_false(gnf_manager_files_keeps_state(fixture->files, &enp2s0));
}

static void
test_ifupdown_conflict(Fixture *fixture, gconstpointer data)
{
    g_autofree char *conflict = NULL;

    put_ifupdown(fixture,
                 IFENSLAVE "allow-hotplug enp2s0\niface enp2s0 inet dhcp\n",
                 "bond0=bond0\nenp2s0=enp2s0\nenp1s0=enp1s0\n");
    conflict = gnf_manager_files_find_conflict(fixture->files, &enp2s0, "bond0");
    g_assert_cmpstr(conflict,
                    ==,
                    "ifupdown has enp2s0 up by " INTERFACES ":10, which does not put it into "
                    "bond0: run \"ifdown enp2s0\" and repeat the command, and change that");
    g_assert_null(gnf_manager_files_find_conflict(fixture->files, &enp1s0, "bond0"));
    put_ifupdown(
        fixture, IFENSLAVE "allow-hotplug enp2s0\niface enp2s0 inet dhcp\n", "bond0=bond0\n");
    g_assert_null(gnf_manager_files_find_conflict(fixture->files, &enp2s0, "bond0"));
    assert_advice(fixture,
                  &enp2s0,
                  &enp1s0,
                  nothing_is_there,
                  INTERFACES ":10 is for enp2s0, and does not put it into bond0: to keep it there "
                             "over a reboot, change that");
}

static void
test_ifupdown_advice(Fixture *fixture, gconstpointer data)
{
    const char *change = INTERFACES ":3 puts enp1s0 into bond0, and this NIC is enp2s0: to keep it "
                                    "there over a reboot, write enp2s0 in that place, and wherever "
                                    "else the files name enp1s0";

    put_ifupdown(fixture, IFENSLAVE, "bond0=bond0\n");
    assert_advice(fixture, &enp1s0, &enp1s0, nothing_is_there, NULL);
    assert_advice(fixture, &enp2s0, &enp1s0, all_is_there, change);
    /* The second time, when what was there before was in no file either. */
    const GnfNic enp3s0 = {"enp3s0", OTHER_MAC, NULL};
    assert_advice(fixture, &enp2s0, &enp3s0, nothing_is_there, change);
    assert_advice(fixture,
                  &enp2s0,
                  &enp3s0,
                  all_is_there,
                  "no file puts enp2s0 (" MAC ") into bond0: to keep it there over a reboot, write "
                  "a stanza for it, or its name among bond0's ports in " INTERFACES ":5");
}

static void
test_ifupdown_2(Fixture *fixture, gconstpointer data)
{
    put(fixture,
        INTERFACES,
        "auto bond0\niface bond0\n    bond-slaves enp1s0 enp4s0\n    bond-mode active-backup\n");
    put(fixture, "/run/network/ifstatelock", "");
    read_files(fixture, GNF_MANAGER_IFUPDOWN);
    assert_owner(fixture,
                 &enp1s0,
                 GNF_OWNER_PRESENT,
                 INTERFACES ":3",
                 INTERFACES ":3 makes it a port of bond0");
    assert_owner(
        fixture, &bond0, GNF_OWNER_PRESENT, INTERFACES ":2", INTERFACES ":2 configures it");
    assert_owner(fixture,
                 &enp2s0_in,
                 GNF_OWNER_PRESENT,
                 NULL,
                 "it is a port of bond0, which ifupdown has made");
    assert_owner(fixture, &enp2s0, GNF_OWNER_ABSENT, NULL, "no file is for it");
    g_assert_false(gnf_manager_files_keeps_state(fixture->files, &enp1s0));
}

/* Its list counts users, and bond0 goes on to use its port while that is away. */
static void
test_ifupdown_ng(Fixture *fixture, gconstpointer data)
{
    put(fixture,
        INTERFACES,
        "auto bond0\niface bond0\n    use bond\n    bond-members enp1s0 enp4s0\n");
    put(fixture, "/run/ifstate", "enp1s0=enp1s0 2 explicit\nbond0=bond0 1 explicit\n");
    read_files(fixture, GNF_MANAGER_IFUPDOWN);
    assert_owner(
        fixture, &enp1s0, GNF_OWNER_PRESENT, INTERFACES ":4", "ifupdown-ng: /run/ifstate lists it");
    g_assert_false(gnf_manager_files_keeps_state(fixture->files, &enp1s0));
}

/* -- ifcfg -- */

static void
put_ifcfg(Fixture *fixture, const char *more)
{
    g_autofree char *port =
        g_strdup_printf("DEVICE=enp1s0\nMASTER=bond0\nSLAVE=yes\n%s", more ? more : "");

    put(fixture, SCRIPTS "/ifcfg-bond0", "DEVICE=bond0\nBONDING_OPTS=\"mode=1 miimon=100\"\n");
    put(fixture, SCRIPTS "/ifcfg-enp1s0", port);
    read_files(fixture, GNF_MANAGER_IFCFG);
}

static void
test_ifcfg(Fixture *fixture, gconstpointer data)
{
    read_files(fixture, GNF_MANAGER_IFCFG);
    assert_owner(fixture, &enp1s0, GNF_OWNER_ABSENT, NULL, "there is no ifcfg file in " SCRIPTS);
    put_ifcfg(fixture, NULL);
    assert_owner(fixture,
                 &enp1s0,
                 GNF_OWNER_PRESENT,
                 SCRIPTS "/ifcfg-enp1s0:2",
                 SCRIPTS "/ifcfg-enp1s0:2 makes it a port of bond0");
    g_autoptr(GnfOwnership) ownership = gnf_manager_files_judge(fixture->files, &bond0);
    g_assert_cmpint(ownership->owner, ==, GNF_OWNER_PRESENT);
    assert_owner(fixture,
                 &enp2s0_in,
                 GNF_OWNER_PRESENT,
                 NULL,
                 "it is a port of bond0, which ifcfg has made");
    assert_owner(fixture, &enp2s0, GNF_OWNER_ABSENT, NULL, "no file is for it");
}

static void
test_ifcfg_advice(Fixture *fixture, gconstpointer data)
{
    const GnfNic replacement = {"enp1s0", OTHER_MAC, "bond0"};
    const GnfNic renamed = {"enp2s0", MAC, "bond0"};

    put_ifcfg(fixture, "HWADDR=" MAC "\n");
    assert_advice(fixture, &renamed, &enp1s0, nothing_is_there, NULL);
    assert_advice(fixture,
                  &replacement,
                  &enp1s0,
                  nothing_is_there,
                  SCRIPTS "/ifcfg-enp1s0:2 puts " MAC " into bond0, and this NIC is " OTHER_MAC
                          ": to keep it there over a reboot, write " OTHER_MAC
                          " in that place, and wherever else the files name " MAC);
    put_ifcfg(fixture, NULL);
    assert_advice(fixture, &replacement, &enp1s0, nothing_is_there, NULL);
    const GnfNic stranger = {"enp9s0", NULL, "bond0"};
    assert_advice(fixture,
                  &stranger,
                  &stranger,
                  all_is_there,
                  "no file puts enp9s0 (without a permanent address) into bond0: to keep it there "
                  "over a reboot, write " SCRIPTS "/ifcfg-enp9s0 with DEVICE=enp9s0, MASTER=bond0 "
                  "and SLAVE=yes");
}

/* -- wicked -- */

static void
test_wicked(Fixture *fixture, gconstpointer data)
{
    const char *file = "/etc/sysconfig/network/ifcfg-bond0";

    put(fixture,
        file,
        "STARTMODE=auto\nBONDING_MASTER=yes\nBONDING_SLAVE_0=enp1s0\nBONDING_SLAVE_1=enp4s0\n");
    read_files(fixture, GNF_MANAGER_WICKED);
    assert_owner(fixture,
                 &enp1s0,
                 GNF_OWNER_PRESENT,
                 "/etc/sysconfig/network/ifcfg-bond0:3",
                 "/etc/sysconfig/network/ifcfg-bond0:3 makes it a port of bond0");
    assert_advice(fixture,
                  &enp2s0,
                  &enp1s0,
                  nothing_is_there,
                  "/etc/sysconfig/network/ifcfg-bond0:3 puts enp1s0 into bond0, and this NIC is "
                  "enp2s0: to keep it there over a reboot, write enp2s0 in that place, and "
                  "wherever else the files name enp1s0");
    g_assert_null(gnf_manager_files_get_logical(fixture->files, &enp1s0));
}

/* -- tied to a name -- */

static void
assert_binding(const Fixture *fixture, const char *binding, const char *rebinding)
{
    g_autoptr(GnfOwnership) ownership = gnf_manager_files_judge(fixture->files, &enp1s0);

    g_assert_cmpint(ownership->owner, ==, GNF_OWNER_PRESENT);
    g_assert_cmpstr(ownership->binding, ==, binding);
    g_assert_cmpstr(ownership->rebinding, ==, rebinding);
}

static void
test_binding(Fixture *fixture, gconstpointer data)
{
    put_ifcfg(fixture, NULL);
    assert_binding(
        fixture, SCRIPTS "/ifcfg-enp1s0:2 is for the name enp1s0", "write into that file HWADDR=");
    put_ifcfg(fixture, "HWADDR=" MAC "\n");
    assert_binding(fixture, NULL, NULL);
    put(fixture,
        "/etc/sysconfig/network/ifcfg-bond0",
        "STARTMODE=auto\nBONDING_MASTER=yes\nBONDING_SLAVE_0=enp1s0\n");
    read_files(fixture, GNF_MANAGER_WICKED);
    assert_binding(fixture,
                   "/etc/sysconfig/network/ifcfg-bond0:3 is for the name enp1s0",
                   "write there a name of your own choice, which a .link file (systemd.link(5)) "
                   "gives to the NIC by PermanentMACAddress=");
}

/* -- ifup@NAME.service -- */

static void
test_unit_name(void)
{
    g_autofree char *plain = gnf_unit_name("ifup@", "enp1s0");
    g_autofree char *vlan = gnf_unit_name("ifup@", "eth0.100");
    g_autofree char *escaped = gnf_unit_name("ifup@", ".wan-1\xc3\xa4");

    g_assert_cmpstr(plain, ==, "ifup@enp1s0.service");
    g_assert_cmpstr(vlan, ==, "ifup@eth0.100.service");
    g_assert_cmpstr(escaped, ==, "ifup@\\x2ewan\\x2d1\\xc3\\xa4.service");
}

int
main(int argc, char **argv)
{
#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/manager-files/ifupdown/never-run", test_ifupdown_never_run);
    ADD("/manager-files/ifupdown/listed", test_ifupdown_listed);
    ADD("/manager-files/ifupdown/member-of-a-listed-bond", test_ifupdown_member);
    ADD("/manager-files/ifupdown/port-of-its-bond", test_ifupdown_port_of_its_bond);
    ADD("/manager-files/ifupdown/state", test_ifupdown_state);
    ADD("/manager-files/ifupdown/up-as-something-else", test_ifupdown_conflict);
    ADD("/manager-files/ifupdown/reboot-unsafe", test_ifupdown_advice);
    ADD("/manager-files/ifupdown2", test_ifupdown_2);
    ADD("/manager-files/ifupdown-ng", test_ifupdown_ng);
    ADD("/manager-files/ifcfg/owner", test_ifcfg);
    ADD("/manager-files/ifcfg/reboot-unsafe", test_ifcfg_advice);
    ADD("/manager-files/wicked", test_wicked);
    ADD("/manager-files/tied-to-a-name", test_binding);
    g_test_add_func("/manager-files/unit-name", test_unit_name);
    return g_test_run();
}
