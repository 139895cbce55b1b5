/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plugin registry: which command goes to which socket, read from `*.plugin` files
 *
 *     [Plugin]
 *     Commands=guest-example;guest-example-query;
 *     Socket=/run/example/socket
 *     TimeoutSec=60
 *
 * and which of them the administrator allows (`allow-rpcs`, `block-rpcs`, as qemu-ga has them).
 * When two files claim a command, the first in order of file names has it.
 */
#pragma once

#include <glib.h>

typedef struct {
    char *command;
    char *socket_path;
    guint timeout_ms; /* without a reply for this long, the command fails */
    gboolean allowed;
} GnfPluginCommand;

typedef struct GnfRegistry GnfRegistry;

GnfRegistry *gnf_registry_new(void);
void gnf_registry_free(GnfRegistry *registry);

/* Reads every file NAME.plugin of a folder; a folder that is not there holds none. FALSE if any
 * file was wrong: `error` tells the first, the others are used all the same. */
gboolean gnf_registry_load(GnfRegistry *registry, const char *folder, GError **error);

/* The lists are NULL where the administrator set none; block wins, unknown names are ignored. */
void gnf_registry_filter(GnfRegistry *registry, const char *const *allow, const char *const *block);

/* NULL if no plugin has the command. */
const GnfPluginCommand *gnf_registry_find(const GnfRegistry *registry, const char *command);

/* All of them, by name; the container is the caller's, the elements (const GnfPluginCommand *) are
 * the registry's. */
GPtrArray *gnf_registry_list(const GnfRegistry *registry);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfRegistry, gnf_registry_free)
