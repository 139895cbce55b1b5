/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The text form of a selector: "mac=…", "pci-address=…", "interface=…", joined by commas, or one
 * bare value whose shape tells which of them it is.
 *
 * MAC and PCI addresses become the contract's spelling: lower case, colons, with the PCI domain. An
 * interface whose name looks like something else, or holds a comma or '=', is written interface=….
 */
#pragma once

#include <json-glib/json-glib.h>

/* GuestNetFailoverSelector, or GuestNetFailoverReplacement when replaces= is allowed, too. Error:
 * G_OPTION_ERROR_BAD_VALUE, with the text as it was typed. */
JsonObject *gnf_selector_parse(const char *text, gboolean may_replace, GError **error);
