/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asking for a link; see networkd-bus.h. Non-logging. The manager's object describes a link in one
 * call, since every process that has to wake up costs a guest time; only an old networkd is asked
 * for the link's own object.
 */
#include "networkd-backend/networkd-bus.h"

#include "failover/error.h"
#include "networkd-backend/link-state.h"

#define MANAGER_PATH "/org/freedesktop/network1"
#define MANAGER_INTERFACE "org.freedesktop.network1.Manager"
#define LINK_INTERFACE "org.freedesktop.network1.Link"
#define STATE_FOLDER "/run/systemd/netif/links"

GnfNetworkd *
gnf_networkd_new(void)
{
    GnfNetworkd *self = g_new0(GnfNetworkd, 1);

    self->netlink = gnf_netlink_new(&self->open_error);
    return self;
}

void
gnf_networkd_free(GnfNetworkd *self)
{
    gnf_system_bus_clear(&self->bus);
    g_clear_pointer(&self->netlink, gnf_netlink_free);
    g_clear_error(&self->open_error);
    g_free(self);
}

void
gnf_networkd_link_free(GnfNetworkdLink *link)
{
    if (!link)
        return;
    g_free(link->word);
    g_free(link->file);
    g_free(link);
}

GError *
gnf_networkd_explain(GError *error, const char *doing, const char *interface)
{
    GnfReasonCode code = GNF_REASON_CODE_MANAGER_FAILED;

    if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED) ||
        g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_AUTH_FAILED))
        code = GNF_REASON_CODE_NOT_PERMITTED;
    g_dbus_error_strip_remote_error(error);
    gnf_error_wrap(&error, code, "networkd, asked to %s %s", doing, interface);
    return error;
}

/* -- a link -- */

typedef struct {
    GDBusConnection *bus;
    int ifindex;
    GnfNetworkdLink *link;
} Ask;

static void
ask_free(gpointer data)
{
    Ask *ask = data;

    g_clear_object(&ask->bus);
    gnf_networkd_link_free(ask->link);
    g_free(ask);
}

static const struct {
    const char *word;
    GnfNetworkdState state;
} states[] = {
    {"pending", GNF_NETWORKD_PENDING},
    {"initialized", GNF_NETWORKD_PENDING},
    {"configuring", GNF_NETWORKD_CONFIGURING},
    {"configured", GNF_NETWORKD_CONFIGURED},
    {"unmanaged", GNF_NETWORKD_UNMANAGED},
    {"failed", GNF_NETWORKD_FAILED},
    {"linger", GNF_NETWORKD_FAILED},
};

static void
return_link(GTask *task, GnfNetworkdState state, const char *word)
{
    Ask *ask = g_task_get_task_data(task);

    ask->link->state = state;
    if (word) {
        g_free(ask->link->word);
        ask->link->word = g_strdup(word);
    }
    g_task_return_pointer(
        task, g_steal_pointer(&ask->link), (GDestroyNotify)gnf_networkd_link_free);
}

/* Nobody there, no such link: answers, too. */
static void
return_failure(GTask *task, GError *error)
{
    g_autofree char *name = g_dbus_error_get_remote_error(error);

    if (gnf_system_bus_is_absence(error))
        return_link(task, GNF_NETWORKD_ABSENT, "systemd-networkd is not running");
    else if (g_strcmp0(name, "org.freedesktop.network1.NoSuchLink") == 0 ||
             g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT))
        return_link(task, GNF_NETWORKD_UNKNOWN, "not known");
    else {
        g_task_return_error(task, error);
        return;
    }
    g_error_free(error);
}

static void
call(GTask *task,
     const char *path,
     const char *interface,
     const char *method,
     GVariant *arguments,
     GAsyncReadyCallback callback)
{
    const Ask *ask = g_task_get_task_data(task);

    g_dbus_connection_call(ask->bus,
                           GNF_NETWORKD_NAME,
                           path,
                           interface,
                           method,
                           arguments,
                           NULL,
                           G_DBUS_CALL_FLAGS_NO_AUTO_START,
                           -1,
                           g_task_get_cancellable(task),
                           callback,
                           task);
}

/* All is known but what the state's word means. */
static void
return_described(GTask *task)
{
    const Ask *ask = g_task_get_task_data(task);
    GnfNetworkdState state = GNF_NETWORKD_FAILED;

    for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
        if (g_strcmp0(ask->link->word, states[i].word) == 0)
            state = states[i].state;
    return_link(task, state, NULL);
}

static void
on_state(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    const Ask *ask = g_task_get_task_data(task);
    GError *error = NULL;
    g_autoptr(GVariant) answer =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    g_autoptr(GVariant) value = NULL;

    if (!answer) {
        return_failure(task, error);
        return;
    }
    if (g_variant_is_of_type(answer, G_VARIANT_TYPE("(v)")))
        g_variant_get(answer, "(v)", &value);
    if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        ask->link->word = g_variant_dup_string(value, NULL);
    return_described(task);
}

static void
on_path(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GVariant) answer =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    const char *path = NULL;

    if (!answer || !g_variant_is_of_type(answer, G_VARIANT_TYPE("(so)"))) {
        return_failure(task,
                       error ? error : g_error_new(G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no path"));
        return;
    }
    g_variant_get(answer, "(&s&o)", NULL, &path);
    call(g_steal_pointer(&task),
         path,
         "org.freedesktop.DBus.Properties",
         "Get",
         g_variant_new("(ss)", LINK_INTERFACE, "AdministrativeState"),
         on_state);
}

/* Before v249 there is no description, and at first it did not say all of this. */
static void
ask_for_more(GTask *task)
{
    const Ask *ask = g_task_get_task_data(task);
    g_autofree char *path = g_strdup_printf(STATE_FOLDER "/%d", ask->ifindex);
    g_autofree char *text = NULL;

    if (!ask->link->file && g_file_get_contents(path, &text, NULL, NULL))
        ask->link->file = gnf_link_state_parse_file(text);
    if (ask->link->word) {
        return_described(task);
        g_object_unref(task);
        return;
    }
    call(task,
         MANAGER_PATH,
         MANAGER_INTERFACE,
         "GetLinkByIndex",
         g_variant_new("(i)", ask->ifindex),
         on_path);
}

static void
on_described(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    const Ask *ask = g_task_get_task_data(task);
    GError *error = NULL;
    g_autoptr(GVariant) answer =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

    if (answer && g_variant_is_of_type(answer, G_VARIANT_TYPE("(s)"))) {
        const char *json;
        g_variant_get(answer, "(&s)", &json);
        gnf_link_state_parse_description(json, &ask->link->word, &ask->link->file);
    } else if (error && !g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD)) {
        return_failure(task, error);
        return;
    }
    g_clear_error(&error);
    ask_for_more(g_steal_pointer(&task));
}

static void
on_bus(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    Ask *ask = g_task_get_task_data(task);
    GError *error = NULL;

    ask->bus = gnf_system_bus_connect_finish(result, &error);
    if (!ask->bus && gnf_system_bus_is_absence(error)) {
        return_link(task, GNF_NETWORKD_ABSENT, "there is no system bus to ask networkd on");
        g_error_free(error);
        return;
    }
    if (!ask->bus) {
        g_task_return_error(task, error);
        return;
    }
    call(g_steal_pointer(&task),
         MANAGER_PATH,
         MANAGER_INTERFACE,
         "DescribeLink",
         g_variant_new("(i)", ask->ifindex),
         on_described);
}

void
gnf_networkd_ask_async(GnfNetworkd *self,
                       int ifindex,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Ask *ask = g_new0(Ask, 1);

    ask->ifindex = ifindex;
    ask->link = g_new0(GnfNetworkdLink, 1);
    g_task_set_task_data(task, ask, ask_free);
    gnf_system_bus_connect_async(&self->bus, cancellable, on_bus, task);
}

GnfNetworkdLink *
gnf_networkd_ask_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
