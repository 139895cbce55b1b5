/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The backend's connection to NetworkManager: one private D-Bus connection and one NMClient.
 *
 * Both are made at first need, and again when the bus went away or another NetworkManager has come.
 * NetworkManager is never started from here (libnm asks for the owner of the name, nothing
 * activates it). Whoever listens is told whenever the state below or the set of devices may have
 * changed, and looks for himself.
 */
#pragma once

#include <NetworkManager.h>

typedef struct GnfNm GnfNm;

typedef enum {
    GNF_NM_CONNECTING,  /* not known yet: the bus, or NetworkManager's first answer, is awaited */
    GNF_NM_ABSENT,      /* no bus, or nobody owns NetworkManager's name: nothing is its */
    GNF_NM_UNREACHABLE, /* there is a bus, but it or NetworkManager does not talk to us: what it
                           owns cannot be told, and nothing may be done behind its back */
    GNF_NM_RUNNING,     /* the cache holds all that NetworkManager says */
} GnfNmState;

typedef void (*GnfNmChanged)(gpointer user_data);

GnfNm *gnf_nm_new(void);

/* Lets go of NetworkManager. What libnm still has under way ends by itself on the main context. */
void gnf_nm_free(GnfNm *self);

/* Make the connection where there is none. Called by whoever needs NetworkManager now. */
void gnf_nm_want(GnfNm *self);

GnfNmState gnf_nm_get_state(const GnfNm *self);

/* Why the state is GNF_NM_ABSENT or GNF_NM_UNREACHABLE, for people. */
const char *gnf_nm_get_absence(const GnfNm *self);

/* Borrowed; NULL unless the state is GNF_NM_RUNNING. */
NMClient *gnf_nm_get_client(const GnfNm *self);

/* Calls back on every change until removed. The callback neither adds nor removes listeners. */
void gnf_nm_listen(GnfNm *self, GnfNmChanged changed, gpointer user_data);
void gnf_nm_unlisten(GnfNm *self, gpointer user_data);

/*
 * Devices (by ifindex) whose Autoconnect this backend has turned off because there was nothing to
 * disconnect; an attach turns it on again. Never one that the administrator turned off.
 */
void gnf_nm_set_blocked(GnfNm *self, int ifindex, gboolean blocked);
gboolean gnf_nm_get_blocked(const GnfNm *self, int ifindex);
