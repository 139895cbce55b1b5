# SPDX-License-Identifier: GPL-2.0-or-later
"""By stages: a wire that pins the MAC to a port, and the operator's program that moves it."""
import json
import os

from tests.host.cases import case
from tests.host.world import NAME
from tests.lab.base import ROOT, run
from tests.lab.guest import PRIMARY, PRIMARY_MAC, STANDBY, STANDBY_MAC
from tests.runner.cases import Failed


class Filter:
    """The program, and what it was called with."""

    def __init__(self, world):
        self.world = world
        self.log = world.lab.folder / "filter.log"
        self.path = world.lab.folder / "filter"
        config = world.lab.folder / "filter.json"
        config.write_text(json.dumps({
            "log": str(self.log), "primary": f"ua-{PRIMARY}", "standby": f"ua-{STANDBY}",
            "namespaces": {host.uri(): host.network.namespace
                           for host in (world.here, world.there)},
        }))
        self.path.write_text("#!/bin/sh\n"
                             f"exec /usr/bin/python3 -B {ROOT}/tests/host/filter.py {config} \"$@\"\n")
        self.path.chmod(0o755)

    def pin(self, mac):
        """As the network does it before anything is moved: to the NIC, here."""
        run([self.path, "to-primary"], env=os.environ | {
            "GNF_DOMAIN": NAME, "GNF_URI": self.world.here.uri(), "GNF_SIDE": "source",
            "GNF_MAC": mac})
        self.log.unlink()

    def calls(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def share_mac(world):
    """The NIC comes back with the standby's MAC; its mark is an alias from now on, since the MAC
    names two."""
    world.expect(world.tool("detach", NAME), 0)
    file = world.device_file(mac=STANDBY_MAC)
    result = world.expect(world.tool("attach", NAME, "--device-xml", file), 0)
    if world.nic(result, PRIMARY_MAC).get("replaced-by") != STANDBY_MAC:
        raise Failed(f"it was not replaced: {result.text()}")


def expected_calls(world, mac):
    """(action, side, the NIC's state in the guest at that moment), and its environment. On the
    destination there is no guest yet when the filter is moved to the standby."""
    calls = []
    for action, side, host, state in (("to-standby", "source", world.here, "switched"),
                                      ("to-standby", "destination", world.there, None),
                                      ("to-primary", "destination", world.there, "switched")):
        calls.append({
            "arguments": [action], "state": state, "GNF_DOMAIN": NAME, "GNF_URI": host.uri(),
            "GNF_SIDE": side, "GNF_MAC": mac, "GNF_PRIMARY_MAC": STANDBY_MAC,
            "GNF_PRIMARY_HOST_ADDRESS": "", "GNF_PRIMARY_NETWORK": ""})
    return calls


@case("migrate/by-stages-with-a-filter")
def by_stages(world):
    """Both NICs have one MAC, and the wire delivers the bond's to one port: the program is called
    between switch and release, and between attach and activate, and nothing is lost."""
    share_mac(world)
    mac = world.query()["primaries"][0]["bond"]["mac"]
    program = Filter(world)
    program.pin(mac)
    words = ("--filter", program.path, "--device-xml", world.device_file("rp2", STANDBY_MAC))
    result, sent, lost, inside = world.traffic(lambda: world.migrate(*words))
    print(f"# {lost} of {sent} lost, {inside} more in the stop-and-copy", flush=True)
    expected, calls = expected_calls(world, mac), program.calls()
    if calls != expected:
        raise Failed(f"the program was called with {calls}, not {expected}")
    phases = [phase["phase"] for phase in result.result["phases"]]
    wanted = ["prepare", "filter", "release", "unplug", "migrate", "plug", "agent", "join",
              "filter-back", "complete", "forget"]
    if phases[-len(wanted):] != wanted:
        raise Failed(f"the phases were {phases}")
    nic = world.nic(result, STANDBY_MAC)
    if (nic["interface"], nic["state"], nic["active"]) != ("enp2s0", "attached", True):
        raise Failed(f"the table has {nic}")
    world.guest.wait_bond(lambda bond: bond.active == "enp2s0", "the NIC to be the active port")
    if lost:
        raise Failed(f"{lost} of {sent} probes were lost outside the stop-and-copy")
