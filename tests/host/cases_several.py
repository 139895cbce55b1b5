# SPDX-License-Identifier: GPL-2.0-or-later
"""Two NICs, of which one fails: all or nothing before the migration, the rest after it; and the
table says which."""
import contextlib

from tests.host.cases import case
from tests.host.world import NAME
from tests.lab.guest import PRIMARY_MAC
from tests.runner.cases import Failed

SECOND_MAC = "52:54:00:77:00:21"
SECOND = "enp3s0"
PROFILE = "second"


def second_file(world, bridge=None):
    return world.device_file("rp3", SECOND_MAC, bridge, "ua-second")


@contextlib.contextmanager
def two_nics(world):
    """The guest has a second NIC, which is marked."""
    world.guest.host.virsh("attach-device", NAME, second_file(world), "--live")
    try:
        world.guest.wait_for(lambda: SECOND in world.guest.interfaces(), "the second NIC")
        world.expect(world.tool("mark", NAME, "ua-second"), 0)
        yield
    finally:
        with contextlib.suppress(Failed):  # which would hide why the case failed
            world.guest.host = world.whereabouts()
        world.tool("unmark", NAME, SECOND_MAC)
        world.guest.host.virsh("detach-device", NAME, second_file(world), "--live", check=False)


@contextlib.contextmanager
def second_in_bond(world):
    """As its administrator would."""
    guest = world.guest
    guest.sh(f"nmcli connection add type ethernet con-name {PROFILE} ifname {SECOND} "
             f"master bond0 slave-type bond && nmcli -w 30 connection up {PROFILE}", timeout=60)
    try:
        guest.wait_bond(lambda bond: SECOND in bond.ports and bond.ports[SECOND].up,
                        "the second NIC in the bond")
        yield
    finally:
        # Where the case failed it may be out, and would come back later.
        world.tool("attach", NAME)
        guest.sh(f"nmcli connection delete {PROFILE}", check=False)


def expect_line(world, result, mac, state, *problem):
    """The table's line for that NIC: its state, and words of its problem, or none."""
    nic = world.nic(result, mac)
    text = nic.get("problem", "")
    if nic["state"] != state or bool(text) != bool(problem) or any(w not in text for w in problem):
        raise Failed(f"not {state}, {problem or 'without a problem'}: {nic}")


@case("refused/two-nics-one-not-in-a-bond")
def refused(world):
    """All or nothing."""
    with two_nics(world):
        result = world.migrate(code=1)
        world.expect(result, 1, '"refused"', "not-in-bond", SECOND)
    world.restored()


@case("degraded/one-of-two-nics")
def degraded(world):
    """One can be plugged in there and the other cannot: the one is in its bond and active, the other
    is named, and attach brings it back."""
    with two_nics(world), second_in_bond(world):
        nowhere = f"{SECOND_MAC}={second_file(world, bridge='nowhere')}"
        result = world.migrate("--device-xml", nowhere, code=4)
        world.expect(result, 4, '"degraded"', "attach a")
        expect_line(world, result, PRIMARY_MAC, "attached")
        expect_line(world, result, SECOND_MAC, "unplugged", "cannot be plugged in on", "nowhere")
        world.active()
        # For the one that is out: nothing else needs one.
        again = second_file(world)
        result = world.expect(world.tool("attach", NAME, "--device-xml", again), 0)
        for mac in (PRIMARY_MAC, SECOND_MAC):
            expect_line(world, result, mac, "attached")
        world.restored(world.there)
