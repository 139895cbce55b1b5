/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest's four commands, given again until they end.
 *
 * Every command is idempotent, so that a lost answer, a restarted libvirtd and an engine that is
 * busy with the same are one case: ask again.
 */
#include "host/guest.h"

#include "qapi/schema.h"

/* How long the guest holds its answer back, and what it may need besides under load: the agent's
 * channel, and an engine that has to be started. */
#define ANSWER_MS 4000
#define AGENT_MARGIN_MS 11000

/* Between two times that the guest was not ready; it says at once that it is busy. */
#define PAUSE_MS 500

typedef struct {
    GnfHost *host;
    char *command;
    JsonObject *arguments;
    gint64 end_ms;
} Question;

static gint64
left_ms(const Question *question)
{
    return question->end_ms - question->host->operations->now_ms(question->host);
}

static char *
new_line(const Question *question)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *message = json_object_new();

    json_object_set_string_member(message, "execute", question->command);
    if (question->arguments)
        json_object_set_object_member(message, "arguments", json_object_ref(question->arguments));
    json_node_take_object(node, message);
    return json_to_string(node, FALSE);
}

/* Of the guest's refusals those that pass: the codes' meaning, docs/reason-codes.md. */
static gboolean
passes(const GError *error)
{
    return gnf_host_error_is(error, GNF_HOST_ERROR_SILENT) ||
           (gnf_host_error_is(error, GNF_HOST_ERROR_REFUSED) &&
            (g_str_has_prefix(error->message, "busy: ") ||
             g_str_has_prefix(error->message, "standby-unverified: ")));
}

static JsonNode *
ask_once(const Question *question, GError **error)
{
    GnfHost *host = question->host;
    g_autofree char *line = new_line(question);
    g_autoptr(GError) problem = NULL;
    g_autoptr(JsonNode) value =
        host->operations->agent(host, line, ANSWER_MS + AGENT_MARGIN_MS, error);

    if (!value)
        return NULL;
    if (gnf_schema_check_return(question->command, value, &problem))
        return g_steal_pointer(&value);
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_INVALID,
                "the guest's answer to %s does not fit the contract: %s",
                question->command,
                problem->message);
    return NULL;
}

static JsonNode *
ask(const Question *question, GError **error)
{
    GnfHost *host = question->host;

    for (;;) {
        g_autoptr(GError) problem = NULL;
        JsonNode *value = ask_once(question, &problem);

        if (value)
            return value;
        if (!passes(problem) || left_ms(question) <= 0 || host->operations->interrupted(host)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
        host->operations->pause(host, PAUSE_MS);
    }
}

JsonNode *
gnf_guest_query(GnfHost *host, guint limit_ms, GError **error)
{
    g_autofree char *command = g_strdup("guest-net-failover-query");
    Question question = {host, command, NULL, host->operations->now_ms(host) + limit_ms};

    return ask(&question, error);
}

JsonNode *
gnf_guest_command(
    GnfHost *host, const char *verb, JsonObject *arguments, guint limit_ms, GError **error)
{
    g_autofree char *command = g_strconcat("guest-net-failover-", verb, NULL);
    g_autoptr(JsonObject) own = arguments ? json_object_ref(arguments) : json_object_new();
    Question question = {host, command, own, host->operations->now_ms(host) + limit_ms};

    json_object_set_int_member(own, "timeout-ms", ANSWER_MS);
    for (;;) {
        g_autoptr(JsonNode) report = ask(&question, error);

        if (!report || !gnf_guest_report_is(report, "waiting") || left_ms(&question) <= 0)
            return g_steal_pointer(&report);
        host->operations->pause(host, PAUSE_MS);
    }
}

gboolean
gnf_guest_report_is(JsonNode *report, const char *status)
{
    JsonObject *object = json_node_get_object(report);

    return g_strcmp0(json_object_get_string_member(object, "status"), status) == 0;
}

char *
gnf_guest_report_why(JsonNode *report)
{
    JsonObject *object = json_node_get_object(report);
    JsonArray *devices = json_object_get_array_member(object, "devices");
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < json_array_get_length(devices); i++) {
        JsonObject *device = json_array_get_object_element(devices, i);
        JsonObject *reason = json_object_has_member(device, "reason")
                                 ? json_object_get_object_member(device, "reason")
                                 : NULL;

        if (reason)
            g_string_append_printf(text,
                                   "%s%s: %s (%s)",
                                   text->len > 0 ? "; " : "",
                                   json_object_get_string_member(reason, "code"),
                                   json_object_get_string_member(reason, "detail"),
                                   json_object_get_string_member(device, "interface"));
    }
    if (text->len == 0)
        g_string_append_printf(text,
                               "the guest says '%s' and no reason",
                               json_object_get_string_member(object, "status"));
    return g_string_free(g_steal_pointer(&text), FALSE);
}
