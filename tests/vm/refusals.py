# SPDX-License-Identifier: GPL-2.0-or-later
"""What prepare refuses: guests with such NICs, one refusal played and judged, and their table.

A refusal is told by query, comes as that code by every selector, and changes nothing: bonds, links,
addresses, profiles, drivers and slots are compared.
"""
from tests.lab import profiles
from tests.lab.base import MESON
from tests.lab.guest import Nic
from tests.lab.network import BRIDGE
from tests.vm import cases_several, expect, tables
from tests.vm.stage import Stage

# A NIC that nobody configures; one that sits on the root bus, in no slot; two functions of one slot.
SPARE, SPARE_PCI = "enp2s0", "0000:02:00.0"
FIXED, FIXED_PCI = "enp0s8", "0000:00:08.0"
PAIR, PAIR_PCI = ("enp5s0f0", "enp5s0f1"), ("0000:05:00.0", "0000:05:00.1")
PAIR_DEVICES = ("pair0", "pair1")
PAIR_STANDBY = "enp7s0"
PAIR_BOND = "bond1"
BONDS = {"bond0": ["enp1s0", expect.STANDBY], PAIR_BOND: [*PAIR, PAIR_STANDBY]}
MORE = [Nic("spare", "rp2", "52:54:00:77:00:21"),
        Nic("fixed", "pcie.0", "52:54:00:77:00:22", properties="addr=0x8"),
        Nic("pair0", "rp5", "52:54:00:77:00:23", properties="addr=0x0.0,multifunction=on"),
        Nic("pair1", "rp5", "52:54:00:77:00:24", properties="addr=0x0.1,multifunction=on"),
        Nic("standby2", "rp7", "52:54:00:77:00:25", paravirtual=True)]
# vfio-pci takes a device only behind an IOMMU: Debian's kernel has no VFIO_NOIOMMU.
IOMMU = ["-device", "intel-iommu"]
# What a case makes is called vmtest-something, and nobody else's business.
UNMANAGED = f"[keyfile]\nunmanaged-devices=interface-name:{SPARE};interface-name:{FIXED};" \
            "interface-name:vmtest*\n"
UNMANAGED_ALL = "[keyfile]\nunmanaged-devices=interface-name:*\n"
UNMANAGED_FILE = "/etc/NetworkManager/conf.d/vm-test.conf"
OVS = "/usr/local/bin/lab-ovs"
HARDWARE = r"""cd /sys/bus/pci
find devices/*/ -maxdepth 2 -name driver -printf '%p %l\n' -o -path '*/net/*' -print
grep -H . slots/*/power; ls /sys/class/net; ip netns"""
TABLE = "refusals"
NOT_TESTED = [{"what": "NIC under hv_netvsc", "code": "kernel", "message": "",
               "unchanged": "not tested: needs Hyper-V"}]


def pair_profiles():
    """The pair and a para-virtual NIC in a bond of their own, which sends through the first."""
    options = f"mode=active-backup\nmiimon=100\nprimary={PAIR[0]}"
    uuid = cases_several.UUID.format(0)
    bond = profiles.BOND_FILE.format(uuid=uuid, bond=PAIR_BOND, options=options,
                                     ipv4=cases_several.IPV4, ipv6=cases_several.IPV6)
    texts = {PAIR_BOND: bond.replace("id=bond0", f"id={PAIR_BOND}")}
    for number, name in enumerate((*PAIR, PAIR_STANDBY), 1):
        texts[name] = cases_several.port(name, number, uuid)
    return {f"{profiles.FOLDER}/{name}.nmconnection": (text, 0o600) for name, text in texts.items()}


class RefusalStage(Stage):
    """A guest that besides the usual bond has all of the above."""

    def make(self):
        files = profiles.bond_profiles() | pair_profiles() | {UNMANAGED_FILE: UNMANAGED}
        files[OVS] = ((MESON / "tests/lab/lab-ovs").read_bytes(), 0o755)
        guest = self.lab.guest(self.disk, files=files, more=MORE, options=IOMMU)
        self.lab.network.ip("addr", "add", f"{cases_several.HOST_IPV4}/24", "dev", BRIDGE)
        return guest

    def wait_network(self):
        for name, ports in BONDS.items():
            self.guest.wait_bond(
                lambda bond, ports=ports: sorted(bond.ports) == ports and bond.active == ports[0]
                and all(port.up for port in bond.ports.values()),
                f"{name} to be complete", 120, name)
        # Nobody has spoken to the second one yet, and the wire does not know where it is.
        self.guest.wait_for(lambda: self.lab.network.ping(cases_several.IPV4), "the pair to answer")


class KernelStage(Stage):
    """A guest whose kernel pairs an e1000e with a para-virtual NIC itself (net_failover). QEMU shows
    it the e1000e as soon as the para-virtual NIC's driver says that it can."""

    MAC = "52:54:00:77:00:31"

    def make(self):
        options = []
        devices = {"vnet": "virtio-net-pci,failover=on,bus=rp3",
                   "pass": "e1000e,failover_pair_id=vnet,bus=rp1"}
        for name, device in devices.items():
            self.lab.network.add_tap(f"a-{name}")
            options += ["-netdev", f"tap,id=net-{name},ifname=a-{name},script=no,downscript=no",
                        "-device", f"{device},id={name},netdev=net-{name},mac={self.MAC},romfile="]
        return self.lab.guest(self.disk, files={UNMANAGED_FILE: UNMANAGED_ALL}, primary_port=None,
                              options=options)

    def wait_network(self):
        """Until the NIC is under its controller; what the guest does with that is no matter."""

    def configure(self, **_options):
        """There is nothing that a case changes."""


# -- one refusal -----------------------------------------------------------------------------

def everything(stage):
    hardware = stage.guest.sh(HARDWARE).out
    expect.holds("/driver " in hardware and "/power:" in hardware, f"no drivers, slots: {hardware}")
    return stage.snapshot() + hardware


def settled(stage):
    """The state of the guest, once it stands still."""
    stage.guest.sh("udevadm settle")
    before = [everything(stage)]

    def attempt():
        before.append(everything(stage))
        return before[-1] if before[-1] == before[-2] else None

    return stage.guest.wait_for(attempt, "the guest to stand still")


def query_says(stage, code, selector):
    """query names the NIC, and the code as the reason why it is not ready, or is out of reach."""
    info = stage.query()
    fits = [entry for entry in info["primaries"] + info["out-of-reach"]
            if selector.items() <= entry.items()]
    expect.same(len(fits), 1, f"the number of NICs that fit {selector} in {info}")
    expect.holds(not fits[0].get("ready"), f"query says that it is ready: {fits[0]}")
    expect.same(fits[0]["reason"]["code"], code, f"query's reason for {selector}")


def refused(stage, what, code, selectors, **arguments):
    """Nothing but the refusal comes of a prepare by any of the selectors; its row of the table.
    arguments: of prepare, besides; what it needs is no reason for query to say that it is not
    ready."""
    before = settled(stage)
    text = ""
    for selector in selectors:
        if not arguments:
            query_says(stage, code, selector)
        request = {"devices": [selector]} | arguments
        text = expect.refused(code, lambda request=request: stage.prepare(request))
    expect.unchanged(before, everything(stage), "the guest")
    tell(stage, what, code, text)


def tell(stage, what, code, text, unchanged="yes"):
    """A row of the table."""
    stage.add_row(TABLE, {"what": what, "code": code, "message": text.removeprefix(f"{code}: "),
                          "unchanged": unchanged})


# -- the table -------------------------------------------------------------------------------

def table(rows):
    """All refusals, for people."""
    return tables.columns([{"refused": row["what"], "code": row["code"],
                            "unchanged": row["unchanged"], "message": first_words(row["message"])}
                           for row in rows + NOT_TESTED])


def first_words(text, width=60):
    return text if len(text) <= width else text[:width].rpartition(" ")[0] + " …"


tables.add(tables.Table(TABLE, "refusals", 1, "refusals", table))
