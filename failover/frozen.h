/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Has the guest agent frozen the guest's file systems? The kernel does not tell; the agent does, by
 * a file that outlives it (QEMU: ga_set_frozen in qga/main.c).
 */
#pragma once

#include <glib.h>

/* Where the agent keeps it unless it is told otherwise: its --statedir is /run. */
#define GNF_FROZEN_FILE "/run/qga.state.isfrozen"

static inline gboolean
gnf_frozen(void)
{
    return g_file_test(GNF_FROZEN_FILE, G_FILE_TEST_EXISTS);
}
