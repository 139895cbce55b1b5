/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine that ends in the middle of a command, and the next one that finds its record. What a
 * killed engine leaves is made by hand here: the record of a step, and the kernel as it was then.
 */
#include <unistd.h>

#include <glib/gstdio.h>

#include "netlink/bond.h"
#include "tests/backend/engine.h"
#include "tests/backend/network.h"

/* The engine dies: the record is put back to what it was in the middle of the verb. */
static void
kill_in(EngineFixture *fixture, const char *verb, const char *state)
{
    g_autoptr(JsonParser) parser = json_parser_new();

    engine_stop(fixture);
    g_assert_true(json_parser_load_from_file(parser, fixture->record, NULL));
    JsonNode *root = json_parser_get_root(parser);
    JsonObject *operation = json_node_get_object(root);
    JsonObject *device = engine_device(operation);
    json_object_set_string_member(operation, "verb", verb);
    json_object_set_string_member(operation, "status", "waiting");
    json_object_set_boolean_member(operation, "finished", FALSE);
    json_object_set_string_member(device, "state", state);
    json_object_set_boolean_member(device, "forgotten", FALSE);
    json_object_remove_member(device, "elapsed-us");
    g_autofree char *text = json_to_string(root, FALSE);
    g_assert_true(g_file_set_contents(fixture->record, text, -1, NULL));
}

static void
assert_operation(EngineFixture *fixture, const char *status, const char *state, const char *code)
{
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    JsonObject *operation = json_object_get_object_member(info, "operation");
    JsonObject *device = engine_device(operation);

    engine_assert_report(operation, status, state);
    g_assert_cmpint(json_object_has_member(device, "reason"), ==, code != NULL);
    if (code)
        g_assert_cmpstr(
            json_object_get_string_member(json_object_get_object_member(device, "reason"), "code"),
            ==,
            code);
}

static void
test_before_switch(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_run_to_end(fixture, "cancel", "attached");
    kill_in(fixture, "prepare", "attached");
    g_assert_true(gnf_bond_set_all_slaves_active(fixture->netlink, fixture->bond, TRUE, NULL));
    engine_start(fixture);
    assert_operation(fixture, "failed", "attached", "interrupted");
    g_assert_true(gnf_engine_is_idle(fixture->engine));
    engine_assert_attached(fixture, TRUE);
    engine_run(fixture, "prepare", "done", "detached");
}

static void
test_after_switch(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) report = engine_call(fixture, "prepare", "{\"stage\": \"switch\"}");

    engine_assert_report(report, "done", "switched");
    kill_in(fixture, "prepare", "attached"); /* it died before it could write the move down */
    engine_start(fixture);
    assert_operation(fixture, "failed", "switched", "interrupted");
    if (g_strcmp0(data, "cancel") == 0) {
        engine_run_to_end(fixture, "cancel", "attached");
        engine_assert_attached(fixture, TRUE);
    } else {
        engine_run(fixture, "prepare", "done", "detached");
        engine_assert_detached(fixture);
    }
}

/* The manager had taken it out, and nobody had written it down. */
static void
test_after_detach(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    kill_in(fixture, "prepare", "switched");
    engine_start(fixture);
    assert_operation(fixture, "done", "detached", NULL);
    engine_assert_detached(fixture);
    engine_run(fixture, "prepare", "done", "detached");
}

static void
test_unplugged_meanwhile(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    kill_in(fixture, "prepare", "switched");
    engine_unplug(fixture);
    engine_start(fixture);
    assert_operation(fixture, "done", "absent", NULL);
    engine_plug(fixture);
    engine_run_to_end(fixture, "complete", "attached");
}

/* A complete or a cancel goes on though nobody asks. */
static void
test_goes_on(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    kill_in(fixture, data, "present");
    engine_start(fixture);
    engine_wait(fixture, engine_primary_is_back, "the primary is back");
    assert_operation(fixture, "done", "attached", NULL);
    engine_assert_attached(fixture, TRUE);
    engine_run(fixture, data, "done", "attached");
}

static gboolean
is_idle(const EngineFixture *fixture)
{
    return gnf_engine_is_idle(fixture->engine);
}

/* Killed in a cancel that only forgets, before and after the bond's options were put back. */
static void
test_forgetting(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_unplug(fixture);
    engine_run(fixture, "prepare", "done", "absent");
    if (g_strcmp0(data, "after") == 0)
        engine_run(fixture, "cancel", "done", "absent");
    kill_in(fixture, "cancel", "absent");
    engine_start(fixture);
    engine_wait(fixture, is_idle, "the NIC is forgotten");
    assert_operation(fixture, "done", "absent", NULL);
    engine_run(fixture, "cancel", "done", "absent");
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");
    g_assert_cmpint(bond->bond->primary, ==, 0);
    g_assert_true(bond->carrier);
    engine_plug(fixture);
}

/* Told to end while it waits for a NIC: the next one waits on. */
static void
test_stopped_waiting(EngineFixture *fixture, gconstpointer data)
{
    char *waiting = NULL;

    engine_run(fixture, "prepare", "done", "detached");
    engine_unplug(fixture);
    engine_send(fixture, "complete", "{\"timeout-ms\": 60000}", &waiting);
    engine_stop(fixture);
    g_autoptr(JsonObject) left = engine_receive(&waiting);
    engine_assert_report(json_object_get_object_member(left, "return"), "waiting", "absent");
    engine_start(fixture);
    engine_assert_refused(fixture, "prepare", NULL, "busy: guest-net-failover-complete");
    engine_plug(fixture);
    engine_run_to_end(fixture, "complete", "attached");
    engine_assert_attached(fixture, TRUE);
}

/* revert-after-ms holds for a prepare that was killed, too. */
static void
test_revert(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) report =
        engine_call(fixture, "prepare", "{\"stage\": \"switch\", \"revert-after-ms\": 400}");

    engine_assert_report(report, "done", "switched");
    kill_in(fixture, "prepare", "switched");
    engine_start(fixture);
    engine_wait(fixture, is_idle, "the primary goes back by itself");
    engine_assert_attached(fixture, TRUE);
}

/* Rebooted since: the record is gone, and the host is told so in words. */
static void
test_rebooted(EngineFixture *fixture, gconstpointer data)
{
    engine_stop(fixture);
    (void)g_unlink(fixture->record);
    engine_start(fixture);
    g_autoptr(JsonObject) report = engine_call(fixture, "complete", "{\"operation\": \"x\"}");
    JsonObject *warning =
        json_array_get_object_element(json_object_get_array_member(report, "warnings"), 0);
    g_assert_cmpstr(json_object_get_string_member(warning, "code"), ==, "operation-unknown");
    g_assert_nonnull(strstr(json_object_get_string_member(warning, "detail"), "rebooted"));
    engine_run(fixture, "prepare", "done", "detached");
    engine_run_to_end(fixture, "cancel", "attached");
    g_autoptr(JsonObject) after = engine_call(fixture, "complete", NULL);
    warning = json_array_get_object_element(json_object_get_array_member(after, "warnings"), 0);
    g_assert_nonnull(
        strstr(json_object_get_string_member(warning, "detail"), "guest-net-failover-cancel"));
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func)                                                                      \
    g_test_add(path, EngineFixture, data, engine_set_up, func, engine_tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/engine/resume/prepare/before-the-switch", NULL, test_before_switch);
    ADD("/engine/resume/prepare/after-the-switch", NULL, test_after_switch);
    ADD("/engine/resume/prepare/after-the-switch/cancel", "cancel", test_after_switch);
    ADD("/engine/resume/prepare/after-the-detach", NULL, test_after_detach);
    ADD("/engine/resume/prepare/unplugged-meanwhile", NULL, test_unplugged_meanwhile);
    ADD("/engine/resume/prepare/revert-after", NULL, test_revert);
    ADD("/engine/resume/complete/goes-on", "complete", test_goes_on);
    ADD("/engine/resume/complete/stopped-while-it-waits", NULL, test_stopped_waiting);
    ADD("/engine/resume/complete/rebooted", NULL, test_rebooted);
    ADD("/engine/resume/cancel/goes-on", "cancel", test_goes_on);
    ADD("/engine/resume/cancel/before-it-forgot", "before", test_forgetting);
    ADD("/engine/resume/cancel/after-it-forgot", "after", test_forgetting);
    return g_test_run();
#undef ADD
}
