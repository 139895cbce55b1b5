/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of qga-net-failover, the program itself, against an engine that says what it is told.
 *
 * Each entry of cli-cases.json is a test: words of the command line, the engine's replies, and what
 * comes of them: the message sent, the exit code, standard error; standard output is the file of
 * that name in cli-golden/. GNF_TEST_REGENERATE=1 rewrites those files, for review.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/fake-engine.h"

/* A run of the program. */
typedef struct {
    GSubprocess *process;
    char *out;
    char *err;
    gboolean done;
} Run;

static void
run_free(Run *run)
{
    g_object_unref(run->process);
    g_free(run->out);
    g_free(run->err);
    g_free(run);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Run, run_free)

static void
on_communicated(GObject *source, GAsyncResult *result, gpointer data)
{
    Run *run = data;
    g_autoptr(GError) error = NULL;

    g_subprocess_communicate_utf8_finish(
        G_SUBPROCESS(source), result, &run->out, &run->err, &error);
    g_assert_no_error(error);
    run->done = TRUE;
}

static GSubprocessLauncher *
new_launcher(const char *socket)
{
    GSubprocessLauncher *launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);

    g_subprocess_launcher_setenv(launcher, "QGA_NET_FAILOVER_SOCKET", socket, TRUE);
    g_subprocess_launcher_setenv(launcher, "LC_ALL", "C.UTF-8", TRUE);
    g_subprocess_launcher_setenv(launcher, "TERM", "xterm", TRUE);
    g_subprocess_launcher_unsetenv(launcher, "NO_COLOR");
    return launcher;
}

static Run *
start(GSubprocessLauncher *launcher, const char *const *words)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) argv = NULL;
    g_autoptr(GError) error = NULL;
    Run *run = g_new0(Run, 1);

    g_strv_builder_add(builder, GNF_CLI_PROGRAM);
    g_strv_builder_addv(builder, (const char **)(gsize)words);
    argv = g_strv_builder_end(builder);
    run->process = g_subprocess_launcher_spawnv(launcher, (const char *const *)(gsize)argv, &error);
    g_assert_no_error(error);
    g_subprocess_communicate_utf8_async(run->process, NULL, NULL, on_communicated, run);
    return run;
}

static void
finish(Run *run)
{
    while (!run->done)
        g_main_context_iteration(NULL, TRUE);
    g_assert_true(g_subprocess_get_if_exited(run->process));
}

static Run *
run_program(const char *socket, const char *const *words)
{
    g_autoptr(GSubprocessLauncher) launcher = new_launcher(socket);
    Run *run = start(launcher, words);

    finish(run);
    return run;
}

static int
exit_code(const Run *run)
{
    return g_subprocess_get_exit_status(run->process);
}

/* The socket's path is another one each time. */
static char *
without_socket(const char *text, const char *socket)
{
    g_auto(GStrv) parts = g_strsplit(text, socket, -1);

    return g_strjoinv("SOCKET", parts);
}

static void
check_golden(const char *name, const char *text)
{
    g_autofree char *file = g_strdelimit(g_strconcat(name, ".txt", NULL), "/", '-');
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "cli-golden", file, NULL);
    g_autofree char *expected = NULL;
    g_autoptr(GError) error = NULL;

    if (g_getenv("GNF_TEST_REGENERATE"))
        g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
    g_file_get_contents(path, &expected, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, expected);
}

static void
check_request(JsonNode *request, JsonNode *expected)
{
    JsonObject *object = json_node_get_object(request);

    g_assert_true(json_object_has_member(object, "id"));
    json_object_remove_member(object, "id");
    if (!json_node_equal(request, expected)) {
        g_autofree char *found = json_to_string(request, FALSE);
        g_autofree char *wanted = json_to_string(expected, FALSE);

        g_assert_cmpstr(found, ==, wanted);
    }
}

/* Every message is the expected one, and as many came as there are replies. */
static void
check_requests(const FakeEngine *engine, JsonObject *entry)
{
    const GPtrArray *requests = fake_engine_requests(engine);
    JsonNode *expected = json_object_get_member(entry, "request");
    guint count = json_array_get_length(json_object_get_array_member(entry, "replies"));

    g_assert_cmpuint(requests->len, ==, count);
    for (guint i = 0; expected && i < requests->len; i++)
        check_request(g_ptr_array_index(requests, i), expected);
}

static const char **
words_of(JsonObject *entry)
{
    JsonArray *array = json_object_get_array_member(entry, "words");
    guint count = json_array_get_length(array);
    const char **words = g_new0(const char *, count + 1);

    for (guint i = 0; i < count; i++)
        words[i] = json_array_get_string_element(array, i);
    return words;
}

/* Where the words are another library's, only the beginning is compared. */
static void
check_stderr(const char *err, JsonObject *entry)
{
    const char *beginning =
        json_object_get_string_member_with_default(entry, "stderr-begins", NULL);

    if (beginning)
        g_assert_cmpmem(err, MIN(strlen(err), strlen(beginning)), beginning, strlen(beginning));
    else
        g_assert_cmpstr(err, ==, json_object_get_string_member_with_default(entry, "stderr", ""));
}

static void
test_case(gconstpointer data)
{
    JsonObject *entry = (JsonObject *)(gsize)data;
    g_autoptr(FakeEngine) engine =
        fake_engine_new(FAKE_ANSWER, json_object_get_array_member(entry, "replies"), 0);
    g_autofree const char **words = words_of(entry);
    g_autoptr(Run) run = run_program(fake_engine_socket(engine), words);
    g_autofree char *err = without_socket(run->err, fake_engine_socket(engine));

    check_stderr(err, entry);
    g_assert_cmpint(exit_code(run), ==, json_object_get_int_member(entry, "exit"));
    if (json_object_get_boolean_member_with_default(entry, "golden", FALSE))
        check_golden(json_object_get_string_member(entry, "name"), run->out);
    else
        g_assert_cmpstr(
            run->out, ==, json_object_get_string_member_with_default(entry, "stdout", ""));
    check_requests(engine, entry);
}

static void
test_no_socket(void)
{
    const char *const words[] = {"query", NULL};
    g_autoptr(Run) run = run_program("/nonexistent/engine", words);

    g_assert_cmpstr(run->err,
                    ==,
                    "qga-net-failover: cannot reach the engine at /nonexistent/engine: No such "
                    "file or directory; see 'systemctl status qga-net-failoverd.socket "
                    "qga-net-failoverd.service'\n");
    g_assert_cmpstr(run->out, ==, "");
    g_assert_cmpint(exit_code(run), ==, 5);
}

static void
test_socket_path_too_long(void)
{
    g_autofree char *path = g_strnfill(108, 'x');
    const char *const words[] = {"query", NULL};
    g_autoptr(Run) run = run_program(path, words);

    g_assert_nonnull(strstr(run->err, "path too long"));
    g_assert_cmpint(exit_code(run), ==, 5);
}

/* --socket is heard before the environment. */
static void
test_socket_option(void)
{
    g_autoptr(FakeEngine) engine = fake_engine_new(FAKE_HANG_UP, NULL, 0);
    const char *const words[] = {"query", "--socket", fake_engine_socket(engine), NULL};
    g_autoptr(Run) run = run_program("/nonexistent/engine", words);

    g_assert_cmpuint(fake_engine_requests(engine)->len, ==, 1);
    g_assert_nonnull(strstr(run->err, fake_engine_socket(engine)));
}

static void
test_hang_up(void)
{
    g_autoptr(FakeEngine) engine = fake_engine_new(FAKE_HANG_UP, NULL, 0);
    const char *const words[] = {"prepare", NULL};
    g_autoptr(Run) run = run_program(fake_engine_socket(engine), words);

    g_assert_nonnull(strstr(run->err, "closed before the answer"));
    g_assert_cmpint(exit_code(run), ==, 5);
}

static void
test_flood(void)
{
    g_autoptr(FakeEngine) engine = fake_engine_new(FAKE_FLOOD, NULL, 0);
    const char *const words[] = {"prepare", NULL};
    g_autoptr(Run) run = run_program(fake_engine_socket(engine), words);

    g_assert_nonnull(strstr(run->err, "the answer does not end"));
    g_assert_cmpint(exit_code(run), ==, 5);
}

/* The deadline is timeout-ms and five seconds; both programs wait at the same time. */
static void
test_never_hangs(void)
{
    g_autoptr(FakeEngine) silent = fake_engine_new(FAKE_SILENT, NULL, 0);
    g_autoptr(FakeEngine) drip = fake_engine_new(FAKE_DRIP, NULL, 0);
    g_autoptr(GSubprocessLauncher) to_silent = new_launcher(fake_engine_socket(silent));
    g_autoptr(GSubprocessLauncher) to_drip = new_launcher(fake_engine_socket(drip));
    const char *const words[] = {"prepare", "--timeout-ms=100", "--wait", NULL};
    gint64 begun = g_get_monotonic_time();
    g_autoptr(Run) first = start(to_silent, words);
    g_autoptr(Run) second = start(to_drip, words);

    finish(first);
    finish(second);
    g_assert_cmpint(g_get_monotonic_time() - begun, >=, 5100 * 1000);
    g_assert_nonnull(strstr(first->err, "no answer in time"));
    g_assert_nonnull(strstr(second->err, "no answer in time"));
    g_assert_cmpint(exit_code(first), ==, 5);
    g_assert_cmpint(exit_code(second), ==, 5);
}

static JsonArray *
replies_of_case(JsonArray *cases, const char *name)
{
    for (guint i = 0; i < json_array_get_length(cases); i++) {
        JsonObject *entry = json_array_get_object_element(cases, i);

        if (g_str_equal(json_object_get_string_member(entry, "name"), name))
            return json_object_get_array_member(entry, "replies");
    }
    g_assert_not_reached();
}

/* --wait gives up after --wait-ms: the outcome stays "waiting", and is shown. */
static void
test_wait_ends(gconstpointer data)
{
    JsonArray *replies = replies_of_case((JsonArray *)(gsize)data, "complete/waiting");
    g_autoptr(FakeEngine) engine = fake_engine_new(FAKE_ANSWER, replies, 0);
    const char *const words[] = {"complete", "--wait-ms", "2000", NULL};
    g_autoptr(Run) run = run_program(fake_engine_socket(engine), words);

    /* One message each 200 ms: neither a single one nor a flood. */
    g_assert_cmpuint(fake_engine_requests(engine)->len, >=, 2);
    g_assert_cmpuint(fake_engine_requests(engine)->len, <=, 11);
    g_assert_nonnull(strstr(run->out, "complete: waiting"));
    g_assert_cmpint(exit_code(run), ==, 3);
}

/* A terminal: what the program writes to it is read from the other end. */
static int
open_terminal(int *ret_other_end)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    g_assert_cmpint(terminal, >=, 0);
    g_assert_cmpint(grantpt(terminal), ==, 0);
    g_assert_cmpint(unlockpt(terminal), ==, 0);
    *ret_other_end = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
    g_assert_cmpint(*ret_other_end, >=, 0);
    return terminal;
}

/* The program has ended and holds no end any more; the text is short enough for the buffer. */
static char *
read_terminal(int terminal)
{
    GString *text = g_string_new(NULL);
    char buffer[1024];
    ssize_t length = 0;

    while ((length = read(terminal, buffer, sizeof(buffer))) > 0)
        g_string_append_len(text, buffer, length);
    close(terminal);
    return g_string_free(text, FALSE);
}

static char *
query_on_terminal(JsonArray *cases, const char *no_color)
{
    JsonArray *replies = replies_of_case(cases, "query/ready");
    g_autoptr(FakeEngine) engine = fake_engine_new(FAKE_ANSWER, replies, 0);
    g_autoptr(GSubprocessLauncher) launcher = new_launcher(fake_engine_socket(engine));
    const char *const words[] = {"query", NULL};
    int other_end = -1;
    int terminal = open_terminal(&other_end);
    g_autoptr(Run) run = NULL;

    g_subprocess_launcher_set_flags(launcher, G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_subprocess_launcher_take_stdout_fd(launcher, other_end);
    if (no_color)
        g_subprocess_launcher_setenv(launcher, "NO_COLOR", no_color, TRUE);
    run = start(launcher, words);
    g_subprocess_launcher_close(launcher);
    finish(run);
    g_assert_cmpint(exit_code(run), ==, 0);
    return read_terminal(terminal);
}

static void
test_colours(gconstpointer data)
{
    JsonArray *cases = (JsonArray *)(gsize)data;
    g_autofree char *plain = query_on_terminal(cases, "1");
    g_autofree char *coloured = query_on_terminal(cases, NULL);
    g_autofree char *empty = query_on_terminal(cases, "");

    g_assert_nonnull(strstr(plain, "enp1s0"));
    g_assert_null(strchr(plain, '\033'));
    g_assert_nonnull(strstr(coloured, "\033[32myes\033[0m"));
    g_assert_cmpstr(empty, ==, coloured);
}

static void
test_progress(gconstpointer data)
{
    JsonArray *replies = replies_of_case((JsonArray *)(gsize)data, "prepare/done");
    g_autoptr(FakeEngine) engine = fake_engine_new(FAKE_ANSWER, replies, 3500);
    g_autoptr(GSubprocessLauncher) launcher = new_launcher(fake_engine_socket(engine));
    const char *const words[] = {"prepare", NULL};
    int other_end = -1;
    int terminal = open_terminal(&other_end);
    g_autoptr(Run) run = NULL;
    g_autofree char *shown = NULL;

    g_subprocess_launcher_set_flags(launcher, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_subprocess_launcher_take_stderr_fd(launcher, other_end);
    run = start(launcher, words);
    g_subprocess_launcher_close(launcher);
    finish(run);
    shown = read_terminal(terminal);
    g_assert_true(g_str_has_prefix(shown, "\rprepare: "));
    g_assert_nonnull(strstr(shown, " s ..."));
    /* It is wiped out in the end, and never was part of the output. */
    g_assert_true(g_str_has_suffix(shown, "\r\033[K"));
    g_assert_null(strstr(run->out, " s ..."));
}

static JsonNode *
load_cases(void)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "cli-cases.json", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    JsonNode *cases = NULL;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    cases = json_from_string(text, &error);
    g_assert_no_error(error);
    return cases;
}

int
main(int argc, char **argv)
{
    g_autoptr(JsonNode) node = NULL;
    JsonArray *cases = NULL;

    g_test_init(&argc, &argv, NULL);
    node = load_cases();
    cases = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(cases); i++) {
        JsonObject *entry = json_array_get_object_element(cases, i);
        g_autofree char *path =
            g_strconcat("/cli/", json_object_get_string_member(entry, "name"), NULL);

        g_test_add_data_func(path, entry, test_case);
    }
    g_test_add_func("/cli/no-answer/no-socket", test_no_socket);
    g_test_add_func("/cli/no-answer/path-too-long", test_socket_path_too_long);
    g_test_add_func("/cli/no-answer/hang-up", test_hang_up);
    g_test_add_func("/cli/no-answer/flood", test_flood);
    g_test_add_func("/cli/no-answer/never-hangs", test_never_hangs);
    g_test_add_func("/cli/socket/option-before-environment", test_socket_option);
    g_test_add_data_func("/cli/wait/ends", cases, test_wait_ends);
    g_test_add_data_func("/cli/terminal/colours", cases, test_colours);
    g_test_add_data_func("/cli/terminal/progress", cases, test_progress);
    return g_test_run();
}
