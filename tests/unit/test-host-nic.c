/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of host/nic.c: what the table says of a NIC, whose word on it counts.
 */
#include "host/nic.h"

static GnfNic *
new_nic(void)
{
    return gnf_nic_new(gnf_host_device_parse("<interface type='hostdev'>"
                                             "<mac address='52:54:00:aa:00:01'/></interface>",
                                             NULL));
}

static void
take(GnfNic *nic, const char *mac)
{
    g_autofree char *text = g_strdup_printf(
        "{\"mac\":\"%s\",\"reason\":{\"code\":\"no-such-device\",\"detail\":\"waiting\"}}", mac);
    g_autoptr(JsonNode) node = json_from_string(text, NULL);

    gnf_nic_take_problem(nic, json_node_get_object(node));
}

static void
test_problem_of_guest(void)
{
    g_autoptr(GnfNic) nic = new_nic();

    take(nic, "52:54:00:aa:00:02");
    g_assert_null(nic->problem);
    take(nic, "52:54:00:aa:00:01");
    g_assert_cmpstr(nic->problem, ==, "no-such-device: waiting");
}

/* That the guest waits for a NIC is no news where the host knows why there is none. */
static void
test_problem_of_host(void)
{
    g_autoptr(GnfNic) nic = new_nic();

    nic->is_out = TRUE;
    nic->problem = g_strdup("cannot be plugged in");
    take(nic, "52:54:00:aa:00:01");
    g_assert_cmpstr(nic->problem, ==, "cannot be plugged in");
    nic->is_out = FALSE;
    take(nic, "52:54:00:aa:00:01");
    g_assert_cmpstr(nic->problem, ==, "no-such-device: waiting");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host-nic/problem/the-guests", test_problem_of_guest);
    g_test_add_func("/host-nic/problem/the-hosts", test_problem_of_host);
    return g_test_run();
}
