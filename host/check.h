/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * check: what the guest says, which host device is which guest NIC, what would happen, what lacks.
 */
#pragma once

#include "host/options.h"

GnfHostExit gnf_check(GnfCommandLine *line);
