/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An engine for tests of its clients: listens on a unix socket in a folder of its own and gives the
 * answers it was told to give. It runs in the test's own main context.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

typedef enum {
    FAKE_ANSWER,  /* one reply a message; the last one again and again */
    FAKE_SILENT,  /* reads, says nothing */
    FAKE_HANG_UP, /* reads the message, closes the connection */
    FAKE_DRIP,    /* sends a byte of a line without end every now and then */
    FAKE_FLOOD,   /* sends without end, and no newline */
} FakeMood;

typedef struct FakeEngine FakeEngine;

/* replies: of FAKE_ANSWER, borrowed. An object is sent with the message's id, where it has none of
 * its own; a string is sent as it is. delay_ms: how long each answer takes. */
FakeEngine *fake_engine_new(FakeMood mood, JsonArray *replies, guint delay_ms);
void fake_engine_free(FakeEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeEngine, fake_engine_free)

const char *fake_engine_socket(const FakeEngine *engine);

/* The messages that came, as parsed: JsonNode elements. */
const GPtrArray *fake_engine_requests(const FakeEngine *engine);
