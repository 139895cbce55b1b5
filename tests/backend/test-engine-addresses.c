/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the bond's ports take in while the traffic moves between them: frames for the MAC of the
 * bond where that moves as well, and of what stands on the bond.
 */
#include <net/if.h>

#include "tests/backend/engine.h"
#include "tests/backend/network.h"

static void
assert_mac(const EngineFixture *fixture, const char *name, const char *mac)
{
    g_autoptr(GnfLink) link = engine_link(fixture, name);

    g_assert_cmpstr(link->mac, ==, mac);
}

static gboolean
ports_are_whole(const EngineFixture *fixture)
{
    const char *const names[] = {fixture->primary, fixture->standby};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GnfLink) link = engine_link(fixture, names[i]);
        if (!link->carrier || !link->bond_port || link->bond_port->mii != GNF_MII_UP)
            return FALSE;
    }
    return TRUE;
}

/* The option can only be changed without ports. */
static void
set_fail_over_mac(const EngineFixture *fixture, const char *value)
{
    engine_ip("link set %s nomaster", fixture->standby);
    engine_ip("link set %s nomaster", fixture->primary);
    engine_ip("link set bond0 type bond fail_over_mac %s", value);
    engine_ip("link set %s master bond0", fixture->primary);
    engine_ip("link set %s master bond0", fixture->standby);
    engine_wait(fixture, ports_are_whole, "both ports have a link");
    engine_ip("link set bond0 type bond primary %s", fixture->primary);
}

static void
switch_traffic(EngineFixture *fixture)
{
    g_autoptr(JsonObject) report = engine_call(fixture, "prepare", "{\"stage\": \"switch\"}");

    engine_assert_report(report, "done", "switched");
}

/* Both ports have the bond's MAC for as long as frames for it may arrive on either. */
static void
test_follow(EngineFixture *fixture, gconstpointer data)
{
    set_fail_over_mac(fixture, "follow");
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");

    switch_traffic(fixture);
    assert_mac(fixture, fixture->standby, bond->mac);
    assert_mac(fixture, fixture->primary, bond->mac);
    engine_run_to_end(fixture, "cancel", "attached");
    engine_assert_attached(fixture, TRUE);
    assert_mac(fixture, "bond0", bond->mac);
    assert_mac(fixture, fixture->primary, bond->mac);
    assert_mac(fixture, fixture->standby, ENGINE_STANDBY_MAC);
}

/* The same where the NIC leaves and comes back, and some kernels give it a random MAC. */
static void
test_follow_cycle(EngineFixture *fixture, gconstpointer data)
{
    set_fail_over_mac(fixture, "follow");
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");

    engine_run(fixture, "prepare", "done", "detached");
    assert_mac(fixture, fixture->standby, bond->mac);
    engine_unplug(fixture);
    engine_plug(fixture);
    g_autoptr(JsonObject) attached =
        engine_call(fixture, "complete", "{\"stage\": \"attach\", \"timeout-ms\": 20000}");
    engine_assert_report(attached, "done", "switched");
    assert_mac(fixture, fixture->standby, bond->mac);
    assert_mac(fixture, fixture->primary, bond->mac);
    engine_run_to_end(fixture, "complete", "attached");
    engine_assert_attached(fixture, TRUE);
    assert_mac(fixture, fixture->primary, bond->mac);
    assert_mac(fixture, fixture->standby, ENGINE_STANDBY_MAC);
}

/* Each port keeps its own, and the bond takes the active one's. */
static void
test_active(EngineFixture *fixture, gconstpointer data)
{
    set_fail_over_mac(fixture, "active");
    engine_run(fixture, "prepare", "done", "detached");
    assert_mac(fixture, "bond0", ENGINE_STANDBY_MAC);
    engine_run_to_end(fixture, "complete", "attached");
    engine_assert_attached(fixture, TRUE);
    assert_mac(fixture, "bond0", ENGINE_PRIMARY_MAC);
    assert_mac(fixture, fixture->standby, ENGINE_STANDBY_MAC);
}

static gboolean
is_promiscuous(const char *name)
{
    g_autofree char *path = g_strdup_printf("/sys/class/net/%s/flags", name);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return (g_ascii_strtoull(text, NULL, 16) & IFF_PROMISC) != 0;
}

static void
test_macvlan(EngineFixture *fixture, gconstpointer data)
{
    engine_ip("link add link bond0 name above type macvlan mode bridge");
    engine_ip("link set above up");
    switch_traffic(fixture);
    g_assert_true(is_promiscuous(fixture->primary));
    engine_run_to_end(fixture, "cancel", "attached");
    engine_assert_attached(fixture, TRUE);
    g_assert_false(is_promiscuous(fixture->primary));
    g_assert_false(is_promiscuous(fixture->standby));
}

static gboolean
bond_is_learnt_from(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");

    return bond->bridge_learning;
}

/* As after a switch by an engine that was killed: the record knows what is to be put back. data:
 * the command that does it. */
static void
test_bridge(EngineFixture *fixture, gconstpointer data)
{
    engine_ip("link add above type bridge forward_delay 0");
    engine_ip("link set bond0 master above");
    engine_ip("link set above up");
    g_assert_true(bond_is_learnt_from(fixture));
    switch_traffic(fixture);
    g_assert_true(is_promiscuous(fixture->primary));
    g_assert_false(bond_is_learnt_from(fixture));
    engine_stop(fixture);
    engine_start(fixture);
    g_assert_false(bond_is_learnt_from(fixture));
    engine_run_to_end(fixture, data, g_str_equal(data, "cancel") ? "attached" : "detached");
    g_assert_true(bond_is_learnt_from(fixture));
    engine_ip("link del above");
}

static void
test_nothing_above(EngineFixture *fixture, gconstpointer data)
{
    switch_traffic(fixture);
    g_assert_false(is_promiscuous(fixture->primary));
    g_assert_false(is_promiscuous(fixture->standby));
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func)                                                                      \
    g_test_add(path, EngineFixture, data, engine_set_up, func, engine_tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/engine/addresses/fail-over-mac/follow", NULL, test_follow);
    ADD("/engine/addresses/fail-over-mac/follow-cycle", NULL, test_follow_cycle);
    ADD("/engine/addresses/fail-over-mac/active", NULL, test_active);
    ADD("/engine/addresses/macvlan", NULL, test_macvlan);
    ADD("/engine/addresses/bridge/cancel", "cancel", test_bridge);
    ADD("/engine/addresses/bridge/prepare", "prepare", test_bridge);
    ADD("/engine/addresses/nothing-above", NULL, test_nothing_above);
    return g_test_run();
#undef ADD
}
