/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of qga-plugin/framer.c. A stream's frames are written down as text, a line a frame:
 * `M{"a":1}`, with B for BLANK, M for MESSAGE, R for RESYNC, T for TOO_BIG, P for PART, and `+` in
 * front of one that continues a message. That the cut is qemu-ga's own is the conformance suite's.
 */
#include "qga-plugin/framer.h"

#include <string.h>

#define HOLD (1u << 20)

static char
letter_of(GnfFrameResult result)
{
    return "?BMRTP"[result];
}

/* Neighbouring BLANKs are one: where they are cut is not promised. */
static void
pop_all(GnfFramer *framer, GString *out, gboolean *was_blank)
{
    GnfFrameResult result;
    GnfFrame frame;

    while ((result = gnf_framer_pop(framer, &frame)) != GNF_FRAME_PENDING) {
        gboolean blank = result == GNF_FRAME_BLANK;

        g_assert_cmpuint(frame.length, >, 0);
        if (!blank || !*was_blank)
            g_string_append_printf(
                out, "%s%s%c", out->len ? "|" : "", frame.continued ? "+" : "", letter_of(result));
        g_string_append_len(out, (const char *)frame.bytes, frame.length);
        *was_blank = blank;
    }
}

static GString *
cut(const char *data, gsize length, GRand *chunks)
{
    g_autoptr(GnfFramer) framer = gnf_framer_new(HOLD);
    GString *out = g_string_new(NULL);
    gboolean was_blank = FALSE;

    while (length > 0) {
        gsize chunk = chunks ? (gsize)g_rand_int_range(chunks, 1, MIN(length, 9) + 1) : length;

        gnf_framer_feed(framer, data, chunk);
        pop_all(framer, out, &was_blank);
        data += chunk;
        length -= chunk;
    }
    return out;
}

static void
assert_cut(const char *data, const char *expected)
{
    g_autoptr(GString) frames = cut(data, strlen(data), NULL);

    g_assert_cmpstr(frames->str, ==, expected);
}

static void
test_messages(void)
{
    assert_cut("{\"execute\":\"guest-ping\"}", "M{\"execute\":\"guest-ping\"}");
    assert_cut("{\"a\":[{}]}{}\n[]", "M{\"a\":[{}]}|M{}|B\n|M[]");
    assert_cut("{'a\"}':'\\'}'}", "M{'a\"}':'\\'}'}");
    assert_cut("{\"}\\\"}\\\\\"}", "M{\"}\\\"}\\\\\"}");
    assert_cut("\r\n\t {\n}\n", "B\r\n\t |M{\n}|B\n");
    assert_cut("{\"execute\":", "");
}

static void
test_scalars(void)
{
    /* The byte behind a number or word ends it; a string ends by itself. */
    assert_cut("42", "");
    assert_cut("42\n", "M42|B\n");
    assert_cut("hello world ", "Mhello|B |Mworld|B ");
    assert_cut("\"a\"'b'", "M\"a\"|M'b'");
    assert_cut("-1.5e+7,0 ", "M-1.5e+7|M,|M0|B ");
    assert_cut("true{}", "Mtrue|M{}");
}

static void
test_unbalanced(void)
{
    assert_cut("}{}", "M}|M{}");
    assert_cut("{]}", "M{]|M}");
    assert_cut("[}", "M[}");
    /* Brackets are counted by kind, not matched. */
    assert_cut("[{]}", "M[{]}");
}

static void
test_resync(void)
{
    assert_cut("\xff{}", "R\xff|M{}");
    assert_cut("{\"execute\":\"guest-pi\xff{}", "R{\"execute\":\"guest-pi\xff|M{}");
    assert_cut("{\"a\nb\"}", "R{\"a\n|Bb\"|M}");
    assert_cut("\xff\xff\n", "R\xff|R\xff|B\n");
    assert_cut("% junk\t\"x\" 12 {}", "R%|B junk\t\"x\" 12 |M{}");
    assert_cut("\x01", "R\x01");
    assert_cut("01 ,", "R01|B |M,");
    assert_cut("- \n", "R- |B\n");
    assert_cut("1.e\n", "R1.e|B\n");
    assert_cut("1ex\n1e+\n", "R1ex|B\n|R1e+\n");
    assert_cut("HELLO\n", "RH|BELLO\n");
}

/* A zero byte does not end a test's data here. */
static void
test_zero_byte(void)
{
    g_autoptr(GString) frames = cut("%\0{}", 4, NULL);

    g_assert_cmpmem(frames->str, frames->len, "R%|R\0|M{}", 9);
}

static void
feed_times(GnfFramer *framer, const char *text, guint count)
{
    for (guint i = 0; i < count; i++)
        gnf_framer_feed(framer, text, strlen(text));
}

static void
assert_next(GnfFramer *framer, GnfFrameResult expected, gsize length)
{
    GnfFrame frame;

    g_assert_cmpint(gnf_framer_pop(framer, &frame), ==, expected);
    if (expected != GNF_FRAME_PENDING)
        g_assert_cmpuint(frame.length, ==, length);
}

static void
test_depth_limit(void)
{
    g_autoptr(GnfFramer) framer = gnf_framer_new(HOLD);

    feed_times(framer, "[", 1024);
    assert_next(framer, GNF_FRAME_PENDING, 0);
    feed_times(framer, "]", 1024);
    assert_next(framer, GNF_FRAME_MESSAGE, 2048);
    feed_times(framer, "{", 1025);
    assert_next(framer, GNF_FRAME_TOO_BIG, 1025);
    gnf_framer_feed(framer, "{}", 2);
    assert_next(framer, GNF_FRAME_MESSAGE, 2);
}

static void
test_token_limit(void)
{
    g_autoptr(GnfFramer) framer = gnf_framer_new(GNF_FRAME_MAX_BYTES);

    gnf_framer_feed(framer, "[", 1);
    feed_times(framer, ",", GNF_FRAME_MAX_TOKENS - 1);
    assert_next(framer, GNF_FRAME_PENDING, 0);
    gnf_framer_feed(framer, "]", 1);
    assert_next(framer, GNF_FRAME_TOO_BIG, GNF_FRAME_MAX_TOKENS + 1);
    gnf_framer_feed(framer, "[]", 2);
    assert_next(framer, GNF_FRAME_MESSAGE, 2);
}

/* One string with its quotes, so long that the whole stays a byte under the limit or not. */
static void
assert_string_in_list(guint string_length, GnfFrameResult expected)
{
    g_autoptr(GnfFramer) framer = gnf_framer_new(2 * GNF_FRAME_MAX_BYTES);
    g_autofree char *text = g_strnfill(string_length - 2, 'A');

    gnf_framer_feed(framer, "[\"", 2);
    gnf_framer_feed(framer, text, string_length - 2);
    gnf_framer_feed(framer, "\"]", 2);
    assert_next(framer, expected, string_length + 2);
}

static void
test_byte_limit(void)
{
    assert_string_in_list(GNF_FRAME_MAX_BYTES - 3, GNF_FRAME_MESSAGE);
    assert_string_in_list(GNF_FRAME_MAX_BYTES - 2, GNF_FRAME_TOO_BIG);
}

static void
test_parts(void)
{
    g_autoptr(GnfFramer) framer = gnf_framer_new(4);
    GString *out = g_string_new(NULL);
    g_autofree char *frames = NULL;
    gboolean was_blank = FALSE;
    const char *chunks[] = {"[1,2", ",3", ",4,5,6", ",7]{}", " [\"abcdef", "\xff"};

    for (guint i = 0; i < G_N_ELEMENTS(chunks); i++) {
        gnf_framer_feed(framer, chunks[i], strlen(chunks[i]));
        pop_all(framer, out, &was_blank);
    }
    frames = g_string_free(out, FALSE);
    g_assert_cmpstr(frames, ==, "P[1,2,3|+P,4,5,6|+M,7]|M{}|B |P[\"abcdef|+R\xff");
}

static void
test_reset(void)
{
    g_autoptr(GnfFramer) framer = gnf_framer_new(4);

    gnf_framer_feed(framer, "{{\"", 3);
    assert_next(framer, GNF_FRAME_PENDING, 0);
    g_assert_false(gnf_framer_reset(framer));
    gnf_framer_feed(framer, "{}", 2);
    assert_next(framer, GNF_FRAME_MESSAGE, 2);
    gnf_framer_feed(framer, "[\"abcdef", 8);
    assert_next(framer, GNF_FRAME_PART, 8);
    g_assert_true(gnf_framer_reset(framer));
    gnf_framer_feed(framer, "\"x\"", 3);
    assert_next(framer, GNF_FRAME_MESSAGE, 3);
}

static void
test_clean(void)
{
    g_autoptr(GnfFramer) framer = gnf_framer_new(HOLD);
    const char *unclean[] = {"{", "\"", "4", "%", "% skipped "};

    for (guint i = 0; i < G_N_ELEMENTS(unclean); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        gboolean was_blank = FALSE;

        g_assert_true(gnf_framer_is_clean(framer));
        gnf_framer_feed(framer, unclean[i], strlen(unclean[i]));
        pop_all(framer, out, &was_blank);
        g_assert_false(gnf_framer_is_clean(framer));
        gnf_framer_reset(framer);
    }
    gnf_framer_feed(framer, "{}\n", 3);
    assert_next(framer, GNF_FRAME_MESSAGE, 2);
    assert_next(framer, GNF_FRAME_BLANK, 1);
    g_assert_true(gnf_framer_is_clean(framer));
}

static GString *
random_stream(GRand *source)
{
    static const char *const pieces[] = {
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "'",
        "\\",
        " ",
        "\n",
        "\t",
        "\xff",
        "\xfe",
        "-",
        "0",
        "17",
        "1.5",
        "e",
        "E+",
        "null",
        "X",
        "\x80",
        "%",
        "{}",
        "[[]]",
        "\"a\\\"b\"",
        "'\\''",
        "\x01",
        "{\"execute\":\"guest-ping\"}",
        "\xff{\"execute\":\"guest-sync\"}\n",
    };
    GString *out = g_string_new(NULL);
    guint count = g_rand_int_range(source, 1, 40);

    for (guint i = 0; i < count; i++)
        g_string_append(out, pieces[g_rand_int_range(source, 0, G_N_ELEMENTS(pieces))]);
    return out;
}

static void
test_any_chunking(void)
{
    g_autoptr(GRand) source = g_rand_new_with_seed(0xabcdef);

    for (guint i = 0; i < 20000; i++) {
        g_autoptr(GString) stream = random_stream(source);
        g_autoptr(GString) whole = cut(stream->str, stream->len, NULL);
        g_autoptr(GString) split = cut(stream->str, stream->len, source);

        g_assert_cmpmem(split->str, split->len, whole->str, whole->len);
    }
}

/* Nothing is lost or made up: the frames and what is still held are the stream. */
static void
test_exact_bytes(void)
{
    g_autoptr(GRand) source = g_rand_new_with_seed(4);

    for (guint i = 0; i < 2000; i++) {
        g_autoptr(GString) stream = random_stream(source);
        g_autoptr(GnfFramer) framer = gnf_framer_new(g_rand_int_range(source, 0, 30));
        GnfFrame frame;
        gsize at = 0;

        gnf_framer_feed(framer, stream->str, stream->len);
        while (gnf_framer_pop(framer, &frame) != GNF_FRAME_PENDING) {
            g_assert_cmpmem(frame.bytes, frame.length, stream->str + at, frame.length);
            at += frame.length;
        }
        g_assert_cmpuint(at, <=, stream->len);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/framer/messages", test_messages);
    g_test_add_func("/framer/scalars-end-at-the-next-byte", test_scalars);
    g_test_add_func("/framer/unbalanced-brackets-are-messages", test_unbalanced);
    g_test_add_func("/framer/resync/what-fits-nowhere", test_resync);
    g_test_add_func("/framer/resync/zero-byte", test_zero_byte);
    g_test_add_func("/framer/limits/depth", test_depth_limit);
    g_test_add_func("/framer/limits/tokens", test_token_limit);
    g_test_add_func("/framer/limits/bytes", test_byte_limit);
    g_test_add_func("/framer/parts-of-a-long-message", test_parts);
    g_test_add_func("/framer/reset-forgets-the-partial-message", test_reset);
    g_test_add_func("/framer/clean-between-messages", test_clean);
    g_test_add_func("/framer/split/any-chunking", test_any_chunking);
    g_test_add_func("/framer/split/every-byte-once", test_exact_bytes);
    return g_test_run();
}
