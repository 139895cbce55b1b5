/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * XML text in and out, over libxml2.
 *
 * The expressions are constants of the caller's; what comes from outside is compared in C.
 */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/* Error: GNF_HOST_ERROR_INVALID. Entities are not expanded, nothing is fetched. */
xmlDoc *gnf_xml_parse(const char *text, GError **error);

/* The nodes that an expression finds, seen from context: borrowed, in the order of the document. */
GPtrArray *gnf_xml_nodes(xmlNode *context, const char *expression);

/* The first of them, or NULL. */
xmlNode *gnf_xml_node(xmlNode *context, const char *expression);

/* Its text, or NULL where there is none. */
char *gnf_xml_text(xmlNode *context, const char *expression);

/* One attribute, or NULL. */
char *gnf_xml_attribute(xmlNode *node, const char *name);

/* The element with all that is in it. */
char *gnf_xml_print(xmlNode *node);
