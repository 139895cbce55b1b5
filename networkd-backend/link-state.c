/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading networkd's descriptions of a link; see link-state.h. Non-logging, no I/O.
 */
#include "networkd-backend/link-state.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* Null stands there, too, and objects may one day. */
static char *
get_string(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;

    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_dup_string(node) : NULL;
}

void
gnf_link_state_parse_description(const char *json, char **ret_state, char **ret_file)
{
    g_autoptr(JsonNode) node = json_from_string(json, NULL);
    JsonObject *object = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

    *ret_state = get_string(object, "AdministrativeState");
    *ret_file = get_string(object, "NetworkFile");
}

char *
gnf_link_state_parse_file(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        const char *value = lines[i] + strlen("NETWORK_FILE=");
        if (g_str_has_prefix(lines[i], "NETWORK_FILE=") && *value)
            return g_strdup(value);
    }
    return NULL;
}
