/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two hosts and one guest in memory, behind the vtable of host/host.h.
 *
 * They keep what they are told, write down what was asked for, and fail where they are to. Time
 * goes by only while it is waited.
 */
#pragma once

#include "host/host.h"

#define FAKE_NICS 2

typedef struct FakeWorld FakeWorld;

typedef struct {
    GnfHost host; /* first */
    FakeWorld *world;
    GnfDomainState state;
    gboolean has_job;
    char *plugged[FAKE_NICS]; /* MACs; NULL: unplugged */
    char *record;
    char *marks;
} FakeHost;

struct FakeWorld {
    FakeHost source;
    FakeHost destination;
    const char *const *failures; /* words, see fake-host.c; ends with NULL */
    const char *states[FAKE_NICS];
    char *macs[FAKE_NICS]; /* what the guest knows them by */
    gboolean has_shared_mac;
    gboolean is_lost; /* the source's connection */
    guint nics;       /* how many there are, 1 or 2 */
    guint answers;    /* how often prepare still says "waiting" */
    gint64 now_ms;
    GString *log;
};

/* A domain with one NIC on the source, all well. */
FakeWorld *fake_world_new(void);
void fake_world_free(FakeWorld *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeWorld, fake_world_free)

/* One more: 52:54:00:aa:00:02, ua-1. */
void fake_world_add_nic(FakeWorld *world);

/* The XML of such a NIC, to be plugged in. */
char *fake_nic_xml(const char *mac, guint index);

/* What follows is for these files: whether it is to fail, that it does, and what was done. */
gboolean fake_fails(const FakeWorld *world, const char *word);
gboolean fake_fail(GError **error, GnfHostError code, const char *text);
void fake_note(FakeWorld *world, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* fake-guest.c: verb: "query", "prepare"… */
JsonNode *
fake_guest_answer(FakeWorld *world, const char *verb, JsonObject *arguments, GError **error);
