/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The common part of the vtable's calls; see nm-call.h. Non-logging.
 */
#include "nm-backend/nm-call.h"

#include <net/if.h>

#include "failover/error.h"

static void wake(gpointer user_data);

static void
call_free(gpointer data)
{
    GnfNmCall *call = data;

    if (call->clear)
        call->clear(call);
    g_free(call->interface);
    g_free(call);
}

/* Watch object, which may be NULL, in place of what was watched. TRUE when it is another one. */
static gboolean
watch(GObject **watched, gpointer object, GnfNmCall *call)
{
    if (*watched == object)
        return FALSE;
    if (*watched)
        g_signal_handlers_disconnect_by_data(*watched, call);
    g_set_object(watched, object);
    if (object)
        g_signal_connect_swapped(object, "notify", G_CALLBACK(wake), call);
    return TRUE;
}

static void
clear_source(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

/* The step is not run after this. Gives the reference that was the call's own. */
static GTask *
stop(GnfNmCall *call)
{
    g_assert(!call->ended);
    call->ended = TRUE;
    gnf_nm_unlisten(call->nm, call);
    clear_source(&call->cancelled);
    clear_source(&call->due);
    watch(&call->device, NULL, call);
    watch(&call->active, NULL, call);
    watch(&call->bond, NULL, call);
    return call->task;
}

void
gnf_nm_call_return(GnfNmCall *call, gpointer result, GDestroyNotify free_result)
{
    g_autoptr(GTask) task = stop(call);

    g_task_return_pointer(task, result, free_result);
}

void
gnf_nm_call_return_true(GnfNmCall *call)
{
    g_autoptr(GTask) task = stop(call);

    g_task_return_boolean(task, TRUE);
}

void
gnf_nm_call_return_error(GnfNmCall *call, GError *error)
{
    g_autoptr(GTask) task = stop(call);

    g_task_return_error(task, error);
}

static gboolean
on_cancelled(GCancellable *cancellable, gpointer user_data)
{
    GnfNmCall *call = user_data;

    gnf_nm_call_return_error(call,
                             g_error_new(G_IO_ERROR,
                                         G_IO_ERROR_CANCELLED,
                                         "%s%swaiting for %s",
                                         call->interface ? call->interface : "",
                                         call->interface ? ": " : "",
                                         call->waiting_for ? call->waiting_for : "NetworkManager"));
    return G_SOURCE_REMOVE;
}

static gboolean
on_due(gpointer user_data)
{
    GnfNmCall *call = user_data;

    clear_source(&call->due);
    if (gnf_nm_get_state(call->nm) == GNF_NM_CONNECTING)
        call->waiting_for = "NetworkManager to answer";
    else
        call->step(call);
    return G_SOURCE_REMOVE;
}

/* The step runs from the main loop, not from within libnm's signals: many of them come together,
 * and a step may ask libnm for more. */
static void
wake(gpointer user_data)
{
    GnfNmCall *call = user_data;

    if (call->ended || call->asking || call->due)
        return;
    call->due = g_idle_source_new();
    g_source_set_priority(call->due, G_PRIORITY_DEFAULT);
    g_source_set_callback(call->due, on_due, call, NULL);
    g_source_attach(call->due, NULL);
}

void
gnf_nm_call_wake(GnfNmCall *call)
{
    wake(call);
}

GnfNmCall *
gnf_nm_call_new(const GnfNmCallKind *kind,
                GnfNm *nm,
                GCancellable *cancellable,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
    GnfNmCall *call = g_malloc0(kind->size);

    call->nm = nm;
    call->step = kind->step;
    call->clear = kind->clear;
    call->task = g_task_new(NULL, cancellable, callback, user_data);
    g_task_set_task_data(call->task, call, call_free);
    /* The call ends with its own words when it is cancelled. */
    g_task_set_check_cancellable(call->task, FALSE);
    if (cancellable) {
        call->cancelled = g_cancellable_source_new(cancellable);
        g_source_set_callback(call->cancelled, G_SOURCE_FUNC(on_cancelled), call, NULL);
        g_source_attach(call->cancelled, NULL);
    }
    gnf_nm_listen(nm, wake, call);
    gnf_nm_want(nm);
    wake(call);
    return call;
}

char *
gnf_nm_get_name(int ifindex)
{
    char name[IF_NAMESIZE];

    return if_indextoname((unsigned int)ifindex, name) ? g_strdup(name) : NULL;
}

/* D-Bus does not tell a device's ifindex: the name that the kernel has for it now is the key. */
static NMDevice *
find_device(const GnfNmCall *call, int ifindex)
{
    NMClient *client = gnf_nm_get_client(call->nm);
    g_autofree char *name = gnf_nm_get_name(ifindex);

    if (!client || !name)
        return NULL;

    const GPtrArray *devices = nm_client_get_devices(client);
    for (guint i = 0; i < devices->len; i++) {
        NMDevice *device = g_ptr_array_index(devices, i);

        if (g_strcmp0(nm_device_get_iface(device), name) == 0)
            return device;
    }
    return NULL;
}

/* The reason is only there while the device is in the state "failed", which it leaves at once. */
static void
on_device_state(NMDevice *device, guint new_state, guint old_state, guint reason, GnfNmCall *call)
{
    if (new_state == NM_DEVICE_STATE_FAILED)
        call->failure = (NMDeviceStateReason)reason;
}

NMDevice *
gnf_nm_call_get_device(GnfNmCall *call)
{
    NMDevice *device = find_device(call, call->ifindex);

    if (watch(&call->device, device, call) && device)
        g_signal_connect(device, "state-changed", G_CALLBACK(on_device_state), call);
    watch(&call->active, device ? nm_device_get_active_connection(device) : NULL, call);
    return device;
}

NMDevice *
gnf_nm_call_get_bond(GnfNmCall *call, int bond_ifindex)
{
    NMDevice *bond = find_device(call, bond_ifindex);

    watch(&call->bond, bond, call);
    return bond;
}

gpointer
gnf_nm_call_begin(GnfNmCall *call)
{
    call->asking = TRUE;
    clear_source(&call->due);
    return g_object_ref(call->task);
}

gpointer
gnf_nm_call_begin_watching(GnfNmCall *call)
{
    return g_object_ref(call->task);
}

GnfNmCall *
gnf_nm_call_end(gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GnfNmCall *call = g_task_get_task_data(task);

    if (call->ended)
        return NULL;
    call->asking = FALSE;
    wake(call);
    return call;
}

GCancellable *
gnf_nm_call_get_cancellable(const GnfNmCall *call)
{
    return g_task_get_cancellable(call->task);
}

gboolean
gnf_nm_call_is_unreachable(GnfNmCall *call)
{
    if (gnf_nm_get_state(call->nm) != GNF_NM_UNREACHABLE)
        return FALSE;
    gnf_nm_call_return_error(call,
                             gnf_reason(GNF_REASON_CODE_MANAGER_FAILED,
                                        "NetworkManager cannot be asked about %s: %s",
                                        call->interface,
                                        gnf_nm_get_absence(call->nm)));
    return TRUE;
}

static gboolean
is_denied(const GError *error)
{
    return g_error_matches(error, NM_MANAGER_ERROR, NM_MANAGER_ERROR_PERMISSION_DENIED) ||
           g_error_matches(error, NM_SETTINGS_ERROR, NM_SETTINGS_ERROR_PERMISSION_DENIED) ||
           g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED) ||
           g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_AUTH_FAILED);
}

GError *
gnf_nm_call_explain(const GnfNmCall *call, GError *error, const char *doing)
{
    g_autofree char *name = gnf_nm_get_name(call->ifindex);
    GnfReasonCode code = GNF_REASON_CODE_MANAGER_FAILED;

    g_dbus_error_strip_remote_error(error);
    if (!name)
        code = GNF_REASON_CODE_NO_SUCH_DEVICE;
    else if (is_denied(error))
        code = GNF_REASON_CODE_NOT_PERMITTED;
    gnf_error_wrap(&error, code, "NetworkManager, asked to %s %s", doing, call->interface);
    return error;
}

const char *
gnf_nm_get_nick(GType type, int value)
{
    g_autoptr(GEnumClass) class = g_type_class_ref(type);
    const GEnumValue *found = g_enum_get_value(class, value);

    /* Valid after the unref: libnm's types are static. */
    return found ? found->value_nick : "unknown";
}

static void
on_autoconnect_set(GObject *source, GAsyncResult *result, gpointer user_data)
{
    GError *error = NULL;
    gboolean done = nm_client_dbus_set_property_finish(NM_CLIENT(source), result, &error);
    GnfNmCall *call = gnf_nm_call_end(user_data);

    if (!call)
        g_clear_error(&error);
    else if (done)
        gnf_nm_set_blocked(call->nm, call->ifindex, call->blocking);
    else
        gnf_nm_call_return_error(call, gnf_nm_call_explain(call, error, "set autoconnect of"));
}

void
gnf_nm_call_set_autoconnect(GnfNmCall *call, NMDevice *device, gboolean autoconnect)
{
    call->blocking = !autoconnect;
    call->waiting_for = "NetworkManager to set its autoconnect";
    nm_client_dbus_set_property(gnf_nm_get_client(call->nm),
                                nm_object_get_path(NM_OBJECT(device)),
                                "org.freedesktop.NetworkManager.Device",
                                "Autoconnect",
                                g_variant_new_boolean(autoconnect),
                                -1,
                                gnf_nm_call_get_cancellable(call),
                                on_autoconnect_set,
                                gnf_nm_call_begin(call));
}
