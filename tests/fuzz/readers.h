/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What holds for each reader of ifcfg-backend, whatever the files are:
 *   - every name is an interface's, every place is a line of a file that was given, every note is
 *     one line of UTF-8 that begins with such a place
 *   - what is a member is found, by the name or MAC that it is a member by
 *   - read again, it is the same; with an empty line before each file, all moves by a line
 */
#pragma once

#include "ifcfg-backend/membership.h"
#include "tests/fuzz/config-tree.h"

typedef GnfMembership *(*ReadFunction)(const char *root);

/* Reads the files that the bytes stand for, and aborts where the above does not hold. */
void fuzz_reader(const ConfigPlace *place, ReadFunction read, const guint8 *data, gsize size);
