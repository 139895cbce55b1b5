# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that has nothing: no service manager, no bus, no network manager, and for once no udev."""
import contextlib

from tests.lab.guest import PRIMARY_MAC
from tests.vm import expect
from tests.vm.cycle import plug, prepare, unplug
from tests.vm.registry import MANAGERS, case

GUESTS = ("debian-12-bare",)
OURS = {"qga-net-failoverd": "/usr/libexec/qga-net-failoverd --socket",
        "qga-plugind": "qga-plugind -m virtio-serial",
        "qemu-ga": "qemu-ga -m unix-listen"}
STRANGERS = ("systemd", "dbus", "udev", "NetworkManager", "wicked", "ifup")
STOP_UDEV = """udevadm control --exit
while pidof systemd-udevd >/dev/null; do sleep 0.1; done
rm -f /run/udev/control"""
START_UDEV = "/lib/systemd/systemd-udevd --daemon; udevadm settle"


def processes(stage):
    """The command lines of all that runs, the kernel's threads aside."""
    script = "for each in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$each; echo; done 2>/dev/null"
    return [line.strip() for line in stage.guest.sh(script).out.splitlines() if line.strip()]


@contextlib.contextmanager
def without_udev(stage):
    """Names are the kernel's meanwhile; the NIC is away at the end, to get its own name again."""
    stage.guest.sh(STOP_UDEV)
    try:
        yield
    finally:
        stage.guest.sh(START_UDEV)
        stage.guest.unplug()


def nothing_else_runs(stage):
    running = processes(stage)
    for name, start in OURS.items():
        expect.holds(any(start in line for line in running), f"{name} is not run by {start}: {running}")
    found = [line for line in running if any(name in line for name in STRANGERS)]
    expect.same(found, [], "what runs that is not to be there")
    sockets = stage.guest.sh("ls /run/dbus /run/systemd/private 2>/dev/null; true").out.split()
    expect.same(sockets, [], "sockets of a bus or of systemd")


@case("bare/nothing-else-runs", kind=MANAGERS, guests=GUESTS)
def nothing_else(stage):
    """Not even udev: the NIC comes back with the kernel's name, and is known by its MAC."""
    stage.configure()
    with without_udev(stage):
        nothing_else_runs(stage)
        with stage.traffic() as traffic:
            prepare(stage, traffic)
            unplug(stage, traffic)
            plug(stage, traffic, "rp1")
            with traffic.phase("complete"):
                report = stage.complete()
        device = expect.done(report, "complete", "attached", expect.COMPLETED_STEPS)
        expect.same(device["interface"], "eth0", "the device's interface")
        expect.same(device["mac"], PRIMARY_MAC, "the device's MAC")
        expect.on_primary(stage, "eth0")
