/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ifupdown's state of one interface; see ifstate-lock.h. Non-logging.
 *
 * ifupdown locks whole files with fcntl(2). Our locks belong to the open file and not to the
 * process (F_OFD_SETLK): they conflict with ifupdown's all the same, and do not end when somebody
 * else here closes the file.
 */
#include "ifcfg-backend/ifstate-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failover/error.h"
#include "ifcfg-backend/ifstate.h"

/* ifup and ifdown take tenths of a second at least, and give no sign when they are done. */
#define RETRY_MS 50
/* What ifupdown's own have under the usual umask. */
#define FILE_MODE 0644

struct GnfIfstateLock {
    char *folder;
    char *interface;
    int own_fd; /* ifstate.INTERFACE */
    int all_fd; /* .ifstate.lock */
};

typedef struct {
    char *root;
    char *interface;
    GSource *retry;
    GSource *cancelled;
} Wait;

void
gnf_ifstate_lock_free(GnfIfstateLock *lock)
{
    if (!lock)
        return;
    if (lock->all_fd >= 0)
        close(lock->all_fd);
    if (lock->own_fd >= 0)
        close(lock->own_fd);
    g_free(lock->folder);
    g_free(lock->interface);
    g_free(lock);
}

/* -- having them -- */

static gboolean
fail(GError **error, const char *doing, const char *path)
{
    int code = errno;

    g_set_error(error,
                GNF_ERROR,
                GNF_REASON_CODE_MANAGER_FAILED,
                "cannot %s %s, ifupdown's state: %s",
                doing,
                path,
                g_strerror(code));
    return FALSE;
}

/* The file, open and locked; *ret_fd is -1 where another process has the lock. */
static gboolean
open_locked(const char *path, int *ret_fd, GError **error)
{
    const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);

    *ret_fd = -1;
    if (fd < 0)
        return fail(error, "open", path);
    if (fcntl(fd, F_OFD_SETLK, &whole) == 0) {
        *ret_fd = fd;
        return TRUE;
    }
    if (errno == EAGAIN || errno == EACCES) {
        close(fd);
        return TRUE;
    }
    fail(error, "lock", path);
    close(fd);
    return FALSE;
}

/* NULL without an error: busy. */
static GnfIfstateLock *
try_lock(const char *root, const char *interface, GError **error)
{
    g_autoptr(GnfIfstateLock) lock = g_new0(GnfIfstateLock, 1);
    g_autofree char *own = NULL;
    g_autofree char *all = NULL;

    lock->own_fd = lock->all_fd = -1;
    lock->folder = g_strconcat(root, GNF_IFSTATE_FOLDER, NULL);
    lock->interface = g_strdup(interface);
    own = g_strdup_printf("%s/ifstate.%s", lock->folder, interface);
    all = g_strdup_printf("%s/.ifstate.lock", lock->folder);
    if (!open_locked(own, &lock->own_fd, error) || lock->own_fd < 0)
        return NULL;
    /* In ifupdown's own order. */
    if (!open_locked(all, &lock->all_fd, error) || lock->all_fd < 0)
        return NULL;
    return g_steal_pointer(&lock);
}

static void
clear_source(GSource **source)
{
    if (*source)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void
wait_free(gpointer data)
{
    Wait *wait = data;

    g_free(wait->root);
    g_free(wait->interface);
    g_free(wait);
}

static gboolean
on_retry(gpointer user_data)
{
    GTask *task = user_data;
    Wait *wait = g_task_get_task_data(task);
    GError *error = NULL;
    GnfIfstateLock *lock = try_lock(wait->root, wait->interface, &error);

    if (!lock && !error)
        return G_SOURCE_CONTINUE;
    clear_source(&wait->cancelled);
    clear_source(&wait->retry);
    if (lock)
        g_task_return_pointer(task, lock, (GDestroyNotify)gnf_ifstate_lock_free);
    else
        g_task_return_error(task, error);
    g_object_unref(task);
    return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled(GCancellable *cancellable, gpointer user_data)
{
    GTask *task = user_data;
    Wait *wait = g_task_get_task_data(task);

    clear_source(&wait->retry);
    clear_source(&wait->cancelled);
    g_task_return_new_error(
        task,
        G_IO_ERROR,
        G_IO_ERROR_CANCELLED,
        "%s: waiting for ifup or ifdown, which is at work on it and has locked " GNF_IFSTATE_FOLDER
        "/ifstate.%s",
        wait->interface,
        wait->interface);
    g_object_unref(task);
    return G_SOURCE_REMOVE;
}

/* Takes the task. */
static void
wait_for_lock(GTask *task)
{
    Wait *wait = g_task_get_task_data(task);

    wait->retry = g_timeout_source_new(RETRY_MS);
    g_source_set_callback(wait->retry, on_retry, task, NULL);
    g_source_attach(wait->retry, NULL);
    if (!g_task_get_cancellable(task))
        return;
    wait->cancelled = g_cancellable_source_new(g_task_get_cancellable(task));
    g_source_set_callback(wait->cancelled, G_SOURCE_FUNC(on_cancelled), task, NULL);
    g_source_attach(wait->cancelled, NULL);
}

void
gnf_ifstate_lock_async(const char *root,
                       const char *interface,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    Wait *wait = g_new0(Wait, 1);
    GError *error = NULL;
    GnfIfstateLock *lock = try_lock(root, interface, &error);

    wait->root = g_strdup(root);
    wait->interface = g_strdup(interface);
    g_task_set_task_data(task, wait, wait_free);
    /* The call ends with its own words when it is cancelled. */
    g_task_set_check_cancellable(task, FALSE);
    if (lock)
        g_task_return_pointer(task, lock, (GDestroyNotify)gnf_ifstate_lock_free);
    else if (error)
        g_task_return_error(task, error);
    else
        wait_for_lock(g_steal_pointer(&task));
}

GnfIfstateLock *
gnf_ifstate_lock_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

/* -- writing -- */

static gboolean
write_fd(int fd, const char *text)
{
    gsize length = strlen(text);
    gssize written = write(fd, text, length);

    if (written >= 0 && (gsize)written < length)
        errno = ENOSPC;
    return written == (gssize)length;
}

/* In its place: the lock is the file's. */
static gboolean
write_own(const GnfIfstateLock *lock, const char *logical, GError **error)
{
    g_autofree char *line = g_strconcat(logical ? logical : "", "\n", NULL);

    if (lseek(lock->own_fd, 0, SEEK_SET) == 0 && ftruncate(lock->own_fd, 0) == 0 &&
        write_fd(lock->own_fd, line))
        return TRUE;
    g_autofree char *path = g_strdup_printf("%s/ifstate.%s", lock->folder, lock->interface);
    return fail(error, "write", path);
}

/* By another file that takes its place, as ifupdown does, and under that name. */
static gboolean
replace(const char *path, const char *text, const char *temporary)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    gboolean written = fd >= 0 && fchmod(fd, FILE_MODE) == 0 && write_fd(fd, text);
    int code = errno;

    if (fd >= 0)
        close(fd);
    errno = code;
    return written && g_rename(temporary, path) == 0;
}

gboolean
gnf_ifstate_lock_write(GnfIfstateLock *lock, const char *logical, GError **error)
{
    g_autofree char *path = g_build_filename(lock->folder, "ifstate", NULL);
    g_autofree char *temporary = g_build_filename(lock->folder, ".ifstate.tmp", NULL);
    g_autofree char *text = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        text = g_strdup("");
    before = gnf_ifstate_find(text, lock->interface);
    if (!write_own(lock, logical, error))
        return FALSE;
    if (g_strcmp0(before, logical) == 0)
        return TRUE;
    after = gnf_ifstate_set(text, lock->interface, logical);
    return replace(path, after, temporary) || fail(error, "write", path);
}
