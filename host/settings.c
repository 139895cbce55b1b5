/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the operator asked for.
 */
#include "host/settings.h"

/* The guest's manager may take its time: 1-2 s for NetworkManager, more under load. */
#define PREPARE_MS 60000
/* KubeVirt's limit for the same wait; native pciehp alone takes 6 s. */
#define UNPLUG_MS 30000
/* From the resume until the agent is there: moments, but for a guest that swaps. */
#define AGENT_MS 60000
/* The new NIC's link has to come up and to be proven: 2-10 s with real NICs. */
#define COMPLETE_MS 120000

static void
replacement_free(gpointer data)
{
    GnfGivenDevice *replacement = data;

    g_free(replacement->replaces);
    gnf_host_device_free(replacement->device);
    g_free(replacement);
}

GnfSettings *
gnf_settings_new(void)
{
    GnfSettings *settings = g_new0(GnfSettings, 1);

    settings->given = g_ptr_array_new_with_free_func(replacement_free);
    settings->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_host_device_free);
    settings->prepare_ms = PREPARE_MS;
    settings->unplug_ms = UNPLUG_MS;
    settings->agent_ms = AGENT_MS;
    settings->complete_ms = COMPLETE_MS;
    return settings;
}

void
gnf_settings_free(GnfSettings *settings)
{
    g_free(settings->filter);
    g_free(settings->file);
    g_ptr_array_unref(settings->given);
    g_ptr_array_unref(settings->candidates);
    g_free(settings);
}
