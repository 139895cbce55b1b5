/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest's agent over libvirt.
 *
 * Of a guest's error only its text arrives, wrapped into libvirt's own: "internal error: unable to
 * execute QEMU agent command 'guest-…': TEXT" (qemuAgentCheckError).
 */
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>

#include "host/libvirt-private.h"
#include "host/xml.h"
#include "qapi/parse.h"

#define WRAPPING "unable to execute QEMU agent command '"

/* What an agent without a command says of it: qemu-ga's CommandNotFound. */
#define NOT_FOUND "has not been found"

/* How often the channel is looked at: libvirt has an event (agent-lifecycle) and also says it in
 * the XML, which needs no bookkeeping over two connections. */
#define LOOK_MS 200

/* The guest's own words, or NULL. */
static const char *
guest_words(const char *message)
{
    const char *start = message ? strstr(message, WRAPPING) : NULL;
    const char *end = start ? strstr(start, "': ") : NULL;

    return end ? end + strlen("': ") : NULL;
}

static gboolean
fail(GnfLibvirt *libvirt, GError **error)
{
    const virError *problem = virGetLastError();
    int code = problem ? problem->code : VIR_ERR_OK;
    const char *words = guest_words(problem ? problem->message : NULL);

    if (words) {
        GnfHostError kind =
            strstr(words, NOT_FOUND) ? GNF_HOST_ERROR_UNAIDED : GNF_HOST_ERROR_REFUSED;

        g_set_error_literal(error, GNF_HOST_ERROR, (int)kind, words);
        return FALSE;
    }
    if (code == VIR_ERR_AGENT_UNRESPONSIVE || code == VIR_ERR_AGENT_UNSYNCED ||
        code == VIR_ERR_OPERATION_TIMEOUT || code == VIR_ERR_ARGUMENT_UNSUPPORTED) {
        GnfHostError kind =
            code == VIR_ERR_ARGUMENT_UNSUPPORTED ? GNF_HOST_ERROR_UNAIDED : GNF_HOST_ERROR_SILENT;

        g_set_error(error, GNF_HOST_ERROR, (int)kind, "the guest agent: %s", problem->message);
        return FALSE;
    }
    return gnf_libvirt_fail(libvirt, "ask the guest's agent", error);
}

static JsonNode *
take_return(const char *reply, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(JsonNode) node = gnf_json_parse(reply, strlen(reply), &problem);
    JsonObject *message = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    JsonNode *value = message ? json_object_get_member(message, "return") : NULL;

    if (value)
        return json_node_ref(value);
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_INVALID,
                "the guest agent's answer makes no sense: %s",
                problem ? problem->message : "no return");
    return NULL;
}

JsonNode *
gnf_libvirt_agent(GnfHost *host, const char *line, guint limit_ms, GError **error)
{
    GnfLibvirt *libvirt = gnf_libvirt_of(host);
    g_autoptr(virDomain) domain = gnf_libvirt_domain(libvirt, error);
    JsonNode *value = NULL;
    char *reply = NULL;

    if (!domain)
        return NULL;
    reply = virDomainQemuAgentCommand(domain, line, (int)(limit_ms / 1000), 0);
    if (reply)
        value = take_return(reply, error);
    else
        fail(libvirt, error);
    free(reply);
    return value;
}

static gboolean
is_connected(GnfHost *host, GError **error)
{
    g_autofree char *text = host->operations->xml(host, FALSE, error);
    g_autoptr(xmlDoc) document = text ? gnf_xml_parse(text, error) : NULL;
    g_autofree char *channel = NULL;

    if (!document)
        return FALSE;
    channel = gnf_xml_text(xmlDocGetRootElement(document),
                           "/domain/devices/channel/target[@name='org.qemu.guest_agent.0']/@state");
    return g_strcmp0(channel, "connected") == 0;
}

gboolean
gnf_libvirt_wait_agent(GnfHost *host, guint limit_ms, GError **error)
{
    gint64 end = gnf_libvirt_now_ms(host) + limit_ms;

    for (;;) {
        g_autoptr(GError) problem = NULL;

        if (is_connected(host, &problem))
            return TRUE;
        if (problem) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        if (gnf_libvirt_now_ms(host) >= end)
            break;
        gnf_libvirt_pause(host, LOOK_MS);
    }
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_SILENT,
                "the guest's agent did not connect within %u s",
                limit_ms / 1000);
    return FALSE;
}
