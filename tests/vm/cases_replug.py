# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole cycles: where the NIC comes back, under which name and MAC, and what its profile says."""
from tests.lab import profiles
from tests.lab.guest import PRIMARY_MAC, STANDBY_MAC
from tests.vm import expect
from tests.vm.cycle import OTHER_MAC, complete, cycle, plug, prepare, unplug
from tests.vm.registry import case

UNRELATED = "vmtest0"


@case("replug/same-slot")
def same_slot(stage):
    done = cycle(stage, "rp1")
    expect.same(done.warnings, [], "warnings")
    expect.same(done.prepared["operation"], done.completed["operation"], "the operation")
    expect.same(stage.profile_on("enp1s0"), profiles.PRIMARY_UUID, "the profile in force")
    primary = expect.the_device({"devices": stage.query()["primaries"]})
    expect.holds(primary["ready"] and primary["active"], f"not ready again: {primary}")


@case("replug/other-slot")
def other_slot(stage):
    done = cycle(stage, "rp2")
    expect.holds("reboot-unsafe" in done.warnings, f"no reboot-unsafe among {done.warnings}")
    expect.holds("enp1s0" not in stage.guest.interfaces(), "enp1s0 is still there")
    expect.same(stage.profile_on("enp2s0"), profiles.PRIMARY_UUID, "the profile in force")


@case("replug/other-slot-and-back")
def other_slot_and_back(stage):
    cycle(stage, "rp2")
    cycle(stage, "rp1")
    fields = ["/usr/bin/nmcli", "-g", "connection.interface-name", "connection", "show"]
    name = stage.guest.exec([*fields, profiles.PRIMARY_UUID]).out.strip()
    expect.same(name, "enp1s0", "the interface that the profile is for")
    expect.same(stage.profile_on("enp1s0"), profiles.PRIMARY_UUID, "the profile in force")


@case("replug/other-mac")
def other_mac(stage):
    done = cycle(stage, "rp1", OTHER_MAC)
    expect.same(done.device["mac"], OTHER_MAC, "the device's MAC")
    expect.same(done.device["replaces"], PRIMARY_MAC, "what it replaces")
    expect.same(stage.profile_on("enp1s0"), profiles.PRIMARY_UUID, "the profile in force")


@case("replug/waits-for-the-nic")
def waits_for_the_nic(stage):
    """complete before the plug: it says what it waits for, and goes on by itself."""
    with stage.traffic() as traffic:
        prepare(stage, traffic)
        unplug(stage, traffic)
        with traffic.phase("wait"):
            report = stage.request("complete", {"timeout-ms": 500})
        expect.same(report["status"], "waiting", "status without a NIC")
        expect.same(expect.the_device(report)["state"], "absent", "state without a NIC")
        plug(stage, traffic, "rp2")
        complete(stage, traffic, "rp2")


@case("same-mac/cycle")
def same_mac(stage):
    stage.configure(mac=STANDBY_MAC)
    primary = expect.the_device({"devices": stage.query()["primaries"]})
    expect.same(primary["interface"], "enp1s0", "the primary")
    expect.same(primary["driver"], "e1000e", "the primary's driver")
    expect.holds("shared-mac" in expect.codes(primary["warnings"]), "query does not warn")
    done = cycle(stage, "rp2", STANDBY_MAC)
    prepared = expect.codes(expect.the_device(done.prepared)["warnings"])
    expect.holds("shared-mac" in prepared, f"no shared-mac among {prepared}")


@case("bond/without-primary-option-stays-on-the-nic")
def no_primary_option(stage):
    stage.configure(bond_options={"primary": None})
    guest = stage.guest
    expect.same(guest.bond().primary, None, "the bond's primary option before")
    # Without the option the bond is on whichever port came first: give it to the NIC.
    guest.sh("echo enp1s0 >/sys/class/net/bond0/bonding/active_slave")
    cycle(stage, "rp2", option=False)
    guest.sh(f"ip link add {UNRELATED} type veth peer name {UNRELATED}p && "
             f"ip link set {UNRELATED}p up && ip link set {UNRELATED} master bond0")
    try:
        guest.wait_bond(lambda bond: UNRELATED in bond.ports and bond.ports[UNRELATED].up,
                        "an unrelated port in the bond")
        expect.same(guest.bond().active, "enp2s0", "the active port after an unrelated event")
        guest.sh(f"ip link set {UNRELATED} nomaster")
        expect.same(guest.bond().active, "enp2s0", "the active port after it left again")
    finally:
        guest.sh(f"ip link del {UNRELATED}")


@case("profile/uuid-and-bytes-after-cycle")
def profile_kept(stage):
    before = stage.profile_bytes()
    expect.same(stage.profile_on("enp1s0"), profiles.PRIMARY_UUID, "the profile before")
    cycle(stage, "rp2")
    expect.same(stage.profile_on("enp2s0"), profiles.PRIMARY_UUID, "the profile after")
    expect.same(stage.profile_on("enp4s0"), profiles.STANDBY_UUID, "the standby's profile after")
    expect.same(stage.profile_on("bond0"), profiles.BOND_UUID, "the bond's profile after")
    expect.unchanged(before, stage.profile_bytes(), "the profiles on disk")


@case("profile/nmcli-up-down-after-cycle")
def nmcli_after_cycle(stage):
    cycle(stage, "rp2")
    guest = stage.guest
    guest.exec(["/usr/bin/nmcli", "connection", "down", profiles.PRIMARY_UUID])
    guest.wait_bond(lambda bond: sorted(bond.ports) == ["enp4s0"], "nmcli's down")
    guest.exec(["/usr/bin/nmcli", "-w", "30", "connection", "up", profiles.PRIMARY_UUID])
    guest.wait_network()
    expect.same(stage.profile_on("enp2s0"), profiles.PRIMARY_UUID, "the profile after nmcli's up")


@case("profile/bound-by-mac-other-mac")
def bound_by_mac(stage):
    stage.configure(primary_mac=PRIMARY_MAC)
    before = stage.profile_bytes()
    done = cycle(stage, "rp2", OTHER_MAC)
    expect.holds("reboot-unsafe" in done.warnings, f"no reboot-unsafe among {done.warnings}")
    expect.same(stage.profile_on("enp2s0"), profiles.PRIMARY_UUID, "the profile after")
    expect.unchanged(before, stage.profile_bytes(), "the profiles on disk")
