/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Framer: cuts a byte stream into the units that QEMU's JSON lexer would act on, each with its
 * exact original bytes. A pure state machine: no I/O, no clock, and no byte is lexed twice.
 *
 * Every frame but GNF_FRAME_BLANK and GNF_FRAME_PART stands for exactly one reply of qemu-ga. The
 * cut does not depend on how the stream was chunked, except that BLANK runs and PARTs may be cut
 * finer. Rules and limits are those of qobject/json-lexer.c and json-streamer.c since QEMU 3.1.
 */
#pragma once

#include <glib.h>

/* Limits of one message, as QEMU's: bytes of all its tokens, number of tokens, nesting. */
#define GNF_FRAME_MAX_BYTES (64u << 20)
#define GNF_FRAME_MAX_TOKENS (2u << 20)
#define GNF_FRAME_MAX_DEPTH (1u << 10)

typedef enum {
    /* Nothing whole is left: feed more. */
    GNF_FRAME_PENDING,
    /* White space between messages, or what the lexer skips after an error. Has no reply. */
    GNF_FRAME_BLANK,
    /* One top-level JSON value with balanced brackets; its grammar is not checked. */
    GNF_FRAME_MESSAGE,
    /* A byte that fits nowhere, 0xFF above all: what was partial is void, and the lexer skips on to
     * the next bracket, comma, colon, control character, 0xFE or 0xFF. */
    GNF_FRAME_RESYNC,
    /* One of QEMU's limits is passed: what was partial is void, and lexing starts afresh. */
    GNF_FRAME_TOO_BIG,
    /* The first bytes of a message that is longer than the hold limit; more of it follows. A user
     * that wants only whole messages treats this as "too long" and stops. */
    GNF_FRAME_PART,
} GnfFrameResult;

typedef struct {
    const guint8 *bytes; /* the framer's; valid until it is fed, popped, reset or freed */
    gsize length;        /* 0 where the byte behind PARTs was what ended the message */
    gboolean continued;  /* PARTs of the same message went before */
} GnfFrame;

typedef struct GnfFramer GnfFramer;

/* hold_limit: bytes of one unfinished message to hold before it is given out in PARTs. */
GnfFramer *gnf_framer_new(gsize hold_limit);
void gnf_framer_free(GnfFramer *framer);

void gnf_framer_feed(GnfFramer *framer, const void *data, gsize length);

/* Pops the next frame; ret_frame is only set when the result is not GNF_FRAME_PENDING. */
GnfFrameResult gnf_framer_pop(GnfFramer *framer, GnfFrame *ret_frame);

/* Whether all was given out, and what comes next is lexed from the start: no message is begun, and
 * nothing is skipped. */
gboolean gnf_framer_is_clean(const GnfFramer *framer);

/* Whether a message is begun that has not ended: more of it has to come. */
gboolean gnf_framer_is_in_message(const GnfFramer *framer);

/* Drops whatever is held and starts afresh, as on a new connection. Returns whether PARTs of an
 * unfinished message had been given out. */
gboolean gnf_framer_reset(GnfFramer *framer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfFramer, gnf_framer_free)
