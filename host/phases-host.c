/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Phases that look at the host's side: the domain's NICs, what takes their place, the record.
 *
 * The record is the unplugged devices' XML in the metadata of the running domain: it moves with the
 * domain, so that there is no file to lose.
 */
#include "host/phases.h"

GnfDomain *
gnf_read_domain(GnfHost *host, GError **error)
{
    g_autofree char *live = host->operations->xml(host, FALSE, error);
    g_autofree char *defined = live ? host->operations->xml(host, TRUE, error) : NULL;

    return defined ? gnf_domain_parse(live, defined, error) : NULL;
}

static gboolean
refuse(GError **error, const char *text)
{
    g_set_error_literal(error, GNF_HOST_ERROR, GNF_HOST_ERROR_REFUSED, text);
    return FALSE;
}

/* Out of the array that owns it. */
static GnfHostDevice *
steal_device(GPtrArray *devices, GnfHostDevice *device)
{
    guint index = 0;

    g_assert(g_ptr_array_find(devices, device, &index));
    return g_ptr_array_steal_index(devices, index);
}

static gboolean
take_nics(GnfRun *run, GnfDomain *domain, GError **error)
{
    g_autoptr(GPtrArray) primaries = gnf_domain_primaries(domain, error);

    if (!primaries)
        return FALSE;
    for (guint i = 0; i < primaries->len; i++) {
        GnfHostDevice *device = g_ptr_array_index(primaries, i);

        g_ptr_array_add(run->nics, gnf_nic_new(steal_device(domain->devices, device)));
    }
    while (domain->unplugged->len > 0) {
        GnfNic *nic = gnf_nic_new(g_ptr_array_steal_index(domain->unplugged, 0));

        nic->is_out = TRUE;
        nic->was_out = TRUE;
        g_ptr_array_add(run->nics, nic);
    }
    if (run->nics->len > 0)
        return TRUE;
    return refuse(error,
                  "the domain has no primary: no <interface type='hostdev'>, no network that is a "
                  "pool of VFs, no PCI <hostdev>, and nothing is marked (see 'mark'); it is "
                  "migrated and saved as any other");
}

static gboolean
inspect(GnfRun *run, GError **error)
{
    GnfHost *host = run->source;
    GnfDomainState state = host->operations->state(host);
    g_autoptr(GnfDomain) domain = NULL;

    if (state == GNF_DOMAIN_PAUSED)
        return refuse(error, "the domain is paused, and its guest cannot answer: resume it first");
    if (state == GNF_DOMAIN_ABSENT) {
        g_autofree char *text = g_strdup_printf("there is no such running domain on %s", host->uri);
        return refuse(error, text);
    }
    if (host->operations->has_job(host))
        return refuse(error, "a job (migration, save, …) is under way: see 'virsh domjobinfo'");
    domain = gnf_read_domain(host, error);
    return domain && take_nics(run, domain, error);
}

const GnfPhase gnf_phase_inspect = {.name = "inspect", .forward = inspect};

/* The same where the domain is, whatever became of it. */
static gboolean
find(GnfRun *run, GError **error)
{
    g_autoptr(GnfDomain) domain = gnf_read_domain(run->here, error);

    /* Which of them are pending knows the guest. */
    run->is_aided = TRUE;
    run->by_stages = run->settings->filter != NULL;
    return domain && take_nics(run, domain, error);
}

const GnfPhase gnf_phase_find = {.name = "find", .forward = find, .commits = TRUE};

/* -- what takes a NIC's place ---------------------------------------------------------------- */

static GnfHost *
target_of(const GnfRun *run)
{
    return run->destination && !run->is_committed ? run->destination : run->here;
}

static gboolean
needs_choice(const GnfRun *run)
{
    return run->destination || run->settings->given->len > 0 || run->settings->candidates->len > 0;
}

/* All go before a migration; after it only what is out needs one: the others are in their place. */
static gboolean
needs_one(const GnfRun *run, const GnfNic *nic)
{
    return nic->is_out || (run->destination && !run->is_committed);
}

static gboolean
is_for(const GnfGivenDevice *given, const GnfHostDevice *device)
{
    return given->replaces &&
           ((device->mac && g_ascii_strcasecmp(given->replaces, device->mac) == 0) ||
            g_strcmp0(given->replaces, device->alias) == 0);
}

static const GnfGivenDevice *
find_named(const GnfRun *run, const GnfNic *nic)
{
    for (guint i = 0; i < run->settings->given->len; i++) {
        const GnfGivenDevice *given = g_ptr_array_index(run->settings->given, i);

        if (is_for(given, nic->device))
            return given;
    }
    return NULL;
}

/* Those without a name go to the NICs that need one and are not named, in their order. */
static const GnfGivenDevice *
find_unnamed(const GnfRun *run, guint index)
{
    guint before = 0;

    for (guint i = 0; i < index; i++) {
        const GnfNic *nic = g_ptr_array_index(run->nics, i);

        before += needs_one(run, nic) && !find_named(run, nic);
    }
    for (guint i = 0; i < run->settings->given->len; i++) {
        const GnfGivenDevice *given = g_ptr_array_index(run->settings->given, i);

        if (!given->replaces && before-- == 0)
            return given;
    }
    return NULL;
}

static const GnfHostDevice *
given_for(const GnfRun *run, guint index)
{
    const GnfGivenDevice *given = find_named(run, g_ptr_array_index(run->nics, index));

    if (!given)
        given = find_unnamed(run, index);
    return given ? given->device : NULL;
}

/* One that is in its place already is named rightly, and needs none. */
static gboolean
is_used(const GnfRun *run, const GnfGivenDevice *given)
{
    for (guint i = 0; i < run->nics->len; i++) {
        const GnfNic *nic = g_ptr_array_index(run->nics, i);
        const GnfGivenDevice *named = find_named(run, nic);

        if (named == given || (!named && needs_one(run, nic) && find_unnamed(run, i) == given))
            return TRUE;
    }
    return FALSE;
}

static char *
describe_unused(const GnfGivenDevice *given)
{
    if (!given->replaces)
        return g_strdup_printf("--device-xml: no primary of the domain's is left for %s; see "
                               "'virt-net-failover check'",
                               gnf_host_device_name(given->device));
    return g_strdup_printf("--device-xml: no primary of the domain's is called %s, or another file "
                           "is for it already; see 'virt-net-failover check'",
                           given->replaces);
}

/* A MAC mistyped, a file too many: before a migration nothing that was given is left out; after it
 * the NICs are more important. */
static gboolean
check_given(GnfRun *run, GError **error)
{
    for (guint i = 0; i < run->settings->given->len; i++) {
        const GnfGivenDevice *given = g_ptr_array_index(run->settings->given, i);

        if (is_used(run, given))
            continue;
        g_autofree char *text = describe_unused(given);
        if (!run->is_committed)
            return refuse(error, text);
        gnf_run_warn(run, g_steal_pointer(&text));
    }
    return TRUE;
}

static gboolean
is_taken(const GnfRun *run, const GnfHostDevice *device)
{
    for (guint i = 0; i < run->nics->len; i++) {
        const GnfNic *nic = g_ptr_array_index(run->nics, i);

        if (nic->replacement && g_str_equal(nic->replacement->xml, device->xml))
            return TRUE;
    }
    return FALSE;
}

static gboolean
take(GnfHost *target, GnfNic *nic, const GnfHostDevice *device, GError **error)
{
    if (!target->operations->check_free(target, device, error))
        return FALSE;
    nic->replacement = gnf_host_device_parse(device->xml, error);
    return nic->replacement != NULL;
}

static void
add_problem(GString *problems, const GnfHostDevice *device, GError *problem)
{
    g_string_append_printf(problems,
                           "%s%s: %s",
                           problems->len > 0 ? "; " : "",
                           gnf_host_device_name(device),
                           problem->message);
}

/* What --device-xml gives, or else the same as here; then the candidates in order. */
static gboolean
choose_one(GnfRun *run, guint index, GError **error)
{
    GnfHost *target = target_of(run);
    GnfNic *nic = g_ptr_array_index(run->nics, index);
    const GnfHostDevice *given = given_for(run, index);
    const GnfHostDevice *first = given ? given : nic->device;
    g_autoptr(GString) problems = g_string_new(NULL);
    g_autoptr(GError) problem = NULL;

    if (take(target, nic, first, &problem))
        return TRUE;
    add_problem(problems, first, problem);
    for (guint i = 0; i < run->settings->candidates->len; i++) {
        const GnfHostDevice *device = g_ptr_array_index(run->settings->candidates, i);

        g_clear_error(&problem);
        if (is_taken(run, device))
            continue;
        if (take(target, nic, device, &problem))
            return TRUE;
        add_problem(problems, device, problem);
    }
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_REFUSED,
                "no NIC to take the place of %s on %s: %s; name one with --device-xml or "
                "--candidate",
                gnf_host_device_name(nic->device),
                target->uri,
                problems->str);
    return FALSE;
}

/* The first failure is told, and the others have their turn all the same: after a migration each
 * NIC that can be plugged in is. */
static gboolean
choose(GnfRun *run, GError **error)
{
    gboolean is_done = check_given(run, error);

    if (!is_done)
        return FALSE;
    for (guint i = 0; i < run->nics->len; i++) {
        GnfNic *nic = g_ptr_array_index(run->nics, i);

        if (!needs_one(run, nic) || choose_one(run, i, is_done ? error : NULL))
            continue;
        nic->is_unchosen = TRUE;
        is_done = FALSE;
    }
    return is_done;
}

const GnfPhase gnf_phase_choose = {.name = "choose", .applies = needs_choice, .forward = choose};

/* -- the record ------------------------------------------------------------------------------ */

static gboolean
set_record(GnfHost *host, const char *xml, GError **error)
{
    if (host->operations->set_metadata(host, GNF_RECORD_KEY, GNF_RECORD_URI, xml, FALSE, error))
        return TRUE;
    g_prefix_error(error, "cannot note in the domain's metadata which NICs are out: ");
    return FALSE;
}

static gboolean
record(GnfRun *run, GError **error)
{
    g_autoptr(GPtrArray) devices = g_ptr_array_new();
    g_autofree char *xml = NULL;

    for (guint i = 0; i < run->nics->len; i++)
        g_ptr_array_add(devices, ((GnfNic *)g_ptr_array_index(run->nics, i))->device);
    xml = gnf_domain_record_xml(devices);
    return set_record(run->source, xml, error);
}

static gboolean
erase(GnfRun *run, GError **error)
{
    for (guint i = 0; i < run->nics->len; i++) {
        const GnfNic *nic = g_ptr_array_index(run->nics, i);

        if (nic->is_out || nic->is_leaving)
            return TRUE;
    }
    return set_record(run->here, NULL, error);
}

static const char *
mac_before(const GnfNic *nic)
{
    return nic->device->replaces ? nic->device->replaces : nic->device->mac;
}

static const char *
mark_now(const GnfDomain *domain, const GnfNic *nic)
{
    const GnfHostDevice *plugged = gnf_nic_plugged(nic);
    /* Only an alias of the administrator's own stays: libvirt numbers the others anew. */
    const gboolean is_kept = plugged->alias && g_str_has_prefix(plugged->alias, "ua-");
    const GnfHostDevice *device = is_kept ? gnf_domain_find(domain, plugged->alias) : NULL;

    return device ? gnf_domain_mark_name(domain, device) : plugged->mac;
}

/* The marks name MACs: those of the NICs that are there now. */
static gboolean
move_marks(GnfRun *run, GError **error)
{
    g_autoptr(GnfDomain) domain = gnf_read_domain(run->here, error);
    g_autofree char *xml = NULL;
    gboolean is_changed = FALSE;

    for (guint i = 0; domain && i < run->nics->len; i++) {
        const GnfNic *nic = g_ptr_array_index(run->nics, i);
        const char *now = mark_now(domain, nic);

        if (now && mac_before(nic) && !g_str_equal(now, mac_before(nic)))
            is_changed = gnf_domain_move_mark(domain, mac_before(nic), now) || is_changed;
    }
    if (!domain || !is_changed)
        return domain != NULL;
    xml = gnf_domain_marks_xml(domain->marks);
    return run->here->operations->set_metadata(
        run->here, GNF_MARKS_KEY, GNF_MARKS_URI, xml, TRUE, error);
}

static gboolean
forget(GnfRun *run, GError **error)
{
    return run->is_incomplete || (move_marks(run, error) && erase(run, error));
}

const GnfPhase gnf_phase_record = {.name = "record", .forward = record, .back = erase};

/* What is still out, or not in its bond, stays on record for another 'attach'. */
const GnfPhase gnf_phase_forget = {.name = "forget", .forward = forget};
