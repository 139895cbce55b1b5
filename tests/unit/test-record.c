/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operation and its record: what is written is read back; what makes no sense is refused.
 */
#include <glib/gstdio.h>

#include "failover/error.h"
#include "failover/prepare.h"
#include "failover/record.h"
#include "failover/replacement.h"
#include "failover/report.h"
#include "qapi/schema.h"
#include "tests/unit/primaries.h"

static char *folder;

static char *
record_path(void)
{
    return g_build_filename(folder, "operation.json", NULL);
}

static GnfOperationDevice *
only_device(const GnfOperation *operation)
{
    g_assert_cmpuint(operation->devices->len, ==, 1);
    return g_ptr_array_index(operation->devices, 0);
}

static void
test_round_trip(void)
{
    g_autoptr(GnfOperation) operation = gnf_test_operation();
    g_autofree char *path = record_path();
    g_autoptr(GError) error = NULL;
    GnfOperationDevice *device = only_device(operation);

    gnf_operation_device_begin(device);
    gnf_operation_device_step(device, GNF_STEP_SWITCH, g_get_monotonic_time() - 1500);
    gnf_operation_device_warn(device, gnf_reason(GNF_REASON_CODE_SHARED_MAC, "shared"));
    gnf_operation_device_end(device, gnf_reason(GNF_REASON_CODE_MANAGER_UNDID, "undone"));
    device->priority = -7;
    device->queue_id = 65535;
    device->put_back = TRUE;
    device->undone = 2;
    device->bond.all_slaves_active = TRUE;
    device->bond.unlearning = g_strdup("7 12");
    operation->by_stages = TRUE;
    operation->only_attach = TRUE;
    operation->revert_at_us = G_GINT64_CONSTANT(1) << 40;
    g_assert_true(gnf_record_save(path, operation, &error));
    g_assert_no_error(error);

    g_autoptr(GnfOperation) read = gnf_record_load(path, &error);
    g_assert_no_error(error);
    const GnfOperationDevice *got = only_device(read);
    g_assert_cmpstr(read->id, ==, operation->id);
    g_assert_cmpint(read->verb, ==, GNF_VERB_PREPARE);
    g_assert_cmpint(read->revert_at_us, ==, operation->revert_at_us);
    g_assert_true(read->by_stages);
    g_assert_true(read->only_attach);
    g_assert_cmpstr(got->bond.primary_option, ==, "enp1s0");
    g_assert_true(got->bond.all_slaves_active);
    g_assert_cmpstr(got->bond.unlearning, ==, "7 12");
    g_assert_true(got->was_active);
    g_assert_cmpint(got->priority, ==, -7);
    g_assert_cmpint(got->queue_id, ==, 65535);
    g_assert_true(got->put_back);
    g_assert_cmpint(got->undone, ==, 2);
    g_assert_cmpint(got->state, ==, GNF_STATE_DETACHED);
    g_assert_cmpint(got->manager, ==, GNF_MANAGER_NETWORKMANAGER);
    g_assert_error(got->reason, GNF_ERROR, GNF_REASON_CODE_MANAGER_UNDID);

    /* Nothing is lost on the way: the second writing is the first. */
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    g_assert_true(g_file_get_contents(path, &first, NULL, NULL));
    g_assert_true(gnf_record_save(path, read, NULL));
    g_assert_true(g_file_get_contents(path, &second, NULL, NULL));
    g_assert_cmpstr(first, ==, second);
}

/* Whatever a string holds, what is written is JSON, and is read as what it was. */
static void
test_awkward_strings(void)
{
    static const char *const details[] = {"",
                                          "\"",
                                          "\\",
                                          "\\\"",
                                          "\n\t\r\x01\x1f",
                                          "/\x7f",
                                          "\xc3\xa9 \xe2\x82\xac",
                                          "{[,:]}",
                                          "\\u0041"};
    g_autofree char *path = record_path();

    for (gsize i = 0; i < G_N_ELEMENTS(details); i++) {
        g_autoptr(GnfOperation) operation = gnf_test_operation();
        g_autoptr(GError) error = NULL;
        gnf_operation_device_warn(only_device(operation),
                                  gnf_reason(GNF_REASON_CODE_SHARED_MAC, "%s", details[i]));
        gnf_operation_device_end(only_device(operation),
                                 gnf_reason(GNF_REASON_CODE_INTERNAL, "%s", details[i]));
        g_assert_true(gnf_record_save(path, operation, NULL));
        g_autoptr(GnfOperation) read = gnf_record_load(path, &error);
        g_assert_no_error(error);
        const GError *warning = g_ptr_array_index(only_device(read)->warnings, 0);
        g_assert_cmpstr(warning->message, ==, details[i]);
        g_assert_cmpstr(only_device(read)->reason->message, ==, details[i]);
    }
}

/* Killed in the middle of a step: what is read back can still be reported. */
static void
test_running(void)
{
    g_autoptr(GnfOperation) operation = gnf_test_operation();
    g_autofree char *path = record_path();
    g_autoptr(GError) error = NULL;

    gnf_operation_device_begin(only_device(operation));
    g_assert_true(gnf_record_save(path, operation, NULL));
    g_autoptr(GnfOperation) read = gnf_record_load(path, NULL);
    g_autoptr(JsonNode) report = gnf_report_operation(read);
    g_assert_true(gnf_schema_check_return("guest-net-failover-prepare", report, &error));
    g_assert_no_error(error);
}

static void
test_none(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(gnf_record_load("/proc/operation.json", &error));
    g_assert_no_error(error);
}

static void
test_nonsense(void)
{
    const char *const bad[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"version\": 2}",
        "{\"version\": 1}",
        "{\"version\": \"1\", \"id\": \"x\", \"verb\": \"prepare\", \"status\": \"done\", "
        "\"devices\": []}",
        "{\"version\": 1, \"id\": \"x\", \"verb\": \"dance\", \"status\": \"done\", "
        "\"devices\": []}",
        "{\"version\": 1, \"id\": \"x\", \"verb\": \"prepare\", \"status\": \"done\", "
        "\"devices\": [1]}",
        "{\"version\": 1, \"id\": \"x\", \"verb\": \"prepare\", \"status\": \"done\", "
        "\"devices\": [{\"interface\": 5}]}",
        "{\"version\": 1, \"id\": \"x\", \"verb\": \"prepare\", \"status\": \"done\", "
        "\"devices\": [{\"interface\": \"a\", \"old-interface\": \"a\", \"state\": \"detached\", "
        "\"manager\": \"none\"}]}",
        "{\"version\": 1, \"id\": \"\\ud800\", \"verb\": \"prepare\", \"status\": \"done\", "
        "\"devices\": []}",
        "{\"version\": 2, \"version\": 1, \"id\": \"x\", \"verb\": \"prepare\", "
        "\"status\": \"done\", \"devices\": []}",
    };
    g_autofree char *path = record_path();

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_true(g_file_set_contents(path, bad[i], -1, NULL));
        g_assert_null(gnf_record_load(path, &error));
        g_assert_error(error, GNF_ERROR, GNF_REASON_CODE_INTERNAL);
        g_assert_nonnull(strstr(error->message, path));
    }
}

/* What is of another type is as good as not there, and what is out of range is brought into it: it
 * must not become another number. */
static void
test_wrong_types(void)
{
    const char *text =
        "{\"version\": 1, \"id\": \"x\", \"verb\": \"prepare\", \"status\": \"done\", "
        "\"finished\": [], \"revert-at-us\": {}, \"devices\": [{\"interface\": \"a\", "
        "\"old-interface\": \"a\", \"state\": \"attached\", \"manager\": \"none\", "
        "\"profile\": 1, \"was-active\": null, \"priority\": \"1\", \"ifindex\": 4294967298, "
        "\"queue-id\": -1, \"elapsed-us\": -5, \"reason\": [], \"warnings\": [[], {}], "
        "\"steps\": [1, {\"step\": []}, {\"step\": \"switch\", \"elapsed-us\": -1}]}]}";
    g_autofree char *path = record_path();
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_autoptr(GnfOperation) read = gnf_record_load(path, &error);
    g_assert_no_error(error);
    const GnfOperationDevice *device = only_device(read);
    g_assert_false(read->finished);
    g_assert_cmpint(read->revert_at_us, ==, 0);
    g_assert_null(device->profile);
    g_assert_cmpint(device->priority, ==, 0);
    g_assert_cmpint(device->ifindex, ==, G_MAXINT32);
    g_assert_cmpint(device->queue_id, ==, 0);
    g_assert_cmpuint(device->steps->len, ==, 1);
    g_autoptr(JsonNode) report = gnf_report_operation(read);
    gnf_schema_check_return("guest-net-failover-prepare", report, &error);
    g_assert_no_error(error);
}

static void
test_unwritable(void)
{
    g_autoptr(GnfOperation) operation = gnf_test_operation();
    g_autoptr(GError) error = NULL;

    g_assert_false(gnf_record_save("/proc/operation.json", operation, &error));
    g_assert_error(error, GNF_ERROR, GNF_REASON_CODE_INTERNAL);
}

/* -- the operation -- */

static void
test_settle(void)
{
    g_autoptr(GnfOperation) operation = gnf_test_operation();
    GnfOperationDevice *device = only_device(operation);

    gnf_operation_settle(operation);
    g_assert_false(operation->finished);
    g_assert_cmpint(operation->status, ==, GNF_STATUS_DONE);
    device->state = GNF_STATE_ABSENT;
    gnf_operation_device_end(device, gnf_reason(GNF_REASON_CODE_TIMEOUT, "late"));
    gnf_operation_settle(operation);
    g_assert_false(operation->finished);
    g_assert_cmpint(operation->status, ==, GNF_STATUS_FAILED);
    GnfOperationDevice *second = gnf_operation_device_new();
    second->state = GNF_STATE_ATTACHED;
    g_ptr_array_add(operation->devices, second);
    gnf_operation_settle(operation);
    g_assert_cmpint(operation->status, ==, GNF_STATUS_PARTIAL);
    device->forgotten = TRUE;
    gnf_operation_settle(operation);
    g_assert_true(operation->finished);
}

static void
test_begin(void)
{
    g_autoptr(GnfOperation) operation = gnf_test_operation();
    GnfOperationDevice *failed = gnf_operation_device_new();
    GnfOperationDevice *device = only_device(operation);

    failed->state = GNF_STATE_ATTACHED;
    gnf_operation_device_end(failed, gnf_reason(GNF_REASON_CODE_NO_STANDBY, "none"));
    g_ptr_array_add(operation->devices, failed);
    gnf_operation_device_step(device, GNF_STEP_DETACH, 0);
    gnf_operation_begin(operation, GNF_VERB_COMPLETE);
    g_assert_true(only_device(operation) == device);
    g_assert_cmpuint(device->steps->len, ==, 0);
    g_assert_cmpint(operation->status, ==, GNF_STATUS_WAITING);
}

static void
test_warn_once(void)
{
    g_autoptr(GnfOperationDevice) device = gnf_operation_device_new();

    gnf_operation_device_warn(device, gnf_reason(GNF_REASON_CODE_REBOOT_UNSAFE, "one"));
    gnf_operation_device_warn(device, gnf_reason(GNF_REASON_CODE_SHARED_MAC, "two"));
    gnf_operation_device_warn(device, gnf_reason(GNF_REASON_CODE_REBOOT_UNSAFE, "three"));
    g_assert_cmpuint(device->warnings->len, ==, 2);
}

static void
test_report_fits_schema(void)
{
    g_autoptr(GnfOperation) operation = gnf_test_operation();
    g_autoptr(GError) error = NULL;

    gnf_operation_device_step(only_device(operation), GNF_STEP_RECORD, g_get_monotonic_time());
    g_autoptr(JsonNode) report = gnf_report_operation(operation);
    g_assert_true(gnf_schema_check_return("guest-net-failover-prepare", report, &error));
    g_assert_no_error(error);
    g_autoptr(GError) warning = gnf_reason(GNF_REASON_CODE_OPERATION_UNKNOWN, "gone");
    g_autoptr(JsonNode) empty = gnf_report_empty(GNF_VERB_COMPLETE, GNF_STATUS_DONE, warning);
    g_assert_true(gnf_schema_check_return("guest-net-failover-complete", empty, &error));
    g_assert_no_error(error);
}

/* -- arguments -- */

static JsonArray *
array_from(const char *json)
{
    g_autoptr(JsonNode) node = json_from_string(json, NULL);

    return json_node_dup_array(node);
}

static void
test_replacement_assign(void)
{
    g_autoptr(GnfOperation) operation = gnf_test_operation();
    g_autoptr(JsonArray) by_mac =
        array_from("[{\"mac\": \"52:54:00:00:00:09\", \"replaces\": \"52:54:00:00:00:01\"}]");
    g_autoptr(JsonArray) only = array_from("[{\"interface\": \"enp9s0\"}]");
    g_autoptr(JsonArray) unknown =
        array_from("[{\"mac\": \"52:54:00:00:00:09\", \"replaces\": \"52:54:00:00:00:77\"}]");
    g_autoptr(GError) error = NULL;
    GnfOperationDevice *device = only_device(operation);

    g_assert_true(gnf_replacement_assign(operation, NULL, &error));
    g_assert_true(gnf_replacement_assign(operation, by_mac, &error));
    g_assert_cmpstr(device->wanted_mac, ==, "52:54:00:00:00:09");
    g_assert_true(gnf_replacement_assign(operation, only, &error));
    g_assert_cmpstr(device->wanted_mac, ==, NULL);
    g_assert_cmpstr(device->wanted_interface, ==, "enp9s0");
    g_assert_false(gnf_replacement_assign(operation, unknown, &error));
    g_assert_error(error, GNF_ERROR, GNF_REASON_CODE_NO_SUCH_DEVICE);
    g_assert_nonnull(strstr(error->message, "devices[0].replaces"));
    g_assert_cmpstr(device->wanted_interface, ==, "enp9s0");
}

static void
test_replacement_ambiguous(void)
{
    g_autoptr(GnfOperation) operation = gnf_test_operation();
    g_autoptr(JsonArray) array = array_from("[{\"interface\": \"enp9s0\"}]");
    g_autoptr(GError) error = NULL;
    GnfOperationDevice *second = gnf_operation_device_new();

    second->mac = g_strdup("52:54:00:00:00:02");
    second->state = GNF_STATE_ABSENT;
    g_ptr_array_add(operation->devices, second);
    g_assert_false(gnf_replacement_assign(operation, array, &error));
    g_assert_error(error, GNF_ERROR, GNF_REASON_CODE_AMBIGUOUS_DEVICE);
}

static void
assert_options_refused(const char *json, const char *says)
{
    g_autoptr(JsonNode) node = json_from_string(json, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_null(gnf_prepare_options_parse(json_node_get_object(node), &error));
    g_assert_error(error, GNF_ERROR, GNF_REASON_CODE_INVALID_ARGUMENT);
    g_assert_nonnull(strstr(error->message, says));
}

static void
test_prepare_options(void)
{
    g_autoptr(JsonNode) node =
        json_from_string("{\"stage\": \"switch\", \"policy\": \"best-effort\", \"dry-run\": true, "
                         "\"revert-after-ms\": 86400000}",
                         NULL);
    g_autoptr(GnfPrepareOptions) defaults = gnf_prepare_options_parse(NULL, NULL);
    g_autoptr(GnfPrepareOptions) all = gnf_prepare_options_parse(json_node_get_object(node), NULL);

    g_assert_null(defaults->selectors);
    g_assert_cmpint(defaults->policy, ==, GNF_POLICY_ALL_OR_NOTHING);
    g_assert_false(defaults->only_switch || defaults->dry_run || defaults->eject);
    g_assert_cmpint(all->policy, ==, GNF_POLICY_BEST_EFFORT);
    g_assert_true(all->only_switch && all->dry_run);
    g_assert_cmpuint(all->revert_after_ms, ==, 86400000);
    assert_options_refused("{\"devices\": []}", "devices: is empty");
    assert_options_refused("{\"devices\": [{}]}", "devices[0]");
    assert_options_refused("{\"revert-after-ms\": 86400001}", "revert-after-ms");
    assert_options_refused("{\"stage\": \"switch\", \"eject\": true}", "eject");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("gnf-test-record-XXXXXX", NULL);
    g_test_add_func("/record/round-trip", test_round_trip);
    g_test_add_func("/record/awkward-strings", test_awkward_strings);
    g_test_add_func("/record/killed-in-mid-step", test_running);
    g_test_add_func("/record/none", test_none);
    g_test_add_func("/record/nonsense", test_nonsense);
    g_test_add_func("/record/wrong-types-count-as-not-there", test_wrong_types);
    g_test_add_func("/record/unwritable", test_unwritable);
    g_test_add_func("/operation/settle", test_settle);
    g_test_add_func("/operation/begin", test_begin);
    g_test_add_func("/operation/warn-once-a-code", test_warn_once);
    g_test_add_func("/report/fits-schema", test_report_fits_schema);
    g_test_add_func("/replacement/assign", test_replacement_assign);
    g_test_add_func("/replacement/assign/ambiguous", test_replacement_ambiguous);
    g_test_add_func("/prepare/options", test_prepare_options);
    int status = g_test_run();
    g_autofree char *path = record_path();
    (void)g_unlink(path);
    (void)g_rmdir(folder);
    g_free(folder);
    return status;
}
