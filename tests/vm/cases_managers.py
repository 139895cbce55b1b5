# SPDX-License-Identifier: GPL-2.0-or-later
"""The same scenarios whoever manages the guest's network, and their table: scenario by manager.

Nothing may be lost in prepare, complete and cancel. What the manager itself loses, when its admin's
tool configures the port anew or when it is restarted, is told and not judged.
"""

from tests.lab.guest import PRIMARY_MAC, STANDBY_MAC
from tests.vm import cases_hold, cases_prepare, expect, tables
from tests.vm.cycle import OTHER_MAC, cycle
from tests.vm.expect import INTERFACES
from tests.vm.managers import MANAGERS as KNOWN
from tests.vm.registry import MANAGER_GUESTS, MANAGERS, case

TABLE = "managers"
ENGINE = "/usr/libexec/qga-net-failoverd"
# Files that name MACs differ in what a replacement is to them; and where both NICs have one MAC,
# they do not tell them apart.
BY_NAME = tuple(guest for guest in MANAGER_GUESTS if not guest.endswith("-by-mac"))
SCENARIOS = []


def scenario(name, guests=()):
    """Register a function of a Stage as a case of all managers' guests, or of these; it returns a
    report of which the manager is told, or nothing. Its row says whether it held."""

    def register(function):
        SCENARIOS.append(name)

        def play(stage):
            held = False
            try:
                judge(stage, function)
                held = True
            finally:
                stage.add_row(TABLE, row(stage, name, held))

        case(f"{TABLE}/{name}", kind=MANAGERS, guests=guests)(play)
        return function

    return register


def judge(stage, function):
    before = stage.profile_bytes()
    report = function(stage)
    expect.unchanged(before, stage.profile_bytes(), "the manager's files")
    if report:
        manager = expect.the_device(report)["manager"]
        expect.same(manager, stage.manager.told, "the manager by our word")


def row(stage, name, held):
    whole = [entry for entry in stage.rows if entry["phase"] == "whole"]
    excused = sum(entry["excused"] for entry in whole)
    lost = sum(entry["lost"] for entry in whole) - excused
    return {"guest": stage.name, "scenario": name, "manager": stage.manager.told,
            "sent": sum(entry["sent"] for entry in whole), "lost": lost,
            "lost-by-the-manager": excused, "pass": held}


@case("engine/needs-no-libnm", kind=MANAGERS)
def no_libnm(stage):
    """The guest has no libnm at all; the engine neither links nor loads it, and answers."""
    stage.query()
    needs = stage.guest.sh(f"ldd {ENGINE}").out
    expect.holds("libnl-3" in needs, f"ldd does not tell what the engine needs: {needs}")
    expect.holds("libnm" not in needs and "not found" not in needs, f"the engine needs {needs}")
    maps = stage.guest.sh("cat /proc/$(pidof qga-net-failoverd)/maps").out
    expect.holds("libnl-3" in maps and "libnm" not in maps, f"the engine has loaded {maps}")
    packages = stage.guest.sh("dpkg-query -W -f '${Package} ${db:Status-Status}\\n'").out
    expect.holds("libnl-3-200 installed" in packages, "dpkg lists no packages")
    expect.holds("libnm" not in packages and "network-manager" not in packages,
                 "libnm or NetworkManager is installed")


# -- the scenarios ---------------------------------------------------------------------------

def cycle_and_tool(stage, port, mac):
    """A cycle; then the admin's own tool configures the port anew, which stays a port."""

    def use_tool(traffic):
        with traffic.phase("tool", judged=False):
            stage.use_tool(INTERFACES[port], mac)
            stage.wait_whole(INTERFACES[port])

    in_vain = stage.manager.slow and mac != PRIMARY_MAC
    return cycle(stage, port, mac, after=None if in_vain else use_tool)


def expect_name_told(stage):
    """query warns where the files tie the NIC to the name that it has in its slot, and only there."""
    primary = next(entry for entry in stage.query()["primaries"] if entry["interface"] == "enp1s0")
    told = [entry["detail"] for entry in primary["warnings"] if entry["code"] == "reboot-unsafe"]
    is_tied = stage.manager.told != "none" and not stage.manager.by_mac
    expect.same(len(told), int(is_tied), f"the number of warnings: {told}; they")
    for detail in told:
        expect.holds("for the name enp1s0" in detail and detail.endswith(PRIMARY_MAC),
                     f"query says: {detail}")


@scenario("same-slot")
def same_slot(stage):
    stage.configure()
    expect_name_told(stage)
    done = cycle_and_tool(stage, "rp1", PRIMARY_MAC)
    expect.holds("reboot-unsafe" not in done.warnings, f"reboot-unsafe among {done.warnings}")
    return done.prepared


@scenario("cancel", guests=BY_NAME)
def cancel(stage):
    stage.configure()
    cases_prepare.cancel_still_plugged(stage)


@scenario("hold", guests=BY_NAME)
def hold(stage):
    def cancel_it(traffic):
        with traffic.phase("cancel"):
            expect.done(stage.cancel(), "cancel", "attached")

    stage.configure()
    return cases_hold.hold(stage, cases_hold.HOLD_SECONDS, cancel_it)


@scenario("no-standby", guests=BY_NAME)
def no_standby(stage):
    cases_prepare.no_standby(stage)


@scenario("manager-restarted", guests=BY_NAME)
def manager_restarted(stage):
    """Between prepare and unplug. What it puts back is taken out again; where it makes the bond anew,
    with the NIC first, as soon as the standby is in it."""

    def restart(traffic):
        with traffic.phase("restart", judged=False):
            stage.restart_manager()

    stage.configure()
    return cycle(stage, "rp1", between=restart).prepared


@scenario("other-slot")
def other_slot(stage):
    stage.configure()
    done = cycle_and_tool(stage, "rp2", PRIMARY_MAC)
    expect.holds("enp1s0" not in stage.guest.interfaces(), "enp1s0 is still there")
    return done.prepared


@scenario("other-mac")
def other_mac(stage):
    """Back into the slot that the files know, from wherever it is."""
    done = cycle_and_tool(stage, "rp1", OTHER_MAC)
    expect.same(done.device["mac"], OTHER_MAC, "the device's MAC")
    return done.prepared


@scenario("one-mac", guests=BY_NAME)
def one_mac(stage):
    stage.configure(mac=STANDBY_MAC)
    return cycle_and_tool(stage, "rp1", STANDBY_MAC).prepared


# -- the table -------------------------------------------------------------------------------

def table(rows):
    """Scenario by manager: probes lost, and in brackets those that the manager lost."""
    cells = {(entry["guest"], entry["scenario"]): cell(entry) for entry in rows}
    guests = [guest for guest in MANAGER_GUESTS if any(guest == name for name, _ in cells)]
    return tables.columns([
        {"guest": guest, "manager": told(guest)}
        | {name: cells.get((guest, name), "-") for name in SCENARIOS}
        for guest in guests]) + \
        "\n0: held, no probe lost (+N: lost while the manager's own tool, or its restart, was at " \
        "work); -: not played"


def told(guest):
    return next(manager.told for name, manager in KNOWN.items()
                if guest.split("-", 2)[2] == name)


def cell(entry):
    more = entry["lost-by-the-manager"]
    if not entry["pass"]:
        return "FAILED"
    return f"{entry['lost']}" + (f" (+{more})" if more else "")


tables.add(tables.Table(TABLE, TABLE, 1, "scenarios", table))
