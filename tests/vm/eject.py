# SPDX-License-Identifier: GPL-2.0-or-later
"""prepare with eject: the guest powers its NIC's slot off by itself; and the same without, timed."""
import time

from tests.lab import profiles
from tests.lab.guest import PRIMARY
from tests.vm import expect
from tests.vm.stage import Stage

STEPS = [*expect.PREPARED_STEPS, "eject"]
# PCIe's own hotplug, whose unplug waits for five seconds (kernel: pciehp_handle_button_press).
NATIVE_OPTIONS = ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]
# Under it udev would name the NICs by their slots.
LINK_FILE = {"/etc/systemd/network/10-vm-test.link": "[Match]\nOriginalName=*\n\n"
                                                     "[Link]\nNamePolicy=path\n"}


class NativeStage(Stage):
    """A guest whose NICs come and go by PCIe's own hotplug."""

    def make(self):
        return self.lab.guest(self.disk, files=profiles.bond_profiles() | LINK_FILE,
                              options=NATIVE_OPTIONS)


def ejected(stage):
    """Seconds from the request until QEMU says that the NIC is gone; nobody but the guest does
    anything."""
    since, start = len(stage.guest.qmp.events), time.monotonic()
    report = stage.prepare({"eject": True})
    stage.guest.gone(since=since)
    seconds = stage.guest.qmp.event_time("DEVICE_DELETED") - start
    expect.done(report, "prepare", "absent", STEPS)
    return seconds


def unplugged(stage):
    """The same by a plain prepare and the host's own unplug."""
    start = time.monotonic()
    report = stage.prepare()
    expect.done(report, "prepare", "detached", expect.PREPARED_STEPS)
    stage.guest.unplug()
    return stage.guest.qmp.event_time("DEVICE_DELETED") - start


def brought_back(stage, port="rp1"):
    """Plug, complete, and see it in the bond."""
    stage.guest.plug(port)
    report = stage.complete()
    expect.done(report, "complete", "attached", expect.COMPLETED_STEPS)
    expect.on_primary(stage, expect.INTERFACES[port])
    expect.holds(PRIMARY in stage.guest.nics, "the lab has lost its NIC")
