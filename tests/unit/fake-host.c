/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two hosts and one guest in memory.
 *
 * Failures: no-commands, silent, prepare-refused, prepare-failed, prepare-stuck; unplug-refused,
 * unplug-pending, unplug-error (of the last NIC), dies (at the unplug); not-free, plug-fails
 * (there), plug-back-fails; migrate-fails, migrate-but-there, migrate-lost, source-lost;
 * agent-silent (there); complete-fails; interrupted; save-fails.
 */
#include "tests/unit/fake-host.h"

#include "host/domain.h"

static FakeHost *
fake_of(GnfHost *host)
{
    return (FakeHost *)(gpointer)host;
}

gboolean
fake_fails(const FakeWorld *world, const char *word)
{
    return world->failures && g_strv_contains(world->failures, word);
}

gboolean
fake_fail(GError **error, GnfHostError code, const char *text)
{
    g_set_error_literal(error, GNF_HOST_ERROR, (int)code, text);
    return FALSE;
}

void
fake_note(FakeWorld *world, const char *format, ...)
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
        return fake_fail(error, GNF_HOST_ERROR_LOST, "the connection is gone");
    if (fake->state == GNF_DOMAIN_ABSENT)
        return fake_fail(error, GNF_HOST_ERROR_GONE, "there is no such domain");
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
    fake_note(fake->world, "%s:%s", xml ? "set" : "clear", key);
    g_free(*place);
    *place = g_strdup(xml);
    return TRUE;
}

/* -- the guest ------------------------------------------------------------------------------- */

static gboolean
check_agent(FakeHost *fake, GError **error)
{
    FakeWorld *world = fake->world;

    if (!check_reachable(fake, error))
        return FALSE;
    if (fake_fails(world, "no-commands"))
        return fake_fail(error, GNF_HOST_ERROR_UNAIDED, "The command X has not been found");
    if (fake_fails(world, "silent") ||
        (fake_fails(world, "agent-silent") && fake == &world->destination))
        return fake_fail(error, GNF_HOST_ERROR_SILENT, "the guest agent: not connected");
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
    return fake_guest_answer(world, verb, arguments, error);
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
    fake_note(fake->world, "unplug:%s", alias);
    if (fake_fails(fake->world, "dies"))
        fake->state = GNF_DOMAIN_ABSENT;
    if (!check_reachable(fake, error))
        return FALSE;
    if (fake_fails(fake->world, "unplug-error") && is_last(fake, alias))
        return fake_fail(error, GNF_HOST_ERROR_FAILED, "QEMU says no");
    return TRUE;
}

static GnfRemoval
wait_removed(GnfHost *host, const char *alias, guint limit_ms)
{
    FakeHost *fake = fake_of(host);
    FakeWorld *world = fake->world;

    if (fake_fails(world, "unplug-refused") && is_last(fake, alias))
        return GNF_REMOVAL_REFUSED;
    if (fake_fails(world, "unplug-pending") && is_last(fake, alias)) {
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
    fake_note(world, "plug:%s", device->mac);
    if (fake_fails(world, is_there ? "plug-fails" : "plug-back-fails") &&
        !g_str_has_suffix(device->mac, "cc"))
        return fake_fail(error, GNF_HOST_ERROR_FAILED, "no such bridge");
    g_free(fake->plugged[index_of(device->alias)]);
    fake->plugged[index_of(device->alias)] = g_strdup(device->mac);
    return TRUE;
}

static gboolean
check_free(GnfHost *host, const GnfHostDevice *device, GError **error)
{
    if (fake_fails(fake_of(host)->world, "not-free") && !g_str_has_suffix(device->mac, "cc"))
        return fake_fail(error, GNF_HOST_ERROR_REFUSED, "all 4 VFs of network 'vfs' are in use");
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

    fake_note(world, "migrate");
    progress(50, data);
    if (fake_fails(world, "migrate-fails"))
        return fake_fail(error, GNF_HOST_ERROR_FAILED, "cannot migrate: out of memory over there");
    if (fake_fails(world, "source-lost")) {
        world->is_lost = TRUE;
        return fake_fail(error, GNF_HOST_ERROR_LOST, "the connection is gone");
    }
    if (fake_fails(world, "migrate-lost")) {
        world->source.state = GNF_DOMAIN_ABSENT;
        return fake_fail(error, GNF_HOST_ERROR_FAILED, "cannot migrate: nobody knows");
    }
    go_there(world);
    if (fake_fails(world, "migrate-but-there"))
        return fake_fail(error, GNF_HOST_ERROR_FAILED, "cannot migrate: end of file");
    return TRUE;
}

static gboolean
save(GnfHost *host, const char *file, GError **error)
{
    FakeWorld *world = fake_of(host)->world;

    fake_note(world, "save");
    if (fake_fails(world, "save-fails"))
        return fake_fail(error, GNF_HOST_ERROR_FAILED, "cannot save: no space left on device");
    world->source.state = GNF_DOMAIN_ABSENT;
    return TRUE;
}

static gboolean
reopen(GnfHost *host, GError **error)
{
    FakeWorld *world = fake_of(host)->world;

    fake_note(world, "reopen");
    if (fake_fails(world, "source-stays-lost"))
        return fake_fail(error, GNF_HOST_ERROR_LOST, "cannot connect");
    world->is_lost = FALSE;
    return TRUE;
}

static gboolean
interrupted(GnfHost *host)
{
    FakeWorld *world = fake_of(host)->world;

    return fake_fails(world, "interrupted") && strstr(world->log->str, "unplug:") != NULL;
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
