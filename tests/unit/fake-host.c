/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two hosts and one guest in memory.
 *
 * Failures: no-commands, silent, prepare-refused, prepare-failed, prepare-stuck; unplug-refused,
 * unplug-pending, unplug-error (of the last NIC); not-free, plug-fails (there), plug-back-fails;
 * migrate-fails, migrate-but-there, migrate-lost, source-lost; agent-silent (there);
 * complete-fails; interrupted; save-fails.
 */
#include "tests/unit/fake-host.h"

#include "host/domain.h"

static FakeHost *
fake_of(GnfHost *host)
{
    return (FakeHost *)(gpointer)host;
}

static gboolean
fails(const FakeWorld *world, const char *word)
{
    return world->failures && g_strv_contains(world->failures, word);
}

static gboolean
fail(GError **error, GnfHostError code, const char *text)
{
    g_set_error_literal(error, GNF_HOST_ERROR, (int)code, text);
    return FALSE;
}

static void G_GNUC_PRINTF(2, 3) note(FakeWorld *world, const char *format, ...)
{
    va_list arguments;

    if (world->log->len > 0)
        g_string_append_c(world->log, ' ');
    va_start(arguments, format);
    g_string_append_vprintf(world->log, format, arguments);
    va_end(arguments);
}

char *
fake_nic_xml(const char *mac, guint index)
{
    return g_strdup_printf("<interface type=\"hostdev\"><mac address=\"%s\"/>"
                           "<alias name=\"ua-%u\"/></interface>",
                           mac,
                           index);
}

/* -- the domain ------------------------------------------------------------------------------ */

static gboolean
check_reachable(FakeHost *fake, GError **error)
{
    if (fake->world->is_lost && fake == &fake->world->source)
        return fail(error, GNF_HOST_ERROR_LOST, "the connection is gone");
    if (fake->state == GNF_DOMAIN_ABSENT)
        return fail(error, GNF_HOST_ERROR_GONE, "there is no such domain");
    return TRUE;
}

static char *
metadata(const char *key, const char *uri, const char *xml)
{
    const char *body = xml ? strchr(xml, '>') : NULL;

    return body ? g_strdup_printf("<%s xmlns='%s'%s", key, uri, body) : g_strdup("");
}

static char *
read_xml(GnfHost *host, gboolean defined, GError **error)
{
    FakeHost *fake = fake_of(host);
    g_autoptr(GString) text = g_string_new("<domain><name>web</name><metadata>");
    g_autofree char *record = metadata(GNF_RECORD_KEY, GNF_RECORD_URI, fake->record);
    g_autofree char *marks = metadata(GNF_MARKS_KEY, GNF_MARKS_URI, fake->marks);

    if (!check_reachable(fake, error))
        return NULL;
    g_string_append_printf(text, "%s%s</metadata><devices>", record, marks);
    for (guint i = 0; i < FAKE_NICS; i++) {
        g_autofree char *nic = fake->plugged[i] ? fake_nic_xml(fake->plugged[i], i) : NULL;

        g_string_append(text, nic ? nic : "");
    }
    g_string_append(text, "</devices></domain>");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static GnfDomainState
state(GnfHost *host)
{
    FakeHost *fake = fake_of(host);

    return fake->world->is_lost && fake == &fake->world->source ? GNF_DOMAIN_UNREACHABLE
                                                                : fake->state;
}

static gboolean
has_job(GnfHost *host)
{
    return fake_of(host)->has_job;
}

static gboolean
set_metadata(GnfHost *host,
             const char *key,
             const char *uri,
             const char *xml,
             gboolean define,
             GError **error)
{
    FakeHost *fake = fake_of(host);
    char **place = g_str_equal(key, GNF_RECORD_KEY) ? &fake->record : &fake->marks;

    if (!check_reachable(fake, error))
        return FALSE;
    note(fake->world, "%s:%s", xml ? "set" : "clear", key);
    g_free(*place);
    *place = g_strdup(xml);
    return TRUE;
}

/* -- the guest ------------------------------------------------------------------------------- */

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
            fails(world, "prepare-failed") || fails(world, "complete-fails")
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

    note(world, "prepare%s%s", stage ? ":" : "", stage ? stage : "");
    if (fails(world, "prepare-refused")) {
        fail(error, GNF_HOST_ERROR_REFUSED, "no-standby: bond0 has no other port with a link");
        return NULL;
    }
    if (fails(world, "prepare-failed"))
        return report(world, "prepare", "failed");
    if (fails(world, "prepare-stuck") || world->answers > 0) {
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

        note(world, "replaces:%s>%s", replaces, mac);
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

    note(world, "%s%s%s", verb, stage ? ":" : "", stage ? stage : "");
    take_replacements(world, arguments);
    if (fails(world, "complete-fails"))
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

static gboolean
check_agent(FakeHost *fake, GError **error)
{
    FakeWorld *world = fake->world;

    if (!check_reachable(fake, error))
        return FALSE;
    if (fails(world, "no-commands"))
        return fail(error, GNF_HOST_ERROR_UNAIDED, "The command X has not been found");
    if (fails(world, "silent") || (fails(world, "agent-silent") && fake == &world->destination))
        return fail(error, GNF_HOST_ERROR_SILENT, "the guest agent: not connected");
    return TRUE;
}

static JsonNode *
agent(GnfHost *host, const char *line, guint limit_ms, GError **error)
{
    FakeHost *fake = fake_of(host);
    FakeWorld *world = fake->world;
    g_autoptr(JsonNode) node = json_from_string(line, NULL);
    JsonObject *message = json_node_get_object(node);
    const char *verb =
        json_object_get_string_member(message, "execute") + strlen("guest-net-failover-");
    JsonObject *arguments = json_object_has_member(message, "arguments")
                                ? json_object_get_object_member(message, "arguments")
                                : NULL;

    if (!check_agent(fake, error))
        return NULL;
    if (g_str_equal(verb, "query"))
        return query(world);
    if (g_str_equal(verb, "prepare"))
        return prepare(world, arguments, error);
    return come_back(world, verb, arguments);
}

static gboolean
wait_agent(GnfHost *host, guint limit_ms, GError **error)
{
    return check_agent(fake_of(host), error);
}

/* -- devices --------------------------------------------------------------------------------- */

static guint
index_of(const char *alias)
{
    return (guint)g_ascii_strtoull(alias + strlen("ua-"), NULL, 10);
}

static gboolean
is_last(const FakeHost *fake, const char *alias)
{
    return index_of(alias) == fake->world->nics - 1;
}

static gboolean
unplug(GnfHost *host, const char *alias, GError **error)
{
    FakeHost *fake = fake_of(host);

    if (!check_reachable(fake, error))
        return FALSE;
    note(fake->world, "unplug:%s", alias);
    if (fails(fake->world, "unplug-error") && is_last(fake, alias))
        return fail(error, GNF_HOST_ERROR_FAILED, "QEMU says no");
    return TRUE;
}

static GnfRemoval
wait_removed(GnfHost *host, const char *alias, guint limit_ms)
{
    FakeHost *fake = fake_of(host);
    FakeWorld *world = fake->world;

    if (fails(world, "unplug-refused") && is_last(fake, alias))
        return GNF_REMOVAL_REFUSED;
    if (fails(world, "unplug-pending") && is_last(fake, alias)) {
        world->now_ms += limit_ms;
        return GNF_REMOVAL_PENDING;
    }
    g_clear_pointer(&fake->plugged[index_of(alias)], g_free);
    world->states[index_of(alias)] = "absent";
    return GNF_REMOVAL_DONE;
}

static gboolean
plug(GnfHost *host, const char *xml, GError **error)
{
    FakeHost *fake = fake_of(host);
    FakeWorld *world = fake->world;
    g_autoptr(GnfHostDevice) device = gnf_host_device_parse(xml, error);
    gboolean is_there = fake == &world->destination;

    if (!device || !check_reachable(fake, error))
        return FALSE;
    note(world, "plug:%s", device->mac);
    if (fails(world, is_there ? "plug-fails" : "plug-back-fails") &&
        !g_str_has_suffix(device->mac, "cc"))
        return fail(error, GNF_HOST_ERROR_FAILED, "no such bridge");
    g_free(fake->plugged[index_of(device->alias)]);
    fake->plugged[index_of(device->alias)] = g_strdup(device->mac);
    return TRUE;
}

static gboolean
check_free(GnfHost *host, const GnfHostDevice *device, GError **error)
{
    if (fails(fake_of(host)->world, "not-free") && !g_str_has_suffix(device->mac, "cc"))
        return fail(error, GNF_HOST_ERROR_REFUSED, "all 4 VFs of network 'vfs' are in use");
    return TRUE;
}

/* -- the big ones ---------------------------------------------------------------------------- */

static void
go_there(FakeWorld *world)
{
    world->source.state = GNF_DOMAIN_ABSENT;
    world->destination.state = GNF_DOMAIN_RUNNING;
    g_free(world->destination.record);
    world->destination.record = g_strdup(world->source.record);
    g_free(world->destination.marks);
    world->destination.marks = g_strdup(world->source.marks);
}

static gboolean
migrate(GnfHost *host,
        GnfHost *destination,
        const GnfMigration *migration,
        GnfHostProgress progress,
        gpointer data,
        GError **error)
{
    FakeWorld *world = fake_of(host)->world;

    note(world, "migrate");
    progress(50, data);
    if (fails(world, "migrate-fails"))
        return fail(error, GNF_HOST_ERROR_FAILED, "cannot migrate: out of memory over there");
    if (fails(world, "source-lost")) {
        world->is_lost = TRUE;
        return fail(error, GNF_HOST_ERROR_LOST, "the connection is gone");
    }
    if (fails(world, "migrate-lost")) {
        world->source.state = GNF_DOMAIN_ABSENT;
        return fail(error, GNF_HOST_ERROR_FAILED, "cannot migrate: nobody knows");
    }
    go_there(world);
    if (fails(world, "migrate-but-there"))
        return fail(error, GNF_HOST_ERROR_FAILED, "cannot migrate: end of file");
    return TRUE;
}

static gboolean
save(GnfHost *host, const char *file, GError **error)
{
    FakeWorld *world = fake_of(host)->world;

    note(world, "save");
    if (fails(world, "save-fails"))
        return fail(error, GNF_HOST_ERROR_FAILED, "cannot save: no space left on device");
    world->source.state = GNF_DOMAIN_ABSENT;
    return TRUE;
}

static gboolean
reopen(GnfHost *host, GError **error)
{
    FakeWorld *world = fake_of(host)->world;

    note(world, "reopen");
    if (fails(world, "source-stays-lost"))
        return fail(error, GNF_HOST_ERROR_LOST, "cannot connect");
    world->is_lost = FALSE;
    return TRUE;
}

static gboolean
interrupted(GnfHost *host)
{
    FakeWorld *world = fake_of(host)->world;

    return fails(world, "interrupted") && strstr(world->log->str, "unplug:") != NULL;
}

static gint64
now_ms(GnfHost *host)
{
    return fake_of(host)->world->now_ms;
}

static void
pause_for(GnfHost *host, guint ms)
{
    fake_of(host)->world->now_ms += ms;
}

static const GnfHostOperations operations = {
    .xml = read_xml,
    .state = state,
    .has_job = has_job,
    .agent = agent,
    .wait_agent = wait_agent,
    .unplug = unplug,
    .wait_removed = wait_removed,
    .plug = plug,
    .check_free = check_free,
    .set_metadata = set_metadata,
    .migrate = migrate,
    .save = save,
    .reopen = reopen,
    .interrupted = interrupted,
    .now_ms = now_ms,
    .pause = pause_for,
};

FakeWorld *
fake_world_new(void)
{
    FakeWorld *world = g_new0(FakeWorld, 1);

    world->source = (FakeHost){{&operations, "a", "web"}, world, GNF_DOMAIN_RUNNING};
    world->destination = (FakeHost){{&operations, "b", "web"}, world, GNF_DOMAIN_ABSENT};
    world->log = g_string_new(NULL);
    world->nics = 1;
    world->macs[0] = g_strdup("52:54:00:aa:00:01");
    world->macs[1] = g_strdup("52:54:00:aa:00:02");
    world->states[0] = "attached";
    world->states[1] = "absent";
    world->source.plugged[0] = g_strdup(world->macs[0]);
    return world;
}

void
fake_world_add_nic(FakeWorld *world)
{
    world->nics = 2;
    world->states[1] = "attached";
    world->source.plugged[1] = g_strdup(world->macs[1]);
}

static void
clear_host(FakeHost *fake)
{
    for (guint i = 0; i < FAKE_NICS; i++)
        g_free(fake->plugged[i]);
    g_free(fake->record);
    g_free(fake->marks);
}

void
fake_world_free(FakeWorld *world)
{
    clear_host(&world->source);
    clear_host(&world->destination);
    for (guint i = 0; i < FAKE_NICS; i++)
        g_free(world->macs[i]);
    g_string_free(world->log, TRUE);
    g_free(world);
}
