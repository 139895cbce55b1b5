/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays a corpus: every file of the folder in GNF_FUZZ_CORPUS through the target that this is
 * linked to. One test a corpus; the log names each file before it is run, so the last one named is
 * the culprit.
 */
#include <glib.h>
#include <string.h>

#include "tests/fuzz/target.h"

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *
list_files(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    const char *name;

    g_assert_no_error(error);
    while ((name = g_dir_read_name(dir)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return names;
}

static void
replay_file(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree guint8 *exact = NULL;
    gsize length = 0;

    g_test_message("%s", name);
    g_file_get_contents(path, &text, &length, &error);
    g_assert_no_error(error);
    /* Without the zero that GLib puts behind it: a byte too far is seen. */
    exact = g_memdup2(text, length);
    LLVMFuzzerTestOneInput(exact, length);
}

static void
test_corpus(void)
{
    const char *folder = g_getenv("GNF_FUZZ_CORPUS");

    g_assert_nonnull(folder);
    g_autoptr(GPtrArray) names = list_files(folder);
    g_assert_cmpuint(names->len, >, 0);
    for (guint i = 0; i < names->len; i++)
        replay_file(folder, g_ptr_array_index(names, i));
    g_test_message("%u inputs", names->len);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    LLVMFuzzerInitialize(&argc, &argv);

    g_autofree char *program = g_path_get_basename(argv[0]);
    g_autofree char *name = g_strdup_printf("/corpus/%s", program + strlen("replay-"));
    g_test_add_func(name, test_corpus);
    return g_test_run();
}
