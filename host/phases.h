/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The phases, and the sequences that are made of them: which command does what, in which order.
 */
#pragma once

#include "host/domain.h"
#include "host/sequence.h"

/* Each ends with NULL. */
extern const GnfPhase *const gnf_sequence_migrate[];
extern const GnfPhase *const gnf_sequence_detach[];
extern const GnfPhase *const gnf_sequence_save[];
/* From wherever things stand to all NICs back, where run->here is: attach, restore and resume. */
extern const GnfPhase *const gnf_sequence_attach[];

/* The domain where it runs. */
GnfDomain *gnf_read_domain(GnfHost *host, GError **error);

/* phases-host.c */
extern const GnfPhase gnf_phase_inspect;
extern const GnfPhase gnf_phase_find;
extern const GnfPhase gnf_phase_choose;
extern const GnfPhase gnf_phase_record;
extern const GnfPhase gnf_phase_forget;

/* phases-device.c */
extern const GnfPhase gnf_phase_unplug;
extern const GnfPhase gnf_phase_plug;

/* phases-guest.c */
extern const GnfPhase gnf_phase_ask;
extern const GnfPhase gnf_phase_prepare;
extern const GnfPhase gnf_phase_release;
extern const GnfPhase gnf_phase_agent;
extern const GnfPhase gnf_phase_join;
extern const GnfPhase gnf_phase_complete;

/* phases-move.c */
extern const GnfPhase gnf_phase_filter_away;
extern const GnfPhase gnf_phase_filter_back;
extern const GnfPhase gnf_phase_migrate;
extern const GnfPhase gnf_phase_save;
