/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operation record; see record.h. One table says which member is where, for both directions.
 */
#include "failover/record.h"

#include <json-glib/json-glib.h>

#include "failover/error.h"
#include "failover/json-text.h"
#include "qapi/parse.h"

#define RECORD_VERSION 1

typedef enum { KIND_STRING, KIND_INT, KIND_BOOLEAN } Kind;

typedef struct {
    const char *name;
    Kind kind;
    gsize offset;
} Member;

#define DEVICE(name, kind, field)                                                                  \
    {                                                                                              \
        name, kind, G_STRUCT_OFFSET(GnfOperationDevice, field)                                     \
    }

/* Enums are ints to the compiler we use and to G_STRUCT_MEMBER alike. */
G_STATIC_ASSERT(sizeof(GnfState) == sizeof(int));
G_STATIC_ASSERT(sizeof(GnfManager) == sizeof(int));
G_STATIC_ASSERT(sizeof(GnfBondMode) == sizeof(int));

static const Member device_members[] = {
    DEVICE("interface", KIND_STRING, interface),
    DEVICE("ifindex", KIND_INT, ifindex),
    DEVICE("mac", KIND_STRING, mac),
    DEVICE("pci-address", KIND_STRING, pci_address),
    DEVICE("replaces", KIND_STRING, replaces),
    DEVICE("old-interface", KIND_STRING, old_interface),
    DEVICE("old-mac", KIND_STRING, old_mac),
    DEVICE("bond", KIND_STRING, bond.interface),
    DEVICE("bond-ifindex", KIND_INT, bond.ifindex),
    DEVICE("bond-mode", KIND_INT, bond.mode),
    DEVICE("bond-primary-option", KIND_STRING, bond.primary_option),
    DEVICE("bond-all-slaves-active", KIND_BOOLEAN, bond.all_slaves_active),
    DEVICE("bond-unlearning", KIND_STRING, bond.unlearning),
    DEVICE("was-active", KIND_BOOLEAN, was_active),
    DEVICE("priority", KIND_INT, priority),
    DEVICE("profile", KIND_STRING, profile),
    DEVICE("standby", KIND_STRING, standby),
    DEVICE("standby-ifindex", KIND_INT, standby_ifindex),
    DEVICE("asked", KIND_BOOLEAN, asked),
    DEVICE("forgotten", KIND_BOOLEAN, forgotten),
    DEVICE("put-back", KIND_BOOLEAN, put_back),
    DEVICE("undone", KIND_INT, undone),
    DEVICE("wanted-mac", KIND_STRING, wanted_mac),
    DEVICE("wanted-pci-address", KIND_STRING, wanted_pci_address),
    DEVICE("wanted-interface", KIND_STRING, wanted_interface),
};

static void
add_members(GString *text, const GnfOperationDevice *device)
{
    for (gsize i = 0; i < G_N_ELEMENTS(device_members); i++) {
        const Member *member = &device_members[i];
        gconstpointer field = (const char *)device + member->offset;
        if (member->kind == KIND_STRING && *(char *const *)field)
            gnf_json_text_add_string(text, member->name, *(char *const *)field);
        else if (member->kind == KIND_INT)
            gnf_json_text_add_int(text, member->name, *(const gint32 *)field);
        else if (member->kind == KIND_BOOLEAN)
            gnf_json_text_add_boolean(text, member->name, *(const gboolean *)field);
    }
}

static void
add_steps(GString *text, const GArray *steps)
{
    gnf_json_text_begin(text, "steps", '[');
    for (guint i = 0; i < steps->len; i++) {
        const GnfStepDone *done = &g_array_index(steps, GnfStepDone, i);
        gnf_json_text_begin(text, NULL, '{');
        gnf_json_text_add_string(text, "step", gnf_step_to_string(done->step));
        gnf_json_text_add_int(text, "elapsed-us", (gint64)done->elapsed_us);
        gnf_json_text_end(text, '}');
    }
    gnf_json_text_end(text, ']');
}

static void
add_reason(GString *text, const char *name, const GError *reason)
{
    gnf_json_text_begin(text, name, '{');
    gnf_json_text_add_string(text, "code", gnf_reason_code_to_string((GnfReasonCode)reason->code));
    gnf_json_text_add_string(text, "detail", reason->message);
    gnf_json_text_end(text, '}');
}

static void
add_device(GString *text, const GnfOperationDevice *device)
{
    gnf_json_text_begin(text, NULL, '{');
    add_members(text, device);
    gnf_json_text_add_string(text, "manager", gnf_manager_to_string(device->manager));
    gnf_json_text_add_string(text, "state", gnf_state_to_string(device->state));
    gnf_json_text_add_int(text, "queue-id", device->queue_id);
    if (device->ended_us > 0) /* else it is in the middle of it */
        gnf_json_text_add_int(text, "elapsed-us", MAX(device->ended_us - device->begun_us, 1));
    add_steps(text, device->steps);
    gnf_json_text_begin(text, "warnings", '[');
    for (guint i = 0; i < device->warnings->len; i++)
        add_reason(text, NULL, g_ptr_array_index(device->warnings, i));
    gnf_json_text_end(text, ']');
    if (device->reason)
        add_reason(text, "reason", device->reason);
    gnf_json_text_end(text, '}');
}

static char *
to_text(const GnfOperation *operation)
{
    GString *text = g_string_sized_new(1024);

    gnf_json_text_begin(text, NULL, '{');
    gnf_json_text_add_int(text, "version", RECORD_VERSION);
    gnf_json_text_add_string(text, "id", operation->id);
    gnf_json_text_add_string(text, "verb", gnf_verb_to_string(operation->verb));
    gnf_json_text_add_string(text, "status", gnf_status_to_string(operation->status));
    gnf_json_text_add_boolean(text, "finished", operation->finished);
    gnf_json_text_add_boolean(text, "by-stages", operation->by_stages);
    gnf_json_text_add_boolean(text, "only-attach", operation->only_attach);
    gnf_json_text_add_int(text, "revert-at-us", operation->revert_at_us);
    gnf_json_text_begin(text, "devices", '[');
    for (guint i = 0; i < operation->devices->len; i++)
        add_device(text, g_ptr_array_index(operation->devices, i));
    gnf_json_text_end(text, ']');
    gnf_json_text_end(text, '}');
    return g_string_free(text, FALSE);
}

gboolean
gnf_record_save(const char *path, const GnfOperation *operation, GError **error)
{
    g_autofree char *text = to_text(operation);

    if (g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error))
        return TRUE;
    gnf_error_wrap(error, GNF_REASON_CODE_INTERNAL, "writing the operation record %s", path);
    return FALSE;
}

void
gnf_record_note(const char *path, const GnfOperation *operation)
{
    g_autoptr(GError) error = NULL;

    if (gnf_record_save(path, operation, &error))
        return;
    g_autofree char *text = to_text(operation);
    if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL))
        g_debug("%s", error->message);
}

/* -- reading -- */

/* A member of another type counts as one that is not there. */
static JsonNode *
get_value(JsonObject *object, const char *name, GType type)
{
    JsonNode *node = json_object_get_member(object, name);

    return node && json_node_get_value_type(node) == type ? node : NULL;
}

static gint64
get_int(JsonObject *object, const char *name, gint64 least, gint64 most)
{
    JsonNode *node = get_value(object, name, G_TYPE_INT64);

    return node ? CLAMP(json_node_get_int(node), least, most) : 0;
}

static const char *
get_string(JsonObject *object, const char *name)
{
    JsonNode *node = get_value(object, name, G_TYPE_STRING);

    return node ? json_node_get_string(node) : NULL;
}

static gboolean
get_boolean(JsonObject *object, const char *name)
{
    JsonNode *node = get_value(object, name, G_TYPE_BOOLEAN);

    return node && json_node_get_boolean(node);
}

static void
read_members(JsonObject *object, GnfOperationDevice *device)
{
    for (gsize i = 0; i < G_N_ELEMENTS(device_members); i++) {
        const Member *member = &device_members[i];
        gpointer field = (char *)device + member->offset;
        if (member->kind == KIND_STRING)
            *(char **)field = g_strdup(get_string(object, member->name));
        else if (member->kind == KIND_INT)
            *(gint32 *)field = (gint32)get_int(object, member->name, G_MININT32, G_MAXINT32);
        else if (member->kind == KIND_BOOLEAN)
            *(gboolean *)field = get_boolean(object, member->name);
    }
}

/* NULL if it makes no sense; a wrong type inside is read as "not given". */
static GError *
reason_from_json(JsonObject *object)
{
    GnfReasonCode code = GNF_REASON_CODE_INTERNAL;
    const char *detail = get_string(object, "detail");

    if (!gnf_reason_code_from_string(get_string(object, "code"), &code))
        return NULL;
    return gnf_reason(code, "%s", detail ? detail : "");
}

static void
read_steps(JsonArray *array, GArray *steps)
{
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        GnfStepDone done = {0};
        if (object && gnf_step_from_string(get_string(object, "step"), &done.step)) {
            done.elapsed_us = (guint64)get_int(object, "elapsed-us", 0, G_MAXINT64);
            g_array_append_val(steps, done);
        }
    }
}

static JsonArray *
get_array(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static void
read_reasons(JsonObject *object, GnfOperationDevice *device)
{
    JsonArray *warnings = get_array(object, "warnings");
    JsonNode *reason = json_object_get_member(object, "reason");

    if (reason && JSON_NODE_HOLDS_OBJECT(reason))
        device->reason = reason_from_json(json_node_get_object(reason));
    for (guint i = 0; warnings && i < json_array_get_length(warnings); i++) {
        JsonNode *node = json_array_get_element(warnings, i);
        GError *warning =
            JSON_NODE_HOLDS_OBJECT(node) ? reason_from_json(json_node_get_object(node)) : NULL;
        if (warning)
            g_ptr_array_add(device->warnings, warning);
    }
}

static GnfOperationDevice *
device_from_json(JsonObject *object)
{
    g_autoptr(GnfOperationDevice) device = gnf_operation_device_new();
    gint64 now_us = g_get_monotonic_time();

    read_members(object, device);
    device->queue_id = (guint16)get_int(object, "queue-id", 0, G_MAXUINT16);
    device->ended_us = get_int(object, "elapsed-us", 0, G_MAXINT64) > 0 ? now_us : 0;
    device->begun_us = now_us - get_int(object, "elapsed-us", 0, now_us);
    read_steps(get_array(object, "steps"), device->steps);
    read_reasons(object, device);
    if (!gnf_manager_from_string(get_string(object, "manager"), &device->manager) ||
        !gnf_state_from_string(get_string(object, "state"), &device->state) || !device->interface ||
        !device->old_interface ||
        (gnf_operation_device_is_pending(device) && !device->bond.interface))
        return NULL;
    return g_steal_pointer(&device);
}

static gboolean
read_operation(JsonObject *object, GnfOperation *operation)
{
    JsonArray *devices = get_array(object, "devices");

    operation->id = g_strdup(get_string(object, "id"));
    operation->finished = get_boolean(object, "finished");
    operation->by_stages = get_boolean(object, "by-stages");
    operation->only_attach = get_boolean(object, "only-attach");
    operation->revert_at_us = get_int(object, "revert-at-us", 0, G_MAXINT64);
    for (guint i = 0; devices && i < json_array_get_length(devices); i++) {
        JsonNode *node = json_array_get_element(devices, i);
        GnfOperationDevice *device =
            JSON_NODE_HOLDS_OBJECT(node) ? device_from_json(json_node_get_object(node)) : NULL;
        if (!device)
            return FALSE;
        g_ptr_array_add(operation->devices, device);
    }
    return operation->id && devices &&
           gnf_verb_from_string(get_string(object, "verb"), &operation->verb) &&
           gnf_status_from_string(get_string(object, "status"), &operation->status);
}

GnfOperation *
gnf_record_load(const char *path, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    g_autofree char *text = NULL;
    gsize length = 0;

    if (!g_file_get_contents(path, &text, &length, &local_error)) {
        if (!g_error_matches(local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            g_propagate_error(error, g_steal_pointer(&local_error));
        return NULL;
    }
    g_autoptr(JsonNode) root = gnf_json_parse(text, length, &local_error);
    g_autoptr(GnfOperation) operation = gnf_operation_new();
    if (!root || !JSON_NODE_HOLDS_OBJECT(root) ||
        get_int(json_node_get_object(root), "version", 0, G_MAXINT32) != RECORD_VERSION ||
        !read_operation(json_node_get_object(root), operation)) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_INTERNAL,
                    "%s is no operation record of this version: %s",
                    path,
                    local_error ? local_error->message : "its members do not fit");
        return NULL;
    }
    return g_steal_pointer(&operation);
}
