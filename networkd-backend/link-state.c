/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading networkd's descriptions of a link; see link-state.h. Non-logging, no I/O.
 */
#include "networkd-backend/link-state.h"

#include <json-glib/json-glib.h>
#include <string.h>

char *
gnf_link_state_parse_description(const char *json)
{
    g_autoptr(JsonNode) node = json_from_string(json, NULL);
    JsonObject *object = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    JsonNode *file = object ? json_object_get_member(object, "NetworkFile") : NULL;

    /* Null where the link has none. */
    return file && JSON_NODE_HOLDS_VALUE(file) ? json_node_dup_string(file) : NULL;
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
