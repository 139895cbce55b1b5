/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine between the commands: a NIC that is put back, unplugged, plugged in again; an engine
 * that is restarted; a complete that waits.
 */
#include "tests/backend/engine.h"
#include "tests/backend/network.h"

static void
iterate_for(gint64 seconds)
{
    gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;

    while (g_get_monotonic_time() < end)
        g_main_context_iteration(NULL, FALSE);
}

/* Somebody puts the NIC back: it is taken out again, and in the end left alone with a reason. */
static void
test_hold(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    for (int i = 0; i < 3; i++) {
        engine_ip("link set %s down", fixture->primary);
        engine_ip("link set %s master bond0", fixture->primary);
        engine_wait(fixture, engine_primary_is_out, "the primary is taken out again");
        engine_wait(fixture, engine_is_quiet, "the hold is over");
        engine_assert_detached(fixture);
    }
    engine_ip("link set %s down", fixture->primary);
    engine_ip("link set %s master bond0", fixture->primary);
    iterate_for(1);
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    JsonObject *device = engine_device(json_object_get_object_member(info, "operation"));
    g_assert_cmpstr(
        json_object_get_string_member(json_object_get_object_member(device, "reason"), "code"),
        ==,
        "manager-undid");
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");
    g_assert_cmpint(bond->bond->active, ==, engine_index(fixture, fixture->standby));
    engine_run(fixture, "prepare", "done", "detached");
    engine_assert_detached(fixture);
}

static gboolean
standby_has_link(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) link = engine_link(fixture, fixture->standby);

    return link->carrier && link->bond_port && link->bond_port->mii == GNF_MII_UP;
}

/* Somebody puts the NIC back while the standby has no link: what query says of it. */
static void
put_back_without_standby(EngineFixture *fixture)
{
    engine_ip("link set %s down", fixture->standby);
    engine_ip("link set %s down", fixture->primary);
    engine_ip("link set %s master bond0", fixture->primary);
    iterate_for(1);
}

/* The guest is connected by the NIC alone, and the host is told not to unplug it. */
static void
assert_left_in(EngineFixture *fixture, const char *code)
{
    g_autoptr(GnfLink) primary = engine_link(fixture, fixture->primary);
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    JsonObject *operation = json_object_get_object_member(info, "operation");

    g_assert_cmpint(primary->controller, ==, fixture->bond);
    engine_assert_report(operation, "failed", "switched");
    g_assert_cmpstr(json_object_get_string_member(
                        json_object_get_object_member(engine_device(operation), "reason"), "code"),
                    ==,
                    code);
}

/* Out again by the engine's own doing, and the host is told so. */
static void
assert_taken_out(EngineFixture *fixture)
{
    engine_wait(fixture, engine_primary_is_out, "the primary is taken out again");
    engine_wait(fixture, engine_is_quiet, "the hold is over");
    engine_assert_detached(fixture);
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    JsonObject *operation = json_object_get_object_member(info, "operation");
    engine_assert_report(operation, "done", "detached");
    g_assert_false(json_object_has_member(engine_device(operation), "reason"));
}

/* The standby has lost its link, and somebody puts the NIC back to save the guest: it stays until
 * the standby can carry the traffic again, however often that goes wrong. */
static void
test_hold_without_standby(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    for (int i = 0; i < 3; i++) {
        put_back_without_standby(fixture);
        assert_left_in(fixture, "no-standby");
        engine_ip("link set %s up", fixture->standby);
        assert_taken_out(fixture);
    }
    put_back_without_standby(fixture);
    assert_left_in(fixture, "no-standby");
    engine_ip("link set %s up", fixture->standby);
    iterate_for(1);
    assert_left_in(fixture, "manager-undid");
    engine_run(fixture, "prepare", "done", "detached");
}

static gboolean
standby_carries(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");

    return bond->bond->active == engine_index(fixture, fixture->standby);
}

/* The standby comes back, and fails again while the NIC runs dry; it is the hold that gives it the
 * traffic in between, not the kernel. */
static void
test_hold_standby_fails(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_ip("link set bond0 type bond primary_reselect failure");
    put_back_without_standby(fixture);
    engine_wait(fixture, engine_is_quiet, "the NIC has its link");
    iterate_for(3);
    assert_left_in(fixture, "no-standby");
    engine_ip("link set %s up", fixture->standby);
    engine_wait(fixture, standby_carries, "the hold gives the standby the traffic");
    engine_ip("link set %s down", fixture->standby);
    iterate_for(2);
    engine_wait(fixture, engine_is_quiet, "the hold has seen it");
    assert_left_in(fixture, "no-standby");
    engine_ip("link set %s up", fixture->standby);
    assert_taken_out(fixture);
}

/* What was put back and is left in is the engine's business no more when the host cancels. */
static void
test_cancel_put_back(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    put_back_without_standby(fixture);
    engine_run_to_end(fixture, "cancel", "attached");
    engine_ip("link set %s up", fixture->standby);
    engine_wait(fixture, standby_has_link, "the standby has a link");
    iterate_for(1);
    engine_assert_attached(fixture, TRUE);
}

/* Nor is there anything to say of it when it is unplugged all the same. */
static void
test_unplug_put_back(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    put_back_without_standby(fixture);
    engine_unplug(fixture);
    engine_ip("link set %s up", fixture->standby);
    engine_wait(fixture, standby_has_link, "the standby has a link");
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    JsonObject *operation = json_object_get_object_member(info, "operation");
    engine_assert_report(operation, "done", "absent");
    g_assert_false(json_object_has_member(engine_device(operation), "reason"));
    engine_plug(fixture);
    engine_run_to_end(fixture, "complete", "attached");
}

/* Somebody makes the bond anew, and puts the NIC into it first. */
static void
test_bond_made_anew_with_nic(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_ip("link del bond0");
    engine_ip("link add bond0 type bond mode active-backup miimon 20");
    fixture->bond = engine_index(fixture, "bond0");
    engine_ip("link set %s down", fixture->primary);
    engine_ip("link set %s master bond0", fixture->primary);
    engine_ip("link set bond0 up");
    iterate_for(1);
    assert_left_in(fixture, "no-standby");
    engine_ip("link set %s down", fixture->standby);
    engine_ip("link set %s master bond0", fixture->standby);
    assert_taken_out(fixture);
    engine_run_to_end(fixture, "complete", "attached");
}

/* The engine that left it in is not the one that takes it out. */
static void
test_restart_put_back(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    put_back_without_standby(fixture);
    engine_stop(fixture);
    engine_ip("link set %s up", fixture->standby);
    engine_wait(fixture, standby_has_link, "the standby has a link");
    engine_start(fixture);
    assert_taken_out(fixture);
}

/* The bond is made anew while the NIC is away: it is the same one to us, by its name, though
 * something else has its ifindex now. */
static void
test_bond_made_anew(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_ip("link del bond0");
    engine_ip("link add other index %d type dummy", fixture->bond);
    engine_ip("link add bond0 type bond mode active-backup miimon 20");
    engine_ip("link set %s down", fixture->standby);
    engine_ip("link set %s master bond0", fixture->standby);
    engine_ip("link set bond0 up");
    fixture->bond = engine_index(fixture, "bond0");
    engine_wait(fixture, standby_has_link, "the standby has a link");
    engine_run_to_end(fixture, "complete", "attached");
    g_autoptr(GnfLink) primary = engine_link(fixture, fixture->primary);
    g_assert_cmpint(primary->controller, ==, fixture->bond);
    engine_ip("link del other");
}

/* A cancel that names another operation changes nothing: the complete goes on waiting. */
static void
test_cancel_of_another(EngineFixture *fixture, gconstpointer data)
{
    char *waiting = NULL;

    engine_run(fixture, "prepare", "done", "detached");
    engine_unplug(fixture);
    engine_send(fixture, "complete", "{\"timeout-ms\": 60000}", &waiting);
    engine_assert_refused(
        fixture, "cancel", "{\"operation\": \"another\"}", "invalid-argument: operation");
    g_assert_null(waiting);
    engine_plug(fixture);
    g_autoptr(JsonObject) ended = engine_receive(&waiting);
    engine_assert_report(json_object_get_object_member(ended, "return"), "done", "attached");
    engine_assert_attached(fixture, TRUE);
}

/* The engine dies and comes back: the record says where things stand. */
static void
test_restart(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_stop(fixture);
    engine_start(fixture);
    engine_run(fixture, "prepare", "done", "detached");
    engine_run_to_end(fixture, "complete", "attached");
    engine_assert_attached(fixture, TRUE);
}

/* Put back while the engine was away: seen at its start. */
static void
test_restart_holds(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_stop(fixture);
    engine_ip("link set %s down", fixture->primary);
    engine_ip("link set %s master bond0", fixture->primary);
    engine_start(fixture);
    engine_wait(fixture, engine_primary_is_out, "the primary is taken out again");
}

static void
test_revert(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) report = engine_call(fixture, "prepare", "{\"revert-after-ms\": 300}");

    engine_assert_report(report, "done", "detached");
    engine_assert_detached(fixture);
    engine_wait(fixture, engine_primary_is_back, "the primary goes back by itself");
    engine_assert_attached(fixture, TRUE);
}

/* Complete before the plug: it answers `waiting` in time, goes on, and is done when asked again. */
static void
test_complete_waits(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_unplug(fixture);
    gint64 begin = g_get_monotonic_time();
    g_autoptr(JsonObject) report = engine_call(fixture, "complete", "{\"timeout-ms\": 300}");
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
    engine_assert_report(report, "waiting", "absent");
    g_assert_cmpstr(json_object_get_string_member(
                        json_object_get_object_member(engine_device(report), "reason"), "code"),
                    ==,
                    "no-such-device");
    engine_plug(fixture);
    engine_run_to_end(fixture, "complete", "attached");
    engine_assert_attached(fixture, TRUE);
}

/* The host lost the first answer: asked again after the unplug, prepare says the same. */
static void
test_prepare_after_unplug(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_unplug(fixture);
    engine_run(fixture, "prepare", "done", "absent");
    engine_run(fixture, "prepare", "done", "absent");
    engine_plug(fixture);
    engine_run_to_end(fixture, "complete", "attached");
    engine_assert_attached(fixture, TRUE);
}

/* Nobody calls complete: the NIC with the same address is put back all the same. */
static void
test_returns_by_itself(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_unplug(fixture);
    engine_plug(fixture);
    engine_wait(fixture, engine_primary_is_back, "the primary is completed by the engine");
    engine_assert_attached(fixture, TRUE);
}

static gboolean
waits_for_link(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) primary = engine_link(fixture, fixture->primary);

    return primary->controller == fixture->bond && primary->bond_port->mii != GNF_MII_UP;
}

/* Somebody gives the NIC the traffic before its link is there, as networkd does by PrimarySlave=:
 * before it is a port, by its name, and once it is. It goes there when the link is proven. */
static void
keep_traffic(EngineFixture *fixture)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_ip("link set %s down", fixture->primary);
    engine_ip("link set bond0 type bond updelay 1000");
    engine_ip("link set bond0 type bond primary %s", fixture->primary);
    char *reply = NULL;
    engine_send(fixture, "complete", "{\"timeout-ms\": 20000}", &reply);
    engine_wait(fixture, waits_for_link, "the primary is in, without a link");
    engine_wait(fixture, engine_option_names_standby, "the standby is kept");
    engine_ip("link set bond0 type bond primary %s", fixture->primary);
    engine_wait(fixture, engine_option_names_standby, "the standby is kept again");
    g_assert_true(waits_for_link(fixture));
    g_autoptr(JsonObject) ended = engine_receive(&reply);
    engine_assert_report(json_object_get_object_member(ended, "return"), "done", "attached");
    engine_assert_attached(fixture, TRUE);
}

static void
test_keeps_traffic(EngineFixture *fixture, gconstpointer data)
{
    keep_traffic(fixture);
}

/* The policy is not asked where a port is named. */
static void
test_keeps_traffic_by_failure(EngineFixture *fixture, gconstpointer data)
{
    engine_ip("link set bond0 type bond primary_reselect failure");
    keep_traffic(fixture);
}

/* A cancel ends a complete that waits, and forgets the NIC that is gone; the bond is healthy. */
static void
test_cancel_forgets(EngineFixture *fixture, gconstpointer data)
{
    char *waiting = NULL;

    engine_run(fixture, "prepare", "done", "detached");
    engine_unplug(fixture);
    engine_send(fixture, "complete", "{\"timeout-ms\": 60000}", &waiting);
    engine_run(fixture, "cancel", "done", "absent");
    g_autoptr(JsonObject) ended = engine_receive(&waiting);
    g_assert_cmpstr(
        json_object_get_string_member(json_object_get_object_member(ended, "return"), "status"),
        ==,
        "failed");
    g_assert_true(gnf_engine_is_idle(fixture->engine));
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");
    g_assert_cmpint(bond->bond->active, ==, engine_index(fixture, fixture->standby));
    g_assert_cmpint(bond->bond->primary, ==, 0);
    g_assert_true(bond->carrier);
    engine_plug(fixture);
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func)                                                                      \
    g_test_add(path, EngineFixture, data, engine_set_up, func, engine_tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/engine/cancel/forgets-what-is-gone", NULL, test_cancel_forgets);
    ADD("/engine/cancel/of-another-operation", NULL, test_cancel_of_another);
    ADD("/engine/hold/put-back-by-somebody", NULL, test_hold);
    ADD("/engine/hold/put-back-without-standby", NULL, test_hold_without_standby);
    ADD("/engine/hold/standby-fails-once-more", NULL, test_hold_standby_fails);
    ADD("/engine/hold/put-back-and-cancelled", NULL, test_cancel_put_back);
    ADD("/engine/hold/put-back-and-unplugged", NULL, test_unplug_put_back);
    ADD("/engine/hold/bond-made-anew", NULL, test_bond_made_anew);
    ADD("/engine/hold/bond-made-anew-with-the-nic-first", NULL, test_bond_made_anew_with_nic);
    ADD("/engine/hold/revert-after", NULL, test_revert);
    ADD("/engine/hold/prepare-after-unplug", NULL, test_prepare_after_unplug);
    ADD("/engine/hold/returns-by-itself", NULL, test_returns_by_itself);
    ADD("/engine/complete/waits-for-the-plug", NULL, test_complete_waits);
    ADD("/engine/complete/keeps-the-traffic-until-the-link", NULL, test_keeps_traffic);
    ADD("/engine/complete/keeps-the-traffic/reselect-failure", NULL, test_keeps_traffic_by_failure);
    ADD("/engine/restart/detached", NULL, test_restart);
    ADD("/engine/restart/put-back-meanwhile", NULL, test_restart_holds);
    ADD("/engine/restart/left-in-meanwhile", NULL, test_restart_put_back);
    return g_test_run();
#undef ADD
}
