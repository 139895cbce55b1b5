/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GnfHost over libvirt: the real one.
 *
 * One thread, libvirt's own event loop, which runs whenever something is waited for. The exception
 * is a migration or a save: libvirt has no call for these that returns before they end, so that one
 * call is made from a thread of its own (libvirt-job.c), as virsh does it.
 */
#pragma once

#include <libvirt/libvirt.h>

#include "host/host.h"

/* Once, before anything else: the event loop, and SIGINT and SIGTERM. */
gboolean gnf_libvirt_begin(GError **error);

/* domain: its name or UUID; it need not be there (yet). Error: GNF_HOST_ERROR_LOST. */
GnfHost *gnf_libvirt_open(const char *uri, const char *domain, GError **error);
void gnf_libvirt_close(GnfHost *host);

/* Start the domain of a save image; ret_name: the domain's. */
gboolean gnf_libvirt_restore(const char *uri, const char *file, char **ret_name, GError **error);
