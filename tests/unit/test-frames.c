/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The announcement frames, byte for byte against hand-made ones. The NA's checksum was worked out
 * from RFC 8200 section 8.1 by another program, not by the code under test.
 */
#include "netlink/frames.h"

#include <string.h>

static const guint8 mac[] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static void
test_arp(void)
{
    static const guint8 ip[] = {192, 0, 2, 1};
    static const guint8 expected[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff,                   /* to everyone */
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08, 0x06,       /* from us, ARP */
        0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01,       /* Ethernet, IPv4, 6, 4, request */
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 192,  0,    2, 1, /* sender */
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 192,  0,    2, 1, /* target */
    };
    guint8 frame[GNF_FRAME_ARP_SIZE];

    gnf_frame_build_arp(frame, mac, ip);
    g_assert_cmpmem(frame, sizeof frame, expected, sizeof expected);
}

/* As QEMU 7.2 sends it on announce-self, taken down by its filter-dump. */
static void
test_rarp(void)
{
    static const guint8 expected[60] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff,                   /* to everyone */
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x80, 0x35,       /* from us, RARP */
        0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x03,       /* Ethernet, IPv4, 6, 4, reverse */
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0,    0,    0, 0, /* sender */
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0,    0,    0, 0, /* target, and padding */
    };
    guint8 frame[GNF_FRAME_RARP_SIZE];

    memset(frame, 0xaa, sizeof frame);
    g_assert_cmpmem(frame, gnf_frame_build_rarp(frame, mac, 0, FALSE), expected, sizeof expected);
}

static void
test_rarp_tagged(void)
{
    static const guint8 tag[] = {0x81, 0x00, 0x0f, 0xfe};
    guint8 untagged[GNF_FRAME_RARP_SIZE];
    guint8 frame[GNF_FRAME_RARP_SIZE];

    memset(frame, 0xaa, sizeof frame);
    g_assert_cmpuint(gnf_frame_build_rarp(untagged, mac, 0, FALSE), ==, 60);
    g_assert_cmpuint(gnf_frame_build_rarp(frame, mac, 4094, FALSE), ==, 64);
    g_assert_cmpmem(frame, 12, untagged, 12);
    g_assert_cmpmem(frame + 12, 4, tag, sizeof tag);
    g_assert_cmpmem(frame + 16, 48, untagged + 12, 48);
}

static const guint8 ipv6[] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01};

static void
test_na(void)
{
    static const guint8 expected[] = {
        0x33, 0x33, 0x00, 0x00, 0x00, 0x01,             /* all nodes */
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x86, 0xdd, /* from us, IPv6 */
        0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff, /* 32 bytes of ICMPv6, hop limit 255 */
        0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 1, /* from */
        0xff, 0x02, 0,    0,    0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 1, /* to ff02::1 */
        0x88, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, /* NA, checksum, Override */
        0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 1, /* target */
        0x02, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, /* its link-layer address */
    };
    guint8 frame[GNF_FRAME_NA_SIZE];
    guint8 checksum[2];

    gnf_frame_build_na(frame, mac, ipv6, FALSE);
    memcpy(checksum, frame + 56, sizeof checksum);
    memset(frame + 56, 0, sizeof checksum);
    g_assert_cmpmem(frame, sizeof frame, expected, sizeof expected);
    g_assert_cmphex(checksum[0] << 8 | checksum[1], ==, 0x746f);
}

/* The receiver's rule: everything summed, checksum included, is ffff. */
static guint32
sum_received(const guint8 *frame)
{
    guint32 sum = 32 + 58;

    for (gsize i = 22; i < GNF_FRAME_NA_SIZE; i += 2)
        sum += (guint32)(frame[i] << 8 | frame[i + 1]);
    while (sum >> 16)
        sum = (sum >> 16) + (sum & 0xffff);
    return sum;
}

static void
test_na_of_router(void)
{
    guint8 host[GNF_FRAME_NA_SIZE];
    guint8 router[GNF_FRAME_NA_SIZE];

    gnf_frame_build_na(host, mac, ipv6, FALSE);
    gnf_frame_build_na(router, mac, ipv6, TRUE);
    g_assert_cmphex(host[58], ==, 0x20);
    g_assert_cmphex(router[58], ==, 0xa0);
    g_assert_cmphex(sum_received(host), ==, 0xffff);
    g_assert_cmphex(sum_received(router), ==, 0xffff);
}

/* Random addresses reach every carry of the sum. */
static void
test_na_checksum(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(0xabcdef);

    for (int round = 0; round < 10000; round++) {
        guint8 frame[GNF_FRAME_NA_SIZE];
        guint8 ip[16];

        for (gsize i = 0; i < sizeof ip; i++)
            ip[i] = g_rand_int(random) % 3 ? 0xff : (guint8)g_rand_int(random);
        gnf_frame_build_na(frame, mac, ip, round % 2);
        g_assert_cmphex(sum_received(frame), ==, 0xffff);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frames/arp/bytes", test_arp);
    g_test_add_func("/frames/rarp/bytes", test_rarp);
    g_test_add_func("/frames/rarp/tagged", test_rarp_tagged);
    g_test_add_func("/frames/na/bytes", test_na);
    g_test_add_func("/frames/na/router", test_na_of_router);
    g_test_add_func("/frames/na/checksum", test_na_checksum);
    return g_test_run();
}
