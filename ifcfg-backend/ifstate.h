/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ifupdown's list of what is up: a line "INTERFACE=LOGICAL" for each, in /run/network/ifstate;
 * ifupdown-ng's /run/ifstate has more behind it ("enp1s0=enp1s0 2 explicit"). Pure: no I/O.
 */
#pragma once

#include <glib.h>

/* The logical interface that an interface is up as; NULL: it is not listed. */
char *gnf_ifstate_find(const char *text, const char *interface);

/* The text with the interface listed as this logical interface; NULL: not listed. All other lines
 * stay as they are. */
char *gnf_ifstate_set(const char *text, const char *interface, const char *logical);
