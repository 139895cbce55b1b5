# SPDX-License-Identifier: GPL-2.0-or-later
"""The cycle on a fabric that learns and on one that pins a MAC to a port, each direction measured by
itself; and what is lost without us, or without the host's help where it is needed."""
import contextlib

from tests.lab.flow import TO_GUEST, TO_HOST
from tests.lab.guest import PRIMARY, PRIMARY_MAC, STANDBY, STANDBY_MAC
from tests.vm import expect
from tests.vm.cycle import complete, plug, prepare, unplug
from tests.vm.fabrics import WHOLE, Flows
from tests.vm.registry import FABRIC, PAIR, case

NIC = "enp1s0"


def bond_mac(stage):
    return stage.guest.read("/sys/class/net/bond0/address").strip()


@contextlib.contextmanager
def pinned_bond(stage):
    """The bond's MAC is pinned to the primary's tap; yields a function that moves it to the tap of a
    device. In the end the fabric learns again."""
    network, guest, mac = stage.lab.network, stage.guest, bond_mac(stage)
    place = []

    def move(device):
        place[:] = [guest.tap(device)]
        network.pin(mac, *place)

    move(PRIMARY)
    try:
        yield move
    finally:
        network.unpin(mac, *place)


# -- a fabric that learns --------------------------------------------------------------------

@case("fabric/learning/one-step", FABRIC)
def learning(stage):
    with Flows(stage, "learning", "one step", 0) as flows:
        prepare(stage, flows)
        unplug(stage, flows)
        plug(stage, flows, "rp1")
        complete(stage, flows, "rp1")


@case("fabric/learning/surprise", FABRIC)
def surprise(stage):
    """Nobody prepares: what is lost when the NIC that carries the traffic goes. That the instrument
    sees it is what the zeros of the others rest on."""
    with Flows(stage, "learning", "surprise") as flows:
        unplug(stage, flows)
        with flows.phase("plug"):
            stage.guest.plug("rp1")
            stage.guest.wait_bond(lambda bond: bond.active == NIC, "NetworkManager to take it back",
                                  60)
    for way in (TO_GUEST, TO_HOST):
        flows.expect_loss(way, "unplug")


@case("fabric/learning/net-failover", PAIR, uses_up=True)
def net_failover(stage):
    """The kernel's pairing, unplugged and plugged as QEMU does around a migration."""
    with Flows(stage, "learning", "net_failover") as flows:
        unplug(stage, flows)
        with flows.phase("plug"):
            stage.plug()
            stage.wait_pair()
            stage.wait_carriers()
    flows.expect_loss(TO_GUEST, WHOLE)


# -- a fabric that pins ----------------------------------------------------------------------

@case("fabric/pinned/one-step", FABRIC)
def pinned(stage):
    """The host moves its filter as soon as prepare, and complete, have answered: the guest hears
    nothing from the release, and from its switch back, until then."""
    with pinned_bond(stage) as move:
        with Flows(stage, "pinned", "one step") as flows:
            with flows.phase("prepare"):
                prepared = stage.prepare()
            with flows.phase("move"):
                move(STANDBY)
            expect.done(prepared, "prepare", "detached")
            expect.on_standby(stage, NIC)
            unplug(stage, flows)
            plug(stage, flows, "rp1")
            with flows.phase("complete"):
                completed = stage.complete()
            with flows.phase("move back"):
                move(PRIMARY)
            expect.done(completed, "complete", "attached")
            expect.on_primary(stage, NIC)
    flows.expect_loss(TO_GUEST, "prepare", "move")


@case("fabric/pinned/by-stages", FABRIC)
def by_stages(stage):
    """The host moves its filter while both ports accept what comes."""
    with pinned_bond(stage) as move:
        with Flows(stage, "pinned", "by stages", 0) as flows:
            switch_and_release(stage, flows, move)
            unplug(stage, flows)
            plug(stage, flows, "rp1")
            attach_and_activate(stage, flows, move)


def switch_and_release(stage, flows, move):
    with flows.phase("switch"):
        report = stage.prepare({"stage": "switch"})
    expect.done(report, "prepare", "switched")
    both_accept(stage)
    with flows.phase("move"):
        move(STANDBY)
    with flows.phase("release"):
        report = stage.prepare({"stage": "release"})
    expect.done(report, "prepare", "detached")
    expect.on_standby(stage, NIC)


def attach_and_activate(stage, flows, move):
    with flows.phase("attach"):
        report = stage.complete({"stage": "attach"})
    expect.done(report, "complete", "switched")
    both_accept(stage)
    with flows.phase("move back"):
        move(PRIMARY)
    with flows.phase("complete"):
        report = stage.complete()
    expect.done(report, "complete", "attached")
    expect.on_primary(stage, NIC)


def both_accept(stage):
    """Both are ports with a link, the traffic is on the standby, what comes on either is taken."""
    bond = stage.guest.bond()
    expect.same(sorted(bond.ports), sorted([NIC, expect.STANDBY]), "the bond's ports")
    expect.holds(all(port.up for port in bond.ports.values()), f"a port without a link: {bond}")
    expect.same(bond.active, expect.STANDBY, "the bond's active port")
    expect.same(stage.option("all_slaves_active"), "1", "all_slaves_active meanwhile")


@case("fabric/pinned/own-macs", FABRIC)
def own_macs(stage):
    """Each NIC keeps its MAC (fail_over_mac=active), each is pinned where it is: the bond takes over
    the MAC of the port that it sends through, and the host has nothing to move."""
    stage.configure(bond_options={"fail_over_mac": "active"})
    network, guest = stage.lab.network, stage.guest
    network.pin(PRIMARY_MAC, guest.tap(PRIMARY))
    network.pin(STANDBY_MAC, guest.tap(STANDBY))
    try:
        with Flows(stage, "pinned", "fail_over_mac", 0) as flows:
            prepare(stage, flows)
            expect.same(bond_mac(stage), STANDBY_MAC, "the bond's MAC")
            unplug(stage, flows)
            plug(stage, flows, "rp1")
            network.pin(PRIMARY_MAC, guest.tap(PRIMARY))  # the entry went with its tap
            complete(stage, flows, "rp1")
            expect.same(bond_mac(stage), PRIMARY_MAC, "the bond's MAC")
    finally:
        network.unpin(STANDBY_MAC, guest.tap(STANDBY))
        if PRIMARY in guest.nics:
            network.unpin(PRIMARY_MAC, guest.tap(PRIMARY))
