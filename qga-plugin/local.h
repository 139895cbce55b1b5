/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local: unix stream sockets by path, as both ends need them.
 */
#pragma once

#include <glib.h>

/* Never blocks: a socket whose backlog is full counts as one that nobody serves. Returns the
 * descriptor, or -1 and sets errno. */
int gnf_local_connect(const char *path);

/* Takes the path over from whoever had it, as qemu-ga does; mode 0600 under the usual umask. */
int gnf_local_listen(const char *path);
