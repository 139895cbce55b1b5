/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * JSON text to a JsonNode that says what the text says.
 *
 * json-glib alters some texts in silence: "eth0\u0000x" becomes eth0, 18446744073709551615
 * becomes -1, -18446744073709551615 becomes 1 and 1e999 infinite, 010 is 8, "\q" is q, "\ud800"
 * becomes bytes that are no UTF-8, of two members with one name the last one stays, and comments
 * are skipped. QEMU's own parser refuses these, 1e999 excepted, and this one all. Strings in single
 * quotes are accepted as QEMU accepts them, with the same escapes (json-glib leaves '\n' as it is).
 *
 * What is nested deeper than QEMU allows (1024) is refused, too. The caller bounds the length.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

/* Error: G_IO_ERROR_INVALID_ARGUMENT, with the byte offset or the member's name. */
JsonNode *gnf_json_parse(const char *text, gsize length, GError **error);
