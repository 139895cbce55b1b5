# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of cases. Its order is the order in which a stage runs them.

A name is a group and a case ("replug/other-slot"); a stage puts the guest's name in front of it:
"debian-12/replug/other-slot", "debian-12/virsh/cycle".
"""
import fnmatch
import os
from typing import Callable, NamedTuple

# Guests under plain QEMU, driven over QMP and the agent's socket, or under libvirt, by virsh alone.
QEMU = "qemu"
VIRSH = "virsh"
# As QEMU, with an engine that stops where it is told to.
FAULT = "fault"
# The same with four primaries in two bonds.
SEVERAL = "several"
# Whose NICs are ports of a team device.
TEAM = "team"
# Bonds of every shape, which no network manager looks after.
BONDS = "bonds"
# Without the product, but with its Debian packages at hand.
PACKAGE = "package"
# With NICs of every sort that prepare refuses; and with one that the kernel itself fails over.
REFUSALS = "refusals"
KERNEL = "kernel"
# As QEMU, with PCIe's own hotplug instead of ACPI's.
NATIVE = "native"
# As QEMU, with the other end of the flows (fabrics.py); and the same without a bond, its NICs paired
# by the kernel.
FABRIC = "fabric"
PAIR = "pair"
# As QEMU, with another network manager or none (managers.py); the guest's name tells which.
MANAGERS = "managers"
# As MANAGERS, with several managers (mixed.py).
MIXED = "mixed"
KINDS = (QEMU, VIRSH, FAULT, SEVERAL, TEAM, BONDS, PACKAGE, REFUSALS, KERNEL, NATIVE, FABRIC, PAIR,
         MANAGERS, MIXED)
LONG = bool(os.environ.get("LONG"))
RELEASES = {"debian-12": "bookworm", "debian-13": "trixie"}
VIRSH_GUESTS = ("debian-12",)
FAULT_GUESTS = ("debian-12",)
TEAM_GUESTS = ("debian-12",)
PACKAGE_GUESTS = tuple(RELEASES)
REFUSAL_GUESTS = ("debian-12",)
FABRIC_GUESTS = ("debian-12",)
MANAGER_GUESTS = (
    "debian-12-networkd", "debian-13-networkd", "debian-12-networkd-by-mac", "debian-13-netplan",
    "debian-12-ifupdown-auto", "debian-12-ifupdown-hotplug", "debian-12-ifupdown2",
    "debian-12-ifupdown-ng", "debian-12-ifcfg", "debian-12-bare")
# The others only with LONG=1: each takes some four minutes.
SHORT_MANAGER_GUESTS = ("debian-12-networkd", "debian-13-networkd", "debian-12-bare")
MIXED_GUESTS = ("debian-12-networkd-beside-nm", "debian-12-networkd-untold-nm",
                "debian-12-nm-beside-networkd", "debian-12-nm-and-networkd",
                "debian-12-bare-beside-nm", "debian-12-ifupdown-beside-nm",
                "debian-12-nm-with-ifenslave")
SHORT_MIXED_GUESTS = ("debian-12-nm-with-ifenslave",)
# And these cases, so that all of it stays below an hour: what Debian 12 plays, too, and what hangs
# neither on the guest's kernel nor on its services; by virsh, what the raw channel plays, too; bonds
# that combine what others show alone; of the packages what CI would wait for longest.
LONG_CASES = {
    "debian-13": (
        "channel/exec-with-input", "channel/file-of-48-mib", "channel/host-killed-many-times",
        "channel/idle-costs-nothing", "channel/agent-killed-at-work",
        "channel/agent-stopped-for-10-s", "channel/freeze-and-plugind-restarts",
        "channel/freeze-with-a-full-journal", "channel/freeze-and-host-reconnects",
        "channel/freeze-while-the-nic-is-put-back", "agent/host-*", "engine/*", "hold/nobody-uses-the-nic",
        "prepare/twice", "prepare/dry-run-changes-nothing", "prepare/stages", "complete/*",
        "cancel/still-plugged", "selectors/*", "pause/rebooted", "replug/other-slot-and-back",
        "replug/waits-for-the-nic", "package/through-the-agent-that-it-restarts",
        "package/waits-for-commands-of-the-host", "package/plugin-comes-and-goes",
        "package/agent-that-does-not-run", "package/policy-forbids", "package/without-the-port"),
    "debian-12": (
        "channel/file-of-48-mib", "bonds/primary/none-and-reselect-failure",
        "bonds/primary/third-port", "bonds/primary/nic-while-standby-active",
        "bonds/monitor/delays", "bonds/ports/priorities-above", "bonds/above/bridge",
        "bonds/above/bridge-and-namespace", "bonds/mode/balance-rr", "bonds/mode/broadcast",
        "bonds/mode/balance-tlb", "package/through-the-agent-that-it-restarts",
        "package/waits-for-commands-of-the-host", "package/plugin-comes-and-goes",
        "package/agent-that-does-not-run", "package/policy-forbids", "package/without-the-port",
        "virsh/exec-with-input", "virsh/killed-many-times", "virsh/idle-costs-nothing",
        "virsh/agent-stopped", "virsh/freeze-and-plugind-restarts",
        "virsh/freeze-with-a-full-journal"),
    "debian-12-networkd": ("networkd/dhcp-on-everything",),
    "debian-13-networkd": ("networkd/cancel-keeps-own-file", "networkd/changed-files-*",
                           "managers/same-slot", "managers/cancel", "managers/no-standby"),
}


class Case(NamedTuple):
    """A case: function(stage) returns, or raises. uses_up: its guest cannot be used again. guests:
    those of its kind that play it; empty for all."""

    name: str
    function: Callable
    kind: str
    uses_up: bool
    guests: tuple = ()


CASES = []


def case(name, kind=QEMU, uses_up=False, guests=()):
    """Register a function of a Stage as a case."""

    def register(function):
        CASES.append(Case(name, function, kind, uses_up, guests))
        return function

    return register


def is_left_out(guest, name):
    """Whether the guest plays that case with LONG=1 only."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in LONG_CASES.get(guest, ()))


def check_left_out():
    """A pattern that no case fits is a mistake."""
    for pattern in {pattern for patterns in LONG_CASES.values() for pattern in patterns}:
        if not any(fnmatch.fnmatchcase(entry.name, pattern) for entry in CASES):
            raise LookupError(f"LONG_CASES: no case is called {pattern}")


def stages():
    """{(guest's name, kind): its cases, by full name}, in the order in which they are started."""
    check_left_out()
    found = {(guest, QEMU): {} for guest in RELEASES} | {(guest, VIRSH): {} for guest in VIRSH_GUESTS}
    found |= {(guest, kind): {} for guest in FAULT_GUESTS for kind in (FAULT, SEVERAL)}
    found |= {(guest, BONDS): {} for guest in RELEASES}
    found |= {(guest, TEAM): {} for guest in TEAM_GUESTS}
    found |= {(guest, PACKAGE): {} for guest in PACKAGE_GUESTS}
    found |= {(guest, kind): {} for guest in REFUSAL_GUESTS for kind in (REFUSALS, KERNEL, NATIVE)}
    found |= {(guest, kind): {} for guest in FABRIC_GUESTS for kind in (FABRIC, PAIR)}
    managed = MANAGER_GUESTS if LONG else SHORT_MANAGER_GUESTS
    found |= {(guest, MANAGERS): {} for guest in managed}
    mixed = MIXED_GUESTS if LONG else SHORT_MIXED_GUESTS
    found |= {(guest, MIXED): {} for guest in mixed}
    for (guest, kind), table in found.items():
        # What uses a guest up comes last, so that nothing has to be booted after it.
        for entry in sorted(CASES, key=lambda entry: entry.uses_up):
            if entry.kind != kind or entry.guests and guest not in entry.guests:
                continue
            if LONG or not is_left_out(guest, entry.name):
                table[f"{guest}/{entry.name}"] = entry
    return found
