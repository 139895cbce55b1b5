# SPDX-License-Identifier: GPL-2.0-or-later
"""What prepare refuses, each in a real guest; and a NIC that complete cannot put into the bond."""
import json

from tests.vm import expect
from tests.vm.cycle import complete, plug, prepare, unplug
from tests.vm.refusals import OVS, SPARE, SPARE_PCI, refused, tell
from tests.vm.registry import KERNEL, REFUSALS, case

BY_NAME = {"interface": SPARE}
BY_PCI = {"pci-address": SPARE_PCI}
PRIMARY, PRIMARY_PCI = "enp1s0", "0000:01:00.0"
DEVICE = f"/sys/bus/pci/devices/{SPARE_PCI}"
UNBIND = f"test ! -e {DEVICE}/driver || echo {SPARE_PCI} >{DEVICE}/driver/unbind"
REBIND = f"{UNBIND}; echo >{DEVICE}/driver_override; echo {SPARE_PCI} >/sys/bus/pci/drivers_probe"
MTU = 9000
MTU_OF_RTL8139 = 4096  # kernel: 8139cp.c, CP_MAX_MTU


def bind(driver):
    return f"""modprobe {driver}; {UNBIND}
echo {driver} >{DEVICE}/driver_override; echo {SPARE_PCI} >/sys/bus/pci/drivers_probe
test "$(basename $(readlink {DEVICE}/driver))" = {driver}"""


def spare_case(name, code, what, make, unmake):
    """The NIC that nobody configures, in some state; unmake brings it back."""

    @case(f"refusals/{name}", REFUSALS)
    def play(stage):
        stage.guest.sh(make)
        try:
            has_interface = SPARE in stage.guest.interfaces()
            refused(stage, what, code, [BY_PCI, BY_NAME] if has_interface else [BY_PCI])
        finally:
            stage.guest.sh(unmake)
            stage.guest.wait_for(lambda: SPARE in stage.guest.interfaces(), f"{SPARE} to be back")

    return play


spare_case("plain", "not-in-bond", "NIC that is a port of nothing", "true", "true")
spare_case("other-namespace", "other-namespace", "NIC in another network namespace",
           f"ip netns add vmtest && ip link set {SPARE} netns vmtest",
           f"ip -n vmtest link set {SPARE} netns 1; ip netns del vmtest")
spare_case("vfio-pci", "user-space-driver", "NIC bound to vfio-pci", bind("vfio-pci"), REBIND)
spare_case("uio", "user-space-driver", "NIC bound to uio_pci_generic", bind("uio_pci_generic"),
           REBIND)
spare_case("no-driver", "no-driver", "NIC bound to no driver", UNBIND, REBIND)
spare_case("pci-stub", "no-driver", "NIC bound to pci-stub", bind("pci-stub"), REBIND)
spare_case("bridge-port", "bridge-port", "port of a Linux bridge",
           f"ip link add vmtest0 type bridge && ip link set {SPARE} master vmtest0",
           "ip link del vmtest0")
spare_case("openvswitch-port", "bridge-port", "port of Open vSwitch",
           f"modprobe openvswitch && {OVS} add vmtest0 {SPARE}", f"{OVS} delete vmtest0")
spare_case("vlan", "upper-devices", "NIC that carries a VLAN",
           f"ip link add link {SPARE} name vmtest0 type vlan id 7", "ip link del vmtest0")
spare_case("macvlan", "upper-devices", "NIC that carries a macvlan",
           f"ip link add link {SPARE} name vmtest0 type macvlan", "ip link del vmtest0")


@case("refusals/vlan-on-port", REFUSALS)
def vlan_on_port(stage):
    stage.guest.sh(f"ip link add link {PRIMARY} name vmtest0 type vlan id 7")
    try:
        expect.holds(PRIMARY in stage.guest.bond().ports, f"{PRIMARY} left its bond")
        refused(stage, "port of a bond that carries a VLAN itself", "upper-devices",
                [{"interface": PRIMARY}, {"pci-address": PRIMARY_PCI}])
        expect.refused("upper-devices", stage.prepare)
    finally:
        stage.guest.sh("ip link del vmtest0")


@case("refusals/macvlan-on-port", REFUSALS)
def macvlan_on_port(stage):
    """It cannot be: each of the two wants to be the NIC's only receiver, and the kernel says so
    (netdev_is_rx_handler_busy: EBUSY)."""
    guest = stage.guest
    tries = [f"ip link add link {PRIMARY} name vmtest0 type macvlan",
             f"ip link add link {SPARE} name vmtest0 type macvlan && ip link set {SPARE} master bond0"]
    for attempt in tries:
        done = guest.sh(attempt, check=False)
        guest.sh("ip link del vmtest0", check=False)
        expect.holds(done.code != 0 and ("busy" in done.err or "in use" in done.err),
                     f"'{attempt}' was not refused as it should: {done}")
    tell(stage, "port of a bond that carries a macvlan itself", "upper-devices", "",
         "cannot be: refused by the kernel")


@case("refusals/kernel", KERNEL)
def kernel(stage):
    """What the kernel pairs itself stays as it is, also when nothing is named."""
    guest = stage.guest
    guest.wait_for(lambda: pair(guest)[0], "the e1000e to be under the kernel's own controller", 60)
    primary, controller = pair(guest)
    guest.sh(f"ip link set {controller} up; ip addr add 10.77.0.2/24 dev {controller}")
    guest.wait_for(lambda: stage.lab.network.ping(), "the pair to answer")
    address = guest.sh(f"basename $(readlink /sys/class/net/{primary}/device)").out.strip()
    refused(stage, "NIC under net_failover", "kernel",
            [{"interface": primary}, {"pci-address": address}])
    expect.refused("kernel", stage.prepare)


def pair(guest):
    """The e1000e and its controller, or (None, None)."""
    for link in json.loads(guest.exec(["/sbin/ip", "-j", "link"]).out):
        driver = guest.sh(f"readlink /sys/class/net/{link['ifname']}/device/driver", check=False)
        if driver.out.strip().endswith("/e1000e") and "master" in link:
            return link["ifname"], link["master"]
    return None, None


@case("refusals/mtu", REFUSALS)
def mtu(stage):
    """A NIC that cannot have the bond's MTU is told from one that does not work, and another that
    can is taken."""
    guest = stage.guest
    changes = f"/sys/class/net/{PRIMARY}/carrier_changes"
    before = int(guest.read(changes))
    guest.sh(f"ip link set bond0 mtu {MTU}")
    try:
        # The e1000e is reset for it, and its link goes and comes.
        guest.wait_for(lambda: int(guest.read(changes)) >= before + 2, "the NIC's link after its reset")
        stage.wait_network()
        with stage.traffic() as traffic:
            prepare(stage, traffic, {"devices": [{"interface": PRIMARY}]})
            unplug(stage, traffic)
            with traffic.phase("plug"):
                guest.plug("rp1", model="rtl8139")
            with traffic.phase("complete"):
                detail = not_permitted(stage.complete())
            expect.on_standby(stage, PRIMARY)
            unplug(stage, traffic)
            plug(stage, traffic, "rp1")
            complete(stage, traffic, "rp1")
        tell(stage, "complete: NIC that cannot have the bond's MTU", "not-permitted", detail,
             "on the standby, nothing lost")
    finally:
        guest.sh("ip link set bond0 mtu 1500")


def not_permitted(report):
    """The detail of the only device's reason."""
    device = expect.the_device(report)
    expect.same((report["status"], device["state"]), ("failed", "present"), f"how {report} ended")
    expect.same(device["reason"]["code"], "not-permitted", f"the reason in {report}")
    for number in (MTU, MTU_OF_RTL8139):
        expect.holds(f" {number}" in device["reason"]["detail"], f"no {number} in {device}")
    return device["reason"]["detail"]
