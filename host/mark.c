/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mark and unmark: the administrator's word on which devices are primaries, in the domain's
 * metadata, where it goes where the domain goes.
 */
#include "host/mark.h"

#include "host/libvirt.h"
#include "host/phases.h"
#include "host/report.h"

static gboolean
refuse(GError **error, char *text)
{
    g_set_error_literal(error, GNF_HOST_ERROR, GNF_HOST_ERROR_REFUSED, text);
    g_free(text);
    return FALSE;
}

/* By the MAC where that will do: an alias may be made anew with the device. */
static gboolean
add(GnfDomain *domain, const char *name, GError **error)
{
    const GnfHostDevice *device = gnf_domain_find(domain, name);

    if (!device)
        return refuse(error,
                      g_strdup_printf("the domain has no NIC '%s': give a MAC or an alias, as "
                                      "'virsh dumpxml' has them",
                                      name));
    if (!device->is_marked)
        g_ptr_array_add(domain->marks, g_strdup(gnf_domain_mark_name(domain, device)));
    return TRUE;
}

static gboolean
is_meant(const GnfDomain *domain, const char *mark, const char *name)
{
    const GnfHostDevice *device = gnf_domain_find(domain, name);

    return g_ascii_strcasecmp(mark, name) == 0 ||
           (device && gnf_domain_find(domain, mark) == device);
}

/* A device that is unplugged, or gone for good, may be unmarked as well. */
static gboolean
take_out(GnfDomain *domain, const char *name, GError **error)
{
    for (guint i = 0; i < domain->marks->len; i++) {
        if (!is_meant(domain, g_ptr_array_index(domain->marks, i), name))
            continue;
        g_ptr_array_remove_index(domain->marks, i);
        return TRUE;
    }
    return refuse(error, g_strdup_printf("'%s' is not marked", name));
}

static gboolean
change(GnfHost *host,
       const char *name,
       gboolean (*function)(GnfDomain *, const char *, GError **),
       GError **error)
{
    g_autoptr(GnfDomain) domain = gnf_read_domain(host, error);
    g_autofree char *xml = NULL;

    if (!domain || !function(domain, name, error))
        return FALSE;
    xml = gnf_domain_marks_xml(domain->marks);
    return host->operations->set_metadata(host, GNF_MARKS_KEY, GNF_MARKS_URI, xml, TRUE, error);
}

static GnfHostExit
run(GnfCommandLine *line, gboolean (*function)(GnfDomain *, const char *, GError **))
{
    g_autoptr(GError) error = NULL;
    GnfHost *host = gnf_libvirt_open(line->uri, line->words[0], &error);
    gboolean good = host && change(host, line->words[1], function, &error);
    GnfHostExit outcome = host ? GNF_HOST_EXIT_FAILED : GNF_HOST_EXIT_UNKNOWN;

    if (!good)
        gnf_host_complain(line->command, error->message);
    if (host)
        gnf_libvirt_close(host);
    return good ? GNF_HOST_EXIT_DONE : outcome;
}

GnfHostExit
gnf_mark(GnfCommandLine *line)
{
    return run(line, add);
}

GnfHostExit
gnf_unmark(GnfCommandLine *line)
{
    return run(line, take_out);
}
