/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target of qga-plugin/framer.c. The first bytes say how the rest is chunked; the rest is fed
 * whole, byte by byte, and in these chunks with a small hold limit. All must cut alike, give out
 * every byte once and in order, and cut nothing that is not a whole value, judged by a second and
 * simpler reading of the bytes.
 *
 * The program `framer` has QEMU's limits, of which only the depth is in reach here; `framer-limits`
 * is built with framer-limits.h, where all are.
 */
#include "qga-plugin/framer.h"

#include <string.h>

#include "tests/fuzz/target.h"

/* One byte for the hold limit, then the lengths of the chunks, over and over. */
#define CHUNKS 4
#define HEADER (1 + CHUNKS)
#define INPUT_MAX 4096
#define HOLD_ALL (2 * INPUT_MAX)

typedef struct {
    GnfFrameResult result; /* padded to no hole: compared as bytes */
    guint end;
} Cut;

/* One way through the input. Neighbouring BLANKs are one cut, PARTs are none. */
typedef struct {
    const guint8 *bytes;
    gsize length;
    gsize hold;
    gsize fed;
    gsize at;    /* everything before it was given out */
    gsize begin; /* of the unit that is being given out */
    gboolean parted;
    guint n_cuts;
    Cut cuts[INPUT_MAX];
} Run;

static gboolean
is_white(guint8 byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* How long the string that begins here is, with both quotes. */
static gsize
string_length(const guint8 *bytes, gsize length)
{
    gsize at = 1;

    while (at < length && bytes[at] != bytes[0])
        at += bytes[at] == '\\' ? 2 : 1;
    return at + 1;
}

static void
assert_word(const guint8 *bytes, gsize length)
{
    for (gsize i = 0; i < length; i++)
        g_assert_true(g_ascii_isalnum(bytes[i]) || (i > 0 && strchr("+-.", bytes[i])) ||
                      bytes[i] == '-');
}

/* From an opening bracket to where the brackets are balanced, or one is closed that was not open.
 * Nothing in between may be such a place. */
static void
assert_balanced(const guint8 *bytes, gsize length)
{
    gint braces = 0;
    gint brackets = 0;
    gsize size = 0;
    guint tokens = 0; /* words not counted */
    gsize used;

    for (gsize i = 0; i < length; i += used) {
        guint8 byte = bytes[i];

        g_assert_true(i == 0 || (braces >= 0 && brackets >= 0 && braces + brackets > 0));
        used = byte == '"' || byte == '\'' ? string_length(bytes + i, length - i) : 1;
        braces += byte == '{' ? 1 : byte == '}' ? -1 : 0;
        brackets += byte == '[' ? 1 : byte == ']' ? -1 : 0;
        size += is_white(byte) ? 0 : used;
        tokens += strchr("{}[]:,\"'", byte) != NULL;
        g_assert_cmpint(braces + brackets, <=, GNF_FRAME_MAX_DEPTH);
    }
    g_assert_true(braces < 0 || brackets < 0 || braces + brackets == 0);
    g_assert_cmpuint(size, <, GNF_FRAME_MAX_BYTES);
    g_assert_cmpuint(tokens, <=, GNF_FRAME_MAX_TOKENS);
}

static void
assert_message(const guint8 *bytes, gsize length)
{
    g_assert_cmpuint(length, >, 0);
    if (bytes[0] == '{' || bytes[0] == '[')
        assert_balanced(bytes, length);
    else if (strchr("}]:,", bytes[0]))
        g_assert_cmpuint(length, ==, 1);
    else if (bytes[0] == '"' || bytes[0] == '\'')
        g_assert_cmpuint(length, ==, string_length(bytes, length));
    else
        assert_word(bytes, length);
}

/* White space only; after an error also what comes before the next byte that can start something.
 */
static void
assert_blank(const guint8 *bytes, gsize length, gboolean skipping)
{
    for (gsize i = 0; i < length; i++) {
        gboolean control = bytes[i] < 0x20 && bytes[i] != '\t';

        skipping = skipping && !control;
        g_assert_true(skipping || is_white(bytes[i]));
        g_assert_true(bytes[i] < 0xFE && !(bytes[i] && strchr("{}[]:,", bytes[i])));
    }
}

/* Each limit takes at least so many bytes to pass. */
static void
assert_too_big(gsize length)
{
    const guint smallest = MIN(MIN(GNF_FRAME_MAX_BYTES, GNF_FRAME_MAX_TOKENS), GNF_FRAME_MAX_DEPTH);

    g_assert_cmpuint(length, >=, smallest);
}

static void
assert_cuts(const Run *run)
{
    const guint8 *bytes = run->bytes;
    gsize begin = 0;

    for (guint i = 0; i < run->n_cuts; i++) {
        gsize length = run->cuts[i].end - begin;

        if (run->cuts[i].result == GNF_FRAME_MESSAGE)
            assert_message(bytes + begin, length);
        else if (run->cuts[i].result == GNF_FRAME_BLANK)
            assert_blank(bytes + begin, length, i && run->cuts[i - 1].result == GNF_FRAME_RESYNC);
        else if (run->cuts[i].result == GNF_FRAME_TOO_BIG)
            assert_too_big(length);
        else
            g_assert_cmpuint(length, >, 0);
        begin = run->cuts[i].end;
    }
}

static void
take(Run *run, GnfFrameResult result, const GnfFrame *frame)
{
    /* What ends a message that was given out in PARTs may be the byte behind it. */
    g_assert_true(frame->length > 0 || frame->continued);
    g_assert_cmpuint(frame->length, <=, run->fed - run->at);
    g_assert_true(memcmp(frame->bytes, run->bytes + run->at, frame->length) == 0);
    g_assert_cmpint(frame->continued, ==, run->parted);
    run->at += frame->length;
    run->parted = result == GNF_FRAME_PART;
    if (result == GNF_FRAME_PART) {
        g_assert_cmpuint(frame->length, >, run->hold);
        return;
    }
    run->begin = run->at;
    if (result == GNF_FRAME_BLANK && run->n_cuts &&
        run->cuts[run->n_cuts - 1].result == GNF_FRAME_BLANK)
        run->n_cuts--;
    run->cuts[run->n_cuts++] = (Cut){result, (guint)run->at};
}

static void
feed(Run *run, GnfFramer *framer, gsize length)
{
    GnfFrameResult result;
    GnfFrame frame;

    gnf_framer_feed(framer, run->bytes + run->fed, length);
    run->fed += length;
    while ((result = gnf_framer_pop(framer, &frame)) != GNF_FRAME_PENDING)
        take(run, result, &frame);
    g_assert_cmpuint(run->fed - run->at, <=, run->hold);
}

/* The framer is as new: it has just been made, or reset. chunks: CHUNKS lengths, 0 for the rest. */
static void
go_through(Run *run, GnfFramer *framer, gsize hold, const guint8 *chunks)
{
    run->hold = hold;
    run->fed = run->at = run->begin = 0;
    run->parted = FALSE;
    run->n_cuts = 0;
    for (guint i = 0; run->fed < run->length; i++) {
        gsize left = run->length - run->fed;
        gsize chunk = chunks[i % CHUNKS] ? chunks[i % CHUNKS] : left;

        feed(run, framer, MIN(chunk, left));
    }
}

static void
assert_same(const Run *run, const Run *whole)
{
    g_assert_cmpuint(run->n_cuts, ==, whole->n_cuts);
    g_assert_true(memcmp(run->cuts, whole->cuts, run->n_cuts * sizeof(Cut)) == 0);
    g_assert_cmpuint(run->begin, ==, whole->begin);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const guint8 at_once[CHUNKS] = {0};
    static const guint8 by_byte[CHUNKS] = {1, 1, 1, 1};
    static Run whole, run;

    if (size <= HEADER || size - HEADER > INPUT_MAX)
        return 0;
    whole.bytes = run.bytes = data + HEADER;
    whole.length = run.length = size - HEADER;

    g_autoptr(GnfFramer) framer = gnf_framer_new(HOLD_ALL);
    go_through(&whole, framer, HOLD_ALL, at_once);
    assert_cuts(&whole);
    g_assert_false(gnf_framer_reset(framer));
    go_through(&run, framer, HOLD_ALL, by_byte);
    assert_same(&run, &whole);

    g_autoptr(GnfFramer) small = gnf_framer_new(data[0]);
    go_through(&run, small, data[0], data + 1);
    assert_same(&run, &whole);
    g_assert_cmpint(gnf_framer_reset(small), ==, run.parted);
    go_through(&run, small, data[0], at_once);
    assert_same(&run, &whole);
    return 0;
}
