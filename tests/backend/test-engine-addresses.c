/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the bond's ports take in while the traffic moves between them: frames for the MACs of what
 * stands on the bond.
 */
#include <net/if.h>

#include "tests/backend/engine.h"
#include "tests/backend/network.h"

static void
switch_traffic(EngineFixture *fixture)
{
    g_autoptr(JsonObject) report = engine_call(fixture, "prepare", "{\"stage\": \"switch\"}");

    engine_assert_report(report, "done", "switched");
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
    ADD("/engine/addresses/macvlan", NULL, test_macvlan);
    ADD("/engine/addresses/bridge/cancel", "cancel", test_bridge);
    ADD("/engine/addresses/bridge/prepare", "prepare", test_bridge);
    ADD("/engine/addresses/nothing-above", NULL, test_nothing_above);
    return g_test_run();
#undef ADD
}
