# SPDX-License-Identifier: GPL-2.0-or-later
"""prepare with eject, by every way of hotplug; and the slots that cannot, may not or will not."""
import statistics
import subprocess

from tests.lab.guest import PRIMARY
from tests.vm import cases_several, eject, expect
from tests.vm.cycle import complete, plug
from tests.vm.refusals import (FIXED, FIXED_PCI, PAIR, PAIR_BOND, PAIR_DEVICES, PAIR_PCI,
                               PAIR_STANDBY, refused, tell)
from tests.vm.registry import NATIVE, REFUSALS, VIRSH, case
from tests.vm.traffic import Traffic

ROUNDS = 2
MOST = 0.5  # of the time that the host's own unplug takes; the benchmark asks for a third
# The slot takes a second; a starved guest answers late, and virsh waits for no more than 5 s.
BEFORE_VIRSH_GIVES_UP = {"eject": True, "timeout-ms": 3000}
POWER = """slot=$(grep -lx 0000:01:00 /sys/bus/pci/slots/*/address) && power=${slot%/address}/power
systemctl stop qga-net-failoverd.service
"""


@case("eject/acpi")
def acpi(stage):
    with stage.traffic() as traffic:
        with traffic.phase("eject"):
            eject.ejected(stage)
        expect.on_standby(stage, None)
        plug(stage, traffic, "rp2")
        complete(stage, traffic, "rp2")


@case("eject/native-pciehp", NATIVE)
def native(stage):
    """Much sooner than the host's own unplug, in the same guest and in turn."""
    ways = {eject.ejected: [], eject.unplugged: []}
    with stage.traffic() as traffic:
        for _ in range(ROUNDS):
            for way, seconds in ways.items():
                with traffic.phase(way.__name__):
                    seconds.append(way(stage))
                expect.on_standby(stage, None)
                with traffic.phase("back"):
                    eject.brought_back(stage)
    inside, outside = map(statistics.median, ways.values())
    stage.progress(f"ejected in {inside:.2f} s, unplugged in {outside:.2f} s")
    expect.holds(inside <= MOST * outside,
                 f"ejected in {inside:.2f} s, although the host's unplug takes {outside:.2f} s")


@case("virsh/eject", VIRSH)
def by_virsh(stage):
    """libvirt learns that the NIC is gone, though nobody asked it to detach it, and takes the same
    one again."""
    guest = stage.guest
    stage.query()  # as a host does first; the engine starts for it
    argv = ["virsh", "-q", "-c", guest.host.uri(), "event", guest.name, "device-removed",
            "--timeout", "60"]
    with stage.traffic() as traffic:
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True) as watch:
            with traffic.phase("eject"):
                report = stage.prepare(BEFORE_VIRSH_GIVES_UP)
                guest.gone()
            told = watch.communicate(timeout=60)[0]
        expect.done(report, "prepare", "absent", eject.STEPS)
        expect.holds(f"ua-{PRIMARY}" in told, f"libvirt tells of no device-removed: {told}")
        expect.on_standby(stage, None)
        plug(stage, traffic, "rp1")
        complete(stage, traffic, "rp1")


# -- the slots that do not -------------------------------------------------------------------

@case("refusals/no-slot", REFUSALS)
def no_slot(stage):
    """On the root bus, beside the usual NIC in its bond."""
    stage.guest.sh(f"ip link set {FIXED} down; ip link set {FIXED} master bond0")
    try:
        stage.guest.wait_bond(lambda bond: FIXED in bond.ports and bond.ports[FIXED].up,
                              f"{FIXED} to be in the bond")
        refused(stage, "eject: NIC that sits in no slot", "no-slot",
                [{"interface": FIXED}, {"pci-address": FIXED_PCI}], eject=True)
    finally:
        stage.guest.sh(f"ip link set {FIXED} nomaster; ip link set {FIXED} down")


@case("refusals/slot-shared", REFUSALS, uses_up=True)
def slot_shared(stage):
    """One of two functions may not take the other with it; both together may go."""
    guest, names = stage.guest, [{"interface": name} for name in PAIR]
    with Traffic(stage, address=cases_several.IPV4) as traffic:
        with traffic.phase("refused"):
            refused(stage, "eject: one of two NICs in a slot", "slot-shared",
                    [*names, *({"pci-address": address} for address in PAIR_PCI)], eject=True)
        since = len(guest.qmp.events)
        with traffic.phase("both"):
            report = stage.prepare({"eject": True, "devices": names})
            for device in PAIR_DEVICES:
                guest.gone(device, since=since)
        expect.same(report["status"], "done", f"status of {report}")
        expect.same([device["state"] for device in report["devices"]], ["absent"] * 2, "the states")
        bond = guest.bond(PAIR_BOND)
        expect.same((sorted(bond.ports), bond.active), ([PAIR_STANDBY], PAIR_STANDBY), "the bond")


@case("refusals/slot-refused", REFUSALS)
def slot_refused(stage):
    """The NIC is out of its bond by then: that is said, and cancel undoes it."""
    guest = stage.guest
    guest.sh(POWER + "mount --bind /dev/full $power")
    try:
        with stage.traffic() as traffic:
            with traffic.phase("prepare"):
                report = stage.prepare({"eject": True, "devices": [{"interface": "enp1s0"}]})
            device = expect.the_device(report)
            expect.same((report["status"], device["state"], device["reason"]["code"]),
                        ("failed", "detached", "slot-refused"), f"how {report} ended")
            expect.on_standby(stage, "enp1s0")
            with traffic.phase("cancel"):
                expect.done(stage.cancel(), "cancel", "attached")
            expect.on_primary(stage, "enp1s0")
        tell(stage, "eject: slot that refuses", "slot-refused", device["reason"]["detail"],
             "detached; cancel puts it back")
    finally:
        guest.sh(POWER + "umount $power")
