/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selectors, the default choice, and the plan: which NIC is meant, and can it leave?
 */
#include <json-glib/json-glib.h>

#include "failover/error.h"
#include "failover/out-of-reach.h"
#include "failover/plan.h"
#include "failover/select.h"
#include "tests/unit/primaries.h"

#define MAC1 "52:54:00:00:00:01"
#define MAC2 "52:54:00:00:00:02"

static GnfSelector *
parse(const char *json, GError **error)
{
    g_autoptr(JsonNode) node = json_from_string(json, NULL);

    return gnf_selector_parse(json_node_get_object(node), "devices[0]", error);
}

static GPtrArray *
two_primaries(void)
{
    return gnf_test_inventory(gnf_test_primary(2, "enp1s0", MAC1, "0000:01:00.0"),
                              gnf_test_primary(3, "enp2s0", MAC2, "0000:02:00.0"),
                              NULL);
}

static void
assert_selects(const char *json, const char *expected)
{
    g_autoptr(GPtrArray) inventory = two_primaries();
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfSelector) selector = parse(json, &error);

    g_assert_no_error(error);
    const GnfPrimary *primary = gnf_select_one(inventory, selector, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(primary->link->name, ==, expected);
}

static void
test_one_member(void)
{
    assert_selects("{\"mac\": \"" MAC2 "\"}", "enp2s0");
    assert_selects("{\"pci-address\": \"0000:01:00.0\"}", "enp1s0");
    assert_selects("{\"interface\": \"enp2s0\"}", "enp2s0");
}

static void
test_case_of_mac(void)
{
    g_autoptr(GPtrArray) inventory =
        gnf_test_inventory(gnf_test_primary(2, "a", "52:54:00:ab:cd:ef", "0000:01:00.0"), NULL);
    g_autoptr(GnfSelector) selector = parse("{\"mac\": \"52:54:00:AB:CD:EF\"}", NULL);

    g_assert_nonnull(gnf_select_one(inventory, selector, NULL));
}

static void
test_members_that_disagree(void)
{
    g_autoptr(GPtrArray) inventory = two_primaries();
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfSelector) selector =
        parse("{\"mac\": \"" MAC2 "\", \"interface\": \"enp1s0\"}", NULL);

    g_assert_null(gnf_select_one(inventory, selector, &error));
    g_assert_error(error, GNF_ERROR, GNF_REASON_CODE_NO_SUCH_DEVICE);
    g_assert_nonnull(strstr(error->message, "enp1s0 (mac " MAC1 ", pci-address 0000:01:00.0)"));
    g_assert_nonnull(strstr(error->message, "enp2s0"));
}

static void
test_ambiguous(void)
{
    g_autoptr(GPtrArray) inventory =
        gnf_test_inventory(gnf_test_primary(2, "enp1s0", MAC1, "0000:01:00.0"),
                           gnf_test_primary(3, "enp2s0", MAC1, "0000:02:00.0"),
                           NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfSelector) selector = parse("{\"mac\": \"" MAC1 "\"}", NULL);

    g_assert_null(gnf_select_one(inventory, selector, &error));
    g_assert_error(error, GNF_ERROR, GNF_REASON_CODE_AMBIGUOUS_DEVICE);
}

static void
test_bad_selectors(void)
{
    const char *const bad[] = {"{}",
                               "{\"mac\": \"52:54:00:00:00\"}",
                               "{\"mac\": \"52-54-00-00-00-01\"}",
                               "{\"mac\": \"52:54:00:00:00:0g\"}",
                               "{\"mac\": \"\"}",
                               "{\"pci-address\": \"01:00.0\"}",
                               "{\"pci-address\": \"0000:01:00:0\"}"};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(bad[i], &error));
        g_assert_error(error, GNF_ERROR, GNF_REASON_CODE_INVALID_ARGUMENT);
        g_assert_true(g_str_has_prefix(error->message, "devices[0]"));
    }
}

/* -- the default choice -- */

static void
test_default(void)
{
    g_autoptr(GnfPrimary) primary = gnf_test_primary(2, "enp1s0", MAC1, "0000:01:00.0");

    g_assert_false(gnf_select_by_default(primary));
    gnf_test_enslave(primary);
    g_assert_false(gnf_select_by_default(primary));
    gnf_test_add_port(primary, 4, "enp3s0", MAC2, "pci", TRUE);
    g_assert_false(gnf_select_by_default(primary));
    gnf_test_add_port(primary, 5, "enp4s0", MAC2, "virtio", FALSE);
    g_assert_true(gnf_select_by_default(primary));
    primary->kernel = TRUE;
    g_assert_false(gnf_select_by_default(primary));
}

/* -- the plan -- */

static void
assert_refused(GnfPrimary *primary, const GPtrArray *going, GnfReasonCode code, const char *says)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(gnf_plan_check(primary, going, &error));
    g_assert_error(error, GNF_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, says));
}

static void
test_plan_reasons(void)
{
    GnfPrimary *primary = gnf_test_primary(2, "enp1s0", MAC1, "0000:01:00.0");
    g_autoptr(GPtrArray) going = gnf_test_inventory(primary, NULL);

    assert_refused(primary, going, GNF_REASON_CODE_NOT_IN_BOND, "enp1s0");
    gnf_test_enslave(primary);
    assert_refused(primary, going, GNF_REASON_CODE_NO_STANDBY, "no other port");
    GnfLink *standby = gnf_test_add_port(primary, 5, "enp4s0", MAC2, "virtio", FALSE);
    assert_refused(primary,
                   going,
                   GNF_REASON_CODE_NO_STANDBY,
                   "bond0 has no other port with a link: enp4s0 52:54:00:00:00:02 (no link)");
    /* bonding says up, the link says down: miimon 0 */
    standby->bond_port->mii = GNF_MII_UP;
    assert_refused(primary, going, GNF_REASON_CODE_NO_STANDBY, "no link");
    /* the link is there, bonding does not trust it yet: updelay */
    standby->carrier = TRUE;
    standby->bond_port->mii = GNF_MII_BACK;
    assert_refused(primary, going, GNF_REASON_CODE_STANDBY_UNVERIFIED, "not yet trusted");
    standby->bond_port->mii = GNF_MII_UP;
    g_assert_true(gnf_plan_check(primary, going, NULL));
    g_assert_cmpint(primary->standby->ifindex, ==, 5);
    primary->uppers = g_strdup("vlan7");
    assert_refused(primary, going, GNF_REASON_CODE_UPPER_DEVICES, "enp1s0 carries vlan7 itself");
    primary->controller = g_new0(GnfLink, 1);
    primary->controller->name = g_strdup("br0");
    primary->controller->kind = g_strdup("bridge");
    assert_refused(primary, going, GNF_REASON_CODE_BRIDGE_PORT, "enp1s0 is a port of br0");
    primary->kernel = TRUE;
    assert_refused(primary, going, GNF_REASON_CODE_KERNEL, "kernel");
}

static void
test_plan_standby_is_not_going(void)
{
    GnfPrimary *first = gnf_test_primary(2, "enp1s0", MAC1, "0000:01:00.0");
    GnfPrimary *second = gnf_test_primary(3, "enp2s0", MAC2, "0000:02:00.0");
    g_autoptr(GPtrArray) going = gnf_test_inventory(first, second, NULL);

    gnf_test_enslave(first);
    gnf_test_enslave(second);
    gnf_test_add_port(first, 3, "enp2s0", MAC2, "pci", TRUE);
    gnf_test_add_port(second, 2, "enp1s0", MAC1, "pci", TRUE);
    assert_refused(first, going, GNF_REASON_CODE_NO_STANDBY, "no other port");
    gnf_test_add_port(first, 5, "enp4s0", "52:54:00:00:00:05", "virtio", TRUE);
    g_assert_true(gnf_plan_check(first, going, NULL));
    g_assert_cmpint(first->standby->ifindex, ==, 5);
}

static void
test_plan_prefers_paravirtual(void)
{
    GnfPrimary *primary = gnf_test_primary(2, "enp1s0", MAC1, "0000:01:00.0");
    g_autoptr(GPtrArray) going = gnf_test_inventory(primary, NULL);

    gnf_test_enslave(primary);
    gnf_test_add_port(primary, 3, "enp2s0", MAC2, "pci", TRUE);
    GnfLink *standby = gnf_test_add_port(primary, 5, "enp4s0", MAC2, "virtio", TRUE);
    g_assert_true(gnf_plan_check(primary, going, NULL));
    g_assert_true(primary->standby == standby);
    standby->carrier = FALSE;
    g_assert_true(gnf_plan_check(primary, going, NULL));
    g_assert_cmpint(primary->standby->ifindex, ==, 3);
}

static gboolean
warns(const GnfPrimary *primary, GnfReasonCode code)
{
    g_autoptr(GPtrArray) warnings = gnf_plan_warnings(primary);

    for (guint i = 0; i < warnings->len; i++)
        if (g_error_matches(g_ptr_array_index(warnings, i), GNF_ERROR, (int)code))
            return TRUE;
    return FALSE;
}

static void
test_warnings(void)
{
    GnfPrimary *primary = gnf_test_primary(2, "enp1s0", MAC1, "0000:01:00.0");
    g_autoptr(GPtrArray) going = gnf_test_inventory(primary, NULL);

    gnf_test_enslave(primary);
    GnfLink *standby = gnf_test_add_port(primary, 5, "enp4s0", MAC2, "virtio", TRUE);
    g_assert_true(gnf_plan_check(primary, going, NULL));
    g_assert_false(warns(primary, GNF_REASON_CODE_SHARED_MAC));
    g_free(standby->permanent_mac);
    standby->permanent_mac = g_strdup(MAC1);
    g_assert_true(warns(primary, GNF_REASON_CODE_SHARED_MAC));
    g_free(standby->permanent_mac);
    standby->permanent_mac = g_strdup(MAC2);
    g_free(primary->bond->mac);
    primary->bond->mac = g_strdup(MAC1);
    g_assert_true(warns(primary, GNF_REASON_CODE_SHARED_MAC));
    primary->bond->bond->fail_over_mac = GNF_BOND_FAIL_OVER_MAC_FOLLOW;
    g_assert_true(warns(primary, GNF_REASON_CODE_SHARED_MAC));
    primary->bond->bond->fail_over_mac = GNF_BOND_FAIL_OVER_MAC_ACTIVE;
    g_assert_false(warns(primary, GNF_REASON_CODE_SHARED_MAC));
    g_assert_false(warns(primary, GNF_REASON_CODE_LOAD_BALANCING));
    primary->bond->bond->mode = GNF_BOND_MODE_ALB;
    g_assert_true(warns(primary, GNF_REASON_CODE_LOAD_BALANCING));
    primary->bond->bond->mode = GNF_BOND_MODE_8023AD;
    g_assert_true(warns(primary, GNF_REASON_CODE_LOAD_BALANCING));
}

static GnfOwned *
owned(GnfManager manager)
{
    GnfOwned *owner = g_new0(GnfOwned, 1);

    owner->manager = manager;
    owner->detail = g_strdup("its word");
    return owner;
}

/* Each port is judged by its bond; and whatever else a manager tells of is passed on. */
static void
test_conflicts(void)
{
    GnfPrimary *primary = gnf_test_primary(2, "enp1s0", MAC1, "0000:01:00.0");
    g_autoptr(GPtrArray) inventory = gnf_test_inventory(primary, NULL);

    gnf_test_enslave(primary);
    primary->standby = gnf_test_add_port(primary, 5, "enp4s0", MAC2, "virtio", TRUE);
    primary->owner = owned(GNF_MANAGER_NETWORKMANAGER);
    primary->standby_owner = owned(GNF_MANAGER_NETWORKMANAGER);
    primary->bond_owner = owned(GNF_MANAGER_NETWORKMANAGER);
    g_assert_false(warns(primary, GNF_REASON_CODE_MANAGER_CONFLICT));
    primary->owner->manager = GNF_MANAGER_NETWORKD;
    g_assert_true(warns(primary, GNF_REASON_CODE_MANAGER_CONFLICT));
    primary->owner->manager = GNF_MANAGER_NETWORKMANAGER;
    primary->standby_owner->manager = GNF_MANAGER_NONE;
    g_assert_true(warns(primary, GNF_REASON_CODE_MANAGER_CONFLICT));
    primary->standby_owner->manager = GNF_MANAGER_NETWORKMANAGER;
    primary->conflicts = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(primary->conflicts, g_strdup("ifupdown does it, too"));
    g_autoptr(GPtrArray) warnings = gnf_plan_warnings(primary);
    g_assert_cmpuint(warnings->len, ==, 1);
    g_assert_error(
        (GError *)g_ptr_array_index(warnings, 0), GNF_ERROR, GNF_REASON_CODE_MANAGER_CONFLICT);
}

static void
assert_binding(const GnfPrimary *primary, const char *expected)
{
    g_autoptr(GError) warning = gnf_plan_warn_binding(primary);

    g_assert_error(warning, GNF_ERROR, (int)GNF_REASON_CODE_REBOOT_UNSAFE);
    g_assert_cmpstr(warning->message, ==, expected);
}

/* Only of a name that comes from the slot; and an address that two have is no way out. */
static void
test_binding(void)
{
    GnfPrimary *primary = gnf_test_primary(2, "enp1s0", MAC1, "0000:01:00.0");
    g_autoptr(GPtrArray) inventory = gnf_test_inventory(primary, NULL);

    primary->device->named_by_place = TRUE;
    primary->owner = owned(GNF_MANAGER_NETWORKMANAGER);
    primary->owner->binding = g_strdup("its file is for the name enp1s0");
    primary->owner->rebinding = g_strdup("write MAC=");
    g_assert_null(gnf_plan_warn_binding(primary));
    gnf_test_enslave(primary);
    primary->standby = gnf_test_add_port(primary, 5, "enp4s0", MAC2, "virtio", TRUE);
    assert_binding(primary,
                   "its file is for the name enp1s0, a name that another slot does not give: a NIC "
                   "that comes back there is put into bond0 all the same, but only until the guest "
                   "reboots; to tie it to the address instead: write MAC=" MAC1);
    g_free(primary->standby->permanent_mac);
    primary->standby->permanent_mac = g_strdup(MAC1);
    assert_binding(primary,
                   "its file is for the name enp1s0, a name that another slot does not give: a NIC "
                   "that comes back there is put into bond0 all the same, but only until the guest "
                   "reboots; plug it into the same slot each time");
    primary->device->named_by_place = FALSE;
    g_assert_null(gnf_plan_warn_binding(primary));
    primary->device->named_by_place = TRUE;
    g_clear_pointer(&primary->owner->binding, g_free);
    g_assert_null(gnf_plan_warn_binding(primary));
}

static void
assert_out_of_reach(const char *driver, GnfReasonCode code)
{
    g_autofree char *copy = g_strdup(driver);
    char address[] = "0000:05:00.0";
    const GnfDevice function = {.pci_address = address, .driver = copy};
    g_autoptr(GError) reason = gnf_out_of_reach_reason(&function);

    g_assert_error(reason, GNF_ERROR, (gint)code);
    g_assert_true(g_str_has_prefix(reason->message, address));
}

static void
test_out_of_reach(void)
{
    assert_out_of_reach(NULL, GNF_REASON_CODE_NO_DRIVER);
    assert_out_of_reach("pci-stub", GNF_REASON_CODE_NO_DRIVER);
    assert_out_of_reach("xen-pciback", GNF_REASON_CODE_NO_DRIVER);
    assert_out_of_reach("vfio-pci", GNF_REASON_CODE_USER_SPACE_DRIVER);
    assert_out_of_reach("mlx5_vfio_pci", GNF_REASON_CODE_USER_SPACE_DRIVER);
    assert_out_of_reach("uio_pci_generic", GNF_REASON_CODE_USER_SPACE_DRIVER);
    assert_out_of_reach("igb_uio", GNF_REASON_CODE_USER_SPACE_DRIVER);
    assert_out_of_reach("iavf", GNF_REASON_CODE_OTHER_NAMESPACE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/select/one-member", test_one_member);
    g_test_add_func("/select/mac/any-case", test_case_of_mac);
    g_test_add_func("/select/members-that-disagree", test_members_that_disagree);
    g_test_add_func("/select/ambiguous", test_ambiguous);
    g_test_add_func("/select/bad", test_bad_selectors);
    g_test_add_func("/select/default", test_default);
    g_test_add_func("/plan/reasons", test_plan_reasons);
    g_test_add_func("/plan/standby/is-not-going-itself", test_plan_standby_is_not_going);
    g_test_add_func("/plan/standby/paravirtual-first", test_plan_prefers_paravirtual);
    g_test_add_func("/plan/warnings", test_warnings);
    g_test_add_func("/plan/warnings/manager-conflict", test_conflicts);
    g_test_add_func("/plan/warnings/tied-to-a-name", test_binding);
    g_test_add_func("/out-of-reach/reasons", test_out_of_reach);
    return g_test_run();
}
