/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of cli/selector.c: what is typed, and the selector it becomes.
 */
#include "cli/selector.h"

typedef struct {
    const char *path;
    const char *text;
    gboolean may_replace;
    const char *json;    /* NULL: refused */
    const char *message; /* of the refusal */
} Case;

static const Case cases[] = {
    {"mac", "52:54:00:00:00:01", FALSE, "{\"mac\":\"52:54:00:00:00:01\"}", NULL},
    {"mac/upper-case", "mac=52:54:00:AB:CD:EF", FALSE, "{\"mac\":\"52:54:00:ab:cd:ef\"}", NULL},
    {"mac/dashes", "52-54-00-ab-cd-ef", FALSE, "{\"mac\":\"52:54:00:ab:cd:ef\"}", NULL},
    {"mac/wrong", "mac=eth0", FALSE, NULL, "'eth0': not a MAC address, like 52:54:00:00:00:01"},
    {"pci-address", "0000:01:00.0", FALSE, "{\"pci-address\":\"0000:01:00.0\"}", NULL},
    {"pci-address/no-domain", "3B:1f.7", FALSE, "{\"pci-address\":\"0000:3b:1f.7\"}", NULL},
    {"pci-address/no-such-slot",
     "pci-address=00:20.0",
     FALSE,
     NULL,
     "'00:20.0': not a PCI address, like 0000:01:00.0"},
    {"interface", "enp1s0", FALSE, "{\"interface\":\"enp1s0\"}", NULL},
    {"interface/any-name", "interface=a=b", FALSE, "{\"interface\":\"a=b\"}", NULL},
    {"interface/like-a-mac",
     "interface=52:54:00:00:00:01",
     FALSE,
     "{\"interface\":\"52:54:00:00:00:01\"}",
     NULL},
    {"interface/empty", "interface=", FALSE, NULL, "'': not an interface name"},
    {"joined",
     "mac=52:54:00:00:00:01,interface=enp1s0",
     FALSE,
     "{\"mac\":\"52:54:00:00:00:01\",\"interface\":\"enp1s0\"}",
     NULL},
    {"joined/bare",
     "52:54:00:00:00:01,01:00.0",
     FALSE,
     "{\"mac\":\"52:54:00:00:00:01\",\"pci-address\":\"0000:01:00.0\"}",
     NULL},
    {"joined/twice", "enp1s0,enp2s0", FALSE, NULL, "'interface': given twice"},
    {"joined/empty-part", "enp1s0,", FALSE, NULL, "'': not an interface name"},
    {"unknown-member",
     "slot=3",
     FALSE,
     NULL,
     "'slot=3': expected mac=, pci-address=, interface= or a bare value"},
    {"empty", "", FALSE, NULL, "'': names no NIC: give mac=, pci-address= or interface="},
    {"replaces",
     "enp2s0,replaces=52:54:00:00:00:01",
     TRUE,
     "{\"interface\":\"enp2s0\",\"replaces\":\"52:54:00:00:00:01\"}",
     NULL},
    {"replaces/alone",
     "replaces=52:54:00:00:00:01",
     TRUE,
     NULL,
     "'replaces=52:54:00:00:00:01': names no NIC: give mac=, pci-address= or interface="},
    {"replaces/in-prepare",
     "enp2s0,replaces=52:54:00:00:00:01",
     FALSE,
     NULL,
     "'replaces=52:54:00:00:00:01': replaces= is for complete"},
    {"replaces/no-mac",
     "enp2s0,replaces=enp1s0",
     TRUE,
     NULL,
     "'enp1s0': not a MAC address, like 52:54:00:00:00:01"},
};

static void
test_case(gconstpointer data)
{
    const Case *expected = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) selector =
        gnf_selector_parse(expected->text, expected->may_replace, &error);
    g_autoptr(JsonNode) node = NULL;
    g_autofree char *json = NULL;

    if (!expected->json) {
        g_assert_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
        g_assert_cmpstr(error->message, ==, expected->message);
        g_assert_null(selector);
        return;
    }
    g_assert_no_error(error);
    node = json_node_init_object(json_node_alloc(), selector);
    json = json_to_string(node, FALSE);
    g_assert_cmpstr(json, ==, expected->json);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/cli-selector/", cases[i].path, NULL);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    return g_test_run();
}
