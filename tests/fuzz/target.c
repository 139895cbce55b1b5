/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all targets share; see target.h.
 */
#include "tests/fuzz/target.h"

#include <glib.h>

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    return 0;
}
