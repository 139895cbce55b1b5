/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network namespaces for tests. A namespace goes when the next test enters its own: the last
 * reference to it is this process.
 */
#include "tests/backend/network.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define DEADLINE_US (5 * (gint64)G_USEC_PER_SEC)

static void
enter_namespace(void)
{
    g_assert_no_errno(unshare(CLONE_NEWNET | CLONE_NEWNS));
    g_assert_no_errno(mount(NULL, "/sys", NULL, MS_REC | MS_PRIVATE, NULL));
    /* A sysfs mount shows the network namespace of whoever mounted it. */
    g_assert_no_errno(mount("sysfs", "/sys", "sysfs", 0, NULL));
    network_ip("link set lo up");
}

static void
make_bond(Network *network)
{
    network_ip("link add port0 type veth peer name peer0\n"
               "link add port1 type veth peer name peer1\n"
               "link add port2 type veth peer name peer2\n"
               "link set peer0 up\n"
               "link set peer1 up\n"
               "link set peer2 up\n"
               "link add bond0 type bond mode active-backup miimon 20\n"
               "link set port0 master bond0\n"
               "link set port1 master bond0\n"
               "link set bond0 up");
    network->bond = network_index("bond0");
    network->ports[0] = network_index("port0");
    network->ports[1] = network_index("port1");
    network->ports[2] = network_index("port2");
    network_wait(network, network->ports[0], network_mii_is_up, NULL);
    network_wait(network, network->ports[1], network_mii_is_up, NULL);
}

void
network_set_up(Network *network, gconstpointer data)
{
    GError *error = NULL;

    enter_namespace();
    network->netlink = gnf_netlink_new(&error);
    g_assert_no_error(error);
    if (data)
        make_bond(network);
}

void
network_tear_down(Network *network, gconstpointer data)
{
    gnf_netlink_free(network->netlink);
    g_assert_no_errno(umount("/sys"));
}

static void
run_batch(const char *program, const char *commands)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;
    int status = 0;
    int fd = g_file_open_tmp("batch-XXXXXX", &path, &error);
    const char *argv[] = {program, "-batch", path, NULL};

    g_assert_no_error(error);
    close(fd);
    g_file_set_contents(path, commands, -1, &error);
    g_assert_no_error(error);
    g_spawn_sync(NULL,
                 (char **)(guintptr)argv,
                 NULL,
                 G_SPAWN_SEARCH_PATH,
                 NULL,
                 NULL,
                 NULL,
                 &text,
                 &status,
                 &error);
    g_assert_no_error(error);
    unlink(path);
    if (status != 0)
        g_error("%s -batch failed: %s of:\n%s", program, text, commands);
}

void
network_ip(const char *commands)
{
    run_batch("ip", commands);
}

void
network_bridge(const char *commands)
{
    run_batch("bridge", commands);
}

int
network_index(const char *name)
{
    int ifindex = (int)if_nametoindex(name);

    g_assert_cmpint(ifindex, >, 0);
    return ifindex;
}

GnfLink *
network_link(const Network *network, int ifindex)
{
    GError *error = NULL;
    GnfLink *link = gnf_link_get(network->netlink, ifindex, &error);

    g_assert_no_error(error);
    g_assert_nonnull(link);
    return link;
}

void
network_write(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    g_assert_no_errno(fd);
    g_assert_cmpint((int)write(fd, value, strlen(value)), ==, (int)strlen(value));
    close(fd);
}

void
network_wait(const Network *network, int ifindex, NetworkCondition condition, gconstpointer data)
{
    const gint64 end = g_get_monotonic_time() + DEADLINE_US;

    for (;;) {
        g_autoptr(GnfLink) link = network_link(network, ifindex);

        if (condition(link, data))
            return;
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(2000);
    }
}

gboolean
network_is_active(const GnfLink *bond, gconstpointer port)
{
    return bond->bond->active == GPOINTER_TO_INT(port);
}

gboolean
network_mii_is_up(const GnfLink *port, gconstpointer unused)
{
    return port->bond_port && port->bond_port->mii == GNF_MII_UP && port->carrier;
}
