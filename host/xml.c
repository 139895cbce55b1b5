/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * XML text in and out, over libxml2.
 */
#include "host/xml.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

#include "host/error.h"

static const xmlChar *
to_xml(const char *text)
{
    return (const xmlChar *)text;
}

/* libxml2's own allocator need not be GLib's. */
static char *
take(xmlChar *text)
{
    char *copy = text ? g_strdup((const char *)text) : NULL;

    xmlFree(text);
    return copy;
}

xmlDoc *
gnf_xml_parse(const char *text, GError **error)
{
    const int options =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS;
    xmlDoc *document = xmlReadMemory(text, (int)strlen(text), NULL, NULL, options);
    const xmlError *problem = xmlGetLastError();

    if (document && xmlDocGetRootElement(document))
        return document;
    if (document)
        xmlFreeDoc(document);
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_INVALID,
                "not XML: %s",
                problem && problem->message ? problem->message : "empty");
    return NULL;
}

GPtrArray *
gnf_xml_nodes(xmlNode *context, const char *expression)
{
    GPtrArray *nodes = g_ptr_array_new();
    xmlXPathContext *path = xmlXPathNewContext(context->doc);
    xmlXPathObject *found = xmlXPathNodeEval(context, to_xml(expression), path);

    for (int i = 0; found && found->nodesetval && i < found->nodesetval->nodeNr; i++)
        g_ptr_array_add(nodes, found->nodesetval->nodeTab[i]);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(path);
    return nodes;
}

xmlNode *
gnf_xml_node(xmlNode *context, const char *expression)
{
    g_autoptr(GPtrArray) nodes = gnf_xml_nodes(context, expression);

    return nodes->len > 0 ? g_ptr_array_index(nodes, 0) : NULL;
}

char *
gnf_xml_text(xmlNode *context, const char *expression)
{
    xmlNode *node = gnf_xml_node(context, expression);

    return node ? take(xmlNodeGetContent(node)) : NULL;
}

char *
gnf_xml_attribute(xmlNode *node, const char *name)
{
    return take(xmlGetProp(node, to_xml(name)));
}

char *
gnf_xml_print(xmlNode *node)
{
    xmlBuffer *buffer = xmlBufferCreate();
    char *text = NULL;

    xmlNodeDump(buffer, node->doc, node, 0, 0);
    text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}
