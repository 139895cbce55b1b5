/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Test fixture: a guest's files, under a temporary folder.
 */
#pragma once

#include <glib.h>

typedef struct {
    char *path;
} GuestRoot;

/* For g_test_add. */
void guest_root_set_up(GuestRoot *root, gconstpointer data);
void guest_root_tear_down(GuestRoot *root, gconstpointer data);

/* Write a file, "/etc/…", and the folders that it needs. */
void guest_root_write(const GuestRoot *root, const char *path, const char *text, int mode);
