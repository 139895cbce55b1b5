/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A migration and a save: the calls of libvirt that do not return before all is over.
 *
 * The call alone is made from a second thread (libvirt's connections may be shared among threads),
 * while the first runs the event loop, asks how far it is, and has it aborted on a signal.
 */
#include <libvirt/virterror.h>

#include "host/libvirt-private.h"

#define LOOK_MS 50

typedef struct Job Job;
struct Job {
    GnfLibvirt *source;
    GnfLibvirt *destination;
    const GnfMigration *migration;
    const char *file;
    virDomainPtr domain;
    gboolean (*call)(Job *job);

    gboolean good;
    char *problem; /* libvirt keeps its errors by thread */
    int has_ended; /* atomic */
};

static void
add_string(virTypedParameterPtr *parameters, int *count, int *room, const char *value)
{
    virTypedParamsAddString(parameters, count, room, VIR_MIGRATE_PARAM_URI, value);
}

static gboolean
call_migrate(Job *job)
{
    const GnfMigration *migration = job->migration;
    virTypedParameterPtr parameters = NULL;
    virDomainPtr moved = NULL;
    gboolean good = FALSE;
    int count = 0;
    int room = 0;

    if (migration->uri)
        add_string(&parameters, &count, &room, migration->uri);
    if (migration->bandwidth > 0)
        virTypedParamsAddULLong(
            &parameters, &count, &room, VIR_MIGRATE_PARAM_BANDWIDTH, migration->bandwidth);
    if (migration->is_peer_to_peer)
        good = virDomainMigrateToURI3(job->domain,
                                      job->destination->uri,
                                      parameters,
                                      (unsigned int)count,
                                      migration->flags) == 0;
    else
        moved = virDomainMigrate3(job->domain,
                                  job->destination->connection,
                                  parameters,
                                  (unsigned int)count,
                                  migration->flags);
    good = good || moved;
    if (moved)
        virDomainFree(moved);
    if (!good)
        job->problem = g_strdup(virGetLastErrorMessage());
    virTypedParamsFree(parameters, count);
    return good;
}

static gboolean
call_save(Job *job)
{
    if (virDomainSaveFlags(job->domain, job->file, NULL, 0) == 0)
        return TRUE;
    job->problem = g_strdup(virGetLastErrorMessage());
    return FALSE;
}

static gpointer
run_call(gpointer data)
{
    Job *job = data;

    job->good = job->call(job);
    g_atomic_int_set(&job->has_ended, 1);
    return NULL;
}

/* FALSE: not known now. */
static gboolean
read_percent(Job *job, guint *ret_percent)
{
    virDomainJobInfo info;

    if (virDomainGetJobInfo(job->domain, &info) < 0 || info.type == VIR_DOMAIN_JOB_NONE ||
        info.dataTotal == 0)
        return FALSE;
    *ret_percent = (guint)(100 - MIN(info.dataRemaining * 100 / info.dataTotal, 100));
    return TRUE;
}

/* Else QEMU copies to the end what nobody is there to take. */
static gboolean
is_in_vain(const Job *job)
{
    return job->destination && virConnectIsAlive(job->destination->connection) == 0;
}

static void
watch(Job *job, GnfHostProgress progress, gpointer data)
{
    gboolean is_aborted = FALSE;

    while (!g_atomic_int_get(&job->has_ended)) {
        guint percent = 0;

        if (!is_aborted && (gnf_libvirt_interrupted(&job->source->host) || is_in_vain(job)))
            is_aborted = virDomainAbortJob(job->domain) == 0;
        if (progress && read_percent(job, &percent))
            progress(percent, data);
        gnf_libvirt_pause(&job->source->host, LOOK_MS);
    }
}

static gboolean
run_job(Job *job, const char *doing, GnfHostProgress progress, gpointer data, GError **error)
{
    GThread *thread = NULL;

    job->domain = gnf_libvirt_domain(job->source, error);
    if (!job->domain)
        return FALSE;
    thread = g_thread_new("libvirt job", run_call, job);
    watch(job, progress, data);
    g_thread_join(thread);
    virDomainFree(job->domain);
    if (!job->good)
        g_set_error(error,
                    GNF_HOST_ERROR,
                    gnf_libvirt_interrupted(&job->source->host) ? GNF_HOST_ERROR_INTERRUPTED
                                                                : GNF_HOST_ERROR_FAILED,
                    "cannot %s: %s",
                    doing,
                    job->problem);
    g_free(job->problem);
    return job->good;
}

gboolean
gnf_libvirt_migrate(GnfHost *host,
                    GnfHost *destination,
                    const GnfMigration *migration,
                    GnfHostProgress progress,
                    gpointer data,
                    GError **error)
{
    g_autofree char *doing = g_strdup_printf("migrate to %s", destination->uri);
    Job job = {.source = gnf_libvirt_of(host),
               .destination = gnf_libvirt_of(destination),
               .migration = migration,
               .call = call_migrate};

    return run_job(&job, doing, progress, data, error);
}

gboolean
gnf_libvirt_save(GnfHost *host, const char *file, GError **error)
{
    g_autofree char *doing = g_strdup_printf("save to '%s'", file);
    Job job = {.source = gnf_libvirt_of(host), .file = file, .call = call_save};

    return run_job(&job, doing, NULL, NULL, error);
}
