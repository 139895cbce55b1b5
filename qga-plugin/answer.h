/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answer: the reply lines that qga-plugind writes itself, and its part of guest-info. Every line
 * ends with a newline, is plain JSON, and echoes the request's `id`.
 */
#pragma once

#include "qga-plugin/json.h"
#include "qga-plugin/registry.h"

/* {"error": {"class": …, "desc": …}}. `request` is the request's bytes, for its `id`. */
GString *gnf_answer_error(GBytes *request, const char *error_class, const char *description);

/* For a command of qemu-ga that qemu-ga cannot answer: ping, sync, sync-delimited and info as
 * qemu-ga would, a GenericError with `reason` for all else, malformed input included. */
GString *gnf_answer_instead(GBytes *request,
                            const GnfRegistry *registry,
                            gboolean frozen,
                            const char *reason);

/* A guest-info reply with the registry's commands appended to `supported_commands`: all other
 * bytes stay. Names in `taken` are left out. A reply without such a list comes back as it is. */
GString *gnf_answer_merge_info(GnfText line,
                               const GnfRegistry *registry,
                               GHashTable *taken,
                               gboolean frozen);
