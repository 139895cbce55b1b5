/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls a backend module from the command line, as the engine would: for trying it in a guest.
 * Not installed.
 *
 *   gnf-backend-driver [--deadline-ms N] [--together] MODULE.so CALL…
 *     version
 *     probe,INTERFACE
 *     detach,INTERFACE,BOND
 *     attach,INTERFACE,BOND[,PROFILE[,OLD-INTERFACE[,OLD-MAC]]]   an empty field is not known
 *
 * One line for each call: the call, milliseconds, and what it came to. Calls follow each other,
 * unless --together. Exits with 1 when one failed.
 */
#include <gmodule.h>
#include <net/if.h>

#include "failover/backend.h"
#include "failover/error.h"
#include "qapi/types.h"

typedef struct {
    const GnfBackend *backend;
    gpointer instance;
    char **calls;
    gint64 deadline_ms;
    gboolean together;
    guint next;
    guint running;
    gboolean failed;
    GMainLoop *loop;
} Driver;

typedef struct {
    Driver *driver;
    char *text;
    char **fields; /* verb, interface, bond, profile, old interface, old MAC */
    gint64 started;
    GCancellable *cancellable;
    guint deadline;
} Call;

static void start_next(Driver *driver);

static const char *
get_field(const Call *call, guint index)
{
    if (index >= g_strv_length(call->fields) || !*call->fields[index])
        return NULL;
    return call->fields[index];
}

static GnfTarget
get_target(const Call *call)
{
    GnfTarget target = {
        .interface = get_field(call, 1),
        .bond = get_field(call, 2),
        .profile = get_field(call, 3),
        .old_interface = get_field(call, 4),
        .old_mac = get_field(call, 5),
    };

    target.ifindex = target.interface ? (int)if_nametoindex(target.interface) : 0;
    target.bond_ifindex = target.bond ? (int)if_nametoindex(target.bond) : 0;
    return target;
}

static char *
finish_probe(Driver *driver, GAsyncResult *result, GError **error)
{
    static const char *const owners[] = {"absent", "defer", "present"};
    g_autoptr(GnfOwnership) owned = driver->backend->probe_finish(driver->instance, result, error);

    return owned ? g_strdup_printf("%s profile=%s detail=%s",
                                   owners[owned->owner],
                                   owned->profile ? owned->profile : "-",
                                   owned->detail)
                 : NULL;
}

static char *
finish_attach(Driver *driver, GAsyncResult *result, GError **error)
{
    g_autoptr(GnfAttachment) attached =
        driver->backend->attach_finish(driver->instance, result, error);

    return attached ? g_strdup_printf("already=%d reboot-unsafe=%d detail=%s",
                                      attached->already,
                                      attached->reboot_unsafe,
                                      attached->detail ? attached->detail : "-")
                    : NULL;
}

static char *
finish(const Call *call, GAsyncResult *result, GError **error)
{
    Driver *driver = call->driver;
    const char *verb = call->fields[0];

    if (strcmp(verb, "version") == 0)
        return driver->backend->version_finish(driver->instance, result, error);
    if (strcmp(verb, "probe") == 0)
        return finish_probe(driver, result, error);
    if (strcmp(verb, "attach") == 0)
        return finish_attach(driver, result, error);
    return driver->backend->detach_finish(driver->instance, result, error) ? g_strdup("done")
                                                                           : NULL;
}

static void
call_free(Call *call)
{
    if (call->deadline)
        g_source_remove(call->deadline);
    g_object_unref(call->cancellable);
    g_strfreev(call->fields);
    g_free(call);
}

static void
on_done(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Call *call = user_data;
    Driver *driver = call->driver;
    g_autoptr(GError) error = NULL;
    g_autofree char *came_to = finish(call, result, &error);
    double elapsed_ms = (double)(g_get_monotonic_time() - call->started) / 1000;

    if (error)
        g_print("%s %.0f ms FAILED %s: %s\n",
                call->text,
                elapsed_ms,
                gnf_reason_code_to_string(gnf_error_reason(error)),
                error->message);
    else
        g_print("%s %.0f ms %s\n", call->text, elapsed_ms, came_to);
    driver->failed |= error != NULL;
    driver->running--;
    call_free(call);
    if (!driver->together)
        start_next(driver);
    if (driver->running == 0)
        g_main_loop_quit(driver->loop);
}

static gboolean
on_deadline(gpointer user_data)
{
    Call *call = user_data;

    call->deadline = 0;
    g_cancellable_cancel(call->cancellable);
    return G_SOURCE_REMOVE;
}

static void
start(Call *call)
{
    const GnfBackend *backend = call->driver->backend;
    gpointer instance = call->driver->instance;
    const char *verb = call->fields[0];
    GnfTarget target = get_target(call);

    call->started = g_get_monotonic_time();
    if (strcmp(verb, "version") == 0)
        backend->version_async(instance, call->cancellable, on_done, call);
    else if (strcmp(verb, "probe") == 0)
        backend->probe_async(
            instance, target.ifindex, target.interface, call->cancellable, on_done, call);
    else if (strcmp(verb, "detach") == 0)
        backend->detach_async(instance, &target, call->cancellable, on_done, call);
    else if (strcmp(verb, "attach") == 0)
        backend->attach_async(instance, &target, call->cancellable, on_done, call);
    else
        g_error("no such call: %s", call->text);
}

static void
start_next(Driver *driver)
{
    if (!driver->calls[driver->next])
        return;

    Call *call = g_new0(Call, 1);
    call->driver = driver;
    call->text = driver->calls[driver->next++];
    call->fields = g_strsplit(call->text, ",", -1);
    call->cancellable = g_cancellable_new();
    call->deadline = g_timeout_add((guint)driver->deadline_ms, on_deadline, call);
    driver->running++;
    start(call);
}

int
main(int argc, char **argv)
{
    Driver driver = {.deadline_ms = 10000};
    GOptionEntry entries[] = {
        {"deadline-ms", 0, 0, G_OPTION_ARG_INT64, &driver.deadline_ms, "For each call", "N"},
        {"together", 0, 0, G_OPTION_ARG_NONE, &driver.together, "All calls at once", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("MODULE.so CALL…");
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        g_error("%s", error->message);
    if (argc < 3)
        g_error("MODULE.so CALL…");

    GModule *module = g_module_open(argv[1], G_MODULE_BIND_LOCAL);
    gpointer symbol;
    if (!module || !g_module_symbol(module, GNF_BACKEND_SYMBOL, &symbol))
        g_error("%s: %s", argv[1], g_module_error());
    driver.backend = symbol;
    g_assert(driver.backend->abi == GNF_BACKEND_ABI);

    driver.loop = g_main_loop_new(NULL, FALSE);
    driver.instance = driver.backend->open();
    driver.calls = argv + 2;
    do
        start_next(&driver);
    while (driver.together && driver.calls[driver.next]);
    g_main_loop_run(driver.loop);

    driver.backend->close(driver.instance);
    /* What the backend let go of ends on the main context, as in the engine. */
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_main_loop_unref(driver.loop);
    g_module_close(module);
    return driver.failed ? 1 : 0;
}
