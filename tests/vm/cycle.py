# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's sequence, step by step, each step checked in the guest's kernel. Most cases are made
of these."""
from dataclasses import dataclass

from tests.lab.guest import PRIMARY, PRIMARY_MAC
from tests.vm import expect
from tests.vm.expect import INTERFACES, STANDBY

OTHER_MAC = "52:54:00:77:00:99"


@dataclass
class Cycle:
    """What the guest said: the reports, and their only device."""

    prepared: dict
    completed: dict
    interface: str

    @property
    def device(self):
        return expect.the_device(self.completed)

    @property
    def warnings(self):
        return expect.codes(self.device["warnings"])


def prepare(stage, traffic, arguments=None):
    """Prepare in a phase of its own, and see that nothing stands against the unplug."""
    interface = INTERFACES[stage.guest.nics[PRIMARY].port]
    with traffic.phase("prepare"):
        report = stage.prepare(arguments)
    device = expect.done(report, "prepare", "detached", expect.PREPARED_STEPS)
    expect.same(device["interface"], interface, "the device's interface")
    expect.same(device["standby"], STANDBY, "the device's standby")
    expect.on_standby(stage, interface)
    return report


def unplug(stage, traffic):
    with traffic.phase("unplug"):
        stage.guest.unplug()


def plug(stage, traffic, port, mac=PRIMARY_MAC):
    with traffic.phase("plug"):
        stage.guest.plug(port, mac)


def complete(stage, traffic, port, arguments=None, option=True):
    """Complete in a phase of its own, and see the NIC in the bond and active."""
    with traffic.phase("complete"):
        report = stage.complete(arguments)
    device = expect.done(report, "complete", "attached", expect.COMPLETED_STEPS)
    expect.same(device["interface"], INTERFACES[port], "the device's interface")
    expect.on_primary(stage, INTERFACES[port], option)
    return report


def replacement(mac, replaces):
    return {"devices": [{"mac": mac, "replaces": replaces}]}


def cycle(stage, port="rp1", mac=PRIMARY_MAC, option=True, between=None, after=None):
    """All of it, into a port and with a MAC, with nothing lost; a Cycle. between: called with the
    traffic before the unplug; after: at the end."""
    old = stage.guest.nics[PRIMARY].mac
    arguments = replacement(mac, old) if mac != old else None
    with stage.traffic() as traffic:
        prepared = prepare(stage, traffic)
        if between:
            between(traffic)
        unplug(stage, traffic)
        expect.on_standby(stage, None)
        plug(stage, traffic, port, mac)
        completed = complete(stage, traffic, port, arguments, option)
        if after:
            after(traffic)
    return Cycle(prepared, completed, INTERFACES[port])
