/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target of the engine's way in: bytes of its socket, cut into messages as server.c does, then
 * message.c, qapi/parse.c, qapi/schema.c and what reads the arguments of each command.
 *
 * Each message is an error that can be told, or a request of which both parsers in this project say
 * the same: qga-plugind chose it by what qga-plugin/json.c read, and the engine acts on what
 * json-glib made of it. Every reply is one line of JSON.
 */
#include "failover/error.h"
#include "failover/message.h"
#include "failover/prepare.h"
#include "failover/replacement.h"
#include "failover/report.h"
#include "failover/waiter.h"
#include "qapi/parse.h"
#include "qapi/schema.h"
#include "qga-plugin/framer.h"
#include "qga-plugin/json.h"
#include "tests/fuzz/target.h"
#include "tests/unit/primaries.h"

#define INPUT_MAX (64u << 10)

static void
assert_refusal(const GError *error)
{
    g_assert_nonnull(error);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void
assert_invalid(const GError *error)
{
    assert_refusal(error);
    g_assert_cmpint(gnf_error_reason(error), ==, GNF_REASON_CODE_INVALID_ARGUMENT);
}

static void
assert_same_id(GnfText text, JsonNode *id)
{
    GnfText value;

    g_assert_cmpint(gnf_json_member(text, "id", &value), ==, id != NULL);
    if (!id)
        return;
    g_autoptr(JsonNode) read = gnf_json_parse(value.at, value.length, NULL);
    g_assert_true(read && json_node_equal(read, id));
}

/* Takes the line. Its id is the request's. */
static void
assert_reply(char *line, JsonNode *id, const char *member)
{
    g_autofree char *text = line;
    GnfText whole = {text, strlen(text)};
    GnfText value;

    g_assert_cmpuint(whole.length, >, 0);
    g_assert_true(strchr(text, '\n') == text + whole.length - 1);
    g_assert_true(gnf_json_is_object(whole));
    g_assert_true(gnf_json_member(whole, member, &value));
    assert_same_id(whole, id);
}

static void
assert_replies(const GnfRequest *request, const GError *error)
{
    g_autoptr(JsonNode) value = gnf_report_empty(GNF_VERB_CANCEL, GNF_STATUS_DONE, NULL);

    assert_reply(gnf_reply_return(request->id, value), request->id, "return");
    assert_reply(gnf_reply_not_found(request->id, request->command), request->id, "error");
    if (error)
        assert_reply(gnf_reply_error(request->id, error), request->id, "error");
}

/* The request as qga-plugind sees it, and as it hands it on. */
static void
assert_same_reading(GnfText text, const GnfRequest *request)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) id = NULL;
    g_autofree char *command = NULL;
    g_autofree char *line = NULL;
    GnfText execute;

    g_assert_true(gnf_json_is_valid(text));
    g_assert_true(gnf_json_member(text, "execute", &execute));
    command = gnf_json_string(execute);
    g_assert_cmpstr(command, ==, request->command);
    assert_same_id(text, request->id);

    line = gnf_json_line(text);
    g_assert_null(strchr(line, '\n'));
    g_autoptr(GnfRequest) relayed = gnf_request_parse(line, strlen(line), &id, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(relayed->command, ==, request->command);
    g_assert_cmpint(relayed->arguments != NULL, ==, request->arguments != NULL);
    g_assert_true(!request->arguments || json_object_equal(relayed->arguments, request->arguments));
}

/* What qga-plugind would hand on of a message that the engine refuses is refused, too. */
static void
assert_same_refusal(GnfText text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) id = NULL;
    g_autofree char *line = gnf_json_is_valid(text) ? gnf_json_line(text) : NULL;

    if (line)
        g_assert_null(gnf_request_parse(line, strlen(line), &id, &error));
}

static gboolean
read_prepare(const GnfRequest *request, GError **error)
{
    g_autoptr(GnfPrepareOptions) options = gnf_prepare_options_parse(request->arguments, error);

    return options != NULL;
}

/* Against an operation with one NIC prepared: most of the errors are about that. */
static gboolean
read_complete(const GnfRequest *request, GError **error)
{
    g_autoptr(GnfOperation) operation = gnf_test_operation();
    JsonNode *devices =
        request->arguments ? json_object_get_member(request->arguments, "devices") : NULL;

    return gnf_replacement_assign(operation, devices ? json_node_get_array(devices) : NULL, error);
}

static gboolean
read_arguments(const GnfRequest *request, GError **error)
{
    guint timeout_ms = 0;

    if (!gnf_schema_check_arguments(request->command, request->arguments, error) ||
        !gnf_waiter_check_timeout(request->arguments, &timeout_ms, error)) {
        assert_invalid(*error);
        return FALSE;
    }
    if (g_str_has_suffix(request->command, "-prepare"))
        return read_prepare(request, error);
    return !g_str_has_suffix(request->command, "-complete") || read_complete(request, error);
}

static void
handle(GnfText text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) id = NULL;
    g_autoptr(GnfRequest) request = gnf_request_parse(text.at, text.length, &id, &error);

    if (!request) {
        assert_invalid(error);
        assert_same_refusal(text);
        assert_reply(gnf_reply_error(id, error), id, "error");
        return;
    }
    g_assert_no_error(error);
    assert_same_reading(text, request);
    if (gnf_schema_has_command(request->command) && !read_arguments(request, &error))
        assert_refusal(error);
    assert_replies(request, error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GnfFramer) framer = gnf_framer_new(INPUT_MAX);
    GnfFrameResult result;
    GnfFrame frame;

    if (size > INPUT_MAX)
        return 0;
    gnf_framer_feed(framer, data, size);
    while ((result = gnf_framer_pop(framer, &frame)) != GNF_FRAME_PENDING)
        if (result == GNF_FRAME_MESSAGE)
            handle((GnfText){(const char *)frame.bytes, frame.length});
    return 0;
}
