/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arguments of guest-net-failover-prepare. The schema has been checked: what is left are the
 * rules that it says in words.
 */
#include "failover/error.h"
#include "failover/prepare.h"
#include "failover/select.h"

/* A day: what is not undone by then has been forgotten by whoever asked. From the schema. */
#define REVERT_MAX_MS 86400000

void
gnf_prepare_options_free(GnfPrepareOptions *options)
{
    if (!options)
        return;
    g_clear_pointer(&options->selectors, g_ptr_array_unref);
    g_free(options);
}

static gboolean
parse_selectors(JsonObject *arguments, GnfPrepareOptions *options, GError **error)
{
    JsonArray *array = json_object_has_member(arguments, "devices")
                           ? json_object_get_array_member(arguments, "devices")
                           : NULL;

    if (!array)
        return TRUE;
    options->selectors = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_selector_free);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_autofree char *path = g_strdup_printf("devices[%u]", i);
        GnfSelector *selector =
            gnf_selector_parse(json_array_get_object_element(array, i), path, error);
        if (!selector)
            return FALSE;
        g_ptr_array_add(options->selectors, selector);
    }
    if (options->selectors->len > 0)
        return TRUE;
    g_set_error(error,
                GNF_ERROR,
                GNF_REASON_CODE_INVALID_ARGUMENT,
                "devices: is empty; leave it out to mean every primary");
    return FALSE;
}

GnfPrepareOptions *
gnf_prepare_options_parse(JsonObject *arguments, GError **error)
{
    g_autoptr(GnfPrepareOptions) options = g_new0(GnfPrepareOptions, 1);

    options->policy = GNF_POLICY_ALL_OR_NOTHING;
    if (!arguments)
        return g_steal_pointer(&options);
    if (!parse_selectors(arguments, options, error))
        return NULL;
    options->only_switch =
        g_strcmp0(json_object_get_string_member_with_default(arguments, "stage", NULL),
                  gnf_stage_to_string(GNF_STAGE_SWITCH)) == 0;
    options->dry_run = json_object_get_boolean_member_with_default(arguments, "dry-run", FALSE);
    options->eject = json_object_get_boolean_member_with_default(arguments, "eject", FALSE);
    (void)gnf_policy_from_string(
        json_object_get_string_member_with_default(arguments, "policy", "all-or-nothing"),
        &options->policy);

    gint64 revert = json_object_get_int_member_with_default(arguments, "revert-after-ms", 0);
    if (revert > REVERT_MAX_MS) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_INVALID_ARGUMENT,
                    "revert-after-ms: %" G_GINT64_FORMAT " is more than %d",
                    revert,
                    REVERT_MAX_MS);
        return NULL;
    }
    if (options->eject && options->only_switch) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_INVALID_ARGUMENT,
                    "eject: does not go with stage switch: the NIC is still in its bond then");
        return NULL;
    }
    options->revert_after_ms = (guint32)revert;
    return g_steal_pointer(&options);
}
