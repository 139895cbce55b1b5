/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of networkd-backend/link-state.c and process-start.c: texts of networkd's and the kernel's,
 * as they were seen (systemd 252, Linux 6.1), and what is no such text.
 */
#include "networkd-backend/link-state.h"

#include <unistd.h>

#include "networkd-backend/process-start.h"

#define PRIMARY "/etc/systemd/network/20-primary.network"

typedef struct {
    const char *name;
    const char *text;
    const char *file;
    const char *state;
} Case;

static const Case descriptions[] = {
    {"managed",
     "{\"Index\":3,\"Name\":\"enp1s0\",\"Type\":\"ether\",\"Driver\":\"e1000e\","
     "\"AdministrativeState\":\"configured\",\"NetworkFile\":\"" PRIMARY "\",\"DNS\":[]}",
     PRIMARY,
     "configured"},
    {"without-state", "{\"Index\":3,\"NetworkFile\":\"" PRIMARY "\"}", PRIMARY},
    {"unmanaged",
     "{\"Index\":1,\"Name\":\"lo\",\"AdministrativeState\":\"unmanaged\"}",
     NULL,
     "unmanaged"},
    {"null", "{\"Index\":3,\"NetworkFile\":null}", NULL},
    {"number", "{\"NetworkFile\":3}", NULL},
    {"object", "{\"NetworkFile\":{\"a\":\"b\"}}", NULL},
    {"array", "[\"NetworkFile\"]", NULL},
    {"no-json", "NetworkFile=" PRIMARY, NULL},
    {"nothing", "", NULL},
};

static const Case files[] = {
    {"managed",
     "# This is private data. Do not parse.\nADMIN_STATE=configured\nOPER_STATE=enslaved\n"
     "NETWORK_FILE=" PRIMARY "\nNETWORK_FILE_DROPINS=\"\"\nDNS=\n",
     PRIMARY},
    {"unmanaged", "ADMIN_STATE=unmanaged\nOPER_STATE=carrier\n", NULL},
    {"no-newline-at-the-end", "NETWORK_FILE=" PRIMARY, PRIMARY},
    {"empty-value", "NETWORK_FILE=\n", NULL},
    {"other-key", "X_NETWORK_FILE=" PRIMARY "\n", NULL},
    {"nothing", "", NULL},
};

static void
test_description(gconstpointer data)
{
    const Case *one = data;
    g_autofree char *state = NULL;
    g_autofree char *file = NULL;

    gnf_link_state_parse_description(one->text, &state, &file);
    g_assert_cmpstr(state, ==, one->state);
    g_assert_cmpstr(file, ==, one->file);
}

static void
test_file(gconstpointer data)
{
    const Case *one = data;
    g_autofree char *file = gnf_link_state_parse_file(one->text);

    g_assert_cmpstr(file, ==, one->file);
}

static void
test_stat(void)
{
    g_assert_cmpint(gnf_process_parse_start("214 (systemd-network) S 1 214 214 0 -1 4194560 1205 0 "
                                            "12 0 9 17 0 0 20 0 1 0 1234 19312640 1930 184467\n"),
                    ==,
                    1234);
    g_assert_cmpint(gnf_process_parse_start("214 (a ) b) S 1 214 214 0 -1 4194560 1205 0 12 0 9 17 "
                                            "0 0 20 0 1 0 1234 19312640\n"),
                    ==,
                    1234);
    g_assert_cmpint(gnf_process_parse_start("214 (x) S 1 214"), ==, -1);
    g_assert_cmpint(gnf_process_parse_start(""), ==, -1);
}

/* This process was started before now, and not long ago. */
static void
test_own_start(void)
{
    gint64 start_us = gnf_process_get_start((guint32)getpid());
    gint64 now_us = g_get_real_time();

    g_assert_cmpint(start_us, <=, now_us);
    g_assert_cmpint(start_us, >, now_us - 600 * G_USEC_PER_SEC);
    g_assert_cmpint(gnf_process_get_start(0), ==, -1);
}

static void
add_cases(const char *prefix, const Case *cases, gsize count, GTestDataFunc test)
{
    for (gsize i = 0; i < count; i++) {
        g_autofree char *path = g_strconcat(prefix, cases[i].name, NULL);
        g_test_add_data_func(path, &cases[i], test);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_cases(
        "/link-state/description/", descriptions, G_N_ELEMENTS(descriptions), test_description);
    add_cases("/link-state/file/", files, G_N_ELEMENTS(files), test_file);
    g_test_add_func("/process-start/stat", test_stat);
    g_test_add_func("/process-start/own", test_own_start);
    return g_test_run();
}
