/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of a domain's model: what is read from its XML, and what is written into its metadata.
 *
 * host-golden/NAME.xml (and NAME.defined.xml) is the domain, NAME.txt what is read from it;
 * GNF_TEST_REGENERATE=1 rewrites the latter, for review.
 */
#include "host/domain.h"
#include "host/error.h"

static char *
read_golden(const char *name, const char *suffix)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "host-golden", file, NULL);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static GnfDomain *
read_domain(const char *name)
{
    g_autofree char *live = read_golden(name, ".xml");
    g_autofree char *defined = read_golden(name, ".defined.xml");
    g_autoptr(GError) error = NULL;
    GnfDomain *domain = NULL;

    g_assert_nonnull(live);
    domain = gnf_domain_parse(live, defined, &error);
    g_assert_no_error(error);
    return domain;
}

static void
describe(GString *out, const char *title, const GnfHostDevice *device)
{
    g_autofree char *what = gnf_host_device_describe(device);

    g_string_append_printf(out,
                           "%s %s: %s\n  alias %s, mac %s, guest mac %s, replaces %s\n"
                           "  guest address %s, host address %s%s\n  %s\n",
                           title,
                           gnf_host_device_name(device),
                           what,
                           device->alias ? device->alias : "-",
                           device->mac ? device->mac : "-",
                           device->guest_mac ? device->guest_mac : "-",
                           device->replaces ? device->replaces : "-",
                           device->pci_address ? device->pci_address : "-",
                           device->host_address ? device->host_address : "-",
                           device->is_marked     ? ", marked"
                           : device->is_recorded ? ", on record"
                                                 : "",
                           device->xml);
}

static void
describe_primaries(GString *out, const GnfDomain *domain)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) primaries = gnf_domain_primaries(domain, &error);

    if (!primaries) {
        g_assert_error(error, GNF_HOST_ERROR, (int)GNF_HOST_ERROR_REFUSED);
        g_string_append_printf(out, "refused: %s\n", error->message);
        return;
    }
    g_string_append(out, "primaries:");
    for (guint i = 0; i < primaries->len; i++)
        g_string_append_printf(out, " %s", gnf_host_device_name(g_ptr_array_index(primaries, i)));
    g_string_append_c(out, '\n');
}

static void
test_golden(gconstpointer data)
{
    const char *name = data;
    g_autoptr(GnfDomain) domain = read_domain(name);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *file = g_strconcat(name, ".txt", NULL);
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "host-golden", file, NULL);
    g_autofree char *expected = NULL;

    g_string_append_printf(out,
                           "%s, agent %s%s\n",
                           domain->name,
                           domain->has_agent_channel ? "channel" : "none",
                           domain->agent_connected ? ", connected" : "");
    for (guint i = 0; i < domain->devices->len; i++)
        describe(out, "plugged in", g_ptr_array_index(domain->devices, i));
    for (guint i = 0; i < domain->unplugged->len; i++)
        describe(out, "unplugged", g_ptr_array_index(domain->unplugged, i));
    describe_primaries(out, domain);
    if (g_getenv("GNF_TEST_REGENERATE"))
        g_assert_true(g_file_set_contents(path, out->str, -1, NULL));
    expected = read_golden(name, ".txt");
    g_assert_cmpstr(out->str, ==, expected);
}

/* What is put on record comes back, though libvirt moves it into our namespace. */
static void
test_record_round_trip(void)
{
    g_autoptr(GnfDomain) domain = read_domain("hostdev-interface");
    g_autofree char *record = gnf_domain_record_xml(domain->devices);
    g_autofree char *xml = g_strdup_printf("<domain><name>web</name><metadata>"
                                           "<unplugged xmlns='" GNF_RECORD_URI "'>%s"
                                           "</metadata><devices/></domain>",
                                           record + strlen("<unplugged>"));
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfDomain) later = gnf_domain_parse(xml, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(later->unplugged->len, ==, domain->devices->len);
    for (guint i = 0; i < later->unplugged->len; i++) {
        const GnfHostDevice *before = g_ptr_array_index(domain->devices, i);
        const GnfHostDevice *after = g_ptr_array_index(later->unplugged, i);

        g_assert_cmpstr(after->xml, ==, before->xml);
        g_assert_cmpstr(after->mac, ==, before->mac);
        g_assert_cmpstr(after->guest_mac, ==, before->guest_mac);
    }
}

static void
test_marks(void)
{
    g_autoptr(GPtrArray) marks = g_ptr_array_new();
    g_autofree char *none = gnf_domain_marks_xml(marks);
    g_autofree char *some = NULL;

    g_assert_null(none);
    g_ptr_array_add(marks, (gpointer)(gsize) "52:54:00:aa:00:01");
    g_ptr_array_add(marks, (gpointer)(gsize) "ua-<'x'>");
    some = gnf_domain_marks_xml(marks);
    g_assert_cmpstr(some,
                    ==,
                    "<primaries><primary device='52:54:00:aa:00:01'/>"
                    "<primary device='ua-&lt;&apos;x&apos;&gt;'/></primaries>");
}

/* Another MAC, another mark: the rest stays. */
static void
test_mark_moves(void)
{
    g_autoptr(GnfDomain) domain = read_domain("marked");

    g_assert_false(gnf_domain_move_mark(domain, "52:54:00:aa:00:02", "52:54:00:aa:00:07"));
    g_assert_true(gnf_domain_move_mark(domain, "52:54:00:AA:00:01", "52:54:00:aa:00:07"));
    g_assert_cmpuint(domain->marks->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(domain->marks, 0), ==, "52:54:00:aa:00:07");
}

/* By its MAC, also where a standby has that, too; but the standby by its alias. */
static void
test_mark_names(void)
{
    g_autoptr(GnfDomain) domain = read_domain("teaming");
    const GnfHostDevice *primary = gnf_domain_find(domain, "52:54:00:aa:00:01");
    const GnfHostDevice *standby = gnf_domain_find(domain, "ua-standby");

    g_assert_cmpstr(gnf_domain_mark_name(domain, primary), ==, "52:54:00:aa:00:01");
    g_assert_cmpstr(standby->mac, ==, primary->mac);
    g_assert_cmpstr(gnf_domain_mark_name(domain, standby), ==, "ua-standby");
}

static void
test_find(void)
{
    g_autoptr(GnfDomain) domain = read_domain("teaming");

    /* Both have the MAC: the one that is passed through is meant. */
    g_assert_cmpint(
        gnf_domain_find(domain, "52:54:00:AA:00:01")->kind, ==, GNF_HOST_DEVICE_INTERFACE);
    g_assert_cmpint(gnf_domain_find(domain, "ua-standby")->kind, ==, GNF_HOST_DEVICE_ORDINARY);
    g_assert_null(gnf_domain_find(domain, "net9"));
}

static void
test_refuses(void)
{
    const char *const texts[] = {"", "<domain>", "no XML", NULL};

    for (gsize i = 0; texts[i]; i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(gnf_domain_parse(texts[i], NULL, &error));
        g_assert_error(error, GNF_HOST_ERROR, (int)GNF_HOST_ERROR_INVALID);
        g_clear_error(&error);
        g_assert_null(gnf_host_device_parse(texts[i], &error));
        g_assert_error(error, GNF_HOST_ERROR, (int)GNF_HOST_ERROR_INVALID);
    }
    g_assert_null(gnf_host_device_parse("<disk/>", NULL));
}

int
main(int argc, char **argv)
{
    static const char *const names[] = {"hostdev-interface",
                                        "pool",
                                        "teaming",
                                        "plain-hostdev",
                                        "marked",
                                        "not-all-marked",
                                        "unplugged",
                                        NULL};

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; names[i]; i++) {
        g_autofree char *path = g_strconcat("/host-domain/reads/", names[i], NULL);

        g_test_add_data_func(path, names[i], test_golden);
    }
    g_test_add_func("/host-domain/record/comes-back", test_record_round_trip);
    g_test_add_func("/host-domain/marks/are-escaped", test_marks);
    g_test_add_func("/host-domain/marks/follow-the-nic", test_mark_moves);
    g_test_add_func("/host-domain/marks/name-one-nic", test_mark_names);
    g_test_add_func("/host-domain/find/passed-through-first", test_find);
    g_test_add_func("/host-domain/refuses/what-is-no-xml", test_refuses);
    return g_test_run();
}
