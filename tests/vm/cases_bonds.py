# SPDX-License-Identifier: GPL-2.0-or-later
"""A cycle for each shape of bond: prepare, unplug, plug into the other slot, complete; then what
would make a bond drift to another port. A shape that held is a row of the table "bonds"."""
import time

from tests.lab.guest import PRIMARY, PRIMARY_MAC, STANDBY
from tests.lab.network import HOST_IPV4
from tests.vm import cycle, expect, tables
from tests.vm.bonds import NIC, THIRD, VLAN_ID, VLAN_IPV4, Shape
from tests.vm.registry import BONDS, case
from tests.vm.stage import BONDING

TABLE = "bonds"
PHASES = ("prepare", "unplug", "plug", "complete")
OTHER_PORT = {"rp1": "rp2", "rp2": "rp1"}
THREE = (NIC, expect.STANDBY, THIRD)
# Without a primary option, what keeps the bond on the NIC.
PRIORITY = (("nic mtu 1500 prio 0", "nic mtu 1500 prio 1"),)
# A MAC of the bond's own, as network managers give it.
OWN_MAC = "02:77:00:00:00:02"
# A probe may be on its way for so long when a link is taken away.
SPREAD = 0.05
BRIDGE = """ip link add bridge0 type bridge forward_delay 0 stp_state 0
ip link set bond0 master bridge0
ip link set bridge0 up
"""
BEHIND_BRIDGE = BRIDGE + """ip netns add inner
ip link add inner0 type veth peer name eth0 netns inner
ip link set inner0 master bridge0 up
ip -n inner addr add 10.77.0.2/24 dev eth0
ip -n inner link set eth0 up"""
# What it broadcasts comes in again on the port that does not carry the traffic.
BROADCASTS = """
ip netns exec inner timeout 60 ping -b -q -i 0.05 10.77.0.255 >/dev/null 2>&1 &"""

SHAPES = {
    "fail-over-mac/none": Shape(mac=OWN_MAC),
    "fail-over-mac/active": Shape("fail_over_mac active"),
    "fail-over-mac/follow": Shape("fail_over_mac follow"),
    "primary-reselect/always": Shape("primary_reselect always"),
    "primary-reselect/better": Shape("primary_reselect better"),
    "primary-reselect/failure": Shape("primary_reselect failure"),
    "primary/none": Shape(option=None, changes=PRIORITY),
    "primary/none-and-reselect-failure": Shape("primary_reselect failure", option=None,
                                               changes=PRIORITY),
    "primary/third-port": Shape("primary_reselect failure", ports=THREE, option=THIRD),
    "primary/nic-while-standby-active": Shape("primary_reselect failure",
                                              active=expect.STANDBY, ends=NIC),
    "monitor/none": Shape(monitor="miimon 0"),
    "monitor/arp": Shape(monitor=f"arp_interval 100 arp_ip_target {HOST_IPV4}"),
    "monitor/delays": Shape("updelay 300 downdelay 200"),
    "ports/queue-ids": Shape(
        then=f"echo $nic:2 >{BONDING}/queue_id; echo enp4s0:3 >{BONDING}/queue_id"),
    "ports/priorities": Shape(
        ports=THREE, option=None,
        then="ip link set $nic type bond_slave prio 10; ip link set enp4s0 type bond_slave prio 5; "
             f"ip link set {THIRD} type bond_slave prio 3"),
    "ports/priorities-above": Shape(
        ports=THREE,
        then=f"ip link set enp4s0 type bond_slave prio 5; ip link set {THIRD} type bond_slave prio 3"),
    "ports/third-active": Shape(ports=THREE, option=THIRD, active=THIRD),
    "ports/mtu-9000": Shape(above="ip link set bond0 mtu 9000; ip addr add 10.77.0.2/24 dev bond0"),
    "above/vlan": Shape(above=f"ip link add link bond0 name bond0.5 type vlan id {VLAN_ID}; "
                              f"ip addr add {VLAN_IPV4}/24 dev bond0.5; ip link set bond0.5 up",
                        address=VLAN_IPV4),
    "above/macvlan": Shape(above="ip link add link bond0 name macvlan0 type macvlan mode bridge; "
                                 "ip addr add 10.77.0.2/24 dev macvlan0; ip link set macvlan0 up"),
    "above/bridge": Shape(above=BRIDGE + "ip addr add 10.77.0.2/24 dev bridge0"),
    "above/bridge-and-namespace": Shape(above=BEHIND_BRIDGE),
    "above/bridge-and-broadcasts": Shape(above=BEHIND_BRIDGE + BROADCASTS),
    # What is lost was measured (docs/bonds.md); these leave room for a busy machine. A NIC that is
    # in the bond and not heard of loses a thousand a second, and the cycle takes several.
    "mode/balance-rr": Shape(mode="balance-rr", most_lost=100),
    "mode/balance-xor": Shape(mode="balance-xor", most_lost=100),
    "mode/broadcast": Shape(mode="broadcast", most_lost=100),
    "mode/802.3ad": Shape(mode="802.3ad", most_lost=400),
    "mode/balance-tlb": Shape(mode="balance-tlb", most_lost=150),
    "mode/balance-alb": Shape(mode="balance-alb", most_lost=200),
}


def steps_of(device):
    """What was done, for people."""
    return " ".join(step["step"] for step in device["steps"] if step["step"] != "record")


def check_prepared(stage, shape, device):
    expect.same(device["interface"], stage.nic, "the device's interface")
    expect.same(device["standby"], expect.STANDBY, "the device's standby")
    expect.same(device["manager"], "none", "the device's manager")
    expect.same("load-balancing" in expect.codes(device["warnings"]), not shape.is_lossless,
                "whether it warns of load-balancing")
    look = stage.look()
    others = [port for port in shape.ports if port != NIC]
    look.expect(shape, others, THIRD if shape.active == THIRD else expect.STANDBY, "after prepare")
    expect.holds("all_slaves_active 0" in look.state, f"all_slaves_active: {look.state}")


def check_completed(stage, shape, before, device):
    """The Look of the bond in the end."""
    expect.same(device["interface"], stage.nic, "the device's interface")
    look = stage.look()
    wanted = sorted(dict(shape.changes).get(line, line) for line in before.state)
    for line, _ in shape.changes:
        expect.holds(line in before.state, f"no '{line}' in the state before: {before.state}")
    expect.unchanged("\n".join(wanted), "\n".join(look.state), "the bond's state")
    look.expect(shape, stage.names(*shape.ports), *stage.names(shape.ends or shape.active),
                "after complete")
    return look


def drift(stage, shape):
    """An unrelated port joins and leaves, the standby's link goes and comes: the bond stays where
    it is."""
    wanted = stage.names(shape.ends or shape.active)
    # By ARP nothing is heard of a port with nothing behind it.
    seen = stage.shell(f"join_and_leave {'down' if 'arp' in shape.monitor else 'up'}").split()
    expect.same(seen, wanted * 2, "the active port when an unrelated port joined, and left")
    for up in (False, True):
        stage.guest.set_link(STANDBY, up)
        status = "up" if up or shape.monitor == "miimon 0" else "down"
        seen = stage.shell(f"wait_until has $standby {up:d} {status}; cat $options/active_slave")
        expect.same(seen.split(), wanted, f"the active port when the standby's link was {up}")


def prepare_at_once(stage):
    return expect.done(stage.prepare(), "prepare", "detached")


def play(stage, name, shape, prepare=prepare_at_once, excuse=None):
    """The cycle of a shape; then its row."""
    before = stage.build(shape)
    port = OTHER_PORT[stage.guest.nics[PRIMARY].port]
    forgiven = set()  # one probe is asked about for each phase that it fell into
    if not shape.is_lossless:
        excuse = lambda sent: forgiven.add(sent) or True  # noqa: E731
    with stage.traffic(excuse, shape.address) as traffic:
        with traffic.phase("prepare"):
            prepared = prepare(stage)
        check_prepared(stage, shape, prepared)
        cycle.unplug(stage, traffic)
        cycle.plug(stage, traffic, port, PRIMARY_MAC)
        with traffic.phase("complete"):
            report = stage.complete()
        completed = expect.done(report, "complete", "attached")
    expect.holds(len(forgiven) <= shape.most_lost,
                 f"{len(forgiven)} probes lost, of which {shape.most_lost} are allowed")
    look = check_completed(stage, shape, before, completed)
    if shape.is_lossless:
        drift(stage, shape)
    add_row(stage, name, shape, prepared, completed, look)


def add_row(stage, name, shape, prepared, completed, look):
    lost = {row["phase"]: row["lost"] for row in stage.rows}
    told = expect.codes(prepared["warnings"] + completed["warnings"])
    active = look.bond.active
    stage.add_row(TABLE, {
        "shape": name, "debian": stage.name.rpartition("-")[2], "prepare": steps_of(prepared),
        **{f"lost-{phase}": lost[phase] for phase in PHASES},
        "active": {stage.nic: "the NIC", None: "-"}.get(active, active),
        "drift": "none" if shape.is_lossless else "-",
        "remark": ", ".join(sorted(set(told)))})


@case("bonds/standby-loses-its-link", BONDS, guests=("debian-12",))
def standby_loses_its_link(stage):
    """Between the stages; what is sent until the bond has noticed is lost, and nothing besides."""
    without = []

    def prepare(stage):
        expect.done(stage.prepare({"stage": "switch"}), "prepare", "switched")
        without.append(time.monotonic())
        stage.guest.set_link(STANDBY, False)
        stage.guest.wait_bond(lambda bond: bond.active == stage.nic, "the bond to notice")
        without.append(time.monotonic())
        expect.refused("no-standby", lambda: stage.prepare({"stage": "release"}))
        expect.holds(stage.lab.network.ping(), "no answer through the NIC")
        stage.guest.set_link(STANDBY, True)
        stage.guest.wait_bond(lambda bond: bond.ports[expect.STANDBY].up, "the standby's link")
        return expect.done(stage.prepare({"stage": "release"}), "prepare", "detached")

    play(stage, "standby-loses-its-link", Shape(), prepare,
         lambda sent: without[0] - SPREAD <= sent <= without[1])


# On the newer kernel only what it does in another way: MACs at a failover, the choice of the active
# port, what comes in on others.
ON_BOTH = ("fail-over-mac/active", "fail-over-mac/follow", "primary/none", "ports/priorities",
           "above/bridge-and-namespace", "mode/balance-alb")

for each, of_shape in SHAPES.items():
    played_by = () if each in ON_BOTH else ("debian-12",)
    case(f"bonds/{each}", BONDS, guests=played_by)(lambda stage, name=each, shape=of_shape: play(stage, name, shape))

tables.add(tables.Table(TABLE, "bonds", 1, "shapes", tables.columns))
