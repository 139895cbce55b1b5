/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Router: see router.h. Reads the one member `execute` of a request and looks it up.
 */
#include "qga-plugin/router.h"

#include "qga-plugin/json.h"

static void
set_add(GHashTable *set, const char *name)
{
    g_hash_table_add(set, g_strdup(name));
}

static GHashTable *
set_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

/* What libvirt and Proxmox rely on, and what we answer while qemu-ga is away. */
static const char *const basic[] = {
    "guest-info",
    "guest-ping",
    "guest-sync",
    "guest-sync-delimited",
};

/* 'success-response': false in qga/qapi-schema.json. */
static const char *const no_reply[] = {
    "guest-shutdown",
    "guest-suspend-disk",
    "guest-suspend-hybrid",
    "guest-suspend-ram",
};

static void
add_basic(GnfAgentCommands *commands)
{
    for (guint i = 0; i < G_N_ELEMENTS(basic); i++)
        set_add(commands->names, basic[i]);
}

void
gnf_agent_commands_init(GnfAgentCommands *commands)
{
    commands->names = set_new();
    commands->no_reply = set_new();
    add_basic(commands);
    for (guint i = 0; i < G_N_ELEMENTS(no_reply); i++)
        set_add(commands->no_reply, no_reply[i]);
}

void
gnf_agent_commands_clear(GnfAgentCommands *commands)
{
    g_clear_pointer(&commands->names, g_hash_table_unref);
    g_clear_pointer(&commands->no_reply, g_hash_table_unref);
}

static gboolean
is_false(GnfText value)
{
    return value.length == 5 && *value.at == 'f';
}

void
gnf_agent_commands_learn(GnfAgentCommands *commands, const char *line, gsize length)
{
    GnfText info, list, entry, value;
    gsize position = 0;

    if (!gnf_json_member((GnfText){line, length}, "return", &info) ||
        !gnf_json_member(info, "supported_commands", &list))
        return;
    g_hash_table_remove_all(commands->names);
    add_basic(commands);
    while (gnf_json_element(list, &position, &entry)) {
        g_autofree char *name = NULL;

        if (gnf_json_member(entry, "name", &value))
            name = gnf_json_string(value);
        if (!name)
            continue;
        set_add(commands->names, name);
        if (gnf_json_member(entry, "success-response", &value) && is_false(value))
            set_add(commands->no_reply, name);
    }
}

static GnfRouteKind
agent_kind(const char *command, const GnfAgentCommands *commands)
{
    if (g_str_equal(command, "guest-info"))
        return GNF_ROUTE_INFO;
    if (g_str_equal(command, "guest-fsfreeze-freeze") ||
        g_str_equal(command, "guest-fsfreeze-freeze-list"))
        return GNF_ROUTE_FREEZE;
    if (g_str_equal(command, "guest-fsfreeze-thaw"))
        return GNF_ROUTE_THAW;
    return g_hash_table_contains(commands->no_reply, command) ? GNF_ROUTE_NO_REPLY
                                                              : GNF_ROUTE_AGENT;
}

/* A number or a word: qemu-ga does not answer before it has the byte behind it, which may begin a
 * request that it does not get. A barrier will end it. */
static gboolean
is_open_ended(GnfText message)
{
    return g_ascii_isalnum(*message.at) || *message.at == '-';
}

static GnfRoute
route_message(GnfText message, const GnfRegistry *registry, const GnfAgentCommands *commands)
{
    GnfRoute route = {.kind = GNF_ROUTE_AGENT, .uncertain = is_open_ended(message)};
    g_autofree char *command = NULL;
    GnfText execute;

    if (!gnf_json_member(message, "execute", &execute))
        return route;
    command = gnf_json_string(execute);
    if (!command)
        return route;
    if (!g_hash_table_contains(commands->names, command))
        route.plugin = gnf_registry_find(registry, command);
    if (route.plugin && !gnf_json_is_valid(message))
        route.plugin = NULL;
    route.kind = route.plugin ? GNF_ROUTE_PLUGIN : agent_kind(command, commands);
    return route;
}

GnfRoute
gnf_route(GnfFrameResult result,
          const GnfFrame *frame,
          const GnfRegistry *registry,
          const GnfAgentCommands *commands)
{
    GnfText message = {(const char *)frame->bytes, frame->length};

    switch (result) {
    case GNF_FRAME_BLANK:
        /* It may be what is skipped after an error. */
        return (GnfRoute){.kind = GNF_ROUTE_SILENT_BYTES, .part = TRUE, .continued = TRUE};
    case GNF_FRAME_PART:
        return (GnfRoute){.kind = GNF_ROUTE_SILENT_BYTES,
                          .uncertain = TRUE,
                          .part = TRUE,
                          .continued = frame->continued};
    case GNF_FRAME_MESSAGE:
        if (!frame->continued)
            return route_message(message, registry, commands);
        break;
    default:
        break;
    }
    return (GnfRoute){.kind = GNF_ROUTE_AGENT,
                      .uncertain = TRUE,
                      .part = result == GNF_FRAME_RESYNC,
                      .continued = frame->continued};
}
