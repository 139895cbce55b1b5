# SPDX-License-Identifier: GPL-2.0-or-later
"""Four primaries in two bonds, of which the third fails in the middle of its detach.

The second bond is made like the first, of two pass-through NICs and a para-virtual one, on a network
of its own. The third NIC fails because its manager is given no time (failover/fault.h).
"""
import contextlib

from tests.lab import bond as bonding
from tests.lab import profiles
from tests.lab.guest import Nic
from tests.lab.network import BRIDGE, GUEST_IPV4
from tests.vm import expect, faults
from tests.vm.registry import SEVERAL, case
from tests.vm.stage import Stage
from tests.vm.traffic import Traffic

HOST_IPV4, IPV4, IPV6 = "10.78.0.1", "10.78.0.2", "fd78::2"
UUID = "5a3c1f00-77a0-4c5e-9b00-0000000001{:02d}"
MORE = [Nic("second", "rp2", "52:54:00:77:00:11"), Nic("third", "rp5", "52:54:00:77:00:12"),
        Nic("fourth", "rp6", "52:54:00:77:00:13"),
        Nic("standby2", "rp7", "52:54:00:77:00:14", paravirtual=True)]
BONDS = {"bond0": ["enp1s0", "enp2s0", "enp4s0"], "bond1": ["enp5s0", "enp6s0", "enp7s0"]}
ACTIVE = {"bond0": "enp1s0", "bond1": "enp5s0"}
PRIMARIES = ["enp1s0", "enp2s0", "enp5s0", "enp6s0"]
THIRD = "enp5s0"
FAULT_FOLDER = "/run/qga-net-failover"


def port(name, number, bond_uuid):
    return profiles.PORT_FILE.format(name=name, uuid=UUID.format(number), mac="",
                                     interface=f"interface-name={name}\n", bond_uuid=bond_uuid)


def more_profiles():
    """The second port of the first bond, and all of the second bond."""
    options = f"mode=active-backup\nmiimon=100\nprimary={ACTIVE['bond1']}"
    texts = {"enp2s0": port("enp2s0", 2, profiles.BOND_UUID)}
    texts["bond1"] = profiles.BOND_FILE.format(uuid=UUID.format(0), bond="bond1", options=options,
                                               ipv4=IPV4, ipv6=IPV6).replace("id=bond0", "id=bond1")
    for number, name in enumerate(BONDS["bond1"], 5):
        texts[name] = port(name, number, UUID.format(0))
    return {f"{profiles.FOLDER}/{name}.nmconnection": (text, 0o600) for name, text in texts.items()}


class SeveralStage(Stage):
    """A guest with four primaries in two bonds, each bond sending through its first."""

    def make(self):
        files = profiles.bond_profiles() | more_profiles() | faults.guest_files()
        guest = self.lab.guest(self.disk, files=files, more=MORE)
        self.lab.network.ip("addr", "add", f"{HOST_IPV4}/24", "dev", BRIDGE)
        return guest

    def wait_network(self):
        for name in BONDS:
            self.guest.wait_bond(lambda bond, name=name: is_whole(bond, name),
                                 f"{name} to be complete", 120, name)
        for address in (GUEST_IPV4, IPV4):
            self.guest.wait_for(lambda a=address: self.lab.network.ping(a), f"{address} to answer")

    def configure(self, **_options):
        self.settle("cancel", self.request("cancel"))
        self.wait_network()


def is_whole(bond, name):
    return (sorted(bond.ports) == BONDS[name] and bond.active == bond.primary == ACTIVE[name]
            and all(port.up for port in bond.ports.values()))


def the_bond(stage, name):
    return bonding.parse(stage.guest.bond_text(name))


@contextlib.contextmanager
def both_bonds(stage):
    """1000 probes a second through each; none may be lost."""
    with Traffic(stage) as first, Traffic(stage, address=IPV4) as second:
        with first.phase("bond0"), second.phase("bond1"):
            yield


def fail_third(stage):
    stage.guest.sh(f"mkdir -p {FAULT_FOLDER}; echo 1 >{FAULT_FOLDER}/fault-detach-{THIRD}; "
                   f"systemd-run -q --collect sh -c 'until rm {FAULT_FOLDER}/reached-detach "
                   "2>/dev/null; do sleep 0.05; done'")


@case("several/third-fails/all-or-nothing", SEVERAL)
def all_or_nothing(stage):
    with both_bonds(stage):
        fail_third(stage)
        text = expect.refused("timeout", lambda: stage.prepare({"timeout-ms": 60000}))
    expect.holds(THIRD in text, f"the error does not name {THIRD}: {text}")
    for name in BONDS:
        expect.holds(is_whole(the_bond(stage, name), name), f"{name} is not as it was")
    devices = stage.query()["operation"]["devices"]
    expect.same([device["state"] for device in devices], ["attached"] * 4, "the states")


@case("several/third-fails/best-effort", SEVERAL)
def best_effort(stage):
    with both_bonds(stage):
        fail_third(stage)
        report = stage.prepare({"policy": "best-effort", "timeout-ms": 60000})
    expect.same(report["status"], "partial", "status")
    states = {device["interface"]: device["state"] for device in report["devices"]}
    expect.same(states, {name: "attached" if name == THIRD else "detached" for name in PRIMARIES},
                "the states")
    reasons = {device["interface"]: device["reason"]["code"] for device in report["devices"]
               if "reason" in device}
    expect.same(reasons, {THIRD: "timeout"}, "the reasons")
    expect.same(sorted(the_bond(stage, "bond0").ports), ["enp4s0"], "bond0's ports")
    expect.same(sorted(the_bond(stage, "bond1").ports), [THIRD, "enp7s0"], "bond1's ports")
    with both_bonds(stage):
        report = stage.cancel({"timeout-ms": 60000})
    expect.same(report["status"], "done", "status of cancel")
    for name in BONDS:
        expect.holds(is_whole(the_bond(stage, name), name), f"{name} is not as it was")


@case("several/all-four", SEVERAL)
def all_four(stage):
    with both_bonds(stage):
        report = stage.prepare({"timeout-ms": 60000})
        expect.same([device["state"] for device in report["devices"]], ["detached"] * 4, "states")
        report = stage.complete({"timeout-ms": 60000})
    expect.same(report["status"], "done", "status of complete")
    for name in BONDS:
        expect.holds(is_whole(the_bond(stage, name), name), f"{name} is not as it was")
