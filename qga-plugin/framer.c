/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Framer: see framer.h. The lexer is a function per group of states, from (state, byte) to the next
 * state or to one of four verdicts; the framer counts tokens and brackets as QEMU's streamer does.
 * Invariant: bytes[0, start) are given out, [start, scan) are lexed and held, the rest is unseen.
 */
#include "qga-plugin/framer.h"

#include <string.h>

/* An idle framer keeps no more memory than this. */
#define KEEP_IDLE (64u << 10)

typedef enum {
    START, /* between tokens */
    SKIP,  /* after an error, until a byte that can start something */
    DOUBLE_QUOTED,
    DOUBLE_QUOTED_ESCAPE,
    SINGLE_QUOTED,
    SINGLE_QUOTED_ESCAPE,
    MINUS,
    ZERO,
    DIGITS,
    POINT,
    FRACTION,
    EXPONENT,
    EXPONENT_SIGN,
    EXPONENT_DIGITS,
    KEYWORD,
    /* Verdicts */
    TOKEN_ENDS_HERE,   /* the byte is its last one */
    TOKEN_ENDS_BEFORE, /* the byte is to be lexed again, from START */
    RESTART_BEFORE,    /* SKIP is over; the byte is to be lexed again, from START */
    STRAY,             /* an error, and the byte belongs to it */
} LexState;

struct GnfFramer {
    GByteArray *bytes;
    gsize peak; /* longest since it was new: arrays do not shrink */
    gsize start;
    gsize scan;
    gsize hold_limit;
    LexState state;
    gsize token_length;   /* of the unfinished token */
    gsize message_length; /* of all tokens of the unfinished message */
    guint tokens;
    gint braces;
    gint brackets;
    gboolean parted;
};

GnfFramer *
gnf_framer_new(gsize hold_limit)
{
    GnfFramer *framer = g_new0(GnfFramer, 1);

    framer->bytes = g_byte_array_new();
    framer->hold_limit = hold_limit;
    return framer;
}

void
gnf_framer_free(GnfFramer *framer)
{
    g_byte_array_unref(framer->bytes);
    g_free(framer);
}

static LexState
from_start(guint8 byte)
{
    switch (byte) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return START;
    case '"':
        return DOUBLE_QUOTED;
    case '\'':
        return SINGLE_QUOTED;
    case '-':
        return MINUS;
    case '0':
        return ZERO;
    case '{':
    case '}':
    case '[':
    case ']':
    case ':':
    case ',':
        return TOKEN_ENDS_HERE;
    default:
        if (g_ascii_isdigit(byte))
            return DIGITS;
        return g_ascii_islower(byte) ? KEYWORD : STRAY;
    }
}

static LexState
from_skip(guint8 byte)
{
    if (byte >= 0xFE || (byte < 0x20 && byte != '\t'))
        return RESTART_BEFORE;
    return byte != 0 && strchr("{}[]:,", byte) ? RESTART_BEFORE : SKIP;
}

static LexState
from_string(LexState state, guint8 byte)
{
    gboolean escaped = state == DOUBLE_QUOTED_ESCAPE || state == SINGLE_QUOTED_ESCAPE;
    gboolean doubled = state == DOUBLE_QUOTED || state == DOUBLE_QUOTED_ESCAPE;

    if (byte < 0x20 || byte >= 0xFE)
        return STRAY;
    if (escaped)
        return doubled ? DOUBLE_QUOTED : SINGLE_QUOTED;
    if (byte == '\\')
        return doubled ? DOUBLE_QUOTED_ESCAPE : SINGLE_QUOTED_ESCAPE;
    return byte == (doubled ? '"' : '\'') ? TOKEN_ENDS_HERE : state;
}

static LexState
from_number(LexState state, guint8 byte)
{
    gboolean digit = g_ascii_isdigit(byte);
    gboolean exponent = byte == 'e' || byte == 'E';

    switch (state) {
    case MINUS:
        return byte == '0' ? ZERO : digit ? DIGITS : STRAY;
    case ZERO:
        return byte == '.' ? POINT : digit ? STRAY : TOKEN_ENDS_BEFORE;
    case DIGITS:
        if (digit)
            return DIGITS;
        return byte == '.' ? POINT : exponent ? EXPONENT : TOKEN_ENDS_BEFORE;
    case POINT:
        return digit ? FRACTION : STRAY;
    case FRACTION:
        return digit ? FRACTION : exponent ? EXPONENT : TOKEN_ENDS_BEFORE;
    case EXPONENT:
        if (byte == '+' || byte == '-')
            return EXPONENT_SIGN;
        return digit ? EXPONENT_DIGITS : STRAY;
    case EXPONENT_SIGN:
        return digit ? EXPONENT_DIGITS : STRAY;
    default:
        return digit ? EXPONENT_DIGITS : TOKEN_ENDS_BEFORE;
    }
}

static LexState
next_state(LexState state, guint8 byte)
{
    switch (state) {
    case START:
        return from_start(byte);
    case SKIP:
        return from_skip(byte);
    case DOUBLE_QUOTED:
    case DOUBLE_QUOTED_ESCAPE:
    case SINGLE_QUOTED:
    case SINGLE_QUOTED_ESCAPE:
        return from_string(state, byte);
    case KEYWORD:
        return g_ascii_islower(byte) ? KEYWORD : TOKEN_ENDS_BEFORE;
    default:
        return from_number(state, byte);
    }
}

static GnfFrameResult
end_message(GnfFramer *framer, GnfFrameResult result)
{
    framer->token_length = framer->message_length = 0;
    framer->tokens = 0;
    framer->braces = framer->brackets = 0;
    return result;
}

/* The token that ended at scan; `kind` is its first byte where that is a bracket. */
static GnfFrameResult
end_token(GnfFramer *framer, guint8 kind)
{
    framer->braces += kind == '{' ? 1 : kind == '}' ? -1 : 0;
    framer->brackets += kind == '[' ? 1 : kind == ']' ? -1 : 0;
    /* In the order and with the off-by-one of QEMU's streamer. */
    if (framer->message_length + framer->token_length + 1 > GNF_FRAME_MAX_BYTES ||
        framer->tokens + 1 > GNF_FRAME_MAX_TOKENS ||
        framer->braces + framer->brackets > (gint)GNF_FRAME_MAX_DEPTH)
        return end_message(framer, GNF_FRAME_TOO_BIG);

    framer->message_length += framer->token_length;
    framer->token_length = 0;
    framer->tokens++;
    if (framer->braces >= 0 && framer->brackets >= 0 && framer->braces + framer->brackets > 0)
        return GNF_FRAME_PENDING;
    return end_message(framer, GNF_FRAME_MESSAGE);
}

static gboolean
is_idle(const GnfFramer *framer)
{
    return framer->tokens == 0 && (framer->state == START || framer->state == SKIP);
}

static GnfFrameResult
consume(GnfFramer *framer, LexState next)
{
    framer->scan++;
    framer->state = next;
    if (next == START || next == SKIP)
        return GNF_FRAME_PENDING;
    /* A token on its own above the limit is given up before it ends. */
    if (++framer->token_length > GNF_FRAME_MAX_BYTES) {
        framer->state = START;
        return end_message(framer, GNF_FRAME_TOO_BIG);
    }
    return GNF_FRAME_PENDING;
}

static GnfFrameResult
lex_byte(GnfFramer *framer)
{
    guint8 byte = framer->bytes->data[framer->scan];
    LexState next = next_state(framer->state, byte);

    if (next == RESTART_BEFORE) {
        framer->state = START;
        return GNF_FRAME_PENDING;
    }
    if (is_idle(framer) && next != START && next != SKIP && framer->scan > framer->start)
        return GNF_FRAME_BLANK;

    switch (next) {
    case TOKEN_ENDS_BEFORE:
        framer->state = START;
        return end_token(framer, 0);
    case TOKEN_ENDS_HERE:
        framer->state = START;
        framer->token_length++;
        framer->scan++;
        return end_token(framer, byte);
    case STRAY:
        framer->state = SKIP;
        framer->scan++;
        return end_message(framer, GNF_FRAME_RESYNC);
    default:
        return consume(framer, next);
    }
}

/* The long way through a file's base64: plain bytes inside a string, without the state machine. */
static void
skip_plain_string(GnfFramer *framer)
{
    guint8 quote = framer->state == DOUBLE_QUOTED ? '"' : '\'';
    const guint8 *data = framer->bytes->data;
    gsize from = framer->scan;
    gsize room = GNF_FRAME_MAX_BYTES - framer->token_length;
    gsize end = MIN(framer->bytes->len, from + room);
    gsize at = from;

    while (at < end && data[at] >= 0x20 && data[at] < 0xFE && data[at] != '\\' && data[at] != quote)
        at++;
    framer->token_length += at - from;
    framer->scan = at;
}

static GnfFrameResult
lex(GnfFramer *framer)
{
    while (framer->scan < framer->bytes->len) {
        GnfFrameResult result = lex_byte(framer);

        if (result != GNF_FRAME_PENDING)
            return result;
        if (framer->state == DOUBLE_QUOTED || framer->state == SINGLE_QUOTED)
            skip_plain_string(framer);
    }
    if (framer->scan == framer->start)
        return GNF_FRAME_PENDING;
    if (is_idle(framer))
        return GNF_FRAME_BLANK;
    return framer->scan - framer->start > framer->hold_limit ? GNF_FRAME_PART : GNF_FRAME_PENDING;
}

static void
drop_given_out(GnfFramer *framer)
{
    if (framer->start == framer->bytes->len && framer->peak > KEEP_IDLE) {
        g_byte_array_unref(framer->bytes);
        framer->bytes = g_byte_array_new();
        framer->peak = 0;
    } else if (framer->start > 0) {
        g_byte_array_remove_range(framer->bytes, 0, framer->start);
    }
    framer->scan -= framer->start;
    framer->start = 0;
}

void
gnf_framer_feed(GnfFramer *framer, const void *data, gsize length)
{
    drop_given_out(framer);
    g_byte_array_append(framer->bytes, data, length);
    framer->peak = MAX(framer->peak, framer->bytes->len);
}

GnfFrameResult
gnf_framer_pop(GnfFramer *framer, GnfFrame *ret_frame)
{
    GnfFrameResult result = lex(framer);

    if (result == GNF_FRAME_PENDING)
        return result;
    ret_frame->bytes = framer->bytes->data + framer->start;
    ret_frame->length = framer->scan - framer->start;
    ret_frame->continued = framer->parted;
    framer->start = framer->scan;
    framer->parted = result == GNF_FRAME_PART;
    return result;
}

gboolean
gnf_framer_is_clean(const GnfFramer *framer)
{
    return framer->state == START && framer->tokens == 0 && framer->start == framer->bytes->len;
}

gboolean
gnf_framer_is_in_message(const GnfFramer *framer)
{
    return framer->tokens > 0 || (framer->state != START && framer->state != SKIP);
}

gboolean
gnf_framer_reset(GnfFramer *framer)
{
    gboolean parted = framer->parted;

    framer->start = framer->scan = framer->bytes->len;
    drop_given_out(framer);
    framer->state = START;
    framer->parted = FALSE;
    end_message(framer, GNF_FRAME_PENDING);
    return parted;
}
