/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest's files, made from any bytes, for the readers of ifcfg-backend: "--- NAME" on a line of
 * its own begins a file, and what stands before the first is a file of a given name. run.py packs
 * the golden files in this form. They are written under a folder in $TMPDIR.
 */
#pragma once

#include <glib.h>

#define CONFIG_FILES_MAX 8

typedef struct {
    char *path; /* in the guest */
    char *text;
    gsize length;
} ConfigFile;

typedef struct {
    const char *folder; /* in the guest, where the files are */
    const char *first;  /* what is before the first name goes to this file */
} ConfigPlace;

/* Array of ConfigFile, each path once; a header that names no new file is text. */
GPtrArray *config_tree_parse(const ConfigPlace *place, const guint8 *data, gsize size);

/* Writes the files, each with what is put before it, and returns the root; valid until the next. */
const char *config_tree_write(const GPtrArray *files, const char *before);

/* Removes what was written. */
void config_tree_remove(const GPtrArray *files);
