/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A manager's files, read under a root directory ("" or "/" for this machine). Paths are those of
 * the guest, "/etc/network/interfaces"; ".." ends at the root. Nothing is opened that could block
 * or is no file, and nothing is read without a limit; what is left out is noted.
 */
#pragma once

#include "ifcfg-backend/membership.h"

/* Far above what is written by hand, or by tools for a thousand VLANs. */
#define GNF_FILE_SIZE_MAX (1u << 20)
#define GNF_FILES_MAX 1024
#define GNF_FILES_SIZE_MAX (16u << 20)
/* Names that are looked at in folders. */
#define GNF_ENTRIES_MAX 16384

typedef struct GnfConfigFiles GnfConfigFiles;

/* membership gets the notes; it must live as long. */
GnfConfigFiles *gnf_config_files_new(const char *root, GnfMembership *membership);
void gnf_config_files_free(GnfConfigFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfConfigFiles, gnf_config_files_free)

/* A file as text: lines end with "\n", a byte order mark is gone; NULL, with a note, where that
 * cannot be. A file that is not there is noted if required. */
char *gnf_config_files_read(GnfConfigFiles *files, const char *path, gboolean required);

/* As above, and NULL without a note if it was read before, under whatever name. */
char *gnf_config_files_read_once(GnfConfigFiles *files, const char *path, gboolean required);

/* The names in a folder, without "." and "..", sorted by their bytes; empty where there is none. */
GStrv gnf_config_files_list(GnfConfigFiles *files, const char *folder);

/* The paths that a shell pattern stands for, sorted. Where it has no wildcard: itself. */
GStrv gnf_config_files_glob(GnfConfigFiles *files, const char *pattern);

/* Is it a folder, or a link to one? */
gboolean gnf_config_files_is_folder(GnfConfigFiles *files, const char *path);
