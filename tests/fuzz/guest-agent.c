/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest agent; see guest-agent.h. Its parser is the project's framer, which has a target of its
 * own.
 */
#include "tests/fuzz/guest-agent.h"

#include <string.h>

#include "qga-plugin/framer.h"
#include "qga-plugin/json.h"

#define BARRIER "{\"execute\":\"guest-sync\",\"arguments\":{\"id\":"

struct GnfGuestAgent {
    GnfFramer *framer;
    gsize unfinished; /* bytes that the framer holds */
    GQueue *messages; /* of GBytes; empty for what has no meaning */
    GPtrArray *lines; /* of GString, by serial number */
    GArray *barriers; /* of gint64: those written to this connection */
    gboolean frozen;
};

static void
free_line(gpointer line)
{
    g_string_free(line, TRUE);
}

GnfGuestAgent *
gnf_guest_agent_new(void)
{
    GnfGuestAgent *agent = g_new0(GnfGuestAgent, 1);

    agent->framer = gnf_framer_new(GNF_FRAME_MAX_BYTES);
    agent->messages = g_queue_new();
    agent->lines = g_ptr_array_new_with_free_func(free_line);
    agent->barriers = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_ptr_array_add(agent->lines, g_string_new(NULL)); /* there is no line 0 */
    return agent;
}

void
gnf_guest_agent_free(GnfGuestAgent *agent)
{
    gnf_framer_free(agent->framer);
    g_queue_free_full(agent->messages, (GDestroyNotify)g_bytes_unref);
    g_ptr_array_unref(agent->lines);
    g_array_unref(agent->barriers);
    g_free(agent);
}

void
gnf_guest_agent_reset(GnfGuestAgent *agent)
{
    gnf_framer_reset(agent->framer);
    agent->unfinished = 0;
    g_queue_clear_full(agent->messages, (GDestroyNotify)g_bytes_unref);
    g_array_set_size(agent->barriers, 0);
}

gboolean
gnf_is_barrier(const void *data, gsize length, gint64 *ret_id)
{
    GnfText text = {data, length};
    GnfText id;
    gint64 number;

    if (length < strlen(BARRIER) || memcmp(data, BARRIER, strlen(BARRIER)) != 0 ||
        text.at[length - 1] != '\n' || !gnf_json_is_object(text) ||
        !gnf_json_member(text, "id", &id) || !gnf_json_integer(id, &number))
        return FALSE;
    if (ret_id)
        *ret_id = number;
    return TRUE;
}

void
gnf_guest_agent_take(GnfGuestAgent *agent, const void *data, gsize length)
{
    GnfFrameResult result;
    GnfFrame frame;
    gint64 id;

    if (gnf_is_barrier(data, length, &id))
        g_array_append_val(agent->barriers, id);
    gnf_framer_feed(agent->framer, data, length);
    agent->unfinished += length;
    while ((result = gnf_framer_pop(agent->framer, &frame)) != GNF_FRAME_PENDING) {
        gsize used = result == GNF_FRAME_MESSAGE ? frame.length : 0;

        agent->unfinished -= frame.length;
        if (result != GNF_FRAME_BLANK)
            g_queue_push_tail(agent->messages, g_bytes_new(frame.bytes, used));
    }
}

gboolean
gnf_guest_agent_is_idle(const GnfGuestAgent *agent)
{
    return agent->unfinished == 0 && g_queue_is_empty(agent->messages);
}

static gboolean
is_barrier_id(const GnfGuestAgent *agent, GnfText id)
{
    gint64 number;

    if (!gnf_json_integer(id, &number))
        return FALSE;
    for (guint i = 0; i < agent->barriers->len; i++)
        if (g_array_index(agent->barriers, gint64, i) == number)
            return TRUE;
    return FALSE;
}

/* The value of "return"; NULL for an error. */
static char *
work(GnfGuestAgent *agent, const char *command, guint8 how)
{
    if (g_str_equal(command, "guest-info"))
        return g_strdup("{\"version\": \"7.2\", \"supported_commands\": ["
                        "{\"enabled\": true, \"name\": \"guest-fuzz-taken\", "
                        "\"success-response\": true}, {\"enabled\": true, "
                        "\"name\": \"guest-suspend-fuzz\", \"success-response\": false}]}");
    if (g_str_has_prefix(command, "guest-fsfreeze-freeze") && !(how & 1)) {
        agent->frozen = (how & 2) == 0;
        return g_strdup(agent->frozen ? "2" : "0");
    }
    if (g_str_equal(command, "guest-fsfreeze-thaw") && !(how & 1)) {
        agent->frozen = FALSE;
        return g_strdup("2");
    }
    return how & 1 ? NULL : g_strnfill((gsize)(how / 16) * 1000 + 1, '7');
}

static gboolean
is_silent(const char *command, guint8 how)
{
    return !(how & 1) &&
           (g_str_equal(command, "guest-shutdown") || g_str_has_prefix(command, "guest-suspend-"));
}

static void
make_line(GnfGuestAgent *agent, const char *value, const char *id, gboolean marked, GString *out)
{
    GString *line = g_string_new(NULL);

    if (marked)
        g_string_append_c(line, '\xff');
    if (value)
        g_string_append_printf(line, "{\"return\": %s, \"n\": %u", value, agent->lines->len);
    else
        g_string_append_printf(line, "{\"error\": {}, \"n\": %u", agent->lines->len);
    g_string_append_printf(line, "%s%s}\n", id ? ", \"id\": " : "", id ? id : "");
    g_ptr_array_add(agent->lines, line);
    g_string_append_len(out, line->str, (gssize)line->len);
}

gboolean
gnf_guest_agent_answer(GnfGuestAgent *agent, guint8 how, GString *out)
{
    g_autoptr(GBytes) message = g_queue_pop_head(agent->messages);
    g_autofree char *command = NULL;
    g_autofree char *value = NULL;
    g_autofree char *echo = NULL;
    GnfText text, execute, id;

    if (!message)
        return FALSE;
    text.at = g_bytes_get_data(message, &text.length);
    if (text.at && gnf_json_is_object(text) && gnf_json_member(text, "execute", &execute))
        command = gnf_json_string(execute);
    if (text.at && gnf_json_is_object(text) && gnf_json_member(text, "id", &id))
        echo = gnf_json_line(id);
    if (echo && is_barrier_id(agent, id)) {
        g_string_append_printf(out, "{\"return\": %s, \"id\": %s}\n", echo, echo);
        return TRUE;
    }
    if (command && is_silent(command, how))
        return TRUE;
    if (command)
        value = work(agent, command, how);
    make_line(agent, value, echo, g_strcmp0(command, "guest-sync-delimited") == 0, out);
    return TRUE;
}

gboolean
gnf_guest_agent_is_frozen(const GnfGuestAgent *agent)
{
    return agent->frozen;
}

guint
gnf_guest_agent_lines(const GnfGuestAgent *agent)
{
    return agent->lines->len - 1;
}

const GString *
gnf_guest_agent_line(const GnfGuestAgent *agent, guint serial)
{
    return g_ptr_array_index(agent->lines, serial);
}
