/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Golden-file tests of the readers of ifcfg-backend.
 *
 * ifcfg-golden/FAMILY/CASE/ is the root of a guest with its files, CASE.expected what they say. A
 * CASE.nics has NICs to ask for, a line each: NAME, or NAME MAC. GNF_TEST_REGENERATE=1 rewrites the
 * expectations, for review.
 */
#include <string.h>

#include "ifcfg-backend/ifcfg-rhel.h"
#include "ifcfg-backend/ifcfg-suse.h"
#include "ifcfg-backend/interfaces.h"
#include "tests/unit/membership-text.h"

/* The issue asks for this many at least. */
#define CASES_MIN 60

static GnfMembership *
read_ifupdown(const char *root)
{
    return gnf_interfaces_read(root, GNF_DIALECT_IFUPDOWN);
}

static GnfMembership *
read_ifupdown_ng(const char *root)
{
    return gnf_interfaces_read(root, GNF_DIALECT_IFUPDOWN_NG);
}

static GnfMembership *
read_ifupdown2(const char *root)
{
    return gnf_interfaces_read(root, GNF_DIALECT_IFUPDOWN2);
}

typedef struct {
    const char *name;
    GnfMembership *(*read)(const char *root);
} Family;

static const Family families[] = {
    {"ifupdown", read_ifupdown},
    {"ifupdown-ng", read_ifupdown_ng},
    {"ifupdown2", read_ifupdown2},
    {"rhel", gnf_ifcfg_rhel_read},
    {"suse", gnf_ifcfg_suse_read},
};

/* A case is a path, the root of its guest. */
typedef struct {
    const Family *family;
    char *root;
} Case;

static void
case_free(gpointer data)
{
    Case *golden = data;

    g_free(golden->root);
    g_free(golden);
}

/* A file beside the case; NULL where there is none. */
static char *
read_beside(const Case *golden, const char *suffix)
{
    g_autofree char *path = g_strconcat(golden->root, suffix, NULL);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static void
append_nics(GString *text, const Case *golden, const GnfMembership *membership)
{
    g_autofree char *nics = read_beside(golden, ".nics");
    g_auto(GStrv) lines = g_strsplit(nics ? nics : "", "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 2);
        g_autofree char *nic =
            *lines[i] ? gnf_test_nic_to_text(membership, words[0], words[1]) : NULL;

        if (nic)
            g_string_append(text, nic);
    }
}

static void
test_case(gconstpointer data)
{
    const Case *golden = data;
    g_autoptr(GnfMembership) membership = golden->family->read(golden->root);
    g_autofree char *said = gnf_test_membership_to_text(membership, TRUE);
    g_autoptr(GString) text = g_string_new(said);
    g_autofree char *path = g_strconcat(golden->root, ".expected", NULL);
    g_autofree char *expected = NULL;

    append_nics(text, golden, membership);
    if (g_getenv("GNF_TEST_REGENERATE"))
        g_assert_true(g_file_set_contents(path, text->str, -1, NULL));
    expected = read_beside(golden, ".expected");
    g_assert_nonnull(expected);
    g_assert_cmpstr(text->str, ==, expected);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *
list_folders(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

static void
add_cases(const Family *family, GPtrArray *cases)
{
    g_autofree char *folder =
        g_test_build_filename(G_TEST_DIST, "ifcfg-golden", family->name, NULL);
    g_autoptr(GPtrArray) names = list_folders(folder);

    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *path = g_strdup_printf("/ifcfg-golden/%s/%s", family->name, name);
        Case *golden = g_new0(Case, 1);

        golden->family = family;
        golden->root = g_build_filename(folder, name, NULL);
        g_ptr_array_add(cases, golden);
        g_test_add_data_func(path, golden, test_case);
    }
}

static void
test_enough(gconstpointer data)
{
    const GPtrArray *cases = data;

    g_assert_cmpuint(cases->len, >=, CASES_MIN);
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(case_free);

    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(families); i++)
        add_cases(&families[i], cases);
    g_test_add_data_func("/ifcfg-golden/enough-of-them", cases, test_enough);
    return g_test_run();
}
