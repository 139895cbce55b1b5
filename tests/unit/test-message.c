/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the engine's socket: requests read, replies written.
 */
#include <gio/gio.h>

#include "failover/error.h"
#include "failover/message.h"

static GnfRequest *
parse(const char *text, JsonNode **ret_id, GError **error)
{
    return gnf_request_parse(text, strlen(text), ret_id, error);
}

static void
test_request(void)
{
    g_autoptr(JsonNode) id = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfRequest) request = parse(
        "{\"execute\": \"guest-x\", \"arguments\": {\"a\": 1}, \"id\": [1, {}]}", &id, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(request->command, ==, "guest-x");
    g_assert_cmpint(json_object_get_int_member(request->arguments, "a"), ==, 1);
    g_autofree char *text = json_to_string(request->id, FALSE);
    g_assert_cmpstr(text, ==, "[1,{}]");
}

static void
test_single_quotes(void)
{
    g_autoptr(JsonNode) id = NULL;
    g_autoptr(GnfRequest) request = parse("{'execute': 'guest-x'}", &id, NULL);

    g_assert_nonnull(request);
    g_assert_null(request->arguments);
}

static void
test_bad_requests(void)
{
    const char *const bad[] = {
        "[]",
        "1",
        "{}",
        "{\"execute\": 1}",
        "{\"execute\": null}",
        "{\"execute\": \"x\", \"arguments\": []}",
        "{\"execute\": \"x\", \"arguments\": null}",
        "{\"execute\": \"x\", \"control\": {}}",
        "{\"execute\": \"x\", \"execute\": \"y\"}",
        "{\"execute\": \"x\", \"id\": [1e20]}",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(JsonNode) id = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(bad[i], &id, &error));
        g_assert_error(error, GNF_ERROR, GNF_REASON_CODE_INVALID_ARGUMENT);
    }
}

static void
test_id_of_bad_request(void)
{
    g_autoptr(JsonNode) id = NULL;

    g_assert_null(parse("{\"execute\": 1, \"id\": 7}", &id, NULL));
    g_assert_cmpint(json_node_get_int(id), ==, 7);
}

static void
test_replies(void)
{
    g_autoptr(JsonNode) id = json_from_string("7", NULL);
    g_autoptr(JsonNode) value = json_from_string("{\"a\": \"b\\nc\"}", NULL);
    g_autoptr(GError) error = gnf_reason(GNF_REASON_CODE_NO_STANDBY, "bond0 has \"none\"");
    g_autofree char *ok = gnf_reply_return(id, value);
    g_autofree char *refused = gnf_reply_error(NULL, error);
    g_autofree char *unknown = gnf_reply_not_found(NULL, "guest-x");

    g_assert_cmpstr(ok, ==, "{\"return\":{\"a\":\"b\\nc\"},\"id\":7}\n");
    g_assert_cmpstr(refused,
                    ==,
                    "{\"error\":{\"class\":\"GenericError\",\"desc\":\"no-standby: bond0 has "
                    "\\\"none\\\"\"}}\n");
    g_assert_cmpstr(unknown,
                    ==,
                    "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"The command guest-x has "
                    "not been found\"}}\n");
}

static void
test_reasons_of_errors(void)
{
    g_autoptr(GError) cancelled = g_error_new(G_IO_ERROR, G_IO_ERROR_CANCELLED, "x");
    g_autoptr(GError) foreign = g_error_new(G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");
    g_autoptr(GError) own = gnf_reason(GNF_REASON_CODE_BUSY, "inner");

    g_assert_cmpint(gnf_error_reason(cancelled), ==, GNF_REASON_CODE_TIMEOUT);
    g_assert_cmpint(gnf_error_reason(foreign), ==, GNF_REASON_CODE_INTERNAL);
    gnf_error_wrap(&own, GNF_REASON_CODE_INTERNAL, "doing %s", "this");
    g_assert_error(own, GNF_ERROR, GNF_REASON_CODE_BUSY);
    g_assert_cmpstr(own->message, ==, "doing this: inner");
    gnf_error_wrap(&foreign, GNF_REASON_CODE_MANAGER_FAILED, "doing");
    g_assert_error(foreign, GNF_ERROR, GNF_REASON_CODE_MANAGER_FAILED);
    gnf_error_wrap(&cancelled, GNF_REASON_CODE_MANAGER_FAILED, "doing");
    g_assert_error(cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/message/request", test_request);
    g_test_add_func("/message/request/single-quotes", test_single_quotes);
    g_test_add_func("/message/request/bad", test_bad_requests);
    g_test_add_func("/message/request/bad/keeps-its-id", test_id_of_bad_request);
    g_test_add_func("/message/replies", test_replies);
    g_test_add_func("/error/reasons", test_reasons_of_errors);
    return g_test_run();
}
