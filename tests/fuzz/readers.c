/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What holds for all readers; see readers.h.
 */
#include "tests/fuzz/readers.h"

#include <string.h>

#include "tests/unit/membership-text.h"

static const ConfigFile *
find_file(const GPtrArray *files, const char *path)
{
    for (guint i = 0; i < files->len; i++) {
        const ConfigFile *file = files->pdata[i];

        if (g_str_equal(file->path, path))
            return file;
    }
    return NULL;
}

/* Some notes are of a folder, or of a file that is not there. */
static void
assert_line(const GPtrArray *files, const char *path, guint64 line)
{
    const ConfigFile *file = find_file(files, path);
    guint64 lines = 1;

    for (gsize i = 0; file && i < file->length; i++)
        lines += file->text[i] == '\n';
    g_assert_cmpuint(line, >=, 1);
    g_assert_cmpuint(line, <=, lines);
}

static void
assert_place(const GPtrArray *files, const GnfPlace *place)
{
    g_assert_nonnull(find_file(files, place->file));
    assert_line(files, place->file, place->line);
}

/* "FILE:LINE: what" */
static void
assert_note(const GPtrArray *files, const char *note)
{
    static GRegex *form;
    g_autoptr(GMatchInfo) match = NULL;

    if (!form)
        form = g_regex_new("^(/.*?):([0-9]+): [^\n]+$", 0, 0, NULL);
    g_assert_true(g_utf8_validate(note, -1, NULL));
    g_assert_true(g_regex_match(form, note, 0, &match));
    g_autofree char *path = g_match_info_fetch(match, 1);
    g_autofree char *line = g_match_info_fetch(match, 2);
    assert_line(files, path, g_ascii_strtoull(line, NULL, 10));
}

static void
assert_member(const GPtrArray *files, const GnfMembership *membership, const GnfMember *member)
{
    const GnfPort *port = &member->port;
    const char *mac = port->kind == GNF_PORT_MAC ? port->text : port->mac;

    g_assert_true(gnf_interface_name_is_valid(member->bond));
    g_assert_true(gnf_port_is_valid(port));
    g_assert_cmpint(member->queue_id, >=, -1);
    assert_place(files, &member->place);
    if (port->kind == GNF_PORT_NAME)
        g_assert_nonnull(gnf_membership_find(membership, port->text, mac));
    if (mac)
        g_assert_nonnull(gnf_membership_find(membership, NULL, mac));
}

static void
assert_bond(const GPtrArray *files, const GnfMembership *membership, const GnfBondConfig *bond)
{
    g_assert_true(gnf_interface_name_is_valid(bond->name));
    g_assert_true(gnf_membership_find_bond(membership, bond->name) == bond);
    g_assert_true(!bond->mode || g_utf8_validate(bond->mode, -1, NULL));
    for (guint i = 0; i < bond->primaries->len; i++)
        g_assert_true(gnf_interface_name_is_valid(bond->primaries->pdata[i]));
    for (guint i = 0; i < bond->options->len; i++) {
        const char *option = bond->options->pdata[i];

        g_assert_true(g_utf8_validate(option, -1, NULL));
        g_assert_true(strchr(option, '=') > option);
    }
    assert_place(files, &bond->place);
}

static void
assert_sound(const GPtrArray *files, const GnfMembership *membership)
{
    for (guint i = 0; i < membership->members->len; i++)
        assert_member(files, membership, membership->members->pdata[i]);
    for (guint i = 0; i < membership->bonds->len; i++)
        assert_bond(files, membership, membership->bonds->pdata[i]);
    for (guint i = 0; i < membership->configured->len; i++) {
        const GnfConfigured *configured = membership->configured->pdata[i];

        g_assert_true(gnf_port_is_valid(&configured->port));
        assert_place(files, &configured->place);
    }
    g_assert_cmpuint(membership->notes->len, <=, GNF_NOTES_MAX + 1);
    /* The last one, where there are too many, is of no place. */
    for (guint i = 0; i < MIN(membership->notes->len, GNF_NOTES_MAX); i++)
        assert_note(files, membership->notes->pdata[i]);
}

static gboolean
begins_with_mark(const GPtrArray *files)
{
    for (guint i = 0; i < files->len; i++) {
        const ConfigFile *file = files->pdata[i];

        if (g_str_has_prefix(file->text, "\xef\xbb\xbf"))
            return TRUE;
    }
    return FALSE;
}

static char *
read_as_text(const char *root, ReadFunction read, gboolean with_places)
{
    g_autoptr(GnfMembership) membership = read(root);

    return gnf_test_membership_to_text(membership, with_places);
}

static void
assert_same_again(const char *root, ReadFunction read, const GnfMembership *membership)
{
    g_autofree char *once = gnf_test_membership_to_text(membership, TRUE);
    g_autofree char *again = read_as_text(root, read, TRUE);

    g_assert_cmpstr(again, ==, once);
}

static void
assert_moves(const GPtrArray *files, ReadFunction read, const GnfMembership *membership)
{
    const char *root = config_tree_write(files, "\n");
    g_autofree char *before = gnf_test_membership_to_text(membership, FALSE);
    g_autofree char *moved = read_as_text(root, read, FALSE);

    g_assert_cmpstr(moved, ==, before);
}

void
fuzz_reader(const ConfigPlace *place, ReadFunction read, const guint8 *data, gsize size)
{
    g_autoptr(GPtrArray) files = config_tree_parse(place, data, size);
    const char *root = config_tree_write(files, "");
    g_autoptr(GnfMembership) membership = read(root);

    assert_sound(files, membership);
    assert_same_again(root, read, membership);
    if (!begins_with_mark(files))
        assert_moves(files, read, membership);
    config_tree_remove(files);
}
