/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The programs called ifupdown; see ifupdown.h. Non-logging.
 *
 * ifupdown2 keeps what it has applied as Python objects in /var/tmp/network/ifstatenew, which
 * nobody else reads; it touches the lock file each time it has written that (statemanager.py,
 * save_state), and takes the other away at boot if there is no lock file.
 */
#include "ifcfg-backend/ifupdown.h"

static const GnfIfupdown programs[] = {
    {GNF_DIALECT_IFUPDOWN2, "ifupdown2", "/run/network/ifstatelock", NULL, "/usr/share/ifupdown2"},
    {GNF_DIALECT_IFUPDOWN_NG,
     "ifupdown-ng",
     "/run/ifstate",
     "/run/ifstate",
     "/usr/libexec/ifupdown-ng"},
    {GNF_DIALECT_IFUPDOWN,
     "ifupdown",
     "/run/network/ifstate",
     "/run/network/ifstate",
     "/lib/ifupdown"},
};

static gboolean
exists(const char *root, const char *path)
{
    g_autofree char *full = g_strconcat(root, path, NULL);

    return g_file_test(full, G_FILE_TEST_EXISTS);
}

const GnfIfupdown *
gnf_ifupdown_detect(const char *root)
{
    const GnfIfupdown *left_over = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        if (!exists(root, programs[i].evidence))
            continue;
        if (exists(root, programs[i].program))
            return &programs[i];
        if (!left_over)
            left_over = &programs[i];
    }
    return left_over;
}
