/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target of failover/record.c and operation.c: any bytes as the record of a restarted engine.
 * They are an error that names the file, or an operation that can be saved, that is the same when
 * it is loaded again, and that can be reported to the host.
 *
 * The bytes are loaded from memory; a record that is saved goes to $TMPDIR.
 */
#include "failover/record.h"

#include <glib/gstdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "failover/error.h"
#include "failover/report.h"
#include "qapi/schema.h"
#include "tests/fuzz/target.h"

#define INPUT_MAX (64u << 10)

static char *folder;

static void
remove_folder(void)
{
    g_rmdir(folder);
    g_free(folder);
}

static void
make_folder(void)
{
    g_autoptr(GError) error = NULL;

    folder = g_dir_make_tmp("fuzz-record-XXXXXX", &error);
    g_assert_no_error(error);
    (void)atexit(remove_folder);
}

static GnfOperation *
load_bytes(const uint8_t *data, size_t size, GError **error)
{
    int fd = memfd_create("record", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, data, size), ==, (gssize)size);
    GnfOperation *operation = gnf_record_load(path, error);
    g_assert_true(operation || strstr((*error)->message, path));
    (void)close(fd);
    return operation;
}

static void
assert_error(const GError *error)
{
    g_assert_nonnull(error);
    g_assert_true(error->domain == GNF_ERROR);
    g_assert_cmpint(error->code, ==, GNF_REASON_CODE_INTERNAL);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

/* What a restarted engine has after this one saved; ret_text: what the file says. */
static GnfOperation *
restart(const GnfOperation *operation, char **ret_text)
{
    g_autofree char *path = g_build_filename(folder, "operation.json", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(gnf_record_save(path, operation, &error));
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(path, ret_text, NULL, NULL));
    GnfOperation *loaded = gnf_record_load(path, &error);
    g_assert_no_error(error);
    g_assert_nonnull(loaded);
    g_assert_cmpint(g_unlink(path), ==, 0);
    return loaded;
}

static void
assert_same_device(const GnfOperationDevice *one, const GnfOperationDevice *other)
{
    g_assert_cmpstr(one->interface, ==, other->interface);
    g_assert_cmpstr(one->bond.primary_option, ==, other->bond.primary_option);
    g_assert_cmpstr(one->wanted_mac, ==, other->wanted_mac);
    g_assert_cmpint(one->state, ==, other->state);
    g_assert_cmpint(one->manager, ==, other->manager);
    g_assert_cmpint(one->ifindex, ==, other->ifindex);
    g_assert_cmpint(one->queue_id, ==, other->queue_id);
    g_assert_cmpint(one->was_active, ==, other->was_active);
    g_assert_cmpint(one->forgotten, ==, other->forgotten);
    g_assert_cmpuint(one->undone, ==, other->undone);
    g_assert_cmpuint(one->steps->len, ==, other->steps->len);
    g_assert_cmpuint(one->warnings->len, ==, other->warnings->len);
    g_assert_cmpint(
        one->reason ? one->reason->code : -1, ==, other->reason ? other->reason->code : -1);
}

static void
assert_same(const GnfOperation *one, const GnfOperation *other)
{
    g_assert_cmpstr(one->id, ==, other->id);
    g_assert_cmpint(one->verb, ==, other->verb);
    g_assert_cmpint(one->status, ==, other->status);
    g_assert_cmpint(one->finished, ==, other->finished);
    g_assert_cmpint(one->by_stages, ==, other->by_stages);
    g_assert_cmpint(one->only_attach, ==, other->only_attach);
    g_assert_cmpint(one->revert_at_us, ==, other->revert_at_us);
    g_assert_cmpuint(one->devices->len, ==, other->devices->len);
    for (guint i = 0; i < one->devices->len; i++)
        assert_same_device(g_ptr_array_index(one->devices, i),
                           g_ptr_array_index(other->devices, i));
}

static void
assert_stays(const GnfOperation *operation)
{
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    g_autoptr(GnfOperation) once = restart(operation, &first);
    g_autoptr(GnfOperation) twice = restart(once, &second);

    assert_same(operation, once);
    assert_same(once, twice);
    g_assert_cmpstr(first, ==, second);
}

static void
assert_reportable(const GnfOperation *operation)
{
    g_autoptr(JsonNode) report = gnf_report_operation(operation);
    g_autoptr(GError) error = NULL;

    gnf_schema_check_return("guest-net-failover-prepare", report, &error);
    g_assert_no_error(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;

    if (size > INPUT_MAX)
        return 0;
    if (!folder)
        make_folder();
    g_autoptr(GnfOperation) operation = load_bytes(data, size, &error);
    if (!operation) {
        assert_error(error);
        return 0;
    }
    g_assert_no_error(error);
    assert_reportable(operation);
    assert_stays(operation);
    gnf_operation_settle(operation);
    assert_reportable(operation);
    /* Killed in the next command. */
    gnf_operation_begin(operation, GNF_VERB_CANCEL);
    g_autofree char *text = NULL;
    g_autoptr(GnfOperation) begun = restart(operation, &text);
    assert_same(operation, begun);
    assert_stays(begun);
    return 0;
}
