/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest of two hosts in memory: its four commands, as far as a host can tell.
 */
#include "tests/unit/fake-host.h"

static void
append_devices(FakeWorld *world, GString *text)
{
    for (guint i = 0; i < world->nics; i++)
        g_string_append_printf(
            text,
            "%s{\"interface\":\"eth%u\",\"mac\":\"%s\",\"state\":\"%s\",\"steps\":[],"
            "\"elapsed-ms\":1,\"warnings\":[]%s}",
            i > 0 ? "," : "",
            i,
            world->macs[i],
            world->states[i],
            fake_fails(world, "prepare-failed") || fake_fails(world, "complete-fails")
                ? ",\"reason\":{\"code\":\"manager-undid\",\"detail\":\"somebody puts it back\"}"
                : "");
}

static JsonNode *
report(FakeWorld *world, const char *verb, const char *status)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(
        text, "{\"verb\":\"%s\",\"status\":\"%s\",\"warnings\":[],\"devices\":[", verb, status);
    append_devices(world, text);
    g_string_append(text, "]}");
    return json_from_string(text->str, NULL);
}

static void
append_primary(FakeWorld *world, GString *text, guint index)
{
    static const char shared[] = "{\"code\":\"shared-mac\",\"detail\":\"one MAC\"}";
    gboolean is_port = !g_str_equal(world->states[index], "detached");

    g_string_append_printf(text,
                           "%s{\"interface\":\"eth%u\",\"mac\":\"%s\",\"state\":\"%s\","
                           "\"link\":true,\"active\":%s,\"manager\":\"none\",\"ready\":true,%s"
                           "\"warnings\":[%s]}",
                           text->str[text->len - 1] == '[' ? "" : ",",
                           index,
                           world->macs[index],
                           world->states[index],
                           g_str_equal(world->states[index], "attached") ? "true" : "false",
                           is_port
                               ? "\"bond\":{\"interface\":\"bond0\",\"mac\":\"02:00:00:00:00:01\""
                                 ",\"mode\":\"active-backup\",\"manager\":\"none\"},"
                               : "",
                           world->has_shared_mac ? shared : "");
}

static JsonNode *
query(FakeWorld *world)
{
    g_autoptr(GString) text =
        g_string_new("{\"version\":\"0\",\"stages\":[\"switch\",\"release\"],"
                     "\"complete-stages\":[\"attach\",\"activate\"],"
                     "\"policies\":[\"all-or-nothing\"],\"eject\":true,\"backends\":[],"
                     "\"out-of-reach\":[],\"primaries\":[");

    for (guint i = 0; i < world->nics; i++)
        if (!g_str_equal(world->states[i], "absent"))
            append_primary(world, text, i);
    g_string_append(text,
                    "],\"operation\":{\"verb\":\"prepare\",\"status\":\"done\",\"warnings\":[],"
                    "\"devices\":[");
    append_devices(world, text);
    g_string_append(text, "]}}");
    return json_from_string(text->str, NULL);
}

static const char *
text_of(JsonObject *arguments, const char *member)
{
    return arguments ? json_object_get_string_member_with_default(arguments, member, NULL) : NULL;
}

static void
move(FakeWorld *world, const char *to)
{
    for (guint i = 0; i < world->nics; i++)
        if (!g_str_equal(world->states[i], "absent"))
            world->states[i] = to;
}

static JsonNode *
prepare(FakeWorld *world, JsonObject *arguments, GError **error)
{
    const char *stage = text_of(arguments, "stage");

    fake_note(world, "prepare%s%s", stage ? ":" : "", stage ? stage : "");
    if (fake_fails(world, "prepare-refused")) {
        fake_fail(error, GNF_HOST_ERROR_REFUSED, "no-standby: bond0 has no other port with a link");
        return NULL;
    }
    if (fake_fails(world, "prepare-failed"))
        return report(world, "prepare", "failed");
    if (fake_fails(world, "prepare-stuck") || world->answers > 0) {
        world->answers = world->answers > 0 ? world->answers - 1 : 0;
        return report(world, "prepare", "waiting");
    }
    move(world, g_strcmp0(stage, "switch") == 0 ? "switched" : "detached");
    return report(world, "prepare", "done");
}

static void
take_replacements(FakeWorld *world, JsonObject *arguments)
{
    JsonArray *devices = arguments && json_object_has_member(arguments, "devices")
                             ? json_object_get_array_member(arguments, "devices")
                             : NULL;

    for (guint i = 0; devices && i < json_array_get_length(devices); i++) {
        JsonObject *device = json_array_get_object_element(devices, i);
        const char *mac = json_object_get_string_member(device, "mac");
        const char *replaces = json_object_get_string_member(device, "replaces");

        fake_note(world, "replaces:%s>%s", replaces, mac);
        for (guint j = 0; j < world->nics; j++) {
            if (!g_str_equal(world->macs[j], replaces))
                continue;
            g_free(world->macs[j]);
            world->macs[j] = g_strdup(mac);
        }
    }
}

static JsonNode *
come_back(FakeWorld *world, const char *verb, JsonObject *arguments)
{
    const char *stage = text_of(arguments, "stage");
    const GnfDomainState there = world->destination.state;
    FakeHost *fake = there == GNF_DOMAIN_RUNNING ? &world->destination : &world->source;

    fake_note(world, "%s%s%s", verb, stage ? ":" : "", stage ? stage : "");
    take_replacements(world, arguments);
    if (fake_fails(world, "complete-fails"))
        return report(world, verb, "failed");
    for (guint i = 0; i < world->nics; i++) {
        gboolean is_here = g_strcmp0(fake->plugged[i], world->macs[i]) == 0;

        if (is_here)
            world->states[i] = g_strcmp0(stage, "attach") == 0 ? "switched" : "attached";
        else
            world->states[i] = "absent";
    }
    return report(world, verb, "done");
}

JsonNode *
fake_guest_answer(FakeWorld *world, const char *verb, JsonObject *arguments, GError **error)
{
    if (g_str_equal(verb, "query"))
        return query(world);
    if (g_str_equal(verb, "prepare"))
        return prepare(world, arguments, error);
    return come_back(world, verb, arguments);
}
