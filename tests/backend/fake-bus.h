/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A system bus of the test's own, and who is on it: names alone, or a systemd that knows one unit,
 * ifup@port0.service.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
    GTestDBus *daemon;         /* NULL: not started */
    GDBusConnection *services; /* where the names are */
    const char *unit_state;
    guint32 unit_job; /* 0: none */
    guint objects[2]; /* registered; 0: none */
} FakeBus;

/* From now on it is the system bus of this process. */
void fake_bus_start(FakeBus *bus);
void fake_bus_stop(FakeBus *bus);

void fake_bus_own_name(const FakeBus *bus, const char *name);

/* The same with systemd on it. */
void fake_bus_start_systemd(FakeBus *bus, const char *state, guint32 job);
void fake_bus_change_unit(FakeBus *bus, const char *state, guint32 job);
