/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mark and unmark: the administrator's word on which devices are primaries.
 */
#pragma once

#include "host/options.h"

GnfHostExit gnf_mark(GnfCommandLine *line);
GnfHostExit gnf_unmark(GnfCommandLine *line);
