/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Ethernet frames that tell a network where an address now lives. Pure: bytes in, bytes out, no
 * I/O. Untagged, but for what a bridge keeps apart by tag: other VLANs are announced on the VLAN
 * interface, whose driver adds the tag.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GNF_FRAME_ARP_SIZE 42  /* Ethernet 14 + ARP 28; the driver pads to 60 */
#define GNF_FRAME_RARP_SIZE 64 /* Ethernet 14 + tag 4 + RARP 28 + padding 18 */
#define GNF_FRAME_NA_SIZE 86   /* Ethernet 14 + IPv6 40 + NA 24 + target link-layer option 8 */

/*
 * An ARP Announcement: a broadcast *request* with sender and target address the same and a zero
 * target hardware address (RFC 5227 section 1.1). A request and not a reply, because receivers may
 * drop replies to nothing (section 3 there), and because it is what the kernel itself sends for a
 * bond (inetdev_send_gratuitous_arp). ip: 4 bytes in network order.
 */
void
gnf_frame_build_arp(guint8 ret_frame[GNF_FRAME_ARP_SIZE], const guint8 mac[6], const guint8 ip[4]);

/*
 * An unsolicited Neighbor Advertisement to ff02::1 from the address itself, hop limit 255, Override
 * set, Solicited clear, with the target link-layer option (RFC 4861 section 7.2.6, the kernel's
 * ndisc_send_unsol_na). router must be true on a router: clear, it makes hosts drop us from their
 * default routers (section 7.2.5). ip: 16 bytes in network order.
 */
void gnf_frame_build_na(guint8 ret_frame[GNF_FRAME_NA_SIZE],
                        const guint8 mac[6],
                        const guint8 ip[16],
                        gboolean router);

/*
 * A broadcast RARP request for the MAC itself (RFC 903: sender and target hardware address the
 * same, both protocol addresses zero), for a MAC whose IP addresses nobody here knows. The frame
 * that QEMU announces a NIC with after a migration (net/announce.c, 60 bytes), so networks know it.
 * vlan: 0, or the id of the 802.1Q tag that it goes out with. to_itself: not broadcast, but sent to
 * the MAC itself: a switch learns from it like from any other frame, and, looking where to deliver
 * it, finds the port that it came from; it goes no further and comes back on no other port. Returns
 * its size: 60, or 64 with a tag.
 */
gsize gnf_frame_build_rarp(guint8 ret_frame[GNF_FRAME_RARP_SIZE],
                           const guint8 mac[6],
                           guint16 vlan,
                           gboolean to_itself);

G_END_DECLS
