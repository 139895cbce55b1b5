/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports; see report.h. The members are those of qapi/net-failover.json, in its order.
 */
#include "failover/report.h"

#include "failover/error.h"
#include "netlink/bond.h"

static void
add_string(JsonBuilder *builder, const char *name, const char *value)
{
    if (!value)
        return;
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void
add_boolean(JsonBuilder *builder, const char *name, gboolean value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_boolean_value(builder, value);
}

static void
add_reason(JsonBuilder *builder, const GError *reason)
{
    json_builder_begin_object(builder);
    add_string(builder, "code", gnf_reason_code_to_string((GnfReasonCode)reason->code));
    add_string(builder, "detail", reason->message);
    json_builder_end_object(builder);
}

static void
add_warnings(JsonBuilder *builder, const GPtrArray *warnings)
{
    json_builder_set_member_name(builder, "warnings");
    json_builder_begin_array(builder);
    for (guint i = 0; warnings && i < warnings->len; i++)
        add_reason(builder, g_ptr_array_index(warnings, i));
    json_builder_end_array(builder);
}

static void
add_optional_reason(JsonBuilder *builder, const GError *reason)
{
    if (!reason)
        return;
    json_builder_set_member_name(builder, "reason");
    add_reason(builder, reason);
}

static void
add_steps(JsonBuilder *builder, const GArray *steps)
{
    json_builder_set_member_name(builder, "steps");
    json_builder_begin_array(builder);
    for (guint i = 0; i < steps->len; i++) {
        const GnfStepDone *done = &g_array_index(steps, GnfStepDone, i);
        json_builder_begin_object(builder);
        add_string(builder, "step", gnf_step_to_string(done->step));
        json_builder_set_member_name(builder, "elapsed-us");
        json_builder_add_int_value(builder, (gint64)done->elapsed_us);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
add_device(JsonBuilder *builder, const GnfOperationDevice *device)
{
    gint64 end_us = device->ended_us ? device->ended_us : g_get_monotonic_time();

    json_builder_begin_object(builder);
    add_string(builder, "interface", device->interface);
    add_string(builder, "mac", device->mac);
    add_string(builder, "pci-address", device->pci_address);
    add_string(builder, "replaces", device->replaces);
    add_string(builder, "bond", device->bond.interface);
    add_string(builder, "standby", device->standby);
    add_string(builder, "manager", gnf_manager_to_string(device->manager));
    add_string(builder, "profile", device->profile);
    add_string(builder, "state", gnf_state_to_string(device->state));
    add_steps(builder, device->steps);
    json_builder_set_member_name(builder, "elapsed-ms");
    json_builder_add_int_value(builder, (end_us - device->begun_us) / 1000);
    add_optional_reason(builder, device->reason);
    add_warnings(builder, device->warnings);
    json_builder_end_object(builder);
}

static JsonNode *
build_report(
    const char *id, GnfVerb verb, GnfStatus status, const GPtrArray *devices, const GError *warning)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    add_string(builder, "operation", id);
    add_string(builder, "verb", gnf_verb_to_string(verb));
    add_string(builder, "status", gnf_status_to_string(status));
    json_builder_set_member_name(builder, "devices");
    json_builder_begin_array(builder);
    for (guint i = 0; devices && i < devices->len; i++)
        add_device(builder, g_ptr_array_index(devices, i));
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "warnings");
    json_builder_begin_array(builder);
    if (warning)
        add_reason(builder, warning);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return json_builder_get_root(builder);
}

JsonNode *
gnf_report_operation(const GnfOperation *operation)
{
    return build_report(
        operation->id, operation->verb, operation->status, operation->devices, NULL);
}

JsonNode *
gnf_report_empty(GnfVerb verb, GnfStatus status, const GError *warning)
{
    return build_report(NULL, verb, status, NULL, warning);
}

JsonNode *
gnf_report_waiting(const GnfOperation *operation, GnfVerb verb)
{
    if (!operation)
        return gnf_report_empty(verb, GNF_STATUS_WAITING, NULL);
    JsonNode *report = gnf_report_operation(operation);
    JsonObject *object = json_node_get_object(report);
    json_object_set_string_member(object, "verb", gnf_verb_to_string(verb));
    json_object_set_string_member(object, "status", gnf_status_to_string(GNF_STATUS_WAITING));
    return report;
}

JsonNode *
gnf_report_reason(const GError *reason)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    add_reason(builder, reason);
    return json_builder_get_root(builder);
}

/* -- primaries -- */

static void
add_owner(JsonBuilder *builder, const GnfOwned *owner)
{
    add_string(
        builder, "manager", gnf_manager_to_string(owner ? owner->manager : GNF_MANAGER_NONE));
    add_string(builder, "manager-detail", owner ? owner->detail : NULL);
}

/* The name of a port of the primary's bond; NULL if there is none of that ifindex. */
static const char *
port_name(const GnfPrimary *primary, int ifindex)
{
    if (ifindex == primary->link->ifindex)
        return primary->link->name;
    for (guint i = 0; i < primary->ports->len; i++) {
        const GnfLink *port = g_ptr_array_index(primary->ports, i);
        if (port->ifindex == ifindex)
            return port->name;
    }
    return NULL;
}

static void
add_bond(JsonBuilder *builder, const GnfPrimary *primary)
{
    const GnfBond *bond = primary->bond->bond;

    json_builder_set_member_name(builder, "bond");
    json_builder_begin_object(builder);
    add_string(builder, "interface", primary->bond->name);
    add_string(builder, "mac", primary->bond->mac);
    add_string(builder, "mode", gnf_bond_mode_to_string(bond->mode));
    add_string(builder, "active", port_name(primary, bond->active));
    add_string(builder, "primary-option", port_name(primary, bond->primary));
    add_owner(builder, primary->bond_owner);
    json_builder_end_object(builder);
}

static void
add_standby(JsonBuilder *builder, const GnfPrimary *primary)
{
    const GnfLink *standby = primary->standby;
    g_autoptr(GnfDevice) device = gnf_device_get(standby->ifindex, NULL);

    json_builder_set_member_name(builder, "standby");
    json_builder_begin_object(builder);
    add_string(builder, "interface", standby->name);
    add_string(builder, "mac", standby->permanent_mac);
    add_string(builder, "driver", device ? device->driver : NULL);
    add_boolean(builder, "link", standby->carrier);
    add_boolean(builder, "active", primary->bond->bond->active == standby->ifindex);
    add_owner(builder, primary->standby_owner);
    json_builder_end_object(builder);
}

JsonNode *
gnf_report_primary(const GnfPrimary *primary,
                   GnfState state,
                   const GError *reason,
                   const GPtrArray *warnings)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    add_string(builder, "interface", primary->link->name);
    add_string(builder, "mac", gnf_primary_mac(primary));
    add_string(builder, "pci-address", primary->device->pci_address);
    add_string(builder, "driver", primary->device->driver);
    add_string(builder, "state", gnf_state_to_string(state));
    add_boolean(builder, "link", primary->link->carrier);
    add_boolean(
        builder, "active", primary->bond && primary->bond->bond->active == primary->link->ifindex);
    if (primary->kernel)
        add_string(builder, "manager", gnf_manager_to_string(GNF_MANAGER_KERNEL));
    else
        add_owner(builder, primary->owner);
    add_string(builder, "profile", primary->owner ? primary->owner->profile : NULL);
    if (primary->bond)
        add_bond(builder, primary);
    if (primary->bond && primary->standby)
        add_standby(builder, primary);
    add_boolean(builder, "ready", reason == NULL);
    add_optional_reason(builder, reason);
    add_warnings(builder, warnings);
    json_builder_end_object(builder);
    return json_builder_get_root(builder);
}
