/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What networkd says of a link beside its bus properties: the description on the bus (JSON, since
 * v249), and the state file that is there in every version. Pure: looks only at what it is given.
 */
#pragma once

#include <glib.h>

/* Of Manager.DescribeLink()'s answer the administrative state, and the path of the .network file
 * that the link has; each NULL where it is not said. */
void gnf_link_state_parse_description(const char *json, char **ret_state, char **ret_file);

/* That path, of the text of /run/systemd/netif/links/IFINDEX. */
char *gnf_link_state_parse_file(const char *text);
