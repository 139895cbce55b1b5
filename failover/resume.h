/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Taking up the record of an engine that ended in the middle of a command.
 */
#pragma once

#include "failover/context.h"

/*
 * Bring the operation that was just read in line with the kernel, so that a new engine can go on.
 * TRUE: a complete or a cancel was under way (operation->verb), and is to be gone on with at once;
 * nobody has to ask.
 *
 * A prepare is not gone on with by itself: the host whose answer was lost decides. Its devices that
 * were not done have the reason `interrupted`; those whose traffic was not moved yet are attached.
 */
gboolean gnf_resume_take_up(GnfContext *context);
