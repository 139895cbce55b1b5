/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Selectors: which NIC the host means.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "failover/inventory.h"

/* GuestNetFailoverSelector, normalised to lower case; members that were not given are NULL. */
typedef struct {
    char *mac;
    char *pci_address;
    char *interface;
} GnfSelector;

void gnf_selector_free(GnfSelector *selector);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfSelector, gnf_selector_free)

/* From a GuestNetFailoverSelector or GuestNetFailoverReplacement that fits the schema. path names
 * it in errors ("devices[0]"). GNF_REASON_CODE_INVALID_ARGUMENT without any member, or with one
 * that is no MAC or PCI address. */
GnfSelector *gnf_selector_parse(JsonObject *object, const char *path, GError **error);

/* A MAC address in lower case, or NULL with GNF_REASON_CODE_INVALID_ARGUMENT naming the member. */
char *gnf_parse_mac(const char *text, const char *path, GError **error);

/* Does a NIC fit all members given? mac is the permanent one; it and pci_address may be NULL. */
gboolean gnf_selector_fits(const GnfSelector *selector,
                           const char *mac,
                           const char *pci_address,
                           const char *interface);

/* For messages: "mac 52:54:00:00:00:01, interface enp1s0". */
char *gnf_selector_to_string(const GnfSelector *selector);

/* For messages: every primary with its MAC and PCI address, or "no pass-through NIC at all". */
char *gnf_candidates_to_string(const GPtrArray *primaries);

/* The one primary that the selector names. GNF_REASON_CODE_NO_SUCH_DEVICE or _AMBIGUOUS_DEVICE,
 * listing the candidates. */
GnfPrimary *gnf_select_one(const GPtrArray *primaries, const GnfSelector *selector, GError **error);

/* Without selectors: is this one meant? It is when it sits in a bond beside a para-virtual port. */
gboolean gnf_select_by_default(const GnfPrimary *primary);
