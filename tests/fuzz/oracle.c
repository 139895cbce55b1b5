/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The oracle; see oracle.h.
 */
#include "tests/fuzz/oracle.h"

#include <string.h>

#include "qga-plugin/json.h"

/* What is longer may go on in parts, and is then answered without its id where qemu-ga is away. */
#define WHOLE_MAX (100u << 10)

typedef struct {
    gint64 id;
    gboolean must; /* not a command that answers only on failure */
    gboolean answered;
} Asked;

GnfOracle *
gnf_oracle_new(const GnfGuestAgent *qemu_ga)
{
    GnfOracle *oracle = g_new0(GnfOracle, 1);

    oracle->qemu_ga = qemu_ga;
    oracle->framer = gnf_framer_new(GNF_FRAME_MAX_BYTES);
    oracle->asked = g_array_new(FALSE, FALSE, sizeof(Asked));
    oracle->barriers = g_array_new(FALSE, FALSE, sizeof(gint64));
    oracle->line = g_string_new(NULL);
    oracle->next_id = GNF_ORACLE_ID_FIRST;
    oracle->honest = oracle->exact = TRUE;
    return oracle;
}

void
gnf_oracle_free(GnfOracle *oracle)
{
    gnf_framer_free(oracle->framer);
    g_array_unref(oracle->asked);
    g_array_unref(oracle->barriers);
    g_string_free(oracle->line, TRUE);
    g_free(oracle);
}

void
gnf_oracle_barrier(GnfOracle *oracle, gint64 id)
{
    g_array_append_val(oracle->barriers, id);
}

/* -- what the host asked for -- */

static gboolean
may_be_silent(GnfText message)
{
    g_autofree char *command = NULL;
    GnfText execute;

    if (message.length > WHOLE_MAX)
        return TRUE;
    if (gnf_json_member(message, "execute", &execute))
        command = gnf_json_string(execute);
    return command &&
           (g_str_equal(command, "guest-shutdown") || g_str_has_prefix(command, "guest-suspend-"));
}

static void
note_message(GnfOracle *oracle, GnfText message)
{
    Asked asked = {.must = !may_be_silent(message)};
    GnfText id;

    if (!gnf_json_is_object(message) || !gnf_json_member(message, "id", &id) ||
        !gnf_json_integer(id, &asked.id) || asked.id < GNF_ORACLE_ID_FIRST)
        return;
    if (asked.id >= oracle->next_id ||
        (oracle->asked->len > 0 &&
         asked.id <= g_array_index(oracle->asked, Asked, oracle->asked->len - 1).id))
        oracle->loose = TRUE;
    g_array_append_val(oracle->asked, asked);
}

void
gnf_oracle_asks(GnfOracle *oracle, const char *data, gsize length)
{
    GnfFrameResult result;
    GnfFrame frame;

    gnf_framer_feed(oracle->framer, data, length);
    while ((result = gnf_framer_pop(oracle->framer, &frame)) != GNF_FRAME_PENDING)
        if (result == GNF_FRAME_MESSAGE)
            note_message(oracle, (GnfText){(const char *)frame.bytes, frame.length});
}

/* -- what the host gets -- */

static void
assert_no_barrier(const GnfOracle *oracle, gint64 id)
{
    for (guint i = 0; i < oracle->barriers->len; i++)
        g_assert_cmpint(g_array_index(oracle->barriers, gint64, i), !=, id);
}

/* This host's, not answered yet, and everything before it is. */
static void
check_id(GnfOracle *oracle, gint64 id)
{
    if (oracle->loose || id < GNF_ORACLE_ID_FIRST)
        return;
    for (guint i = 0; i < oracle->asked->len; i++) {
        Asked *asked = &g_array_index(oracle->asked, Asked, i);

        if (asked->id == id) {
            g_assert_false(asked->answered);
            asked->answered = TRUE;
            return;
        }
        g_assert_true(asked->answered || !asked->must);
    }
    g_assert_not_reached();
}

/* Nothing taken away, and nothing put in but at one place of a guest-info. */
static void
assert_verbatim(const GString *said, const GString *got)
{
    gsize same = 0;

    g_assert_cmpuint(got->len, >=, said->len);
    while (same < said->len && got->str[same] == said->str[same])
        same++;
    g_assert_true(
        memcmp(got->str + got->len - (said->len - same), said->str + same, said->len - same) == 0);
    if (!strstr(said->str, "supported_commands"))
        g_assert_cmpuint(got->len, ==, said->len);
}

static void
check_serial(GnfOracle *oracle, guint serial)
{
    g_assert_cmpuint(serial, >, oracle->last_serial);
    if (oracle->exact)
        g_assert_cmpuint(serial, ==, oracle->last_serial + 1);
    oracle->last_serial = serial;
    assert_verbatim(gnf_guest_agent_line(oracle->qemu_ga, serial), oracle->line);
}

static void
check_line(GnfOracle *oracle)
{
    gboolean marked = oracle->line->str[0] == '\xff';
    GnfText line = {oracle->line->str + marked, oracle->line->len - marked};
    GnfText value;
    gint64 number;

    if (gnf_json_member(line, "id", &value) && gnf_json_integer(value, &number)) {
        /* A liar may have put the mark in front of anything. */
        if (oracle->honest || !marked)
            assert_no_barrier(oracle, number);
        if (oracle->honest)
            check_id(oracle, number);
    }
    if (!oracle->honest)
        return;
    g_assert_true(gnf_json_is_object(line));
    if (gnf_json_member(line, "n", &value) && gnf_json_integer(value, &number))
        check_serial(oracle, (guint)number);
}

void
gnf_oracle_gets(GnfOracle *oracle, const char *data, gsize length)
{
    const char *end = data + length;

    while (data < end) {
        const char *newline = memchr(data, '\n', (gsize)(end - data));
        const char *next = newline ? newline + 1 : end;

        g_string_append_len(oracle->line, data, next - data);
        data = next;
        if (!newline)
            continue;
        check_line(oracle);
        g_string_truncate(oracle->line, 0);
    }
}

void
gnf_oracle_assert_answered(const GnfOracle *oracle)
{
    if (!oracle->honest || oracle->loose)
        return;
    for (guint i = 0; i < oracle->asked->len; i++) {
        const Asked *asked = &g_array_index(oracle->asked, Asked, i);

        g_assert_true(asked->answered || !asked->must);
    }
}

void
gnf_oracle_next_host(GnfOracle *oracle)
{
    g_string_truncate(oracle->line, 0);
    g_array_set_size(oracle->asked, 0);
    gnf_framer_reset(oracle->framer);
}
