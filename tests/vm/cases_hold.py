# SPDX-License-Identifier: GPL-2.0-or-later
"""Between prepare and unplug: nobody puts the NIC back, nobody starts to use it."""
import re
import time

from tests.lab.guest import PRIMARY, STANDBY
from tests.vm import expect
from tests.vm.cycle import complete, plug, prepare, unplug
from tests.vm.registry import LONG, case
from tests.vm.wire import Frames

HOLD_SECONDS = 30 if LONG else 10
WATCH = "/run/vm-test-watch"
# For a guest without systemd, too.
MONITOR = f"""[ ! -e {WATCH}.pid ] || kill $(cat {WATCH}.pid) || true
setsid ip -o monitor link >{WATCH} 2>/dev/null </dev/null & echo $! >{WATCH}.pid"""
CURSOR = "journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p'"


def look_at_hold(stage, seconds, traffic, disturb=lambda: None):
    """Hold for so long; what was seen: lines of the kernel's events, frames on the NIC's wire,
    lines of the manager's journal."""
    guest, unit = stage.guest, stage.manager.unit
    offset = int(guest.sh(f"wc -c <{WATCH}").out)
    cursor = guest.sh(CURSOR).out.strip() if unit else ""
    with traffic.phase("hold"), Frames(stage.lab.network, guest.tap(PRIMARY)) as frames:
        half = time.monotonic() + seconds / 2
        disturb()
        time.sleep(max(0, half - time.monotonic()))
        expect.on_standby(stage, "enp1s0")
        time.sleep(seconds / 2)
    events = guest.sh(f"tail -c +{offset + 1} {WATCH}").out.splitlines()
    if not unit:
        return events, frames, []
    argv = ["/bin/journalctl", "-q", "-u", unit, "-o", "cat", f"--after-cursor={cursor}"]
    return events, frames, guest.exec(argv).out.splitlines()


def nobody_used_it(stage, events, frames, journal):
    joined = [line for line in events if "enp1s0" in line and "master bond0" in line]
    expect.same(joined, [], "events that put the NIC back")
    dhcp = [kind for kind in frames.kinds if kind != "other"]
    expect.same(dhcp, [], f"DHCP frames from the NIC among {len(frames.kinds)}")
    started = [line for line in journal
               if "enp1s0" in line and re.search(stage.manager.activation, line)]
    expect.same(started, [], "activations of the NIC by its manager")
    addresses = stage.guest.exec(["/sbin/ip", "-o", "addr", "show", "enp1s0"]).out
    used = [line for line in addresses.splitlines() if "scope link" not in line]
    expect.same(used, [], "addresses on the NIC")
    expect.on_standby(stage, "enp1s0")


def hold(stage, seconds, end):
    """Prepared for so long, and nobody uses the NIC; then end(traffic). The report of prepare."""
    stage.guest.sh(MONITOR)
    with stage.traffic() as traffic:
        prepared = prepare(stage, traffic)
        seen = look_at_hold(stage, seconds, traffic)
        nobody_used_it(stage, *seen)
        end(traffic)
    # What the verdict rests on does see such things when they happen.
    expect.holds("master bond0" in stage.guest.read(WATCH), "the watch saw no NIC join at the end")
    return prepared


@case("hold/nobody-uses-the-nic")
def nobody_uses_it(stage):
    def replug(traffic):
        unplug(stage, traffic)
        plug(stage, traffic, "rp1")
        complete(stage, traffic, "rp1")

    hold(stage, HOLD_SECONDS, replug)
    expect.holds(sees_dhcp(stage), "the watch on the wire sees no DHCP frames at all")


def sees_dhcp(stage):
    """Let the guest send a datagram to a DHCP server's port, through the bond."""
    tap = stage.guest.tap(PRIMARY)
    with Frames(stage.lab.network, tap) as frames:
        stage.guest.exec(["/bin/bash", "-c", "echo x >/dev/udp/10.77.0.1/67"])
        time.sleep(0.5)
    return "dhcp4" in frames.kinds


@case("hold/through-carrier-flap")
def carrier_flap(stage):
    """A carrier that goes and comes clears NetworkManager's own memory of the disconnect (1.44 on).

    What a flap may do: the kernel's link goes down and up, NetworkManager takes the device to
    `unavailable` and back to `disconnected`, and the kernel's IPv6 may greet its link (a link-local
    address, and frames of its own). It may not lead to an activation by this or another profile, to
    DHCP, to an address of more than the link's scope, or back into the bond.
    """
    guest = stage.guest

    def carrier(state):
        guest.wait_for(lambda: guest.read("/sys/class/net/enp1s0/carrier").strip() == state,
                       f"the NIC's carrier to be {state}")

    def flap():
        carrier("1")
        # An e1000e under emulation does not notice its cable; this, its driver does.
        guest.sh("ip link set enp1s0 down; sleep 1; ip link set enp1s0 up")
        carrier("1")

    guest.sh(MONITOR)
    with stage.traffic() as traffic:
        prepare(stage, traffic)
        events, frames, journal = look_at_hold(stage, 8, traffic, flap)
        down = [line for line in events if "enp1s0" in line and "state DOWN" in line]
        expect.holds(down, "the watch saw no flap")
        nobody_used_it(stage, events, frames, journal)
        unplug(stage, traffic)
        plug(stage, traffic, "rp2")
        complete(stage, traffic, "rp2")


@case("hold/standby-loses-its-link")
def standby_link(stage):
    """Nothing is left to carry the traffic, and still the prepared NIC stays out; when the link is
    back, so is the traffic."""
    guest = stage.guest
    prepare_only(stage)
    guest.set_link(STANDBY, False)
    guest.wait_bond(lambda bond: not bond.up, "the bond to lose its link")
    expect.holds("enp1s0" not in guest.bond().ports, "the NIC is back in the bond")
    guest.set_link(STANDBY, True)
    guest.wait_for(stage.lab.network.ping, "the bond to answer again")
    expect.on_standby(stage, "enp1s0")
    expect.done(stage.cancel(), "cancel", "attached")
    expect.on_primary(stage, "enp1s0")


def prepare_only(stage):
    with stage.traffic() as traffic:
        prepare(stage, traffic)
