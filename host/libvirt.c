/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GnfHost over libvirt: connection, domain, events, metadata.
 *
 * A domain is looked up anew by its name each time: after a migration, a restore or a reconnect an
 * old handle would be somebody else's.
 */
#include <libvirt/virterror.h>
#include <signal.h>

#include "host/libvirt-private.h"
#include "host/xml.h"

/* How often the loop comes round when nothing happens: a signal is seen that late. */
#define TICK_MS 20

/* A host that says nothing for so long is lost: five pings, three seconds apart. */
#define PING_SECONDS 3
#define PINGS 5

static volatile sig_atomic_t signal_seen;

static void
on_signal(int number)
{
    signal_seen = number;
}

static void
on_tick(int timer, void *data)
{
}

static void
on_error(void *data, virErrorPtr error)
{
    /* Every error is reported where the call was made. */
}

gboolean
gnf_libvirt_begin(GError **error)
{
    struct sigaction action = {.sa_handler = on_signal};

    virSetErrorFunc(NULL, on_error);
    if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0 ||
        virEventAddTimeout(TICK_MS, on_tick, NULL, NULL) < 0)
        return gnf_libvirt_fail(NULL, "start libvirt's event loop", error);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return TRUE;
}

gboolean
gnf_libvirt_interrupted(GnfHost *host)
{
    return signal_seen != 0;
}

gint64
gnf_libvirt_now_ms(GnfHost *host)
{
    return g_get_monotonic_time() / 1000;
}

void
gnf_libvirt_pause(GnfHost *host, guint ms)
{
    gint64 end = gnf_libvirt_now_ms(host) + ms;

    do
        virEventRunDefaultImpl();
    while (gnf_libvirt_now_ms(host) < end);
}

static gboolean
is_gone(const virError *problem)
{
    return problem && (problem->code == VIR_ERR_NO_DOMAIN ||
                       (problem->code == VIR_ERR_OPERATION_INVALID && problem->message &&
                        strstr(problem->message, "domain is not running")));
}

gboolean
gnf_libvirt_fail(GnfLibvirt *libvirt, const char *doing, GError **error)
{
    const virError *problem = virGetLastError();
    g_autofree char *text =
        g_strdup(problem && problem->message ? problem->message : "no reason given");
    GnfHostError code = is_gone(problem) ? GNF_HOST_ERROR_GONE : GNF_HOST_ERROR_FAILED;

    /* Asking resets the error. */
    if (libvirt && (!libvirt->connection || virConnectIsAlive(libvirt->connection) != 1))
        code = GNF_HOST_ERROR_LOST;
    g_set_error(error,
                GNF_HOST_ERROR,
                (int)code,
                "cannot %s%s%s: %s",
                doing,
                libvirt ? " on " : "",
                libvirt ? libvirt->uri : "",
                text);
    return FALSE;
}

virDomainPtr
gnf_libvirt_domain(GnfLibvirt *libvirt, GError **error)
{
    virDomainPtr domain = NULL;

    if (libvirt->connection)
        domain = virDomainLookupByName(libvirt->connection, libvirt->domain);
    /* libvirt's word on what is no UUID would be all that is told. */
    if (!domain && libvirt->connection && g_uuid_string_is_valid(libvirt->domain) &&
        virConnectIsAlive(libvirt->connection) == 1)
        domain = virDomainLookupByUUIDString(libvirt->connection, libvirt->domain);
    if (!domain) {
        g_autofree char *doing = g_strdup_printf("find the domain '%s'", libvirt->domain);

        gnf_libvirt_fail(libvirt, doing, error);
    }
    return domain;
}

/* -- the connection -------------------------------------------------------------------------- */

static gboolean
is_ours(const GnfLibvirt *libvirt, virDomainPtr domain)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";

    virDomainGetUUIDString(domain, uuid);
    return g_strcmp0(virDomainGetName(domain), libvirt->domain) == 0 ||
           g_strcmp0(uuid, libvirt->domain) == 0;
}

static void
note_removal(GnfLibvirt *libvirt, virDomainPtr domain, const char *alias, GnfRemoval removal)
{
    if (is_ours(libvirt, domain))
        g_hash_table_replace(libvirt->removals, g_strdup(alias), GINT_TO_POINTER(removal));
}

static void
on_removed(virConnectPtr connection, virDomainPtr domain, const char *alias, void *data)
{
    note_removal(data, domain, alias, GNF_REMOVAL_DONE);
}

static void
on_removal_failed(virConnectPtr connection, virDomainPtr domain, const char *alias, void *data)
{
    note_removal(data, domain, alias, GNF_REMOVAL_REFUSED);
}

static gboolean
listen_to(GnfLibvirt *libvirt)
{
    virConnectPtr connection = libvirt->connection;

    return virConnectDomainEventRegisterAny(connection,
                                            NULL,
                                            VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
                                            VIR_DOMAIN_EVENT_CALLBACK(on_removed),
                                            libvirt,
                                            NULL) >= 0 &&
           virConnectDomainEventRegisterAny(connection,
                                            NULL,
                                            VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
                                            VIR_DOMAIN_EVENT_CALLBACK(on_removal_failed),
                                            libvirt,
                                            NULL) >= 0;
}

/* What libvirt chose by itself. */
static void
take_uri(GnfLibvirt *libvirt)
{
    char *uri = virConnectGetURI(libvirt->connection);

    libvirt->uri = g_strdup(uri ? uri : "libvirt's default");
    libvirt->host.uri = libvirt->uri;
    free(uri);
}

static gboolean
reopen(GnfHost *host, GError **error)
{
    GnfLibvirt *libvirt = gnf_libvirt_of(host);
    g_autofree char *doing =
        g_strdup_printf("connect to %s", libvirt->uri ? libvirt->uri : "libvirt's default");

    if (libvirt->connection && virConnectIsAlive(libvirt->connection) == 1)
        return TRUE;
    g_clear_pointer(&libvirt->connection, virConnectClose);
    libvirt->connection = virConnectOpenAuth(libvirt->uri, virConnectAuthPtrDefault, 0);
    if (!libvirt->connection) {
        gnf_libvirt_fail(NULL, doing, error);
        if (error && *error)
            (*error)->code = GNF_HOST_ERROR_LOST;
        return FALSE;
    }
    if (!libvirt->uri)
        take_uri(libvirt);
    /* A driver without a remote end has no pings. */
    virConnectSetKeepAlive(libvirt->connection, PING_SECONDS, PINGS);
    return listen_to(libvirt) || gnf_libvirt_fail(libvirt, "listen for events", error);
}

/* -- the domain ------------------------------------------------------------------------------ */

static char *
read_xml(GnfHost *host, gboolean defined, GError **error)
{
    GnfLibvirt *libvirt = gnf_libvirt_of(host);
    g_autoptr(virDomain) domain = gnf_libvirt_domain(libvirt, error);
    char *text = domain ? virDomainGetXMLDesc(domain, defined ? VIR_DOMAIN_XML_INACTIVE : 0) : NULL;
    char *copy = g_strdup(text);

    if (domain && !text)
        gnf_libvirt_fail(libvirt, "read the domain's XML", error);
    free(text);
    return copy;
}

static GnfDomainState
state(GnfHost *host)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(virDomain) domain = gnf_libvirt_domain(gnf_libvirt_of(host), &problem);
    int found = VIR_DOMAIN_NOSTATE;
    int reason = 0;

    if (!domain)
        return gnf_host_error_is(problem, GNF_HOST_ERROR_LOST) ? GNF_DOMAIN_UNREACHABLE
                                                               : GNF_DOMAIN_ABSENT;
    if (virDomainGetState(domain, &found, &reason, 0) < 0)
        return GNF_DOMAIN_UNREACHABLE;
    if (found == VIR_DOMAIN_RUNNING || found == VIR_DOMAIN_BLOCKED)
        return GNF_DOMAIN_RUNNING;
    return found == VIR_DOMAIN_PAUSED || found == VIR_DOMAIN_PMSUSPENDED ? GNF_DOMAIN_PAUSED
                                                                         : GNF_DOMAIN_ABSENT;
}

static gboolean
has_job(GnfHost *host)
{
    g_autoptr(virDomain) domain = gnf_libvirt_domain(gnf_libvirt_of(host), NULL);
    virDomainJobInfo info;

    return domain && virDomainGetJobInfo(domain, &info) == 0 && info.type != VIR_DOMAIN_JOB_NONE;
}

static gboolean
set_metadata(GnfHost *host,
             const char *key,
             const char *uri,
             const char *xml,
             gboolean define,
             GError **error)
{
    GnfLibvirt *libvirt = gnf_libvirt_of(host);
    g_autoptr(virDomain) domain = gnf_libvirt_domain(libvirt, error);
    unsigned int flags = VIR_DOMAIN_AFFECT_LIVE;

    if (!domain)
        return FALSE;
    if (define && virDomainIsPersistent(domain) == 1)
        flags |= VIR_DOMAIN_AFFECT_CONFIG;
    if (define && virDomainIsActive(domain) == 0)
        flags = VIR_DOMAIN_AFFECT_CONFIG;
    return virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, xml, key, uri, flags) == 0 ||
           gnf_libvirt_fail(libvirt, "set the domain's metadata", error);
}

static const GnfHostOperations operations = {
    .xml = read_xml,
    .state = state,
    .has_job = has_job,
    .agent = gnf_libvirt_agent,
    .wait_agent = gnf_libvirt_wait_agent,
    .unplug = gnf_libvirt_unplug,
    .wait_removed = gnf_libvirt_wait_removed,
    .plug = gnf_libvirt_plug,
    .check_free = gnf_libvirt_check_free,
    .set_metadata = set_metadata,
    .migrate = gnf_libvirt_migrate,
    .save = gnf_libvirt_save,
    .reopen = reopen,
    .interrupted = gnf_libvirt_interrupted,
    .now_ms = gnf_libvirt_now_ms,
    .pause = gnf_libvirt_pause,
};

GnfHost *
gnf_libvirt_open(const char *uri, const char *domain, GError **error)
{
    GnfLibvirt *libvirt = g_new0(GnfLibvirt, 1);

    libvirt->uri = g_strdup(uri);
    libvirt->domain = g_strdup(domain);
    libvirt->host = (GnfHost){&operations, libvirt->uri, libvirt->domain};
    libvirt->removals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (reopen(&libvirt->host, error))
        return &libvirt->host;
    gnf_libvirt_close(&libvirt->host);
    return NULL;
}

void
gnf_libvirt_close(GnfHost *host)
{
    GnfLibvirt *libvirt = gnf_libvirt_of(host);

    if (libvirt->connection)
        virConnectClose(libvirt->connection);
    g_hash_table_unref(libvirt->removals);
    g_free(libvirt->uri);
    g_free(libvirt->domain);
    g_free(libvirt);
}

gboolean
gnf_libvirt_restore(const char *uri, const char *file, char **ret_name, GError **error)
{
    GnfLibvirt *libvirt = (GnfLibvirt *)(gpointer)gnf_libvirt_open(uri, "", error);
    g_autofree char *doing = g_strdup_printf("restore '%s'", file);
    g_autoptr(xmlDoc) document = NULL;
    gboolean good = FALSE;
    char *xml = NULL;

    if (!libvirt)
        return FALSE;
    xml = virDomainSaveImageGetXMLDesc(libvirt->connection, file, 0);
    good = (xml && virDomainRestoreFlags(libvirt->connection, file, NULL, 0) == 0) ||
           gnf_libvirt_fail(libvirt, doing, error);
    document = good ? gnf_xml_parse(xml, error) : NULL;
    if (document)
        *ret_name = gnf_xml_text(xmlDocGetRootElement(document), "/domain/name");
    free(xml);
    gnf_libvirt_close(&libvirt->host);
    return document != NULL;
}
