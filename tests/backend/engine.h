/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine's tests share: an engine of one's own on a real bond – the guest's e1000e as the
 * primary, its virtio NIC as the standby – and no network manager, so that the built-in backend
 * acts. Every reply fits the schema, or the engine itself says `internal`.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "failover/engine.h"
#include "netlink/link.h"

#define ENGINE_PRIMARY_MAC "52:54:00:00:00:01"
#define ENGINE_STANDBY_MAC "52:54:00:00:00:02"
#define ENGINE_PCI_ADDRESS "0000:00:10.0"

typedef struct {
    GnfNetlink *netlink;
    GnfEngine *engine;
    char *record;
    char *primary; /* interface names: the kernel's, by order of probing */
    char *standby;
    int bond;
    const char *modules; /* where the engine's backends are; NULL: there are none */
} EngineFixture;

/* For g_test_add. data: NULL, or "none" for a bond whose primary option is not set. */
void engine_set_up(EngineFixture *fixture, gconstpointer data);
void engine_tear_down(EngineFixture *fixture, gconstpointer data);

/* As systemd starts and stops it: what is being done is finished, what waits is left. */
void engine_start(EngineFixture *fixture);
void engine_stop(EngineFixture *fixture);

/* The name of the guest's NIC with this permanent MAC; NULL if there is none. Freed by the caller.
 */
char *engine_name_of_mac(GnfNetlink *netlink, const char *mac);

/* One ip(8) command; the test fails if it fails. */
void engine_ip(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Remove the primary from the PCI bus, and find it again, perhaps under another name. */
void engine_unplug(EngineFixture *fixture);
void engine_plug(EngineFixture *fixture);

/* A link that must be there; 0 for an interface that is not. */
GnfLink *engine_link(const EngineFixture *fixture, const char *name);
int engine_index(const EngineFixture *fixture, const char *name);

/* Run the main loop until it is so; the test fails if it is not within 30 s. */
typedef gboolean (*EngineCondition)(const EngineFixture *fixture);
void engine_wait(const EngineFixture *fixture, EngineCondition condition, const char *what);
gboolean engine_is_quiet(const EngineFixture *fixture);
gboolean engine_primary_is_out(const EngineFixture *fixture);
gboolean engine_primary_is_back(const EngineFixture *fixture);
gboolean engine_option_names_standby(const EngineFixture *fixture);

/* Ask guest-net-failover-VERB; arguments is JSON or NULL. The reply is *ret_reply, when it comes.
 */
void engine_send(EngineFixture *fixture, const char *verb, const char *arguments, char **ret_reply);

/* Wait for the reply; the whole object. */
JsonObject *engine_receive(char **reply);

/* The value of a successful reply. */
JsonObject *engine_call(EngineFixture *fixture, const char *verb, const char *arguments);

/* An error whose description starts so. */
void engine_assert_refused(EngineFixture *fixture,
                           const char *verb,
                           const char *arguments,
                           const char *starts);

/* The only device of a report; its state (or NULL for "do not look"). */
JsonObject *engine_device(JsonObject *report);
void engine_assert_report(JsonObject *report, const char *status, const char *state);

/* Ask, and look at the report; or ask until it is done. */
void engine_run(EngineFixture *fixture, const char *verb, const char *status, const char *state);
void engine_run_to_end(EngineFixture *fixture, const char *verb, const char *state);

/* What the kernel says: in the bond and active, or out of it with the bond healthy. */
void engine_assert_attached(const EngineFixture *fixture, gboolean has_primary_option);
void engine_assert_detached(const EngineFixture *fixture);
