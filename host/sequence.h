/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A sequence of phases with a way back: what each command of the tool is made of.
 *
 * A phase that fails before the commit has the phases before it put back, itself included, last
 * first. After the commit (the domain runs on the other host, or is saved) nothing is put back:
 * what can still be done is done, and the rest is said loudly.
 */
#pragma once

#include "host/host.h"
#include "host/nic.h"
#include "host/settings.h"

typedef enum {
    GNF_OUTCOME_DONE,
    GNF_OUTCOME_REFUSED,  /* nothing was changed */
    GNF_OUTCOME_PUT_BACK, /* failed, and all is as before */
    GNF_OUTCOME_DEGRADED, /* the domain runs, or is saved, and a NIC is not what it was */
    GNF_OUTCOME_UNKNOWN,  /* a host or the guest cannot be asked: 'resume' when it can */
} GnfOutcome;

typedef struct GnfRun GnfRun;

/* What is told while it goes on; any slot may be NULL. */
typedef struct {
    void (*phase)(const GnfRun *run, const char *phase, gboolean is_back, gpointer data);
    void (*progress)(const GnfRun *run, const char *phase, guint percent, gpointer data);
    void (*ended)(const GnfRun *run, const char *phase, gint64 ms, const GError *error, gpointer);
    void (*warning)(const GnfRun *run, const char *text, gpointer data);
} GnfListener;

typedef struct {
    const char *name;
    /* NULL: always. */
    gboolean (*applies)(const GnfRun *run);
    gboolean (*forward)(GnfRun *run, GError **error);
    /* Undoes what forward did, or as much of it as it did. NULL: nothing to undo. */
    gboolean (*back)(GnfRun *run, GError **error);
    /* When it has succeeded there is no way back. */
    gboolean commits;
} GnfPhase;

/* How long one phase took. */
typedef struct {
    const char *phase;
    gboolean is_back;
    gint64 ms;
} GnfTiming;

struct GnfRun {
    GnfHost *source;
    GnfHost *destination; /* NULL: the domain stays */
    GnfHost *here;        /* where the domain is now */
    const GnfSettings *settings;
    const GnfListener *listener;
    gpointer listener_data;

    GPtrArray *nics; /* GnfNic */
    gboolean is_aided;
    gboolean by_stages;
    gboolean is_prepared;  /* prepare was given: the guest may have to be put back */
    gboolean is_released;  /* the NICs are out of their bonds, or may be */
    gboolean is_committed; /* past the point of no return */
    gboolean is_lost;      /* nobody can tell where the domain is */
    gboolean is_changed;   /* something was done */
    gboolean is_incomplete;
    gboolean needs_cancel;   /* the guest has NICs prepared that were never unplugged */
    gboolean needs_complete; /* or such that are plugged in, and not in their bond yet */
    gboolean has_moved_filter;
    const char *phase; /* the present one */

    GArray *timings;     /* GnfTiming */
    GPtrArray *warnings; /* char */
    GError *error;       /* the first failure */
    GError *back_error;  /* the first on the way back */
};

GnfRun *gnf_run_new(GnfHost *source, GnfHost *destination, const GnfSettings *settings);
void gnf_run_free(GnfRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfRun, gnf_run_free)

/* phases: ends with one whose name is NULL. */
GnfOutcome gnf_run_phases(GnfRun *run, const GnfPhase *const *phases);

/* Told at once, and once more at the end. Takes the text. */
void gnf_run_warn(GnfRun *run, char *text);

/* Where the domain runs: GNF_DOMAIN_RUNNING there, and nowhere else. NULL: nobody can tell, or
 * nowhere. */
GnfHost *gnf_run_locate(GnfRun *run);
