/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of ifcfg-backend/ifstate.c, ifstate-lock.c and ifupdown.c: ifupdown's state as text and as
 * files under its locks, and whose state is there.
 */
#include "ifcfg-backend/ifstate.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ifcfg-backend/ifstate-lock.h"
#include "ifcfg-backend/ifupdown.h"

#define STATE "lo=lo\nenp1s0=port\nenp1s00=enp1s00\nbond0=bond0\n"

static void
assert_logical(const char *text, const char *interface, const char *logical)
{
    g_autofree char *found = gnf_ifstate_find(text, interface);

    g_assert_cmpstr(found, ==, logical);
}

static void
test_find(void)
{
    assert_logical(STATE, "enp1s0", "port");
    assert_logical(STATE, "bond0", "bond0");
    assert_logical(STATE, "enp1s", NULL);
    assert_logical(STATE, "enp4s0", NULL);
    assert_logical("", "lo", NULL);
    assert_logical("enp1s0=enp1s0 2 explicit\n", "enp1s0", "enp1s0");
    assert_logical("bond0=bond0", "bond0", "bond0");
}

static void
assert_set(const char *text, const char *interface, const char *logical, const char *expected)
{
    g_autofree char *changed = gnf_ifstate_set(text, interface, logical);

    g_assert_cmpstr(changed, ==, expected);
}

static void
test_set(void)
{
    assert_set(STATE, "enp1s0", NULL, "lo=lo\nenp1s00=enp1s00\nbond0=bond0\n");
    assert_set(STATE, "enp4s0", NULL, STATE);
    assert_set(STATE, "enp4s0", "enp4s0", STATE "enp4s0=enp4s0\n");
    assert_set(STATE, "bond0", "other", "lo=lo\nenp1s0=port\nenp1s00=enp1s00\nbond0=other\n");
    assert_set("", "enp1s0", "enp1s0", "enp1s0=enp1s0\n");
    assert_set("lo=lo", "enp1s0", "enp1s0", "lo=lo\nenp1s0=enp1s0\n");
}

/* -- files -- */

typedef struct {
    char *root;
    GnfIfstateLock *lock;
    GError *error;
    gboolean ended;
} Fixture;

static void
make_folder(const Fixture *fixture, const char *path)
{
    g_autofree char *full = g_strconcat(fixture->root, path, NULL);

    g_assert_no_errno(g_mkdir_with_parents(full, 0755));
}

static void
put(const Fixture *fixture, const char *path, const char *text)
{
    g_autofree char *full = g_strconcat(fixture->root, path, NULL);
    g_autofree char *folder = g_path_get_dirname(path);

    make_folder(fixture, folder);
    g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static void
assert_file(const Fixture *fixture, const char *path, const char *expected)
{
    g_autofree char *full = g_strconcat(fixture->root, path, NULL);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(full, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = g_dir_make_tmp("gnf-ifstate-XXXXXX", NULL);
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
    gnf_ifstate_lock_free(fixture->lock);
    g_clear_error(&fixture->error);
    remove_tree(fixture->root);
    g_free(fixture->root);
}

static void
on_locked(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Fixture *fixture = user_data;

    fixture->lock = gnf_ifstate_lock_finish(result, &fixture->error);
    fixture->ended = TRUE;
}

static void
begin_lock(Fixture *fixture, GCancellable *cancellable)
{
    gnf_ifstate_lock_async(fixture->root, "enp1s0", cancellable, on_locked, fixture);
}

static void
wait_for_end(const Fixture *fixture)
{
    while (!fixture->ended)
        g_main_context_iteration(NULL, TRUE);
}

static void
lock(Fixture *fixture)
{
    begin_lock(fixture, NULL);
    wait_for_end(fixture);
    g_assert_no_error(fixture->error);
    g_assert_nonnull(fixture->lock);
}

static void
test_down_and_up(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_strconcat(fixture->root, "/run/network/ifstate", NULL);
    struct stat status;

    put(fixture, "/run/network/ifstate", "lo=lo\nenp1s0=port\n");
    put(fixture, "/run/network/ifstate.enp1s0", "port\n");
    lock(fixture);
    g_assert_true(gnf_ifstate_lock_write(fixture->lock, NULL, NULL));
    assert_file(fixture, "/run/network/ifstate", "lo=lo\n");
    assert_file(fixture, "/run/network/ifstate.enp1s0", "\n");
    g_assert_true(gnf_ifstate_lock_write(fixture->lock, "port", NULL));
    assert_file(fixture, "/run/network/ifstate", "lo=lo\nenp1s0=port\n");
    assert_file(fixture, "/run/network/ifstate.enp1s0", "port\n");
    /* Anybody's ifquery reads it, whatever the engine's umask. */
    g_assert_no_errno(g_stat(path, &status));
    g_assert_cmpint(status.st_mode & 07777, ==, 0644);
}

static void
test_what_stands_is_left(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_strconcat(fixture->root, "/run/network/ifstate", NULL);
    struct stat before;
    struct stat after;

    put(fixture, "/run/network/ifstate", "enp1s0=port\n");
    g_assert_no_errno(g_stat(path, &before));
    lock(fixture);
    g_assert_true(gnf_ifstate_lock_write(fixture->lock, "port", NULL));
    g_assert_no_errno(g_stat(path, &after));
    g_assert_cmpuint(before.st_ino, ==, after.st_ino);
    assert_file(fixture, "/run/network/ifstate.enp1s0", "port\n");
}

/* A process that holds a lock as ifup does, by F_SETLK, until it is told to end. */
static GPid
hold(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_strconcat(fixture->root, "/run/network/", name, NULL);
    int ready[2];
    char byte = 0;

    g_assert_no_errno(pipe(ready));
    pid_t child = fork();
    if (child == 0) {
        const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(path, O_RDWR | O_CREAT, 0644);
        if (fd < 0 || fcntl(fd, F_SETLK, &whole) != 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    g_assert_cmpint(child, >, 0);
    close(ready[1]);
    g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
    close(ready[0]);
    return child;
}

static void
let_go(GPid child)
{
    g_assert_no_errno(kill(child, SIGKILL));
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
}

static gboolean
on_time(gpointer user_data)
{
    gboolean *over = user_data;

    *over = TRUE;
    return G_SOURCE_REMOVE;
}

static void
run_for(guint milliseconds)
{
    gboolean over = FALSE;

    g_timeout_add(milliseconds, on_time, &over);
    while (!over)
        g_main_context_iteration(NULL, TRUE);
}

/* data: the lock that another process holds. */
static void
test_waits_for_ifup(Fixture *fixture, gconstpointer data)
{
    make_folder(fixture, "/run/network");
    GPid child = hold(fixture, data);
    begin_lock(fixture, NULL);
    run_for(200);
    g_assert_false(fixture->ended);
    let_go(child);
    wait_for_end(fixture);
    g_assert_no_error(fixture->error);
    /* And ifup waits for us: the lock is one of the same kind. */
    g_autofree char *path = g_strconcat(fixture->root, "/run/network/", data, NULL);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CLOEXEC);
    g_assert_no_errno(fcntl(fd, F_GETLK, &whole));
    g_assert_cmpint(whole.l_type, ==, F_WRLCK);
    close(fd);
    g_clear_pointer(&fixture->lock, gnf_ifstate_lock_free);
    child = hold(fixture, data);
    let_go(child);
}

static void
test_wait_is_cancelled(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();

    make_folder(fixture, "/run/network");
    GPid child = hold(fixture, "ifstate.enp1s0");
    begin_lock(fixture, cancellable);
    g_cancellable_cancel(cancellable);
    wait_for_end(fixture);
    g_assert_error(fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_nonnull(strstr(fixture->error->message, "ifup or ifdown"));
    g_assert_null(fixture->lock);
    let_go(child);
}

static void
test_no_folder(Fixture *fixture, gconstpointer data)
{
    begin_lock(fixture, NULL);
    wait_for_end(fixture);
    g_assert_nonnull(fixture->error);
    g_assert_nonnull(strstr(fixture->error->message, "/run/network/ifstate.enp1s0"));
}

/* -- which ifupdown -- */

static void
assert_detected(const Fixture *fixture, const char *name)
{
    const GnfIfupdown *found = gnf_ifupdown_detect(fixture->root);

    g_assert_cmpstr(found ? found->name : NULL, ==, name);
}

static void
test_dialect(Fixture *fixture, gconstpointer data)
{
    assert_detected(fixture, NULL);
    /* Installed, and never run. */
    make_folder(fixture, "/lib/ifupdown");
    put(fixture, "/etc/network/interfaces", "auto lo\niface lo inet loopback\n");
    assert_detected(fixture, NULL);
    put(fixture, "/run/network/ifstate", "lo=lo\n");
    assert_detected(fixture, "ifupdown");
}

static void
test_dialect_ng(Fixture *fixture, gconstpointer data)
{
    put(fixture, "/run/ifstate", "lo=lo 1 explicit\n");
    assert_detected(fixture, "ifupdown-ng");
    g_assert_cmpint(gnf_ifupdown_detect(fixture->root)->dialect, ==, GNF_DIALECT_IFUPDOWN_NG);
}

static void
test_dialect_2(Fixture *fixture, gconstpointer data)
{
    make_folder(fixture, "/run/network");
    assert_detected(fixture, NULL);
    put(fixture, "/run/network/ifstatelock", "");
    assert_detected(fixture, "ifupdown2");
    g_assert_null(gnf_ifupdown_detect(fixture->root)->state);
}

/* One was replaced by another since the guest booted. */
static void
test_dialect_by_program(Fixture *fixture, gconstpointer data)
{
    put(fixture, "/run/network/ifstate", "lo=lo\n");
    put(fixture, "/run/network/ifstatelock", "");
    assert_detected(fixture, "ifupdown2");
    make_folder(fixture, "/lib/ifupdown");
    assert_detected(fixture, "ifupdown");
    put(fixture, "/run/ifstate", "lo=lo 1\n");
    assert_detected(fixture, "ifupdown");
    make_folder(fixture, "/usr/libexec/ifupdown-ng");
    assert_detected(fixture, "ifupdown-ng");
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func) g_test_add(path, Fixture, data, set_up, func, tear_down)
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ifstate/text/find", test_find);
    g_test_add_func("/ifstate/text/set", test_set);
    ADD("/ifstate/files/down-and-up", NULL, test_down_and_up);
    ADD("/ifstate/files/what-stands-is-left", NULL, test_what_stands_is_left);
    ADD("/ifstate/lock/of-the-interface-is-waited-for", "ifstate.enp1s0", test_waits_for_ifup);
    ADD("/ifstate/lock/of-the-list-is-waited-for", ".ifstate.lock", test_waits_for_ifup);
    ADD("/ifstate/lock/wait-is-cancelled", NULL, test_wait_is_cancelled);
    ADD("/ifstate/lock/no-folder", NULL, test_no_folder);
    ADD("/ifupdown/ifupdown", NULL, test_dialect);
    ADD("/ifupdown/ifupdown-ng", NULL, test_dialect_ng);
    ADD("/ifupdown/ifupdown2", NULL, test_dialect_2);
    ADD("/ifupdown/several-by-their-programs", NULL, test_dialect_by_program);
    return g_test_run();
}
