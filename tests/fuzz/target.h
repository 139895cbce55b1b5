/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a fuzz target is: one function that takes any bytes, and aborts when a property is broken.
 *
 * Each fuzz-NAME.c defines LLVMFuzzerTestOneInput(). Two programs call it: libFuzzer's, with inputs
 * that it makes up (`./test fuzz`), and replay.c, with those that were kept (`./test sanitize`).
 * A target depends on nothing but its bytes: the same input takes the same way every time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Criticals of GLib end the run. target.c */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Returns 0: every input may be kept. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
