/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prepare with eject, as far as it is decided before anything is touched. The guest's NICs sit on
 * its root bus, in no slot: the tests lay a folder of slots of their own over sysfs's.
 */
#include <sys/mount.h>

#include <glib/gstdio.h>

#include "tests/backend/engine.h"

#define SLOTS "/sys/bus/pci/slots"
#define SLOT_ADDRESS "0000:00:10"
#define EJECT "{\"eject\": true}"

static void
write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* What is there is hidden, until tear_down. */
static void
lay_over(const char *folder)
{
    g_assert_no_errno(mount("tmpfs", folder, "tmpfs", 0, NULL));
}

/* data: the files of the slot besides its address. */
static void
set_up(EngineFixture *fixture, gconstpointer data)
{
    engine_set_up(fixture, NULL);
    lay_over(SLOTS);
    g_assert_cmpint(g_mkdir(SLOTS "/1", 0755), ==, 0);
    write_file(SLOTS "/1", "address", SLOT_ADDRESS "\n");
    if (data)
        write_file(SLOTS "/1", data, "1\n");
}

static void
tear_down(EngineFixture *fixture, gconstpointer data)
{
    g_assert_no_errno(umount(SLOTS));
    engine_tear_down(fixture, NULL);
}

/* It is listed, but has no switch. */
static void
test_slot_without_power(EngineFixture *fixture, gconstpointer data)
{
    engine_assert_refused(fixture, "prepare", EJECT, "no-slot: ");
    engine_assert_attached(fixture, TRUE);
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func) g_test_add(path, EngineFixture, data, set_up, func, tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/engine/eject/slot-without-power", NULL, test_slot_without_power);
    return g_test_run();
#undef ADD
}
