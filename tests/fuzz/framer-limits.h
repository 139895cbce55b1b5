/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Limits that a short input can reach, in place of framer.h's: the compiler reads this first
 * (meson.build), and framer.c is built once more with it.
 */
#pragma once

#include "qga-plugin/framer.h"

#undef GNF_FRAME_MAX_BYTES
#undef GNF_FRAME_MAX_TOKENS
#undef GNF_FRAME_MAX_DEPTH
#define GNF_FRAME_MAX_BYTES 48u
#define GNF_FRAME_MAX_TOKENS 16u
#define GNF_FRAME_MAX_DEPTH 6u
