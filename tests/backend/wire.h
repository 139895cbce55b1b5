/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wire's end of the tests: frames that come in on an interface, and frames sent from one.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint8 bytes[2048];
    gsize size;
    int vlan; /* 0 = untagged: a tag is cut off the frame and told beside it */
} WireFrame;

/* A packet socket that takes what arrives on an interface from now on; close it. */
int wire_listen(const char *name);

/* The next frame that came in, waited for up to 5 s, or only what is there already. */
gboolean wire_receive(int fd, WireFrame *ret_frame);
gboolean wire_receive_now(int fd, WireFrame *ret_frame);

/* Wait for one frame among whatever else the kernel sends; the test fails if it does not come. */
void wire_expect(int fd, const guint8 *bytes, gsize size, int vlan);

/* Send a frame out of an interface. */
void wire_send(const char *name, const guint8 *bytes, gsize size);
