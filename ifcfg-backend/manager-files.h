/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a manager has of this guest on disk and in /run: its files, as read by this folder's
 * readers, and for ifupdown its list of what is up. What that says of a NIC is told here; only
 * gnf_manager_files_read() does I/O.
 */
#pragma once

#include "failover/backend.h"
#include "ifcfg-backend/ifupdown.h"
#include "ifcfg-backend/membership.h"

typedef struct {
    GnfManager manager; /* GNF_MANAGER_IFUPDOWN, _IFCFG, _WICKED */
    const GnfIfupdown
        *ifupdown; /* which of them; NULL for the other managers, and if none has run */
    char *state;   /* the list of what is up (ifstate.h), or NULL: there is none */
    GnfMembership *membership;
} GnfManagerFiles;

/* A NIC, or a bond; borrowed. */
typedef struct {
    const char *name;
    const char *mac;        /* permanent, or NULL */
    const char *controller; /* the name of what it is a port of, or NULL */
} GnfNic;

/* Under a root ("" for this machine). */
GnfManagerFiles *gnf_manager_files_read(const char *root, GnfManager manager);
void gnf_manager_files_free(GnfManagerFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfManagerFiles, gnf_manager_files_free)

/* Does this manager configure anything at all? If not, *ret_why says so (static). */
gboolean gnf_manager_files_is_used(const GnfManagerFiles *files, const char **ret_why);

/* What configures this NIC or bond, whether it is up or not; NULL: nothing. Borrowed. */
const GnfPlace *gnf_manager_files_find_place(const GnfManagerFiles *files, const GnfNic *nic);

/* Whose is it? */
GnfOwnership *gnf_manager_files_judge(const GnfManagerFiles *files, const GnfNic *nic);

/* What the interface is up as when it is up, for a state that is kept by whoever acts: NULL where
 * no stanza is for it, or where the state is none of ours to keep. Borrowed. */
const char *gnf_manager_files_get_logical(const GnfManagerFiles *files, const GnfNic *nic);

/* Is the state of this interface ours to keep: ifupdown's, with an entry or a stanza for it? */
gboolean gnf_manager_files_keeps_state(const GnfManagerFiles *files, const GnfNic *nic);

/* Why the NIC must not become a port of this bond: ifupdown has it up as something else. NULL: it
 * may. */
char *
gnf_manager_files_find_conflict(const GnfManagerFiles *files, const GnfNic *nic, const char *bond);

/* For a NIC that is now in a bond: what to change in which file, so that it will be after a reboot.
 * NULL: nothing. old is the NIC that the files were made for; is_there says whether there is an
 * interface of a name. */
char *gnf_manager_files_advise(const GnfManagerFiles *files,
                               const GnfNic *nic,
                               const char *bond,
                               const GnfNic *old,
                               gboolean (*is_there)(const char *name));
