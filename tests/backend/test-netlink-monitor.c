/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Link events, as the kernel sends them for real changes.
 */
#include "netlink/monitor.h"

#include <string.h>

#include "netlink/bond.h"
#include "tests/backend/network.h"

/* What a test waits for, and what came. */
typedef struct {
    GnfLinkMonitor *monitor;
    GnfLinkEventType type;
    const char *name;  /* NULL: any */
    int ifindex;       /* 0: any */
    gboolean has_port; /* the link has a bond port part */
    guint matches;
    guint total;
    gboolean free_on_match;
} Watch;

static gboolean
matches(const Watch *watch, const GnfLinkEvent *event)
{
    if (event->type != watch->type)
        return FALSE;
    if (watch->name && (!event->link || strcmp(event->link->name, watch->name) != 0))
        return FALSE;
    if (watch->has_port && !event->link->bond_port)
        return FALSE;
    return watch->ifindex == 0 || event->ifindex == watch->ifindex;
}

static void
on_event(const GnfLinkEvent *event, gpointer user_data)
{
    Watch *watch = user_data;
    gboolean is_whole = event->type == GNF_LINK_EVENT_NEW || event->type == GNF_LINK_EVENT_DEL;

    g_assert_true(is_whole == (event->link != NULL));
    g_assert_true((event->type == GNF_LINK_EVENT_OVERRUN) == (event->ifindex == 0));
    watch->total++;
    if (!matches(watch, event))
        return;
    watch->matches++;
    if (watch->free_on_match)
        g_clear_pointer(&watch->monitor, gnf_link_monitor_free);
}

static void
start(Watch *watch)
{
    GError *error = NULL;

    watch->monitor = gnf_link_monitor_new(NULL, on_event, watch, &error);
    g_assert_no_error(error);
    g_assert_nonnull(watch->monitor);
}

static void
drain(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        continue;
}

static gboolean
on_deadline(gpointer user_data)
{
    g_error("no such event within 5 s");
    return G_SOURCE_REMOVE;
}

static void
wait_for_match(Watch *watch)
{
    guint deadline = g_timeout_add_seconds(5, on_deadline, NULL);

    while (watch->matches == 0)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(deadline);
}

static void
test_new(Network *network, gconstpointer data)
{
    Watch watch = {.type = GNF_LINK_EVENT_NEW, .name = "one"};

    start(&watch);
    network_ip("link add one type dummy");
    wait_for_match(&watch);
    gnf_link_monitor_free(watch.monitor);
}

static void
test_del(Network *network, gconstpointer data)
{
    Watch watch = {.type = GNF_LINK_EVENT_DEL, .name = "one"};

    network_ip("link add one type dummy");
    start(&watch);
    network_ip("link del one");
    wait_for_match(&watch);
    gnf_link_monitor_free(watch.monitor);
}

static void
test_port_state(Network *network, gconstpointer data)
{
    Watch watch = {.type = GNF_LINK_EVENT_NEW, .name = "port2", .has_port = TRUE};

    start(&watch);
    network_ip("link set port2 master bond0");
    wait_for_match(&watch);
    gnf_link_monitor_free(watch.monitor);
}

/* The kernel says the same of a virtio NIC when its VM has been migrated. */
static void
test_notify_peers(Network *network, gconstpointer data)
{
    Watch watch = {.type = GNF_LINK_EVENT_NOTIFY_PEERS, .ifindex = network->bond};
    GError *error = NULL;

    start(&watch);
    network_ip("link property add dev bond0 altname changed");
    drain();
    g_assert_cmpuint(watch.total, >, 0);
    g_assert_cmpuint(watch.matches, ==, 0);
    gnf_bond_set_primary(network->netlink, network->bond, network->ports[1], &error);
    g_assert_no_error(error);
    wait_for_match(&watch);
    gnf_link_monitor_free(watch.monitor);
}

static void
make_events(const char *interface, guint count)
{
    g_autoptr(GString) commands = g_string_new(NULL);

    for (guint i = 0; i < count; i++)
        g_string_append_printf(commands, "link set %s mtu %u\n", interface, 1400 + i % 2);
    network_ip(commands->str);
}

/* More events than the buffer holds: the owner is told, and later events still come. */
static void
test_overrun(Network *network, gconstpointer data)
{
    Watch watch = {.type = GNF_LINK_EVENT_OVERRUN};

    network_ip("link add one type dummy");
    start(&watch);
    make_events("one", 1500);
    wait_for_match(&watch);
    drain();
    watch.type = GNF_LINK_EVENT_DEL;
    watch.matches = 0;
    network_ip("link del one");
    wait_for_match(&watch);
    gnf_link_monitor_free(watch.monitor);
}

static void
test_burst_within_buffer(Network *network, gconstpointer data)
{
    Watch watch = {.type = GNF_LINK_EVENT_NEW, .name = "one"};

    network_ip("link add one type dummy");
    start(&watch);
    make_events("one", 100);
    drain();
    g_assert_cmpuint(watch.matches, >=, 100);
    g_assert_cmpuint(watch.matches, ==, watch.total);
    gnf_link_monitor_free(watch.monitor);
}

static void
test_free_in_callback(Network *network, gconstpointer data)
{
    Watch watch = {.type = GNF_LINK_EVENT_NEW, .free_on_match = TRUE};

    network_ip("link add one type dummy");
    start(&watch);
    make_events("one", 10);
    drain();
    g_assert_null(watch.monitor);
    g_assert_cmpuint(watch.total, ==, 1);
    make_events("one", 10);
    drain();
    g_assert_cmpuint(watch.total, ==, 1);
}

/* Leaving a bridge sends an RTM_DELLINK of family AF_BRIDGE: the link itself is still there. */
static void
test_bridge_port_is_no_del(Network *network, gconstpointer data)
{
    Watch watch = {.type = GNF_LINK_EVENT_DEL};

    network_ip("link add br0 type bridge\n"
               "link add one type dummy\n"
               "link set one master br0");
    start(&watch);
    network_ip("link set one nomaster");
    drain();
    g_assert_cmpuint(watch.total, >, 0);
    g_assert_cmpuint(watch.matches, ==, 0);
    gnf_link_monitor_free(watch.monitor);
}

#define ADD(path, data, func)                                                                      \
    g_test_add(path, Network, data, network_set_up, func, network_tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/monitor/new", NULL, test_new);
    ADD("/monitor/del", NULL, test_del);
    ADD("/monitor/del/not-for-a-port-that-leaves-a-bridge", NULL, test_bridge_port_is_no_del);
    ADD("/monitor/port-state-in-the-event", "bond", test_port_state);
    ADD("/monitor/notify-peers", "bond", test_notify_peers);
    ADD("/monitor/overrun", NULL, test_overrun);
    ADD("/monitor/burst-within-the-buffer", NULL, test_burst_within_buffer);
    ADD("/monitor/freed-in-its-callback", NULL, test_free_in_callback);
    return g_test_run();
}
