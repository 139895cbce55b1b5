/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Scripts that NetworkManager's dispatcher runs and that are known to undo its work. Looks at which
 * files are there and may be executed, and at nothing in them.
 */
#pragma once

#include <glib.h>

/*
 * Debian's 01-ifupdown runs ifupdown's scripts when an interface of NetworkManager's has gone up or
 * down; ifenslave's among them takes it out of its bond, or takes a bond apart, with nobody asking
 * whether it is up again by then. NetworkManager puts it back, and so on for ever. Returns what to
 * change, or NULL. root: of the files, "" for this machine.
 */
char *gnf_nm_dispatcher_conflict(const char *root);
