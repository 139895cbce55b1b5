/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Waiting for a unit of systemd; see unit.h. Non-logging.
 *
 * systemd sends its signals only to those who have subscribed. Listen first, ask then: nothing
 * falls between the two. Whatever cannot be asked is no reason to wait.
 */
#include "ifcfg-backend/unit.h"

#include <string.h>

#define SYSTEMD "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE SYSTEMD ".Manager"
#define UNIT_INTERFACE SYSTEMD ".Unit"
#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"

typedef struct {
    char *unit;
    char *path;
    GDBusConnection *bus;
    guint subscription;
    GSource *cancelled;
    gboolean asking; /* a question is unanswered */
    gboolean again;  /* something changed meanwhile */
    gboolean ended;
} Wait;

static void ask(GTask *task);

char *
gnf_unit_name(const char *template, const char *interface)
{
    GString *name = g_string_new(template);

    for (const char *at = interface; *at; at++) {
        gboolean plain =
            g_ascii_isalnum(*at) || *at == ':' || *at == '_' || (*at == '.' && at != interface);
        if (plain)
            g_string_append_c(name, *at);
        else
            g_string_append_printf(name, "\\x%02x", (guint)(guchar)*at);
    }
    g_string_append(name, ".service");
    return g_string_free(name, FALSE);
}

static void
wait_free(gpointer data)
{
    Wait *wait = data;

    g_clear_object(&wait->bus);
    g_free(wait->unit);
    g_free(wait->path);
    g_free(wait);
}

/* The task's own reference goes with this. */
static void
end(GTask *task, GError *error)
{
    Wait *wait = g_task_get_task_data(task);

    wait->ended = TRUE;
    if (wait->subscription)
        g_dbus_connection_signal_unsubscribe(wait->bus, wait->subscription);
    if (wait->cancelled) {
        g_source_destroy(wait->cancelled);
        g_clear_pointer(&wait->cancelled, g_source_unref);
    }
    if (error)
        g_task_return_error(task, error);
    else
        g_task_return_boolean(task, TRUE);
    g_object_unref(task);
}

static gboolean
on_cancelled(GCancellable *cancellable, gpointer user_data)
{
    GTask *task = user_data;
    const Wait *wait = g_task_get_task_data(task);

    end(task,
        g_error_new(G_IO_ERROR,
                    G_IO_ERROR_CANCELLED,
                    "waiting for systemd to be through with %s",
                    wait->unit));
    return G_SOURCE_REMOVE;
}

/* -- asking -- */

static void
call(GTask *task,
     const char *path,
     const char *interface,
     const char *method,
     GVariant *arguments,
     GAsyncReadyCallback callback)
{
    const Wait *wait = g_task_get_task_data(task);

    g_dbus_connection_call(wait->bus,
                           SYSTEMD,
                           path,
                           interface,
                           method,
                           arguments,
                           NULL,
                           G_DBUS_CALL_FLAGS_NO_AUTO_START,
                           -1,
                           NULL,
                           callback,
                           g_object_ref(task));
}

/* NULL: there is no such unit, or nobody to ask; then, or if the wait has ended, so does the call.
 */
static GVariant *
finish_call(GObject *source, GAsyncResult *result, GTask *task)
{
    const Wait *wait = g_task_get_task_data(task);
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);

    if (wait->ended)
        g_clear_pointer(&answer, g_variant_unref);
    else if (!answer)
        end(task, NULL);
    return answer;
}

static gboolean
is_busy(GVariant *properties)
{
    const char *state = "";
    guint32 job = 0;

    g_variant_lookup(properties, "ActiveState", "&s", &state);
    g_variant_lookup(properties, "Job", "(u&o)", &job, NULL);
    return job != 0 || g_str_equal(state, "activating") || g_str_equal(state, "deactivating");
}

static void
on_properties(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    Wait *wait = g_task_get_task_data(task);
    g_autoptr(GVariant) answer = finish_call(source, result, task);
    g_autoptr(GVariant) properties = NULL;

    if (!answer)
        return;
    wait->asking = FALSE;
    if (g_variant_is_of_type(answer, G_VARIANT_TYPE("(a{sv})")))
        properties = g_variant_get_child_value(answer, 0);
    if (!properties || !is_busy(properties))
        end(task, NULL);
    else if (wait->again)
        ask(task);
}

static void
ask(GTask *task)
{
    Wait *wait = g_task_get_task_data(task);

    wait->again = wait->asking;
    if (wait->asking)
        return;
    wait->asking = TRUE;
    call(task,
         wait->path,
         PROPERTIES_INTERFACE,
         "GetAll",
         g_variant_new("(s)", UNIT_INTERFACE),
         on_properties);
}

/* NOLINTBEGIN(readability-function-size): GDBusSignalCallback has that many parameters. */
static void
on_changed(GDBusConnection *bus,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *arguments,
           gpointer user_data)
{
    GTask *task = user_data;
    const Wait *wait = g_task_get_task_data(task);

    if (wait->path && !wait->ended)
        ask(task);
}
/* NOLINTEND(readability-function-size) */

static void
on_unit(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    Wait *wait = g_task_get_task_data(task);
    g_autoptr(GVariant) answer = finish_call(source, result, task);

    if (!answer)
        return;
    if (!g_variant_is_of_type(answer, G_VARIANT_TYPE("(o)"))) {
        end(task, NULL);
        return;
    }
    g_variant_get(answer, "(o)", &wait->path);
    wait->subscription = g_dbus_connection_signal_subscribe(wait->bus,
                                                            SYSTEMD,
                                                            PROPERTIES_INTERFACE,
                                                            "PropertiesChanged",
                                                            wait->path,
                                                            UNIT_INTERFACE,
                                                            G_DBUS_SIGNAL_FLAGS_NONE,
                                                            on_changed,
                                                            task,
                                                            NULL);
    ask(task);
}

/* A second subscription of the same connection is refused, and as good. */
static void
on_subscribed(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    const Wait *wait = g_task_get_task_data(task);
    g_autoptr(GVariant) answer =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);

    if (!wait->ended)
        call(task,
             MANAGER_PATH,
             MANAGER_INTERFACE,
             "GetUnit",
             g_variant_new("(s)", wait->unit),
             on_unit);
}

static void
on_bus(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    Wait *wait = g_task_get_task_data(task);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDBusConnection) bus = gnf_system_bus_connect_finish(result, &error);

    /* What is cancelled ends by on_cancelled(), in its own words. */
    if (wait->ended || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    wait->bus = g_steal_pointer(&bus);
    if (wait->bus)
        call(task, MANAGER_PATH, MANAGER_INTERFACE, "Subscribe", NULL, on_subscribed);
    else
        end(task, NULL);
}

void
gnf_unit_wait_async(GnfSystemBus *bus,
                    const char *unit,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Wait *wait = g_new0(Wait, 1);

    wait->unit = g_strdup(unit);
    g_task_set_task_data(task, wait, wait_free);
    /* The call ends with its own words when it is cancelled. */
    g_task_set_check_cancellable(task, FALSE);
    if (cancellable) {
        wait->cancelled = g_cancellable_source_new(cancellable);
        g_source_set_callback(wait->cancelled, G_SOURCE_FUNC(on_cancelled), task, NULL);
        g_source_attach(wait->cancelled, NULL);
    }
    /* The bus may end before a connection that nobody waits for any more is there. */
    gnf_system_bus_connect_async(bus, cancellable, on_bus, g_object_ref(task));
}

gboolean
gnf_unit_wait_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
