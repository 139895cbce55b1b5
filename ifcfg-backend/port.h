/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a file says which NIC it means: by name, by MAC, or by a pattern. Pure: no I/O.
 */
#pragma once

#include <glib.h>

typedef enum {
    GNF_PORT_NAME,  /* "enp1s0" */
    GNF_PORT_MAC,   /* "52:54:00:00:00:01" */
    GNF_PORT_GLOB,  /* "eth*", fnmatch(3) of a name */
    GNF_PORT_RANGE, /* "swp1-4", "swp[1-4].100", "swp[1-2]s[0-3]": ifupdown2's globs */
    GNF_PORT_REGEX, /* "swp[13]": ifupdown2's regex, which is anchored at the end of a name alone */
} GnfPortKind;

typedef struct {
    GnfPortKind kind;
    char *text;
    char *mac; /* with GNF_PORT_NAME: the MAC that the file names besides, or NULL */
} GnfPort;

/* How well a port fits; the better one decides. */
typedef enum {
    GNF_FIT_NONE,
    GNF_FIT_PATTERN,
    GNF_FIT_NAME,
    GNF_FIT_MAC,
} GnfFit;

/* Does the port mean the NIC of this name and permanent MAC (either may be NULL)? Where the file
 * names a MAC and the NIC's is known, the name does not count: it is the one that changes. */
GnfFit gnf_port_get_fit(const GnfPort *port, const char *name, const char *permanent_mac);

/* Whether a pattern of this kind can be understood; TRUE for names and MACs of a valid form. */
gboolean gnf_port_is_valid(const GnfPort *port);

void gnf_port_clear(GnfPort *port);
GnfPort gnf_port_copy(const GnfPort *port);

/* As dev_valid_name() of the kernel; and nothing that a terminal would not print, or that a
 * template or the shell would have put something else for ("$", "%"). */
gboolean gnf_interface_name_is_valid(const char *name);

/* "52-54-00-AB-CD-EF" as "52:54:00:ab:cd:ef"; NULL where it is no MAC of six octets. */
char *gnf_mac_normalise(const char *text);
