/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of virt-net-failover's command line: what it comes to, and what is refused before anything
 * is done.
 */
#include <glib/gstdio.h>
#include <libvirt/libvirt.h>

#include "host/options.h"

static const GnfCommand *
find(const char *name)
{
    for (gsize i = 0; gnf_commands[i]; i++)
        if (g_str_equal(gnf_commands[i]->name, name))
            return gnf_commands[i];
    g_assert_not_reached();
}

/* The words of one command, parted by blanks. NULL: refused. */
static GnfCommandLine *
read_line(const char *command, const char *text, GError **error)
{
    GnfCommandLine *line = gnf_command_line_new();
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    if (gnf_command_line_read(line, find(command), words, error))
        return line;
    gnf_command_line_free(line);
    return NULL;
}

static char *
write_file(const char *text)
{
    char *path = NULL;
    int file = g_file_open_tmp("gnf-XXXXXX.xml", &path, NULL);

    g_assert_cmpint(file, >=, 0);
    g_close(file, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static void
test_migrate(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfCommandLine) line = read_line(
        "migrate",
        "web --persistent b:/// --p2p --bandwidth 7 --migrateuri tcp://b --unplug-timeout=5 --json",
        &error);

    g_assert_no_error(error);
    g_assert_cmpstr(line->words[0], ==, "web");
    g_assert_cmpstr(line->words[1], ==, "b:///");
    g_assert_true(line->json);
    g_assert_cmpuint(line->settings->migration.flags,
                     ==,
                     VIR_MIGRATE_LIVE | VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_PEER2PEER);
    g_assert_true(line->settings->migration.is_peer_to_peer);
    g_assert_cmpuint(line->settings->migration.bandwidth, ==, 7);
    g_assert_cmpstr(line->settings->migration.uri, ==, "tcp://b");
    g_assert_cmpuint(line->settings->unplug_ms, ==, 5000);
    g_assert_cmpuint(line->settings->prepare_ms, ==, 60000);
}

static void
test_devices(void)
{
    g_autofree char *path = write_file("<interface type='network'><source network='vfs'/>"
                                       "</interface>");
    g_autofree char *text = g_strdup_printf(
        "web --device-xml 52:54:00:AA:00:01=%s --device-xml %s --candidate %s", path, path, path);
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfCommandLine) line = read_line("attach", text, &error);
    const GnfGivenDevice *first = NULL;
    const GnfGivenDevice *second = NULL;

    g_assert_no_error(error);
    g_assert_cmpuint(line->settings->given->len, ==, 2);
    g_assert_cmpuint(line->settings->candidates->len, ==, 1);
    first = g_ptr_array_index(line->settings->given, 0);
    second = g_ptr_array_index(line->settings->given, 1);
    g_assert_cmpstr(first->replaces, ==, "52:54:00:AA:00:01");
    g_assert_null(second->replaces);
    g_assert_cmpstr(second->device->network, ==, "vfs");
    g_unlink(path);
}

static void
test_refuses(void)
{
    static const struct {
        const char *command;
        const char *text;
        const char *says;
    } rows[] = {
        {"migrate", "web", "migrate needs DOMAIN DESTURI"},
        {"check", "web b c", "check needs DOMAIN [DESTURI]"},
        {"attach", "web --unplug-timeout=5", "--unplug-timeout"},
        {"detach", "web --unplug-timeout=0", "not a number of seconds"},
        {"detach", "web --unplug-timeout=1s", "not a number of seconds"},
        {"migrate", "web b --bandwidth=fast", "not a number of MiB/s"},
        {"attach", "web --device-xml /nonexistent/vf.xml", "/nonexistent/vf.xml"},
        {"mark", "web", "mark needs DOMAIN DEVICE"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(read_line(rows[i].command, rows[i].text, &error));
        g_assert_nonnull(strstr(error->message, rows[i].says));
    }
}

static void
test_refuses_no_nic(void)
{
    g_autofree char *path = write_file("<disk type='file'/>");
    g_autofree char *text = g_strdup_printf("web --candidate %s", path);
    g_autoptr(GError) error = NULL;

    g_assert_null(read_line("attach", text, &error));
    g_assert_nonnull(strstr(error->message, "<disk> is no NIC"));
    g_unlink(path);
}

/* What is before the command is read by itself. */
static void
test_before_the_command(void)
{
    g_autoptr(GnfCommandLine) line = gnf_command_line_new();
    g_auto(GStrv) words = g_strsplit("-c qemu+ssh://a/system attach web --json", " ", -1);
    g_autoptr(GError) error = NULL;

    g_assert_true(gnf_command_line_read(line, NULL, words, &error));
    g_assert_cmpstr(line->uri, ==, "qemu+ssh://a/system");
    g_assert_cmpstr(line->words[0], ==, "attach");
    g_assert_cmpstr(line->words[2], ==, "--json");
    g_assert_false(line->json);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host-options/migrate", test_migrate);
    g_test_add_func("/host-options/devices", test_devices);
    g_test_add_func("/host-options/refuses", test_refuses);
    g_test_add_func("/host-options/refuses/what-is-no-nic", test_refuses_no_nic);
    g_test_add_func("/host-options/before-the-command", test_before_the_command);
    return g_test_run();
}
