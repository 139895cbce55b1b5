/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See fake-bus.h.
 */
#include "tests/backend/fake-bus.h"

#define UNIT_PATH "/org/freedesktop/systemd1/unit/ifup_40port0_2eservice"

static const char unit_xml[] = "<node><interface name='org.freedesktop.systemd1.Unit'>"
                               "<property name='ActiveState' type='s' access='read'/>"
                               "<property name='Job' type='(uo)' access='read'/>"
                               "</interface></node>";
static const char manager_xml[] = "<node><interface name='org.freedesktop.systemd1.Manager'>"
                                  "<method name='Subscribe'/>"
                                  "<method name='GetUnit'><arg type='s' direction='in'/>"
                                  "<arg type='o' direction='out'/></method>"
                                  "</interface></node>";

/* NOLINTBEGIN(readability-function-size): GDBusInterfaceVTable's have that many parameters. */
static GVariant *
get_property(GDBusConnection *connection,
             const char *sender,
             const char *path,
             const char *interface,
             const char *property,
             GError **error,
             gpointer user_data)
{
    const FakeBus *bus = user_data;

    if (g_str_equal(property, "ActiveState"))
        return g_variant_new_string(bus->unit_state);
    return g_variant_new("(uo)", bus->unit_job, bus->unit_job ? "/job" : "/");
}

static void
call_method(GDBusConnection *connection,
            const char *sender,
            const char *path,
            const char *interface,
            const char *method,
            GVariant *arguments,
            GDBusMethodInvocation *invocation,
            gpointer user_data)
{
    const char *name = NULL;

    if (g_str_equal(method, "Subscribe")) {
        g_dbus_method_invocation_return_value(invocation, NULL);
        return;
    }
    g_variant_get(arguments, "(&s)", &name);
    if (g_str_equal(name, "ifup@port0.service"))
        g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", UNIT_PATH));
    else
        g_dbus_method_invocation_return_dbus_error(
            invocation, "org.freedesktop.systemd1.NoSuchUnit", "not loaded");
}
/* NOLINTEND(readability-function-size) */

static const GDBusInterfaceVTable unit_vtable = {.get_property = get_property};
static const GDBusInterfaceVTable manager_vtable = {.method_call = call_method};

static guint
own_object(FakeBus *bus, const char *path, const char *xml, const GDBusInterfaceVTable *vtable)
{
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(xml, NULL);
    guint id = g_dbus_connection_register_object(
        bus->services, path, node->interfaces[0], vtable, bus, NULL, NULL);

    g_assert_cmpuint(id, >, 0);
    return id;
}

void
fake_bus_own_name(const FakeBus *bus, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answer = g_dbus_connection_call_sync(bus->services,
                                                             "org.freedesktop.DBus",
                                                             "/org/freedesktop/DBus",
                                                             "org.freedesktop.DBus",
                                                             "RequestName",
                                                             g_variant_new("(su)", name, 0),
                                                             NULL,
                                                             G_DBUS_CALL_FLAGS_NONE,
                                                             -1,
                                                             NULL,
                                                             &error);

    g_assert_no_error(error);
}

void
fake_bus_start(FakeBus *bus)
{
    g_autoptr(GError) error = NULL;
    const char *address = NULL;

    bus->daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(bus->daemon);
    address = g_test_dbus_get_bus_address(bus->daemon);
    g_setenv("DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);
    bus->services =
        g_dbus_connection_new_for_address_sync(address,
                                               G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                   G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                               NULL,
                                               NULL,
                                               &error);
    g_assert_no_error(error);
}

void
fake_bus_start_systemd(FakeBus *bus, const char *state, guint32 job)
{
    fake_bus_start(bus);
    bus->unit_state = state;
    bus->unit_job = job;
    bus->objects[0] = own_object(bus, UNIT_PATH, unit_xml, &unit_vtable);
    bus->objects[1] = own_object(bus, "/org/freedesktop/systemd1", manager_xml, &manager_vtable);
    fake_bus_own_name(bus, "org.freedesktop.systemd1");
}

void
fake_bus_change_unit(FakeBus *bus, const char *state, guint32 job)
{
    g_autoptr(GError) error = NULL;
    GVariantBuilder changed;

    bus->unit_state = state;
    bus->unit_job = job;
    g_variant_builder_init(&changed, G_VARIANT_TYPE("a{sv}"));
    g_dbus_connection_emit_signal(
        bus->services,
        NULL,
        UNIT_PATH,
        "org.freedesktop.DBus.Properties",
        "PropertiesChanged",
        g_variant_new("(sa{sv}as)", "org.freedesktop.systemd1.Unit", &changed, NULL),
        &error);
    g_assert_no_error(error);
}

void
fake_bus_stop(FakeBus *bus)
{
    if (!bus->daemon)
        return;
    /* A question that waits in the main context is not put to a bus that is gone. */
    for (gsize i = 0; i < G_N_ELEMENTS(bus->objects); i++)
        if (bus->objects[i])
            g_dbus_connection_unregister_object(bus->services, bus->objects[i]);
    g_dbus_connection_close_sync(bus->services, NULL, NULL);
    g_clear_object(&bus->services);
    g_test_dbus_down(bus->daemon);
    g_clear_object(&bus->daemon);
}
