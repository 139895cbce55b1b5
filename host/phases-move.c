/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Phases that move the domain, and the network's filter behind it.
 */
#include "host/filter.h"
#include "host/phases.h"

static gboolean
moves_filter(const GnfRun *run)
{
    return run->is_aided && run->by_stages;
}

/* On the host that the domain comes to the filter has to be at the standby before it is there. */
static gboolean
filter_away(GnfRun *run, GError **error)
{
    run->has_moved_filter = TRUE;
    run->is_changed = TRUE;
    return gnf_filter_move(run, run->source, GNF_FILTER_TO_STANDBY, error) &&
           (!run->destination ||
            gnf_filter_move(run, run->destination, GNF_FILTER_TO_STANDBY, error));
}

static gboolean
filter_home(GnfRun *run, GError **error)
{
    return !run->has_moved_filter || gnf_filter_move(run, run->here, GNF_FILTER_TO_PRIMARY, error);
}

const GnfPhase gnf_phase_filter_away = {
    .name = "filter", .applies = moves_filter, .forward = filter_away, .back = filter_home};

static gboolean
filter_back(GnfRun *run, GError **error)
{
    return gnf_filter_move(run, run->here, GNF_FILTER_TO_PRIMARY, error);
}

const GnfPhase gnf_phase_filter_back = {
    .name = "filter-back", .applies = moves_filter, .forward = filter_back};

/* -- migrate --------------------------------------------------------------------------------- */

static void
on_progress(guint percent, gpointer data)
{
    GnfRun *run = data;

    if (run->listener && run->listener->progress)
        run->listener->progress(run, run->phase, percent, run->listener_data);
}

/* libvirt's error does not tell where the domain is: a connection that dies late leaves it over
 * there. So both hosts are asked. */
static gboolean
locate_after(GnfRun *run, GError *problem, GError **error)
{
    GnfHost *where = gnf_run_locate(run);

    if (where && where == run->destination) {
        gnf_run_warn(run,
                     g_strdup_printf("the migration was reported to have failed (%s), but the "
                                     "domain runs on %s",
                                     problem->message,
                                     where->uri));
        g_error_free(problem);
        run->here = run->destination;
        return TRUE;
    }
    run->is_lost = !where;
    g_propagate_error(error, problem);
    if (!where)
        g_prefix_error(
            error,
            "it is not known on which host the domain is: give 'resume' when both can be "
            "reached again: ");
    return FALSE;
}

static gboolean
migrate(GnfRun *run, GError **error)
{
    GnfHost *source = run->source;
    GError *problem = NULL;

    run->is_changed = TRUE;
    if (source->operations->migrate(
            source, run->destination, &run->settings->migration, on_progress, run, &problem)) {
        run->here = run->destination;
        return TRUE;
    }
    return locate_after(run, problem, error);
}

const GnfPhase gnf_phase_migrate = {.name = "migrate", .forward = migrate, .commits = TRUE};

static gboolean
save(GnfRun *run, GError **error)
{
    run->is_changed = TRUE;
    return run->source->operations->save(run->source, run->settings->file, error);
}

const GnfPhase gnf_phase_save = {.name = "save", .forward = save, .commits = TRUE};
