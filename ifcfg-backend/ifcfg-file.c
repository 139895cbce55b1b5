/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One ifcfg file; see ifcfg-file.h.
 */
#include "ifcfg-backend/ifcfg-file.h"

#include <string.h>

#include "ifcfg-backend/shell-word.h"

static const char *const true_words[] = {"1", "t", "y", "yes", "on", "true", NULL};

static void
variable_free(gpointer data)
{
    GnfIfcfgVariable *variable = data;

    g_free(variable->name);
    g_free(variable->value);
    g_free(variable);
}

void
gnf_ifcfg_file_free(GnfIfcfgFile *file)
{
    g_free(file->path);
    g_hash_table_unref(file->index);
    g_ptr_array_unref(file->variables);
    g_free(file);
}

/* Takes the name and the value. */
static void
set_variable(GnfIfcfgFile *file, char *name, char *value, guint line, GnfMembership *membership)
{
    GnfIfcfgVariable *variable = g_hash_table_lookup(file->index, name);

    if (!variable && file->variables->len < GNF_MEMBERSHIP_MAX) {
        variable = g_new0(GnfIfcfgVariable, 1);
        variable->name = g_steal_pointer(&name);
        g_ptr_array_add(file->variables, variable);
        g_hash_table_insert(file->index, variable->name, variable);
    }
    if (variable) {
        g_free(variable->value);
        variable->value = g_steal_pointer(&value);
        variable->line = line;
    } else {
        gnf_membership_note(
            membership, file->path, line, "more than %u variables", GNF_MEMBERSHIP_MAX);
    }
    g_free(name);
    g_free(value);
}

/* What may be set in a text that is not understood: NAME= and NAME+=, wherever they stand. */
static void
forget_variables(GnfIfcfgFile *file, const GnfShellStatement *statement, GnfMembership *membership)
{
    const char *begin = NULL;
    guint line = statement->line;

    for (const char *at = statement->begin; at < statement->end; at++) {
        gboolean in_name = g_ascii_isalnum(*at) || *at == '_';

        line += *at == '\n';
        if (in_name && !begin)
            begin = at;
        if (begin && (*at == '=' || (*at == '+' && at[1] == '=')))
            set_variable(file, g_strndup(begin, at - begin), NULL, line, membership);
        if (!in_name)
            begin = NULL;
    }
}

static void
take_statement(GnfIfcfgFile *file, GnfShellStatement *statement, GnfMembership *membership)
{
    if (statement->value) {
        set_variable(file,
                     g_steal_pointer(&statement->name),
                     g_steal_pointer(&statement->value),
                     statement->line,
                     membership);
        return;
    }
    gnf_membership_note(membership,
                        file->path,
                        statement->line,
                        "%s%s%s",
                        statement->name ? statement->name : "",
                        statement->name ? ": " : "",
                        statement->why);
    forget_variables(file, statement, membership);
}

GnfIfcfgFile *
gnf_ifcfg_file_parse(const char *path, const char *text, GnfMembership *membership)
{
    GnfIfcfgFile *file = g_new0(GnfIfcfgFile, 1);
    GnfShellCursor cursor = {text, 1};
    GnfShellStatement statement;

    file->path = g_strdup(path);
    file->variables = g_ptr_array_new_with_free_func(variable_free);
    file->index = g_hash_table_new(g_str_hash, g_str_equal);
    while (gnf_shell_next(&cursor, &statement)) {
        take_statement(file, &statement, membership);
        gnf_shell_statement_clear(&statement);
    }
    return file;
}

const char *
gnf_ifcfg_file_get(const GnfIfcfgFile *file, const char *name)
{
    const GnfIfcfgVariable *variable = g_hash_table_lookup(file->index, name);

    return variable && variable->value && *variable->value ? variable->value : NULL;
}

gboolean
gnf_ifcfg_file_is_true(const GnfIfcfgFile *file, const char *name)
{
    const char *value = gnf_ifcfg_file_get(file, name);

    for (guint i = 0; value && true_words[i]; i++) {
        if (g_ascii_strcasecmp(value, true_words[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

GnfPlace
gnf_ifcfg_file_get_place(const GnfIfcfgFile *file, const char *name)
{
    const GnfIfcfgVariable *variable = g_hash_table_lookup(file->index, name);

    return (GnfPlace){file->path, variable ? variable->line : 1};
}

/* Does a later word give the option, too? Each is written in turn, so the last one holds. */
static gboolean
is_given_again(char **words, const char *key)
{
    gsize length = strlen(key);

    for (; *words; words++) {
        if (strncmp(*words, key, length) == 0 && (*words)[length] == '=')
            return TRUE;
    }
    return FALSE;
}

/* Where there are several "=", the scripts take what is before the first and behind the last
 * (network-functions: ${arg%%=*}, ${arg##*=}). */
static void
add_option(char **words, GnfMembership *membership, GnfBondConfig *bond, const GnfPlace *place)
{
    const char *begin = strchr(*words, '=');
    const char *end = strrchr(*words, '=');
    g_autofree char *key = begin ? g_strndup(*words, begin - *words) : NULL;

    if (!key || !*key || !end[1])
        gnf_membership_note(
            membership, place->file, place->line, "\"%s\" is no option of a bond", *words);
    else if (!is_given_again(words + 1, key))
        gnf_membership_set_option(membership, bond, key, end + 1, place);
}

void
gnf_ifcfg_file_add_options(const GnfIfcfgFile *file,
                           const char *name,
                           GnfMembership *membership,
                           GnfBondConfig *bond)
{
    const char *value = gnf_ifcfg_file_get(file, name);
    GnfPlace place = gnf_ifcfg_file_get_place(file, name);
    g_auto(GStrv) words = g_strsplit_set(value ? value : "", " \t\n", GNF_MEMBERSHIP_MAX);

    for (guint i = 0; words[i]; i++) {
        if (*words[i])
            add_option(&words[i], membership, bond, &place);
    }
}
