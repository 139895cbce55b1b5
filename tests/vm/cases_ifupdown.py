# SPDX-License-Identifier: GPL-2.0-or-later
"""What ifupdown says of a NIC while it is prepared, in its place again, and in another one."""
from tests.lab import plain_profiles
from tests.vm import expect
from tests.vm.cases_networkd import reboot_unsafe
from tests.vm.cycle import complete, cycle, plug, prepare, unplug
from tests.vm.registry import MANAGERS, case

GUESTS = ("debian-12-ifupdown-auto", "debian-12-ifupdown-hotplug")


def is_up(stage, interface):
    """By ifquery, and by what ifup and ifdown go by; both must say the same."""
    listed = stage.guest.sh(f"ifquery --state {interface}", check=False).out.strip()
    own = stage.guest.sh(f"cat /run/network/ifstate.{interface} 2>/dev/null; true").out.strip()
    expect.same(own, interface if listed else "", f"/run/network/ifstate.{interface}")
    expect.holds(listed in ("", f"{interface}={interface}"), f"ifquery says {listed}")
    return bool(listed)


@case("ifupdown/state-is-true", kind=MANAGERS, guests=GUESTS)
def state(stage):
    stage.configure()
    expect.holds(is_up(stage, "enp1s0"), "enp1s0 is down before the prepare")
    with stage.traffic() as traffic:
        prepare(stage, traffic)
        expect.holds(not is_up(stage, "enp1s0"), "enp1s0 is up when it is prepared")
        with traffic.phase("cancel"):
            expect.done(stage.cancel(), "cancel", "attached")
        expect.holds(is_up(stage, "enp1s0"), "enp1s0 is down behind a cancel")
        prepare(stage, traffic)
        unplug(stage, traffic)
        expect.holds(not is_up(stage, "enp1s0"), "enp1s0 is up when it is unplugged")
        plug(stage, traffic, "rp1")
        complete(stage, traffic, "rp1")
        expect.holds(is_up(stage, "enp1s0"), "enp1s0 is down behind a complete")


@case("ifupdown/reboot-unsafe-names-the-line", kind=MANAGERS, guests=GUESTS)
def advice(stage):
    """Also when what was there before was in no file either."""
    stage.configure()
    begins = f"{plain_profiles.INTERFACES}:6 puts enp1s0 into bond0, and this NIC is "
    for port, interface in (("rp2", "enp2s0"), ("rp3", "enp3s0")):
        there = cycle(stage, port)
        detail = reboot_unsafe(there.completed)
        expect.holds(detail and detail.startswith(f"{begins}{interface}: "), f"advice: {detail}")
        expect.holds(not is_up(stage, interface), f"{interface} is listed, without a stanza")
        primary = expect.the_device({"devices": stage.query()["primaries"]})
        expect.same(primary["manager"], "ifupdown", "the NIC's manager")
    expect.same(reboot_unsafe(cycle(stage, "rp1").completed), None, "reboot-unsafe")
