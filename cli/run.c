/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A subcommand, from its arguments to its exit code.
 *
 * Each message has a deadline of its own, a little after the engine's, so that the program ends
 * whatever the engine does; --wait has one more, after which nothing is sent any more.
 */
#include "cli/run.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/exchange.h"
#include "cli/reply.h"
#include "common/progress.h"
#include "common/terminal.h"
#include "common/text.h"
#include "qapi/schema.h"
#include "qapi/types.h"

/* The contract's default and largest timeout-ms. */
#define DEFAULT_TIMEOUT_MS 4000
#define LARGEST_TIMEOUT_MS 600000

/* What the engine may need on top of timeout-ms: to be started, and to be scheduled in a guest
 * whose memory is just being copied. */
#define MARGIN_MS 5000

/* The engine holds its answer back until timeout-ms. One that does not is not to be flooded. */
#define PAUSE_US (G_USEC_PER_SEC / 5)

typedef struct {
    const GnfSubcommand *subcommand;
    const GnfOptions *options;
    const char *socket;
    GnfProgress progress;
} Run;

void
gnf_complain(const char *code, const char *detail)
{
    g_autofree char *printable = gnf_text_printable(detail);

    if (code)
        fprintf(stderr, "qga-net-failover: %s: %s\n", code, printable);
    else
        fprintf(stderr, "qga-net-failover: %s\n", printable);
}

static gint64
message_deadline(const GnfOptions *options)
{
    gint64 timeout_ms = json_object_get_int_member_with_default(
        options->arguments, "timeout-ms", DEFAULT_TIMEOUT_MS);

    /* The engine refuses a larger one at once. */
    timeout_ms = MIN(timeout_ms, LARGEST_TIMEOUT_MS) + MARGIN_MS;
    return g_get_monotonic_time() + timeout_ms * 1000;
}

/* NULL after a complaint, with *ret_exit set. */
static GnfReply *
ask(Run *run, GnfExit *ret_exit)
{
    gint64 id = getpid();
    g_autofree char *request =
        gnf_request_line(run->subcommand->command, run->options->arguments, id);
    GnfExchange exchange = {
        run->socket, message_deadline(run->options), gnf_progress_tick, &run->progress};
    g_autoptr(GError) error = NULL;
    g_autofree char *line = gnf_exchange(&exchange, request, &error);
    GnfReply *reply = NULL;

    gnf_progress_end(&run->progress);
    if (!line) {
        *ret_exit = GNF_EXIT_NO_ANSWER;
        gnf_complain(NULL, error->message);
        return NULL;
    }
    reply = gnf_reply_parse(line, id, &error);
    if (!reply) {
        *ret_exit = GNF_EXIT_ERROR;
        g_prefix_error(&error, "cannot understand the answer from %s: ", run->socket);
        gnf_complain("internal", error->message);
    }
    return reply;
}

static GnfExit
exit_of(const GnfSubcommand *subcommand, const GnfReply *reply)
{
    GnfStatus status = GNF_STATUS_DONE;

    if (!subcommand->can_wait)
        return GNF_EXIT_DONE;
    gnf_status_from_string(
        json_object_get_string_member(json_node_get_object(reply->value), "status"), &status);
    switch (status) {
    case GNF_STATUS_DONE:
    case GNF_STATUS_PLANNED:
        return GNF_EXIT_DONE;
    case GNF_STATUS_WAITING:
        return GNF_EXIT_WAITING;
    case GNF_STATUS_PARTIAL:
    case GNF_STATUS_FAILED:
        return GNF_EXIT_PARTIAL;
    }
    g_assert_not_reached();
}

/* A reader that went away (a closed pipe) must not look like success. */
static gboolean
write_out(const char *text)
{
    if (gnf_write_out(text))
        return TRUE;
    gnf_complain(NULL, "cannot write the reply to standard output");
    return FALSE;
}

static gboolean
print_json(JsonNode *node)
{
    g_autofree char *json = json_to_string(node, FALSE);
    g_autofree char *line = g_strconcat(json, "\n", NULL);

    return write_out(line);
}

static GnfExit
print_error(const Run *run, const GnfReply *reply)
{
    g_autofree char *code = NULL;
    g_autofree char *detail = NULL;
    g_autofree char *printable = NULL;

    gnf_reply_split_error(reply, &code, &detail);
    printable = gnf_text_printable(code);
    if (run->options->json)
        print_json(reply->error);
    gnf_complain(printable, detail);
    return GNF_EXIT_ERROR;
}

static gboolean
print_value(const Run *run, const GnfReply *reply)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (run->options->json)
        return print_json(reply->value);
    run->subcommand->print(text, json_node_get_object(reply->value), gnf_wants_colours());
    return write_out(text->str);
}

/* FALSE after a complaint. */
static gboolean
check_value(const Run *run, const GnfReply *reply)
{
    g_autoptr(GError) error = NULL;

    if (gnf_schema_check_return(run->subcommand->command, reply->value, &error))
        return TRUE;
    g_prefix_error(&error, "the engine at %s gave an answer that does not fit: ", run->socket);
    gnf_complain("internal", error->message);
    return FALSE;
}

static void
pause_until(gint64 due_us)
{
    gint64 left = due_us - g_get_monotonic_time();

    if (left > 0)
        g_usleep((gulong)left); /* nocheck:sleep because there is no event to wait for */
}

/* FALSE: the reply is final. */
static gboolean
goes_on(const Run *run, GnfExit outcome)
{
    gint64 elapsed_ms = (g_get_monotonic_time() - run->progress.begun_us) / 1000;

    return outcome == GNF_EXIT_WAITING && run->options->wait && elapsed_ms < run->options->wait_ms;
}

GnfExit
gnf_run(const GnfSubcommand *subcommand, const GnfOptions *options, const char *socket)
{
    Run run = {subcommand, options, socket};

    gnf_progress_begin(&run.progress, subcommand->name);
    for (;;) {
        gint64 asked_us = g_get_monotonic_time();
        GnfExit outcome = GNF_EXIT_DONE;
        g_autoptr(GnfReply) reply = ask(&run, &outcome);

        if (!reply)
            return outcome;
        if (reply->error)
            return print_error(&run, reply);
        if (!check_value(&run, reply))
            return GNF_EXIT_ERROR;
        outcome = exit_of(subcommand, reply);
        if (!goes_on(&run, outcome))
            return print_value(&run, reply) ? outcome : GNF_EXIT_ERROR;
        pause_until(asked_us + (gint64)PAUSE_US);
    }
}
