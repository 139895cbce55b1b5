/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What stanzas mean for bonds; see interfaces.h. The rules are those of ifenslave's script
 * (if-pre-up.d/ifenslave, README.Debian), of ifupdown-ng's interfaces-bond(5), and of ifupdown2's
 * addons/bond.py and modulebase.py.
 */
#include "ifcfg-backend/interfaces.h"

#include <string.h>

#include "ifcfg-backend/interfaces-file.h"
#include "ifcfg-backend/interfaces-line.h"

typedef struct {
    GnfInterfacesDialect dialect;
    GnfMembership *membership;
    const GnfStanzas *stanzas;
} Reading;

/* The option in which a bond lists its ports, and whose it is. */
typedef struct {
    const char *name;
    guint dialects; /* of 1 << GnfInterfacesDialect */
} PortsOption;

#define IFUPDOWN (1u << GNF_DIALECT_IFUPDOWN)
#define IFUPDOWN_NG (1u << GNF_DIALECT_IFUPDOWN_NG)
#define IFUPDOWN2 (1u << GNF_DIALECT_IFUPDOWN2)

/* In the order in which one that is there puts the next ones out of force for ifenslave. */
static const PortsOption ports_options[] = {
    {"bond-slaves", IFUPDOWN | IFUPDOWN_NG | IFUPDOWN2},
    /* interfaces-bond(5) has it for ifupdown-ng, too, which does not know it (0.11). */
    {"slaves", IFUPDOWN},
    {"bond-members", IFUPDOWN_NG},
    {"bond-ports", IFUPDOWN2},
};

/* Options called bond-… that are none of the bond's: they are the scripts' own. */
static const char *const script_options[] = {"bond-master", "bond-give-a-chance", NULL};

static const PortsOption *
find_ports_option(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(ports_options); i++) {
        if (g_str_equal(ports_options[i].name, name))
            return &ports_options[i];
    }
    return NULL;
}

static gboolean
is_known(const Reading *reading, const PortsOption *option)
{
    return option->dialects & (1u << reading->dialect);
}

static gboolean
uses_bond(const GnfStanza *stanza)
{
    for (guint i = 0; i < stanza->options->len; i++) {
        const GnfStanzaOption *option = stanza->options->pdata[i];

        if (g_str_equal(option->name, "use") && g_str_equal(option->value, "bond"))
            return TRUE;
    }
    return FALSE;
}

/* As ifenslave decides: with bond-master it is a port, whatever else it has. */
static gboolean
is_bond(const Reading *reading, const GnfStanza *stanza)
{
    gboolean found = gnf_stanza_find_option(stanza, "bond-mode") != NULL;

    if (gnf_stanza_find_option(stanza, "bond-master"))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(ports_options); i++)
        found |= is_known(reading, &ports_options[i]) &&
                 gnf_stanza_find_option(stanza, ports_options[i].name) != NULL;
    return found || (reading->dialect == GNF_DIALECT_IFUPDOWN_NG && uses_bond(stanza));
}

/* An alias, "eth0:1", is only addresses. */
static gboolean
is_alias(const GnfStanza *stanza)
{
    return strchr(stanza->name, ':') != NULL;
}

static GnfPort
get_own_port(const Reading *reading, const GnfStanza *stanza)
{
    gboolean range = reading->dialect == GNF_DIALECT_IFUPDOWN2 && strchr(stanza->name, '[');

    return (GnfPort){range ? GNF_PORT_RANGE : GNF_PORT_NAME, stanza->name, NULL};
}

typedef void (*PortFunction)(const Reading *reading, const GnfStanza *stanza, const GnfPort *port);

/* The NICs that a stanza configures: those that a line "auto" gives to it, or the one of its name.
 */
static void
for_each_port(const Reading *reading, const GnfStanza *stanza, PortFunction function)
{
    GnfPort own = get_own_port(reading, stanza);
    gboolean selected = FALSE;

    for (guint i = 0; i < reading->stanzas->selections->len; i++) {
        const GnfSelection *selection = reading->stanzas->selections->pdata[i];

        if (!g_str_equal(selection->stanza, stanza->name))
            continue;
        function(reading, stanza, &selection->port);
        selected = TRUE;
    }
    if (!selected)
        function(reading, stanza, &own);
}

static void
add_configured(const Reading *reading, const GnfStanza *stanza, const GnfPort *port)
{
    GnfConfigured *configured =
        gnf_membership_add_configured(reading->membership, port, &stanza->place);

    if (configured)
        configured->logical = g_strdup(stanza->name);
}

static void
add_port_of_master(const Reading *reading, const GnfStanza *stanza, const GnfPort *port)
{
    const GnfStanzaOption *master = gnf_stanza_find_option(stanza, "bond-master");

    gnf_membership_add(reading->membership, master->value, port, &master->place);
}

/* A word of a list of ports; kind is what ifupdown2's "glob" or "regex" before it has said. */
static void
add_listed(const Reading *reading,
           const GnfStanza *bond,
           const GnfStanzaOption *option,
           GnfPortKind kind,
           char *word)
{
    GnfPort port = {kind, word, NULL};

    /* Where it is no range, ifupdown2 takes it for a name. */
    if (kind == GNF_PORT_RANGE && !gnf_port_is_valid(&port))
        port.kind = GNF_PORT_NAME;
    gnf_membership_add(reading->membership, bond->name, &port, &option->place);
}

/* parse_port_list() of ifupdown2: "glob" and "regex" are for the next word. */
static GnfPortKind
get_kind(const Reading *reading, const char *word)
{
    if (reading->dialect != GNF_DIALECT_IFUPDOWN2)
        return GNF_PORT_NAME;
    if (g_str_equal(word, "glob"))
        return GNF_PORT_RANGE;
    return g_str_equal(word, "regex") ? GNF_PORT_REGEX : GNF_PORT_NAME;
}

static gboolean
is_no_port(const Reading *reading, const char *word)
{
    return get_kind(reading, word) != GNF_PORT_NAME ||
           (reading->dialect == GNF_DIALECT_IFUPDOWN2 &&
            (g_str_equal(word, "noglob") || g_str_equal(word, "noregex")));
}

static void
add_list(const Reading *reading, const GnfStanza *bond, const GnfStanzaOption *option)
{
    g_autofree char *list = g_strstrip(g_strdup(option->value));
    char *rest = list;
    GnfPortKind kind = GNF_PORT_NAME;

    if (g_str_equal(list, "none"))
        return;
    if (g_str_equal(list, "all") && reading->dialect == GNF_DIALECT_IFUPDOWN) {
        /* What has "eth" in its name (README.Debian; the script asks /proc/net/dev). */
        char glob[] = "*eth*";

        add_listed(reading, bond, option, GNF_PORT_GLOB, glob);
        return;
    }
    while (*rest) {
        char *word = gnf_interfaces_take_word(&rest);

        if (!is_no_port(reading, word))
            add_listed(reading, bond, option, kind, word);
        kind = get_kind(reading, word);
    }
}

/* Does a list before this one put it out of force? For ifenslave "bond-slaves" does so with
 * "slaves"; ifupdown2 takes the first of several, the others take all. */
static gboolean
is_overridden(const Reading *reading, const GnfStanza *bond, const GnfStanzaOption *option)
{
    if (reading->dialect == GNF_DIALECT_IFUPDOWN)
        return g_str_equal(option->name, "slaves") && gnf_stanza_find_option(bond, "bond-slaves");
    return reading->dialect == GNF_DIALECT_IFUPDOWN2 &&
           gnf_stanza_find_option(bond, option->name) != option;
}

static void
add_lists(const Reading *reading, const GnfStanza *bond)
{
    gboolean listed = FALSE;

    for (guint i = 0; i < bond->options->len; i++) {
        const GnfStanzaOption *option = bond->options->pdata[i];
        const PortsOption *ports_option = find_ports_option(option->name);

        if (!ports_option || !is_known(reading, ports_option))
            continue;
        listed = TRUE;
        if (!is_overridden(reading, bond, option))
            add_list(reading, bond, option);
    }
    /* interfaces(5) of ifupdown-ng shows it so. */
    const GnfStanzaOption *requires = gnf_stanza_find_option(bond, "requires");
    if (!listed && requires && uses_bond(bond))
        add_list(reading, bond, requires);
}

static void
note_unknown(const Reading *reading, const GnfStanza *stanza)
{
    for (guint i = 0; i < stanza->options->len; i++) {
        const GnfStanzaOption *option = stanza->options->pdata[i];
        const PortsOption *ports_option = find_ports_option(option->name);

        if (ports_option && !is_known(reading, ports_option))
            gnf_membership_note(reading->membership,
                                option->place.file,
                                option->place.line,
                                "%s is unknown to this ifupdown",
                                option->name);
    }
}

static gboolean
is_bond_option(const GnfStanzaOption *option)
{
    return g_str_has_prefix(option->name, "bond-") && option->name[strlen("bond-")] &&
           !find_ports_option(option->name) && !g_strv_contains(script_options, option->name);
}

/* The bond's options may stand in the stanza of a port, too. */
static void
add_options(const Reading *reading, const GnfStanza *stanza, const char *name)
{
    GnfBondConfig *bond = NULL;

    for (guint i = 0; i < stanza->options->len; i++) {
        const GnfStanzaOption *option = stanza->options->pdata[i];
        g_autofree char *key = NULL;

        if (!is_bond_option(option))
            continue;
        if (!bond)
            bond = gnf_membership_add_bond(reading->membership, name, &option->place);
        if (!bond)
            return;
        key = g_strdelimit(g_strdup(option->name + strlen("bond-")), "-", '_');
        gnf_membership_set_option(reading->membership, bond, key, option->value, &option->place);
    }
}

/* Who is a port, and what is a bond. */
static void
add_stanza(const Reading *reading, const GnfStanza *stanza)
{
    note_unknown(reading, stanza);
    for_each_port(reading, stanza, add_configured);
    if (gnf_stanza_find_option(stanza, "bond-master"))
        for_each_port(reading, stanza, add_port_of_master);
    else if (is_bond(reading, stanza) &&
             gnf_membership_add_bond(reading->membership, stanza->name, &stanza->place))
        add_lists(reading, stanza);
}

/* In rounds of their own: queue ids go to ports, and a bond's own options before its ports'. */
static void
add_options_of(const Reading *reading, const GnfStanza *stanza, gboolean of_ports)
{
    const GnfStanzaOption *master = gnf_stanza_find_option(stanza, "bond-master");

    if (of_ports && master)
        add_options(reading, stanza, master->value);
    else if (!of_ports && is_bond(reading, stanza))
        add_options(reading, stanza, stanza->name);
}

static gboolean
is_interface(const GnfStanza *stanza)
{
    return !stanza->is_template && !is_alias(stanza);
}

GnfMembership *
gnf_interfaces_read(const char *root, GnfInterfacesDialect dialect)
{
    GnfMembership *membership = gnf_membership_new();
    g_autoptr(GnfConfigFiles) files = gnf_config_files_new(root, membership);
    g_autoptr(GnfStanzas) stanzas = gnf_interfaces_file_read(files, dialect, membership);
    const Reading reading = {dialect, membership, stanzas};

    for (guint i = 0; i < stanzas->stanzas->len; i++) {
        if (is_interface(stanzas->stanzas->pdata[i]))
            add_stanza(&reading, stanzas->stanzas->pdata[i]);
    }
    for (int of_ports = FALSE; of_ports <= TRUE; of_ports++) {
        for (guint i = 0; i < stanzas->stanzas->len; i++) {
            if (is_interface(stanzas->stanzas->pdata[i]))
                add_options_of(&reading, stanzas->stanzas->pdata[i], of_ports);
        }
    }
    return membership;
}
