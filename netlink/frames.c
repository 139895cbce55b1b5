/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frames, field by field in wire order. Offsets are those of RFC 894, 826, 903, 8200 and 4861.
 */
#include "netlink/frames.h"

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

static const guint8 broadcast[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static guint8 *
put_bytes(guint8 *at, const void *bytes, gsize size)
{
    memcpy(at, bytes, size);
    return at + size;
}

static guint8 *
put_u8(guint8 *at, guint8 value)
{
    *at = value;
    return at + 1;
}

static guint8 *
put_u16(guint8 *at, guint16 value)
{
    value = GUINT16_TO_BE(value);
    return put_bytes(at, &value, sizeof value);
}

static guint8 *
put_u32(guint8 *at, guint32 value)
{
    value = GUINT32_TO_BE(value);
    return put_bytes(at, &value, sizeof value);
}

static guint8 *
put_ethernet(guint8 *at, const guint8 *to, const guint8 *from, guint16 protocol)
{
    at = put_bytes(at, to, ETH_ALEN);
    at = put_bytes(at, from, ETH_ALEN);
    return put_u16(at, protocol);
}

static guint8 *
put_arp(guint8 *at, guint16 operation, const guint8 *mac, const guint8 *ip, const guint8 *target)
{
    at = put_u16(at, ARPHRD_ETHER);
    at = put_u16(at, ETH_P_IP);
    at = put_u8(at, ETH_ALEN);
    at = put_u8(at, 4);
    at = put_u16(at, operation);
    at = put_bytes(at, mac, ETH_ALEN);
    at = put_bytes(at, ip, 4);
    at = put_bytes(at, target, ETH_ALEN);
    return put_bytes(at, ip, 4);
}

void
gnf_frame_build_arp(guint8 ret_frame[GNF_FRAME_ARP_SIZE], const guint8 mac[6], const guint8 ip[4])
{
    static const guint8 unknown[ETH_ALEN] = {0};
    guint8 *at = put_ethernet(ret_frame, broadcast, mac, ETH_P_ARP);

    at = put_arp(at, ARPOP_REQUEST, mac, ip, unknown);
    g_assert(at == ret_frame + GNF_FRAME_ARP_SIZE);
}

gsize
gnf_frame_build_rarp(guint8 ret_frame[GNF_FRAME_RARP_SIZE],
                     const guint8 mac[6],
                     guint16 vlan,
                     gboolean to_itself)
{
    static const guint8 no_ip[4] = {0};
    const gsize size = vlan ? GNF_FRAME_RARP_SIZE : ETH_ZLEN;
    guint8 *at =
        put_ethernet(ret_frame, to_itself ? mac : broadcast, mac, vlan ? ETH_P_8021Q : ETH_P_RARP);

    if (vlan) {
        at = put_u16(at, vlan);
        at = put_u16(at, ETH_P_RARP);
    }
    at = put_arp(at, ARPOP_RREQUEST, mac, no_ip, mac);
    memset(at, 0, (gsize)(ret_frame + size - at));
    return size;
}

static guint32
sum_words(const guint8 *bytes, gsize size, guint32 sum)
{
    for (gsize i = 0; i < size; i += 2)
        sum += (guint32)(bytes[i] << 8 | bytes[i + 1]);
    return sum;
}

/* RFC 8200 section 8.1: pseudo header (addresses, length, next header) and message. */
static guint16
checksum(const guint8 *addresses, const guint8 *message, gsize size)
{
    guint32 sum = sum_words(addresses, 32, (guint32)size + IPPROTO_ICMPV6);

    sum = sum_words(message, size, sum);
    sum = (sum >> 16) + (sum & 0xffff);
    sum += sum >> 16;
    return (guint16)~sum;
}

void
gnf_frame_build_na(guint8 ret_frame[GNF_FRAME_NA_SIZE],
                   const guint8 mac[6],
                   const guint8 ip[16],
                   gboolean router)
{
    static const guint8 all_nodes_mac[] = {0x33, 0x33, 0, 0, 0, 1}; /* RFC 2464 section 7 */
    static const guint8 all_nodes[16] = {0xff, 0x02, [15] = 1};
    const gsize size = sizeof(struct nd_neighbor_advert) + 8;
    guint8 *addresses;
    guint8 *message;
    guint8 *at = put_ethernet(ret_frame, all_nodes_mac, mac, ETH_P_IPV6);

    at = put_u32(at, 6U << 28); /* version 6, no traffic class, no flow label */
    at = put_u16(at, (guint16)size);
    at = put_u8(at, IPPROTO_ICMPV6);
    at = put_u8(at, 255);
    addresses = at;
    at = put_bytes(at, ip, 16);
    at = put_bytes(at, all_nodes, 16);
    message = at;
    at = put_u8(at, ND_NEIGHBOR_ADVERT);
    at = put_u8(at, 0);
    at = put_u16(at, 0);                                  /* the checksum's place */
    at = put_u32(at, (router ? 1U << 31 : 0) | 1U << 29); /* Router, Override */
    at = put_bytes(at, ip, 16);
    at = put_u8(at, ND_OPT_TARGET_LINKADDR);
    at = put_u8(at, 1); /* in units of 8 bytes */
    at = put_bytes(at, mac, ETH_ALEN);
    g_assert(at == ret_frame + GNF_FRAME_NA_SIZE);
    put_u16(message + 2, checksum(addresses, message, size));
}
