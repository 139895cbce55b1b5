# SPDX-License-Identifier: GPL-2.0-or-later
"""Bonds of every shape: how one is made in a running guest, by ip(8) and sysfs, and how it is seen
to be as it was, whatever its NIC is called by now.

No network manager looks after these interfaces, so that the engine's built-in backend acts. A guest
serves all shapes; the NIC goes from one slot to the other and back, from shape to shape.
"""
import os
from dataclasses import dataclass

from tests.lab import bond as bonding
from tests.lab.base import ROOT
from tests.lab.guest import PRIMARY, Nic
from tests.lab.network import BRIDGE, GUEST_IPV4
from tests.lab.tagger import Tagger
from tests.vm import expect
from tests.vm.expect import INTERFACES, STANDBY
from tests.vm.stage import BONDING, Stage

# What a shape calls its ports; the first changes its name.
NIC, THIRD = "nic", "enp5s0"
MORE = [Nic("third", "rp5", "52:54:00:77:00:03", paravirtual=True)]
# 802.3ad trusts no link of unknown speed.
SPEED = ("-global", "virtio-net-pci.speed=1000", "-global", "virtio-net-pci.duplex=full")
UNMANAGED = "/etc/NetworkManager/conf.d/unmanaged.conf"
SCRIPT = "/usr/local/bin/bonds.sh"
VLAN_ID, VLAN_HOST, VLAN_IPV4 = 5, "10.77.5.1", "10.77.5.2"


@dataclass(frozen=True)
class Shape:
    """A bond before prepare. In texts for the guest's shell $nic is the NIC's name.

    options: of the bond, as ip(8) writes them. ports: in the order in which they join. option,
    active: the port that the bond's primary option names, and the one that is active; ends: the
    one that is in the end, where that is another. above: what stands on it, and its addresses.
    then: what is set last. address: what is probed. changes: {line of Look.state: what it is in
    the end}. most_lost: of the probes, in the whole cycle.
    """

    options: str = ""
    mode: str = "active-backup"
    monitor: str = "miimon 100"
    mac: str = ""
    ports: tuple = (NIC, STANDBY)
    option: str | None = NIC
    active: str = NIC
    ends: str = ""
    above: str = f"ip addr add {GUEST_IPV4}/24 dev bond0"
    then: str = ":"
    address: str = GUEST_IPV4
    changes: tuple = ()
    most_lost: int = 0

    @property
    def has_active_port(self):
        return self.mode in ("active-backup", "balance-tlb", "balance-alb")

    @property
    def is_lossless(self):
        return self.mode == "active-backup"

    def script(self):
        """Make it, for the guest's shell."""
        names = [shell_name(port) for port in self.ports]
        mac = f"address {self.mac}" if self.mac else ""
        lines = [f"ip link add bond0 {mac} type bond mode {self.mode} {self.monitor} {self.options}"]
        lines += [f"ip link set {name} master bond0" for name in names]
        lines += ["ip link set bond0 up", self.above, f"wait_until whole {' '.join(names)}"]
        if self.has_active_port and self.option:
            lines.append(f"echo {shell_name(self.option)} >{BONDING}/primary")
        lines.append(self.then)
        if self.has_active_port:
            lines.append(f"echo {shell_name(self.active)} >{BONDING}/active_slave")
        return "\n".join(["tear_down", "set -e", *lines, "look"])


def shell_name(port):
    return "$nic" if port == NIC else port


class Look:
    """A bond at one moment, as the guest's look() prints it: .bond; .carriers {port: whether};
    .state, sorted lines of all that is to be as it was, in which the NIC is called "nic"."""

    def __init__(self, text, nic):
        lines = text.splitlines()
        marked = [line[2:] for line in lines if line[:2] == "@ "]
        self.bond = bonding.parse(text)
        self.carriers = {name: carrier == "1" for name, carrier in map(str.split, marked)}
        self.state = sorted(line[2:].replace(nic, NIC) for line in lines if line[:2] == "= ")

    def expect(self, shape, ports, active, when):
        """These are its ports and have a link, and it sends through the one that it should."""
        expect.same(sorted(self.bond.ports), sorted(ports), f"the ports {when}")
        good = all(self.carriers.values()) and all(port.up for port in self.bond.ports.values())
        expect.holds(good and self.bond.up, f"no link {when}: {self.bond} {self.carriers}")
        if shape.has_active_port:
            expect.same(self.bond.active, active, f"the active port {when}")


class BondsStage(Stage):
    """A guest with three NICs and no bond."""

    tagger = None

    def make(self):
        with open(os.path.join(ROOT, "tests", "vm", "bonds.sh"), encoding="utf-8") as file:
            files = {SCRIPT: (file.read(), 0o755), UNMANAGED: "[keyfile]\nunmanaged-devices=*\n"}
        guest = self.lab.guest(self.disk, files=files, more=MORE, options=SPEED)
        self.tagger = Tagger(self.lab.network, BRIDGE, "vlan", VLAN_ID, f"{VLAN_HOST}/24")
        return guest

    def drop(self):
        if self.tagger is not None:
            self.tagger.kill()
        self.tagger = None
        super().drop()

    def wait_network(self):
        """There is no bond before the first shape; udev has renamed the NICs."""
        wanted = {self.nic, STANDBY, THIRD}
        self.guest.wait_for(lambda: wanted <= set(self.guest.interfaces()), "the NICs' names")

    def configure(self, **_options):
        """What a shape left is removed by the next one."""
        self.settle("cancel", self.request("cancel"))

    @property
    def nic(self):
        """What the NIC is called now."""
        return INTERFACES[self.guest.nics[PRIMARY].port]

    def names(self, *ports):
        return [self.nic if port == NIC else port for port in ports]

    def shell(self, script):
        """Run text with the functions of bonds.sh; what it prints."""
        return self.guest.exec([SCRIPT, self.nic, script]).out

    def look(self):
        return Look(self.shell("look"), self.nic)

    def build(self, shape):
        """The bond, whole and probed; its Look."""
        look = Look(self.shell(shape.script()), self.nic)
        look.expect(shape, self.names(*shape.ports), *self.names(shape.active), "before prepare")
        self.lab.network.ip("neigh", "flush", "dev", BRIDGE)
        self.guest.wait_for(lambda: self.lab.network.ping(shape.address), "the bond to answer")
        return look
