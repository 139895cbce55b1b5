/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Attach: see the NIC in its bond, by whoever's doing.
 *
 * networkd puts a new NIC into the bond that its .network file names, also under another name, so
 * that is awaited where it is at work. A NIC that it believes to be configured (it was taken out by
 * netlink, and never unplugged) is put back by netlink, as it was taken out: to have networkd
 * configure it anew would make it the active port before its link is proven. Where no file puts the
 * NIC into the bond, one of our own in /run does.
 *
 * The step looks at what networkd and the kernel say now and acts or waits; it runs again after
 * every change of either, so no order of events is assumed.
 */
#include "networkd-backend/networkd-operations.h"

#include <glib/gstdio.h>
#include <net/if.h>

#include "failover/by-netlink.h"
#include "failover/error.h"
#include "netlink/monitor.h"
#include "networkd-backend/attachment.h"
#include "networkd-backend/network-folder.h"
#include "networkd-backend/networkd-reload.h"
#include "networkd-backend/own-file.h"

/* networkd needs well under 1 s from udev's word on a NIC to its bond, also under emulation. */
#define PATIENCE_MS 5000

typedef struct {
    GnfNetworkd *networkd;
    GTask *task; /* the call's own reference; the struct is its data */
    GnfTarget target;
    GStringChunk *strings; /* the target's */
    GnfLinkMonitor *monitor;
    GDBusConnection *bus; /* subscribed to */
    guint subscription;
    GSource *cancelled;
    GSource *patience; /* NULL: it is over */
    const char *waiting_for;
    char *refusal;      /* why networkd was not told of our file, or NULL */
    gboolean asking;    /* the question of this step is unanswered */
    gboolean again;     /* something changed meanwhile */
    gboolean reloaded;  /* networkd was told of our file, or could not be */
    gboolean reloading; /* it has not answered to that (since v257 only when all is configured) */
    gboolean acted;     /* it was we who put it in */
    gboolean ended;
} Attach;

static void wake(Attach *attach);

static void
attach_free(gpointer data)
{
    Attach *attach = data;

    g_string_chunk_free(attach->strings);
    g_free(attach->refusal);
    g_free(attach);
}

static void
clear_source(GSource **source)
{
    if (*source)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

/* Nothing calls back into the call after this. Gives the reference that was the call's own. */
static GTask *
stop(Attach *attach)
{
    g_assert(!attach->ended);
    attach->ended = TRUE;
    clear_source(&attach->cancelled);
    clear_source(&attach->patience);
    g_clear_pointer(&attach->monitor, gnf_link_monitor_free);
    if (attach->subscription)
        g_dbus_connection_signal_unsubscribe(attach->bus, attach->subscription);
    g_clear_object(&attach->bus);
    return attach->task;
}

static void
fail(Attach *attach, GError *error)
{
    g_autoptr(GTask) task = stop(attach);

    g_task_return_error(task, error);
}

/* -- the end -- */

static void
succeed(Attach *attach, const GnfLink *link, const GnfNetworkdLink *said)
{
    GnfAttachment *attachment = gnf_attachment_conclude(&attach->target, link, said->file);
    g_autoptr(GTask) task = NULL;

    attachment->already = !attach->acted && !attach->reloaded;
    task = stop(attach);
    g_task_return_pointer(task, attachment, (GDestroyNotify)gnf_attachment_free);
}

static void
enslave(Attach *attach, const GnfLink *link, const GnfNetworkdLink *said)
{
    gboolean already = FALSE;
    GError *error = NULL;

    if (!gnf_by_netlink_attach(attach->networkd->netlink, &attach->target, &already, &error)) {
        fail(attach, error);
        return;
    }
    attach->acted = !already;
    succeed(attach, link, said);
}

/* -- a file of our own -- */

static gboolean
on_patience(gpointer user_data)
{
    Attach *attach = user_data;

    clear_source(&attach->patience);
    wake(attach);
    return G_SOURCE_REMOVE;
}

static void
be_patient(Attach *attach)
{
    clear_source(&attach->patience);
    attach->patience = g_timeout_source_new(PATIENCE_MS);
    g_source_set_callback(attach->patience, on_patience, attach, NULL);
    g_source_attach(attach->patience, NULL);
}

static void
on_reloaded(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    Attach *attach = g_task_get_task_data(task);
    g_autoptr(GError) error = NULL;
    gboolean done = gnf_networkd_reload_finish(result, &error);

    if (attach->ended)
        return;
    attach->reloading = FALSE;
    if (done) {
        be_patient(attach);
    } else {
        /* What that means depends on what networkd has for the NIC: the next step looks. */
        attach->refusal = g_strdup(error->message);
        clear_source(&attach->patience);
    }
    wake(attach);
}

static void
reload(Attach *attach, const GnfLink *link)
{
    attach->reloaded = TRUE;
    gnf_attachment_write_own(&attach->target, link);
    attach->waiting_for = "networkd to read its files anew";
    attach->reloading = TRUE;
    gnf_networkd_reload_async(attach->networkd,
                              g_task_get_cancellable(attach->task),
                              on_reloaded,
                              g_object_ref(attach->task));
}

/* networkd has no file for it that puts it into this bond. While it does something else with the
 * NIC, as DHCP, it must not become a port: networkd would go on. */
static void
take_over(Attach *attach, const GnfLink *link, const GnfNetworkdLink *said)
{
    gboolean meddles =
        said->state == GNF_NETWORKD_CONFIGURING || said->state == GNF_NETWORKD_CONFIGURED;

    if (!attach->reloaded) {
        reload(attach, link);
    } else if (attach->reloading || attach->patience) {
        attach->waiting_for = "networkd to put it into the bond by its new file";
    } else if (!meddles) {
        enslave(attach, link, said);
    } else {
        /* Our file stays: whoever follows the advice has networkd put the NIC in. */
        fail(attach,
             gnf_reason(GNF_REASON_CODE_MANAGER_FAILED,
                        "networkd configures %s by %s, which does not put it into %s; it was not "
                        "told to read its files anew, since that could interrupt the bond (%s): "
                        "run \"networkctl reload\" when it does no harm, and repeat the command",
                        link->name,
                        said->file ? said->file : "a file",
                        attach->target.bond,
                        attach->refusal ? attach->refusal : "it was, and goes on as before"));
    }
}

/* -- the step -- */

/* Does the file that networkd has for the NIC name this bond? One of our own that is gone again
 * is still in networkd's memory. */
static gboolean
is_bound(const Attach *attach, const GnfNetworkdLink *said)
{
    g_autoptr(GnfNetworkFile) file =
        said->file ? gnf_network_folder_load(gnf_network_folders, said->file) : NULL;

    if (said->state == GNF_NETWORKD_UNMANAGED || !said->file)
        return FALSE;
    return file ? g_strcmp0(gnf_network_file_get_bond(file), attach->target.bond) == 0
                : gnf_network_is_own(said->file);
}

static void
judge(Attach *attach, const GnfNetworkdLink *said)
{
    GError *error = NULL;
    g_autoptr(GnfLink) link =
        gnf_by_netlink_look(attach->networkd->netlink, &attach->target, &error);

    if (!link)
        fail(attach, error);
    else if (link->controller == attach->target.bond_ifindex)
        succeed(attach, link, said);
    else if (said->state == GNF_NETWORKD_UNKNOWN || said->state == GNF_NETWORKD_PENDING)
        attach->waiting_for = "networkd to take it up (is udev done with it?)";
    else if (said->state != GNF_NETWORKD_ABSENT && !is_bound(attach, said))
        take_over(attach, link, said);
    else if (said->state == GNF_NETWORKD_CONFIGURING && attach->patience)
        attach->waiting_for = "networkd to put it into the bond";
    else
        enslave(attach, link, said);
}

static void
on_said(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    Attach *attach = g_task_get_task_data(task);
    GError *error = NULL;
    g_autoptr(GnfNetworkdLink) said = gnf_networkd_ask_finish(result, &error);
    gboolean again = attach->again;

    if (attach->ended) {
        g_clear_error(&error);
        return;
    }
    attach->asking = FALSE;
    attach->again = FALSE;
    if (said)
        judge(attach, said);
    else
        fail(attach, gnf_networkd_explain(error, "tell of", attach->target.interface));
    if (again && !attach->ended)
        wake(attach);
}

static void
wake(Attach *attach)
{
    attach->again = attach->asking;
    if (attach->asking)
        return;
    attach->asking = TRUE;
    gnf_networkd_ask_async(attach->networkd,
                           attach->target.ifindex,
                           g_task_get_cancellable(attach->task),
                           on_said,
                           g_object_ref(attach->task));
}

/* -- the beginning -- */

static void
on_link_event(const GnfLinkEvent *event, gpointer user_data)
{
    Attach *attach = user_data;

    if (event->type == GNF_LINK_EVENT_OVERRUN || event->link->ifindex == attach->target.ifindex)
        wake(attach);
}

/* NOLINTBEGIN(readability-function-size): GDBusSignalCallback has that many parameters. */
static void
on_properties_changed(GDBusConnection *bus,
                      const char *sender,
                      const char *path,
                      const char *interface,
                      const char *signal,
                      GVariant *arguments,
                      gpointer user_data)
{
    wake(user_data);
}
/* NOLINTEND(readability-function-size) */

static gboolean
on_cancelled(GCancellable *cancellable, gpointer user_data)
{
    Attach *attach = user_data;

    fail(attach,
         g_error_new(G_IO_ERROR,
                     G_IO_ERROR_CANCELLED,
                     "%s: waiting for %s",
                     attach->target.interface,
                     attach->waiting_for));
    return G_SOURCE_REMOVE;
}

/* Listen first, ask then: nothing falls between the two. */
static void
on_bus(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    Attach *attach = g_task_get_task_data(task);
    g_autoptr(GDBusConnection) bus = gnf_system_bus_connect_finish(result, NULL);

    if (attach->ended)
        return;
    attach->asking = FALSE;
    if (bus) {
        attach->bus = g_object_ref(bus);
        attach->subscription = g_dbus_connection_signal_subscribe(bus,
                                                                  GNF_NETWORKD_NAME,
                                                                  "org.freedesktop.DBus.Properties",
                                                                  "PropertiesChanged",
                                                                  NULL,
                                                                  "org.freedesktop.network1.Link",
                                                                  G_DBUS_SIGNAL_FLAGS_NONE,
                                                                  on_properties_changed,
                                                                  attach,
                                                                  NULL);
    }
    wake(attach);
}

static Attach *
attach_new(GnfNetworkd *networkd, const GnfTarget *target)
{
    Attach *attach = g_new0(Attach, 1);
    GnfTarget *kept = &attach->target;

    attach->networkd = networkd;
    attach->strings = g_string_chunk_new(64);
    *kept = *target;
    kept->interface = g_string_chunk_insert(attach->strings, target->interface);
    kept->bond = g_string_chunk_insert(attach->strings, target->bond);
    if (target->permanent_mac)
        kept->permanent_mac = g_string_chunk_insert(attach->strings, target->permanent_mac);
    if (target->profile)
        kept->profile = g_string_chunk_insert(attach->strings, target->profile);
    kept->old_interface = NULL;
    kept->old_mac = NULL;
    attach->waiting_for = "the system bus";
    return attach;
}

void
gnf_networkd_attach_start(GnfNetworkd *self,
                          const GnfTarget *target,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
    Attach *attach = attach_new(self, target);
    GError *error = NULL;

    attach->task = g_task_new(NULL, cancellable, callback, user_data);
    g_task_set_task_data(attach->task, attach, attach_free);
    /* The call ends with its own words when it is cancelled. */
    g_task_set_check_cancellable(attach->task, FALSE);
    if (!self->netlink) {
        fail(attach, g_error_copy(self->open_error));
        return;
    }
    attach->monitor = gnf_link_monitor_new(NULL, on_link_event, attach, &error);
    if (!attach->monitor) {
        gnf_error_wrap(&error, GNF_REASON_CODE_MANAGER_FAILED, "%s", attach->target.interface);
        fail(attach, error);
        return;
    }
    if (cancellable) {
        attach->cancelled = g_cancellable_source_new(cancellable);
        g_source_set_callback(attach->cancelled, G_SOURCE_FUNC(on_cancelled), attach, NULL);
        g_source_attach(attach->cancelled, NULL);
    }
    be_patient(attach);
    attach->asking = TRUE;
    gnf_system_bus_connect_async(&self->bus, cancellable, on_bus, g_object_ref(attach->task));
}
