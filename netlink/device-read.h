/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From libudev's device to a GnfDevice; for the files of this folder only.
 */
#pragma once

#include <libudev.h>

#include "netlink/device.h"

G_BEGIN_DECLS

typedef struct udev UdevContext;
typedef struct udev_device UdevDevice;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UdevDevice, udev_device_unref)

/* ifindex is 0 if udev does not name one. */
GnfDevice *gnf_device_read(struct udev_device *udev_device);

G_END_DECLS
