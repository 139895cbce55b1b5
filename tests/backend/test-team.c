/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What teamd's answers are taken for (failover/team.h). A teamd of the test's own, in this process,
 * listens where the real one does.
 */
#include "failover/team.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#define FOLDER "/run/teamd"
#define PATH FOLDER "/team0.sock"

typedef struct {
    const char *active;     /* what it says; NULL: its runner has no such thing */
    int answers_until_done; /* it acts after so many questions more; -1: never */
} Behaviour;

typedef struct {
    Behaviour teamd;
    char *wanted; /* what it was told to use */
    GSocket *socket;
    GSource *source;
    GnfOperationDevice *device;
    GAsyncResult *result;
} Fixture;

/* The value to answer a request with; NULL is an error. */
static const char *
act(Fixture *fixture, char **lines)
{
    Behaviour *teamd = &fixture->teamd;

    g_assert_cmpuint(g_strv_length(lines), >=, 4);
    g_assert_cmpstr(lines[0], ==, "REQUEST");
    g_assert_cmpstr(lines[2], ==, "runner.active_port");
    if (!teamd->active)
        return NULL;
    if (g_str_equal(lines[1], "StateItemValueSet")) {
        g_free(fixture->wanted);
        fixture->wanted = g_strdup(lines[3]);
        return "";
    }
    if (fixture->wanted && teamd->answers_until_done >= 0 && teamd->answers_until_done-- == 0)
        teamd->active = fixture->wanted;
    return teamd->active;
}

static gboolean
on_connection(GSocket *socket, GIOCondition condition, gpointer data)
{
    g_autoptr(GSocket) connection = g_socket_accept(socket, NULL, NULL);
    char request[1024] = "";

    g_assert_cmpint(g_socket_receive(connection, request, sizeof request - 1, NULL, NULL), >, 0);
    g_auto(GStrv) lines = g_strsplit(request, "\n", -1);
    const char *value = act(data, lines);
    g_autofree char *reply = value ? g_strdup_printf("REPLY_SUCCESS\n%s\n", value)
                                   : g_strdup("REPLY_ERROR\nItemNotFound\nno such item\n");
    g_socket_send(connection, reply, strlen(reply), NULL, NULL);
    return G_SOURCE_CONTINUE;
}

/* data: a Behaviour, or NULL for no teamd. */
static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(PATH);

    fixture->device = gnf_operation_device_new();
    fixture->device->interface = g_strdup("nic");
    fixture->device->standby = g_strdup("standby");
    fixture->device->bond.interface = g_strdup("team0");
    if (!data)
        return;
    fixture->teamd = *(const Behaviour *)data;
    g_assert_cmpint(g_mkdir_with_parents(FOLDER, 0755), ==, 0);
    fixture->socket = g_socket_new(
        G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_SEQPACKET, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    g_assert_true(g_socket_bind(fixture->socket, address, TRUE, NULL));
    g_assert_true(g_socket_listen(fixture->socket, NULL));
    fixture->source = g_socket_create_source(fixture->socket, G_IO_IN, NULL);
    g_source_set_callback(fixture->source, G_SOURCE_FUNC(on_connection), fixture, NULL);
    g_source_attach(fixture->source, NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    if (fixture->source) {
        g_source_destroy(fixture->source);
        g_source_unref(fixture->source);
        g_assert_cmpint(g_unlink(PATH), ==, 0);
    }
    g_clear_object(&fixture->socket);
    g_clear_object(&fixture->result);
    gnf_operation_device_free(fixture->device);
    g_free(fixture->wanted);
}

static void
on_end(GObject *source, GAsyncResult *result, gpointer data)
{
    Fixture *fixture = data;

    fixture->result = g_object_ref(result);
}

static GnfTeam
leave(Fixture *fixture)
{
    gnf_team_leave_async(fixture->device, on_end, fixture);
    while (!fixture->result)
        g_main_context_iteration(NULL, TRUE);
    return gnf_team_leave_finish(fixture->result);
}

static gboolean
use(Fixture *fixture)
{
    gnf_team_use_async(fixture->device, on_end, fixture);
    while (!fixture->result)
        g_main_context_iteration(NULL, TRUE);
    return gnf_team_use_finish(fixture->result);
}

static void
test_leave_done(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpint(leave(fixture), ==, GNF_TEAM_DONE);
    g_assert_cmpstr(fixture->teamd.active, ==, "standby");
    g_assert_cmpstr(fixture->wanted, ==, "standby");
    g_assert_true(fixture->device->was_active);
}

static void
test_leave_undone(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpint(leave(fixture), ==, GNF_TEAM_UNKNOWN);
    g_assert_cmpstr(fixture->wanted, ==, "standby");
    g_assert_true(fixture->device->was_active);
}

static void
test_leave_elsewhere(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpint(leave(fixture), ==, GNF_TEAM_ELSEWHERE);
    g_assert_null(fixture->wanted);
    g_assert_false(fixture->device->was_active);
}

static void
test_leave_unasked(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpint(leave(fixture), ==, GNF_TEAM_UNKNOWN);
    g_assert_null(fixture->wanted);
    g_assert_false(fixture->device->was_active);
}

static void
test_use_done(Fixture *fixture, gconstpointer data)
{
    g_assert_true(use(fixture));
    g_assert_cmpstr(fixture->teamd.active, ==, "nic");
    g_assert_cmpstr(fixture->wanted, ==, "nic");
}

static void
test_use_undone(Fixture *fixture, gconstpointer data)
{
    g_assert_false(use(fixture));
}

int
main(int argc, char **argv)
{
    static const Behaviour at_once = {"nic", 0}, late = {"nic", 3}, never = {"nic", -1};
    static const Behaviour on_standby = {"standby", 0}, late_back = {"standby", 3};
    static const Behaviour stubborn = {"standby", -1}, none = {"", -1}, other_runner = {NULL, -1};

#define ADD(path, data, func) g_test_add(path, Fixture, data, set_up, func, tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/team/leave/at-once", &at_once, test_leave_done);
    ADD("/team/leave/acts-later-than-it-answers", &late, test_leave_done);
    ADD("/team/leave/accepted-but-never-done", &never, test_leave_undone);
    ADD("/team/leave/sends-through-another", &on_standby, test_leave_elsewhere);
    ADD("/team/leave/sends-through-none", &none, test_leave_unasked);
    ADD("/team/leave/runner-without-active-port", &other_runner, test_leave_unasked);
    ADD("/team/leave/no-teamd", NULL, test_leave_unasked);
    ADD("/team/use/at-once", &on_standby, test_use_done);
    ADD("/team/use/acts-later-than-it-answers", &late_back, test_use_done);
    ADD("/team/use/accepted-but-never-done", &stubborn, test_use_undone);
    ADD("/team/use/runner-without-active-port", &other_runner, test_use_undone);
    ADD("/team/use/no-teamd", NULL, test_use_undone);
    return g_test_run();
#undef ADD
}
