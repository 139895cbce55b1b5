/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Phases that unplug and plug.
 *
 * All NICs are asked to leave at once, and waited for one by one: a guest takes as long for two as
 * for one. Where one stays, those that left come back.
 */
#include "host/phases.h"

static GnfNic *
nic_at(const GnfRun *run, guint index)
{
    return g_ptr_array_index(run->nics, index);
}

static gboolean
fail(GnfNic *nic, GError **error, char *problem)
{
    g_free(nic->problem);
    nic->problem = problem;
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_FAILED,
                "%s: %s",
                gnf_host_device_name(nic->device),
                problem);
    return FALSE;
}

static gboolean
has_device(const GnfDomain *domain, const GnfHostDevice *device)
{
    for (guint i = 0; i < domain->devices->len; i++) {
        const GnfHostDevice *other = g_ptr_array_index(domain->devices, i);

        if (device->alias && g_strcmp0(device->alias, other->alias) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
mark_out(GnfNic *nic)
{
    nic->is_out = TRUE;
    nic->was_out = TRUE;
    nic->is_leaving = FALSE;
}

/* -- unplug ---------------------------------------------------------------------------------- */

/* What the guest has ejected itself is gone already, and libvirt knows nothing of it. */
static gboolean
ask_to_leave(GnfRun *run, GnfNic *nic, GError **error)
{
    GnfHost *host = run->source;
    g_autoptr(GError) problem = NULL;
    g_autoptr(GnfDomain) domain = NULL;

    if (host->operations->unplug(host, nic->device->alias, &problem)) {
        nic->is_leaving = TRUE;
        return TRUE;
    }
    domain = gnf_read_domain(host, error);
    if (!domain)
        return FALSE;
    if (has_device(domain, nic->device))
        return fail(nic, error, g_strdup(problem->message));
    mark_out(nic);
    return TRUE;
}

static gboolean
wait_one(GnfRun *run, GnfNic *nic, GError **error)
{
    GnfHost *host = run->source;
    guint limit_ms = run->settings->unplug_ms;

    switch (host->operations->wait_removed(host, nic->device->alias, limit_ms)) {
    case GNF_REMOVAL_DONE:
        mark_out(nic);
        return TRUE;
    case GNF_REMOVAL_REFUSED:
        nic->is_leaving = FALSE;
        return fail(nic,
                    error,
                    g_strdup("the guest refused to let go of it (device-removal-failed); see the "
                             "guest's kernel log"));
    case GNF_REMOVAL_PENDING:
        return fail(
            nic,
            error,
            g_strdup_printf("the guest did not let go of it within %u s; does it have a hotplug "
                            "driver (pciehp, acpiphp)? The request stands: should it leave later, "
                            "give 'attach'",
                            limit_ms / 1000));
    }
    g_assert_not_reached();
}

static gboolean
unplug(GnfRun *run, GError **error)
{
    gboolean good = TRUE;

    for (guint i = 0; good && i < run->nics->len; i++)
        if (!nic_at(run, i)->is_out)
            good = ask_to_leave(run, nic_at(run, i), error);
    run->is_changed = TRUE;
    /* Those that were asked are waited for, whatever happened to another: else one leaves behind
     * the back of the way back. */
    for (guint i = 0; i < run->nics->len; i++) {
        GnfNic *nic = nic_at(run, i);

        if (nic->is_leaving && !wait_one(run, nic, good ? error : NULL))
            good = FALSE;
    }
    return good;
}

/* As it was before: with the same XML. */
static gboolean
plug_back(GnfRun *run, GError **error)
{
    GnfHost *host = run->source;
    g_autoptr(GnfDomain) domain = gnf_read_domain(host, error);
    gboolean good = domain != NULL;

    for (guint i = 0; domain && i < run->nics->len; i++) {
        GnfNic *nic = nic_at(run, i);
        g_autoptr(GError) problem = NULL;

        if (has_device(domain, nic->device))
            continue;
        mark_out(nic);
        if (host->operations->plug(host, nic->device->xml, &problem)) {
            nic->is_out = FALSE;
            continue;
        }
        fail(
            nic, good ? error : NULL, g_strdup_printf("cannot plug it back: %s", problem->message));
        good = FALSE;
    }
    return good;
}

const GnfPhase gnf_phase_unplug = {.name = "unplug", .forward = unplug, .back = plug_back};

/* -- plug ------------------------------------------------------------------------------------ */

static gboolean
anything_out(const GnfRun *run)
{
    for (guint i = 0; i < run->nics->len; i++)
        if (nic_at(run, i)->is_out)
            return TRUE;
    return FALSE;
}

/* The MAC that libvirt gave to a NIC whose XML has none: that of the device which was not there. */
static void
learn_mac(GnfRun *run, const GnfDomain *before, GnfHostDevice *device)
{
    g_autoptr(GnfDomain) after = gnf_read_domain(run->here, NULL);

    for (guint i = 0; after && i < after->devices->len; i++) {
        const GnfHostDevice *other = g_ptr_array_index(after->devices, i);

        if (!other->mac || gnf_domain_find(before, other->mac))
            continue;
        device->mac = g_strdup(other->mac);
        device->guest_mac = g_strdup(other->mac);
        return;
    }
}

static gboolean
plug_device(GnfRun *run, GnfNic *nic, GnfHostDevice *device, GError **error)
{
    GnfHost *host = run->here;
    g_autoptr(GnfDomain) before = NULL;

    if (!device->mac && device->kind != GNF_HOST_DEVICE_HOSTDEV)
        before = gnf_read_domain(host, NULL);
    if (!host->operations->plug(host, device->xml, error))
        return FALSE;
    if (before)
        learn_mac(run, before, device);
    nic->is_out = FALSE;
    g_clear_pointer(&nic->problem, g_free);
    return TRUE;
}

static gboolean
is_used(const GnfRun *run, const GnfNic *nic, const GnfHostDevice *device)
{
    for (guint i = 0; i < run->nics->len; i++) {
        const GnfNic *other = nic_at(run, i);

        if (other != nic && other->replacement && g_str_equal(other->replacement->xml, device->xml))
            return TRUE;
    }
    return FALSE;
}

/* What was chosen may have been taken by somebody else since. */
static gboolean
plug_candidate(GnfRun *run, GnfNic *nic)
{
    GPtrArray *candidates = run->settings->candidates;

    for (guint i = 0; i < candidates->len; i++) {
        const GnfHostDevice *candidate = g_ptr_array_index(candidates, i);
        g_autoptr(GnfHostDevice) device = NULL;

        if (is_used(run, nic, candidate))
            continue;
        device = gnf_host_device_parse(candidate->xml, NULL);
        if (!device || !plug_device(run, nic, device, NULL))
            continue;
        g_clear_pointer(&nic->replacement, gnf_host_device_free);
        nic->replacement = g_steal_pointer(&device);
        return TRUE;
    }
    return FALSE;
}

static gboolean
plug_one(GnfRun *run, GnfNic *nic, GError **error)
{
    GnfHostDevice *device = nic->replacement ? nic->replacement : nic->device;
    g_autoptr(GError) problem = NULL;

    if (nic->is_unchosen)
        g_set_error_literal(&problem,
                            GNF_HOST_ERROR,
                            GNF_HOST_ERROR_REFUSED,
                            "what may take its place is not free");
    else if (plug_device(run, nic, device, &problem) || plug_candidate(run, nic))
        return TRUE;
    fail(nic,
         error,
         g_strdup_printf("cannot be plugged in on %s: %s; the domain runs without it: find one and "
                         "give 'virt-net-failover -c %s attach %s --device-xml FILE'",
                         run->here->uri,
                         problem->message,
                         run->here->uri,
                         run->here->domain));
    return FALSE;
}

static gboolean
plug(GnfRun *run, GError **error)
{
    gboolean good = TRUE;

    for (guint i = 0; i < run->nics->len; i++) {
        GnfNic *nic = nic_at(run, i);

        if (nic->is_out && !plug_one(run, nic, good ? error : NULL))
            good = FALSE;
    }
    run->is_changed = TRUE;
    return good;
}

const GnfPhase gnf_phase_plug = {.name = "plug", .applies = anything_out, .forward = plug};
