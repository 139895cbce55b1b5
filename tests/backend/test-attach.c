/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attach by itself (failover/attach.h), on the bond of engine.h and without an engine.
 */
#include "failover/attach.h"

#include <unistd.h>

#include "failover/drain.h"
#include "failover/error.h"
#include "failover/hold.h"
#include "netlink/bond.h"
#include "tests/backend/engine.h"
#include "tests/backend/network.h"
#include "tests/backend/wire.h"

typedef struct {
    EngineFixture engine; /* has to be first: the fixture of engine.h */
    GnfContext context;
    GnfOperationDevice *device;
    GAsyncResult *result; /* when the attach has ended */
} Attaching;

/* The primary is out of its bond, which it sent through, and is to go back. */
static void
set_up(Attaching *attaching, gconstpointer data)
{
    EngineFixture *engine = &attaching->engine;
    GnfContext *context = &attaching->context;
    GnfOperationDevice *device = gnf_operation_device_new();

    engine_set_up(engine, "none");
    engine_stop(engine);
    engine_ip("link set %s nomaster", engine->primary);
    context->netlink = gnf_netlink_new(NULL);
    context->watch = gnf_watch_new(NULL);
    context->managers = gnf_managers_new(context->netlink, "/nonexistent");
    context->record_path = g_strdup(engine->record);
    context->operation = gnf_operation_new();
    context->operation->id = g_strdup("test");
    g_ptr_array_add(context->operation->devices, device);
    device->interface = g_strdup(engine->primary);
    device->old_interface = g_strdup(engine->primary);
    device->ifindex = engine_index(engine, engine->primary);
    device->mac = g_strdup(ENGINE_PRIMARY_MAC);
    device->bond.interface = g_strdup("bond0");
    device->bond.ifindex = engine->bond;
    device->bond.mode = GNF_BOND_MODE_ACTIVE_BACKUP;
    device->manager = GNF_MANAGER_NONE;
    device->standby = g_strdup(engine->standby);
    device->standby_ifindex = engine_index(engine, engine->standby);
    device->state = GNF_STATE_DETACHED;
    device->was_active = TRUE;
    attaching->device = device;
}

static void
tear_down(Attaching *attaching, gconstpointer data)
{
    GnfContext *context = &attaching->context;

    g_clear_object(&attaching->result);
    gnf_operation_free(context->operation);
    gnf_managers_free(context->managers);
    gnf_watch_free(context->watch);
    gnf_netlink_free(context->netlink);
    g_free(context->record_path);
    engine_tear_down(&attaching->engine, NULL);
}

static void
on_attached(GObject *source, GAsyncResult *result, gpointer data)
{
    Attaching *attaching = data;

    attaching->result = g_object_ref(result);
}

static gboolean
has_ended(const EngineFixture *fixture)
{
    return ((const Attaching *)fixture)->result != NULL;
}

static gboolean
is_in(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) link = engine_link(fixture, fixture->primary);

    return link->controller == fixture->bond;
}

/* While it waits for the link the NIC goes, and another device's end sees that first. */
static void
test_gone_seen_by_others(Attaching *attaching, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    gnf_attach_async(&attaching->context, attaching->device, NULL, on_attached, attaching);
    engine_wait(&attaching->engine, is_in, "the NIC is in the bond");
    network_write("/sys/bus/pci/devices/" ENGINE_PCI_ADDRESS "/remove", "1");
    gnf_hold_refresh(&attaching->context);
    g_assert_cmpint(attaching->device->state, ==, GNF_STATE_ABSENT);
    engine_wait(&attaching->engine, has_ended, "the attach has ended");
    g_assert_false(gnf_attach_finish(attaching->result, &error));
    g_assert_error(error, GNF_ERROR, GNF_REASON_CODE_NO_SUCH_DEVICE);
    engine_plug(&attaching->engine);
}

static gboolean
send_to_third(gpointer data)
{
    static const guint8 frame[60] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0x99, 0x88, 0xb5};

    wire_send("peer", frame, sizeof frame);
    return G_SOURCE_CONTINUE;
}

static gboolean
third_has_traffic(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");

    return bond->bond->active == engine_index(fixture, "third");
}

static guint64
elapsed_us(const GnfOperationDevice *device, GnfStep step)
{
    for (guint i = 0; i < device->steps->len; i++) {
        const GnfStepDone *done = &g_array_index(device->steps, GnfStepDone, i);
        if (done->step == step)
            return done->elapsed_us;
    }
    g_error("no step %s", gnf_step_to_string(step));
}

/* The bond sent through neither: what is still on its way there is waited for, to the limit. */
static void
test_drains_third_port(Attaching *attaching, gconstpointer data)
{
    EngineFixture *engine = &attaching->engine;
    guint source = g_timeout_add(10, send_to_third, NULL);

    engine_ip("link add third type veth peer name peer");
    engine_ip("link set peer up");
    engine_ip("link set third master bond0");
    engine_ip("link set bond0 type bond primary third");
    engine_wait(engine, third_has_traffic, "the third port has the traffic");
    gnf_attach_async(&attaching->context, attaching->device, NULL, on_attached, attaching);
    engine_wait(engine, has_ended, "the attach has ended");
    g_assert_true(gnf_attach_finish(attaching->result, NULL));
    engine_assert_attached(engine, FALSE);
    g_assert_cmpuint(elapsed_us(attaching->device, GNF_STEP_DRAIN), >=, GNF_DRAIN_LIMIT_MS * 1000);
    g_source_remove(source);
    engine_ip("link del third");
}

/* The NIC was the bond's primary option by its name already, and is no sooner in than it would get
 * the traffic: there is no event of that. */
static void
test_keeps_traffic(Attaching *attaching, gconstpointer data)
{
    EngineFixture *engine = &attaching->engine;

    engine_ip("link set bond0 type bond primary %s", engine->primary);
    gnf_attach_async(&attaching->context, attaching->device, NULL, on_attached, attaching);
    engine_wait(engine, engine_option_names_standby, "the standby is kept");
    engine_wait(engine, has_ended, "the attach has ended");
    g_assert_true(gnf_attach_finish(attaching->result, NULL));
    engine_assert_attached(engine, FALSE);
}

int
main(int argc, char **argv)
{
#define ADD(path, func) g_test_add(path, Attaching, NULL, set_up, func, tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/attach/gone-seen-by-others-first", test_gone_seen_by_others);
    ADD("/attach/drains-the-port-that-had-the-traffic", test_drains_third_port);
    ADD("/attach/keeps-the-traffic-until-the-link", test_keeps_traffic);
    return g_test_run();
#undef ADD
}
