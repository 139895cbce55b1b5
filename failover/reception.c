/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ports' filters, and bridges; see reception.h. Non-logging above debug: file systems may be
 * frozen.
 */
#include "failover/reception.h"

#include "failover/record.h"
#include "netlink/bridge-port.h"
#include "netlink/fdb.h"

static gboolean
add_ports(const GnfContext *context,
          const GnfOperationDevice *device,
          GnfPromiscuous *promiscuous,
          GError **error)
{
    g_autoptr(GPtrArray) ports = gnf_link_list_ports(context->netlink, device->bond.ifindex, error);

    for (guint i = 0; ports && i < ports->len; i++) {
        const GnfLink *port = g_ptr_array_index(ports, i);
        if (!gnf_promiscuous_add(promiscuous, port->ifindex, error))
            return FALSE;
    }
    return ports != NULL;
}

static void
take_in_all(const GnfContext *context, GnfOperationDevice *device)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfPromiscuous) promiscuous = gnf_promiscuous_new(&error);

    if (promiscuous && add_ports(context, device, promiscuous, &error)) {
        /* The new one first: there is no moment without. */
        gnf_promiscuous_free(device->promiscuous);
        device->promiscuous = g_steal_pointer(&promiscuous);
        return;
    }
    g_debug("%s: %s", device->bond.interface, error->message);
}

/* Moves what stands on a link to the end of links; a bridge's own uppers are another network. */
static void
append_uppers(const GnfContext *context, const GnfLink *link, GPtrArray *links)
{
    g_autoptr(GPtrArray) uppers = gnf_link_list_uppers(context->netlink, link->ifindex, NULL);

    while (uppers && uppers->len > 0) {
        GnfLink *upper = g_ptr_array_steal_index(uppers, 0);
        if (upper->ifindex == link->controller)
            gnf_link_free(upper);
        else
            g_ptr_array_add(links, upper);
    }
}

/* The bond, its VLANs and the like that are ports of a bridge which learns from them: their
 * ifindexes, as the record has them; NULL if there are none. */
static char *
find_learning(const GnfContext *context, const GnfOperationDevice *device)
{
    g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_link_free);
    g_autoptr(GString) text = g_string_new(device->bond.unlearning);
    GnfLink *bond = gnf_link_get(context->netlink, device->bond.ifindex, NULL);

    if (bond)
        g_ptr_array_add(links, bond);
    for (guint i = 0; i < links->len; i++) {
        const GnfLink *link = g_ptr_array_index(links, i);
        if (link->bridge_learning)
            g_string_append_printf(text, "%s%d", text->len > 0 ? " " : "", link->ifindex);
        append_uppers(context, link, links);
    }
    return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static void
set_learning(const GnfContext *context, const GnfOperationDevice *device, gboolean learning)
{
    g_auto(GStrv) ports = g_strsplit(device->bond.unlearning, " ", -1);

    for (guint i = 0; ports[i]; i++) {
        g_autoptr(GError) error = NULL;
        int port = (int)g_ascii_strtoll(ports[i], NULL, 10);
        if (!gnf_bridge_port_set_learning(context->netlink, port, learning, &error))
            g_debug("%s", error->message);
    }
}

static void
unlearn(GnfContext *context, GnfOperationDevice *device)
{
    g_autofree char *learning = find_learning(context, device);

    if (!learning)
        return;
    gnf_set_string(&device->bond.unlearning, learning);
    gnf_record_note(context->record_path, context->operation);
    set_learning(context, device, FALSE);
}

void
gnf_reception_widen(GnfContext *context, GnfOperationDevice *device)
{
    g_autoptr(GPtrArray) uppers =
        gnf_link_list_uppers(context->netlink, device->bond.ifindex, NULL);
    /* Those of macvlans in other network namespaces, too, which are no uppers here. */
    g_autoptr(GArray) accepted =
        gnf_fdb_list_accepted(context->netlink, device->bond.ifindex, NULL);

    if ((!uppers || uppers->len == 0) && (!accepted || accepted->len == 0))
        return;
    take_in_all(context, device);
    unlearn(context, device);
}

void
gnf_reception_narrow(GnfOperationDevice *device)
{
    g_clear_pointer(&device->promiscuous, gnf_promiscuous_free);
}

void
gnf_reception_learn(GnfContext *context, const GnfOperationDevice *device)
{
    for (guint i = 0; i < context->operation->devices->len; i++) {
        GnfOperationDevice *other = g_ptr_array_index(context->operation->devices, i);
        if (other->bond.ifindex != device->bond.ifindex || !other->bond.unlearning)
            continue;
        set_learning(context, other, TRUE);
        gnf_set_string(&other->bond.unlearning, NULL);
    }
}
