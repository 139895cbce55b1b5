/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The sequences: which command does what, in which order.
 *
 * Whatever can refuse comes before what changes something; a free NIC on the other host is made
 * sure of before anything is unplugged here.
 */
#include "host/phases.h"

const GnfPhase *const gnf_sequence_migrate[] = {
    &gnf_phase_inspect,
    &gnf_phase_ask,
    &gnf_phase_choose,
    &gnf_phase_record,
    &gnf_phase_prepare,
    &gnf_phase_filter_away,
    &gnf_phase_release,
    &gnf_phase_unplug,
    &gnf_phase_migrate, /* the way back ends here */
    &gnf_phase_plug,
    &gnf_phase_agent,
    &gnf_phase_join,
    &gnf_phase_filter_back,
    &gnf_phase_complete,
    &gnf_phase_forget,
    NULL,
};

const GnfPhase *const gnf_sequence_detach[] = {
    &gnf_phase_inspect,
    &gnf_phase_ask,
    &gnf_phase_record,
    &gnf_phase_prepare,
    &gnf_phase_filter_away,
    &gnf_phase_release,
    &gnf_phase_unplug,
    NULL,
};

const GnfPhase *const gnf_sequence_save[] = {
    &gnf_phase_inspect,
    &gnf_phase_ask,
    &gnf_phase_record,
    &gnf_phase_prepare,
    &gnf_phase_filter_away,
    &gnf_phase_release,
    &gnf_phase_unplug,
    &gnf_phase_save, /* the way back ends here */
    NULL,
};

const GnfPhase *const gnf_sequence_attach[] = {
    &gnf_phase_find, /* there is no way back: this is it */
    &gnf_phase_choose,
    &gnf_phase_plug,
    &gnf_phase_agent,
    &gnf_phase_join,
    &gnf_phase_filter_back,
    &gnf_phase_complete,
    &gnf_phase_forget,
    NULL,
};
