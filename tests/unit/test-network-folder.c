/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of networkd-backend/network-folder.c and own-file.c, on folders of their own: which file a
 * NIC would get, what has changed, and this backend's own files.
 */
#include "networkd-backend/network-folder.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "networkd-backend/own-file.h"

#define OWN_NAME GNF_NETWORK_OWN_PREFIX "7.network"

static const GnfNetworkNic nic = {.interface = "enp2s0", .mac = "52:54:00:77:00:01"};

typedef struct {
    char *root;
    char *folders[4]; /* in the place of /etc, /run, /usr/lib; NULL-terminated */
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    static const char *const names[] = {"etc", "run", "lib"};

    fixture->root = g_dir_make_tmp("gnf-network-XXXXXX", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        fixture->folders[i] = g_build_filename(fixture->root, names[i], NULL);
        g_assert_no_errno(g_mkdir(fixture->folders[i], 0755));
    }
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *entry = g_build_filename(path, name, NULL);
        remove_tree(entry);
    }
    g_remove(path);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    remove_tree(fixture->root);
    for (gsize i = 0; fixture->folders[i]; i++)
        g_free(fixture->folders[i]);
    g_free(fixture->root);
}

static const char *const *
folders_of(const Fixture *fixture)
{
    return (const char *const *)fixture->folders;
}

static void
put(const Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(fixture->root, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(GError) error = NULL;

    g_mkdir_with_parents(folder, 0755);
    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
}

/* A file for interfaces of that name, and the bond it puts them into. */
static void
put_file(const Fixture *fixture, const char *name, const char *interface, const char *bond)
{
    g_autofree char *text =
        g_strdup_printf("[Match]\nName=%s\n[Network]\nBond=%s\n", interface, bond);

    put(fixture, name, text);
}

/* The bond of the file that the NIC would get; NULL without one. */
static char *
chosen_bond(const Fixture *fixture, const char *known)
{
    g_autoptr(GnfNetworkFile) file = gnf_network_folder_choose(folders_of(fixture), &nic, known);

    return file ? g_strdup(gnf_network_file_get_bond(file)) : NULL;
}

static void
assert_chosen(const Fixture *fixture, const char *bond)
{
    g_autofree char *chosen = chosen_bond(fixture, NULL);

    g_assert_cmpstr(chosen, ==, bond);
}

static void
test_first_by_name(Fixture *fixture, gconstpointer data)
{
    put_file(fixture, "etc/20-b.network", "enp*", "by-20");
    put_file(fixture, "lib/10-a.network", "enp*", "by-10");
    put_file(fixture, "etc/05-other.network", "enp1s0", "other");
    assert_chosen(fixture, "by-10");
}

static void
test_etc_hides_lib(Fixture *fixture, gconstpointer data)
{
    put_file(fixture, "lib/10-a.network", "enp*", "lib");
    put_file(fixture, "run/10-a.network", "enp*", "run");
    assert_chosen(fixture, "run");
    put_file(fixture, "etc/10-a.network", "enp1s0", "etc");
    assert_chosen(fixture, NULL);
}

static void
test_null_hides(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "etc/10-a.network", NULL);

    put_file(fixture, "lib/10-a.network", "enp*", "lib");
    g_assert_no_errno(symlink("/dev/null", path));
    assert_chosen(fixture, NULL);
}

static void
test_empty_hides(Fixture *fixture, gconstpointer data)
{
    put_file(fixture, "lib/10-a.network", "enp*", "lib");
    put(fixture, "etc/10-a.network", "");
    assert_chosen(fixture, NULL);
}

static void
test_drop_ins(Fixture *fixture, gconstpointer data)
{
    put_file(fixture, "lib/10-a.network", "enp*", "file");
    put(fixture, "run/10-a.network.d/50-x.conf", "[Network]\nBond=drop-in\n");
    assert_chosen(fixture, "drop-in");
    put(fixture, "etc/10-a.network.d/50-x.conf", "[Network]\nBond=hides\n");
    assert_chosen(fixture, "hides");
    put(fixture, "lib/10-a.network.d/60-y.conf", "[Network]\nBond=last\n");
    put(fixture, "lib/10-a.network.d/70-z.txt", "[Network]\nBond=no-drop-in\n");
    assert_chosen(fixture, "last");
}

static void
test_own_do_not_count(Fixture *fixture, gconstpointer data)
{
    put_file(fixture, "run/" OWN_NAME, "enp*", "own");
    assert_chosen(fixture, NULL);
    put_file(fixture, "etc/20-b.network", "enp*", "administrator");
    assert_chosen(fixture, "administrator");
}

/* What cannot be told is taken from what was so before. */
static void
test_unknown_if_known(Fixture *fixture, gconstpointer data)
{
    g_autofree char *known = g_build_filename(fixture->root, "etc/10-a.network", NULL);
    g_autofree char *chosen = NULL;

    put(fixture, "etc/10-a.network", "[Match]\nName=enp*\nHost=x\n[Network]\nBond=b\n");
    assert_chosen(fixture, NULL);
    chosen = chosen_bond(fixture, known);
    g_assert_cmpstr(chosen, ==, "b");
}

static void
test_folders_that_are_not_there(Fixture *fixture, gconstpointer data)
{
    static const char *const nowhere[] = {"/nonexistent/a", "/nonexistent/b", NULL};

    g_assert_null(gnf_network_folder_choose(nowhere, &nic, NULL));
    g_assert_null(gnf_network_folder_find_changed(nowhere, 0));
    g_assert_null(gnf_network_folder_load(nowhere, "/nonexistent/a/10-a.network"));
}

static void
test_too_large(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "etc/10-a.network", NULL);

    put_file(fixture, "etc/10-a.network", "enp*", "b");
    g_assert_no_errno(truncate(path, 2 * 1024 * 1024));
    assert_chosen(fixture, NULL);
}

/* -- what has changed -- */

static void
assert_changed(const Fixture *fixture, gint64 since_us, const char *name)
{
    g_autofree char *changed = gnf_network_folder_find_changed(folders_of(fixture), since_us);
    g_autofree char *expected = name ? g_build_filename(fixture->root, name, NULL) : NULL;

    g_assert_cmpstr(changed, ==, expected);
}

/* The time of the file system's clock, after everything so far: files get a tick's time. */
static gint64
now_us(const Fixture *fixture)
{
    gint64 before = g_get_real_time();
    struct stat status = {0};
    g_autofree char *path = g_build_filename(fixture->root, "clock", NULL);

    do {
        g_remove(path);
        g_file_set_contents(path, "", 0, NULL);
        g_assert_no_errno(stat(path, &status));
    } while ((gint64)status.st_ctim.tv_sec * G_USEC_PER_SEC + status.st_ctim.tv_nsec / 1000 <=
             before);
    return (gint64)status.st_ctim.tv_sec * G_USEC_PER_SEC + status.st_ctim.tv_nsec / 1000;
}

static void
test_unchanged(Fixture *fixture, gconstpointer data)
{
    put_file(fixture, "etc/10-a.network", "enp*", "b");
    put(fixture, "etc/10-a.network.d/50-x.conf", "[Network]\n");
    assert_changed(fixture, now_us(fixture), NULL);
    assert_changed(fixture, 0, "etc/10-a.network");
}

typedef struct {
    const char *name;
    const char *changed;
    const char *expected; /* NULL: does not count */
} ChangeCase;

static const ChangeCase change_cases[] = {
    {"network", "lib/10-a.network", "lib/10-a.network"},
    {"netdev", "lib/10-b.netdev", "lib/10-b.netdev"},
    {"drop-in", "lib/10-a.network.d/50-x.conf", "lib/10-a.network.d/50-x.conf"},
    {"link-file-is-udevs", "lib/10-a.link", NULL},
};

/* Written again in the place of a file that was there, so that the folder stays as it is. */
static void
test_changed(Fixture *fixture, gconstpointer data)
{
    const ChangeCase *change = data;
    g_autofree char *path = g_build_filename(fixture->root, change->changed, NULL);

    put(fixture, change->changed, "[Match]\n");
    gint64 since_us = now_us(fixture);
    assert_changed(fixture, since_us, NULL);
    (void)now_us(fixture);
    g_assert_no_errno(g_chmod(path, 0600));
    assert_changed(fixture, since_us, change->expected);
}

static void
test_taken_away(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "lib/10-a.network", NULL);

    put(fixture, "lib/10-a.network", "[Match]\n");
    gint64 since_us = now_us(fixture);
    (void)now_us(fixture);
    g_assert_no_errno(g_unlink(path));
    assert_changed(fixture, since_us, "lib");
}

/* -- our own -- */

static void
test_own_says(Fixture *fixture, gconstpointer data)
{
    g_autofree char *text = gnf_own_file_format(&nic, "bond0", "/etc/systemd/network/20-p.network");
    g_autoptr(GnfNetworkFile) file = gnf_network_file_new(OWN_NAME);
    const GnfNetworkNic twin = {.interface = "enp4s0", .mac = nic.mac};
    const GnfNetworkNic successor = {.interface = nic.interface, .mac = "52:54:00:77:00:0a"};

    gnf_network_file_add(file, text);
    g_assert_cmpstr(gnf_network_file_get_bond(file), ==, "bond0");
    g_assert_cmpstr(gnf_network_file_get_origin(file), ==, "/etc/systemd/network/20-p.network");
    g_assert_cmpint(gnf_network_file_fits(file, &nic), ==, GNF_FIT_YES);
    /* A standby with the same MAC, and another NIC in the same slot, are not meant. */
    g_assert_cmpint(gnf_network_file_fits(file, &twin), ==, GNF_FIT_NO);
    g_assert_cmpint(gnf_network_file_fits(file, &successor), ==, GNF_FIT_NO);
    g_assert_null(strstr(text, "PrimarySlave"));
}

static void
test_own_without(Fixture *fixture, gconstpointer data)
{
    const GnfNetworkNic bare = {.interface = "enp2s0"};
    const GnfNetworkNic odd = {.interface = "a*b", .mac = nic.mac};
    g_autofree char *of_bare = gnf_own_file_format(&bare, "bond0", NULL);
    g_autofree char *of_odd = gnf_own_file_format(&odd, "bond0", NULL);

    g_assert_null(strstr(of_bare, "MACAddress"));
    g_assert_null(strstr(of_bare, "Origin"));
    g_assert_null(strstr(of_odd, "Name="));
}

static void
test_own_written(Fixture *fixture, gconstpointer data)
{
    g_autofree char *folder = g_build_filename(fixture->root, "made/network", NULL);
    g_autofree char *parent = g_build_filename(fixture->root, "made", NULL);
    g_autofree char *path = gnf_own_file_path(folder, 7);
    g_autoptr(GError) error = NULL;
    struct stat first = {0};
    struct stat second = {0};

    g_assert_no_errno(g_mkdir(parent, 0755));
    g_assert_true(gnf_own_file_write(path, "[Match]\n", &error));
    g_assert_no_error(error);
    g_assert_no_errno(stat(path, &first));
    g_assert_cmphex(first.st_mode & 0777, ==, 0644);
    g_assert_no_errno(stat(folder, &second));
    g_assert_cmphex(second.st_mode & 0777, ==, 0755);
    /* The same again leaves it alone: networkd goes by inode and time. */
    g_assert_true(gnf_own_file_write(path, "[Match]\n", &error));
    g_assert_no_errno(stat(path, &second));
    g_assert_cmpuint(first.st_ino, ==, second.st_ino);
    g_assert_true(gnf_own_file_write(path, "[Network]\n", &error));
    g_assert_no_errno(stat(path, &second));
    g_assert_cmpuint(first.st_ino, !=, second.st_ino);
}

static void
test_own_not_written(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(gnf_own_file_write("/nonexistent/a/" OWN_NAME, "x", &error));
    g_assert_nonnull(error);
}

static gboolean
is_seven(int ifindex)
{
    return ifindex == 7;
}

static void
test_own_purged(Fixture *fixture, gconstpointer data)
{
    static const char *const kept[] = {
        OWN_NAME,
        "10-a.network",
        GNF_NETWORK_OWN_PREFIX "x.network",
        GNF_NETWORK_OWN_PREFIX "8.netdev",
    };
    g_autofree char *gone =
        g_build_filename(fixture->folders[1], GNF_NETWORK_OWN_PREFIX "8.network", NULL);

    put(fixture, "run/" GNF_NETWORK_OWN_PREFIX "8.network", "x");
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
        g_autofree char *name = g_strconcat("run/", kept[i], NULL);
        put(fixture, name, "x");
    }
    gnf_own_file_purge(fixture->folders[1], is_seven);
    g_assert_false(g_file_test(gone, G_FILE_TEST_EXISTS));
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
        g_autofree char *path = g_build_filename(fixture->folders[1], kept[i], NULL);
        g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    }
}

static void
add(const char *path, gconstpointer data, void (*test)(Fixture *fixture, gconstpointer data))
{
    g_test_add(path, Fixture, data, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
    umask(0077); /* the engine's */
    g_test_init(&argc, &argv, NULL);
    add("/network-folder/choose/first-by-name", NULL, test_first_by_name);
    add("/network-folder/choose/etc-hides-lib", NULL, test_etc_hides_lib);
    add("/network-folder/choose/null-hides", NULL, test_null_hides);
    add("/network-folder/choose/empty-hides", NULL, test_empty_hides);
    add("/network-folder/choose/drop-ins", NULL, test_drop_ins);
    add("/network-folder/choose/own-do-not-count", NULL, test_own_do_not_count);
    add("/network-folder/choose/unknown-if-known", NULL, test_unknown_if_known);
    add("/network-folder/choose/no-folders", NULL, test_folders_that_are_not_there);
    add("/network-folder/choose/too-large", NULL, test_too_large);
    add("/network-folder/changed/nothing", NULL, test_unchanged);
    add("/network-folder/changed/taken-away", NULL, test_taken_away);
    for (gsize i = 0; i < G_N_ELEMENTS(change_cases); i++) {
        g_autofree char *path = g_strconcat("/network-folder/changed/", change_cases[i].name, NULL);
        add(path, &change_cases[i], test_changed);
    }
    add("/own-file/says", NULL, test_own_says);
    add("/own-file/without-name-or-mac", NULL, test_own_without);
    add("/own-file/written", NULL, test_own_written);
    add("/own-file/not-written", NULL, test_own_not_written);
    add("/own-file/purged", NULL, test_own_purged);
    return g_test_run();
}
