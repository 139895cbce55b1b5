/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where things stand after a run that was cut short.
 *
 * There is no state file: where the domain runs says libvirt, which NICs are out says the domain's
 * metadata, which went with it, and what the guest has pending says the guest.
 */
#include "host/resume.h"

GnfResume
gnf_resume_decide(GnfDomainState first, GnfDomainState second, gboolean has_job)
{
    gboolean is_here = first == GNF_DOMAIN_RUNNING;
    gboolean is_there = second == GNF_DOMAIN_RUNNING;

    if (has_job || (is_here && is_there))
        return GNF_RESUME_LATER;
    /* Paused on the other side: still coming in, whatever became of who looked after it. */
    if ((is_here && second == GNF_DOMAIN_PAUSED) || (is_there && first == GNF_DOMAIN_PAUSED))
        return GNF_RESUME_LATER;
    if (is_here)
        return GNF_RESUME_HERE;
    if (is_there)
        return GNF_RESUME_THERE;
    return first == GNF_DOMAIN_ABSENT && second == GNF_DOMAIN_ABSENT ? GNF_RESUME_NOWHERE
                                                                     : GNF_RESUME_LATER;
}

static gboolean
refuse(GError **error, const char *text)
{
    g_set_error_literal(error, GNF_HOST_ERROR, GNF_HOST_ERROR_REFUSED, text);
    return FALSE;
}

static gboolean
is_busy(GnfHost *host, GnfDomainState state)
{
    return state == GNF_DOMAIN_RUNNING && host->operations->has_job(host);
}

gboolean
gnf_resume_find(GnfRun *run, GError **error)
{
    GnfHost *first = run->source;
    GnfHost *second = run->destination;
    GnfDomainState here = first->operations->state(first);
    GnfDomainState there = second ? second->operations->state(second) : GNF_DOMAIN_ABSENT;
    gboolean has_job = is_busy(first, here) || (second && is_busy(second, there));

    switch (gnf_resume_decide(here, there, has_job)) {
    case GNF_RESUME_HERE:
        run->here = first;
        return TRUE;
    case GNF_RESUME_THERE:
        run->here = second;
        return TRUE;
    case GNF_RESUME_LATER:
        return refuse(error,
                      "a migration is still under way, the domain is paused, or a host cannot be "
                      "asked: wait for it, end it ('virsh domjobabort', 'virsh resume'), and give "
                      "this command again");
    case GNF_RESUME_NOWHERE:
        return refuse(error,
                      "the domain runs on none of the hosts named: name the other one too, start "
                      "it, or 'restore' it");
    }
    g_assert_not_reached();
}
