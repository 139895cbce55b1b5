/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Interfaces files; see interfaces-file.h. The rules are those of interfaces(5), of
 * read_interfaces_defn() in ifupdown's config.c, of libifupdown/interface-file.c in ifupdown-ng and
 * of ifupdown2's networkinterfaces.py. Where these give up at an error, this goes on, with a note.
 */
#include "ifcfg-backend/interfaces-file.h"

#include <string.h>

#include "ifcfg-backend/interfaces-line.h"

#define WILDCARDS "*?["

typedef struct {
    GnfConfigFiles *files;
    GnfInterfacesDialect dialect;
    GnfMembership *membership;
    GnfStanzas *stanzas;
    GnfStanza *current; /* where options go; NULL: nowhere */
    gboolean ignoring;  /* in a stanza that is not read: its lines are not misplaced */
    guint depth;
    GnfPlace place; /* of the line that is read; the file is borrowed */
} Reader;

/* What to do with a line that begins with this word; rest is what stands behind it. */
typedef struct {
    const char *word; /* "allow-": what begins so */
    void (*take)(Reader *reader, char *rest);
} Keyword;

static void read_file(Reader *reader, const char *path, gboolean required);

#define note(reader, ...)                                                                          \
    gnf_membership_note(                                                                           \
        (reader)->membership, (reader)->place.file, (reader)->place.line, __VA_ARGS__)

static void
add_option(Reader *reader, const char *word, const char *value, const GnfPlace *place)
{
    /* As options become variables of the environment, ifupdown does not see the difference. */
    char *name =
        reader->dialect == GNF_DIALECT_IFUPDOWN ? g_ascii_strdown(word, -1) : g_strdup(word);

    if (!gnf_stanza_add_option(reader->current, g_strdelimit(name, "_", '-'), value, place))
        note(reader, "more than %u options; %s is left out", GNF_STANZA_OPTIONS_MAX, word);
}

/* The stanzas of this name before the current one give their options; of the same family, where
 * that is known. */
static void
inherit(Reader *reader, const char *name)
{
    GnfStanza *heir = reader->current;
    gboolean found = FALSE;

    for (guint i = 0; i < reader->stanzas->stanzas->len; i++) {
        const GnfStanza *stanza = reader->stanzas->stanzas->pdata[i];

        if (stanza == heir || !g_str_equal(stanza->name, name))
            continue;
        if (heir->family && stanza->family && !g_str_equal(heir->family, stanza->family))
            continue;
        found = TRUE;
        for (guint j = 0; j < stanza->options->len; j++) {
            const GnfStanzaOption *option = stanza->options->pdata[j];

            add_option(reader, option->name, option->value, &option->place);
        }
    }
    if (!found)
        note(reader, "no stanza before this one is called \"%s\", nothing is inherited", name);
}

static void
take_inherit(Reader *reader, char *rest)
{
    if (reader->current)
        inherit(reader, gnf_interfaces_take_word(&rest));
    else
        note(reader, "inherit stands outside of a stanza");
}

static void
begin_stanza(Reader *reader, const char *name)
{
    /* In ifupdown-ng all stanzas of a name are one. */
    reader->current =
        reader->dialect == GNF_DIALECT_IFUPDOWN_NG ? gnf_stanzas_find(reader->stanzas, name) : NULL;
    if (!reader->current)
        reader->current = gnf_stanzas_add(reader->stanzas, name, &reader->place);
    if (!reader->current)
        note(reader, "more than %u stanzas; this one is left out", GNF_MEMBERSHIP_MAX);
}

/* NAME [FAMILY METHOD] [inherits NAME] */
static void
take_iface(Reader *reader, char *rest)
{
    const char *name = gnf_interfaces_take_word(&rest);
    gboolean first = TRUE;

    reader->current = NULL;
    reader->ignoring = TRUE;
    if (!*name || strpbrk(name, "$%")) {
        note(reader, "\"%s\" is no name of an interface; its stanza is not read", name);
        return;
    }
    begin_stanza(reader, name);
    if (reader->current && !reader->current->options->len) {
        g_free(reader->current->place.file);
        reader->current->place = (GnfPlace){g_strdup(reader->place.file), reader->place.line};
    }
    for (; *rest && reader->current; first = FALSE) {
        const char *word = gnf_interfaces_take_word(&rest);

        if (g_str_equal(word, "inherits"))
            inherit(reader, gnf_interfaces_take_word(&rest));
        else if (first && !reader->current->family)
            reader->current->family = g_strdup(word);
    }
}

static void
take_template(Reader *reader, char *rest)
{
    take_iface(reader, rest);
    if (reader->current)
        reader->current->is_template = TRUE;
}

static void
take_mapping(Reader *reader, char *rest)
{
    reader->current = NULL;
    reader->ignoring = TRUE;
    note(
        reader, "the script of a mapping is not executed: %s is taken for what it is called", rest);
}

static void
take_rename(Reader *reader, char *rest)
{
    reader->current = NULL;
    reader->ignoring = FALSE;
    note(reader, "renaming is not followed: %s", rest);
}

/* The NICs of a name, or of [VARIABLE]/VALUE[/NUMBER]; FALSE, with a note, for what is not known.
 */
static gboolean
parse_selection(Reader *reader, const char *pattern, GnfPort *ret_port)
{
    const char *value = strchr(pattern, '/');
    g_autofree char *mac = NULL;

    if (!value) {
        *ret_port = (GnfPort){GNF_PORT_NAME, g_strdup(pattern), NULL};
        return TRUE;
    }
    value++;
    if (g_str_has_prefix(pattern, "mac/"))
        mac = gnf_mac_normalise(value);
    if (!mac && (*pattern != '/' || !*value || strchr(value, '/'))) {
        note(reader, "the pattern %s is not understood", pattern);
        return FALSE;
    }
    *ret_port = mac ? (GnfPort){GNF_PORT_MAC, g_steal_pointer(&mac), NULL}
                    : (GnfPort){GNF_PORT_GLOB, g_strdup(value), NULL};
    return TRUE;
}

static void
add_selection(Reader *reader, const char *pattern, const char *stanza)
{
    GnfPort port;

    if (parse_selection(reader, pattern, &port) &&
        !gnf_stanzas_select(reader->stanzas, port, stanza))
        note(reader, "more than %u of these; %s is left out", GNF_SELECTIONS_MAX, pattern);
}

/* "auto eth0 /eth*=port": only what is configured by a stanza of another name matters here. */
static void
take_selections(Reader *reader, char *rest)
{
    reader->current = NULL;
    reader->ignoring = FALSE;
    while (*rest) {
        char *pattern = gnf_interfaces_take_word(&rest);
        char *equals = strchr(pattern, '=');

        if (!equals || !equals[1])
            continue;
        *equals = '\0';
        add_selection(reader, pattern, equals + 1);
    }
}

/* ifupdown-ng: what follows belongs to the interface, as behind "iface". */
static void
take_ng_auto(Reader *reader, char *rest)
{
    const char *name = gnf_interfaces_take_word(&rest);

    reader->ignoring = TRUE;
    if (*name)
        begin_stanza(reader, name);
}

/* A pattern as a path, from the folder of the file that it stands in; NULL, with a note, where more
 * than wildcards would have to be expanded. */
static char *
resolve_pattern(Reader *reader, const char *pattern)
{
    g_autofree char *folder = g_path_get_dirname(reader->place.file);

    if (strpbrk(pattern, "$`~\"'\\")) {
        note(reader, "%s would have to be expanded; not included", pattern);
        return NULL;
    }
    return g_canonicalize_filename(pattern, folder);
}

static void
include_files(Reader *reader, const char *pattern)
{
    g_autofree char *path = resolve_pattern(reader, pattern);
    g_auto(GStrv) found = path ? gnf_config_files_glob(reader->files, path) : NULL;

    for (guint i = 0; found && found[i]; i++)
        read_file(reader, found[i], !strpbrk(pattern, WILDCARDS));
}

/* interfaces(5): ^[a-zA-Z0-9_-]+$. ifupdown-ng takes every file. */
static gboolean
is_included(Reader *reader, const char *name)
{
    if (reader->dialect == GNF_DIALECT_IFUPDOWN_NG)
        return TRUE;
    for (; *name; name++) {
        if (!g_ascii_isalnum(*name) && *name != '_' && *name != '-')
            return FALSE;
    }
    return TRUE;
}

static void
include_folder(Reader *reader, const char *folder)
{
    g_auto(GStrv) names = gnf_config_files_list(reader->files, folder);

    for (guint i = 0; names[i]; i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);

        if (is_included(reader, names[i]) && !gnf_config_files_is_folder(reader->files, path))
            read_file(reader, path, FALSE);
    }
}

static void
take_source(Reader *reader, char *rest)
{
    reader->current = NULL;
    reader->ignoring = FALSE;
    while (*rest)
        include_files(reader, gnf_interfaces_take_word(&rest));
}

static void
take_source_directory(Reader *reader, char *rest)
{
    reader->current = NULL;
    reader->ignoring = FALSE;
    while (*rest) {
        g_autofree char *path = resolve_pattern(reader, gnf_interfaces_take_word(&rest));
        g_auto(GStrv) found = path ? gnf_config_files_glob(reader->files, path) : NULL;

        for (guint i = 0; found && found[i]; i++)
            include_folder(reader, found[i]);
    }
}

static const Keyword keywords[] = {
    {"iface", take_iface},
    {"auto", take_selections},
    {"allow-", take_selections},
    {"no-auto-down", take_selections},
    {"no-scripts", take_selections},
    {"mapping", take_mapping},
    {"rename", take_rename},
    {"source", take_source},
    {"source-directory", take_source_directory},
    {NULL},
};

static const Keyword ng_keywords[] = {
    {"auto", take_ng_auto},
    {"interface", take_iface},
    {"template", take_template},
    {"inherit", take_inherit},
    {NULL},
};

static const Keyword ifupdown2_keywords[] = {
    {"vlan", take_iface},
    {NULL},
};

static const Keyword *
find_keyword(const Keyword *table, const char *word)
{
    for (; table->word; table++) {
        if (g_str_has_suffix(table->word, "-") ? g_str_has_prefix(word, table->word)
                                               : g_str_equal(word, table->word))
            return table;
    }
    return NULL;
}

static const Keyword *
get_keyword(Reader *reader, const char *word)
{
    const Keyword *keyword = NULL;

    if (reader->dialect == GNF_DIALECT_IFUPDOWN_NG)
        keyword = find_keyword(ng_keywords, word);
    if (reader->dialect == GNF_DIALECT_IFUPDOWN2)
        keyword = find_keyword(ifupdown2_keywords, word);
    return keyword ? keyword : find_keyword(keywords, word);
}

static void
take_line(Reader *reader, char *line)
{
    char *rest = line;
    const char *word = gnf_interfaces_take_word(&rest);
    const Keyword *keyword = get_keyword(reader, word);

    if (keyword)
        keyword->take(reader, rest);
    else if (reader->dialect == GNF_DIALECT_IFUPDOWN2 && *word == '%')
        note(reader, "a template is not filled in");
    else if (reader->current && *rest)
        add_option(reader, word, rest, &reader->place);
    else if (reader->current)
        note(reader, "%s has no value", word);
    else if (!reader->ignoring)
        note(reader, "%s stands outside of a stanza", word);
}

static const GnfCommentForm comment_forms[] = {
    [GNF_DIALECT_IFUPDOWN] = GNF_COMMENT_LINES,
    [GNF_DIALECT_IFUPDOWN_NG] = GNF_COMMENT_ENDS,
    [GNF_DIALECT_IFUPDOWN2] = GNF_COMMENT_JOINED,
};

static void
read_text(Reader *reader, const char *path, const char *text)
{
    GnfPlace before = reader->place;
    GnfInterfacesCursor cursor = {text, 1, comment_forms[reader->dialect]};
    char *file = g_strdup(path);
    char *line;

    reader->current = NULL;
    reader->ignoring = FALSE;
    reader->place.file = file;
    while ((line = gnf_interfaces_next(&cursor, &reader->place.line))) {
        take_line(reader, line);
        g_free(line);
    }
    reader->current = NULL;
    reader->place = before;
    g_free(file);
}

static void
read_file(Reader *reader, const char *path, gboolean required)
{
    g_autofree char *text = NULL;

    if (reader->depth >= GNF_INCLUDE_DEPTH_MAX) {
        note(reader, "more than %u files include each other; not read", GNF_INCLUDE_DEPTH_MAX);
        return;
    }
    text = gnf_config_files_read_once(reader->files, path, required);
    if (!text)
        return;
    reader->depth++;
    read_text(reader, path, text);
    reader->depth--;
}

GnfStanzas *
gnf_interfaces_file_read(GnfConfigFiles *files,
                         GnfInterfacesDialect dialect,
                         GnfMembership *membership)
{
    GnfStanzas *stanzas = gnf_stanzas_new();
    Reader reader = {files, dialect, membership, stanzas};

    read_file(&reader, GNF_INTERFACES_FILE, FALSE);
    return stanzas;
}
