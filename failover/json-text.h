/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * JSON written straight into a text. For the record, which is written several times for each device
 * and holds all of them: through a tree of nodes that took most of a prepare of 32.
 *
 * Commas come by themselves; what is begun has to be ended by its own end. A name is a member's, or
 * NULL for an element of an array and for the outermost value.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void gnf_json_text_begin(GString *text, const char *name, char bracket);
void gnf_json_text_end(GString *text, char bracket);
void gnf_json_text_add_string(GString *text, const char *name, const char *value);
void gnf_json_text_add_int(GString *text, const char *name, gint64 value);
void gnf_json_text_add_boolean(GString *text, const char *name, gboolean value);

G_END_DECLS
