/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stanzas; see stanzas.h.
 */
#include "ifcfg-backend/stanzas.h"

static void
option_free(gpointer data)
{
    GnfStanzaOption *option = data;

    g_free(option->name);
    g_free(option->value);
    g_free(option->place.file);
    g_free(option);
}

static void
stanza_free(gpointer data)
{
    GnfStanza *stanza = data;

    g_free(stanza->name);
    g_free(stanza->family);
    g_ptr_array_unref(stanza->options);
    g_free(stanza->place.file);
    g_free(stanza);
}

static void
selection_free(gpointer data)
{
    GnfSelection *selection = data;

    gnf_port_clear(&selection->port);
    g_free(selection->stanza);
    g_free(selection);
}

GnfStanzas *
gnf_stanzas_new(void)
{
    GnfStanzas *stanzas = g_new0(GnfStanzas, 1);

    stanzas->stanzas = g_ptr_array_new_with_free_func(stanza_free);
    stanzas->selections = g_ptr_array_new_with_free_func(selection_free);
    return stanzas;
}

void
gnf_stanzas_free(GnfStanzas *stanzas)
{
    g_ptr_array_unref(stanzas->stanzas);
    g_ptr_array_unref(stanzas->selections);
    g_free(stanzas);
}

GnfStanza *
gnf_stanzas_find(const GnfStanzas *stanzas, const char *name)
{
    for (guint i = 0; i < stanzas->stanzas->len; i++) {
        GnfStanza *stanza = stanzas->stanzas->pdata[i];

        if (g_str_equal(stanza->name, name))
            return stanza;
    }
    return NULL;
}

GnfStanza *
gnf_stanzas_add(GnfStanzas *stanzas, const char *name, const GnfPlace *place)
{
    GnfStanza *stanza = NULL;

    if (stanzas->stanzas->len >= GNF_MEMBERSHIP_MAX)
        return NULL;
    stanza = g_new0(GnfStanza, 1);
    stanza->name = g_strdup(name);
    stanza->options = g_ptr_array_new_with_free_func(option_free);
    stanza->place = (GnfPlace){g_strdup(place->file), place->line};
    g_ptr_array_add(stanzas->stanzas, stanza);
    return stanza;
}

gboolean
gnf_stanzas_select(GnfStanzas *stanzas, GnfPort port, const char *stanza)
{
    GnfSelection *selection = NULL;

    if (stanzas->selections->len >= GNF_SELECTIONS_MAX) {
        gnf_port_clear(&port);
        return FALSE;
    }
    selection = g_new0(GnfSelection, 1);
    selection->port = port;
    selection->stanza = g_strdup(stanza);
    g_ptr_array_add(stanzas->selections, selection);
    return TRUE;
}

gboolean
gnf_stanza_add_option(GnfStanza *stanza, char *name, const char *value, const GnfPlace *place)
{
    GnfStanzaOption *option = NULL;

    if (stanza->options->len >= GNF_STANZA_OPTIONS_MAX) {
        g_free(name);
        return FALSE;
    }
    option = g_new0(GnfStanzaOption, 1);
    option->name = name;
    option->value = g_strdup(value);
    option->place = (GnfPlace){g_strdup(place->file), place->line};
    g_ptr_array_add(stanza->options, option);
    return TRUE;
}

const GnfStanzaOption *
gnf_stanza_find_option(const GnfStanza *stanza, const char *name)
{
    for (guint i = 0; i < stanza->options->len; i++) {
        const GnfStanzaOption *option = stanza->options->pdata[i];

        if (g_str_equal(option->name, name))
            return option;
    }
    return NULL;
}
