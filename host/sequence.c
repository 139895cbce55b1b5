/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A sequence of phases with a way back.
 *
 * Knows no phase by name; what they do is in phases-*.c.
 */
#include "host/sequence.h"

/* How long a host whose connection is gone is tried before the way back is given up, and how often:
 * a libvirtd that is restarted is back within that. */
#define REOPEN_MS 30000
#define REOPEN_PAUSE_MS 1000

GnfRun *
gnf_run_new(GnfHost *source, GnfHost *destination, const GnfSettings *settings)
{
    GnfRun *run = g_new0(GnfRun, 1);

    run->source = source;
    run->destination = destination;
    run->here = source;
    run->settings = settings;
    run->nics = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_nic_free);
    run->timings = g_array_new(FALSE, FALSE, sizeof(GnfTiming));
    run->warnings = g_ptr_array_new_with_free_func(g_free);
    return run;
}

void
gnf_run_free(GnfRun *run)
{
    g_ptr_array_unref(run->nics);
    g_array_unref(run->timings);
    g_ptr_array_unref(run->warnings);
    g_clear_error(&run->error);
    g_clear_error(&run->back_error);
    g_free(run);
}

void
gnf_run_warn(GnfRun *run, char *text)
{
    g_ptr_array_add(run->warnings, text);
    if (run->listener && run->listener->warning)
        run->listener->warning(run, text, run->listener_data);
}

static gint64
now_ms(const GnfRun *run)
{
    return run->source->operations->now_ms(run->source);
}

/* One direction of one phase, told and timed. */
static gboolean
play(GnfRun *run, const GnfPhase *phase, gboolean is_back, GError **error)
{
    const GnfListener *listener = run->listener;
    g_autoptr(GError) problem = NULL;
    GnfTiming timing = {phase->name, is_back, now_ms(run)};
    gboolean good = FALSE;

    run->phase = phase->name;
    if (listener && listener->phase)
        listener->phase(run, phase->name, is_back, run->listener_data);
    good = is_back ? phase->back(run, &problem) : phase->forward(run, &problem);
    timing.ms = now_ms(run) - timing.ms;
    g_array_append_val(run->timings, timing);
    if (listener && listener->ended)
        listener->ended(run, phase->name, timing.ms, problem, run->listener_data);
    if (!good)
        g_propagate_error(error, g_steal_pointer(&problem));
    return good;
}

static gboolean
reopen(GnfHost *host)
{
    gint64 end = host->operations->now_ms(host) + REOPEN_MS;

    do {
        if (host->operations->reopen(host, NULL))
            return TRUE;
        host->operations->pause(host, REOPEN_PAUSE_MS);
    } while (host->operations->now_ms(host) < end);
    return FALSE;
}

static void
keep_first(GError **kept, GError *error)
{
    if (*kept)
        g_error_free(error);
    else
        *kept = error;
}

/* From this phase down to the first. What fails on the way does not keep the rest from its turn. */
static void
turn_back(GnfRun *run, const GnfPhase *const *phases, gsize from)
{
    for (gsize i = from + 1; i-- > 0;) {
        GError *problem = NULL;

        if (!phases[i]->back || (phases[i]->applies && !phases[i]->applies(run)))
            continue;
        if (play(run, phases[i], TRUE, &problem))
            continue;
        /* The connection may have died under an idle host: once more over a new one. */
        if (gnf_host_error_is(problem, GNF_HOST_ERROR_LOST) && reopen(run->here)) {
            g_clear_error(&problem);
            if (play(run, phases[i], TRUE, &problem))
                continue;
        }
        keep_first(&run->back_error, problem);
    }
}

static gboolean
check_interrupted(GnfRun *run, GError **error)
{
    if (run->is_committed || !run->source->operations->interrupted(run->source))
        return TRUE;
    g_set_error_literal(error,
                        GNF_HOST_ERROR,
                        GNF_HOST_ERROR_INTERRUPTED,
                        "interrupted by a signal; nothing more was begun");
    return FALSE;
}

static GnfOutcome
outcome_of_failure(const GnfRun *run)
{
    const GError *error = run->back_error ? run->back_error : run->error;

    if (run->is_lost)
        return GNF_OUTCOME_UNKNOWN;
    if (!run->back_error)
        return run->is_changed ? GNF_OUTCOME_PUT_BACK : GNF_OUTCOME_REFUSED;
    return gnf_host_error_is(error, GNF_HOST_ERROR_LOST) ||
                   gnf_host_error_is(error, GNF_HOST_ERROR_SILENT) ||
                   gnf_host_error_is(error, GNF_HOST_ERROR_GONE)
               ? GNF_OUTCOME_UNKNOWN
               : GNF_OUTCOME_DEGRADED;
}

GnfOutcome
gnf_run_phases(GnfRun *run, const GnfPhase *const *phases)
{
    for (gsize i = 0; phases[i]; i++) {
        GError *problem = NULL;

        if (phases[i]->applies && !phases[i]->applies(run))
            continue;
        if (check_interrupted(run, &problem) && play(run, phases[i], FALSE, &problem)) {
            run->is_committed |= phases[i]->commits;
            continue;
        }
        keep_first(&run->error, problem);
        if (run->is_committed) {
            run->is_incomplete = TRUE;
            continue;
        }
        if (!run->is_lost)
            turn_back(run, phases, i);
        return outcome_of_failure(run);
    }
    if (!run->error)
        return GNF_OUTCOME_DONE;
    return gnf_host_error_is(run->error, GNF_HOST_ERROR_LOST) ? GNF_OUTCOME_UNKNOWN
                                                              : GNF_OUTCOME_DEGRADED;
}

GnfHost *
gnf_run_locate(GnfRun *run)
{
    GnfDomainState source = run->source->operations->state(run->source);
    GnfDomainState destination = GNF_DOMAIN_ABSENT;

    if (source == GNF_DOMAIN_UNREACHABLE && reopen(run->source))
        source = run->source->operations->state(run->source);
    if (run->destination)
        destination = run->destination->operations->state(run->destination);
    if (source == GNF_DOMAIN_RUNNING && destination != GNF_DOMAIN_RUNNING)
        return run->source;
    /* A source that cannot be asked is not in the way: one domain does not run twice. */
    if (destination == GNF_DOMAIN_RUNNING && source != GNF_DOMAIN_RUNNING)
        return run->destination;
    return NULL;
}
